"""Expense ratios, offsets, bands, cash flows, dividends and late beginners, in numbers that can be added up by hand.

Whole requests with inline prices. The ten sessions are the weekdays from Monday, 1 to Friday, 12 January 2024.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import backtester

DAYS = [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
MON, TUE, WED, THU, FRI, MON2, TUE2, WED2, THU2, FRI2 = range(10)
STILL = [100.0] * 10
ADJUSTED = [90.0] * 10
EVEN = {"A": 0.5, "B": 0.5}
ONE_PER_CENT = {"commission_bps": 100}


def run(close: dict[str, list[Any]], shares: dict[str, float] | None = None, **parts: Any) -> dict[str, Any]:
    """Run a buy-and-hold of 1000 in the columns given, all in one where nothing else is said."""
    dates = parts.pop("dates", DAYS)
    prices = {"dates": dates, "close": close, **{k: parts.pop(k) for k in ("open", "dividends") if k in parts}}
    ratios = parts.pop("ratios", {})
    shares = shares or dict.fromkeys(close, 1 / len(close))
    whole: dict[str, Any] = {
        "strategy": "buy_hold",
        "holdings": [
            {"symbol": s, "allocation": a, **({"expense_ratio": ratios[s]} if s in ratios else {})}
            for s, a in shares.items()
        ],
        "start_date": dates[0], "end_date": dates[-1], "initial_capital": 1000, "output": {"precision": None},
        "data": {"source": "inline", "prices": prices, **parts.pop("data", {})},
    }  # fmt: skip
    if "every" in parts:
        whole["parameters"] = {"rebalance_frequency": parts.pop("every")}
    if "timing" in parts or "whole" in parts or "cash_dividends" in parts:
        whole["execution"] = {
            "timing": parts.pop("timing", "next_close"),
            "shares": "whole" if parts.pop("whole", False) else "fractional",
            "dividends": "cash" if parts.pop("cash_dividends", False) else "reinvest",
        }
    return backtester.run({**whole, **parts})


def values(result: dict[str, Any]) -> list[float]:
    return result["series"]["portfolio_value"]


def trades(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return (date, symbol, units bought or sold, reason) of every trade after the first day's."""
    return [
        (t["date"], t["symbol"], pytest.approx(t["units"] if t["side"] == "buy" else -t["units"]), t["reason"])
        for t in result["trades"]
        if t["date"] != result["series"]["dates"][0]
    ]


def units(result: dict[str, Any]) -> dict[str, Any]:
    return {held["symbol"]: pytest.approx(held["units"]) for held in result["final_holdings"]}


def warned(result: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in result["warnings"]]


def flow(kind: str = "contribution", every: str = "weekly", **parts: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "frequency": every, **parts}]


def cents(*amounts: float) -> Any:
    return pytest.approx(list(amounts), abs=1e-9)


class TestExpenseRatiosOfEachHolding:
    def test_a_ratio_of_36_and_a_half_per_cent_takes_a_thousandth_a_day_of_what_is_left(self):
        result = run({"A": STILL}, ratios={"A": 0.365})
        # 1000 · 0.999 = 999 on Tuesday, · 0.999 = 998.001 on Wednesday; three days at once over the weekend
        friday = 1000 * 0.999**4
        assert values(result)[:3] == cents(1000, 999, 998.001)
        assert values(result)[FRI:TUE2] == cents(friday, friday * 0.997)

    def test_a_holding_with_a_ratio_of_its_own_does_not_pay_the_common_one(self):
        common = {"expense_ratio": 0.365}
        result = run({"A": STILL[:2], "B": STILL[:2]}, dates=DAYS[:2], ratios={"A": 0.0}, costs=common)
        # A keeps its 500, B is charged a thousandth of 500
        assert values(result) == cents(1000, 999.5)
        assert result["metrics"]["total_costs"] == pytest.approx(0.5)

    def test_what_is_bought_later_is_charged_from_then_on(self):
        result = run({"A": STILL}, ratios={"A": 0.365}, cash_flows=flow(amount=100))
        # Friday: 1000 · 0.999⁴, then 100 more; Monday: all of it · 0.997
        friday = 1000 * 0.999**4 + 100
        assert values(result)[FRI:TUE2] == cents(friday, friday * 0.997)

    def test_over_a_gap_of_more_than_a_month_it_is_charged_by_the_day(self):
        result = run({"A": STILL[:3]}, dates=["2024-01-01", "2024-02-01", "2024-04-01"], ratios={"A": 0.365})
        # 31 days at once: 1 - 0.031; 60 days: 0.999 sixty times
        assert values(result) == cents(1000, 969, 969 * 0.999**60)


