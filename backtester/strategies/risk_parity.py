"""Risk parity: each holding contributes its share of the risk, rather than of the money.

    inverse_volatility          v_i = 1 / σ_i                  σ_i the sd (ddof 1) of daily returns over the window
    equal_risk_contribution     v minimises ½ v'Σv - (1/N) Σ ln v_i       Σ their sample covariance
                                so that v_i (Σv)_i is the same for every holding
    w_i = clip(λ v_i, min_weight, max_weight)                  λ such that Σ w_i = 1, solved exactly

The allocations play no part. Weights on a bound no longer carry an equal part of the risk; the others still do among
themselves with inverse_volatility, and approximately with equal_risk_contribution. Bounds that the number of holdings
cannot keep (N · max_weight < 1, N · min_weight > 1) become 1/N, with the warning WEIGHT_BOUNDS_RELAXED.

A holding whose price did not move is without risk: such holdings take all that max_weight allows, in equal parts, and
the others what is left. Under equal contributions so is one that did not move between the sessions that all holdings
have in common; holdings that hedge each other without remainder would take everything, without bound: 1e-5 is then
added to each correlation with itself, and they take nearly everything. Where holdings begin inside the period, N
counts those with a full window.

`equal_risk_contribution` is solved by Clarabel, polished by Newton steps until the contributions agree to 1e-8, and
needs the extra `optimise`.

Source: inverse volatility: Leote de Carvalho, Lu and Moulin (2012), "Demystifying Equity Risk-Based Strategies",
Journal of Portfolio Management 38; equal contributions: Maillard, Roncalli and Teïletche (2010), "The Properties of
Equally Weighted Risk Contribution Portfolios", Journal of Portfolio Management 36; the program with the logarithm:
Spinu (2013), "An Algorithm for Computing Risk Parity Weights".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.bounds import bounds_of, check_bounds, proportional, relaxed, unmoved_first
from backtester.strategies.weights.ranking import unknown_rows

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the window, whose first return needs the close before it.

    RequestError where min_weight is above max_weight, InternalError where the solver is needed and not installed.
    """
    check_bounds(parameters)
    if parameters["method"] == "equal_risk_contribution":
        from backtester.strategies.weights import optimise  # only this method needs it

        optimise.require("/parameters/method")
    return WarmUp(sessions=parameters["volatility_window"])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Weigh by risk alone; the allocations (N,) are not used. Result: (R, N)."""
    window = parameters["volatility_window"]
    volatility = history.volatility(window)
    known = history.known(volatility)
    unmoved = known & (volatility == 0)
    moving = known & ~unmoved
    if parameters["method"] == "equal_risk_contribution":
        from backtester.strategies.weights import optimise  # only this method needs it

        basis, together = optimise.every_equal_risk(history, window, moving)
        unmoved |= together
    else:
        basis = np.divide(1.0, volatility, out=np.zeros_like(volatility), where=moving)
    weights = unknown_rows(_bounded(basis, unmoved, known, parameters), known)
    return Decisions(weights=weights, seen={"volatility": volatility}, warnings=relaxed(known, parameters))


def _bounded(basis: FloatArray, unmoved: BoolArray, known: BoolArray, parameters: dict[str, Any]) -> FloatArray:
    lower, upper = bounds_of(known, parameters)
    basis, lower = unmoved_first(basis, unmoved, lower, upper)
    return proportional(basis, lower, upper)
