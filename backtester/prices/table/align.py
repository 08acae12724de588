"""Aligns histories to one price table: common sessions, carried prices, opens and dividends where they are used.

Every carried price, delayed start and clipped end leaves a warning; a gap that is too long is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backtester.model.calendar import WEEKDAYS, Calendar, changed_weeks, measure_calendar
from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray, PriceQuery, PriceTable, SymbolHistory
from backtester.prices.checks.plausibility import implausible_warnings, share_count_warnings
from backtester.prices.provenance import provenance
from backtester.prices.table.aligned import AlignedPrices, aligned_prices, distinct
from backtester.prices.table.period import effective_period, until_end

_MOST_WEEKS = 3  # that a warning names


def align(histories: dict[str, SymbolHistory], query: PriceQuery) -> PriceTable:
    """Align the histories of every symbol of the query on the sessions of its holdings.

    histories: each may begin earlier and end later than needed. Neither the benchmark nor a signal adds a session:
    a comparison does not change the numbers of the portfolio.
    DataError NO_DATA_IN_RANGE, INSUFFICIENT_HISTORY, DATA_GAP.
    """
    return view(aligned_for(histories, query), query)


def aligned_for(histories: dict[str, SymbolHistory], query: PriceQuery) -> AlignedPrices:
    """Return the histories aligned, for `view` with this query, and any other of its symbols and end_date."""
    return aligned_prices(_without_filled(histories, query), query.symbols)


def view(aligned: AlignedPrices, query: PriceQuery) -> PriceTable:
    """Return the prices of a query; slices of the aligned ones but where a price is lacking. DataError as `align`."""
    last = aligned.last
    if last is None or last[0] != query:
        last = aligned.last = query, _table(aligned, query)
    # the provenance becomes part of a document, which belongs to the caller
    return replace(last[1], provenance={symbol: dict(entry) for symbol, entry in last[1].provenance.items()})


def _table(aligned: AlignedPrices, query: PriceQuery) -> PriceTable:
    calendars, reach = until_end(aligned.calendars, query)
    sessions = aligned.sessions[: aligned.sessions.searchsorted(np.datetime64(query.end_date), side="right")]
    period = effective_period(calendars, query, sessions, reach)
    rows = slice(period.begin, period.end)
    used, first = sessions[rows], period.start - period.begin
    close, carried = aligned.close[rows], _carried(aligned, rows)
    ended, end_warnings, carried, close = _ended(query, aligned, used, carried, close)
    gap_warnings = _gap_warnings(query, aligned, sessions, period.begin, carried)
    opens, own_open, open_warnings = _opens(query, aligned, rows, close)
    calendar = _calendar(query, aligned, used, first)
    count, at = len(query.symbols), {symbol: column for column, symbol in enumerate(query.all_symbols)}
    bench = [at[symbol] for symbol, _ in query.benchmark]
    return PriceTable(
        sessions=used,
        symbols=query.symbols,
        close=close[:, :count],
        open=None if opens is None else opens[:, :count],
        first=first,
        benchmark_close=close[:, bench] if bench else None,
        benchmark_open=opens[:, bench] if bench and opens is not None and max(bench) < opens.shape[1] else None,
        signal_close={symbol: close[:, at[symbol]] for symbol, _ in query.signals},
        dividend=aligned.dividend[rows] if query.needs_dividends else None,
        own=_own(close, carried, slice(count)) if carried is not None and carried[:, :count].any() else None,
        own_open=None if own_open is None else own_open[:, :count],
        benchmark_own=_own(close, carried, bench) if bench and carried is not None else None,
        signal_own={} if carried is None else {s: _own(close, carried, at[s]) for s, _ in query.signals},
        traded=None if aligned.traded is None else aligned.traded[rows],
        split=None if aligned.split is None else aligned.split[rows],
        ended=ended,
        partial_history=query.partial_history and bool(np.isnan(close[0, :count]).any()),
        provenance=_provenance(aligned, query, used, _seen_outside(calendar, query, used, first, ended)),
        limited_by=period.limited_by,
        calendar=calendar,
        warnings=(
            *_warnings_of_histories(aligned.histories, query, used), *period.warnings, *end_warnings,
            *_rhythm_warnings(calendar, query), *_week_warnings(calendar, query, used), *gap_warnings, *open_warnings,
        ),
    )  # fmt: skip


def _without_filled(histories: dict[str, SymbolHistory], query: PriceQuery) -> dict[str, SymbolHistory]:
    """Return the histories in the query's order of symbols, without rows that are no sessions."""
    histories = {symbol: histories[symbol] for symbol in query.all_symbols}
    if all(history.source == "bundled" for history in histories.values()):  # known to have no filled rows
        return histories
    from backtester.prices.checks.filled_rows import without_filled  # most runs do not need it

    return {symbol: without_filled(history, query.end_date) for symbol, history in histories.items()}


