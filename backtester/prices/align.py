"""Many histories to one table: common sessions, carried prices, the effective period, the warm-up before it.

Nothing is repaired in silence: what is carried, delayed or clipped leaves a warning, what cannot be is an error.
"""

from __future__ import annotations

import numpy as np

from backtester.errors import DataError, RunWarning
from backtester.model import BoolArray, DateArray, FloatArray, PriceQuery, PriceTable, SymbolHistory, WarmUp
from backtester.noun import replace
from backtester.prices.coverage import open_days
from backtester.prices.provenance import provenance


def align(histories: dict[str, SymbolHistory], query: PriceQuery) -> PriceTable:
    """Align the histories of every symbol of the query on the sessions of its holdings.

    histories: each may reach further back and forth than needed. The benchmark adds no session: whom a portfolio
    is compared with does not change its numbers.
    DataError NO_DATA_IN_RANGE, INSUFFICIENT_HISTORY, DATA_GAP.
    """
    histories, reach = _until(histories, query)
    sessions = _union([histories[symbol].sessions for symbol in query.symbols])
    early = min(reach, key=lambda s: reach[s])
    start, late = _first_common(histories, query, sessions)
    end = int(np.searchsorted(sessions, reach[early], side="right"))
    if start >= end:
        detail = f"no session from {query.start_date} to {query.end_date} has a price of every symbol"
        if late != early:
            detail += f": {early} has none after {reach[early]}, {late} none before"
        raise DataError("INSUFFICIENT_HISTORY", detail, pointer=query.pointer(late))
    begin = _first_row(sessions, start - (1 if query.signal and start > 0 else 0), query.warm_up)
    used = sessions[begin:end]
    close, carried = _columns({s: histories[s] for s in query.all_symbols}, used, "close")
    began = histories[late].sessions[0]
    warnings = [
        *_start_warnings(query, sessions, start, late, began),
        *_end_warnings(query, sessions, end, early, reach[early]),
    ]
    warnings += _gap_warnings(query, sessions, begin, histories, carried)
    opens, open_warnings = _opens(query, histories, used, close)
    for array in (close, opens):
        if array is not None:
            array.flags.writeable = False
    count = len(query.symbols)
    bench = None if query.benchmark is None else query.all_symbols.index(query.benchmark)
    return PriceTable(
        sessions=used,
        symbols=query.symbols,
        close=close[:, :count],
        open=None if opens is None else opens[:, :count],
        first=start - begin,
        benchmark_close=None if bench is None else close[:, bench],
        benchmark_open=None if bench is None or opens is None else opens[:, bench],
        provenance={
            s: provenance(histories[s], used[0], used[-1], with_open=opens is not None) for s in query.all_symbols
        },
        limited_by=late if any(w.code == "START_DELAYED" for w in warnings) else None,
        periods_per_year=365 if _seven_days_a_week(used[start - begin :]) else 252,
        warnings=(*(w for s in query.all_symbols for w in histories[s].warnings), *warnings, *open_warnings),
    )


def _first_common(histories: dict[str, SymbolHistory], query: PriceQuery, sessions: DateArray) -> tuple[int, str]:
    """Return the row of the first session from start_date on with a price of every symbol, and who came last to it."""
    day, late, moved = np.datetime64(query.start_date), query.all_symbols[0], True
    while moved:
        moved = False
        for symbol in query.all_symbols:
            own = histories[symbol].sessions
            row = int(np.searchsorted(own, day))
            if row == own.size:
                return sessions.size, late
            if own[row] > day:
                day, late, moved = own[row], symbol, True
    return int(np.searchsorted(sessions, day)), late


def _until(
    histories: dict[str, SymbolHistory], query: PriceQuery
) -> tuple[dict[str, SymbolHistory], dict[str, np.datetime64]]:
    """Cut every history at end_date; refuse a symbol without a price in the period.

    Returns the cut histories, and how far each reaches: to end_date where it goes on after it, else to its last price.
    """
    start, end = np.datetime64(query.start_date), np.datetime64(query.end_date)
    cut, reach = {}, {}
    for symbol in query.all_symbols:
        history = histories[symbol]
        size = int(np.searchsorted(history.sessions, end, side="right"))
        if size == 0 or history.sessions[size - 1] < start:
            have = "its source has no price at all there"
            if history.sessions.size:
                have = f"its history runs from {history.sessions[0]} to {history.sessions[-1]}"
            detail = f"{symbol} has no price from {query.start_date} to {query.end_date}; {have}"
            raise DataError("NO_DATA_IN_RANGE", detail, pointer=query.pointer(symbol))
        goes_on = size < history.sessions.size
        cut[symbol] = _head(history, size) if goes_on else history
        reach[symbol] = end if goes_on else history.sessions[-1]
    return cut, reach


