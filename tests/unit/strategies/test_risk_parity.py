"""Risk parity, of returns whose deviations are round numbers."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.model.errors import InternalError, RequestError
from backtester.strategies import risk_parity
from backtester.strategies.decisions.history import History


def alternating(*sizes: float, length: int = 4) -> np.ndarray:
    """Prices whose returns are +size, -size, +size, ... one holding each: volatilities as size to size."""
    signs = np.tile([1.0, -1.0], length)[:length]
    return np.vstack([np.ones(len(sizes)), np.cumprod(1 + np.outer(signs, sizes), axis=0)]) * 10


def random_prices(seed: int, window: int, count: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.01, (window, count)) * np.exp(random.normal(0, 0.7, count))
    steps += random.normal(0, 0.01, (window, 1)) * random.normal(0.5, 0.5, count)
    return np.vstack([np.ones(count), np.cumprod(1 + steps, axis=0)])


def parameters(**changed) -> dict:
    return fill(strategy_schema("risk_parity"), {"volatility_window": 4, "min_weight": 0, "max_weight": 1, **changed})


def decide(close, decisions=None, partial=False, own=None, **changed):
    close = np.asarray(close)
    decisions = [len(close) - 1] if decisions is None else decisions
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(sessions=sessions, close=close, decisions=np.array(decisions), partial=partial, own=own)
    allocations = np.full(close.shape[1], 1 / close.shape[1])
    return risk_parity.decide(history, allocations, parameters(**changed))


def erc(close, **changed):
    return decide(close, method="equal_risk_contribution", volatility_window=len(close) - 1, **changed)


def contributions(close, weights) -> np.ndarray:
    sigma = np.cov((close[1:] / close[:-1] - 1).T)
    return weights * (sigma @ weights) / (weights @ sigma @ weights) * len(weights)


def test_half_the_volatility_is_twice_the_weight():
    decided = decide(alternating(0.01, 0.02, 0.04))  # 4 : 2 : 1
    assert decided.weights[0].tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert decided.seen["volatility"][0].tolist() == pytest.approx([0.01 * (4 / 3) ** 0.5 * n for n in (1, 2, 4)])


def test_a_weight_above_the_greatest_is_cut_and_the_others_share_it():
    decided = decide(alternating(0.01, 0.02, 0.04), max_weight=0.4)  # 0.6 left for 2 : 1
    assert decided.weights[0].tolist() == pytest.approx([0.4, 0.4, 0.2])


def test_a_weight_below_the_least_is_lifted_and_the_others_give():
    decided = decide(alternating(0.01, 0.02, 0.04), min_weight=0.25)  # 0.75 left for 2 : 1
    assert decided.weights[0].tolist() == pytest.approx([0.5, 0.25, 0.25])


def test_both_bounds_at_once():
    # 1/sd as 8 : 4 : 2 : 1; the first cut to 0.4, the last lifted to 0.15; 0.45 left for 4 : 2
    decided = decide(alternating(0.01, 0.02, 0.04, 0.08), min_weight=0.15, max_weight=0.4)
    assert decided.weights[0].tolist() == pytest.approx([0.4, 0.3, 0.15, 0.15])


def test_bounds_that_leave_no_choice_give_each_the_same():
    for bounds, key in (({"max_weight": 0.2}, "max_weight"), ({"min_weight": 0.4, "max_weight": 0.5}, "min_weight")):
        decided = decide(alternating(0.01, 0.02, 0.04), **bounds)
        assert decided.weights[0].tolist() == pytest.approx([1 / 3] * 3)
        (warning,) = decided.warnings
        assert (warning.code, warning.pointer) == ("WEIGHT_BOUNDS_RELAXED", f"/parameters/{key}")


def test_bounds_that_just_hold_are_no_warning():
    assert decide(alternating(0.01, 0.02), max_weight=0.5).warnings == ()
    assert decide(alternating(0.01, 0.02, 0.04), min_weight=1 / 3, max_weight=1 / 3).warnings == ()


def test_one_holding_is_held_whole():
    decided = decide(alternating(0.01), max_weight=0.5)
    assert decided.weights.tolist() == [[1]]
    assert [warning.code for warning in decided.warnings] == ["WEIGHT_BOUNDS_RELAXED"]
    assert "for 1 holding." in decided.warnings[0].detail


@pytest.mark.parametrize("method", ["inverse_volatility", "equal_risk_contribution"])
def test_what_did_not_move_takes_what_it_may(method):
    close = np.hstack([alternating(0.01, 0.02), np.full((5, 1), 0.1)])
    given = {"method": method}
    assert decide(close, **given).weights.tolist() == [[0, 0, 1]]
    assert decide(close, min_weight=0.1, **given).weights[0].tolist() == pytest.approx([0.1, 0.1, 0.8])
    assert decide(close, max_weight=0.7, **given).weights[0].tolist() == pytest.approx([0.2, 0.1, 0.7])
    still = np.full((5, 2), 0.1) * [1, 7]
    assert decide(still, **given).weights.tolist() == [[0.5, 0.5]]


def test_a_history_that_is_too_short_is_undecided():
    for method in ("inverse_volatility", "equal_risk_contribution"):
        decided = decide(alternating(0.01, 0.02), decisions=(-1, 3, 4), method=method)
        assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]
    assert risk_parity.warm_up(parameters(volatility_window=60)).sessions == 60


def test_a_late_holding_does_not_count_among_those_that_are_bounded():
    close = alternating(0.01, 0.02, 0.04)
    close[:1, 2] = np.nan
    decided = decide(close, partial=True, max_weight=0.45)
    assert decided.weights.tolist() == [[0.5, 0.5, 0]]
    assert "at 1 of 1 decisions" in decided.warnings[0].detail


def test_a_least_weight_above_the_greatest_is_refused():
    with pytest.raises(RequestError) as caught:
        risk_parity.warm_up(parameters(min_weight=0.6, max_weight=0.5))
    assert [problem.pointer for problem in caught.value.problems] == ["/parameters/min_weight"]


@pytest.mark.parametrize(("seed", "window", "count"), [(1, 60, 2), (2, 60, 5), (3, 126, 20), (4, 30, 40), (5, 252, 60)])
def test_every_holding_contributes_the_same(seed, window, count):
    close = random_prices(seed, window, count)
    weights = erc(close).weights[0]
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(contributions(close, weights), 1, rtol=0, atol=1e-8)


def test_two_holdings_contribute_the_same_at_inverse_volatility_whatever_their_correlation():
    close = random_prices(7, 50, 2)
    expected = decide(close, volatility_window=50).weights
    np.testing.assert_allclose(erc(close).weights, expected, atol=1e-10)


def test_equal_contributions_are_bounded_in_their_proportions():
    close = random_prices(8, 60, 5)
    free, bounded = erc(close).weights[0], erc(close, max_weight=0.25).weights[0]
    held = bounded < 0.25 - 1e-12
    assert (bounded <= 0.25 + 1e-15).all()
    assert bounded.sum() == pytest.approx(1)
    np.testing.assert_allclose(bounded[held] / free[held], bounded[held][0] / free[held][0], rtol=1e-12)


def test_a_perfect_hedge_takes_nearly_everything():
    close = random_prices(9, 60, 3)
    close[:, 1] = np.append(1, np.cumprod(1 - (close[1:, 0] / close[:-1, 0] - 1)))  # the opposite returns
    weights = erc(close).weights[0]
    assert weights[0] == pytest.approx(weights[1], rel=1e-3)
    assert 0 < weights[2] < 0.001


def beside_a_stock(coin, *stocks, rests=(5, 6)):
    """Closes of a coin with a price a day, and of stocks whose prices are carried over the days on which they rest."""
    close = np.array([coin, *stocks], dtype=float).T
    own = np.ones(close.shape, dtype=bool)
    for day in range(len(close)):
        if day % 7 in rests:
            own[day, 1:] = False
            close[day, 1:] = close[day - 1, 1:]
    return close, own


def test_what_moves_only_while_the_others_rest_takes_what_it_may():
    coin = [10, 10, 10, 10, 10, 11, 10, 10, 10, 10, 10, 11, 10, 10]
    close, own = beside_a_stock(coin, [20 + day % 3 for day in range(14)])
    given = {"method": "equal_risk_contribution", "volatility_window": 5, "own": own, "decisions": [9, 11]}
    free = decide(close, **given).weights
    assert free[0].tolist() == [1, 0]  # it was 11 on a Saturday alone
    assert 0 < free[1, 0] < 1  # and on the next Friday, a session of both
    assert decide(close, max_weight=0.7, **given).weights[0].tolist() == pytest.approx([0.7, 0.3])


def test_the_others_are_taken_by_the_sessions_that_they_share_without_it():
    random = np.random.default_rng(11)
    coin, *stocks = np.full(22, 10.0), *(10 * np.cumprod(1 + random.normal(0, 0.01, (3, 22)), axis=1))
    coin[[5, 12, 19]] = 11
    close, own = beside_a_stock(coin, *stocks)
    own[16, 0] = False  # of the coin alone
    given = {"method": "equal_risk_contribution", "volatility_window": 20, "decisions": [21]}
    weights = decide(close, own=own, max_weight=0.6, **given).weights[0]
    alone = decide(close[:, 1:], own=own[:, 1:], **given).weights[0]
    assert weights.tolist() == pytest.approx([0.6, *(0.4 * alone)], rel=1e-12)


def test_alike_holdings_weigh_alike():
    close = np.repeat(random_prices(10, 60, 2), 2, axis=1)
    weights = erc(close).weights[0]
    assert weights[0] == pytest.approx(weights[1], rel=1e-9)
    np.testing.assert_allclose(contributions(close, weights), 1, atol=1e-8)


def test_without_the_solver_equal_contributions_are_refused_and_inverse_volatility_is_not(monkeypatch):
    monkeypatch.setitem(sys.modules, "clarabel", None)
    risk_parity.warm_up(parameters())
    with pytest.raises(InternalError) as caught:
        risk_parity.warm_up(parameters(method="equal_risk_contribution"))
    (problem,) = caught.value.problems
    assert (problem.pointer, problem.code) == ("/parameters/method", "NOT_INSTALLED")
    assert "'clarabel>=0.11'" in caught.value.remedy
