"""Rounding never decides: scaled prices, noise in the last digit and another order choose the same holdings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.table import find_strategy

SYMBOLS = ("A", "B", "C", "D", "E")
LENGTH = 130
ROWS = np.arange(64, LENGTH, 3)
CASES: list[tuple[str, dict]] = [
    ("momentum", {"lookback_period": 20, "top_n": 2, "weighting": "equal"}),
    ("momentum", {"lookback_period": 20, "top_n": 3, "positive_returns_only": True}),
    ("momentum", {"lookback_period": 20, "top_n": 2, "score": "risk_adjusted", "weighting": "equal"}),
    ("relative_strength", {"lookback_period": 20, "top_n": 2, "benchmark_symbol": "E", "positive_returns_only": True}),
    ("dual_momentum", {"lookback_period": 20, "lookback_unit": "sessions", "top_n": 2, "absolute_symbol": "D"}),
    ("rotation", {"lookback_period": 20, "number_of_sectors": 2, "weighting": "equal"}),
    ("rotation", {"rotation_model": "mean_reversion", "lookback_period": 20, "number_of_sectors": 2}),
    ("rotation", {"rotation_model": "relative_strength", "lookback_period": 20, "number_of_sectors": 2}),
    ("trend_following", {"ma_period": 20}),
    ("trend_following", {"rule": "averages_crossing", "ma_period": 20, "fast_period": 5}),
    ("mean_reversion", {"ma_period": 4, "deviation_threshold": 0.05}),
    ("tactical_allocation", {"indicator": "momentum", "momentum_period": 20}),
    ("tactical_allocation", {"indicator": "moving_average", "ma_period": 20}),
]
modest = settings(deadline=None, derandomize=True, max_examples=25)
every_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case[0]}-{'-'.join(map(str, case[1].values()))}"
)


def prices(seed: int) -> np.ndarray:
    """Return closes (T, N) with many exact ties: returns are multiples of a tenth, and holdings share their moves."""
    random = np.random.default_rng(seed)
    moves = random.choice([0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.1], (LENGTH, 3))
    moves[random.random(LENGTH) < 0.8] = 1.0
    return np.asfortranarray(np.cumprod(moves[:, [0, 1, 0, 2, 1]], axis=0) * np.array([33, 100, 70, 50, 3.0]))


def decided(case: tuple[str, dict], close: np.ndarray, order: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Decisions:
    name, given_parameters = case
    symbols = tuple(SYMBOLS[n] for n in order)
    named = {"risk_on_symbols": ["A", "B"]} if name == "tactical_allocation" else {}
    named |= {"refuge_symbol": "E"} if name == "dual_momentum" else {}
    parameters = fill(strategy_schema(name), {**given_parameters, **named})
    sessions = np.datetime64("2024-01-01") + np.arange(LENGTH)
    history = History(sessions=sessions, close=np.asfortranarray(close[:, order]), decisions=ROWS, symbols=symbols)
    allocations = np.array([0.1, 0.15, 0.2, 0.25, 0.3])[list(order)]
    with np.errstate(all="ignore"):
        return find_strategy(name).decide(history, allocations, parameters)


@every_case
@modest
@given(seed=st.integers(0, 2**32 - 1), factors=st.lists(st.floats(1e-3, 1e3), min_size=5, max_size=5))
def test_the_scale_of_a_price_chooses_nothing(case, seed, factors):
    close = prices(seed)
    np.testing.assert_allclose(
        decided(case, close * np.array(factors)).weights, decided(case, close).weights, atol=1e-9
    )


@every_case
@modest
@given(seed=st.integers(0, 2**32 - 1))
def test_noise_in_the_last_digit_chooses_nothing(case, seed):
    close = prices(seed)
    random = np.random.default_rng(seed + 1)
    noisy = close * (1 + random.choice([-1, 0, 1], close.shape) * 2.0**-52)
    np.testing.assert_allclose(decided(case, noisy).weights, decided(case, close).weights, atol=1e-9)


@every_case
@modest
@given(seed=st.integers(0, 2**32 - 1), order=st.sampled_from([*itertools.permutations(range(5))]))
def test_another_order_changes_nothing_but_which_of_equals_comes_first(case, seed, order):
    close = prices(seed)
    one, other = decided(case, close), decided(case, close, order)
    if one.scores is None:
        np.testing.assert_allclose(other.weights, one.weights[:, order], atol=1e-12)
        return
    assert other.scores is not None
    np.testing.assert_allclose(other.scores, one.scores[:, order], atol=1e-12)
    for row in range(len(ROWS)):
        chosen = [np.sort(d.scores[row][(d.weights[row] > 0) & ~np.isnan(d.scores[row])]) for d in (one, other)]
        if case[0] != "dual_momentum":  # there what fails goes to the refuge
            np.testing.assert_allclose(chosen[0], chosen[1], atol=1e-12)
