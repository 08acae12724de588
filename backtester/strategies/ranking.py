"""Ranking and weighting, as the strategies that choose among holdings share them."""

from __future__ import annotations

import numpy as np

from backtester.model import BoolArray, FloatArray


def top_ranked(scores: FloatArray, count: int) -> BoolArray:
    """Mark the `count` highest scores of each row (R, N); ties go to the earlier holding, as CONVENTIONS say."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    chosen = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen


def scale_to_one(weights: FloatArray) -> FloatArray:
    """Scale each row (R, N) to sum to 1; a row of zeros stays one."""
    total = weights.sum(axis=1, keepdims=True)
    scaled: FloatArray = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    return scaled


def inverse_volatility_of(returns: FloatArray, chosen: BoolArray) -> FloatArray:
    """Return 1 / sd (ddof 1) of each holding's returns: (R, window, N) -> (R, N), zero where it is not chosen.

    Holdings that did not move at all have no inverse: where a row has such, they share it equally, the limit.
    """
    mean = returns.mean(axis=1, keepdims=True)
    deviation = np.sqrt(((returns - mean) ** 2).sum(axis=1) / (returns.shape[1] - 1))
    still = chosen & (deviation < 1e-12)
    inverse: FloatArray = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=chosen & ~still)
    alone = still.any(axis=1)
    inverse[alone] = still[alone]
    return inverse
