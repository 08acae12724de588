"""Relative strength, on prices small enough to rank by eye."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.model.errors import RequestError
from backtester.strategies import relative_strength
from backtester.strategies.decisions.history import History

ALLOCATIONS = np.array([0.5, 0.3, 0.2])
#                 A      B      C      over two sessions, at the last: A +10 %, B +20 %, C -10 %; the benchmark +15 %
CLOSE = np.array([[100.0, 100.0, 100.0], [120.0, 105.0, 95.0], [110.0, 120.0, 90.0]])
BENCHMARK = np.array([200.0, 210.0, 230.0])


def parameters(**changed) -> dict:
    return fill(strategy_schema("relative_strength"), {"lookback_period": 2, **changed})


def decide(close=CLOSE, decisions=(2,), signal=BENCHMARK, **changed):
    close = np.asarray(close)
    history = History(
        sessions=np.datetime64("2024-01-01") + np.arange(len(close)), close=close, decisions=np.array(decisions),
        symbols=("A", "B", "C")[: close.shape[1]], signals={"X": np.asarray(signal)},
    )  # fmt: skip
    return relative_strength.decide(history, ALLOCATIONS[: close.shape[1]], parameters(**changed))


def test_the_score_is_the_growth_over_that_of_the_benchmark():
    decided = decide(benchmark_symbol="X")
    assert decided.scores[0].tolist() == pytest.approx([1.1 / 1.15 - 1, 1.2 / 1.15 - 1, 0.9 / 1.15 - 1])
    assert decided.seen["benchmark_return"].tolist() == pytest.approx([0.15])
    assert decided.seen["lookback_return"][0].tolist() == pytest.approx([0.1, 0.2, -0.1])


def test_without_a_benchmark_the_score_is_the_return():
    decided = decide()
    assert decided.scores[0].tolist() == pytest.approx([0.1, 0.2, -0.1])
    assert decided.seen.keys() == {"lookback_return"}


def test_the_two_best_are_held_by_their_allocations():
    assert decide(benchmark_symbol="X").weights[0].tolist() == pytest.approx([0.625, 0.375, 0])  # 5 : 3


def test_positive_returns_only_keeps_what_beat_the_benchmark():
    assert decide(benchmark_symbol="X", positive_returns_only=True).weights.tolist() == [[0, 1, 0]]
    assert decide(positive_returns_only=True).weights[0].tolist() == pytest.approx([0.625, 0.375, 0])


def test_a_benchmark_does_not_beat_itself():
    decided = decide(benchmark_symbol="A", positive_returns_only=True)
    assert decided.scores[0, 0] == 0
    assert decided.weights.tolist() == [[0, 1, 0]]


def test_where_none_beats_the_benchmark_all_is_cash():
    decided = decide(benchmark_symbol="X", positive_returns_only=True, signal=[1.0, 1.0, 2.0])
    assert decided.weights.tolist() == [[0, 0, 0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_ties_go_to_the_earlier_holding():
    assert decide(np.ones((3, 3)), benchmark_symbol="X", top_n=1).weights.tolist() == [[1, 0, 0]]


def test_a_benchmark_without_a_past_leaves_all_undecided():
    assert np.isnan(decide(benchmark_symbol="X", signal=[np.nan, 1.0, 2.0]).weights).all()


def test_a_look_back_past_the_history_is_undecided():
    decided = decide(decisions=(-1, 1, 2), benchmark_symbol="X")
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]


def test_one_holding_is_held_with_a_warning_about_the_second():
    decided = decide(CLOSE[:, :1], benchmark_symbol="X")
    assert decided.weights.tolist() == [[1]]
    assert [(w.code, w.pointer) for w in decided.warnings] == [("TOP_N_EXCEEDS_HOLDINGS", "/parameters/top_n")]


def test_several_look_backs_weigh_the_relative_returns():
    # over 1 session: A 110/120 against 230/210, over 2: 1.1 against 1.15; weights 3 and 1
    decided = decide(benchmark_symbol="X", lookbacks=[{"period": 1, "weight": 3}, {"period": 2, "weight": 1}])
    one, two = (110 / 120) / (230 / 210) - 1, 1.1 / 1.15 - 1
    assert decided.scores[0, 0] == pytest.approx(0.75 * one + 0.25 * two)


def test_it_looks_back_as_far_as_it_ranks():
    assert relative_strength.warm_up(parameters(lookback_period=126)).sessions == 126
    with pytest.raises(RequestError):
        relative_strength.warm_up(parameters(skip_period=2))
