"""The costs of trades, and the equity after a rebalance that pays its own costs.

    V_after + costs(V_after) = V_before

is solved exactly, not to first order: the weights held afterwards are the targets, and cash never goes below zero.
A purchase of value a costs a·buy, a sale a·sell, where with commission c and slippage s (fractions)

    buy = (1 + s)(1 + c) - 1        sell = 1 - (1 - s)(1 - c)

since slippage moves the fill price and the commission is charged on the fill.
"""

from __future__ import annotations

import numpy as np

from backtester.model.records import Costs, FloatArray

NO_TRADE = 1e-12  # of the equity: below it, the difference of two roundings
_MAX_STEPS = 100
_PRECISION = 1e-15


def proportional_rates(costs: Costs) -> tuple[float, float]:
    """Return (buy, sell): the cost of a trade as a fraction of its value at the unslipped price."""
    commission, slippage = costs.commission_bps / 1e4, costs.slippage_bps / 1e4
    return (1 + slippage) * (1 + commission) - 1, 1 - (1 - slippage) * (1 - commission)


def is_proportional(costs: Costs) -> bool:
    """Return whether costs scale with the value traded, so that a rebalance's fraction left does not depend on V."""
    return not (costs.commission_fixed or costs.commission_per_share or costs.commission_minimum)


def remaining_fraction(targets: FloatArray, held: FloatArray, *, buy: float, sell: float) -> FloatArray:
    """Return x = V_after / V_before (R,) of rebalances from `held` to `targets`, both (R, N) weights.

    x + buy·Σ(x·w - d)⁺ + sell·Σ(d - x·w)⁺ = 1 is convex and increasing in x, piecewise linear: Newton's method
    from above ends on the exact piece after a few steps.
    """
    x = np.ones(len(targets))
    if buy == 0 and sell == 0:
        return x
    for _ in range(_MAX_STEPS):
        gap = x[:, None] * targets - held
        buying = gap > 0
        bought = np.where(buying, gap, 0.0).sum(axis=1)
        excess = x + (buy + sell) * bought - sell * gap.sum(axis=1) - 1
        slope = 1 + (buy + sell) * np.where(buying, targets, 0.0).sum(axis=1) - sell * targets.sum(axis=1)
        step = excess / slope
        x = x - step
        if np.abs(step).max() <= _PRECISION:
            break
    return x


def commissions(units: FloatArray, fill: FloatArray, costs: Costs) -> FloatArray:
    """Return the commission (K,) of trades of `units` (K,) at fill prices (K,); none for a trade of zero units."""
    size = np.abs(units)
    charged = costs.commission_fixed + costs.commission_per_share * size + costs.commission_bps / 1e4 * size * fill
    return np.where(size > 0, np.maximum(charged, costs.commission_minimum), 0.0)


def fill_prices(units: FloatArray, price: FloatArray, costs: Costs) -> FloatArray:
    """Return the prices that trades fill at: slippage moves them against the trade."""
    filled: FloatArray = price * (1 + np.sign(units) * costs.slippage_bps / 1e4)
    return filled


def trade_costs(units: FloatArray, price: FloatArray, costs: Costs) -> float:
    """Return commission and slippage of a set of trades together, currency."""
    fill = fill_prices(units, price, costs)
    slippage = float((np.abs(units) * price).sum()) * costs.slippage_bps / 1e4
    return float(commissions(units, fill, costs).sum()) + slippage