class TestOffsets:
    DATES = (
        *[f"2024-01-{day:02d}" for day in (26, 29, 30, 31)],
        *[f"2024-02-{day:02d}" for day in (1, 2, 5, 6)],
    )
    RISING = (100.0, 100, 100, 100, 100, 120, 150, 150)

    def rebalanced(self, **parts: Any) -> list[str]:
        close = {"A": [*self.RISING], "B": STILL[:8]}
        return run(close, dates=[*self.DATES], every="monthly", **parts)["weights"]["dates"]

    def test_two_sessions_after_the_month_end_is_the_second_of_february(self):
        late = {"offset_sessions": 2}
        assert self.rebalanced(timing="same_close", rebalancing=late) == ["2024-01-26", "2024-02-02"]
        assert self.rebalanced(timing="next_close", rebalancing=late) == ["2024-01-26", "2024-02-05"]

    def test_an_offset_past_the_end_leaves_the_first_purchase_alone(self):
        assert self.rebalanced(rebalancing={"offset_sessions": 4}) == ["2024-01-26"]  # 6 February has no next close
        assert self.rebalanced(timing="same_close", rebalancing={"offset_sessions": 4})[1:] == ["2024-02-06"]
        assert self.rebalanced(timing="same_close", rebalancing={"offset_sessions": 5}) == ["2024-01-26"]
        assert self.rebalanced(rebalancing={"offset_sessions": 250}) == ["2024-01-26"]

    def test_the_money_moves_at_the_prices_of_the_late_day(self):
        result = run({"A": [*self.RISING], "B": STILL[:8]}, dates=[*self.DATES], every="monthly", timing="same_close",
                     rebalancing={"offset_sessions": 2})  # fmt: skip
        # 2 February: 5 · 120 + 5 · 100 = 1100, so 550 each; then A goes to 150
        assert units(result) == {"A": 550 / 120, "B": 5.5}
        assert values(result)[-1] == pytest.approx(550 / 120 * 150 + 550)

    def test_an_offset_longer_than_the_period_still_counts_from_every_period(self):
        late = {"offset_sessions": 7}  # of Friday, 5 January: Tuesday, 16; of the 12th: Tuesday, 23
        dates = [f"2024-01-{day:02d}" for day in range(1, 27) if datetime.date(2024, 1, day).weekday() < 5]
        result = run({"A": [100.0 + n for n in range(20)], "B": [100.0] * 20}, dates=dates, every="weekly",
                     timing="same_close", rebalancing=late)  # fmt: skip
        assert result["weights"]["dates"] == ["2024-01-01", "2024-01-16", "2024-01-23"]

    def test_a_month_that_ended_before_the_first_session_does_not_count(self):
        result = run({"A": [*self.RISING], "B": STILL[:8]}, dates=[*self.DATES], every="monthly", timing="same_close",
                     rebalancing={"offset_sessions": 3}, start_date="2024-02-01")  # fmt: skip
        # three sessions after 31 January is 5 February: inside the period, but the month ended before it
        assert result["weights"]["dates"] == ["2024-02-01"]


