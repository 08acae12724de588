"""The weights of risk parity and minimum variance against skfolio, and against what makes them optimal.

Every quarter of twenty-two years of nineteen bundled stocks. skfolio solves the same programs with a solver's
tolerance; the conditions of optimality are checked to rounding, with numpy's covariance, and prove the weights by
themselves.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import backtester
from backtester.prices import bundled
from tests.oracle.peers import ask

pytestmark = pytest.mark.full

STOCKS = (
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "UNH",
    "WMT", "XOM",
)  # fmt: skip
WINDOW = 126
PROGRAMS: dict[str, dict[str, Any]] = {
    "inverse volatility": {"name": "inverse_volatility", "min_weight": 0, "max_weight": 1},
    "equal risk contribution": {"name": "equal_risk_contribution", "min_weight": 0, "max_weight": 1},
    "minimum variance": {"name": "minimum_variance", "min_weight": 0, "max_weight": 1},
    "minimum variance within bounds": {"name": "minimum_variance", "min_weight": 0.02, "max_weight": 0.15},
}
TOLERANCE = {  # of a weight, from skfolio's: a formula, and what its solver leaves
    "inverse volatility": 1e-12,
    "equal risk contribution": 1e-5,
    "minimum variance": 1e-5,
    "minimum variance within bounds": 1e-5,
}


@functools.cache
def weights(label: str) -> tuple[list[str], np.ndarray]:
    """The decision dates, and our weights (R, N) at each."""
    program = PROGRAMS[label]
    parameters = {
        "volatility_window": WINDOW, "rebalance_frequency": "quarterly",
        "min_weight": program["min_weight"], "max_weight": program["max_weight"],
    }  # fmt: skip
    strategy = "minimum_variance" if program["name"] == "minimum_variance" else "risk_parity"
    if strategy == "risk_parity":
        parameters["method"] = program["name"]
    result = backtester.run({
        "strategy": strategy, "parameters": parameters,
        "holdings": [{"symbol": symbol, "allocation": 1 / len(STOCKS)} for symbol in STOCKS],
        "start_date": "2001-01-01", "end_date": "2022-12-28", "data": {"source": "bundled"},
        "output": {"precision": None},
    })  # fmt: skip
    assert result["warnings"] == []
    return result["weights"]["decided"], np.array([result["weights"]["symbols"][symbol] for symbol in STOCKS]).T


@functools.cache
def windows() -> tuple[np.ndarray, ...]:
    """The daily returns (WINDOW, N) up to each decision."""
    histories = bundled.load(STOCKS)
    sessions = histories[STOCKS[0]].sessions
    close = np.column_stack([histories[symbol].close for symbol in STOCKS])
    rows = [int(np.searchsorted(sessions, np.datetime64(day))) for day in weights("inverse volatility")[0]]
    return tuple(close[row - WINDOW + 1 : row + 1] / close[row - WINDOW : row] - 1 for row in rows)


@functools.cache
def theirs() -> dict[str, np.ndarray]:
    answers = ask("peer_portfolios.py", {"windows": [w.tolist() for w in windows()], "programs": PROGRAMS})
    return {label: np.array(found) for label, found in answers.items()}


@pytest.fixture(params=PROGRAMS)
def label(request: pytest.FixtureRequest) -> str:
    """A program, by its name."""
    return str(request.param)


def test_the_weights_sum_to_one_and_keep_their_bounds(label):
    found = weights(label)[1]
    assert len(found) == 88
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert found.min() >= PROGRAMS[label]["min_weight"]
    assert found.max() <= PROGRAMS[label]["max_weight"]


def test_skfolio_finds_the_same_weights(label):
    assert np.abs(weights(label)[1] - theirs()[label]).max() < TOLERANCE[label]


@pytest.mark.parametrize("label", ["minimum variance", "minimum variance within bounds"])
def test_no_weights_of_skfolios_have_less_variance(label):
    for mine, other, returns in zip(weights(label)[1], theirs()[label], windows(), strict=True):
        sigma = np.cov(returns, rowvar=False)
        other = np.clip(other, PROGRAMS[label]["min_weight"], None)
        assert mine @ sigma @ mine <= other @ sigma @ other / other.sum() ** 2 * (1 + 1e-12)


def test_every_holding_contributes_the_same_risk():
    for mine, returns in zip(weights("equal risk contribution")[1], windows(), strict=True):
        contributions = mine * (np.cov(returns, rowvar=False) @ mine)
        assert contributions == pytest.approx(contributions.mean(), rel=1e-8)


def test_inverse_volatility_is_the_same_multiple_of_every_volatility():
    for mine, returns in zip(weights("inverse volatility")[1], windows(), strict=True):
        multiples = mine * returns.std(axis=0, ddof=1)
        assert multiples == pytest.approx(multiples[0], rel=1e-11)


@pytest.mark.parametrize("label", ["minimum variance", "minimum variance within bounds"])
def test_nothing_can_be_moved_from_one_holding_to_another_to_lower_the_variance(label):
    """Between the bounds all marginal variances are equal; at the lower they are no less, at the upper no more."""
    low, high = PROGRAMS[label]["min_weight"], PROGRAMS[label]["max_weight"]
    for mine, returns in zip(weights(label)[1], windows(), strict=True):
        marginal = np.cov(returns, rowvar=False) @ mine
        inside = (mine > low) & (mine < high)
        level = marginal[inside].mean()
        assert marginal[inside] == pytest.approx(level, rel=1e-8)
        assert (marginal[mine == low] >= level * (1 - 1e-8)).all()
        assert (marginal[mine == high] <= level * (1 + 1e-8)).all()


def test_inverse_volatility_within_bounds_is_cut_at_them_and_in_proportion_between():
    result = backtester.run({
        "strategy": "risk_parity", "parameters": {"volatility_window": WINDOW, "rebalance_frequency": "quarterly",
        "min_weight": 0.04, "max_weight": 0.065},
        "holdings": [{"symbol": symbol, "allocation": 1 / len(STOCKS)} for symbol in STOCKS],
        "start_date": "2001-01-01", "end_date": "2022-12-28", "data": {"source": "bundled"},
        "output": {"precision": None},
    })  # fmt: skip
    found = np.array([result["weights"]["symbols"][symbol] for symbol in STOCKS]).T
    for mine, returns in zip(found, windows(), strict=True):
        inverse = 1 / returns.std(axis=0, ddof=1)
        inside = (mine > 0.04 + 1e-12) & (mine < 0.065 - 1e-12)
        level = (mine[inside] / inverse[inside]).mean()
        assert mine == pytest.approx(np.clip(level * inverse, 0.04, 0.065), rel=1e-9)
        assert mine.sum() == pytest.approx(1, abs=1e-12)
