"""What is put together from the values of a window, for the window that ends at each session.

A window is put together from spans of 1, 2, 4, 8, ... values, each joined of two of half its length. So it depends on
nothing outside the window, to the bit, and takes the logarithm of its length in steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backtester.model.records import BoolArray, FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

    TruthArray: TypeAlias = npt.NDArray[np.int8]

Parts: TypeAlias = tuple[Any, ...]  # arrays of one size
Join: TypeAlias = Callable[[Parts, Parts, int], Parts]  # of an earlier span, of the one after it, and its length


def joined(parts: Parts, window: int, join: Join) -> Parts:
    """Return for each window of (T,) parts what `join` makes of its values, (T - window + 1,); needs window <= T."""
    found: Parts = ()
    covered, length = 0, 1  # found[s]: of the `covered` values from s on; parts[s]: of `length`
    while True:
        if window & length:
            found = _both(found, parts, covered, length, join) if found else parts
            covered += length
        if covered == window:
            return found
        parts, length = _both(parts, parts, length, length, join), 2 * length


def _both(earlier: Parts, later: Parts, gap: int, length: int, join: Join) -> Parts:
    size = later[0].size - gap
    return join(tuple(part[:size] for part in earlier), tuple(part[gap:] for part in later), length)


def sums(values: FloatArray, window: int) -> FloatArray:
    """Return the sum (T,) of each window; NaN before the first whole one."""
    if window > values.size:
        return _padded(None, values)
    return _padded(joined((values,), window, lambda a, b, _: (a[0] + b[0],))[0], values)


def decayed_sums(values: FloatArray, window: int, factor: float) -> FloatArray:
    """Return Σ factor^j · values[t - j] (T,) over each window; NaN before the first whole one."""
    if window > values.size:
        return _padded(None, values)
    return _padded(joined((values,), window, lambda a, b, length: (a[0] * factor**length + b[0],))[0], values)


def least(values: TruthArray, window: int, *, before: int) -> TruthArray:
    """Return the least (T,) of each window of small whole numbers. before: what stands before the first of them."""
    padded = np.concatenate([np.full(window - 1, before, dtype=np.int8), values])
    found: TruthArray = joined((padded,), window, lambda a, b, _: (np.minimum(a[0], b[0]),))[0]
    return found


def deviations(values: FloatArray, window: int, counted: BoolArray | None = None) -> FloatArray:
    """Return the standard deviation (T,), ddof 1, of each window; NaN before the first whole one, and of under two.

    counted: (T,) the values that count; None: all.
    """
    if window > values.size:
        return _padded(None, values)
    count = np.ones(values.size) if counted is None else counted.astype(np.float64)
    first = values if counted is None else np.where(counted, values, 0.0)
    total, _, apart = joined((count, first, np.zeros(values.size)), window, _moments)
    return _padded(np.sqrt(np.divide(apart, total - 1, out=np.full(total.size, np.nan), where=total > 1)), values)


def _moments(a: Parts, b: Parts, _: int) -> Parts:
    """Join the counts, means and squared deviations of two spans (Chan, Golub and LeVeque 1979)."""
    count = a[0] + b[0]
    share = np.divide(b[0], count, out=np.zeros(count.size), where=count > 0)
    apart = b[1] - a[1]
    return count, a[1] + apart * share, a[2] + b[2] + apart * apart * a[0] * share


def falls(values: FloatArray, window: int) -> FloatArray:
    """Return the largest fall (T,) from a running maximum inside each window, >= 0; NaN before the first whole one."""
    if window > values.size:
        return _padded(None, values)
    return _padded(joined((values, values, np.zeros(values.size)), window, _fallen)[2], values)


def _fallen(a: Parts, b: Parts, _: int) -> Parts:
    """Join the highest value, the lowest and the largest fall of two spans."""
    return np.maximum(a[0], b[0]), np.minimum(a[1], b[1]), np.maximum(np.maximum(a[2], b[2]), 1 - b[1] / a[0])


def counts_at_most(values: FloatArray, limits: FloatArray, window: int) -> FloatArray:
    """Return how many values of each window are at most limits[t] (T,); NaN before the first whole one.

    A wavelet matrix (Claude, Navarro and Ordóñez 2015): each bit of the ranks takes one step over all windows.
    """
    if window > values.size:
        return _padded(None, values)
    end = np.arange(window, values.size + 1)
    begin = end - window
    ordered = np.sort(values)
    rank = np.searchsorted(ordered, values)  # of equal values the first's
    limit = np.searchsorted(ordered, limits[window - 1 :], side="right")  # ranks below this one count
    found = np.where(limit >= values.size, end - begin, 0)
    open_ = limit < values.size
    for bit in range(int(values.size).bit_length() - 1, -1, -1):
        ones = (rank >> bit) & 1
        zeros = np.concatenate([[0], np.cumsum(1 - ones)])
        is_one = ((limit >> bit) & 1).astype(bool)
        first, last = zeros[begin], zeros[end]
        found += np.where(open_ & is_one, last - first, 0)
        begin = np.where(is_one, zeros[-1] + begin - first, first)
        end = np.where(is_one, zeros[-1] + end - last, last)
        rank = np.concatenate([rank[ones == 0], rank[ones == 1]])
    return _padded(found.astype(np.float64), values)


def _padded(found: FloatArray | None, values: FloatArray) -> FloatArray:
    """Return the results (T,) with NaN for the windows that begin before the first value; None: all do."""
    if found is None:
        return np.full(values.size, np.nan)
    return np.concatenate([np.full(values.size - found.size, np.nan), found])
