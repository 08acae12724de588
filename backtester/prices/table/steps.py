"""What a step of a price says: a split of small numbers, a dividend, or rounding."""

from __future__ import annotations

import math

import numpy as np

from backtester.model.records import FloatArray

LEAST_SPLIT = 1.2  # a smaller step that no split explains is a dividend
SAME_SPLIT = 0.005  # relative
NEAREST_TOLD = 5  # sessions on either side of a split's own on which it may be told
_ROUNDING = 2e-6  # of a step: prices are in single precision, or have six digits
_NOISE = 1.5  # times the largest fall of a ratio, which only rounding makes fall: more is an event
_WINDOW = 64  # sessions over which the rounding is measured
_FEW = 5  # falls of the ratio: too few to measure
_NEARBY = 20  # sessions on either side that say what a usual move is
_PLAIN_RATIOS = tuple(n / m for m in range(1, 6) for n in range(m + 1, 11 if m > 1 else 201) if math.gcd(n, m) == 1)


def undoes(close: FloatArray, row: int, split: float, *, within: float) -> bool:
    """Return whether a split undoes the step of a close (T,) on a row, but for a part of it that is below `within`.

    The step must be far outside the symbol's usual moves: a share may fall by a twentieth on the day of a small split.
    """
    move = math.log(close[row] / close[row - 1])
    if not abs(move + math.log(split)) < within * abs(move):
        return False
    near = np.log(close[max(row - _NEARBY, 0) : row + _NEARBY + 1])
    moves = np.abs(np.delete(np.diff(near), min(row - 1, _NEARBY - 1)))
    usual = float(np.median(moves)) if moves.size else 0.0
    return abs(move) > 4 * usual


def rounding(step: FloatArray) -> FloatArray:
    """Return by how much each step (T,) may differ from 1 for the rounding of the prices.

    A dividend makes the ratio of adjusted close to close rise, rounding makes it fall as often: its falls measure it,
    those up to the step, so that later prices change no earlier event. The first sessions, before which there is
    nothing to measure by, share theirs.
    """
    noise = np.full(step.size, _ROUNDING)
    fall = 1 - step
    fall = np.where((fall > _ROUNDING) & (fall < 1 - 1 / LEAST_SPLIT), fall, 0.0)
    if np.count_nonzero(fall) >= _FEW:
        windows = np.lib.stride_tricks.sliding_window_view(fall, min(_WINDOW, fall.size))
        is_measured = np.count_nonzero(windows, axis=1) >= _FEW
        measured = np.where(is_measured, _NOISE * windows.max(axis=1), _ROUNDING)
        noise[-measured.size :] = measured
        noise[: -measured.size] = measured[0]
    return noise


def plain_ratio(step: float) -> float:
    """Return the split n / m of a step that is one within half a per cent and at least 1.2; 1: it is none."""
    up = step if step >= 1 else 1 / step if step > 0 else 1.0
    if up < LEAST_SPLIT * (1 - SAME_SPLIT) or not math.isfinite(up):
        return 1.0
    nearest = min(_PLAIN_RATIOS, key=lambda ratio: abs(ratio / up - 1))
    if abs(nearest / up - 1) > SAME_SPLIT:
        return 1.0
    return nearest if step >= 1 else 1 / nearest


def ratio_text(split: float) -> str:
    """Return a split as a caller reads it: 2 for 1."""
    return f"{split:.6g} for 1" if split >= 1 else f"1 for {1 / split:.6g}"
