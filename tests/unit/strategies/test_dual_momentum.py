"""Dual momentum: the winner, if it beats cash, else the refuge."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies import dual_momentum
from backtester.strategies.decisions.history import History

SYMBOLS = ("A", "B", "R")
ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#                 A      B      R      over two sessions: A +10 %, B +20 %, the refuge +50 %; bills +15 %
CLOSE = np.array([[100.0, 100.0, 100.0], [120.0, 105.0, 95.0], [110.0, 120.0, 150.0]])
BILLS = np.array([100.0, 110.0, 115.0])


def parameters(**changed) -> dict:
    given = {"lookback_period": 2, "lookback_unit": "sessions", **changed}
    return fill(strategy_schema("dual_momentum"), given)


def decide(close=CLOSE, decisions=(2,), bills=BILLS, partial=False, **changed):
    close = np.asarray(close)
    history = History(
        sessions=np.datetime64("2024-01-01") + np.arange(len(close)), close=close, decisions=np.array(decisions),
        symbols=SYMBOLS[: close.shape[1]], signals={"BIL": np.asarray(bills)}, partial=partial,
    )  # fmt: skip
    return dual_momentum.decide(history, ALLOCATIONS[: close.shape[1]], parameters(**changed))


def test_the_best_but_for_the_refuge_is_held():
    decided = decide()
    assert decided.weights.tolist() == [[0, 1, 0]]
    assert decided.scores[0, :2].tolist() == pytest.approx([0.1, 0.2])
    assert np.isnan(decided.scores[0, 2])
    assert decided.seen["hurdle"].tolist() == [0]


def test_a_winner_that_does_not_beat_the_bills_gives_way_to_the_refuge():
    assert decide(absolute_symbol="BIL").weights.tolist() == [[0, 1, 0]]
    decided = decide(absolute_symbol="BIL", bills=[100.0, 100.0, 120.0])  # + 20 %: not above it
    assert decided.weights.tolist() == [[0, 0, 1]]
    assert decided.seen["hurdle"].tolist() == pytest.approx([0.2])


def test_each_of_several_winners_is_tested_for_itself():
    decided = decide(absolute_symbol="BIL", top_n=2)  # A fails at +10 %, B passes at +20 %; 5 : 3
    assert decided.weights[0].tolist() == pytest.approx([0, 0.375, 0.625])


def test_without_bills_the_hurdle_decides():
    assert decide(hurdle_rate=0.19).weights.tolist() == [[0, 1, 0]]
    assert decide(hurdle_rate=0.21).weights.tolist() == [[0, 0, 1]]


def test_what_did_not_move_does_not_beat_a_hurdle_of_nothing():
    assert decide(np.ones((3, 3))).weights.tolist() == [[0, 0, 1]]


def test_where_all_fell_the_refuge_is_held_though_it_fell_too():
    assert decide(CLOSE[[2, 1, 0]]).weights.tolist() == [[0, 0, 1]]


def test_the_refuge_can_be_named():
    assert decide(refuge_symbol="B", hurdle_rate=0.9).weights.tolist() == [[0, 1, 0]]
    assert decide(refuge_symbol="B").weights.tolist() == [[0, 0, 1]]  # R is the winner then


def test_a_single_holding_gives_way_to_cash():
    assert decide(CLOSE[:, :1]).weights.tolist() == [[1]]
    decided = decide(CLOSE[:, :1], hurdle_rate=0.5)
    assert decided.weights.tolist() == [[0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_there_is_one_less_to_choose_from_than_there_are_holdings():
    assert decide(top_n=2).warnings == ()
    (warning,) = decide(top_n=3).warnings
    assert (warning.code, warning.pointer) == ("TOP_N_EXCEEDS_HOLDINGS", "/parameters/top_n")
    assert "2 to choose from" in warning.detail


def test_a_tie_goes_to_the_earlier_holding():
    close = CLOSE.copy()
    close[:, 1] = close[:, 0]
    assert decide(close).weights.tolist() == [[1, 0, 0]]


def test_the_risk_adjusted_score_ranks_and_the_return_is_tested():
    steps = np.tile([1.0, -1.0], 10)
    # A creeps up, B more so but restless, R stands still
    close = np.cumprod(np.vstack([np.ones(3), 1 + np.outer(steps, [0.001, 0.02, 0]) + [0.001, 0.002, 0]]), axis=0)
    given = {"lookback_period": 20, "score": "risk_adjusted"}
    assert decide(close, decisions=(20,), **given).weights.tolist() == [[1, 0, 0]]
    assert decide(close, decisions=(20,), lookback_period=20).weights.tolist() == [[0, 1, 0]]
    over = {"hurdle_rate": 0.021}  # A made 2 %: its score of 20 or so does not count
    assert decide(close, decisions=(20,), **given, **over).weights.tolist() == [[0, 0, 1]]


def test_the_refuge_needs_no_past():
    close = CLOSE.copy()
    close[0, 2] = np.nan
    assert decide(close).weights.tolist() == [[0, 1, 0]]
    assert decide(close, hurdle_rate=0.9).weights.tolist() == [[0, 0, 1]]


def test_a_refuge_without_a_price_is_cash():
    close = CLOSE.copy()
    close[:, 2] = np.nan
    assert decide(close, hurdle_rate=0.9, partial=True).weights.tolist() == [[0, 0, 0]]


def test_a_history_that_is_too_short_is_undecided():
    for given in ({}, {"absolute_symbol": "BIL"}):
        decided = decide(decisions=(-1, 1, 2), **given)
        assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]
    assert np.isnan(decide(absolute_symbol="BIL", bills=[np.nan, 1.0, 1.0]).weights).all()


def test_twelve_months_by_default():
    warm_up = dual_momentum.warm_up(fill(strategy_schema("dual_momentum"), {}))
    assert (warm_up.months, warm_up.sessions) == (12, 0)
