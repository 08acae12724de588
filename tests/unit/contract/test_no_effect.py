"""Settings that change nothing are told of, with the pointer; those that may change something are not."""

from __future__ import annotations

import datetime

import pytest

import backtester
from backtester.contract.check import check

DAYS = [
    day.isoformat() for n in range(130) if (day := datetime.date(2024, 1, 2) + datetime.timedelta(days=n)).weekday() < 5
]
CLOSE = {"A": [100.0 + n for n in range(len(DAYS))], "B": [100.0 + n % 3 for n in range(len(DAYS))]}


def asked(**changes) -> dict:
    return {
        "strategy": "buy_hold", "holdings": [{"symbol": s, "allocation": 0.5} for s in CLOSE],
        "start_date": DAYS[0], "end_date": DAYS[-1], **changes,
        "data": {"source": "inline", "prices": {"dates": DAYS, "close": CLOSE}, **changes.get("data", {})},
    }  # fmt: skip


def told(request: dict) -> list[str]:
    return [w["pointer"] for w in backtester.run(request)["warnings"] if w["code"] == "NO_EFFECT"]


def test_an_ordinary_request_is_told_nothing():
    assert told(asked()) == []
    assert told(asked(parameters={"rebalance_frequency": "monthly"}, rebalancing={"offset_sessions": 3})) == []


@pytest.mark.parametrize("band", ["absolute_band", "relative_band"])
def test_bands_at_a_frequency_of_never(band):
    rules = {band: 0.01, "bands_checked": "at_frequency"}
    assert told(asked(rebalancing=rules)) == [f"/rebalancing/{band}"]
    assert told(asked(rebalancing=rules, parameters={"rebalance_frequency": "monthly"})) == []
    assert told(asked(rebalancing={band: 0.01})) == []


def test_bands_at_a_frequency_that_no_rebalance_of_the_period_has():
    rules = {"absolute_band": 0.01, "bands_checked": "at_frequency"}
    found = asked(rebalancing=rules, parameters={"rebalance_frequency": "annually"})
    assert told(found) == ["/rebalancing/absolute_band"]


def test_a_check_of_bands_without_any_band():
    found = asked(rebalancing={"bands_checked": "at_frequency"}, parameters={"rebalance_frequency": "monthly"})
    assert told(found) == ["/rebalancing/bands_checked"]


def test_bands_that_are_checked_daily_beside_a_rebalance_every_day():
    found = asked(rebalancing={"relative_band": 0.2}, parameters={"rebalance_frequency": "daily"})
    assert told(found) == ["/rebalancing/relative_band"]
    found["rebalancing"]["bands_checked"] = "at_frequency"
    assert told(found) == []


def test_a_band_that_is_as_wide_as_the_portfolio():
    assert told(asked(rebalancing={"absolute_band": 1})) == ["/rebalancing/absolute_band"]


ABSOLUTE, RELATIVE = "/rebalancing/absolute_band", "/rebalancing/relative_band"
BANDS = [  # allocations, cash, the bands, which of them can never be broken
    ((0.5, 0.5), 0, {"absolute_band": 0.49}, []),
    *(((0.5, 0.5), 0, {"absolute_band": band}, [ABSOLUTE]) for band in (0.5, 0.6, 0.9, 1)),
    ((0.5, 0.5), 0, {"relative_band": 0.99}, []),
    *(((0.5, 0.5), 0, {"relative_band": band}, [RELATIVE]) for band in (1, 2, 100)),
    ((0.5, 0.5), 0, {"relative_band": 1, "absolute_band": 0.5}, [ABSOLUTE, RELATIVE]),
    ((0.5, 0.5), 0, {"relative_band": 1, "absolute_band": 0.1}, [RELATIVE]),
    ((0.7, 0.3), 0, {"absolute_band": 0.69}, []),
    ((0.7, 0.3), 0, {"absolute_band": 0.7}, [ABSOLUTE]),
    ((0.7, 0.3), 0, {"relative_band": 2.3}, []),
    ((0.7, 0.3), 0, {"relative_band": 2.34}, [RELATIVE]),
    ((0.4, 0.4), 0.2, {"absolute_band": 0.79}, []),
    ((0.4, 0.4), 0.2, {"absolute_band": 0.8}, [ABSOLUTE]),
    ((0.4, 0.4), 0.2, {"relative_band": 3.9}, []),
    ((0.4, 0.4), 0.2, {"relative_band": 4}, [RELATIVE]),
    ((0.502, 0.502), 0, {"absolute_band": 0.5}, [ABSOLUTE]),
    ((1.0,), 0, {"absolute_band": 0.01}, [ABSOLUTE]),
    ((1.0,), 0, {"relative_band": 0.01}, [RELATIVE]),
    ((0.6,), 0.4, {"absolute_band": 0.59}, []),
    ((0.6,), 0.4, {"absolute_band": 0.6}, [ABSOLUTE]),
]


