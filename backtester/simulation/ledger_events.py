"""The events that both simulations return: the trades' sessions, and the units held after each."""

from __future__ import annotations

from backtester.model.held import Held
from backtester.model.record import Record
from backtester.model.records import FloatArray, IntArray


class LedgerEvents(Record):
    """E events in order of time. See `records.Ledger` for the meaning of the columns that it shares."""

    execution: IntArray  # (E,) rows of the period
    kind: IntArray  # (E,)
    target: IntArray  # (E,)
    decision: IntArray  # (E,) rows of the price table
    held: Held  # units, from then on
    cash: FloatArray  # (E,) just after
    equity_before: FloatArray  # (E,) just before, without the flow
    fills: FloatArray | None = None  # (E, N) prices before slippage; None: `AccountingPrices.fills` of every session
    flows: FloatArray | None = None  # (P,) paid in at each close; None: never any
    skipped: tuple[int, ...] = ()  # rows of the period of rebalances that could not pay for themselves
    delayed: tuple[tuple[int, int, int], ...] = ()  # rows of the period: due, filled (P: never); and for which holding
    depleted: int | None = None  # row of the period on which a withdrawal took the last of the money