class TestBands:
    def test_an_absolute_band_that_is_broken_restores_everything_a_session_later(self):
        result = run({"A": [100.0, 130, 140, 140], "B": STILL[:4]}, dates=DAYS[:4], rebalancing={"absolute_band": 0.05})
        # Tuesday 650 : 500, A at 56.5 %; Wednesday 700 : 500, restored to 600 each
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[WED]]
        assert result["weights"]["triggers"] == ["scheduled", "band"]
        assert result["weights"]["decided"] == [DAYS[MON], DAYS[TUE]]
        assert trades(result) == [(DAYS[WED], "A", 600 / 140 - 5, "rebalance"), (DAYS[WED], "B", 1.0, "rebalance")]

    def test_with_same_close_it_is_restored_at_the_close_that_broke_it(self):
        result = run({"A": [100.0, 130, 140], "B": STILL[:3]}, dates=DAYS[:3], timing="same_close",
                     rebalancing={"absolute_band": 0.05})  # fmt: skip
        # Tuesday 1150, 575 each; Wednesday 575 · 140/130 = 619.2, A at 51.9 %: within
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[TUE]]
        assert units(result) == {"A": 575 / 130, "B": 5.75}

    def test_with_next_open_it_is_restored_at_the_next_open(self):
        close = {"A": [100.0, 130, 140], "B": STILL[:3]}
        opens = {"A": [100.0, 100, 150], "B": STILL[:3]}
        result = run(close, dates=DAYS[:3], open=opens, timing="next_open", rebalancing={"absolute_band": 0.05})
        # Wednesday's open: 750 + 500 = 1250, 625 each: 4.1667 of A, 6.25 of B
        assert units(result) == {"A": 625 / 150, "B": 6.25}
        assert values(result)[-1] == pytest.approx(625 / 150 * 140 + 625)

    def test_a_weight_at_the_very_edge_of_its_band_stays(self):
        close = {"A": [100.0, 300, 300], "B": STILL[:3]}  # 1500 of 2000: exactly 25 points above 50 %
        assert len(run(close, dates=DAYS[:3], rebalancing={"absolute_band": 0.25})["weights"]["dates"]) == 1
        assert len(run(close, dates=DAYS[:3], rebalancing={"absolute_band": 0.2499})["weights"]["dates"]) == 2

    def test_a_relative_band_is_a_share_of_the_target(self):
        shares = {"A": 0.2, "B": 0.8}
        close = {"A": [100.0, 140, 140], "B": STILL[:3]}  # 280 of 1080: 25.9 %, more than 25 %
        assert len(run(close, shares, dates=DAYS[:3], rebalancing={"relative_band": 0.25})["weights"]["dates"]) == 2
        assert len(run(close, shares, dates=DAYS[:3], rebalancing={"relative_band": 0.3})["weights"]["dates"]) == 1

    def test_with_both_bands_the_narrower_counts(self):
        shares = {"A": 0.2, "B": 0.8}
        close = {"A": [100.0, 140, 140], "B": STILL[:3]}  # A: 5.9 points above, 29.6 % of its target
        for wide, narrow in ((0.5, 0.25), (0.05, 0.5)):
            both = {"absolute_band": wide, "relative_band": narrow}
            assert len(run(close, shares, dates=DAYS[:3], rebalancing=both)["weights"]["dates"]) == 2

    def test_the_cash_has_a_band_of_its_own(self):
        shares = {"A": 0.45, "B": 0.45}
        close = {"A": [100.0, 150, 150], "B": [100.0, 150, 150]}  # 1350 + 100: A and B 46.6 %, cash 6.9 % of 10 %
        parts = {"cash": {"allocation": 0.1}, "dates": DAYS[:3]}
        assert len(run(close, shares, rebalancing={"relative_band": 0.3}, **parts)["weights"]["dates"]) == 2
        assert len(run(close, shares, rebalancing={"relative_band": 0.4}, **parts)["weights"]["dates"]) == 1
        assert len(run(close, shares, rebalancing={"absolute_band": 0.03}, **parts)["weights"]["dates"]) == 2

    def test_at_frequency_a_rebalance_within_the_bands_is_left_out(self):
        rising = [100.0, 100, 100, 130, 104, 104, 104, 104, 104, 130]
        rules = {"absolute_band": 0.05, "bands_checked": "at_frequency"}
        result = run({"A": rising, "B": STILL}, every="weekly", timing="same_close", rebalancing=rules)
        # Thursday is out of its band, and nobody looks; Friday 520 : 500 is within; the next Friday 650 : 500 is not
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[FRI2]]
        assert result["weights"]["triggers"] == ["scheduled", "scheduled"]
        assert units(result) == {"A": 575 / 130, "B": 5.75}

    def test_at_frequency_the_decisions_close_counts_and_not_the_fills(self):
        rising = [100.0, 100, 100, 100, 130, 100, 100, 100, 100, 100]
        rules = {"absolute_band": 0.05, "bands_checked": "at_frequency"}
        result = run({"A": rising, "B": STILL}, every="weekly", rebalancing=rules)
        # Friday's close is out of the band, so Monday is a rebalance, though nothing is left to trade by then
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[MON2]]
        assert result["weights"]["decided"] == [DAYS[MON], DAYS[FRI]]
        assert trades(result) == []

    def test_a_scheduled_rebalance_of_the_same_session_takes_its_place(self):
        rising = [100.0, 100, 100, 100, 130, 130, 130, 130, 130, 130]
        result = run({"A": rising, "B": STILL}, every="weekly", rebalancing={"absolute_band": 0.05})
        assert list(zip(result["weights"]["dates"], result["weights"]["triggers"], strict=True)) == [
            (DAYS[MON], "scheduled"),
            (DAYS[MON2], "scheduled"),
        ]


