"""Mean reversion: hold more of the holdings below their average, less of those above it.

    d_i = P_i / MA_i - 1                       MA_i the mean of the last ma_period closes, the decision's own included
    m_i = oversold_weight                      d_i <= -deviation_threshold
          overbought_weight                    d_i >= +deviation_threshold
          1                                    between them
    w_i = a_i m_i / Σ a_j m_j                  a_i the allocation

A d that misses the threshold by rounding alone (1e-12) has reached it. Where every multiplier is 0 the money stays in
cash.

Source: De Bondt and Thaler (1985), "Does the Stock Market Overreact?", Journal of Finance 40; Poterba and Summers
(1988), "Mean Reversion in Stock Prices", Journal of Financial Economics 22. Both find the reversal over years, not
weeks; the short average is common practice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import FloatArray, WarmUp
from backtester.model.ties import at_most
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.indicators import average_warm_up, distance
from backtester.strategies.weights.ranking import none_chosen, scale_to_one, unknown_rows

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the closes of the average."""
    return average_warm_up(parameters["ma_period"], parameters["ma_unit"])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Scale each allocation (N,) by the deviation of its price from its average. Result: (R, N)."""
    average = history.average(parameters["ma_period"], unit=parameters["ma_unit"])
    deviation = distance(history.close(), average)
    known = history.known(deviation)
    threshold = parameters["deviation_threshold"]
    multiplier = np.ones(deviation.shape)
    multiplier[at_most(deviation, -threshold)] = parameters["oversold_weight"]
    multiplier[at_most(-deviation, -threshold)] = parameters["overbought_weight"]
    weights = unknown_rows(scale_to_one(np.where(known, multiplier * allocations, 0.0)), known)
    return Decisions(
        weights=weights, seen={"average": average, "deviation": deviation},
        warnings=none_chosen(weights, with_allocation=True),
    )  # fmt: skip
