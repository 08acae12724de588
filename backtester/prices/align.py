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
    histories = _until(histories, query)
    sessions = _union([histories[symbol].sessions for symbol in query.symbols])
    firsts = {symbol: histories[symbol].sessions[0] for symbol in query.all_symbols}
    lasts = {symbol: histories[symbol].sessions[-1] for symbol in query.all_symbols}
    early = min(lasts, key=lambda s: lasts[s])
    start, late = _first_common(histories, query, sessions)
    end = int(np.searchsorted(sessions, lasts[early], side="right"))
    if start >= end:
        raise DataError(
            "INSUFFICIENT_HISTORY", f"no session in the period has a price of every symbol: {early} ends on "
            f"{lasts[early]}, {late} begins on {firsts[late]}", pointer=query.pointer(late),
        )  # fmt: skip
    begin = _first_row(sessions, start - (1 if query.signal and start > 0 else 0), query.warm_up)
    used = sessions[begin:end]
    close, carried = _columns({s: histories[s] for s in query.all_symbols}, used, "close")
    warnings = [*_period_warnings(query, sessions, firsts[late], late, lasts[early], early, start, end)]
    warnings += _gap_warnings(query, used, carried, close)
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
    day, late, waiting = np.datetime64(query.start_date), query.all_symbols[0], True
    while waiting:
        waiting = False
        for symbol in query.all_symbols:
            own = histories[symbol].sessions
            row = int(np.searchsorted(own, day))
            following = own[row] if row < own.size else sessions[-1] + 1
            if following > day:
                waiting = symbol != late and following <= sessions[-1]
                day, late = following, symbol
    return int(np.searchsorted(sessions, day)), late


def _until(histories: dict[str, SymbolHistory], query: PriceQuery) -> dict[str, SymbolHistory]:
    """Cut every history at end_date; refuse a symbol without a price in the period."""
    start, end = np.datetime64(query.start_date), np.datetime64(query.end_date)
    cut = {}
    for symbol in query.all_symbols:
        history = histories[symbol]
        size = int(np.searchsorted(history.sessions, end, side="right"))
        if size == 0 or history.sessions[size - 1] < start:
            have = (
                f"its history runs from {history.sessions[0]} to {history.sessions[-1]}"
                if history.sessions.size else "its source has no price at all there"
            )  # fmt: skip
            raise DataError(
                "NO_DATA_IN_RANGE", f"{symbol} has no price from {query.start_date} to {query.end_date}; {have}",
                pointer=query.pointer(symbol),
            )  # fmt: skip
        cut[symbol] = history if size == history.sessions.size else _head(history, size)
    return cut


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
    query: PriceQuery, sessions: DateArray, carried: BoolArray | None, close: FloatArray
) -> list[RunWarning]:
    """Return a warning for each symbol that was carried forward; DataError DATA_GAP for a hole that is too long."""
    warnings: list[RunWarning] = []
    if carried is None:
        return warnings
    for column, symbol in enumerate(query.all_symbols):
        rows = np.flatnonzero(carried[:, column])
        if not rows.size:
            continue
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        longest = max(runs, key=len)
        if len(longest) > query.max_gap_sessions:
            first, last = sessions[longest[0]], sessions[longest[-1]]
            raise DataError(
                "DATA_GAP", f"{symbol} has no price on {len(longest)} sessions from {first} to {last}; "
                f"raise data.max_gap_sessions to carry the last one forward", pointer=query.pointer(symbol),
            )  # fmt: skip
        detail = (
            f"{symbol} has no price on {len(rows)} of {len(sessions)} sessions (first {sessions[rows[0]]}); "
            "the last price was carried forward"
        )
        warnings.append(
            RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=query.pointer(symbol), symbol=symbol)
        )
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
            detail = f"{symbol} has no open on {count} sessions; the close before was taken instead"
            warnings.append(
                RunWarning(code="PRICE_CARRIED_FORWARD", detail=detail, pointer=query.pointer(symbol), symbol=symbol)
            )
    return opens, warnings


def _period_warnings(
    query: PriceQuery, sessions: DateArray, first: np.datetime64, late: str, last: np.datetime64, early: str,
    start: int, end: int,
) -> list[RunWarning]:  # fmt: skip
    """Return START_DELAYED and END_CLIPPED where sessions that exist, or should, are left out of the period."""
    warnings = []
    asked_start, asked_end = np.datetime64(query.start_date), np.datetime64(query.end_date)
    every_day = _seven_days_a_week(sessions[start:end])
    if first > asked_start and open_days(asked_start, first, every_day=every_day):
        detail = f"the period starts on {sessions[start]}, not {query.start_date}: {late} has no prices before {first}"
        warnings.append(RunWarning(code="START_DELAYED", detail=detail, pointer="/start_date", symbol=late))
    if last < asked_end and open_days(last + 1, asked_end + 1, every_day=every_day):
        detail = f"the period ends on {sessions[end - 1]}, not {query.end_date}: {early} has no prices after {last}"
        warnings.append(RunWarning(code="END_CLIPPED", detail=detail, pointer="/end_date", symbol=early))
    return warnings


def _seven_days_a_week(sessions: DateArray) -> bool:
    """Tell whether at least one session in seven falls on a Saturday or Sunday: two in seven for a full week."""
    weekday = (sessions.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    return int((weekday >= 5).sum()) * 7 >= max(sessions.size, 7)
