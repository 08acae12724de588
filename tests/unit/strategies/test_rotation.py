"""Rotation, by its three models."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies import rotation
from backtester.strategies.decisions.history import History

ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#                 A      B      C      over two sessions, at the last: A +10 %, B +20 %, C -10 %
CLOSE = np.array([[100.0, 100.0, 100.0], [120.0, 105.0, 95.0], [110.0, 120.0, 90.0]])


def parameters(**changed) -> dict:
    return fill(strategy_schema("rotation"), {"lookback_period": 2, "number_of_sectors": 1, **changed})


def decide(close=CLOSE, decisions=(2,), partial=False, **changed):
    close = np.asarray(close, dtype=np.float64)
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=close, decisions=np.array(decisions), partial=partial)
    return rotation.decide(history, ALLOCATIONS[: close.shape[1]], parameters(**changed))


def test_momentum_holds_what_rose_most():
    decided = decide()
    assert decided.scores[0].tolist() == pytest.approx([0.1, 0.2, -0.1])
    assert decided.weights.tolist() == [[0, 1, 0]]


def test_mean_reversion_holds_what_fell_most():
    decided = decide(rotation_model="mean_reversion")
    assert decided.scores[0].tolist() == pytest.approx([-0.1, -0.2, 0.1])
    assert decided.seen["lookback_return"][0].tolist() == pytest.approx([0.1, 0.2, -0.1])
    assert decided.weights.tolist() == [[0, 0, 1]]


def test_the_relative_line_now_over_its_average():
    # two steps: U now 1, a session before 1 / mean(110/120, 120/105, 90/95)
    step = (110 / 120 + 120 / 105 + 90 / 95) / 3
    lines = np.array([[110.0, 120, 90], [120 * step, 105 * step, 95 * step]])
    decided = decide(rotation_model="relative_strength")
    assert decided.scores[0].tolist() == pytest.approx((lines[0] / lines.mean(axis=0) - 1).tolist())
    assert decided.seen["relative_strength"] is decided.scores
    assert decided.weights.tolist() == [[0, 1, 0]]


def test_the_relative_line_is_followed_session_by_session():
    close = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.02, (12, 3)), axis=0)) * [1, 50, 2000]
    index = np.cumprod(np.append(1, (close[1:] / close[:-1]).mean(axis=1)))
    line = close / index[:, None]
    expected = line[9] / line[4:10].mean(axis=0) - 1  # t = 11, skip 2, look-back 8: the lines of t - 7 .. t - 2
    decided = decide(close, decisions=(11,), rotation_model="relative_strength", lookback_period=8, skip_period=2)
    np.testing.assert_allclose(decided.scores[0], expected, rtol=1e-12)


def test_the_relative_line_by_month_ends():
    sessions = np.array(["2024-01-31", "2024-02-15", "2024-02-29", "2024-03-14"], dtype="datetime64[D]")
    close = np.array([[100.0, 100.0], [1, 1], [80, 130], [120, 120]])
    history = History(sessions=sessions, close=close, decisions=np.array([3]))
    given = parameters(rotation_model="relative_strength", lookback_unit="months")
    step = (120 / 80 + 120 / 130) / 2
    lines = np.array([[120.0, 120.0], [80 * step, 130 * step]])
    scores = rotation.decide(history, np.array([0.5, 0.5]), given).scores
    assert scores[0].tolist() == pytest.approx((lines[0] / lines.mean(axis=0) - 1).tolist())


def test_one_holding_is_as_strong_as_its_index():
    decided = decide(CLOSE[:, :1], rotation_model="relative_strength")
    assert decided.scores.tolist() == [[0]]
    assert decided.weights.tolist() == [[1]]


@pytest.mark.parametrize("model", ["momentum_based", "mean_reversion", "relative_strength"])
def test_flat_prices_tie_and_the_earlier_wins(model):
    decided = decide(np.full((3, 3), 0.1) * [1, 3, 7], rotation_model=model)
    assert decided.scores.tolist() == [[0, 0, 0]]
    assert decided.weights.tolist() == [[1, 0, 0]]


def test_where_all_fell_the_least_bad_is_held():
    assert decide(CLOSE[::-1] / [1, 2, 3]).weights.tolist() == [[0, 0, 1]]  # A -9 %, B -17 %, C +11 %
    assert decide(np.array([[10.0, 10, 10], [9, 9, 9], [8, 7, 6]])).weights.tolist() == [[1, 0, 0]]


def test_more_sectors_than_holdings_is_said():
    decided = decide(number_of_sectors=4)
    assert decided.weights[0].tolist() == pytest.approx([0.5, 0.3, 0.2])
    (warning,) = decided.warnings
    assert (warning.code, warning.pointer) == ("TOP_N_EXCEEDS_HOLDINGS", "/parameters/number_of_sectors")


@pytest.mark.parametrize("model", ["momentum_based", "mean_reversion", "relative_strength"])
def test_a_history_that_is_too_short_is_undecided(model):
    decided = decide(decisions=(-1, 1, 2), rotation_model=model)
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]


def test_a_late_holding_is_no_part_of_the_index():
    close = CLOSE.copy()
    close[0, 2] = np.nan
    decided = decide(close, rotation_model="relative_strength", partial=True)
    expected = decide(CLOSE[:, :2], rotation_model="relative_strength")
    assert decided.scores[0, :2].tolist() == pytest.approx(expected.scores[0].tolist())
    assert np.isnan(decided.scores[0, 2])
    assert decided.weights.tolist() == [[0, 1, 0]]


def test_several_look_backs():
    decided = decide(lookbacks=[{"period": 1, "weight": 1}, {"period": 2, "weight": 3}])
    assert decided.scores[0, 0] == pytest.approx(0.25 * (110 / 120 - 1) + 0.75 * 0.1)
    both = [decide(rotation_model="relative_strength", lookback_period=n).scores for n in (1, 2)]
    several = decide(rotation_model="relative_strength", lookbacks=[{"period": 1}, {"period": 2}])
    np.testing.assert_allclose(several.scores, (both[0] + both[1]) / 2)
    assert rotation.warm_up(parameters(lookbacks=[{"period": 7, "weight": 1}])).sessions == 7
