"""The indicators, for every session at once, of one symbol's closes or of the growth of a composite.

Each uses the closes of its own window alone, to the bit; a recursive one begins WARM_UP times its window before the
session, or at the first close that there is. n is the window, P a close, r a simple return.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backtester.model.records import BoolArray, FloatArray
from backtester.model.rule_tree import WARM_UP
from backtester.model.ties import TOLERANCE
from backtester.strategies.rules.sliding import counts_at_most, decayed_sums, deviations, falls, sums
from backtester.strategies.rules.tree import Window


def indicator(name: str, close: FloatArray, window: Window, own: BoolArray | None = None) -> FloatArray:
    """Return an indicator (T,) of the closes (T,); NaN where there are too few.

    close: NaN where there is none; an indicator reaches over no such session. own: (T,) whether a close is the
    session's own, not carried: a carried one makes no return of a volatility or of an average return.
    """
    found = np.full(close.size, np.nan)
    for begin, end in _spans(~np.isnan(close)):
        mask = None if own is None or own[begin:end].all() else own[begin:end]
        found[begin:end] = _FUNCTIONS[name](close[begin:end], window, mask)
    return found


def _spans(known: BoolArray) -> list[tuple[int, int]]:
    """Return the beginning and end of each run of known sessions."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _returns(close: FloatArray) -> FloatArray:
    """Return r (T - 1,)."""
    returns: FloatArray = close[1:] / close[:-1]
    returns -= 1
    return returns


def _price(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return P_t."""
    return close


def _return(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return P_t / P_{t-n} - 1."""
    found = np.full(close.size, np.nan)
    np.divide(close[n:], close[:-n], out=found[n:])
    found -= 1
    return found


def _average(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the mean of n closes."""
    return sums(close, n) / n


def _average_return(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the mean of n r."""
    returns = _returns(close)
    if own is None:
        return _after_first(sums(returns, n) / n)
    total, count = sums(np.where(own[1:], returns, 0.0), n), sums(own[1:].astype(np.float64), n)
    return _after_first(np.divide(total, count, out=np.full(count.size, np.nan), where=count > 0))


def _volatility(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the standard deviation of n r, ddof 1, per session; exactly 0 where they are all equal."""
    deviation = _after_first(deviations(_returns(close), n, None if own is None else own[1:]))
    deviation[deviation <= TOLERANCE] = 0.0
    return deviation


def _deviation_of_price(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the standard deviation of n closes, ddof 1; exactly 0 where they are all equal."""
    deviation = deviations(close, n)
    deviation[deviation <= TOLERANCE * close] = 0.0
    return deviation


def _fall_from_high(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the largest fall from a running maximum within n closes, as a positive fraction."""
    return falls(close, n)


def _z_score(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return (P_t - average) / deviation_of_price, 0 where the price stood still."""
    deviation = _deviation_of_price(close, n, own)
    score = np.divide(
        close - _average(close, n, own), deviation, out=np.zeros(close.size), where=deviation != 0
    )  # fmt: skip
    score[np.isnan(deviation)] = np.nan
    return score


def _percentile_rank(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return the share of the last n closes at or below P_t; those that equal it but for rounding are."""
    return counts_at_most(close, close * (1 + TOLERANCE), n) / n


def _exponential_average(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return alpha · P_t + (1 - alpha) · the one before, alpha = 2 / (n + 1), begun with the mean of n closes."""
    return _smoothed(close, n, 2 / (n + 1))


def _rsi(close: FloatArray, n: int, own: BoolArray | None) -> FloatArray:
    """Return 100 U / (U + D), of ups and downs smoothed with 1 / n; 50 where both are 0 (Wilder 1978)."""
    change = np.diff(close)
    up, down = (_smoothed(np.maximum(sign * change, 0.0), n, 1 / n) for sign in (1, -1))
    both = up + down
    strength = np.divide(100 * up, both, out=np.full(both.size, 50.0), where=both != 0)
    strength[np.isnan(both)] = np.nan
    return _after_first(strength)


def _macd(close: FloatArray, windows: tuple[int, int], own: BoolArray | None) -> FloatArray:
    """Return exponential_average(fast) - exponential_average(slow), exactly 0 where they are equal but for rounding."""
    fast, slow = (_smoothed(close, n, 2 / (n + 1)) for n in windows)
    apart: FloatArray = fast - slow
    apart[np.abs(apart) <= TOLERANCE * np.maximum(np.abs(fast), np.abs(slow))] = 0.0
    return apart


def _smoothed(values: FloatArray, n: int, alpha: float) -> FloatArray:
    """Return alpha · x_t + (1 - alpha) · the one before (T,), begun with the mean of the first n.

    The first n of the last WARM_UP · n values, or of all where there are fewer. alpha: in (0, 1].
    """
    steps = (WARM_UP - 1) * n  # after the mean
    mean = sums(values, n) / n
    # while there are fewer values: the mean of the first n stands in the place of the n-th, and nothing before it
    before = min(steps, values.size)
    begun = np.concatenate([np.zeros(before), alpha * values])
    begun[before : before + n] = 0.0
    if values.size >= n:
        begun[before + n - 1] = mean[n - 1]
    found = decayed_sums(begun, before + 1, 1 - alpha)[before:]
    found[: n - 1] = np.nan
    if values.size >= steps + n:
        late = alpha * decayed_sums(values, steps, 1 - alpha)[steps + n - 1 :]
        found[steps + n - 1 :] = late + (1 - alpha) ** steps * mean[n - 1 : values.size - steps]
    return found


def _after_first(values: FloatArray) -> FloatArray:
    """Return the values (T,) that each session has of the step to it; the first has none."""
    return np.concatenate([[np.nan], values])


_FUNCTIONS: dict[str, Callable[..., FloatArray]] = {
    "price": _price, "return": _return, "average": _average, "exponential_average": _exponential_average,
    "average_return": _average_return, "volatility": _volatility, "deviation_of_price": _deviation_of_price,
    "fall_from_high": _fall_from_high, "rsi": _rsi, "z_score": _z_score, "percentile_rank": _percentile_rank,
    "macd": _macd,
}  # fmt: skip
