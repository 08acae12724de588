"""Metrics against a benchmark: r the portfolio's returns, b the benchmark's, of the same sessions."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import NO_MOVE
from backtester.metrics.risk import negligible
from backtester.model.records import FloatArray

NAN = float("nan")


def beta(returns: FloatArray, benchmark: FloatArray) -> float:
    """cov(r, b) / var(b): the slope of ordinary least squares of excess on excess return."""
    if returns.size < 2:
        return NAN
    centred = benchmark - benchmark.mean()
    variance = float(np.mean(centred * centred))
    if negligible(variance**0.5, float(np.abs(benchmark).max())):
        return NAN
    return float(np.mean((returns - returns.mean()) * centred)) / variance


def alpha(returns: FloatArray, benchmark: FloatArray, *, periods: float, risk_free: float) -> float:
    """(mean(r - rf) - beta · mean(b - rf)) · P: the intercept of the regression, a year. empyrical compounds it."""
    slope = beta(returns, benchmark)
    return (float(returns.mean()) - risk_free - slope * (float(benchmark.mean()) - risk_free)) * periods


def tracking_error(returns: FloatArray, benchmark: FloatArray, *, periods: float) -> float:
    """sd(r - b, ddof 1) · √P."""
    return float((returns - benchmark).std(ddof=1) * periods**0.5) if returns.size > 1 else NAN


def information_ratio(returns: FloatArray, benchmark: FloatArray, *, periods: float) -> float:
    """mean(r - b) · P / tracking error."""
    if returns.size < 2:
        return NAN
    active = returns - benchmark
    deviation = float(active.std(ddof=1))
    mean = float(active.mean())
    return NAN if negligible(deviation, mean) else mean * periods**0.5 / deviation


def capture(monthly: FloatArray, benchmark: FloatArray, *, up: bool) -> float:
    """Ratio of the geometric mean monthly returns over the benchmark's up (down) months.

    (Π(1 + r))^(1/n) - 1 over the same of b, over the n months with b > 0 (b < 0). NaN without such a month.
    """
    chosen = benchmark > NO_MOVE if up else benchmark < -NO_MOVE
    if not chosen.any():
        return NAN
    return _geometric_mean(monthly[chosen]) / _geometric_mean(benchmark[chosen])


def _geometric_mean(returns: FloatArray) -> float:
    growth = np.maximum(1 + returns, 0.0)
    return float(np.prod(growth) ** (1 / returns.size) - 1)
