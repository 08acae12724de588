"""Relative strength: hold the holdings that rose most against a benchmark.

    score_i = (1 + r_i) / (1 + r_b) - 1      r = P[t - skip] / P[t - lookback] - 1, t the decision date
    score_i = r_i                            without a benchmark
    hold the top_n by score; ties go to the earlier holding

With several `lookbacks` the score is the weighted mean of the scores over each; a risk-adjusted score divides it by
the standard deviation of the holding's daily returns. The benchmark changes no rank over a single look-back: it
decides which holdings pass `positive_returns_only`: those that beat it (without one: those that rose).

Source: Levy (1967), "Relative Strength as a Criterion for Investment Selection", Journal of Finance 22.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.ranking import (
    choice_warnings,
    lookback_return,
    lookbacks_of,
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
    """Rank by the return against the benchmark's, hold the top_n. allocations: (N,). Result: (R, N)."""
    seen = {"lookback_return": weighted_return(history, parameters)}
    strength = seen["lookback_return"]
    if parameters["benchmark_symbol"] is not None:
        benchmark = history.of(parameters["benchmark_symbol"])
        seen["benchmark_return"] = weighted_return(benchmark, parameters)[:, 0]
        strength = seen["relative_return"] = _relative_return(history, benchmark, parameters)
    scores = risk_adjusted(strength, history, parameters)
    weights = top_weights(scores, history, allocations, parameters)
    warnings = choice_warnings(parameters, weights, count_key="top_n")
    return Decisions(weights=weights, scores=scores, seen=seen, warnings=warnings)


def decide_each(
    history: History, allocations: FloatArray, parameter_sets: list[dict[str, Any]]
) -> list[FloatArray]:  # fmt: skip
    """Return the weights (R, N) of each set of parameters, of one ranking where only top_n differs."""
    return top_weights_of_each(_scores, history, allocations, parameter_sets)


def _scores(history: History, parameters: dict[str, Any]) -> FloatArray:
    symbol = parameters["benchmark_symbol"]
    strength = (
        weighted_return(history, parameters)
        if symbol is None
        else _relative_return(history, history.of(symbol), parameters)
    )
    return risk_adjusted(strength, history, parameters)


def _relative_return(history: History, benchmark: History, parameters: dict[str, Any]) -> FloatArray:
    """Σ w_k ((1 + r_ik) / (1 + r_bk) - 1) over the look-backs k (R, N)."""
    strength = np.zeros(history.shape)
    for period, weight in lookbacks_of(parameters):
        growth = 1 + lookback_return(history, period, parameters)
        growth /= 1 + lookback_return(benchmark, period, parameters)
        strength += weight * (growth - 1)
    return strength
