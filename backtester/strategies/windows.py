"""Running means and deviations over a window that ends at each decision, in one pass over the prices.

Running sums serve every window at once: the work grows with the table, not with decisions × window. They are summed
in the order of time, so cutting off the future changes none of them, to the bit. A price table lies in column order,
so a few symbols at a time are contiguous and their sums stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backtester.model.records import FloatArray, IntArray

_SYMBOLS = 8  # at a time
_STILL = 1e-11  # of the mean square: below it a variance is the rounding of the running sums


def running_mean(close: FloatArray, rows: IntArray, window: int) -> FloatArray:
    """Return the (R, N) means of close[row - window + 1 : row + 1], (T, N); NaN where there are too few."""
    sessions, count = close.shape
    result = np.empty((count, rows.size))
    sums = np.zeros((min(_SYMBOLS, count), sessions + 1))
    for first, prices, begun in _blocks(close):
        room = sums[: len(prices)]
        np.cumsum(prices if not begun.any() else np.nan_to_num(prices), axis=1, out=room[:, 1:])
        result[first : first + len(prices)] = _differences(room, begun, rows, window)
    result /= window
    return result.T


def running_volatility(close: FloatArray, rows: IntArray, window: int) -> FloatArray:
    """Return the (R, N) standard deviations (ddof 1) of the `window` returns up to each row; NaN where too few."""
    sessions, count = close.shape
    total = np.empty((count, rows.size), dtype=complex)
    # a return and its square are summed as one complex number: each addition of a running sum waits for the one before,
    # so two sums take as long as one
    daily = np.zeros((min(_SYMBOLS, count), sessions), dtype=complex)
    sums = np.zeros((min(_SYMBOLS, count), sessions + 1), dtype=complex)
    for first, prices, begun in _blocks(close):
        room, change = sums[: len(prices)], daily[: len(prices), 1:]
        np.divide(prices[:, 1:], prices[:, :-1], out=change.real)
        change.real -= 1
        if begun.any():
            np.nan_to_num(change.real, copy=False)
        np.multiply(change.real, change.real, out=change.imag)
        np.cumsum(daily[: len(prices)], axis=1, out=room[:, 1:])
        total[first : first + len(prices)] = _differences(room, begun + 1, rows, window)
    total /= window
    variance = total.imag - total.real * total.real
    variance[variance <= _STILL * total.imag] = 0.0
    deviation: FloatArray = np.sqrt(variance * (window / (window - 1)))
    return deviation.T


def _blocks(close: FloatArray) -> Iterator[tuple[int, FloatArray, IntArray]]:
    """Yield a few symbols at a time: the number of the first, their (n, T) prices, and the rows (n,) they begin in."""
    for first in range(0, close.shape[1], _SYMBOLS):
        prices = np.ascontiguousarray(close[:, first : first + _SYMBOLS].T)
        begun = np.zeros(len(prices), dtype=np.intp)
        if np.isnan(prices[:, 0]).any():
            begun = np.isnan(prices).sum(axis=1)
        yield first, prices, begun


def _differences(sums: Any, begun: IntArray, rows: IntArray, window: int) -> Any:
    """Return the sums (n, R) over the `window` rows up to each; NaN where one reaches before row `begun` (n,).

    sums: (n, T + 1), running: the first is 0.
    """
    start = rows - window + 1
    total = np.take(sums, np.maximum(rows + 1, 0), axis=1) - np.take(sums, np.maximum(start, 0), axis=1)
    total[start < begun[:, None]] = np.nan
    return total
