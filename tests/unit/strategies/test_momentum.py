"""Momentum, on prices small enough to rank by eye."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.model.errors import RequestError
from backtester.strategies import momentum
from backtester.strategies.decisions.history import History
from backtester.strategies.table import find_strategy

ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#                 A      B      C      over two sessions, at the last: A +10 %, B +20 %, C -10 %
CLOSE = np.array([[100.0, 100.0, 100.0], [120.0, 105.0, 95.0], [110.0, 120.0, 90.0]])


def parameters(**changed) -> dict:
    return {
        "lookback_period": 2,
        "lookback_unit": "sessions",
        "lookbacks": None,
        "score": "return",
        "skip_period": 0,
        "top_n": 1,
        "positive_returns_only": False,
        "weighting": "allocation",
        "rebalance_frequency": "monthly",
        **changed,
    }


def decide(close=CLOSE, decisions=(2,), **changed):
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=np.asarray(close), decisions=np.array(decisions))
    return momentum.decide(history, ALLOCATIONS[: np.shape(close)[1]], parameters(**changed))


def test_it_is_found_by_its_name():
    assert find_strategy("momentum") is momentum


def test_the_score_is_the_return_over_the_look_back():
    assert decide().scores[0].tolist() == pytest.approx([0.1, 0.2, -0.1])


def test_the_best_is_held():
    assert decide().weights.tolist() == [[0.0, 1.0, 0.0]]


def test_the_skipped_end_is_left_out_of_the_score_whose_start_stays():
    decided = decide(skip_period=1)
    assert decided.scores[0].tolist() == pytest.approx([0.2, 0.05, -0.05])
    assert decided.weights.tolist() == [[1.0, 0.0, 0.0]]


def test_allocations_are_scaled_among_the_chosen():
    assert decide(top_n=2).weights[0].tolist() == pytest.approx([0.625, 0.375, 0.0])


def test_equal_weights_ignore_the_allocations():
    assert decide(top_n=2, weighting="equal").weights.tolist() == [[0.5, 0.5, 0.0]]


def test_a_tie_goes_to_the_earlier_holding():
    flat = np.ones((3, 3))
    assert decide(flat).weights.tolist() == [[1.0, 0.0, 0.0]]


def test_positive_returns_only_drops_from_the_top_what_fell():
    assert decide(top_n=3, positive_returns_only=True).weights[0].tolist() == pytest.approx([0.625, 0.375, 0.0])


def test_positive_returns_only_does_not_hold_what_did_not_move():
    decided = decide(np.ones((3, 3)), positive_returns_only=True)
    assert decided.weights.tolist() == [[0.0, 0.0, 0.0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_inverse_volatility_looks_back_at_least_twenty_sessions():
    assert momentum.warm_up(parameters(weighting="inverse_volatility")).sessions == 20
    assert momentum.warm_up(parameters(weighting="inverse_volatility", lookback_period=60)).sessions == 60
    months = momentum.warm_up(parameters(weighting="inverse_volatility", lookback_unit="months", lookback_period=3))
    assert (months.months, months.sessions) == (3, 63)


def test_inverse_volatility_gives_twice_as_much_to_what_moves_half_as_much():
    steps = np.tile([1.0, -1.0], 10)
    close = np.cumprod(np.vstack([[1, 1], 1 + np.outer(steps, [0.01, 0.02])]), axis=0)
    decided = decide(close, decisions=(20,), top_n=2, weighting="inverse_volatility")
    assert decided.weights[0].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_look_back_past_the_history_is_undecided():
    decided = decide(decisions=(-1, 1, 2))
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]


def test_one_holding_without_a_past_leaves_all_undecided():
    close = CLOSE.copy()
    close[0, 2] = np.nan
    assert np.isnan(decide(close).weights).all()


def test_a_window_of_volatility_past_the_history_is_undecided():
    assert np.isnan(decide(weighting="inverse_volatility").weights).all()


def test_months_look_back_to_month_ends():
    assert (momentum.warm_up(parameters(lookback_unit="months")).months, momentum.HAS_SIGNAL) == (2, True)
    sessions = np.array(["2024-01-31", "2024-02-15", "2024-02-29", "2024-03-14"], dtype="datetime64[D]")
    close = np.array([[100.0, 100], [1, 1], [80, 130], [120, 120]])
    history = History(sessions=sessions, close=close, decisions=np.array([3]))
    decided = momentum.decide(history, np.array([0.5, 0.5]), parameters(lookback_unit="months", skip_period=1))
    assert decided.scores[0].tolist() == pytest.approx([-0.2, 0.3])


def test_too_many_to_hold_is_said():
    decided = decide(top_n=4)
    assert [(w.code, w.pointer) for w in decided.warnings] == [("TOP_N_EXCEEDS_HOLDINGS", "/parameters/top_n")]
    assert decided.weights[0].tolist() == pytest.approx(ALLOCATIONS.tolist())


@pytest.mark.parametrize("skip", [2, 3])
def test_a_skip_as_long_as_the_look_back_is_refused(skip):
    with pytest.raises(RequestError) as caught:
        momentum.warm_up(parameters(skip_period=skip))
    assert caught.value.code == "VALIDATION_FAILED"
    assert [problem.pointer for problem in caught.value.problems] == ["/parameters/skip_period"]
