"""One rebalance that pays its own costs: fixed, per-share and minimum commissions, and whole shares."""

from __future__ import annotations

import numpy as np

from backtester.model.records import Costs, FloatArray
from backtester.simulation.costs import NO_TRADE, commissions, fill_prices, trade_costs

_MAX_STEPS = 200
_MAX_INTERVALS = 2000
_ROUNDING = 1e-12
_SETTLED = 1e-15
_NOTHING = 1e-9  # of the equity


def rebalance(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs, *, whole_shares: bool
) -> FloatArray | None:
    """Return the units (N,) to hold after a rebalance; None where its costs exceed the equity."""
    if whole_shares:
        return _whole_shares(units, equity, weights, fill, costs)
    target = _units(equity, weights, fill)
    if np.all(np.abs(target - units) * fill <= _ROUNDING * equity):
        return units  # no trade, no costs
    after = _equity_after(units, equity, weights, fill, costs)
    if after is None:
        return None
    for _ in range(_MAX_STEPS):
        target = _settled(_units(after, weights, fill), units, fill, equity)
        short = float(target @ fill) + trade_costs(target - units, fill, costs) - equity
        if short <= _ROUNDING * equity:
            return target
        after -= max(short, _ROUNDING * equity)
        if after <= 0:
            return None
    return None


def _units(equity: float, weights: FloatArray, fill: FloatArray) -> FloatArray:
    return np.divide(equity * weights, fill, out=np.zeros_like(weights), where=weights > 0)


def _whole_shares(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs
) -> FloatArray | None:
    """Return the units (N,) to hold: of each, the most whole shares not above its target of the equity after costs.

    The equity after costs is that of the trades which are then made, V = equity - costs(units(V)), the largest V of
    several. Where rounding to whole shares leaves no such V, nothing is sold that stands at or below its target.
    """
    at_most = found = _whole_units(equity, units, weights, fill)
    after, seen = equity, list[float]()
    while after > 0 and after not in seen and len(seen) < _MAX_STEPS:
        seen.append(after)
        found = _whole_units(after, units, weights, fill) if len(seen) > 1 else at_most
        after = equity - trade_costs(found - units, fill, costs)
    if after <= 0:
        return _affordable(units, equity, weights, fill, costs)
    has_settled = after == seen[-1]
    if not (has_settled and (found == at_most).all()):
        largest = _largest_solution(units, equity, weights, fill, costs, above=after if has_settled else 0.0)
        if largest is not None:
            return largest
    if has_settled:
        return found
    target: FloatArray | None
    if after in seen:
        target = _whole_units(min(seen[seen.index(after) :]), units, weights, fill)
    else:
        target = _affordable(units, equity, weights, fill, costs)
    while target is not None:
        after = equity - trade_costs(target - units, fill, costs)
        needless = (target < units) & (units * fill <= after * weights * (1 + _ROUNDING))
        if not needless.any():
            return target
        target = np.where(needless, units, target)
    return None


def _largest_solution(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs, *, above: float
) -> FloatArray | None:
    """Return the whole units of the largest V from `above` to the equity with V = equity - costs(units(V)), or None.

    Within an interval of V each holding's units lie between those of its ends, and so their costs lie within bounds. An
    interval shrinks to the V that its costs leave; one that does not is halved, and its upper half goes first.
    """

    def each(held: FloatArray) -> FloatArray:
        traded = held - units
        filled = fill_prices(traded, fill, costs)
        return commissions(traded, filled, costs) + np.abs(traded) * fill * (costs.slippage_bps / 1e4)

    rounding = _ROUNDING * equity
    intervals = [(above, equity)]
    for _ in range(_MAX_INTERVALS):
        if not intervals:
            break
        low, high = intervals.pop()
        ends = _whole_units(low, units, weights, fill), _whole_units(high, units, weights, fill)
        if (ends[0] == ends[1]).all() or high - low <= rounding:
            for target in (ends[1], ends[0]):
                after = equity - trade_costs(target - units, fill, costs)
                if after > above and (_whole_units(after, units, weights, fill) == target).all():
                    return target
            continue
        dearest = float(np.maximum(each(ends[0]), each(ends[1])).sum())
        cheapest = float(each(np.clip(units, *ends)).sum())
        least, most = max(low, equity - dearest - rounding), min(high, equity - cheapest + rounding)
        if most - least > (high - low) / 2:
            middle = (least + most) / 2
            intervals += [(least, middle), (middle, most)]
        elif least <= most:
            intervals.append((least, most))
    return None


def _whole_units(equity: float, units: FloatArray, weights: FloatArray, fill: FloatArray) -> FloatArray:
    """Return the units (N,) that whole shares traded from `units` reach at or below the target; 0 where it is 0."""
    wanted = _units(equity, weights, fill)
    # a target that is whole but for rounding (3.9999999999999996 shares) is that whole number
    traded = np.floor(wanted * (1 + _ROUNDING) - units)
    return np.where(weights > 0, np.maximum(units + traded, 0.0), 0.0)


def _affordable(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs
) -> FloatArray | None:
    """Return the units of the largest equity that pays its costs, found by bisection; None where none does."""
    low, high = 0.0, equity
    while high - low > _NOTHING * equity:
        middle = (low + high) / 2
        cost = trade_costs(_whole_units(middle, units, weights, fill) - units, fill, costs)
        low, high = (middle, high) if middle + cost <= equity else (low, middle)
    target = _whole_units(low, units, weights, fill)
    spent = float(target @ fill) + trade_costs(target - units, fill, costs)
    return target if low > _NOTHING * equity and spent <= equity * (1 + _ROUNDING) else None


def _equity_after(
    units: FloatArray, equity: float, weights: FloatArray, fill: FloatArray, costs: Costs
) -> float | None:
    """Solve V + costs(V) = equity for fractional targets; None where no V >= 0 does.

    V -> equity - costs(V) contracts by the cost of a traded unit of money, so it settles in a few steps. Where a
    commission per share rivals the price it may not; V + costs(V) still increases with V, and bisection ends.
    """

    def cost(after: float) -> float:
        target = _settled(_units(after, weights, fill), units, fill, equity)
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
