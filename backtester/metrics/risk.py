"""Metrics of risk. P is the number of periods a year; a metric that is not defined is NaN."""

from __future__ import annotations

import math

import numpy as np

from backtester.model.records import FloatArray
from backtester.model.ties import tolerance_of

NAN = float("nan")
_MANY = 1000  # values; fewer are sorted as soon as they are parted


def mean(values: FloatArray) -> float:
    """Return what `values.mean()` returns of at least one, without the half of it that is not the sum."""
    return float(np.add.reduce(values) / values.size)


def deviation(values: FloatArray) -> float:
    """Return what `values.std(ddof=1)` returns of at least two, likewise."""
    centred = values - mean(values)
    return math.sqrt(np.add.reduce(centred * centred) / (values.size - 1))


def negligible(deviation: float, scale: float) -> bool:
    """Return whether a denominator is zero but for rounding, so that a ratio over it is meaningless."""
    return not deviation > 1e-12 + 1e-10 * abs(scale)


def periodic_rate(annual: float, periods: float) -> float:
    """(1 + rf)^(1/P) - 1: the risk-free rate of one period."""
    return float((1 + annual) ** (1 / periods) - 1)


def annual_volatility(returns: FloatArray, *, periods: float) -> float:
    """sd(r, ddof 1) · √P.

    NaN for fewer than two returns. ddof 1, as empyrical and quantstats; cvxportfolio uses 0.
    """
    return deviation(returns) * periods**0.5 if returns.size > 1 else NAN


def sharpe_ratio(returns: FloatArray, *, periods: float, risk_free: float) -> float:
    """mean(r - rf) / sd(r - rf, ddof 1) · √P, rf the risk-free rate of one period.

    As empyrical, quantstats, ffn and skfolio; backtesting.py uses geometric return over compounded volatility.
    """
    if returns.size < 2:
        return NAN
    spread = deviation(returns)
    excess = mean(returns) - risk_free
    return NAN if negligible(spread, excess) else excess / spread * periods**0.5


def sortino_ratio(returns: FloatArray, *, periods: float, risk_free: float) -> float:
    """mean(r - rf) / √mean(min(r - rf, 0)²) · √P, the mean over all sessions. As empyrical."""
    if returns.size < 2:
        return NAN
    excess = returns - risk_free
    downside = math.sqrt(mean(np.minimum(excess, 0.0) ** 2))
    average = mean(excess)
    return NAN if negligible(downside, average) else average / downside * periods**0.5


def ascending(values: FloatArray) -> FloatArray:
    """Return the values in ascending order, of many only as far as the functions here look at them.

    That is the lowest up to the 5th percentile, and what the 95th lies between.
    """
    if values.size < _MANY:
        return np.sort(values)
    low, high = (int(share * (values.size - 1)) for share in (0.05, 0.95))
    found = np.partition(values, (low + 1, high, high + 1))
    last = float(found[low + 1])
    if np.count_nonzero(found <= last + tolerance_of(last)) > low + 2:  # more are equal to the last of them
        return np.sort(values)
    found[: low + 2].sort()
    return found


def quantile(ordered: FloatArray, share: float) -> float:
    """Return the quantile of ascending values with linear interpolation (numpy's default); NaN when empty."""
    if not ordered.size:
        return NAN
    position = share * (ordered.size - 1)
    below = int(position)
    above = min(below + 1, ordered.size - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (position - below))


def value_at_risk(ordered: FloatArray) -> float:
    """Return the 5th percentile of r, from returns in ascending order. NaN for fewer than two."""
    return quantile(ordered, 0.05) if ordered.size > 1 else NAN


def conditional_value_at_risk(ordered: FloatArray) -> float:
    """Mean of r at or below the 5th percentile, what equals it but for rounding among them.

    As empyrical's cutoff 0.05; quantstats cuts at a parametric VaR.
    """
    if ordered.size < 2:
        return NAN
    low = value_at_risk(ordered)
    count = int(np.searchsorted(ordered, low + tolerance_of(low), side="right"))
    return mean(ordered[: max(count, 1)])


def tail_ratio(ordered: FloatArray) -> float:
    """abs(p95 / p5), from returns in ascending order. As empyrical and quantstats."""
    if ordered.size < 2:
        return NAN
    low = quantile(ordered, 0.05)
    return NAN if negligible(abs(low), 0.0) else abs(quantile(ordered, 0.95) / low)


def skew(returns: FloatArray) -> float:
    """√(n(n-1)) / (n-2) · m3 / m2^1.5, bias-corrected as scipy and pandas. NaN for fewer than three returns."""
    size = returns.size
    if size < 3:
        return NAN
    centred = returns - mean(returns)
    squares = centred * centred
    second, third = mean(squares), mean(squares * centred)
    if negligible(second**0.5, float(np.abs(returns).max())):
        return NAN
    return float((size * (size - 1)) ** 0.5 / (size - 2) * third / second**1.5)


def kurtosis(returns: FloatArray) -> float:
    """(n-1) / ((n-2)(n-3)) · ((n+1)·m4/m2² - 3(n-1)): excess, bias-corrected as scipy and pandas. NaN under four."""
    size = returns.size
    if size < 4:
        return NAN
    squares = (returns - mean(returns)) ** 2
    second, fourth = mean(squares), mean(squares * squares)
    if negligible(second**0.5, float(np.abs(returns).max())):
        return NAN
    return float((size - 1) / ((size - 2) * (size - 3)) * ((size + 1) * fourth / second**2 - 3 * (size - 1)))
