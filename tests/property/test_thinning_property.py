"""A thinned series draws what the metrics tell: its extremes are kept, and every value is its session's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from backtester.codec.columns import points
from tests.support.examples import examples

PROPERTY = settings(deadline=None, derandomize=True, max_examples=examples(200))
SESSIONS = 90
DATES = [str(day) for day in np.arange("2024-01-01", "2024-07-01", dtype="datetime64[D]") if np.is_busday(day)]
DATES = DATES[:SESSIONS]
FLOWS = [{"type": "contribution", "frequency": "weekly", "amount": 4000}, {"type": "withdrawal", "frequency": "monthly",
         "fraction": 0.3}]  # fmt: skip


def drawn(growth: list[float]) -> tuple[np.ndarray, np.ndarray]:
    values = np.cumprod(growth)
    return values, values / np.maximum(np.maximum.accumulate(values), 1) - 1


steps = st.sampled_from([0.5, 0.9, 0.99, 1.0, 1.0, 1.01, 1.1, 2.0])  # many equal values, falls to the same depth
curves = st.integers(2, 120).flatmap(
    lambda size: st.lists(st.lists(steps, min_size=size, max_size=size).map(drawn), min_size=1, max_size=2)
)


@PROPERTY
@given(curves, st.integers(2, 130))
def test_rows_are_in_order_no_more_than_asked_for_and_hold_every_extreme(curves, most):
    size = curves[0][0].size
    rows = points(most, *curves)
    if rows is None:
        assert most >= size
        return
    assert most < size
    assert rows.size <= most
    assert (np.diff(rows) > 0).all()
    assert (rows[0], rows[-1]) == (0, size - 1)
    wanted = [(column, end) for value, fall in curves for column, end in ((fall, min), (value, max), (value, min))]
    for place, (column, end) in enumerate(wanted):
        if most >= 3 + place:  # each takes one point at most, the first wanted first
            assert end(column[rows]) == end(column)


@PROPERTY
@given(st.integers(40, 400), st.integers(10, 39), st.data())
def test_a_spike_and_a_fall_are_kept_wherever_they_stand(size, most, data):
    length = -(-size // (most // 5))  # of a stretch: five points each are enough
    places = range(data.draw(st.integers(1, length)), size - 1, length)
    value = np.ones(size)
    for at in places:
        value[at] = data.draw(st.sampled_from([0.5, 2.0]))
    fall = value / np.maximum.accumulate(value) - 1
    assert set(places) <= set(points(most, (value, fall)).tolist())


def run(close: dict[str, list[float]], flows: list[dict[str, Any]], output: dict[str, Any]) -> dict[str, Any]:
    return backtester.run({
        "strategy": "buy_hold",
        "holdings": [{"symbol": "A", "allocation": 1}],
        "start_date": DATES[0], "end_date": DATES[-1],
        "benchmark": "B",
        "cash_flows": flows,
        "data": {"source": "inline", "prices": {"dates": DATES, "close": close}},
        "output": {"precision": None, **output},
    })  # fmt: skip


prices = st.lists(st.sampled_from([0.8, 0.95, 0.99, 1.0, 1.01, 1.05, 1.2]), min_size=SESSIONS, max_size=SESSIONS).map(
    lambda growth: (100 * np.cumprod(growth)).tolist()
)


@settings(PROPERTY, max_examples=examples(40))
@given(prices, prices, st.sampled_from([[], FLOWS]), st.integers(2, SESSIONS + 5))
def test_a_thinned_result_agrees_with_its_metrics_and_with_the_whole_series(own, market, flows, most):
    whole = run({"A": own, "B": market}, flows, {})
    thin = run({"A": own, "B": market}, flows, {"max_points": most})
    dates = thin["series"]["dates"]
    assert len(dates) <= most
    assert (dates[0], dates[-1]) == (DATES[0], DATES[-1])
    kept = [whole["series"]["dates"].index(day) for day in dates]
    for block in ((lambda result: result["series"]), (lambda result: result["benchmark"]["series"])):
        for name, column in block(whole).items():
            assert block(thin)[name] == (None if column is None else [column[row] for row in kept])
    assert thin["metrics"] == whole["metrics"]
    if most >= 3:
        assert min(thin["series"]["drawdown"]) == thin["metrics"]["max_drawdown"]
    if most >= 8:
        assert min(thin["benchmark"]["series"]["drawdown"]) == thin["benchmark"]["metrics"]["max_drawdown"]
