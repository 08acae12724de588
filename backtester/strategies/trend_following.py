"""Trend following: hold each holding while it trends upwards, else leave its part in cash.

    price_above_average     P_i > MA_i(ma_period)
    averages_crossing       MA_i(fast_period) > MA_i(ma_period)
    w_i = a_i where that holds, else 0                             a_i the allocation

MA_i(n) is the mean of the last n closes (month-ends, with `ma_unit` months), the decision's own included. Two values
that differ by rounding alone (1e-12 of the larger) are the same, so a price that stands still does not trend.

Source: price above average: Faber (2007), "A Quantitative Approach to Tactical Asset Allocation", whose rule is 10
month-ends; averages crossing: Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules and the
Stochastic Properties of Stock Returns", Journal of Finance 47.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.errors import invalid_parameter
from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.indicators import average_warm_up, distance
from backtester.strategies.weights.ranking import none_chosen, shares_of, unknown_rows

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the closes of the slow average. RequestError where the fast one is not faster."""
    slow, fast = parameters["ma_period"], parameters["fast_period"]
    if parameters["rule"] == "averages_crossing" and fast >= slow:
        raise invalid_parameter("/parameters/fast_period", fast, f"fast_period must be below ma_period ({slow}).")
    return average_warm_up(slow, parameters["ma_unit"])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Hold the allocations (N,) of the holdings that trend upwards. Result: (R, N)."""
    unit = parameters["ma_unit"]
    seen = {"average": history.average(parameters["ma_period"], unit=unit)}
    if parameters["rule"] == "averages_crossing":
        fast = seen["fast_average"] = history.average(parameters["fast_period"], unit=unit)
    else:
        fast = history.close()
    trend = seen["distance"] = distance(fast, seen["average"])
    known = history.known(trend)
    weights = np.where(trend > 0, shares_of(known, allocations), 0.0)
    weights = unknown_rows(weights, known)
    return Decisions(weights=weights, seen=seen, warnings=none_chosen(weights, with_allocation=True))