class TestCashFlows:
    def test_a_contribution_is_no_return(self):
        rising = [100.0, 100, 100, 100, 110, 110, 110, 110, 110, 121]
        result = run({"A": rising}, cash_flows=flow(amount=110))
        # Friday: 10 · 110 = 1100, and 110 more buy one; the next Friday 11 · 121 = 1331, and 110 more
        assert values(result)[FRI] == pytest.approx(1210)
        assert values(result)[-1] == pytest.approx(1441)
        assert result["series"]["returns"][FRI] == pytest.approx(0.1)
        assert result["metrics"]["total_return"] == pytest.approx(0.21)
        assert result["metrics"]["net_contributions"] == pytest.approx(220)
        assert result["metrics"]["total_profit"] == pytest.approx(221)  # 1441 - 1000 - 220
        assert trades(result) == [(DAYS[FRI], "A", 1.0, "cash_flow"), (DAYS[FRI2], "A", 110 / 121, "cash_flow")]

    def test_what_is_paid_in_pays_its_own_commission(self):
        result = run({"A": STILL}, costs=ONE_PER_CENT, initial_capital=1010, cash_flows=flow(amount=101))
        # 1010 buy 10 and pay 10; 101 buy one and pay 1: V_after + costs = 1100 + 1 = 1000 + 101
        assert values(result)[FRI] == pytest.approx(1100)
        assert result["series"]["returns"][FRI] == pytest.approx(-0.001)  # (1100 - 101) / 1000 - 1

    def test_what_is_taken_out_arrives_in_full_and_its_commission_is_paid_beside_it(self):
        result = run({"A": STILL}, costs=ONE_PER_CENT, initial_capital=1010, cash_flows=flow("withdrawal", amount=99))
        # one unit is sold for 100, 1 of it is commission: 900 + 1 = 1000 - 99
        assert values(result)[FRI] == pytest.approx(900)
        assert trades(result)[0] == (DAYS[FRI], "A", -1.0, "cash_flow")
        assert result["final_cash"]["value"] == 0

    def test_the_cash_gives_and_takes_its_share(self):
        result = run({"A": STILL}, {"A": 0.5}, cash={"allocation": 0.5}, cash_flows=flow("withdrawal", fraction=0.1))
        # 5 units and 500 of cash; 100 are taken, half from each; then 90
        assert trades(result) == [(DAYS[FRI], "A", -0.5, "cash_flow"), (DAYS[FRI2], "A", -0.45, "cash_flow")]
        assert result["final_cash"]["value"] == pytest.approx(405)
        assert values(result)[-1] == pytest.approx(810)

    def test_the_weights_stay_as_they_have_drifted(self):
        close = {"A": [100.0, 100, 100, 100, 300, *[300.0] * 5], "B": STILL}
        result = run(close, cash_flows=flow(amount=200, end_date=DAYS[FRI]))
        # Friday 1500 : 500; of 200, three quarters go into A
        assert trades(result) == [(DAYS[FRI], "A", 0.5, "cash_flow"), (DAYS[FRI], "B", 0.5, "cash_flow")]

    def test_a_rebalance_at_the_same_close_invests_it(self):
        close = {"A": [100.0, 100, 100, 100, 120, *[120.0] * 5], "B": STILL}
        result = run(close, every="weekly", timing="same_close", cash_flows=flow(amount=100, end_date=DAYS[FRI]))
        # Friday 600 : 500, and 100 more: 600 each, so B alone is bought, and it is the rebalance that buys it
        assert trades(result) == [(DAYS[FRI], "B", 1.0, "rebalance")]
        assert result["series"]["returns"][FRI] == pytest.approx(0.1)

    def test_with_next_open_the_rebalance_is_at_the_open_and_the_flow_at_the_close(self):
        close = {"A": [100.0, 100, 100, 150, 300, *[300.0] * 5], "B": STILL}
        opens = {"A": [100.0, 100, 100, 100, 200, *[300.0] * 5], "B": STILL}
        result = run(close, open=opens, every="daily", timing="next_open",
                     cash_flows=flow(amount=1000, end_date=DAYS[FRI]))  # fmt: skip
        # Friday's open: 5 · 200 + 5 · 100 = 1500, 750 each: A 3.75, B 7.5. Close: 3.75 · 300 + 750 = 1875;
        # 1000 more in the proportion 1125 : 750 = 3 : 2, so 600 of A and 400 of B
        friday = [trade for trade in trades(result) if trade[0] == DAYS[FRI]]
        assert friday == [
            (DAYS[FRI], "A", -1.25, "rebalance"),
            (DAYS[FRI], "B", 2.5, "rebalance"),
            (DAYS[FRI], "A", 2.0, "cash_flow"),
            (DAYS[FRI], "B", 4.0, "cash_flow"),
        ]
        assert values(result)[FRI] == pytest.approx(2875)
        assert result["series"]["returns"][FRI] == pytest.approx(1875 / 1250 - 1)  # Thursday: 5 · 150 + 500

    def test_whole_shares_keep_the_rest_of_a_flow_in_cash(self):
        paid_in = run({"A": STILL}, whole=True, cash_flows=flow(amount=150, end_date=DAYS[FRI]))
        # 1150 would hold 11.5: 11 are held, 50 wait
        assert (units(paid_in), paid_in["final_cash"]["value"]) == ({"A": 11}, pytest.approx(50))
        taken = run({"A": STILL}, whole=True, cash_flows=flow("withdrawal", amount=150, end_date=DAYS[FRI]))
        # 850 would hold 8.5: 8 are held, two are sold for 200, of which 50 stay
        assert (units(taken), taken["final_cash"]["value"]) == ({"A": 8}, pytest.approx(50))

    def test_a_flow_too_small_for_a_share_waits_in_cash_also_while_a_band_is_broken(self):
        result = run({"A": STILL}, whole=True, initial_capital=150, rebalancing={"absolute_band": 0.01},
                     cash_flows=flow(amount=10))  # fmt: skip
        # one share and 50 of cash: the band is broken every day, and no whole number of shares mends it
        assert values(result)[FRI:] == cents(160, 160, 160, 160, 160, 170)
        assert result["metrics"]["total_return"] == pytest.approx(0)

    def test_the_last_of_the_money_ends_the_period(self):
        result = run({"A": STILL}, costs=ONE_PER_CENT, initial_capital=1010, cash_flows=flow("withdrawal", amount=2000))
        # ten units are sold for 1000, 10 of it are commission: 990 are paid out
        assert result["period"]["effective"]["end"] == DAYS[FRI]
        assert values(result) == cents(1000, 1000, 1000, 1000, 0)
        assert result["series"]["cash_flows"][-1] == pytest.approx(-990)
        assert result["series"]["returns"][-1] == pytest.approx(-0.01)
        assert warned(result) == ["PORTFOLIO_DEPLETED"]
        assert (result["final_holdings"], result["final_cash"]["value"]) == ([], 0)

    @pytest.mark.parametrize("parts", [{"amount": 1000}, {"fraction": 1}])
    def test_exactly_all_of_it_is_the_last_of_it(self, parts):
        result = run({"A": STILL}, cash_flows=flow("withdrawal", **parts))
        assert values(result) == cents(1000, 1000, 1000, 1000, 0)
        assert result["metrics"]["total_return"] == pytest.approx(0)
        assert warned(result) == ["PORTFOLIO_DEPLETED"]

    @pytest.mark.parametrize("every", ["never", "weekly"])
    def test_a_withdrawal_that_its_own_costs_make_impossible_pays_what_there_is(self, every):
        result = run({"A": STILL}, costs=ONE_PER_CENT, initial_capital=1010, every=every, timing="same_close",
                     cash_flows=flow("withdrawal", amount=995))  # fmt: skip
        # all is worth 1000, selling it brings 990
        assert result["series"]["cash_flows"][-1] == pytest.approx(-990)
        assert values(result)[-1] == 0
        assert warned(result) == ["PORTFOLIO_DEPLETED"]

    def test_costs_of_investing_it_may_be_more_than_all_there_was_before(self):
        dates = ["2020-01-02", "2020-12-31", "2021-12-31", "2022-01-03"]
        result = run({"A": STILL[:4], "B": STILL[:4]}, dates=dates, every="annually", timing="same_close",
                     initial_capital=100, costs={"commission_fixed": 30},
                     cash_flows=flow(every="annually", amount=1000))  # fmt: skip
        # 100 - 60 = 40 on the first day; 40 + 1000 - 60 = 980 on the last of 2020: r = (980 - 1000) / 40 - 1 = -1.5,
        # more than everything: the growth is nothing from there on
        assert values(result) == cents(40, 980, 1920, 1920)
        assert result["series"]["returns"][1] == pytest.approx(-1.5)
        assert result["series"]["drawdown"] == pytest.approx([-0.6, -1, -1, -1])
        assert (result["metrics"]["total_return"], result["metrics"]["cagr"]) == (-1, -1)
        assert warned(result) == ["FLOW_COSTS_EXCEED_VALUE"]

    def test_an_amount_grows_with_every_full_year(self):
        dates = ["2020-01-02", "2020-12-31", "2021-12-31", "2022-12-30", "2023-01-02"]
        result = run({"A": STILL[:5]}, dates=dates, cash_flows=flow(every="annually", amount=100, growth_rate=0.1))
        # full years since 2 January 2020: 0, 1, 2; 2 January 2023 is no last session of a year
        assert result["series"]["cash_flows"] == cents(0, 100, 110, 121, 0)
        assert result["metrics"]["money_weighted_return"] == pytest.approx(0, abs=1e-12)

    def test_two_streams_of_a_day_are_one_payment(self):
        both = [*flow(amount=100), *flow("withdrawal", fraction=0.1)]
        result = run({"A": STILL}, cash_flows=both)
        assert result["series"]["cash_flows"] == cents(*[0] * 10)  # 100 in, a tenth of 1000 out
        assert trades(result) == []

    def test_money_earns_its_own_rate_whenever_it_comes(self):
        dates = ["2020-01-01", "2020-12-31", "2021-12-31", "2022-12-30", "2024-01-01"]
        first = datetime.date(2020, 1, 1)
        years = [(datetime.date.fromisoformat(day) - first).days / 365.25 for day in dates]
        close = [100 * 1.08**year for year in years]  # 8 % a year on every day
        for streams in (flow(every="annually", amount=500), flow("withdrawal", "annually", amount=50)):
            metrics = run({"A": close}, dates=dates, cash_flows=streams)["metrics"]
            assert metrics["money_weighted_return"] == pytest.approx(0.08, rel=1e-12)
            assert metrics["cagr"] == pytest.approx(0.08, rel=1e-12)

    def test_the_money_weighted_return_is_the_investors_and_not_the_funds(self):
        dates = ["2019-12-31", "2020-12-31", "2021-12-31"]  # 366 and 365 days
        result = run({"A": [100.0, 200, 100]}, dates=dates, cash_flows=flow(every="annually", amount=1000,
                     end_date="2020-12-31"))  # fmt: skip
        # 1000 double, 1000 join them, all is halved: 1500 of 2000. The fund is where it was.
        metrics = result["metrics"]
        assert metrics["total_return"] == pytest.approx(0)
        assert metrics["cagr"] == pytest.approx(0, abs=1e-12)
        growth = 1 + metrics["money_weighted_return"]
        assert 1000 * growth ** (731 / 365.25) + 1000 * growth ** (365 / 365.25) == pytest.approx(1500)