def _own(close: FloatArray, carried: BoolArray, columns: int | slice | list[int]) -> BoolArray:
    """Mark the closes of the columns that are the session's own: neither carried forward nor before the first."""
    own: BoolArray = ~carried[:, columns] & ~np.isnan(close[:, columns])
    return own


def _ended(
    query: PriceQuery, aligned: AlignedPrices, used: DateArray, carried: BoolArray | None, close: FloatArray
) -> tuple[IntArray | None, list[RunWarning], BoolArray | None, FloatArray]:
    """Return what `without_ended` does where holdings may end, and else the prices as they are."""
    if query.ended_history != "cash" or carried is None:
        return None, [], carried, close
    from backtester.prices.table.ended import without_ended  # most runs do not need it

    return without_ended(query, aligned, used, carried, close)


def _warnings_of_histories(
    histories: dict[str, SymbolHistory], query: PriceQuery, used: DateArray
) -> Iterator[RunWarning]:  # fmt: skip
    """Yield the warnings that histories came with, and those of their prices on the sessions (T,) that are used."""
    for history in histories.values():
        yield from history.warnings
    yield from implausible_warnings(histories, query, used)
    yield from share_count_warnings(histories, query)


def _calendar(query: PriceQuery, aligned: AlignedPrices, used: DateArray, first: int) -> Calendar:
    """Measure the calendar of the sessions (T,) that are used, with what lies beyond them."""
    before, following, latest = [], [], []
    held = {id(aligned.calendars[symbol]) for symbol in query.symbols}
    for own in distinct(aligned.calendars):
        row, end = own.searchsorted(used[first]), own.searchsorted(used[-1], side="right")
        before += [own[row - 1]] if row else []
        latest += [own[-1]] if end < own.size else []
        following += [own[end]] if end < own.size and id(own) in held else []
    return measure_calendar(
        used, end_date=np.datetime64(query.end_date), previous=max(before, default=None),
        following=min(following, default=None), latest=max(latest, default=None),
        periods_per_year=query.periods_per_year,
    )  # fmt: skip


def _carried(aligned: AlignedPrices, rows: slice) -> BoolArray | None:
    """Return which prices (T, M) of the rows are carried forward; None where every symbol has just these sessions."""
    if aligned.carried is None:
        return None
    used = aligned.sessions[rows]
    for own in distinct(aligned.calendars):
        begin = own.searchsorted(used[0])
        if not np.array_equal(own[begin : begin + used.size], used):
            return aligned.carried[rows]
    return None


def _rhythm_warnings(calendar: Calendar, query: PriceQuery) -> tuple[RunWarning, ...]:
    """Return NOT_DAILY_PRICES where the sessions are weeks, months or irregular."""
    if calendar.is_daily:
        return ()
    detail = f"The prices are not daily. Figures are annualised with {calendar.periods_per_year} periods per year."
    if query.periods_per_year is None:
        detail += " Set data.periods_per_year to use another number."
    return (RunWarning(code="NOT_DAILY_PRICES", detail=detail, pointer="/data"),)


def _week_warnings(calendar: Calendar, query: PriceQuery, used: DateArray) -> tuple[RunWarning, ...]:
    """Return NOT_DAILY_PRICES where weeks count, and do not begin on the same weekday throughout the sessions (T,)."""
    if "weekly" not in query.frequencies or not calendar.is_daily:
        return ()
    weeks = changed_weeks(used)
    if len(weeks) == 1:
        return ()
    began = ", ".join(f"on {WEEKDAYS[day]} in the years from {first}" for first, day in weeks[:_MOST_WEEKS])
    more = "" if len(weeks) <= _MOST_WEEKS else ", and so on"
    detail = (
        f"The trading week changes: it begins {began}{more}. All weeks of this run are counted from "
        f"{WEEKDAYS[calendar.week_start]}, and another end_date may move earlier weekly dates. "
        "Run the periods one by one to count each by its own weeks."
    )
    return (RunWarning(code="NOT_DAILY_PRICES", detail=detail, pointer="/data"),)


