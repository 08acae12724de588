"""Aligns histories to one price table: common sessions, carried prices, opens and dividends where they are used.

Every carried price, delayed start and clipped end leaves a warning; a gap that is too long is an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.calendar import Calendar, measure_calendar
from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.model.records import BoolArray, DateArray, FloatArray, PriceQuery, PriceTable, SymbolHistory
from backtester.prices.period import effective_period, until_end
from backtester.prices.plausibility import implausible_warnings, share_count_warnings
from backtester.prices.provenance import provenance


def align(histories: dict[str, SymbolHistory], query: PriceQuery) -> PriceTable:
    """Align the histories of every symbol of the query on the sessions of its holdings.

    histories: each may begin earlier and end later than needed. Neither the benchmark nor a signal adds a session:
    a comparison does not change the numbers of the portfolio.
    DataError NO_DATA_IN_RANGE, INSUFFICIENT_HISTORY, DATA_GAP.
    """
    whole = histories = _without_filled(histories, query)
    histories, reach = until_end(histories, query)
    sessions = _union([histories[symbol].sessions for symbol in query.symbols])
    period = effective_period(histories, query, sessions, reach)
    used = sessions[period.begin : period.end]
    close, carried = _columns({s: histories[s] for s in query.all_symbols}, used, "close")
    ended, end_warnings = None, list[RunWarning]()
    if query.ended_history == "cash" and carried is not None:
        from backtester.prices.ended import without_ended  # most runs do not need it

        ended, end_warnings, carried, close = without_ended(query, histories, used, carried, close)
    gap_warnings = _gap_warnings(query, sessions, period.begin, histories, carried)
    opens, own_open, open_warnings = _opens(query, histories, used, close)
    dividend = _dividends(query, histories, used)
    traded, split = _share_prices(query, histories, used)
    for array in (close, opens, dividend, traded, split):
        if array is not None:
            array.flags.writeable = False
    count, at = len(query.symbols), {symbol: column for column, symbol in enumerate(query.all_symbols)}
    bench = [at[symbol] for symbol, _ in query.benchmark]
    first = period.start - period.begin
    calendar = _calendar(query, whole, used, first)
    return PriceTable(
        sessions=used,
        symbols=query.symbols,
        close=close[:, :count],
        open=None if opens is None else opens[:, :count],
        first=first,
        benchmark_close=close[:, bench] if bench else None,
        benchmark_open=opens[:, bench] if bench and opens is not None and max(bench) < opens.shape[1] else None,
        signal_close={symbol: close[:, at[symbol]] for symbol, _ in query.signals},
        dividend=dividend,
        own=_own(close, carried, slice(count)) if carried is not None and carried[:, :count].any() else None,
        own_open=None if own_open is None else own_open[:, :count],
        benchmark_own=_own(close, carried, bench) if bench and carried is not None else None,
        signal_own={} if carried is None else {s: _own(close, carried, at[s]) for s, _ in query.signals},
        traded=traded,
        split=split,
        ended=ended,
        partial_history=query.partial_history and bool(np.isnan(close[0, :count]).any()),
        provenance=_provenance(histories, query, used, _seen_outside(calendar, query, used, first)),
        limited_by=period.limited_by,
        calendar=calendar,
        warnings=(
            *(w for s in query.all_symbols for w in histories[s].warnings),
            *implausible_warnings(histories, query, used), *share_count_warnings(histories, query),
            *period.warnings, *end_warnings, *_rhythm_warnings(calendar, query),
            *gap_warnings, *open_warnings,
        ),
    )  # fmt: skip


def _without_filled(histories: dict[str, SymbolHistory], query: PriceQuery) -> dict[str, SymbolHistory]:
    if all(histories[symbol].source == "bundled" for symbol in query.all_symbols):  # known to have no filled rows
        return histories
    from backtester.prices.filled_rows import without_filled  # most runs do not need it

    return {symbol: without_filled(histories[symbol], query.end_date) for symbol in query.all_symbols}


def _own(close: FloatArray, carried: BoolArray, columns: int | slice | list[int]) -> BoolArray:
    """Mark the closes of the columns that are the session's own: neither carried forward nor before the first."""
    own: BoolArray = ~carried[:, columns] & ~np.isnan(close[:, columns])
    return own


