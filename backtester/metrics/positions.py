"""The positions of every session in blocks, so that time and memory depend on the positions that are held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backtester.model.held import Held
from backtester.model.record import Record
from backtester.model.records import FloatArray, IntArray, Ledger

_BLOCK = 1 << 14  # positions; small enough to stay in the processor's cache


class PositionBlock(Record):
    """The positions at the closes of consecutive sessions: S sessions, K places."""

    rows: slice  # the sessions (S,)
    amounts: FloatArray  # (S, K) units
    holdings: IntArray | None  # (S, K) the holding of each place, 0 units in an unused place; None: K is all N

    def pick(self, values: FloatArray, offset: int = 0) -> FloatArray:
        """Return `values` (P, N) of each position (S, K), `offset` sessions later."""
        rows = slice(self.rows.start + offset, self.rows.stop + offset)
        if self.holdings is None:
            return values[rows]
        picked: FloatArray = values[np.arange(rows.start, rows.stop)[:, None], self.holdings]
        return picked

    def by_holding(self, values: FloatArray, weight: FloatArray, count: int) -> FloatArray:
        """Return Σ weight (S,) · values (S, K), one for each position, by holding (N,)."""
        if self.holdings is None:
            summed: FloatArray = weight @ values
            return summed
        return sums(self.holdings.ravel(), (values * weight[:, None]).ravel(), count)


def sums(places: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Return Σ values (K,) by their places (K,), (size,)."""
    summed: FloatArray = np.bincount(places, weights=values, minlength=size).astype(np.float64, copy=False)
    return summed


def position_blocks(ledger: Ledger, held: Held, last: int) -> Iterator[PositionBlock]:
    """Yield the positions at the close of each session before row `last`; held: instead of the ledger's."""
    events = np.searchsorted(ledger.execution, np.arange(last), side="right") - 1
    begin = int(np.searchsorted(events, 0))  # nothing is held before the first event
    step = max(_BLOCK // held.amounts.shape[1], 1)
    for start in range(begin, last, step):
        of = events[start : start + step]
        rows = slice(start, start + of.size)
        chosen = None if held.holdings is None else held.holdings.take(of, axis=0)
        yield PositionBlock(rows=rows, amounts=held.amounts.take(of, axis=0), holdings=chosen)
