"""Momentum: hold the holdings that rose most.

    score_i = P_i[t - skip] / P_i[t - lookback] - 1        t the decision date
    hold the top_n by score; ties go to the earlier holding

With several `lookbacks` the score is their weighted mean; a risk-adjusted score divides it, once, by the standard
deviation of daily returns over the longest of them, and `inverse_volatility` weighs by the same deviation. Its window
ends at the decision, the skipped period included, and has 20 returns at least.

Source: Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers"; the skipped month is the
"12-1" of Asness, Moskowitz and Pedersen (2013), measured back from the decision date, not from the skip; weighted
look-backs: Keller and Keuning (2017), "Breadth Momentum and Vigilant Asset Allocation".
"""

from __future__ import annotations

from typing import Any

from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.ranking import (
    choice_warnings,
    ranking_warm_up,
    risk_adjusted,
    top_weights,
    top_weights_of_each,
    weighted_return,
)

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the longest look-back, and over the window of the volatility where it is used."""
    return ranking_warm_up(parameters)


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Rank by the return over the look-backs, hold the top_n. allocations: (N,). Result: (R, N)."""
    returns = weighted_return(history, parameters)
    scores = risk_adjusted(returns, history, parameters)
    weights = top_weights(scores, history, allocations, parameters)
    return Decisions(
        weights=weights, scores=scores, seen={"lookback_return": returns},
        warnings=choice_warnings(parameters, weights, count_key="top_n"),
    )  # fmt: skip


def decide_each(
    history: History, allocations: FloatArray, parameter_sets: list[dict[str, Any]]
) -> list[FloatArray]:  # fmt: skip
    """Return the weights (R, N) of each set of parameters, of one ranking where only top_n differs."""
    return top_weights_of_each(_scores, history, allocations, parameter_sets)


def _scores(history: History, parameters: dict[str, Any]) -> FloatArray:
    return risk_adjusted(weighted_return(history, parameters), history, parameters)
