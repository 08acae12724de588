"""One rebalance that pays its own costs: fixed, per-share and minimum commissions, and whole shares."""

from __future__ import annotations

import numpy as np

from backtester.model.records import Costs, FloatArray
from backtester.simulation.costs import NO_TRADE, trade_costs

_MAX_STEPS = 200
_ROUNDING = 1e-12
_SETTLED = 1e-15
_NOTHING = 1e-9  # of the equity


def rebalance(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs, *, whole_shares: bool
) -> FloatArray | None:
    """Return the units (N,) to hold after a rebalance; None where its costs exceed the equity."""
    target = _units(equity, weights, fill, whole_shares=whole_shares)
    if np.all(np.abs(target - units) * fill <= _ROUNDING * equity):
        return units  # no trade, no costs
    after = _equity_after(units, equity, weights, fill, costs)
    if after is None:
        return None
    target = _units(after, weights, fill, whole_shares=whole_shares)
    for _ in range(_MAX_STEPS):  # whole shares: rounding a target down may add a small sale, with its own commission
        target = _settled(target, units, fill, equity)
        short = float(target @ fill) + trade_costs(target - units, fill, costs) - equity
        if short <= _ROUNDING * equity:
            return target
        after -= max(short, _ROUNDING * equity) * (2.0 if whole_shares else 1.0)
        if after <= 0:
            return None
        target = _units(after, weights, fill, whole_shares=whole_shares)
    return None


def _units(equity: float, weights: FloatArray, fill: FloatArray, *, whole_shares: bool) -> FloatArray:
    target = np.divide(equity * weights, fill, out=np.zeros_like(weights), where=weights > 0)
    # a target that is whole but for rounding (3.9999999999999996 shares) is that whole number
    return np.floor(target * (1 + _ROUNDING)) if whole_shares else target


def _equity_after(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs
) -> float | None:
    """Solve V + costs(V) = equity for fractional targets; None where no V >= 0 does.

    V -> equity - costs(V) contracts by the cost of a traded unit of money, so it settles in a few steps. Where a
    commission per share rivals the price it may not; V + costs(V) still increases with V, and bisection ends.
    """

    def cost(after: float) -> float:
        target = _settled(_units(after, weights, fill, whole_shares=False), units, fill, equity)
        return trade_costs(target - units, fill, costs)

    after = equity - cost(equity)
    for _ in range(_MAX_STEPS):
        if after < 0:
            break
        following = equity - cost(after)
        if abs(following - after) <= _SETTLED * equity:
            return following if following >= 0 else None
        after = following
    low, high = 0.0, equity
    if cost(low) > equity:
        return None
    while high - low > _SETTLED * equity:
        middle = (low + high) / 2
        low, high = (middle, high) if middle + cost(middle) <= equity else (low, middle)
    # A commission by the trade jumps where a trade vanishes, and the equation may be crossed in such a jump: the rest
    # stays in cash. A crossing at zero means that the commissions would take all the money. A purchase below the
    # smallest trade counts as none, so a crossing at zero ends just above it.
    bought = low * float(weights.max()) if weights.any() else low
    return low if bought > _NOTHING * equity else None


def _settled(target: FloatArray, units: FloatArray, fill: FloatArray, equity: float) -> FloatArray:
    """Return the target without trades that are rounding only: a trade that is not listed is not charged."""
    return np.where(np.abs(target - units) * fill <= NO_TRADE * equity, units, target)