@pytest.mark.parametrize("checked", ["daily", "at_frequency"])
@pytest.mark.parametrize(("allocations", "cash", "bands", "pointers"), BANDS)
def test_a_band_that_no_weight_can_leave(allocations, cash, bands, pointers, checked):
    holdings = [{"symbol": s, "allocation": part} for s, part in zip(CLOSE, allocations, strict=False)]
    rules = {**bands, "bands_checked": checked}
    found = asked(holdings=holdings, cash={"allocation": cash}, rebalancing=rules,
                  parameters={"rebalance_frequency": "monthly"})  # fmt: skip
    assert told(found) == pointers


@pytest.mark.parametrize(("allocations", "cash", "bands", "pointers"), BANDS)
def test_a_band_is_told_of_exactly_where_no_drift_breaks_it(allocations, cash, bands, pointers):
    flat, path = [100.0] * len(DAYS), [100.0 * 10 ** (-12 * n / (len(DAYS) - 1)) for n in range(len(DAYS))]
    name = next(iter(bands))
    holdings = [{"symbol": s, "allocation": part} for s, part in zip(CLOSE, allocations, strict=False)]
    found = asked(holdings=holdings, cash={"allocation": cash}, rebalancing={name: bands[name]})
    restored = False
    for falling in ("A", "B", "AB"):  # to nearly nothing
        close = {holding["symbol"]: path if holding["symbol"] in falling else flat for holding in holdings}
        found["data"]["prices"] = {"dates": DAYS, "close": close}
        restored |= len(backtester.run(found)["weights"]["dates"]) > 1
    assert restored is (f"/rebalancing/{name}" not in pointers)


