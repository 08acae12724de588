"""The curves of many configurations side by side: the vectorised simulation, over (C, R, N) instead of (R, N).

It covers what that one covers, without dividends paid to cash: `simulates`. Each curve agrees with the ledger of its
configuration alone to 1e-12: a test compares them.
"""

from __future__ import annotations

import itertools

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, BoolArray, Costs, FloatArray, IntArray
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.costs import NO_TRADE, is_proportional, proportional_rates

_MAX_STEPS = 100
_ROUNDING = 1e-12


class Curves(Record):
    """What C configurations came to: their curves, and the money that was traded, paid and earned."""

    values: FloatArray  # (C, P) portfolio value
    turnover_per_year: FloatArray  # (C,)
    total_costs: FloatArray  # (C,)
    exposure: FloatArray  # (C,)
    interest_income: FloatArray  # (C,)


class Schedule(Record):
    """The rebalances of a period, and the prices from each to the next: the same for many configurations."""

    rows: IntArray  # (R,) the sessions that they trade on
    segment: IntArray  # (P,) the last rebalance by each session
    padded: FloatArray | None  # (R, N, longest) closes from each rebalance on; None: too unlike in length
    places: IntArray  # (P,) of each session in what is padded, (R, longest) row by row


def schedule_of(market: AccountingPrices, rows: IntArray) -> Schedule:
    """Return the schedule of rebalances on some rows of the market."""
    size, width = market.close.shape
    lengths = np.diff(rows, append=size)
    segment = np.repeat(np.arange(rows.size), lengths)
    longest, offset = int(lengths.max()), np.arange(size) - rows[segment]
    padded = None
    if longest * rows.size <= 2 * size:
        padded = np.zeros((rows.size, width, longest))
        padded[segment, :, offset] = market.close
    return Schedule(rows=rows, segment=segment, padded=padded, places=segment * longest + offset)


def simulates(market: AccountingPrices, spec: BacktestSpec) -> bool:
    """Return whether a configuration of this market can be simulated beside others."""
    return (
        is_proportional(spec.costs)
        and market.ended is None
        and market.dividend is None
        and not (spec.whole_shares or spec.cash_flows or spec.rebalancing.has_bands)
    )


def fill_when_due(market: AccountingPrices, rows: IntArray, weights: FloatArray) -> BoolArray:
    """Return which of the configurations (C,) find a price of its own for all that they trade. weights: (C, R, N)."""
    if market.fillable is None:
        return np.ones(len(weights), dtype=bool)
    traded = np.zeros(weights.shape, dtype=bool)
    traded |= weights > 0
    traded[:, 1:] |= weights[:, :-1] > 0
    found: BoolArray = np.all(market.fillable[rows] | ~traded, axis=(1, 2))
    return found


def simulate_many(
    market: AccountingPrices, schedule: Schedule, weights: FloatArray, costs: list[Costs], *, initial: float
) -> Curves:
    """Simulate C configurations. weights: (C, R, N) targets.

    A curve that leaves the range of a double has values that are not finite, or not above 0.
    """
    rows = schedule.rows
    fills = market.close[rows] if market.open is None else market.open[rows]
    interest = market.interest[rows]
    ones = np.ones(weights.shape[2])
    invested = weights @ ones
    in_cash = 1 - invested
    in_cash[np.abs(in_cash) < _ROUNDING] = 0.0
    has_cash = bool(in_cash.any())
    held = np.zeros_like(weights)  # the weights just before each rebalance
    np.multiply(weights[:, :-1], fills[1:] / fills[:-1], out=held[:, 1:])
    growth = held[:, 1:] @ ones
    if has_cash:
        growth += in_cash[:, :-1] * (interest[1:] / interest[:-1])
    held[:, 1:] *= (1 / growth)[:, :, None]
    rates = np.array([proportional_rates(each) for each in costs])
    left, bought, sold = _rebalanced(weights, held, invested, buy=rates[:, :1], sell=rates[:, 1:])
    after = np.empty_like(left)
    after[:, 0] = 1.0
    np.cumprod(growth, axis=1, out=after[:, 1:])
    after *= np.cumprod(left, axis=1)
    after *= initial
    units = weights * after[:, :, None]
    units *= 1 / fills
    values, exposure, earned = _values(market, schedule, units, after * in_cash if has_cash else None)
    before = after / left
    return Curves(
        values=values,
        turnover_per_year=_turnover(bought + sold, int((market.sessions[-1] - market.sessions[0]).astype(int))),
        total_costs=_costs((bought * before).sum(axis=1), (sold * before).sum(axis=1), costs)
        + _expenses(market, rows, units),
        exposure=exposure, interest_income=earned,
    )  # fmt: skip


