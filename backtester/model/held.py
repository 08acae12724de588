"""What is held from each event on: weights or units, in as few columns as are used at a time."""

from __future__ import annotations

import numpy as np

from backtester.model.record import Record
from backtester.model.records import FloatArray, IntArray

FEW = 64  # holdings: up to so many have a column each
_GATHERING = 8  # gathering a position takes so many times as long as reading a row in order


class Held(Record):
    """Amounts after each of E events, in K places. Where few of N holdings are held at a time, K is their number."""

    count: int  # N
    amounts: FloatArray  # (E, K) 0 in an unused place
    holdings: IntArray | None  # (E, K) the holding of each place, ascending, 0 in an unused place; None: K is all N

    def matrix(self) -> FloatArray:
        """Return the amounts of all holdings (E, N)."""
        if self.holdings is None:
            return self.amounts
        whole = np.zeros((len(self.amounts), self.count))
        event, place = self.amounts.nonzero()
        whole[event, self.holdings[event, place]] = self.amounts[event, place]
        return whole

    def of(self, events: IntArray | slice) -> Held:
        """Return what is held from each of L events on, as L events."""
        holdings = None if self.holdings is None else self.holdings[events]
        return Held(count=self.count, amounts=self.amounts[events], holdings=holdings)

    def last(self) -> FloatArray:
        """Return the amounts (N,) after the last event; zeros where there is none."""
        if not len(self.amounts):
            return np.zeros(self.count)
        final: FloatArray = self.of(slice(-1, None)).matrix()[0]
        return final

    def pick(self, values: FloatArray, rows: IntArray) -> FloatArray:
        """Return from values (T, N) those of the places (E, K), each event's of its row (E,)."""
        picked: FloatArray = values[rows] if self.holdings is None else values[rows[:, None], self.holdings]
        return picked

    def by_holding(self, values: FloatArray, events: IntArray) -> FloatArray:
        """Return Σ values (L, K) in the places of events (L,), by holding (N,)."""
        if self.holdings is None:
            summed: FloatArray = values.sum(axis=0)
            return summed
        places = self.holdings[events].ravel()
        return np.bincount(places, values.ravel(), minlength=self.count).astype(np.float64, copy=False)


class Changes(Record):
    """The holdings that each event has before or after it: U pairs of an event and a holding, ascending."""

    event: IntArray  # (U,)
    holding: IntArray  # (U,)
    before: FloatArray  # (U,) amounts
    after: FloatArray  # (U,)

    def rows(self, events: int) -> tuple[FloatArray, FloatArray]:
        """Return the amounts before and after in a row for each event, (E, M) each, 0 in unused places."""
        counts = np.bincount(self.event, minlength=events)
        place = np.arange(self.event.size) - np.repeat(np.cumsum(counts) - counts, counts)
        width = int(counts.max(initial=1))
        before, after = np.zeros((events, width)), np.zeros((events, width))
        before[self.event, place], after[self.event, place] = self.before, self.after
        return before, after


def in_places(matrix: FloatArray) -> Held:
    """Return amounts (E, N) in as few places as are used; in all N where that is no saving."""
    count = matrix.shape[1]
    if count > FEW:
        used = matrix != 0
        widths = np.count_nonzero(used, axis=1)
        width = max(int(widths.max(initial=1)), 1)
        if _GATHERING * width <= count:
            event, holding = used.nonzero()
            place = np.arange(event.size) - np.repeat(np.cumsum(widths) - widths, widths)
            holdings, amounts = np.zeros((len(matrix), width), dtype=np.intp), np.zeros((len(matrix), width))
            holdings[event, place], amounts[event, place] = holding, matrix[event, holding]
            return Held(count=count, amounts=amounts, holdings=holdings)
    return Held(count=count, amounts=matrix, holdings=None)


def changes(held: Held, before: FloatArray) -> Changes:
    """Return the changes of amounts in few places. before: (E - 1, K) what those of one event are at the next."""
    assert held.holdings is not None
    event, place = held.amounts.nonzero()
    after = event * held.count + held.holdings[event, place]
    earlier = event < len(held.amounts) - 1
    left = after[earlier] + held.count
    both = ascending(np.concatenate([after, left]))
    amounts = np.zeros((2, both.size))
    amounts[0, both.searchsorted(left)] = before[event[earlier], place[earlier]]
    amounts[1, both.searchsorted(after)] = held.amounts[event, place]
    return Changes(event=both // held.count, holding=both % held.count, before=amounts[0], after=amounts[1])


def ascending(values: IntArray) -> IntArray:
    """Return the values in order, each once; np.unique imports numpy.ma."""
    ordered: IntArray = np.sort(values, kind="stable")
    once: IntArray = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: ordered.size]]
    return once
