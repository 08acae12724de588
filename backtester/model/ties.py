"""Equality of computed numbers, and ranks: rounding never decides.

Two returns or scores are equal when they differ by at most 1e-12 · max(1, abs(a), abs(b)), zero included; two prices
or averages of prices when they differ by at most 1e-12 · max(abs(a), abs(b)). Every comparison of a strategy is one of
these functions.
"""

from __future__ import annotations

import numpy as np

from backtester.model.records import BoolArray, FloatArray

TOLERANCE = 1e-12
_FEW = 16  # the highest score of a row is found at least so many times as fast as a row is partitioned
_GREATEST = 1e300  # a larger size is infinite, and differs from every other


def equal(value: FloatArray, other: FloatArray | float) -> BoolArray:
    """Mark where two returns or scores are equal; False where either is NaN."""
    with np.errstate(invalid="ignore"):  # infinity less infinity
        near = np.abs(value - other) <= _margin(np.maximum(np.abs(value), np.abs(other)))
    same: BoolArray = near | (value == other)
    return same


def above(value: FloatArray, other: FloatArray | float) -> BoolArray:
    """Mark where a return or score is greater than another and not equal to it; False where either is NaN."""
    larger: BoolArray = value > other + _margin(other)
    return larger


def at_most(value: FloatArray, other: FloatArray | float) -> BoolArray:
    """Mark where a return or score is less than another or equal to it; False where either is NaN."""
    less: BoolArray = value <= other + _margin(other)
    return less


def tolerance_of(value: float) -> float:
    """Return by how much a return or score of this size may differ from another and be equal to it."""
    return TOLERANCE * max(1.0, abs(value))


def _margin(value: FloatArray | float) -> FloatArray:
    """Return by how much returns or scores of this size may differ and be equal.

    What is so near has the same size but for 1e-12 of it, so that either of the two may give it.
    """
    margin: FloatArray = TOLERANCE * np.minimum(np.maximum(np.abs(value), 1.0), _GREATEST)
    return margin


def ranks(scores: FloatArray) -> FloatArray:
    """Return the rank of each score in its row (R, N), 1 the highest; NaN without a score.

    From the highest on, what equals the first score of a group belongs to it; in a group the earlier holding is first.
    """
    order = np.argsort(-scores, axis=1, kind="stable")  # NaN last
    ordered = np.take_along_axis(scores, order, axis=1)
    near = equal(ordered[:, 1:], ordered[:, :-1]) & (ordered[:, 1:] != ordered[:, :-1])
    rows = np.flatnonzero(near.any(axis=1))
    if rows.size:
        order[rows] = np.take_along_axis(
            order[rows], np.lexsort((order[rows], _groups(ordered[rows])), axis=1), axis=1
        )  # fmt: skip
    place = np.empty(scores.shape)
    np.put_along_axis(place, order, np.arange(1.0, scores.shape[1] + 1)[None, :], axis=1)
    place[np.isnan(scores)] = np.nan
    return place


def _groups(ordered: FloatArray) -> FloatArray:
    """Return the number of the group of each score (R, N), which fall along a row."""
    groups = np.zeros(ordered.shape)
    first = ordered[:, 0].copy()
    for column in range(1, ordered.shape[1]):
        begins = ~equal(ordered[:, column], first)
        first[begins] = ordered[begins, column]
        groups[:, column] = groups[:, column - 1] + begins
    return groups


def _nth_highest(scores: FloatArray, count: int) -> FloatArray:
    """Return the score of rank `count` in each row (R, 1), equal ones counted one by one; NaN where there are fewer."""
    if _FEW * count > scores.shape[1]:
        falling = np.partition(-scores, count - 1, axis=1)  # NaN last
        return -falling[:, count - 1 : count]
    left = scores.copy()
    unknown = np.isnan(left)
    left[unknown] = -np.inf
    for _ in range(count):
        at = left.argmax(axis=1)[:, None]
        last = np.take_along_axis(left, at, axis=1)
        np.put_along_axis(left, at, -np.inf, axis=1)
    last[scores.shape[1] - np.count_nonzero(unknown, axis=1) < count] = np.nan
    found: FloatArray = last
    return found


def highest(scores: FloatArray, count: int) -> BoolArray:
    """Mark the scores (R, N) of rank 1 to `count` in each row; NaN is never marked."""
    if count >= scores.shape[1]:
        return ~np.isnan(scores)
    last = _nth_highest(scores, count)
    chosen: BoolArray = -scores <= _margin(last) - last
    unclear = np.count_nonzero(chosen, axis=1) != count  # others equal the last that is chosen, or there are fewer
    if unclear.any():
        chosen[unclear] = ranks(scores[unclear]) <= count
    return chosen
