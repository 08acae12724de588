"""Minimum variance: by hand for two holdings, by its conditions of optimality for many."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.model.errors import InternalError, RequestError
from backtester.strategies import minimum_variance
from backtester.strategies.decisions.history import History
from backtester.strategies.weights import optimise

# two uncorrelated holdings: sd 0.01 and 0.02 (times the same factor), so variances 1 : 4
UNCORRELATED = np.array([[0.01, 0.02], [0.01, -0.02], [-0.01, 0.02], [-0.01, -0.02]])


def grown(returns) -> np.ndarray:
    returns = np.asarray(returns)
    return np.vstack([np.ones(returns.shape[1]), np.cumprod(1 + returns, axis=0)]) * 10


def random_prices(seed: int, window: int, count: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.01, (window, count)) * np.exp(random.normal(0, 0.5, count))
    return grown(steps + random.normal(0, 0.01, (window, 1)) * random.uniform(0, 1.5, count))


def parameters(**changed) -> dict:
    return fill(strategy_schema("minimum_variance"), changed)


def decide(close, decisions=None, partial=False, **changed):
    close = np.asarray(close)
    decisions = [len(close) - 1] if decisions is None else decisions
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=close, decisions=np.array(decisions), partial=partial)
    allocations = np.full(close.shape[1], 1 / close.shape[1])
    given = {"volatility_window": len(close) - 1, **changed}
    return minimum_variance.decide(history, allocations, parameters(**given))


def test_uncorrelated_holdings_weigh_as_the_inverse_of_their_variances():
    decided = decide(grown(UNCORRELATED))
    assert decided.weights[0].tolist() == pytest.approx([0.8, 0.2], abs=1e-12)
    assert decided.seen["volatility"][0].tolist() == pytest.approx([0.01 * (4 / 3) ** 0.5, 0.02 * (4 / 3) ** 0.5])


def test_a_correlated_restless_holding_is_not_held_at_all():
    returns = UNCORRELATED.copy()
    returns[:, 1] += 2 * returns[:, 0]
    assert decide(grown(returns)).weights.tolist() == [[1, 0]]


def test_bounds_hold_exactly():
    assert decide(grown(UNCORRELATED), max_weight=0.7).weights[0].tolist() == pytest.approx([0.7, 0.3], abs=1e-15)
    assert decide(grown(UNCORRELATED), min_weight=0.25).weights[0].tolist() == pytest.approx([0.75, 0.25], abs=1e-15)


@pytest.mark.parametrize(("seed", "window", "count"), [(1, 60, 3), (2, 126, 10), (3, 126, 20), (4, 252, 50)])
@pytest.mark.parametrize(("least", "most"), [(0, 1), (0, 0.3), (0.01, 0.2)])
def test_the_weights_fulfil_the_conditions_of_optimality(seed, window, count, least, most):
    close = random_prices(seed, window, count)
    most = max(most, 1.5 / count)
    weights = decide(close, min_weight=least, max_weight=most).weights[0]
    gradient = np.cov((close[1:] / close[:-1] - 1).T) @ weights
    variance = gradient @ weights
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= least).all()
    assert (weights <= most).all()
    free = (weights > least) & (weights < most)
    assert free.any()
    level = gradient[free].mean()  # what is free could not be exchanged for a gain: to the 1e-8th of the variance
    np.testing.assert_allclose(gradient[free], level, rtol=0, atol=1e-8 * variance)
    assert (gradient[weights == least] >= level - 1e-8 * variance).all()
    assert (gradient[weights == most] <= level + 1e-8 * variance).all()


def test_alike_holdings_share_their_part():
    close = random_prices(5, 60, 3)
    alone = decide(close).weights[0]
    twice = decide(close[:, [0, 0, 1, 2]]).weights[0]
    assert twice[0] == pytest.approx(twice[1], abs=1e-6)
    assert (twice[0] + twice[1], *twice[2:]) == pytest.approx(tuple(alone), abs=1e-6)


def test_more_holdings_than_returns_have_one_answer_all_the_same():
    close = random_prices(6, 10, 30)
    order = np.random.default_rng(0).permutation(30)
    weights = decide(close).weights[0]
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= 0).all()
    np.testing.assert_allclose(decide(close[:, order]).weights[0], weights[order], atol=1e-6)


def test_what_did_not_move_is_held_alone():
    close = np.hstack([grown(UNCORRELATED), np.full((5, 2), 0.1)])
    assert decide(close).weights[0].tolist() == pytest.approx([0, 0, 0.5, 0.5], abs=1e-12)
    bounded = decide(close, max_weight=0.4).weights[0]  # 0.2 left for 4 : 1
    assert bounded.tolist() == pytest.approx([0.16, 0.04, 0.4, 0.4], abs=1e-6)


def test_where_nothing_moved_all_are_held_alike():
    assert decide(np.full((5, 4), 0.1) * [1, 2, 3, 4]).weights[0].tolist() == pytest.approx([0.25] * 4)


def test_opposite_holdings_cancel():
    returns = np.array([0.01, -0.02, 0.015, 0.005])
    weights = decide(grown(np.column_stack([returns, -returns, 3 * returns]))).weights[0]
    assert weights @ [1, -1, 3] == pytest.approx(0, abs=1e-6)


def test_one_holding_and_bounds_that_cannot_hold():
    decided = decide(grown(UNCORRELATED[:, :1]), max_weight=0.5)
    assert decided.weights.tolist() == [[1]]
    assert [warning.code for warning in decided.warnings] == ["WEIGHT_BOUNDS_RELAXED"]
    assert decide(grown(UNCORRELATED), max_weight=0.3).weights[0].tolist() == pytest.approx([0.5, 0.5])


def test_a_history_that_is_too_short_is_undecided():
    decided = decide(grown(UNCORRELATED), decisions=(-1, 3, 4))
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]
    assert minimum_variance.warm_up(parameters()).sessions == 126


def test_a_late_holding_waits():
    close = random_prices(7, 60, 3)
    close[0, 1] = np.nan
    decided = decide(close, partial=True)
    np.testing.assert_allclose(decided.weights[0, [0, 2]], decide(close[:, [0, 2]]).weights[0], atol=1e-12)
    assert decided.weights[0, 1] == 0


def test_bounds_that_exclude_each_other_are_refused():
    with pytest.raises(RequestError) as caught:
        minimum_variance.warm_up(parameters(min_weight=0.6, max_weight=0.5))
    assert [problem.pointer for problem in caught.value.problems] == ["/parameters/min_weight"]


def test_without_the_solver_it_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "clarabel", None)
    with pytest.raises(InternalError) as caught:
        minimum_variance.warm_up(parameters())
    (problem,) = caught.value.problems
    assert (caught.value.code, problem.pointer, problem.code) == ("ENVIRONMENT", "/strategy", "NOT_INSTALLED")
    assert "clarabel is not installed" in caught.value.detail


def test_a_solver_that_fails_is_not_believed(monkeypatch):
    monkeypatch.setattr(optimise, "_solve_variance", lambda sigma, lower, upper: lower)  # they do not sum to 1
    monkeypatch.setattr(optimise, "_on_bounds", lambda sigma, weights, *rest: weights)
    with pytest.raises(InternalError):
        decide(grown(UNCORRELATED), min_weight=0.1)
    monkeypatch.setattr(optimise, "_solve_equal_risk", lambda correlation: np.full(len(correlation), np.nan))
    with pytest.raises(InternalError):
        optimise.equal_risk(UNCORRELATED)