def _calendar(query: PriceQuery, histories: dict[str, SymbolHistory], used: DateArray, first: int) -> Calendar:
    """Measure the calendar of the sessions (T,) that are used. histories: whole, beyond the end of the period."""
    before, following, latest = [], [], []
    for symbol in query.all_symbols:
        own = histories[symbol].sessions
        row, end = int(np.searchsorted(own, used[first])), int(np.searchsorted(own, used[-1], side="right"))
        before += [own[row - 1]] if row else []
        latest += [own[-1]] if end < own.size else []
        following += [own[end]] if end < own.size and symbol in query.symbols else []
    return measure_calendar(
        used, end_date=np.datetime64(query.end_date), previous=max(before, default=None),
        following=min(following, default=None), latest=max(latest, default=None),
        periods_per_year=query.periods_per_year,
    )  # fmt: skip


def _rhythm_warnings(calendar: Calendar, query: PriceQuery) -> tuple[RunWarning, ...]:
    """Return NOT_DAILY_PRICES where the sessions are weeks, months or irregular."""
    if calendar.is_daily:
        return ()
    detail = f"The prices are not daily. Figures are annualised with {calendar.periods_per_year} periods per year."
    if query.periods_per_year is None:
        detail += " Set data.periods_per_year to use another number."
    return (RunWarning(code="NOT_DAILY_PRICES", detail=detail, pointer="/data"),)


def _share_prices(
    query: PriceQuery, histories: dict[str, SymbolHistory], used: DateArray
) -> tuple[FloatArray | None, FloatArray | None]:
    """Return what a share of each holding cost (T, N), and its splits (T, N); None where all are as the closes."""
    held = [histories[symbol] for symbol in query.symbols]
    if all(history.traded is None for history in held):
        return None, None
    shares = {h.symbol: h if h.traded is not None else replace(h, traded=h.close) for h in held}
    traded, _ = _columns(shares, used, "traded")
    if all(history.split is None for history in held):
        return traded, None
    split = np.ones((len(held), used.size))
    for column, history in enumerate(held):
        if history.split is not None:
            at = np.searchsorted(used, history.sessions)
            inside = (history.split != 1) & (history.sessions >= used[0]) & (at < used.size)
            np.multiply.at(split[column], at[inside], history.split[inside])
    return traded, split.T


def _dividends(query: PriceQuery, histories: dict[str, SymbolHistory], used: DateArray) -> FloatArray | None:
    if not query.needs_dividends:
        return None
    from backtester.prices.dividends import dividend_table  # most runs do not need it

    return dividend_table([histories[symbol] for symbol in query.symbols], used)


def _seen_outside(calendar: Calendar, query: PriceQuery, used: DateArray, first: int) -> str:
    """Return what prices outside the sessions (T,) change of the run's first and last period; mostly nothing."""
    days = used.astype(np.int64)
    before = int(days[first - 1]) if first else None
    return ", ".join(calendar.seen_outside(int(days[first]), int(days[-1]), before, query.frequencies))


def _provenance(
    histories: dict[str, SymbolHistory], query: PriceQuery, used: DateArray, outside: str
) -> dict[str, dict[str, Any]]:
    """Return the provenance of each symbol, with a digest of the prices that can change a number."""
    traded = query.traded_symbols
    return {
        symbol: provenance(
            histories[symbol], used[0], used[-1],
            with_open=query.needs_open and symbol in traded,
            with_dividends=query.needs_dividends and symbol in query.symbols,
            with_traded=symbol in query.symbols, outside=outside,
        )
        for symbol in query.all_symbols
    }  # fmt: skip


def _union(calendars: list[DateArray]) -> DateArray:
    first = calendars[0]
    if all(other is first or np.array_equal(other, first) for other in calendars[1:]):
        return first
    union: DateArray = np.unique(np.concatenate(calendars))
    return union


