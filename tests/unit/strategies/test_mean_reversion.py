"""Mean reversion, with averages that are round numbers."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies import mean_reversion
from backtester.strategies.decisions.history import History

ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#   over the last three: A 90 of mean 100 (-10 %), B 100 of mean 100, C 110 of mean 100 (+10 %)
CLOSE = np.array([[7.0, 7.0, 7.0], [105.0, 100.0, 95.0], [105.0, 100.0, 95.0], [90.0, 100.0, 110.0]])


def parameters(**changed) -> dict:
    return fill(strategy_schema("mean_reversion"), {"ma_period": 3, **changed})


def decide(close=CLOSE, decisions=(3,), **changed):
    close = np.asarray(close)
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=close, decisions=np.array(decisions))
    return mean_reversion.decide(history, ALLOCATIONS[: close.shape[1]], parameters(**changed))


def test_the_deviation_is_from_the_mean_of_the_last_closes():
    decided = decide()
    assert decided.seen["average"][0].tolist() == pytest.approx([100, 100, 100])
    assert decided.seen["deviation"][0].tolist() == pytest.approx([-0.1, 0, 0.1])


def test_what_reached_the_threshold_is_doubled_below_and_sold_above():
    # multipliers 2, 1, 0 on 0.5, 0.3, 0.2: 1.0 and 0.3 of 1.3
    assert decide().weights[0].tolist() == pytest.approx([1 / 1.3, 0.3 / 1.3, 0])


def test_what_stays_short_of_the_threshold_keeps_its_allocation():
    assert decide(deviation_threshold=0.1001).weights[0].tolist() == pytest.approx([0.5, 0.3, 0.2])


def test_the_multipliers_can_be_chosen():
    # 4 * 0.5, 1 * 0.3, 0.5 * 0.2: 2.0, 0.3, 0.1 of 2.4
    decided = decide(oversold_weight=4, overbought_weight=0.5)
    assert decided.weights[0].tolist() == pytest.approx([2 / 2.4, 0.3 / 2.4, 0.1 / 2.4])


def test_where_all_are_overbought_all_is_cash():
    decided = decide(np.repeat(CLOSE[:, 2:], 2, axis=1))
    assert decided.weights.tolist() == [[0, 0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_flat_prices_do_not_deviate_whatever_their_level():
    decided = decide(np.full((4, 3), 0.1) * [1, 3, 7], deviation_threshold=1e-6)
    assert decided.seen["deviation"].tolist() == [[0, 0, 0]]
    assert decided.weights[0].tolist() == pytest.approx(ALLOCATIONS)


def test_one_holding_is_held_whole():
    assert decide(CLOSE[:, :1]).weights.tolist() == [[1]]


def test_month_ends_are_averaged_with_the_decisions_own_close():
    sessions = np.array(["2024-01-30", "2024-01-31", "2024-02-15", "2024-02-29", "2024-03-14"], dtype="datetime64[D]")
    close = np.array([[1.0], [120.0], [1.0], [110.0], [70.0]])
    history = History(sessions=sessions, close=close, decisions=np.array([4]))
    decided = mean_reversion.decide(history, np.ones(1), parameters(ma_unit="months"))
    assert decided.seen["average"].tolist() == [[pytest.approx(100)]]  # (120 + 110 + 70) / 3
    assert decided.seen["deviation"].tolist() == [[pytest.approx(-0.3)]]


def test_a_history_that_is_too_short_is_undecided():
    decided = decide(decisions=(-1, 1, 2))
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]


def test_it_looks_back_to_the_first_close_of_the_average():
    assert mean_reversion.warm_up(parameters(ma_period=50)).sessions == 49
    warm_up = mean_reversion.warm_up(parameters(ma_period=10, ma_unit="months"))
    assert (warm_up.months, warm_up.sessions) == (9, 0)
