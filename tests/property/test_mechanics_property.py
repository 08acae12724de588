"""Expense ratios, offsets, bands, cash flows, dividends, late beginners: against a plain bookkeeper, and by themselves.

The bookkeeper (`tests/support/reference.py`) goes through the period a day at a time with dictionaries, and shares no
line with the engine. Prices are random walks; sessions are weekdays, or thinner, so that some periods span years.
"""

from __future__ import annotations

import copy
import datetime
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from tests.oracle.agreement import WITH_HELD_WEIGHTS, assert_results_agree
from tests.support import reference
from tests.support.examples import examples

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly", "annually"]
TIMINGS = ["next_close", "next_open", "same_close"]
MONEY = ("final_value", "net_contributions", "total_profit", "total_costs", "dividend_income", "money_weighted_return")
modest = settings(derandomize=True, deadline=None, max_examples=examples(60))
few = settings(derandomize=True, deadline=None, max_examples=examples(25))


def days(size: int, step: int) -> list[str]:
    """Weekdays, every `step`-th of them, from a day in the middle of a month."""
    day, found = datetime.date(2019, 11, 13), []
    while len(found) < size * step:
        if day.weekday() < 5:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    return found[::step]


@st.composite
def streams(draw, dates: list[str], *, gentle: bool = False) -> dict:
    """A cash flow: some 1 % of the money at a time, or, unless gentle, now and then most of it."""
    stream: dict = {
        "type": draw(st.sampled_from(["contribution", "withdrawal"])),
        "frequency": draw(st.sampled_from([*FREQUENCIES[2:], "semiannually"])),
    }
    most = 0.02 if gentle or draw(st.integers(0, 3)) else 0.6
    if draw(st.booleans()):
        stream["fraction"] = draw(st.floats(0.001, most))
    else:
        stream["amount"] = draw(st.floats(50, 100000 * most))
        stream["growth_rate"] = draw(st.sampled_from([0, 0.03, -0.1]))
    if draw(st.booleans()):
        stream["start_date"], stream["end_date"] = dates[draw(st.integers(0, 15))], dates[-draw(st.integers(1, 15))]
    return stream


@st.composite
def bands(draw) -> dict:
    rules: dict = {"bands_checked": draw(st.sampled_from(["daily", "daily", "at_frequency"]))}
    kind = draw(st.integers(1, 3))
    if kind & 1:
        rules["absolute_band"] = draw(st.sampled_from([1e-6, 0.003, 0.02, 0.1]))
    if kind & 2:
        rules["relative_band"] = draw(st.sampled_from([1e-6, 0.02, 0.1, 0.5]))
    return rules