def _columns(
    histories: dict[str, SymbolHistory], sessions: DateArray, field: str
) -> tuple[FloatArray, BoolArray | None]:
    """Return (T, N) prices on the sessions, the last one carried forward, and a mask of the carried ones.

    NaN before a symbol's first price. The array is in column order: a symbol's history is contiguous.
    """
    table = np.empty((len(histories), sessions.size))
    carried: BoolArray | None = None
    for row, history in enumerate(histories.values()):
        source: FloatArray = getattr(history, field)
        offset = int(np.searchsorted(history.sessions, sessions[0]))
        window = history.sessions[offset : offset + sessions.size]
        if np.array_equal(window, sessions):
            table[row] = source[offset : offset + sessions.size]
            continue
        at = np.searchsorted(history.sessions, sessions, side="right") - 1
        table[row] = np.where(at >= 0, source[np.maximum(at, 0)], np.nan)
        if carried is None:
            carried = np.zeros(table.shape, dtype=bool)
        carried[row] = (at >= 0) & (history.sessions[np.maximum(at, 0)] != sessions)
    return table.T, None if carried is None else carried.T


def _gap_warnings(
    query: PriceQuery,
    sessions: DateArray,
    begin: int,
    histories: dict[str, SymbolHistory],
    carried: BoolArray | None,
) -> list[RunWarning]:
    """Return a warning for each symbol that was carried forward; DataError DATA_GAP for a hole that is too long.

    carried: (T, N) over sessions[begin:]. A hole that began before those rows counts from its beginning.
    """
    warnings: list[RunWarning] = []
    if carried is None:
        return warnings
    for column, symbol in enumerate(query.all_symbols):
        rows = np.flatnonzero(carried[:, column]) + begin
        if not rows.size:
            continue
        if rows[0] == begin:
            own = histories[symbol].sessions
            before = int(np.searchsorted(sessions, own[np.searchsorted(own, sessions[begin]) - 1], side="right"))
            rows = np.concatenate([np.arange(before, begin), rows])
        longest = max(np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1), key=len)
        if len(longest) > query.max_gap_sessions:
            first, last = sessions[longest[0]], sessions[longest[-1]]
            detail = f"{symbol} has no price on {len(longest)} sessions from {first} to {last}."
            remedy = (
                f"Raise `data.max_gap_sessions` to {len(longest)} to carry its last price forward, or move the period."
            )
            raise DataError("DATA_GAP", detail, remedy=remedy, pointer=query.pointer(symbol))
        detail = (
            f"{symbol} has no price on {len(rows)} sessions (first {sessions[rows[0]]}). "
            "Its last price was carried forward."
        )
        pointer = query.pointer(symbol)
        warnings.append(RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=pointer, symbol=symbol))
    return warnings


def _opens(
    query: PriceQuery, histories: dict[str, SymbolHistory], sessions: DateArray, close: FloatArray
) -> tuple[FloatArray | None, BoolArray | None, list[RunWarning]]:
    """Return the opens where execution needs them, and which are the session's own; None: all are.

    A missing open is the close before, with a warning: it values, and nothing is filled at it.
    """
    if not query.needs_open:
        return None, None, []
    for symbol in query.symbols:
        if histories[symbol].open is None:
            raise DataError(
                "NO_DATA_IN_RANGE", f"{symbol} has no opening prices in the source {histories[symbol].source}.",
                remedy="Use `execution.timing` `next_close`.", pointer="/execution/timing", suggestion="next_close",
            )  # fmt: skip
    traded = query.traded_symbols
    close = close[:, : len(traded)]
    usable = {s: histories[s] for s in traded if histories[s].open is not None}
    table, carried = _columns(usable, sessions, "open")
    opens = close.copy(order="K")
    opens[:, [traded.index(s) for s in usable]] = table
    missing = np.isnan(opens) & ~np.isnan(close)
    if carried is not None:
        missing[:, [traded.index(s) for s in usable]] |= carried
    previous = np.vstack([close[:1], close[:-1]])
    previous = np.where(np.isnan(previous), close, previous)
    opens[missing] = previous[missing]
    warnings = []
    for column, symbol in enumerate(traded):
        count = int(missing[:, column].sum())
        if count:
            detail = (
                f"{symbol} has no open on {count} sessions. The close before was used (on the first session, its own)."
            )
            warnings.append(
                RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=query.pointer(symbol), symbol=symbol)
            )
    return opens, ~missing & ~np.isnan(opens) if missing.any() else None, warnings
