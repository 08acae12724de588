"""Every rebalance at once, for fractional shares and costs in proportion to the value traded.

Between two rebalances the weights drift with the prices alone, and a rebalance leaves the fraction x of the money
(`costs.remaining_fraction`), whatever the money is. So

    V_after[k] = capital · Π_{j<=k} x[j] · Π_{j<k} g[j]        g: growth of the targets from fill to fill
"""

from __future__ import annotations

import numpy as np

from backtester.model import BoolArray, Costs, FloatArray
from backtester.simulation.costs import proportional_rates, remaining_fraction

_ROUNDING = 1e-12


def solve_at_once(
    *, targets: FloatArray, fills: FloatArray, interest: FloatArray, capital: float, costs: Costs, whole_shares: bool
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return units (R, N), cash (R,), equity before (R,) each rebalance, and which were skipped (none).

    targets: (R, N) weights. fills: (R, N) prices before slippage. interest: (R,) index of what cash earns.
    """
    cash_weight = 1 - targets.sum(axis=1)
    cash_weight[np.abs(cash_weight) < _ROUNDING] = 0.0
    ratio = fills[1:] / fills[:-1]
    grown = np.where(targets[:-1] > 0, targets[:-1] * ratio, 0.0)
    growth = grown.sum(axis=1) + cash_weight[:-1] * (interest[1:] / interest[:-1])
    held = np.zeros_like(targets)
    held[1:] = grown / growth[:, None]
    buy, sell = proportional_rates(costs)
    left = remaining_fraction(targets, held, buy=buy, sell=sell)
    after = capital * np.cumprod(left) * np.concatenate([[1.0], np.cumprod(growth)])
    units = np.divide(targets * after[:, None], fills, out=np.zeros_like(targets), where=targets > 0)
    return units, after * cash_weight, after / left, np.zeros(len(targets), dtype=bool)
