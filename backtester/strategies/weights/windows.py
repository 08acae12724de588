"""Means and deviations over a window that ends at each decision, for all decisions at once.

A sum over a window is put together from sums over 1, 2, 4, 8, ... consecutive rows, each from two of half its length.
So it depends on nothing outside the window, to the bit, however large a price there may be, and its rounding error
grows with the logarithm of the window. A price table lies in column order, so a few symbols at a time are contiguous
and their sums stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.model.ties import TOLERANCE

_VALUES = 1 << 16  # at a time: a few symbols
_CANCELLED = 1e-4  # of the mean square: a smaller variance is computed again, from the deviations themselves


def running_mean(close: FloatArray, rows: IntArray, window: int) -> FloatArray:
    """Return the (R, N) means of close[row - window + 1 : row + 1], (T, N); NaN where there are too few."""
    result = np.empty((close.shape[1], rows.size))
    for few, prices in _blocks(close):
        result[few] = _window_sums(prices, rows, window)
    result /= window
    return result.T


def running_volatility(close: FloatArray, rows: IntArray, window: int, own: BoolArray | None = None) -> FloatArray:
    """Return the (R, N) standard deviations (ddof 1) of the returns of the `window` sessions up to each row.

    NaN where there are too few. own: (T, N) whether a close is the session's own; a carried one makes no return, so
    the deviation is of the others in the window; None: all are own.
    """
    variance = np.empty((close.shape[1], rows.size))
    for few, prices in _blocks(close):
        returns = np.full(prices.shape, np.nan)
        np.divide(prices[:, 1:], prices[:, :-1], out=returns[:, 1:])
        returns -= 1
        count = np.full(1, window) if own is None else _counts(own[:, few].T, rows, window)
        count = np.where(count > 1, count, np.nan)
        mean = _window_sums(returns, rows, window) / count
        square = _window_sums(returns * returns, rows, window) / count
        found = square - mean * mean
        unsure = found < _CANCELLED * square
        for symbol in np.flatnonzero(unsure.any(axis=1)):
            at = np.flatnonzero(unsure[symbol])
            counted = None if own is None else own[:, few][:, symbol]
            found[symbol, at] = variances(returns[symbol], rows[at], window, counted)
        variance[few] = found * (count / (count - 1))
    deviation: FloatArray = np.sqrt(variance)
    deviation[deviation <= TOLERANCE] = 0.0  # all returns are equal
    return deviation.T


def variances(values: FloatArray, rows: IntArray, window: int, counted: BoolArray | None = None) -> FloatArray:
    """Return Σ (v - mean)² / n (R,) of the `window` values (T,) up to each row; counted: (T,) the n that count.

    NaN where there are too few. It reads every window from one end to the other.
    """
    result = np.full(rows.size, np.nan)
    step = max(_VALUES // window, 1)
    for first in range(int(np.searchsorted(rows, window - 1)), rows.size, step):
        at = rows[first : first + step, None] - np.arange(window - 1, -1, -1)
        inside = values[at]
        if counted is None:
            result[first : first + step] = inside.var(axis=1)
            continue
        weight = counted[at].astype(np.float64)
        inside = np.where(weight > 0, inside, 0.0)
        count = np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
        apart = (inside - inside.sum(axis=1, keepdims=True) / count) * weight
        result[first : first + step] = (apart * apart).sum(axis=1) / count[:, 0]
    return result


def deviations(returns: FloatArray) -> FloatArray:
    """Return the standard deviation (R,), ddof 1, of each row of returns (R, W), without its NaN; NaN for under two."""
    if not np.isnan(returns).any():
        deviation = returns.std(axis=1, ddof=1)
    else:
        deviation = np.array([row[~np.isnan(row)].std(ddof=1) if (row == row).sum() > 1 else np.nan for row in returns])
    deviation[deviation <= TOLERANCE] = 0.0  # all returns are equal
    found: FloatArray = deviation
    return found


def _blocks(close: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield the columns and the (n, T) prices of a few symbols at a time."""
    step = max(_VALUES // max(len(close), 1), 1)
    for first in range(0, close.shape[1], step):
        few = slice(first, min(first + step, close.shape[1]))
        yield few, np.ascontiguousarray(close[:, few].T)


def _window_sums(values: FloatArray, rows: IntArray, window: int) -> FloatArray:
    """Return the sums (n, R) of values (n, T) over the `window` rows up to each; NaN where one begins before row 0."""
    total = np.full((len(values), rows.size), np.nan)
    first = int(np.searchsorted(rows, window - 1))  # the windows before it begin before the first row
    start = rows[first:] - window + 1
    if not start.size:
        return total
    every = start[-1] - start[0] == start.size - 1  # a slice is read in half the time of a gathering
    found = total[:, first:]
    found[:] = 0.0
    sums, length = values, 1  # sums[:, i]: over rows i to i + length - 1
    while True:
        if window & length:
            found += sums[:, start[0] : start[-1] + 1] if every else sums.take(start, axis=1)
            start = start + length
        if 2 * length > window:
            return total
        sums, length = sums[:, :-length] + sums[:, length:], 2 * length


def _counts(own: BoolArray, rows: IntArray, window: int) -> FloatArray:
    """Return how many of the `window` rows up to each are own (n, R); own: (n, T)."""
    until = np.zeros((len(own), own.shape[1] + 1))
    np.cumsum(own, axis=1, out=until[:, 1:])  # whole numbers: exact
    counts: FloatArray = until[:, np.maximum(rows + 1, 0)] - until[:, np.maximum(rows - window + 1, 0)]
    return counts
