"""Indicators of several strategies: the distance from a moving average."""

from __future__ import annotations

import numpy as np

from backtester.model.records import FloatArray, WarmUp
from backtester.model.ties import TOLERANCE


def average_warm_up(period: int, unit: str) -> WarmUp:
    """Return the warm-up of an average over `period` closes, the decision's own close included."""
    return WarmUp(months=period - 1) if unit == "months" else WarmUp(sessions=period - 1)


def distance(price: FloatArray, average: FloatArray) -> FloatArray:
    """Price / average - 1 (R, N); exactly 0 where the two are equal but for rounding, by 1e-12 of either.

    NaN where either is.
    """
    result: FloatArray = price / average
    result -= 1
    result[np.abs(result) <= TOLERANCE] = 0.0
    return result
