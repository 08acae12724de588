"""Target weights where some holdings can not be held: they have no price yet, or have ended."""

from __future__ import annotations

import numpy as np

from backtester.model.records import BoolArray, FloatArray


def shared_out(weights: FloatArray, held: BoolArray) -> FloatArray:
    """Return the weights (R, N), with those of holdings not `held` (R, N) shared among the rest, or in cash.

    The rest share in proportion to their own weights; where none has one, in cash.
    """
    left = np.where(held, weights, 0.0)
    total, wanted = left.sum(axis=1, keepdims=True), weights.sum(axis=1, keepdims=True)
    shared = np.divide(left * wanted, total, out=np.zeros_like(weights), where=total > 0)
    return np.where((held | (weights == 0)).all(axis=1, keepdims=True), weights, shared)
