"""Target volatility, of returns that alternate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies import target_volatility
from backtester.strategies.decisions.history import History

ALLOCATIONS = np.array([0.75, 0.25])


def alternating(*sizes: float, length: int = 4) -> np.ndarray:
    """Prices whose returns are +size, -size, +size, ... one holding each."""
    signs = np.tile([1.0, -1.0], length)[:length]
    return np.vstack([np.ones(len(sizes)), np.cumprod(1 + np.outer(signs, sizes), axis=0)]) * 10


def parameters(**changed) -> dict:
    return fill(strategy_schema("target_volatility"), {"volatility_window": 4, **changed})


def decide(close, decisions=(4,), allocations=ALLOCATIONS, partial=False, periods=252, **changed):
    sessions = np.datetime64("2024-01-01") + np.arange(len(close))
    history = History(
        sessions=sessions, close=np.asarray(close), decisions=np.array(decisions), partial=partial,
        periods_per_year=periods,
    )  # fmt: skip
    return target_volatility.decide(history, allocations, parameters(**changed))


def test_all_allocations_are_scaled_by_the_target_over_the_volatility():
    # the mix returns 0.75 * 0.02 + 0.25 * 0.01 = 0.0175, alternating: sd (ddof 1) 0.0175 * sqrt(4 / 3)
    decided = decide(alternating(0.02, 0.01))
    volatility = 0.0175 * math.sqrt(4 / 3) * math.sqrt(252)
    assert decided.seen["annual_volatility"].tolist() == pytest.approx([volatility])
    assert decided.seen["exposure"].tolist() == pytest.approx([0.1 / volatility])
    assert decided.weights[0].tolist() == pytest.approx([0.75 * 0.1 / volatility, 0.25 * 0.1 / volatility])


def test_a_quiet_mix_is_held_whole_and_never_more():
    assert decide(alternating(0.001, 0.001)).weights[0].tolist() == pytest.approx([0.75, 0.25])
    assert decide(alternating(0.001, 0.001), max_exposure=0.8).weights[0].tolist() == pytest.approx([0.6, 0.2])


def test_opposite_holdings_are_as_quiet_as_their_mix():
    assert decide(alternating(0.02, -0.06)).seen["annual_volatility"][0] == pytest.approx(0, abs=1e-12)


def test_flat_prices_are_held_whole():
    decided = decide(np.full((5, 2), 3.7))
    assert decided.weights[0].tolist() == pytest.approx([0.75, 0.25])
    assert decided.warnings == ()


def test_one_holding():
    decided = decide(alternating(0.02), allocations=np.ones(1))
    assert decided.weights[0, 0] == pytest.approx(0.1 / (0.02 * math.sqrt(4 / 3 * 252)))


@pytest.mark.parametrize("periods", [12, 52, 313, 365])
def test_a_year_has_as_many_sessions_as_the_run(periods):
    decided = decide(alternating(0.02), allocations=np.ones(1), periods=periods, target_volatility=0.05)
    volatility = 0.02 * math.sqrt(4 / 3 * periods)
    assert decided.seen["annual_volatility"].tolist() == pytest.approx([volatility])
    assert decided.weights[0, 0] == pytest.approx(min(0.05 / volatility, 1))


def test_a_history_that_is_too_short_is_undecided():
    decided = decide(alternating(0.02, 0.01), decisions=(-1, 3, 4))
    assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]
    assert target_volatility.warm_up(parameters(volatility_window=60)).sessions == 60


def test_while_a_holding_has_no_full_window_the_mix_is_of_the_others():
    close = alternating(0.02, 0.01, length=6)
    close[:2, 1] = np.nan
    decided = decide(close, decisions=(4, 5, 6), partial=True)
    alone, both = (size * math.sqrt(4 / 3 * 252) for size in (0.02, 0.0175))
    assert decided.seen["annual_volatility"].tolist() == pytest.approx([alone, alone, both])
    assert decided.weights[0].tolist() == pytest.approx([0.1 / alone, 0])
    assert decided.weights[2].tolist() == pytest.approx([0.75 * 0.1 / both, 0.25 * 0.1 / both])
