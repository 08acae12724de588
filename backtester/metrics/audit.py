"""The audit of a result: the ledger is recomputed from its trades, and the differences are reported."""

from __future__ import annotations

import numpy as np

from backtester.metrics.attribution import profit_by_holding
from backtester.metrics.positions import position_blocks, sums
from backtester.model.held import FEW, Held, ascending
from backtester.model.record import replace
from backtester.model.records import BoolArray, FloatArray, IntArray, Ledger

_RARE = 1000  # prices from event to event


def audit(ledger: Ledger, initial: float) -> dict[str, float]:
    """Return the result's block `audit`: two residuals that are 0 but for rounding.

    equity_residual: the largest difference, on any session, between the ledger's equity or cash and the value that is
    recomputed from trades, flows, interest and dividends alone; or, at an event, between its units and the traded ones.
    attribution_residual: between the profits of the holdings with the interest, and the gain of the equity.
    Both are fractions of the highest equity so far, the initial capital included, since the last equity may be 0.
    """
    scale = np.maximum(np.maximum.accumulate(ledger.equity), initial)
    replayed, apart = _replayed_units(ledger)
    value = _replayed_cash(ledger, initial)
    short = np.abs(value - ledger.cash) / scale
    _add_positions(value, ledger, replayed)
    found = [short, np.abs(value - ledger.equity) / scale, apart / scale[ledger.execution]]
    flows = 0.0 if ledger.flows is None else float(ledger.flows.sum())
    explained = float(profit_by_holding(ledger).sum()) + float(ledger.interest.sum())
    gained = float(ledger.equity[-1]) - initial - flows
    return {
        "equity_residual": float(np.concatenate(found).max()),
        "attribution_residual": abs(explained - gained) / float(scale[-1]),
    }


def _add_positions(value: FloatArray, ledger: Ledger, held: Held) -> None:
    """Add Σ units · price to the value (P,) of every session. held: the units, replayed."""
    units = held.amounts
    if held.count <= FEW:
        begin = int(ledger.execution[0])
        events = np.repeat(np.arange(len(units)), np.diff(np.concatenate([ledger.execution, [len(value)]])))
        for holding in np.flatnonzero((units != 0).any(axis=0)):
            value[begin:] += ledger.price[begin:, holding] * units[:, holding].take(events)
        return
    if held.holdings is None and _RARE * len(units) < ledger.price.size:  # one product from event to event
        ends = [*ledger.execution[1:].tolist(), len(value)]
        for event, (start, end) in enumerate(zip(ledger.execution.tolist(), ends, strict=True)):
            value[start:end] += ledger.price[start:end] @ units[event]
        return
    for block in position_blocks(ledger, held, len(value)):
        value[block.rows] += np.einsum("sk,sk->s", block.amounts, block.pick(ledger.price))


def _replayed_units(ledger: Ledger) -> tuple[Held, FloatArray]:
    """Return Σ traded so far, in the places of the ledger's units, and what it and they are apart (E,), currency."""
    held, rows = ledger.held, ledger.execution
    if held.holdings is not None:
        return _replayed_in_places(ledger)
    at = ledger.trade_event * held.count + ledger.trade_holding
    traded = sums(at, ledger.trade_units, held.amounts.size).reshape(held.amounts.shape)
    np.cumsum(traded, axis=0, out=traded)
    apart = np.abs(traded - held.amounts)
    apart *= ledger.price[rows]
    return replace(held, amounts=traded), apart.sum(axis=1)


def _replayed_in_places(ledger: Ledger) -> tuple[Held, FloatArray]:
    """Return as `_replayed_units`, event by event: few holdings are touched by one.

    What an event sold, or the one before it held, must be gone unless the event holds it.
    """
    held, rows, size = ledger.held, ledger.execution, len(ledger.execution)
    holdings = np.asarray(held.holdings)
    used = held.amounts != 0
    event, place = used.nonzero()
    now = event * held.count + holdings[event, place]
    traded = ledger.trade_event * held.count + ledger.trade_holding
    touched = ascending(np.concatenate([now[event < size - 1] + held.count, traded]))
    gone = touched[~_among(touched, now)]
    gone_event, gone_holding = gone // held.count, gone % held.count
    left, replayed, units = np.empty(gone.size), np.empty(held.amounts.shape), np.zeros(held.count)
    trades, ends = (np.searchsorted(of, np.arange(size + 1)).tolist() for of in (ledger.trade_event, gone_event))
    for each in range(size):
        own, over = slice(trades[each], trades[each + 1]), slice(ends[each], ends[each + 1])
        units[ledger.trade_holding[own]] += ledger.trade_units[own]
        replayed[each] = units[holdings[each]]
        left[over] = units[gone_holding[over]]
    replayed[~used] = 0.0
    apart = (np.abs(replayed - held.amounts) * held.pick(ledger.price, rows)).sum(axis=1)
    apart += sums(gone_event, np.abs(left) * ledger.price[rows[gone_event], gone_holding], size)
    return replace(held, amounts=replayed), apart


def _among(values: IntArray, known: IntArray) -> BoolArray:
    """Mark the values that are among the known, which ascend."""
    if not known.size:
        return np.zeros(values.size, dtype=bool)
    found: BoolArray = known.take(known.searchsorted(values), mode="clip") == values
    return found


def _replayed_cash(ledger: Ledger, initial: float) -> FloatArray:
    """Return initial capital + Σ (flows + interest + dividends) - Σ (bought - sold + commission), to each session."""
    spent = ledger.trade_units * ledger.trade_price + ledger.trade_commission
    row = ledger.execution[ledger.trade_event]
    received = ledger.interest - sums(row, spent, len(ledger.equity))
    for more in (ledger.flows, ledger.dividends):
        if more is not None:
            received += more
    cash: FloatArray = initial + np.cumsum(received)
    return cash