def _head(history: SymbolHistory, size: int) -> SymbolHistory:
    opens = None if history.open is None else history.open[:size]
    return replace(history, sessions=history.sessions[:size], close=history.close[:size], open=opens)


def _union(calendars: list[DateArray]) -> DateArray:
    first = calendars[0]
    if all(other is first or np.array_equal(other, first) for other in calendars[1:]):
        return first
    union: DateArray = np.unique(np.concatenate(calendars))
    return union


def _first_row(sessions: DateArray, decision: int, warm_up: WarmUp) -> int:
    """Return the first row that the decision at row `decision` needs; earlier ones would change no number."""
    row = decision - warm_up.sessions
    if warm_up.months:
        month = sessions[decision].astype("datetime64[M]") - warm_up.months
        row = min(row, int(np.searchsorted(sessions, (month + 1).astype("datetime64[D]"))) - 1)
    return max(row, 0)


def _columns(
    histories: dict[str, SymbolHistory], sessions: DateArray, field: str
) -> tuple[FloatArray, BoolArray | None]:
    """Return (T, N) prices on the sessions, the last one carried forward, and which were carried.

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

    carried: (T, N) over sessions[begin:]. A hole that began before the rows that are used counts from where it began.
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
            detail = (
                f"{symbol} has no price on {len(longest)} sessions from {first} to {last}; "
                "raise data.max_gap_sessions to carry the last one forward"
            )
            raise DataError("DATA_GAP", detail, pointer=query.pointer(symbol))
        detail = (
            f"{symbol} has no price on {len(rows)} sessions (first {sessions[rows[0]]}); "
            "the last price was carried forward"
        )
        pointer = query.pointer(symbol)
        warnings.append(RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=pointer, symbol=symbol))
    return warnings


def _opens(
    query: PriceQuery, histories: dict[str, SymbolHistory], sessions: DateArray, close: FloatArray
) -> tuple[FloatArray | None, list[RunWarning]]:
    """Return the opens where execution needs them. One missing open is the previous close, with a warning."""
    if not query.needs_open:
        return None, []
    for symbol in query.symbols:
        if histories[symbol].open is None:
            raise DataError(
                "NO_DATA_IN_RANGE", f"{symbol} has no opening prices in the source {histories[symbol].source}; "
                "use execution.timing next_close", pointer="/execution/timing",
            )  # fmt: skip
    usable = {s: histories[s] for s in query.all_symbols if histories[s].open is not None}
    table, carried = _columns(usable, sessions, "open")
    opens = close.copy(order="K")
    opens[:, [query.all_symbols.index(s) for s in usable]] = table
    missing = np.isnan(opens) & ~np.isnan(close)
    if carried is not None:
        missing[:, [query.all_symbols.index(s) for s in usable]] |= carried
    previous = np.vstack([close[:1], close[:-1]])
    previous = np.where(np.isnan(previous), close, previous)
    opens[missing] = previous[missing]
    warnings = []
    for column, symbol in enumerate(query.all_symbols):
        count = int(missing[:, column].sum())
        if count:
            detail = f"{symbol} has no open on {count} sessions; the close before was taken (on the first, its own)"
            warnings.append(
                RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=query.pointer(symbol), symbol=symbol)
            )
    return opens, warnings


def _start_warnings(
    query: PriceQuery, sessions: DateArray, start: int, late: str, began: np.datetime64
) -> list[RunWarning]:
    """Return START_DELAYED where sessions that exist, or should, come before the first on which all have a price."""
    asked = np.datetime64(query.start_date)
    skipped = start > int(np.searchsorted(sessions, asked))
    every_day = _seven_days_a_week(sessions[start:])
    if not skipped and not (began > asked and open_days(asked, began, every_day=every_day)):
        return []
    detail = f"the period starts on {sessions[start]}, not {query.start_date}: {late} has no price in between"
    return [RunWarning(code="START_DELAYED", detail=detail, pointer="/start_date", symbol=late)]


def _end_warnings(
    query: PriceQuery, sessions: DateArray, end: int, early: str, last: np.datetime64
) -> list[RunWarning]:
    """Return END_CLIPPED where sessions that exist, or should, come after the last on which all have a price."""
    asked = np.datetime64(query.end_date)
    every_day = _seven_days_a_week(sessions[:end])
    if end == sessions.size and not (last < asked and open_days(last + 1, asked + 1, every_day=every_day)):
        return []
    detail = f"the period ends on {sessions[end - 1]}, not {query.end_date}: {early} has no price in between"
    return [RunWarning(code="END_CLIPPED", detail=detail, pointer="/end_date", symbol=early)]


def _seven_days_a_week(sessions: DateArray) -> bool:
    """Tell whether at least one session in seven falls on a Saturday or Sunday: two in seven for a full week."""
    weekday = (sessions.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    return int((weekday >= 5).sum()) * 7 >= max(sessions.size, 7)