def _seen_outside(
    calendar: Calendar, query: PriceQuery, used: DateArray, first: int, ended: IntArray | None
) -> str:  # fmt: skip
    """Return what prices outside the sessions (T,) change of the run; mostly nothing."""
    days = used.astype(np.int64)
    before = int(days[first - 1]) if first else None
    seen = calendar.seen_outside(int(days[first]), int(days[-1]), before, query.frequencies)
    if ended is not None:
        from backtester.prices.table.ended import shown_by_later_prices  # most runs do not need it

        seen += shown_by_later_prices(query, used, ended)
    return ", ".join(seen)


def _provenance(aligned: AlignedPrices, query: PriceQuery, used: DateArray, outside: str) -> dict[str, dict[str, Any]]:
    """Return the provenance of each symbol, with a digest of the prices that can change a number."""
    traded, held = set(query.traded_symbols), set(query.symbols)
    spans = {
        id(own): slice(int(own.searchsorted(used[0])), int(own.searchsorted(used[-1], side="right")))
        for own in distinct(aligned.calendars)
    }
    return {
        symbol: provenance(
            aligned.histories[symbol], spans[id(aligned.calendars[symbol])],
            with_open=query.needs_open and symbol in traded,
            with_dividends=query.needs_dividends and symbol in held,
            with_traded=symbol in held, outside=outside,
        )
        for symbol in query.all_symbols
    }  # fmt: skip


def _gap_warnings(
    query: PriceQuery, aligned: AlignedPrices, sessions: DateArray, begin: int, carried: BoolArray | None
) -> list[RunWarning]:
    """Return a warning for each symbol that was carried forward; DataError DATA_GAP for a hole that is too long.

    sessions: until end_date. carried: (T, N) from row begin of them. A hole that began before counts from there.
    """
    warnings: list[RunWarning] = []
    if carried is None:
        return warnings
    for column, symbol in enumerate(query.all_symbols):
        rows = np.flatnonzero(carried[:, column]) + begin
        if not rows.size:
            continue
        if rows[0] == begin:
            own = aligned.calendars[symbol]
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
        if query.ended_history == "cash" and carried[-1, column]:
            from backtester.prices.table.ended import provisional

            detail += provisional(query, symbol, aligned.calendars[symbol], sessions[begin + len(carried) - 1])
        pointer = query.pointer(symbol)
        warnings.append(RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=pointer, symbol=symbol))
    return warnings


def _opens(
    query: PriceQuery, aligned: AlignedPrices, rows: slice, close: FloatArray
) -> tuple[FloatArray | None, BoolArray | None, list[RunWarning]]:
    """Return the opens where execution needs them, and which are the session's own; None: all are.

    A missing open is the close before, with a warning: it values, and nothing is filled at it.
    """
    if not query.needs_open:
        return None, None, []
    for symbol in query.symbols:
        if aligned.histories[symbol].open is None:
            raise DataError(
                "NO_DATA_IN_RANGE", f"{symbol} has no opening prices in the source {aligned.histories[symbol].source}.",
                remedy="Use `execution.timing` `next_close`.", pointer="/execution/timing", suggestion="next_close",
            )  # fmt: skip
    traded = query.traded_symbols
    close = close[:, : len(traded)]
    opens, missing = aligned.opens[0][rows, : len(traded)], aligned.opens[1]
    missing = None if missing is None else missing[rows, : len(traded)]
    if missing is None or not missing.any():
        return opens, None, []
    opens = opens.copy(order="K")
    previous = np.vstack([close[:1], close[:-1]])
    previous = np.where(np.isnan(previous), close, previous)
    opens[missing] = previous[missing]
    opens.flags.writeable = False
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
    return opens, ~missing & ~np.isnan(opens), warnings
