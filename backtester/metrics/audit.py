"""The audit of a result: the ledger is recomputed from its trades, and the differences are reported."""

from __future__ import annotations

import numpy as np

from backtester.metrics.attribution import profit_by_holding
from backtester.metrics.positions import FEW, position_blocks, sums
from backtester.model.records import FloatArray, Ledger

_RARE = 1000  # prices from event to event


def audit(ledger: Ledger, initial: float) -> dict[str, float]:
    """Return the result's block `audit`: two residuals that are 0 but for rounding.

    equity_residual: the largest difference, on any session, between the ledger's equity or cash and the value that is
    recomputed from trades, flows, interest and dividends alone; or, at an event, between its units and the traded ones.
    attribution_residual: between the profits of the holdings with the interest, and the gain of the equity.
    Both are fractions of the highest equity so far, the initial capital included, since the last equity may be 0.
    """
    scale = np.maximum(np.maximum.accumulate(ledger.equity), initial)
    units = _replayed_units(ledger)
    value = _replayed_cash(ledger, initial)
    short = np.abs(value - ledger.cash) / scale
    _add_positions(value, ledger, units)
    rows = ledger.execution
    apart = np.abs(units - ledger.units)
    apart *= ledger.price[rows]
    found = [short, np.abs(value - ledger.equity) / scale, apart.sum(axis=1) / scale[rows]]
    flows = 0.0 if ledger.flows is None else float(ledger.flows.sum())
    explained = float(profit_by_holding(ledger).sum()) + float(ledger.interest.sum())
    gained = float(ledger.equity[-1]) - initial - flows
    return {
        "equity_residual": float(np.concatenate(found).max()),
        "attribution_residual": abs(explained - gained) / float(scale[-1]),
    }


def _add_positions(value: FloatArray, ledger: Ledger, units: FloatArray) -> None:
    """Add Σ units · price to the value (P,) of every session. units: (E, N), replayed."""
    if ledger.price.shape[1] <= FEW:
        begin = int(ledger.execution[0])
        events = np.repeat(np.arange(len(units)), np.diff(ledger.execution, append=len(value)))
        for holding in np.flatnonzero((units != 0).any(axis=0)):
            value[begin:] += ledger.price[begin:, holding] * units[:, holding].take(events)
        return
    if _RARE * len(units) < ledger.price.size:  # one product from event to event
        ends = [*ledger.execution[1:].tolist(), len(value)]
        for event, (start, end) in enumerate(zip(ledger.execution.tolist(), ends, strict=True)):
            held = np.flatnonzero(ledger.units[event])
            few = 4 * held.size < ledger.price.shape[1]
            price = ledger.price[start:end, held] if few else ledger.price[start:end]
            value[start:end] += price @ (units[event, held] if few else units[event])
        return
    for block in position_blocks(ledger, units, len(value)):
        value[block.rows] += np.einsum("sk,sk->s", block.amounts, block.pick(ledger.price))


def _replayed_units(ledger: Ledger) -> FloatArray:
    """Σ traded so far (E, N): the units after each event."""
    size, count = len(ledger.execution), ledger.price.shape[1]
    at = ledger.trade_event * count + ledger.trade_holding
    traded = sums(at, ledger.trade_units, size * count).reshape(size, count)
    np.cumsum(traded, axis=0, out=traded)
    return traded


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
