"""Rebalances and cash flows that wait until all that they trade has a price of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from backtester.model.records import BoolArray, FloatArray, TargetWeights
from backtester.simulation.accounting import AccountingPrices


class Pending(NamedTuple):
    """A rebalance that is due, and may have to wait for prices."""

    kind: int  # SCHEDULED or BAND
    target: int  # the row of its target weights
    decided: int  # row of the price table
    due: int  # row of the period


class Waiting:
    """What is due and not yet filled: at most one rebalance, contributions in cash, and withdrawals."""

    def __init__(self, market: AccountingPrices, targets: TargetWeights) -> None:
        self.rebalance: Pending | None = None
        self.uninvested = 0.0  # contributions in cash
        self.withdrawals: list[int] = []  # the rows on which they were due
        self.flow_due = 0  # row of the first cash flow that waits
        self.delayed: list[tuple[int, int, int]] = []  # as LedgerEvents has them
        self._market = market
        self._targets = targets
        self._size = market.sessions.size

    def become_due(self, rebalance: Pending) -> None:
        """Take a rebalance as pending, in place of one that waits."""
        if self.rebalance is not None:
            self._note(self.rebalance.due, self._size, self._market.fillable)
        self.rebalance = rebalance

    def take_rebalance(self, row: int) -> Pending:
        """Return the rebalance that is filled on a row; it waits no more."""
        rebalance, self.rebalance = self.rebalance, None
        assert rebalance is not None
        self._note(rebalance.due, row, self._market.fillable)
        return rebalance

    def end(self) -> None:
        """Note what waits to the end of the period and is never filled."""
        if self.rebalance is not None:
            self._note(self.rebalance.due, self._size, self._market.fillable)
        if self.uninvested or self.withdrawals:
            self.note_flow(self._size)

    def note_flow(self, row: int) -> None:
        """Note that the flows that waited are filled on a row; the size of the period: never."""
        self._note(self.flow_due, row, self._market.own)

    def ready(self, units: FloatArray, row: int) -> int:
        """Return the first row, not before `row`, on which something that waits can be filled."""
        return min(self.rebalance_ready(units, row), self.flow_ready(units, row))

    def rebalance_ready(self, units: FloatArray, row: int) -> int:
        """Return the first row on which everything that the pending rebalance trades has its own price."""
        if self.rebalance is None:
            return self._size
        traded = (units != 0) | (self._targets.weights[self.rebalance.target] > 0)
        return first_own(self._market.fillable, max(self.rebalance.due, row), traded)

    def flow_ready(self, units: FloatArray, row: int) -> int:
        """Return the first row on which the flows that wait can be invested, or taken out of the holdings."""
        if not (self.uninvested or self.withdrawals):
            return self._size
        return first_own(self._market.own, max(self.flow_due + 1, row), units != 0)

    def _note(self, due: int, filled: int, own: BoolArray | None) -> None:
        """Note what waited from `due` to `filled`, and the first holding that it waited for."""
        if filled > due and own is not None:
            lacking = (~own[due]).nonzero()[0]
            self.delayed.append((due, filled, int(lacking[0]) if lacking.size else -1))


def first_own(own: BoolArray | None, row: int, traded: BoolArray) -> int:
    """Return the first row from `row` on at which all that is traded (N,) has its own price; P where there is none."""
    if own is None:
        return row
    step = 1
    while row < len(own):
        ready = np.asarray(own[row : row + step, traded].all(axis=1))
        if ready.any():
            return row + int(ready.argmax())
        row, step = row + step, step * 4
    return len(own)