@pytest.mark.parametrize(
    "changes",
    [
        {"execution": {"shares": "whole"}}, {"data": {"partial_history": True}}, {"data": {"ended_history": "cash"}},
        {"cash_flows": [{"type": "contribution", "amount": 10, "frequency": "monthly"}]},
        {"strategy": "momentum", "parameters": {"lookback_period": 5, "top_n": 1}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("band", [{"absolute_band": 0.6}, {"relative_band": 2}])
def test_a_band_is_not_told_of_where_targets_change_or_other_money_lies_in_cash(changes, band):
    warnings = check(asked(rebalancing=band, **changes), csv_available=False).warnings
    assert [w.pointer for w in warnings if w.code == "NO_EFFECT"] == []


@pytest.mark.parametrize(
    ("include", "changes", "pointers"),
    [
        (["metrics"], {}, ["/output/max_points"]), (["metrics", "weights", "trades"], {}, ["/output/max_points"]),
        (["benchmark"], {}, ["/output/max_points"]), (["benchmark"], {"benchmark": "A"}, []), (["series"], {}, []),
        (["held_weights"], {}, []), (["metrics"], {"compare": [{"name": "x", "patch": {"initial_capital": 1}}]}, []),
    ],
)  # fmt: skip
def test_a_number_of_points_of_no_series(include, changes, pointers):
    found = asked(output={"include": include, "max_points": 20}, **changes)
    warnings = check(found, csv_available=False).warnings
    assert [w.pointer for w in warnings if w.code == "NO_EFFECT"] == pointers
    del found["output"]["max_points"]
    assert not [w for w in check(found, csv_available=False).warnings if w.code == "NO_EFFECT"]


@pytest.mark.parametrize("frequency", ["never", "annually"])
def test_an_offset_from_ends_that_never_come(frequency):
    found = asked(rebalancing={"offset_sessions": 5}, parameters={"rebalance_frequency": frequency})
    assert told(found) == ["/rebalancing/offset_sessions"]


@pytest.mark.parametrize("frequency", ["never", "annually"])
def test_a_lag_of_rebalances_that_never_come(frequency):
    lagging = {"execution": {"lag_sessions": 2}, "parameters": {"rebalance_frequency": frequency}}
    assert told(asked(**lagging)) == ["/execution/lag_sessions"]
    assert told(asked(**lagging, rebalancing={"absolute_band": 0.01})) == []


@pytest.mark.parametrize(
    "flow",
    [
        {"type": "contribution", "amount": 100, "frequency": "monthly", "start_date": "2025-01-01"},
        {"type": "withdrawal", "amount": 100, "frequency": "monthly", "end_date": "2023-12-31"},
        {"type": "contribution", "fraction": 0.1, "frequency": "annually"},
        {
            "type": "withdrawal", "amount": 1, "frequency": "weekly", "start_date": "2024-02-05",
            "end_date": "2024-02-07",
        },
    ],
)  # fmt: skip
def test_a_cash_flow_that_is_never_due(flow):
    paid = {"type": "contribution", "amount": 10, "frequency": "monthly"}
    assert told(asked(cash_flows=[paid, flow])) == ["/cash_flows/1"]


@pytest.mark.parametrize(
    ("strategy", "parameters", "pointers"),
    [
        ("momentum", {"lookback_period": 9, "lookbacks": [{"period": 2}]}, ["/parameters/lookback_period"]),
        ("momentum", {"lookback_period": 9}, []),
        ("momentum", {"lookbacks": [{"period": 2}]}, []),
        ("trend_following", {"ma_period": 20, "fast_period": 7}, ["/parameters/fast_period"]),
        ("trend_following", {"ma_period": 20, "fast_period": 7, "rule": "averages_crossing"}, []),
        (
            "tactical_allocation",
            {"indicator": "momentum", "momentum_period": 5, "ma_period": 9, "volatility_window": 7},
            ["/parameters/ma_period", "/parameters/volatility_window"],
        ),
        ("dual_momentum", {"hurdle_rate": 0.1, "absolute_symbol": "B"}, ["/parameters/hurdle_rate"]),
        ("dual_momentum", {"hurdle_rate": 0.1}, []),
    ],
)  # fmt: skip
def test_a_parameter_that_another_one_switches_off(strategy, parameters, pointers):
    warnings = check(asked(strategy=strategy, parameters=parameters), csv_available=False).warnings
    assert [w.pointer for w in warnings if w.code == "NO_EFFECT"] == pointers


def test_a_minimum_below_what_every_trade_costs():
    assert told(asked(costs={"commission_fixed": 5, "commission_minimum": 5})) == ["/costs/commission_minimum"]
    assert told(asked(costs={"commission_fixed": 5, "commission_minimum": 6})) == []
    assert told(asked(costs={"commission_fixed": 5})) == []


def test_an_expense_ratio_of_all_where_each_has_its_own():
    own = [{"symbol": s, "allocation": 0.5, "expense_ratio": 0.001} for s in CLOSE]
    assert told(asked(holdings=own, costs={"expense_ratio": 0.002})) == ["/costs/expense_ratio"]
    assert told(asked(holdings=own)) == []


def test_a_refresh_of_what_is_not_kept():
    assert told(asked(data={"refresh": True})) == ["/data/refresh"]


@pytest.mark.parametrize("kind", ["contribution", "withdrawal"])
def test_a_growth_of_payments_that_all_come_before_a_year_is_over(kind):
    flow = {"type": kind, "amount": 10, "frequency": "monthly", "growth_rate": 0.03}
    assert told(asked(cash_flows=[flow])) == ["/cash_flows/0/growth_rate"]
    assert told(asked(cash_flows=[{**flow, "growth_rate": 0}])) == []
    long = [f"{year}-{month:02}-15" for year in (2023, 2024) for month in range(1, 13)]
    prices = {"prices": {"dates": long, "close": {"A": [100.0] * 24, "B": [100.0] * 24}}}
    period = {"start_date": long[0], "end_date": long[-1], "data": prices}
    assert told(asked(cash_flows=[flow], **period)) == []
    assert told(asked(cash_flows=[{**flow, "end_date": "2023-12-31"}], **period)) == ["/cash_flows/0/growth_rate"]


def test_a_rate_on_cash_that_is_never_held():
    rate = {"annual_rate": 0.05}
    monthly = {"parameters": {"rebalance_frequency": "monthly"}, "costs": {"commission_bps": 7, "slippage_bps": 3}}
    assert told(asked(cash=rate)) == told(asked(cash=rate, **monthly)) == ["/cash/annual_rate"]
    for fees in ({"commission_fixed": 1}, {"commission_per_share": 0.01}):  # not vectorised
        assert told(asked(cash=rate, **monthly | {"costs": fees})) == ["/cash/annual_rate"]
    assert told(asked(cash={**rate, "allocation": 0.5}, holdings=[{"symbol": "A", "allocation": 0.5}])) == []
    assert told(asked(cash=rate, execution={"shares": "whole"})) == []
    momentum = {"strategy": "momentum", "parameters": {"lookback_period": 5, "top_n": 1}}
    assert told(asked(cash=rate, **momentum)) == [], "another price may put it in cash"
