"""Trend following."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.model.errors import RequestError
from backtester.strategies import trend_following
from backtester.strategies.decisions.history import History

ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#   mean of the last four:  A (1+2+3+6)/4 = 3 < 6       B 5 > 4          C 4 = 4
CLOSE = np.array([[1.0, 6.0, 4.0], [2.0, 6.0, 4.0], [3.0, 4.0, 4.0], [6.0, 4.0, 4.0]])


def parameters(**changed) -> dict:
    return fill(strategy_schema("trend_following"), {"ma_period": 4, "fast_period": 2, **changed})


def decide(close=CLOSE, decisions=(3,), **changed):
    close = np.asarray(close)
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=close, decisions=np.array(decisions))
    return trend_following.decide(history, ALLOCATIONS[: close.shape[1]], parameters(**changed))


def test_what_is_above_its_average_is_held_at_its_allocation_the_rest_is_cash():
    decided = decide()
    assert decided.seen["average"].tolist() == [[3, 5, 4]]
    assert decided.weights.tolist() == [[0.5, 0, 0]]
    assert decided.warnings == ()


def test_the_averages_cross():
    decided = decide(rule="averages_crossing")  # fast: (3+6)/2 = 4.5 > 3; 4 < 5; 4 = 4
    assert decided.seen["fast_average"].tolist() == [[4.5, 4, 4]]
    assert decided.seen["distance"].tolist() == [[0.5, pytest.approx(-0.2), 0]]
    assert decided.weights.tolist() == [[0.5, 0, 0]]


def test_the_price_may_be_above_while_the_averages_have_not_crossed():
    close = np.array([[9.0], [8.0], [1.0], [7.0]])  # mean 6.25 < 7, but the fast one is 4
    assert decide(close).weights.tolist() == [[0.5]]
    assert decide(close, rule="averages_crossing").weights.tolist() == [[0]]


def test_a_price_that_stands_still_does_not_trend_whatever_its_level():
    decided = decide(np.full((4, 3), 0.1) * [1, 3, 7])
    assert decided.weights.tolist() == [[0, 0, 0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_where_all_fall_all_is_cash():
    assert decide(CLOSE[::-1] * [1, 0, 0] + CLOSE * [0, 1, 1]).weights.sum() == 0


def test_a_history_that_is_too_short_is_undecided():
    assert np.isnan(decide(decisions=(-1, 2, 3)).weights).all(axis=1).tolist() == [True, True, False]


def test_while_a_holding_has_no_past_the_others_share_its_part():
    close = CLOSE.copy()
    close[0, 1] = np.nan
    sessions = np.datetime64("2024-01-01") + np.arange(4)
    history = History(sessions=sessions, close=close, decisions=np.array([3]), partial=True)
    decided = trend_following.decide(history, ALLOCATIONS, parameters())
    assert decided.weights[0].tolist() == pytest.approx([0.5 / 0.7, 0, 0])


def test_month_ends():
    sessions = np.array(["2024-01-31", "2024-02-15", "2024-02-29", "2024-03-14"], dtype="datetime64[D]")
    close = np.array([[10.0, 30.0], [99.0, 99.0], [20.0, 20.0], [30.0, 10.0]])
    history = History(sessions=sessions, close=close, decisions=np.array([3]))
    decided = trend_following.decide(history, np.array([0.5, 0.5]), parameters(ma_period=3, ma_unit="months"))
    assert decided.seen["average"].tolist() == [[20, 20]]
    assert decided.weights.tolist() == [[0.5, 0]]


def test_it_looks_back_to_the_first_close_of_the_slow_average():
    assert trend_following.warm_up(parameters(ma_period=200)).sessions == 199
    assert trend_following.warm_up(parameters(ma_period=10, ma_unit="months")).months == 9


def test_a_fast_average_that_is_not_faster_is_refused():
    for fast in (4, 5):
        with pytest.raises(RequestError) as caught:
            trend_following.warm_up(parameters(rule="averages_crossing", fast_period=fast))
        assert [problem.pointer for problem in caught.value.problems] == ["/parameters/fast_period"]
    trend_following.warm_up(parameters(fast_period=5))  # without the rule nobody reads it
