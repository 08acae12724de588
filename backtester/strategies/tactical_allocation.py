"""Tactical allocation: a high weight of the risk-on holdings while a signal is good, a low one otherwise.

    good while    P > MA(ma_period)                            moving_average
                  P[t] / P[t - momentum_period] - 1 > 0         momentum
                  sd(r, ddof 1) · √n <= volatility_threshold    volatility, r the daily returns over volatility_window
                  P the closes of signal_symbol, t the decision date, n its sessions per year
    the risk-on holdings together get risk_on_allocation while it is good, risk_off_allocation while it is not;
    the other holdings together get the rest, and where there are none it is cash

Inside each group the parts are in proportion to the allocations, or equal where these are all 0. By default the first
holding is the only risk-on one, and the signal is the first of risk_on_symbols. MA(n) is the mean of the last n closes
(month-ends, with `ma_unit` months), the decision's own included. Two
values that differ by rounding alone (1e-12) are the same. Where holdings begin inside the period, each group is of
those that have a price at the decision.

Source: Faber (2007), "A Quantitative Approach to Tactical Asset Allocation"; volatility: Moreira and Muir (2017),
"Volatility-Managed Portfolios", Journal of Finance 72.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.model.ties import above, at_most
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.indicators import average_warm_up, distance
from backtester.strategies.weights.ranking import none_chosen, scale_to_one

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Return the warm-up of the indicator."""
    if parameters["indicator"] == "moving_average":
        return average_warm_up(parameters["ma_period"], parameters["ma_unit"])
    key = "momentum_period" if parameters["indicator"] == "momentum" else "volatility_window"
    return WarmUp(sessions=parameters[key])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Divide the money between the two groups by the signal. allocations: (N,). Result: (R, N)."""
    symbols = parameters["risk_on_symbols"] or [history.symbols[0]]
    signal = history.of(parameters["signal_symbol"] or symbols[0])
    seen, good, known = _read_signal(signal, parameters)
    risk_on = np.isin(history.symbols, symbols)
    priced = history.known(history.close())
    priced = priced | ~priced.any(axis=1, keepdims=True)
    part = np.where(good, parameters["risk_on_allocation"], parameters["risk_off_allocation"])[:, None]
    weights = part * _group(priced & risk_on, allocations) + (1 - part) * _group(priced & ~risk_on, allocations)
    weights[~known] = np.nan
    return Decisions(weights=weights, seen={**seen, "risk_on": good.astype(np.float64)}, warnings=none_chosen(weights))


def _read_signal(signal: History, parameters: dict[str, Any]) -> tuple[dict[str, FloatArray], BoolArray, BoolArray]:
    """Return the indicator by name, whether it is good (R,), and whether it is known (R,)."""
    indicator = parameters["indicator"]
    if indicator == "volatility":
        value = signal.volatility(parameters["volatility_window"])[:, 0] * math.sqrt(signal.periods_per_year)
        good = at_most(value, parameters["volatility_threshold"])
        seen = {"annual_volatility": value}
    elif indicator == "momentum":
        value = (signal.close() / signal.close(parameters["momentum_period"]) - 1)[:, 0]
        good = above(value, 0.0)
        seen = {"lookback_return": value}
    else:
        average = signal.average(parameters["ma_period"], unit=parameters["ma_unit"])
        value = distance(signal.close(), average)[:, 0]
        good = value > 0
        seen = {"average": average[:, 0], "distance": value}
    return seen, good, ~np.isnan(value)


def _group(members: BoolArray, allocations: FloatArray) -> FloatArray:
    """Return the parts (R, N) of a group's members, summing to 1; a row without members is zeros."""
    basis = np.where(members, allocations, 0.0)
    nothing = basis.sum(axis=1) <= 0
    basis[nothing] = members[nothing]
    return scale_to_one(basis)
