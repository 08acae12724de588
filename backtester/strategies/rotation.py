"""Rotation: hold the few sectors that lead, or those that lag, by one of three models.

    momentum_based        score_i = P_i[t - skip] / P_i[t - L] - 1            t the decision date, L the look-back
    mean_reversion        score_i = -(P_i[t - skip] / P_i[t - L] - 1)         the holding that fell most leads
    relative_strength     score_i = R_i[t - skip] / mean(R_i[t - L + 1 .. t - skip]) - 1
                          R_i = P_i / U, the relative line (Mansfield)
                          U[s] = U[s - 1] · mean_j(P_j[s] / P_j[s - 1])       the equal-weighted index of the holdings
    hold the number_of_sectors with the highest scores; ties go to the earlier holding

A step s is a session, or a month-end with `lookback_unit` months. U is restored to equal weights at every step, so
neither its level nor that of any price matters. With several `lookbacks` the score is their weighted mean; a
risk-adjusted score divides it by the standard deviation of the holding's daily returns. Where holdings begin inside
the period, U is of those whose history reaches back over the look-back.

Source: Moskowitz and Grinblatt (1999), "Do Industries Explain Momentum?", Journal of Finance 54; mean reversion: De
Bondt and Thaler (1985), "Does the Stock Market Overreact?", Journal of Finance 40; the relative line over its average:
Weinstein (1988), "Secrets for Profiting in Bull and Bear Markets", after Mansfield.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.errors import invalid_parameter
from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.indicators import distance
from backtester.strategies.weights.ranking import (
    choice_warnings,
    lookbacks_of,
    rankable,
    ranking_warm_up,
    risk_adjusted,
    scale_to_one,
    top_ranked,
    unknown_rows,
    weigh,
    weighted_return,
)

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the longest look-back, and over the window of the volatility where it is used.

    RequestError where the relative line would be compared with an average of itself alone.
    """
    least, skip = min(period for period, _ in lookbacks_of(parameters)), parameters["skip_period"]
    if parameters["rotation_model"] == "relative_strength" and least - skip < 2 and skip < least:
        detail = f"skip_period must leave at least 2 of every look-back ({least}) for the average of the relative line."
        raise invalid_parameter("/parameters/skip_period", skip, detail)
    return ranking_warm_up(parameters)


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Rank by the model's score, hold the number_of_sectors. allocations: (N,). Result: (R, N)."""
    if parameters["rotation_model"] == "relative_strength":
        seen = {"relative_strength": _weighted_relative_strength(history, parameters)}
        lead = seen["relative_strength"]
    else:
        seen = {"lookback_return": weighted_return(history, parameters)}
        lead = seen["lookback_return"]
        if parameters["rotation_model"] == "mean_reversion":
            lead = 0.0 - lead
    scores = risk_adjusted(lead, history, parameters)
    known = rankable(history, scores, parameters)
    chosen = top_ranked(scores, parameters["number_of_sectors"], known)
    weights = unknown_rows(weigh(chosen, history, allocations, parameters), known)
    warnings = choice_warnings(parameters, weights, count_key="number_of_sectors")
    return Decisions(weights=weights, scores=scores, seen=seen, warnings=warnings)


def _weighted_relative_strength(history: History, parameters: dict[str, Any]) -> FloatArray:
    """Σ w_k · score over look-back k (R, N)."""
    skip, unit = parameters["skip_period"], parameters["lookback_unit"]
    score = np.zeros(history.shape)
    for period, weight in lookbacks_of(parameters):
        score += weight * _relative_strength(history, period, skip, unit)
    return score


def _relative_strength(history: History, period: int, skip: int, unit: str) -> FloatArray:
    """Return the relative line over its average over the look-back, - 1 (R, N).

    The line is followed back from t - skip, where U is set to 1: the ratio does not depend on it.
    """
    now = history.close(skip, unit=unit)
    known = history.known(now, history.close(period, unit=unit))
    some = known.any(axis=1, keepdims=True)
    members = scale_to_one(np.where(known | ~some, 1.0, 0.0))  # (R, N) of the index
    index = np.ones((now.shape[0], 1))
    gaps = ~known & some
    total, later = now.copy(), now.copy()
    for ago in range(skip + 1, period):
        close = history.close(ago, unit=unit)
        later /= close
        if gaps.any():
            later[gaps] = 0.0
        index /= np.einsum("rn,rn->r", later, members)[:, None]
        total += close / index
        later = close
    score = distance(now, total / (period - skip))
    score[~known] = np.nan
    return score