def _rebalanced(
    weights: FloatArray, held: FloatArray, invested: FloatArray, *, buy: FloatArray, sell: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the fraction of the money left (C, R), and what was bought and sold of a unit of it before.

    As `costs.remaining_fraction`, of many. weights, held: (C, R, N); invested: (C, R) Σ weights; buy, sell: (C, 1).
    """
    ones, nothing = np.ones(weights.shape[2]), np.zeros(weights.shape[1:])  # faster than a bound of a single number
    before, both = held @ ones, buy + sell
    left = np.ones(invested.shape)
    gap, part = weights - held, np.empty_like(weights)
    buying = gap > 0
    for _ in range(_MAX_STEPS if both.any() else 0):
        bought = np.maximum(gap, nothing, out=part) @ ones
        excess = left + both * bought - sell * (left * invested - before) - 1
        slope = 1 + both * (np.multiply(weights, buying, out=part) @ ones) - sell * invested
        left -= excess / slope
        np.multiply(weights, left[:, :, None], out=gap)
        gap -= held
        previous, buying = buying, gap > 0
        if np.array_equal(previous, buying):  # linear from there to here: exact
            break
    np.multiply(gap, np.abs(gap, out=part) > NO_TRADE, out=gap)
    bought = np.maximum(gap, nothing, out=part) @ ones
    return left, bought, bought - gap @ ones


def _turnover(traded: FloatArray, days: int) -> FloatArray:
    """As `trading.turnover_per_year`. traded: (C, R) of the money before each rebalance."""
    if days < 1:
        return np.full(len(traded), np.nan)
    first = (traded > 0).argmax(axis=1)
    later = np.arange(traded.shape[1]) > first[:, None]
    turned: FloatArray = np.where(later, traded, 0.0).sum(axis=1) / 2 * DAYS_A_YEAR / days
    return turned


def _costs(bought: FloatArray, sold: FloatArray, costs: list[Costs]) -> FloatArray:
    """Return commission and slippage (C,) of what was bought and sold (C,), at prices before slippage."""
    commission = np.array([each.commission_bps for each in costs]) / 1e4
    slippage = np.array([each.slippage_bps for each in costs]) / 1e4
    charged = commission * ((1 + slippage) * bought + (1 - slippage) * sold)
    return charged + slippage * (bought + sold)


def _values(
    market: AccountingPrices, schedule: Schedule, units: FloatArray, cash: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return value (C, P), exposure (C,) and interest (C,). units: (C, R, N) after each rebalance; cash: (C, R)."""
    count = len(units)
    values = _position_values(market.close, schedule, units)
    if cash is None:
        return values, np.ones(count), np.zeros(count)
    since = market.interest[schedule.rows]
    in_cash = cash.take(schedule.segment, axis=1) * (market.interest / since[schedule.segment])
    values += in_cash
    earned = in_cash[:, :-1] @ (market.interest[1:] / market.interest[:-1] - 1)
    return values, 1 - (in_cash / values).mean(axis=1), earned


def _position_values(close: FloatArray, schedule: Schedule, units: FloatArray) -> FloatArray:
    """Return the value (C, P) of units (C, R, N): one product for each rebalance."""
    count = len(units)
    if schedule.padded is not None:
        products = np.empty((count, schedule.rows.size, schedule.padded.shape[2]))
        np.matmul(units.transpose(1, 0, 2), schedule.padded, out=products.transpose(1, 0, 2))
        found: FloatArray = products.reshape(count, -1).take(schedule.places, axis=1)  # an index would turn the memory
        return found
    values, prices = np.empty((count, len(close))), np.ascontiguousarray(close.T)
    for k, (start, end) in enumerate(itertools.pairwise([*schedule.rows.tolist(), len(close)])):
        np.matmul(units[:, k], prices[:, start:end], out=values[:, start:end])
    return values


def _expenses(market: AccountingPrices, rows: IntArray, units: FloatArray) -> FloatArray | float:
    """Return the expenses (C,) of the expense ratios: each session's share of the value held overnight."""
    if market.fee is None:
        return 0.0
    paid = market.close[1:] * (1 / (market.fee[1:] / market.fee[:-1]) - 1)  # (P - 1, N) of a unit
    starts = rows[rows < len(paid)]
    each = np.add.reduceat(paid, starts, axis=0)
    expenses: FloatArray = np.einsum("crn,rn->c", units[:, : starts.size], each)
    return expenses