class TestRebalancesThatCostMoreThanThereIs:
    @pytest.mark.parametrize("cash", [0.0, 0.3, 0.99])
    def test_are_left_out_with_a_warning_also_beside_cash(self, cash):
        close = {"A": [100.0, 110, 110, 110], "B": [100.0, 100, 130, 130]}
        result = run(close, dict.fromkeys("AB", (1 - cash) / 2), dates=DAYS[:4], start_date=DAYS[TUE],
                     strategy="momentum", parameters={"lookback_period": 1, "top_n": 1, "rebalance_frequency": "daily"},
                     timing="same_close", cash={"allocation": cash}, initial_capital=160,
                     costs={"commission_fixed": 60})  # fmt: skip
        # A costs 60 of 160. To change to B is a sale and a purchase, 120 of the 100 that are left
        assert values(result) == cents(100, 100, 100)
        assert "REBALANCE_SKIPPED" in warned(result)


class TestDividendsToCash:
    """A tenth is paid of a price of 100, which is 90 from then on; total-return prices are 90 throughout."""

    @staticmethod
    def paid(on: int, share: float = 0.1) -> list[float]:
        return [share if day == on else 0.0 for day in range(10)]

    def test_a_dividend_moves_from_the_price_into_cash(self):
        result = run({"A": ADJUSTED}, dividends={"A": self.paid(WED)}, cash_dividends=True)
        # ten units at 100; on Wednesday 10 a unit are paid
        assert values(result) == cents(*[1000] * 10)
        assert result["final_cash"]["value"] == pytest.approx(100)
        assert result["metrics"]["dividend_income"] == pytest.approx(100)
        assert result["final_holdings"][0]["price"] == pytest.approx(90)

    def test_it_is_a_share_of_the_close_before(self):
        rising = [90.0, 180, *[90.0] * 8]
        result = run({"A": rising}, dividends={"A": self.paid(WED)}, cash_dividends=True)
        # what was traded at 100 and 200 pays a tenth of 200, 20 a unit, and is traded at 90
        assert values(result)[:4] == cents(1000, 2000, 900 + 200, 1100)

    def test_it_waits_for_the_next_rebalance(self):
        result = run({"A": ADJUSTED}, dividends={"A": self.paid(WED)}, cash_dividends=True, every="weekly",
                     timing="same_close")  # fmt: skip
        assert trades(result) == [(DAYS[FRI], "A", 100 / 90, "rebalance")]
        assert result["final_cash"]["value"] == 0

    def test_it_earns_interest_while_it_waits(self):
        result = run({"A": ADJUSTED}, dividends={"A": self.paid(WED)}, cash_dividends=True, cash={"annual_rate": 0.365})
        a_day = 1.365 ** (1 / 365)
        assert values(result)[WED:FRI] == cents(1000, 900 + 100 * a_day)
        assert result["metrics"]["interest_income"] == pytest.approx(100 * (a_day**9 - 1))

    def test_who_buys_on_the_ex_date_is_not_paid(self):
        first_day = run({"A": ADJUSTED}, dividends={"A": self.paid(MON)}, cash_dividends=True)
        assert first_day["metrics"]["dividend_income"] == 0
        later = run({"A": ADJUSTED}, dividends={"A": self.paid(FRI)}, cash_dividends=True,
                    cash_flows=flow(amount=100, end_date=DAYS[FRI]))  # fmt: skip
        # 100 are paid on ten units; then 900 : 100 take in 100 more, one unit and 10
        assert later["metrics"]["dividend_income"] == pytest.approx(100)
        assert trades(later) == [(DAYS[FRI], "A", 1.0, "cash_flow")]
        assert later["final_cash"]["value"] == pytest.approx(110)

    def test_nor_is_who_buys_at_its_open(self):
        result = run({"A": ADJUSTED}, open={"A": ADJUSTED}, dividends={"A": self.paid(MON2)}, cash_dividends=True,
                     every="weekly", timing="next_open")  # fmt: skip
        # Monday's open: 900 and the 100 that the ten units are paid: 1000 / 90 units from then on
        assert result["metrics"]["dividend_income"] == pytest.approx(100)
        assert units(result) == {"A": 1000 / 90}

    def test_whole_shares_leave_the_rest_of_it_in_cash(self):
        result = run({"A": ADJUSTED}, dividends={"A": self.paid(WED)}, cash_dividends=True, every="weekly",
                     timing="same_close", whole=True)  # fmt: skip
        assert (units(result), result["final_cash"]["value"]) == ({"A": 11}, pytest.approx(10))  # 11 · 90 = 990


