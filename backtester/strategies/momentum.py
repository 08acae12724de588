"""Momentum: hold what rose most.

    score_i = P_i[t - skip] / P_i[t - lookback] - 1        t the decision date
    hold the top_n by score; ties go to the earlier holding

Source: Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers"; the skipped month is the
"12-1" of Asness, Moskowitz and Pedersen (2013), measured back from the decision date, not from the skip.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.errors import Problem, RequestError, RunWarning
from backtester.model import FloatArray, WarmUp
from backtester.strategies.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.ranking import inverse_volatility_of, scale_to_one, top_ranked

HAS_SIGNAL = True
_SESSIONS_A_MONTH = 21
_LEAST_VOLATILITY_WINDOW = 20


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back lookback_period sessions or month-ends, and over the window of the volatility weights."""
    lookback, skip = parameters["lookback_period"], parameters["skip_period"]
    if skip >= lookback:
        problem = Problem(
            pointer="/parameters/skip_period", code="OUT_OF_RANGE", received=skip, has_received=True,
            detail=f"must be below lookback_period ({lookback}); both count back from the decision",
        )  # fmt: skip
        raise RequestError("VALIDATION_FAILED", "1 problem", problems=(problem,))
    window = _volatility_window(parameters) if parameters["weighting"] == "inverse_volatility" else 0
    if parameters["lookback_unit"] == "months":
        return WarmUp(months=lookback, sessions=window)
    return WarmUp(sessions=max(lookback, window))


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Rank by the return over the look-back, hold the top_n. allocations: (N,). Result: (R, N)."""
    unit = parameters["lookback_unit"]
    recent = history.close(parameters["skip_period"], unit=unit)
    past = history.close(parameters["lookback_period"], unit=unit)
    scores = recent / past - 1
    chosen = top_ranked(scores, parameters["top_n"])
    if parameters["positive_returns_only"]:
        chosen &= scores > 0
    basis = np.broadcast_to(allocations, scores.shape)
    if parameters["weighting"] == "equal":
        basis = np.ones_like(scores)
    elif parameters["weighting"] == "inverse_volatility":
        basis = inverse_volatility_of(history.returns(_volatility_window(parameters)), chosen)
    weights = scale_to_one(np.where(chosen, basis, 0.0))
    unknown = np.isnan(scores).any(axis=1) | np.isnan(weights).any(axis=1)
    weights[unknown] = np.nan
    return Decisions(weights=weights, scores=scores, warnings=_warnings(parameters, weights))


def _volatility_window(parameters: dict[str, Any]) -> int:
    scale = _SESSIONS_A_MONTH if parameters["lookback_unit"] == "months" else 1
    return int(max(parameters["lookback_period"] * scale, _LEAST_VOLATILITY_WINDOW))


def _warnings(parameters: dict[str, Any], weights: FloatArray) -> tuple[RunWarning, ...]:
    warnings = []
    top_n, count = parameters["top_n"], weights.shape[1]
    if top_n > count:
        detail = f"top_n is {top_n}, but there are {count} holdings; top_n {count} was used"
        warnings.append(RunWarning(code="TOP_N_EXCEEDS_HOLDINGS", detail=detail, pointer="/parameters/top_n"))
    empty = int((weights.sum(axis=1) == 0).sum())
    if empty:
        why = (
            "no holding qualified"
            if parameters["weighting"] != "allocation"
            else "no holding with an allocation qualified"
        )
        detail = f"at {empty} of {len(weights)} decisions {why}; the money stayed in cash"
        warnings.append(RunWarning(code="NO_HOLDING_CHOSEN", detail=detail))
    return tuple(warnings)
