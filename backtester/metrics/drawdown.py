"""The depth and the duration of drawdowns."""

from __future__ import annotations

import math

import numpy as np

from backtester.metrics.risk import mean
from backtester.model.records import DateArray, FloatArray

NAN = float("nan")
_AT_PEAK = -1e-12  # the rounding error between equal values


def drawdowns(equity: FloatArray, initial: float) -> FloatArray:
    """V / running max(V, initial) - 1 (P,), at most 0: the first peak is the initial capital."""
    peak = np.maximum(np.maximum.accumulate(equity), initial)
    result: FloatArray = equity / peak - 1
    return result


def max_drawdown(drawdown: FloatArray) -> float:
    """Min drawdown, at most 0."""
    return float(drawdown.min())


def max_drawdown_days(drawdown: FloatArray, sessions: DateArray) -> float:
    """Calendar days of the deepest drawdown, from its peak to its recovery, or to the end; 0 without one."""
    deepest = int(drawdown.argmin())
    if drawdown[deepest] >= _AT_PEAK:
        return 0.0
    at_peak = np.flatnonzero(drawdown[:deepest] >= _AT_PEAK)
    peak = int(at_peak[-1]) if at_peak.size else 0
    recovered = np.flatnonzero(drawdown[deepest:] >= _AT_PEAK)
    end = deepest + int(recovered[0]) if recovered.size else drawdown.size - 1
    return float((sessions[end] - sessions[peak]).astype(int))


def calmar_ratio(annual_growth: float, deepest: float) -> float:
    """Return cagr / abs(max_drawdown); NaN without a drawdown or without a cagr."""
    return annual_growth / abs(deepest) if deepest < _AT_PEAK else NAN


def ulcer_index(drawdown: FloatArray) -> float:
    """√mean(drawdown²), a fraction. Martin and McCann (1989); quantstats divides by n - 1."""
    return math.sqrt(mean(drawdown * drawdown))
