"""Target volatility: hold less of the mix when its volatility rises, so that its risk stays near a target.

    σ   = sd(r, ddof 1) · √P                        r the mix's daily returns over volatility_window
    w_i = a_i · min(max_exposure, target_volatility / σ)         a_i the allocation, scaled to 1; the rest is cash

The mix is the holdings at constant weights a_i. Where the request sets `cash.allocation` aside, the target is that of
the part which is not, and every w_i is that much less. A return is one between consecutive sessions on which all
holdings with an allocation have a price of their own, and P is that of those sessions. A mix that did not move is
held at max_exposure.

Where holdings begin inside the period, the mix is that of those with a full window, at their allocations scaled to 1.

Source: Moreira and Muir (2017), "Volatility-Managed Portfolios", Journal of Finance 72 (who scale by variance);
Harvey, Hoyle, Korgaonkar, Rattray, Sargaison and Van Hemert (2018), "The Impact of Volatility Targeting", Journal of
Portfolio Management 45 (who scale by volatility, as here).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.ranking import none_chosen, shares_of, unknown_rows
from backtester.strategies.weights.windows import deviations

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the window of the volatility, whose first return needs the close before it."""
    return WarmUp(sessions=parameters["volatility_window"])


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Scale all allocations (N,) alike. Result: (R, N)."""
    window, most = parameters["volatility_window"], parameters["max_exposure"]
    known = history.known(history.close(window), history.close())
    volatility = _mix_volatility(history, known, allocations, window)
    exposure = np.full_like(volatility, most)
    np.divide(parameters["target_volatility"], volatility, out=exposure, where=volatility != 0)
    exposure = np.minimum(exposure, most)
    weights = unknown_rows(shares_of(known, allocations) * exposure[:, None], known)
    return Decisions(
        weights=weights, seen={"annual_volatility": volatility, "exposure": exposure},
        warnings=none_chosen(weights, with_allocation=True),
    )  # fmt: skip


def _mix_volatility(history: History, known: BoolArray, allocations: FloatArray, window: int) -> FloatArray:
    """Return the volatility (R,) per year of the mix of the known holdings (R, N); NaN where none is known."""
    volatility = np.full(known.shape[0], np.nan)
    for mix in _mixes(known):
        shares = shares_of(mix[None], allocations)[0]
        rows = (known == mix).all(axis=1)
        daily = deviations(history.mix_returns(shares, window)[rows])
        volatility[rows] = daily * math.sqrt(history.periods_of(shares))
    return volatility


def _mixes(known: BoolArray) -> list[BoolArray]:
    """Return the different rows of `known` (R, N) without the empty one: few, since a holding that has begun stays."""
    every = known.all(axis=1)
    some = known[known.any(axis=1) & ~every]
    mixes = [*np.unique(some, axis=0)] if len(some) else []
    return [*mixes, known[every][0]] if every.any() else mixes
