"""Histories aligned on the sessions of their holdings: the whole of them, from which each query takes a view.

No period, look-back or signal changes a row: a carried price depends on earlier sessions alone. So a process aligns the
same histories once, and every query that names their symbols in the same order takes slices of the same arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from backtester.model.record import replace
from backtester.model.records import BoolArray, DateArray, FloatArray, PriceQuery, PriceTable, SymbolHistory

MOST_BYTES = 32 * 2**20  # of all that a process keeps
_LASTING = {"bundled", "csv"}


class AlignedPrices:
    """T sessions, which are the union of those of the N holdings; M symbols: the holdings, then the others.

    Arrays are read-only and in column order: the prices of a symbol are contiguous.
    """

    def __init__(self, histories: dict[str, SymbolHistory], holdings: tuple[str, ...]) -> None:
        """Align whole histories (M). holdings: (N,) the first of their symbols."""
        self.histories, self.holdings = histories, holdings
        self.sessions = _union([histories[symbol].sessions for symbol in holdings])
        # equal ones are the same object, so that what depends on the sessions alone is computed once for all of them
        self.calendars = dict(zip(histories, _shared(self.sessions, histories.values()), strict=True))
        self.close, self.carried = self._columns(histories, "close")
        self.last: tuple[PriceQuery, PriceTable] | None = None  # a service is asked the same again and again

    @functools.cached_property
    def opens(self) -> tuple[FloatArray, BoolArray | None]:
        """The opens (T, M), a close where a symbol has none at all, and a mask of those that are not the session's."""
        usable = [at for at, history in enumerate(self.histories.values()) if history.open is not None]
        if not usable:
            return self.close, None
        histories = {symbol: history for symbol, history in self.histories.items() if history.open is not None}
        found, carried = self._columns(histories, "open")
        missing = np.isnan(found) & ~np.isnan(self.close[:, usable])
        if carried is not None:
            missing |= carried
        if len(usable) < len(self.histories):
            opens = self.close.copy(order="K")
            opens[:, usable] = found
            among = np.zeros(opens.shape, dtype=bool, order="F")
            among[:, usable] = missing
            found, missing = opens, among
        found.flags.writeable = False
        return found, missing if missing.any() else None

    @functools.cached_property
    def traded(self) -> FloatArray | None:
        """What a share of each holding cost (T, N); None where it is the close for all of them."""
        held = [self.histories[symbol] for symbol in self.holdings]
        if all(history.traded is None for history in held):
            return None
        known = {h.symbol: h if h.traded is not None else replace(h, traded=h.close) for h in held}
        return self._columns(known, "traded")[0]

    @functools.cached_property
    def split(self) -> FloatArray | None:
        """The splits of the holdings (T, N), new shares for an old one; None where no history has any."""
        held = [self.histories[symbol] for symbol in self.holdings]
        if self.traded is None or all(history.split is None for history in held):
            return None
        split = np.ones((len(held), self.sessions.size))
        for column, history in enumerate(held):
            if history.split is not None:
                on = history.split != 1
                np.multiply.at(split[column], np.searchsorted(self.sessions, history.sessions[on]), history.split[on])
        split.flags.writeable = False
        return split.T

    @functools.cached_property
    def dividend(self) -> FloatArray:
        """The dividends of the holdings (T, N). DataError as `dividend_table`."""
        from backtester.prices.table.dividends import dividend_table  # most runs do not need it

        dividend = dividend_table([self.histories[symbol] for symbol in self.holdings], self.sessions)
        dividend.flags.writeable = False
        return dividend

    @property
    def nbytes(self) -> int:
        """The bytes of what is aligned so far, of the last view as if it shared none of them, and of the histories.

        The histories of the sample are mapped, and take none.
        """
        arrays = [self.sessions, self.close, self.carried]
        for name in ("opens", "traded", "split", "dividend"):
            built = self.__dict__.get(name)
            arrays += built if isinstance(built, tuple) else [built]
        if self.last is not None:
            table = self.last[1]
            arrays += [table.close, table.open, table.own, table.own_open, table.benchmark_own]
        for history in self.histories.values():
            if history.source != "bundled":
                arrays += [history.sessions, history.close, history.open, history.dividend]
                arrays += [history.traded, history.split]
        return sum(array.nbytes for array in arrays if array is not None)

    def _columns(self, histories: dict[str, SymbolHistory], field: str) -> tuple[FloatArray, BoolArray | None]:
        """Return (T, K) prices of K histories, the last one carried forward, and a mask of the carried ones.

        NaN before a symbol's first price. No mask where every history has every session.
        """
        table = np.empty((len(histories), self.sessions.size))
        carried: BoolArray | None = None
        for row, (symbol, history) in enumerate(histories.items()):
            source: FloatArray = getattr(history, field)
            own = self.calendars[symbol]
            if own is self.sessions:
                table[row] = source
                continue
            if not own.size:
                table[row] = np.nan
                continue
            at = np.searchsorted(own, self.sessions, side="right") - 1
            table[row] = np.where(at >= 0, source[np.maximum(at, 0)], np.nan)
            if carried is None:
                carried = np.zeros(table.shape, dtype=bool)
            carried[row] = (at >= 0) & (own[np.maximum(at, 0)] != self.sessions)
        table.flags.writeable = False
        return table.T, None if carried is None else carried.T


def aligned_prices(histories: dict[str, SymbolHistory], holdings: tuple[str, ...]) -> AlignedPrices:
    """Return the histories (M) aligned. holdings: (N,) the first of their symbols.

    Those of files and of the sample, which a source gives again as the very same records until a file changes, are
    cached, up to MOST_BYTES. Others end with their run.
    """
    key = holdings, tuple(histories)
    found = _cached.pop(key, None)  # put back as the last: threads may do this at the same time, and both are right
    if found is None or any(found.histories[symbol] is not history for symbol, history in histories.items()):
        found = AlignedPrices(histories, holdings)
    if any(history.source not in _LASTING for history in histories.values()):
        return found
    _cached[key] = found
    sizes = [(each, aligned.nbytes) for each, aligned in list(_cached.items())]
    left = sum(size for _, size in sizes)
    for each, size in sizes:
        if left <= MOST_BYTES:
            break
        _cached.pop(each, None)
        left -= size
    return found


_cached: dict[tuple[tuple[str, ...], tuple[str, ...]], AlignedPrices] = {}  # the least recently used first


def distinct(calendars: dict[str, DateArray]) -> list[DateArray]:
    """Return the sessions of all symbols, those that several share once, in the order of the symbols."""
    return list({id(sessions): sessions for sessions in calendars.values()}.values())


def _union(calendars: list[DateArray]) -> DateArray:
    first = calendars[0]
    if all(other is first or np.array_equal(other, first) for other in calendars[1:]):
        return first
    union: DateArray = np.unique(np.concatenate(calendars))
    return union


def _shared(sessions: DateArray, histories: Iterable[SymbolHistory]) -> Iterator[DateArray]:
    """Yield the sessions of each history; where they equal those of the holdings, or of one before, the same object."""
    known = {_extent(sessions): [sessions]}
    for history in histories:
        own = history.sessions
        alike = known.setdefault(_extent(own), [])
        same = next((other for other in alike if other is own or np.array_equal(other, own)), None)
        if same is None:
            alike.append(own)
        yield own if same is None else same


def _extent(sessions: DateArray) -> tuple[int, ...]:
    """Return the number, the first and the last of the sessions: what equal ones have in common."""
    return (sessions.size, *sessions[[0, -1]].astype(np.int64).tolist()) if sessions.size else (0,)