class TestHoldingsThatBeginLate:
    LATE = (None, None, 50.0, 50, 50, 50, 50, 50, 50, 50)
    ALLOWED = {"partial_history": True}  # noqa: RUF012

    def test_until_it_begins_the_others_share_its_part(self):
        close = {"A": STILL, "B": [*self.LATE], "C": STILL}
        result = run(close, {"A": 0.25, "B": 0.5, "C": 0.25}, data=self.ALLOWED)
        # A and C half each; B begins on Wednesday, and is bought a session later
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[THU]]
        assert result["weights"]["symbols"] == {"A": [0.5, 0.25], "B": [0.0, 0.5], "C": [0.5, 0.25]}
        assert units(result) == {"A": 2.5, "B": 10.0, "C": 2.5}

    def test_with_same_close_it_is_bought_at_its_first_close(self):
        result = run({"A": STILL, "B": [*self.LATE]}, data=self.ALLOWED, timing="same_close")
        assert result["weights"]["dates"] == [DAYS[MON], DAYS[WED]]
        assert units(result) == {"A": 5.0, "B": 10.0}

    def test_the_cash_keeps_its_part(self):
        shares = {"A": 0.2, "B": 0.6}
        result = run({"A": STILL, "B": [*self.LATE]}, shares, data=self.ALLOWED, cash={"allocation": 0.2})
        assert result["weights"]["symbols"] == {"A": cents(0.8, 0.2), "B": cents(0.0, 0.6)}
        assert result["weights"]["cash"] == cents(0.2, 0.2)
