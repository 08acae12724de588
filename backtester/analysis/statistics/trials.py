"""What many return series have in common: how many differ, and their mean correlation, without an N x N matrix.

All of it is found from one pass over the series, one slice of them after the other. T sessions, N series.
"""

from __future__ import annotations

import functools

import numpy as np

from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.model.ties import TOLERANCE, tolerance_of

NAN = float("nan")
_PROJECTIONS = 3
_SLICE = 8  # series at a time: with 8,000 sessions half a megabyte, which stays in the processor's cache


def highest(values: FloatArray, indices: IntArray) -> int | None:
    """Return the place of the highest value (K,), of equals that with the lowest index; None where none has one."""
    known = np.where(np.isfinite(values), values, -np.inf)
    most = float(known.max()) if known.size else -np.inf
    if most == -np.inf:
        return None
    equal = np.flatnonzero(known >= most - tolerance_of(most))
    return int(equal[indices[equal].argmin()])


def sharpe_ratios(excess: FloatArray) -> FloatArray:
    """Return mean / sd (ddof 1) per session (N,) of excess returns (T, N); NaN as in `metrics.risk.sharpe_ratio`."""
    size, count = excess.shape
    found = np.full(count, NAN)
    if size < 2:
        return found
    for start in range(0, count, _SLICE):
        some = excess[:, start : start + _SLICE]
        mean, deviation = some.mean(axis=0), some.std(axis=0, ddof=1)
        np.divide(mean, deviation, out=found[start : start + _SLICE], where=varies(deviation, mean))
    return found


def varies(deviation: FloatArray, mean: FloatArray) -> BoolArray:
    """Return where a deviation is not zero but for rounding: not `metrics.risk.negligible`, of arrays."""
    found: BoolArray = deviation > 1e-12 + 1e-10 * np.abs(mean)
    return found


def fingerprints(returns: FloatArray) -> FloatArray:
    """Return three projections (N, 3) of each series (T, N); those of equal series agree to 1e-12.

    The weights depend on T alone, so that slices of a sweep compare, on any machine. NaN for a series with a NaN.
    """
    size = len(returns)
    found: FloatArray = (_projections(size) @ returns).T / max(size, 1) ** 0.5
    return found


@functools.lru_cache(maxsize=1)
def _projections(size: int) -> FloatArray:
    """Return weights (3, T) that no returns follow. Random ones would not either, and take 15 ms to import."""
    weights: FloatArray = np.sin(np.arange(1.0, _PROJECTIONS * size + 1) ** 2).reshape(_PROJECTIONS, size)
    return weights


def first_equal(marks: FloatArray) -> IntArray:
    """Return the first series equal to each (N,), by their fingerprints (N, 3): itself where it is; -1 for NaN."""
    first = np.full(len(marks), -1)
    usable = np.flatnonzero(np.isfinite(marks).all(axis=1))
    order = usable[np.argsort(marks[usable, 0], kind="stable")]
    near = np.diff(marks[order, 0], prepend=-np.inf, append=np.inf) <= TOLERANCE  # to the one before; last, to none
    crowded = np.flatnonzero(near[:-1] | near[1:])
    first[order] = order
    for group in np.split(order[crowded], np.flatnonzero(~near[crowded[1:]]) + 1):
        rest = np.sort(group)
        while rest.size:
            equal = (np.abs(marks[rest] - marks[rest[0]]) <= TOLERANCE).all(axis=1)
            first[rest[equal]] = rest[0]
            rest = rest[~equal]
    return first


def unit_sum(returns: FloatArray) -> FloatArray:
    """Σ (r - mean) / √Σ (r - mean)² over the series: (T,), for `mean_correlation`; slices of a sweep add up.

    returns: (T, N) of series that vary, without NaN. A series that an earlier slice has too counts again: subtract it.
    """
    total = np.zeros(len(returns))
    for start in range(0, returns.shape[1], _SLICE):
        centred = returns[:, start : start + _SLICE] - returns[:, start : start + _SLICE].mean(axis=0)
        total += centred @ (1 / np.sqrt(np.vecdot(centred.T, centred.T)))
    return total


def mean_correlation(total: FloatArray, count: int) -> float:
    """(|Σ z|² - N) / (N (N - 1)), z the unit vectors: the mean of the N x N correlations off the diagonal.

    total: Σ z (T,) of all `count` series. NaN for fewer than two.
    """
    return float((total @ total - count) / (count * (count - 1))) if count > 1 else NAN
