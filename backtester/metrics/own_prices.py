"""The sessions on which all that enters a statistic has a price of its own: a carried price is in none.

Where the holdings trade on different days, the returns of a statistic reach from one such session to the next, and it
is annualised with the P of those sessions.
"""

from __future__ import annotations

import numpy as np

from backtester.model.calendar import measured_periods
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, FloatArray, IntArray, Ledger, PriceTable


class OwnSessions(Record):
    """The sessions of a period (P,) that count: C rows."""

    rows: IntArray  # (C,)
    periods: int  # the P of these sessions

    def returns(self, curve: FloatArray, initial: float) -> FloatArray:
        """Return the returns of a curve (P,) from each row to the next; the first from `initial`, if it is row 0."""
        base, rows = self.steps(curve, initial)
        result: FloatArray = curve[rows] / base - 1
        return result

    def steps(self, curve: FloatArray, initial: float) -> tuple[FloatArray, IntArray]:
        """Return the value (K,) that each return begins with, and the row (K,) that it ends on."""
        if self.rows.size and self.rows[0] == 0:
            return np.concatenate([[initial], curve[self.rows[:-1]]]), self.rows
        return curve[self.rows[:-1]], self.rows[1:]


def own_sessions(
    ledger: Ledger, prices: PriceTable, spec: BacktestSpec, *, with_benchmark: bool = False
) -> OwnSessions | None:
    """Return the sessions on which every holding that is held has its own price; None where all have.

    with_benchmark: and the benchmark.
    """
    period = slice(prices.first, prices.first + ledger.sessions.size)
    counts = np.ones(ledger.sessions.size, dtype=bool)
    if prices.own is not None:
        own = prices.own[period]
        some = np.flatnonzero(~own.all(axis=1))
        event = np.searchsorted(ledger.execution, some, side="right") - 1  # -1: nothing is held yet
        held = (ledger.units[np.maximum(event, 0)] != 0) & (event >= 0)[:, None]
        counts[some] = ~(held & ~own[some]).any(axis=1)
    if with_benchmark and prices.benchmark_own is not None:
        counts &= prices.benchmark_own[period].all(axis=1)
    if counts.all():
        return None
    rows, periods = np.flatnonzero(counts), prices.calendar.periods_per_year
    if spec.periods_per_year is None:
        periods = measured_periods(ledger.sessions[rows], otherwise=periods)
    return OwnSessions(rows=rows, periods=periods)
