"""Minimum variance: the portfolio of the holdings with the least variance.

    min w'Σw   subject to   Σ w_i = 1,   min_weight <= w_i <= max_weight
    Σ the sample covariance (ddof 1) of the daily returns over volatility_window

The allocations play no part. Bounds that the number of holdings cannot keep (N · max_weight < 1, N · min_weight > 1)
become 1/N, with the warning WEIGHT_BOUNDS_RELAXED. Where holdings begin inside the period, N counts those with a full
window.

Several mixes share the least variance where Σ is singular: fewer returns than holdings, two holdings that move alike,
prices that do not move. Of these the most evenly spread is held: 1e-8 of the mean variance is added to each variance,
and weights that this leaves within 1e-6 of their least are put on it. Where nothing moved, all are held alike.

The program is solved by Clarabel, then exactly on the bounds that it found, and its optimality proven to 1e-9 of the
variance; it needs the extra `optimise`.

Source: Markowitz (1952), "Portfolio Selection", Journal of Finance 7; Clarke, de Silva and Thorley (2011),
"Minimum-Variance Portfolio Composition", Journal of Portfolio Management 37.
"""

from __future__ import annotations

from typing import Any

from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights import optimise
from backtester.strategies.weights.bounds import bounds_of, check_bounds, relaxed
from backtester.strategies.weights.ranking import unknown_rows

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the window, whose first return needs the close before it.

    RequestError where min_weight is above max_weight, InternalError where the solver is not installed.
    """
    check_bounds(parameters)
    optimise.require("/strategy")
    return WarmUp(sessions=parameters["volatility_window"])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Weigh by risk alone; the allocations (N,) are not used. Result: (R, N)."""
    window = parameters["volatility_window"]
    volatility = history.volatility(window)
    known = history.known(volatility)
    lower, upper = bounds_of(known, parameters)

    def solve(returns: FloatArray, row: int) -> FloatArray:
        held = known[row]
        return optimise.least_variance(returns, lower[row, held], upper[row, held])

    weights = unknown_rows(optimise.every_row(history, window, known, solve), known)
    return Decisions(weights=weights, seen={"volatility": volatility}, warnings=relaxed(known, parameters))
