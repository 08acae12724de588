"""Drift bands: the limits within which weights may drift before they are restored to the targets."""

from __future__ import annotations

import numpy as np

from backtester.model.records import BoolArray, FloatArray, Rebalancing

_ROUNDING = 1e-12


def outside(held: FloatArray, targets: FloatArray, rules: Rebalancing) -> BoolArray:
    """Return for each row whether the weight of a holding, or of the cash, is outside its band.

    held: (L, N) weights. targets: (N,). Absolute: |w - t| > band. Relative: |w - t| > band · t. Result: (L,).
    """
    drift = np.abs(held - targets)
    cash = np.abs(held.sum(axis=1) - targets.sum())
    broken = np.zeros(len(held), dtype=bool)
    if rules.absolute_band is not None:
        broken |= (drift > rules.absolute_band + _ROUNDING).any(axis=1) | (cash > rules.absolute_band + _ROUNDING)
    if rules.relative_band is not None:
        broken |= (drift > rules.relative_band * targets + _ROUNDING).any(axis=1)
        in_cash = 1 - targets.sum()
        if in_cash > _ROUNDING:  # dividends and remainders of whole shares are no target
            broken |= cash > rules.relative_band * in_cash + _ROUNDING
    return broken
