"""What several strategies look at: the distance from a moving average, and volatility per year.

A history does not know how many sessions a year has, so a year is 252 of them here, whatever the data.
"""

from __future__ import annotations

import math

import numpy as np

from backtester.model.records import FloatArray, WarmUp

ROUNDING = 1e-9  # a difference this small, relative to what is compared, is none
YEAR = math.sqrt(252.0)  # what a deviation of daily returns is multiplied with


def average_warm_up(period: int, unit: str) -> WarmUp:
    """Return how far an average over `period` closes looks back; the decision's own close is one of them."""
    return WarmUp(months=period - 1) if unit == "months" else WarmUp(sessions=period - 1)


def distance(price: FloatArray, average: FloatArray) -> FloatArray:
    """Price / average - 1 (R, N); exactly 0 where the two differ by rounding alone, as they do when prices stand still.

    NaN where either is.
    """
    result: FloatArray = price / average
    result -= 1
    result[np.abs(result) < ROUNDING] = 0.0
    return result