@st.composite
def requests(draw, *features: str, costs: bool = True, whole: bool = False) -> dict:
    """A request with inline prices: one to four symbols, a few dozen sessions, the features asked for."""
    count, size, step = draw(st.integers(1, 4)), draw(st.integers(50, 110)), draw(st.sampled_from([1, 1, 3, 8]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    swing = draw(st.sampled_from([0.005, 0.03]))
    close = np.exp(np.cumsum(random.normal(0.0003, swing, (size, count)), axis=0) + random.normal(3, 1, count))
    opens = close * np.exp(random.normal(0, 0.01, close.shape))
    with_cash = draw(st.booleans())
    shares = random.dirichlet(np.full(count + 1, 3.0))
    shares = shares[:count] if with_cash else shares[:count] / shares[:count].sum()
    symbols, dates = [f"S{n}" for n in range(count)], days(size, step)
    prices = {
        "dates": dates,
        "close": dict(zip(symbols, close.T.tolist(), strict=True)),
        "open": dict(zip(symbols, opens.T.tolist(), strict=True)),
    }
    request: dict = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": s, "allocation": a} for s, a in zip(symbols, shares.tolist(), strict=True)],
        "start_date": dates[draw(st.integers(0, 8))],
        "end_date": dates[-1],
        "parameters": {"rebalance_frequency": draw(st.sampled_from(FREQUENCIES))},
        "initial_capital": 100000,
        "execution": {"timing": draw(st.sampled_from(TIMINGS))},
        "cash": {
            "allocation": 1 - float(shares.sum()) if with_cash else 0,
            "annual_rate": draw(st.sampled_from([0, 0.05])),
        },
        "data": {"source": "inline", "prices": prices},
        "output": {"precision": None, "include": WITH_HELD_WEIGHTS},
    }
    if draw(st.integers(0, 3)) == 0:
        request["strategy"] = "momentum"
        request["parameters"] |= {"lookback_period": draw(st.integers(2, 6)), "top_n": draw(st.integers(1, 3))}
        request["parameters"]["positive_returns_only"] = draw(st.booleans())
    if costs:
        request["costs"] = {
            "commission_bps": draw(st.sampled_from([0, 10, 100])),
            "slippage_bps": draw(st.sampled_from([0, 15])),
            "commission_fixed": draw(st.sampled_from([0, 0, 1.5])),
            "commission_per_share": draw(st.sampled_from([0, 0, 0.01])),
            "commission_minimum": draw(st.sampled_from([0, 0, 2])),
        }
    if whole:
        request["execution"]["shares"] = "whole"
    if "expenses" in features:
        request.setdefault("costs", {})["expense_ratio"] = draw(st.sampled_from([0, 0.02]))
        for holding in request["holdings"]:
            if draw(st.booleans()):
                holding["expense_ratio"] = draw(st.sampled_from([0, 0.005, 0.1, 0.5]))
    if "offset" in features:
        request["rebalancing"] = {"offset_sessions": draw(st.sampled_from([0, 1, 2, 5, 13, 40, 250]))}
    if "lag" in features:
        request["execution"]["lag_sessions"] = draw(st.sampled_from([0, 1, 2, 5, 20]))
    if "bands" in features:
        request["rebalancing"] = {**request.get("rebalancing", {}), **draw(bands())}
    if "flows" in features or "gentle flows" in features:
        flows = streams(dates, gentle="gentle flows" in features)
        request["cash_flows"] = draw(st.lists(flows, min_size=1, max_size=3))
    if "benchmark" in features:
        request["benchmark"] = draw(st.sampled_from(["M", "M", symbols[0]]))
        for field, column in (("close", close), ("open", opens)):
            prices[field]["M"] = (column[:, 0] * np.exp(random.normal(0, 0.02, size))).tolist()
    if "dividends" in features:
        request["execution"]["dividends"] = "cash"
        payouts = np.where(random.random(close.shape) < 0.1, random.uniform(0, 0.05, close.shape), 0.0)
        prices["dividends"] = dict(zip(symbols, payouts.T.tolist(), strict=True))
    return request


WEEKS = {
    "Frankfurt": (0, 1, 2, 3, 4), "Riyadh": (6, 0, 1, 2, 3), "Riyadh until 2013": (5, 6, 0, 1, 2),
    "forex with a bar on Sunday": (6, 0, 1, 2, 3, 4), "with Saturdays": (0, 1, 2, 3, 4, 5), "coins": tuple(range(7)),
    "weekly": (4,), "twice a week": (0, 3),
}  # fmt: skip


@st.composite
def on_any_exchange(draw) -> dict:
    """The same requests on the sessions of any week, with holidays, and with prices before and after the period."""
    request = draw(requests("flows"))
    prices = request["data"]["prices"]
    week = WEEKS[draw(st.sampled_from([*WEEKS]))]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sessions = [datetime.date(2019, 11, 13) + datetime.timedelta(days=n) for n in range(2400)]
    sessions = [day for day in sessions if day.weekday() in week and random.random() > 0.03]
    if draw(st.booleans()):  # a special session
        sessions = sorted({*sessions, sessions[20] + datetime.timedelta(days=draw(st.integers(1, 6)))})
    before = {text: day.isoformat() for text, day in zip(prices["dates"], sessions, strict=False)}
    prices["dates"] = [*before.values()]
    first = datetime.date.fromisoformat(before[request["start_date"]])
    last = datetime.date.fromisoformat(prices["dates"][-draw(st.integers(1, 25))])
    request["start_date"] = (first - datetime.timedelta(days=draw(st.integers(0, 5)))).isoformat()
    request["end_date"] = (last + datetime.timedelta(days=draw(st.integers(0, 5)))).isoformat()
    for stream in request["cash_flows"]:
        stream |= {key: before[stream[key]] for key in ("start_date", "end_date") if key in stream}
    return request


def agreed(request: dict) -> dict:
    """Our result, once the bookkeeper's has been found to be the same."""
    result = backtester.run(request)
    theirs = reference.run(request, request["data"]["prices"])
    if len({round(r, 10) for r in theirs["returns"]}) < len(theirs["returns"]) / 2:  # money in cash, most of the time:
        # which of the equal returns is at or below a quantile, and what a ratio of two roundings is, says nothing
        theirs["metrics"] = {name: theirs["metrics"][name] for name in MONEY}
        theirs["metrics_monthly"] = {}
    if len({stream["type"] for stream in request.get("cash_flows", [])}) == 2:
        for block in ("metrics", "benchmark_metrics"):
            theirs.get(block, {}).pop("money_weighted_return", None)  # in and out: more than one rate may be right
    assert_results_agree(result, theirs)
    return result


@settings(modest, max_examples=120)
@given(on_any_exchange())
def test_weeks_months_and_years_of_any_exchange_are_the_bookkeepers(request_):
    result = agreed(request_)
    market = reference.Market(request_, request_["data"]["prices"])
    assert result["period"]["periods_per_year"] == market.calendar.periods_per_year
    months = result["tables"]["monthly_returns"]
    days_ = [datetime.date.fromisoformat(day) for day in result["series"]["dates"]]
    full = [f"{year}-{month:02}" for year, month in market.full_months(days_)]
    assert [month for month, whole in zip(months["months"], months["complete"], strict=True) if whole] == full


def values(result: dict) -> list[float]:
    return result["series"]["portfolio_value"]


def accounted(request: dict) -> list[dict]:
    """The bookkeeper's own days: cash, units, prices, for what the result document does not show of each."""
    theirs = reference.run(request, request["data"]["prices"])
    return [
        {"cash": cash, "units": units, "prices": prices, "equity": equity}
        for cash, units, prices, equity in zip(
            theirs["cash"], theirs["units"], theirs["prices"], theirs["equity"], strict=True
        )
    ]


class TestAgainstThePlainBookkeeper:
    @modest
    @given(requests("expenses"))
    def test_expense_ratios_of_each_holding(self, request_):
        agreed(request_)

    @modest
    @given(requests("offset"))
    def test_decisions_so_many_sessions_after_a_period_ends(self, request_):
        agreed(request_)

    @settings(modest, max_examples=examples(150))
    @given(requests("lag"))
    def test_fills_so_many_sessions_after_the_decision(self, request_):
        agreed(request_)

    @few
    @given(requests("lag", "offset", "bands", "gentle flows", "dividends"))
    def test_bands_and_flows_while_a_fill_lags(self, request_):
        agreed(request_)

    @few
    @given(requests("bands"))
    def test_bands_checked_daily_or_when_a_rebalance_is_due(self, request_):
        agreed(request_)

    @settings(modest, max_examples=examples(150))
    @given(requests("flows"))
    def test_money_paid_in_and_taken_out(self, request_):
        agreed(request_)

    @settings(modest, max_examples=examples(100))
    @given(requests("flows", "benchmark"))
    def test_a_benchmark_that_the_same_money_is_paid_into(self, request_):
        agreed(request_)

    @modest
    @given(requests("dividends"))
    def test_dividends_paid_to_cash(self, request_):
        agreed(request_)

    @settings(modest, max_examples=examples(150))
    @given(requests("expenses", "offset", "bands", "flows", "dividends"))
    def test_all_of_them_at_once(self, request_):
        agreed(request_)

    @modest
    @given(requests("expenses", "bands", "dividends", whole=True))
    def test_bands_and_dividends_in_whole_shares(self, request_):
        agreed(request_)

    @modest
    @given(requests("offset", "bands", "gentle flows", "dividends", whole=True))
    def test_money_paid_in_and_taken_out_in_whole_shares(self, request_):
        agreed(request_)

    @modest
    @given(requests("flows"), st.data())
    def test_holdings_that_begin_late(self, request_, data):
        request_ = {**request_, "strategy": "buy_hold", "data": copy.deepcopy(request_["data"])}
        request_["parameters"] = {"rebalance_frequency": request_["parameters"]["rebalance_frequency"]}
        request_["data"]["partial_history"] = True
        prices = request_["data"]["prices"]
        for holding in request_["holdings"][1:]:
            late = data.draw(st.integers(0, 30))
            for field in ("close", "open"):
                column = prices[field][holding["symbol"]]
                column[:late] = [None] * late
        agreed(request_)


class TestBands:
    @modest
    @given(requests("dividends"), st.sampled_from(["absolute_band", "relative_band"]))
    def test_with_next_to_no_band_every_close_a_session_later_is_at_the_targets(self, request_, band):
        request_ = {**request_, "strategy": "buy_hold", "parameters": {"rebalance_frequency": "never"}}
        request_["execution"] = {**request_["execution"], "timing": "same_close"}
        request_ |= {"rebalancing": {band: 1e-12}, "costs": {"commission_bps": 10}}
        for day in accounted(request_):
            for holding in request_["holdings"]:
                weight = day["units"][holding["symbol"]] * day["prices"][holding["symbol"]] / day["equity"]
                assert weight == pytest.approx(holding["allocation"], abs=1e-9)
        agreed(request_)

    @few
    @given(requests("dividends"))
    def test_next_to_no_band_is_a_daily_rebalance_where_both_are_filled_at_the_same_close(self, request_):
        request_ = {**request_, "strategy": "buy_hold", "costs": {}}
        request_["execution"] = {**request_["execution"], "timing": "same_close"}
        daily = {**request_, "parameters": {"rebalance_frequency": "daily"}}
        banded = {**request_, "parameters": {"rebalance_frequency": "never"}, "rebalancing": {"absolute_band": 1e-13}}
        assert values(backtester.run(banded)) == pytest.approx(values(backtester.run(daily)), rel=1e-9)

    @few
    @given(requests(), st.sampled_from(["daily", "at_frequency"]))
    def test_bands_as_wide_as_everything_are_none_daily_and_leave_out_all_at_frequency(self, request_, checked):
        request_ = {**request_, "strategy": "buy_hold"}
        request_["parameters"] = {"rebalance_frequency": request_["parameters"]["rebalance_frequency"]}
        wide = {**request_, "rebalancing": {"absolute_band": 1, "relative_band": 100, "bands_checked": checked}}
        if checked == "at_frequency":
            request_ = {**request_, "parameters": {"rebalance_frequency": "never"}}
        assert values(backtester.run(wide)) == pytest.approx(values(backtester.run(request_)), rel=1e-9)

    @few
    @given(requests("bands"))
    def test_the_wider_of_two_bands_says_nothing_where_it_is_never_the_narrower(self, request_):
        rules = {"absolute_band": 0.02, "bands_checked": request_["rebalancing"]["bands_checked"]}
        alone = backtester.run({**request_, "rebalancing": rules})
        both = backtester.run({**request_, "rebalancing": {**rules, "relative_band": 100}})
        assert values(both) == values(alone)


class TestCashFlows:
    @few
    @given(requests(costs=False), st.sampled_from(FREQUENCIES[2:]), st.floats(0.001, 0.3), st.booleans())
    def test_fractions_taken_out_do_not_change_the_time_weighted_returns_while_trading_is_free(
        self, request_, frequency, fraction, paid_in
    ):
        kind = "contribution" if paid_in else "withdrawal"
        flows = [{"type": kind, "fraction": fraction, "frequency": frequency}]
        still, drained = backtester.run(request_), backtester.run({**request_, "cash_flows": flows})
        assert drained["series"]["returns"] == pytest.approx(still["series"]["returns"], abs=1e-9)
        for name in ("total_return", "max_drawdown", "ulcer_index", "annual_volatility"):
            assert drained["metrics"][name] == pytest.approx(still["metrics"][name], rel=1e-7, abs=1e-9), name

    @few
    @given(requests(costs=False), st.floats(1, 1e5), st.sampled_from(FREQUENCIES[2:]))
    def test_amounts_paid_in_do_not_either(self, request_, amount, frequency):
        flows = [{"type": "contribution", "amount": amount, "frequency": frequency}]
        still, fed = backtester.run(request_), backtester.run({**request_, "cash_flows": flows})
        assert fed["series"]["returns"] == pytest.approx(still["series"]["returns"], abs=1e-9)

    @few
    @given(requests("bands"), st.floats(1, 1e5), st.floats(0.001, 1), st.sampled_from(FREQUENCIES[2:]))
    def test_what_comes_in_and_goes_out_on_the_same_day_cancels(self, request_, amount, fraction, frequency):
        flows = [
            {"type": kind, "frequency": frequency, **size}
            for kind in ("contribution", "withdrawal")
            for size in ({"amount": amount, "growth_rate": 0.1}, {"fraction": fraction})
        ]
        still, busy = backtester.run(request_), backtester.run({**request_, "cash_flows": flows})
        assert values(busy) == pytest.approx(values(still), rel=1e-9)
        assert busy["metrics"]["net_contributions"] == pytest.approx(0, abs=1e-6)
        assert sorted({t["reason"] for t in busy["trades"]}) == sorted({t["reason"] for t in still["trades"]})

    @modest
    @given(requests("flows", "dividends"))
    def test_what_was_earned_and_what_came_in_add_up_to_what_is_there(self, request_):
        result = backtester.run(request_)
        series, metrics = result["series"], result["metrics"]
        growth = math.prod(1 + r for r in series["returns"])
        assert metrics["total_return"] == pytest.approx(growth - 1, rel=1e-9, abs=1e-12)
        before = [request_["initial_capital"], *series["portfolio_value"]]
        for value, flow, r, previous in zip(
            series["portfolio_value"], series["cash_flows"], series["returns"], before, strict=False
        ):
            assert value - flow == pytest.approx(previous * (1 + r), rel=1e-9, abs=1e-9 * max(before))
        assert metrics["net_contributions"] == pytest.approx(math.fsum(series["cash_flows"]), rel=1e-9, abs=1e-6)
        profit = series["portfolio_value"][-1] - request_["initial_capital"] - metrics["net_contributions"]
        assert metrics["total_profit"] == pytest.approx(profit, rel=1e-9, abs=1e-6)

    @modest
    @given(requests("flows"))
    def test_at_the_money_weighted_return_all_payments_are_worth_what_is_left(self, request_):
        result = backtester.run(request_)
        rate = result["metrics"]["money_weighted_return"]
        if rate is None:
            return
        series = result["series"]
        dates = [datetime.date.fromisoformat(day) for day in series["dates"]]
        years = [(dates[-1] - day).days / 365.25 for day in dates]
        grown = [flow * (1 + rate) ** y for flow, y in zip(series["cash_flows"], years, strict=True)]
        start = request_["initial_capital"] * (1 + rate) ** years[0]
        scale = start + math.fsum(map(abs, grown))
        assert start + math.fsum(grown) == pytest.approx(series["portfolio_value"][-1], abs=1e-9 * scale)

    @few
    @given(requests(), st.sampled_from(FREQUENCIES[2:]))
    def test_without_a_flow_the_money_earns_what_the_portfolio_does(self, request_, frequency):
        late = {"type": "contribution", "amount": 1, "frequency": frequency, "start_date": "2100-01-01"}
        for flows in ([], [late]):
            metrics = backtester.run({**request_, "cash_flows": flows})["metrics"]
            assert (metrics["money_weighted_return"] is None) == (metrics["cagr"] is None)
            if metrics["cagr"] is not None:
                assert metrics["money_weighted_return"] == pytest.approx(metrics["cagr"], rel=1e-9)


class TestDividends:
    @few
    @given(requests("expenses", "bands", "flows"))
    def test_dividends_of_nothing_are_dividends_reinvested(self, request_):
        kept = copy.deepcopy(request_)
        kept["execution"]["dividends"] = "cash"
        size = len(kept["data"]["prices"]["dates"])
        kept["data"]["prices"]["dividends"] = {h["symbol"]: [0.0] * size for h in kept["holdings"]}
        ours, same = backtester.run(request_), backtester.run(kept)
        assert same["weights"] == ours["weights"]
        for name in ("portfolio_value", "returns", "drawdown", "cash_flows"):
            # but for the order in which numbers are added up
            assert same["series"][name] == pytest.approx(ours["series"][name], rel=1e-12, abs=1e-15), name
        assert len(same["trades"]) == len(ours["trades"])
        assert same["metrics"]["dividend_income"] == 0

    @few
    @given(requests("dividends", costs=False))
    def test_dividends_put_back_at_the_same_close_are_worth_the_total_return_but_for_that_day(self, request_):
        request_ = {**request_, "strategy": "buy_hold", "parameters": {"rebalance_frequency": "daily"}}
        request_["execution"] = {**request_["execution"], "timing": "same_close"}
        request_["holdings"], request_["cash"] = [{"symbol": "S0", "allocation": 1}], {}
        kept, shares = backtester.run(request_), request_["data"]["prices"]["dividends"]["S0"]
        reinvested = backtester.run({**request_, "execution": {"timing": "same_close"}})
        first = request_["data"]["prices"]["dates"].index(request_["start_date"])
        # of the day's return r, the share y in cash earns nothing: (1 + r)(1 - y) + y rather than 1 + r
        expected = [
            r - y * r if t else r
            for t, (r, y) in enumerate(zip(reinvested["series"]["returns"], shares[first:], strict=True))
        ]
        assert kept["series"]["returns"] == pytest.approx(expected, abs=1e-12)


class TestTheBooks:
    @modest
    @given(requests("expenses", "offset", "bands", "flows", "dividends"))
    def test_cash_never_falls_below_zero_and_everything_is_worth_cash_and_units(self, request_):
        result = backtester.run(request_)
        units: dict[str, float] = {h["symbol"]: 0.0 for h in request_["holdings"]}
        for trade in result["trades"]:
            units[trade["symbol"]] += trade["units"] if trade["side"] == "buy" else -trade["units"]
            assert units[trade["symbol"]] >= -1e-9 * max(1.0, trade["units"])
        held = {h["symbol"]: h["units"] for h in result["final_holdings"]}
        largest = max(result["series"]["portfolio_value"])
        for symbol, count in units.items():
            assert count == pytest.approx(held.get(symbol, 0.0), rel=1e-9, abs=1e-12 * largest)
        assert result["final_cash"]["value"] >= 0
        in_hand = result["final_cash"]["value"] + math.fsum(h["value"] for h in result["final_holdings"])
        assert in_hand == pytest.approx(result["metrics"]["final_value"], rel=1e-9, abs=1e-9 * largest)
        assert result["metrics"]["exposure"] is None or result["metrics"]["exposure"] <= 1 + 1e-12

    @few
    @given(requests("expenses", "bands", "flows"))
    def test_the_money_paid_for_is_the_money_that_is_gone(self, request_):
        result = backtester.run({**request_, "cash": {**request_["cash"], "annual_rate": 0}})
        bought = math.fsum(t["value"] for t in result["trades"] if t["side"] == "buy")
        sold = math.fsum(t["value"] for t in result["trades"] if t["side"] == "sell")
        fees = math.fsum(t["commission"] for t in result["trades"])
        cash = request_["initial_capital"] + result["metrics"]["net_contributions"] - bought + sold - fees
        assert cash == pytest.approx(result["final_cash"]["value"], abs=1e-9 * (bought + sold + 1e5))

    @few
    @given(requests("expenses", "flows"))
    def test_features_at_their_defaults_change_no_byte(self, request_):
        plain = {key: value for key, value in request_.items() if key != "cash_flows"}
        said = copy.deepcopy(plain)
        said["rebalancing"] = {
            "offset_sessions": 0, "absolute_band": None, "relative_band": None, "bands_checked": "daily",
        }  # fmt: skip
        said["cash_flows"] = []
        said["execution"] = {"shares": "fractional", "dividends": "reinvest", **said["execution"]}
        said["data"] = {**said["data"], "partial_history": False}
        one, other = (
            {k: v for k, v in backtester.run(r).items() if k != "timing_ms"} for r in (plain, said)
        )
        assert other == one
        assert json.dumps(other) == json.dumps(one)

    @few
    @given(requests("flows"))
    def test_a_growth_of_nothing_and_bounds_beyond_the_period_change_no_number(self, request_):
        said = copy.deepcopy(request_)
        for stream in said["cash_flows"]:
            stream.setdefault("start_date", "1900-01-01")
            stream.setdefault("end_date", "2100-01-01")
            if "amount" in stream:
                stream.setdefault("growth_rate", 0)
        assert backtester.run(said)["series"] == backtester.run(request_)["series"]
