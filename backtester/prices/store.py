"""The price store: what Yahoo sent is kept in one SQLite file, and Yahoo is asked only for what is missing.

Importing this module imports neither sqlite3 nor pandas nor yfinance; sqlite3 comes with the first use of a
PriceStore. `store_location` tells cheaply whether there is one to look into.
"""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from backtester.model.codes import ERROR_CODES
from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.model.records import SymbolHistory
from backtester.prices.store_history import (
    StoredHistory,
    as_date,
    cut,
    from_fetch,
    merge,
    misses_early,
    misses_late,
    missing_range,
    reconcile,
    union,
)
from backtester.prices.store_location import store_path
from backtester.prices.store_patience import SourcePatience
from backtester.prices.store_row import COLUMNS, pack, unpack

if TYPE_CHECKING:
    import sqlite3

Result = TypeVar("Result")

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM histories WHERE symbol = ?"  # noqa: S608 (constants)
_REPLACE = f"INSERT OR REPLACE INTO histories ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_WHY = {"RATE_LIMITED": "Yahoo Finance refused, too many requests"}
_inherited: list[object] = []  # connections of a parent process, which its children must neither use nor close


class PriceStore:
    """The price store in one folder. Safe to share between threads, processes and across a fork.

    Nothing is opened before it is used. A damaged file is set aside and begun anew (STORE_REBUILT); where the store
    cannot be used, it answers as if it were empty and forgets what it is given (STORE_UNAVAILABLE). Such warnings
    wait in `take_warnings`, once for each store object.
    """

    def __init__(self, cache_dir: str) -> None:
        self.path = store_path(cache_dir)
        self.patience = SourcePatience()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._unavailable = False
        self._warnings: list[RunWarning] = []

    def __enter__(self) -> PriceStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        connection, self._connection = self._connection, None
        if connection is not None and self._process == os.getpid():
            connection.close()
        elif connection is not None:
            _inherited.append(connection)

    def take_warnings(self) -> tuple[RunWarning, ...]:
        """Return the warnings about the store itself that nobody has taken yet."""
        taken, self._warnings = tuple(self._warnings), []
        return taken

    def stored(self, symbol: str) -> StoredHistory | None:
        """Return what is stored of `symbol`; a row that is not as it was written is dropped."""

        def read(connection: sqlite3.Connection) -> StoredHistory | None:
            rows = connection.execute(_SELECT, (symbol,)).fetchall()
            history = unpack(rows[0]) if rows else None
            if rows and history is None:
                connection.execute("DELETE FROM histories WHERE symbol = ? AND digest IS ?", (symbol, rows[0][-1]))
            return history

        return self._use(read)

    def put(self, history: StoredHistory) -> StoredHistory:
        """Keep `history`, joined with what others wrote meanwhile (store_history.reconcile); return what is kept."""
        if history.last < history.first:
            return history

        def write(connection: sqlite3.Connection) -> StoredHistory:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                rows = connection.execute(_SELECT, (history.symbol,)).fetchall()
                kept = reconcile(unpack(rows[0]) if rows else None, history)
                connection.execute(_REPLACE, pack(kept))
            return kept

        return self._use(write) or history

    def stored_symbols(self) -> list[tuple[str, datetime.date, datetime.date]]:
        """List the stored symbols, sorted, each with its first and last session."""

        def read(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute("SELECT symbol FROM histories ORDER BY symbol").fetchall()
            return [str(row[0]) for row in rows]

        histories = (self.stored(symbol) for symbol in self._use(read) or [])
        return [(h.symbol, as_date(h.days[0]), as_date(h.days[-1])) for h in histories if h is not None and len(h.days)]

    def _use(self, operation: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Run `operation` on the open store, a second time where the first found damage; None: no store."""
        import sqlite3

        from backtester.prices.store_file import OtherSchemaError, is_damage, reason_of, set_aside

        if self._process != os.getpid():  # a forked child: neither its parent's connection nor its lock is its own
            self.close()
            self._lock, self._process = threading.Lock(), os.getpid()
        with self._lock:
            rebuilt = False
            while not self._unavailable:
                try:
                    return operation(self._open())
                except (sqlite3.Error, OSError, OtherSchemaError) as error:
                    self.close()
                    failure: Exception = error
                if is_damage(failure) and not rebuilt:
                    rebuilt = True
                    try:
                        self._note_rebuilt(set_aside(self.path))
                        continue
                    except (sqlite3.Error, OSError) as error:
                        failure = error
                self._unavailable = True
                detail = f"The price store cannot be used: {reason_of(failure)}; prices are fetched without it"
                self._warnings.append(RunWarning(code="STORE_UNAVAILABLE", detail=detail))
        return None

    def _note_rebuilt(self, was_set_aside: bool) -> None:
        if was_set_aside:  # else another process did it, and says so
            detail = "The price store was damaged; it was set aside, and prices are fetched anew"
            self._warnings.append(RunWarning(code="STORE_REBUILT", detail=detail))

    def _open(self) -> sqlite3.Connection:
        from backtester.prices.store_file import open_file

        if self._connection is None:
            self._connection = open_file(self.path)
        return self._connection


def load_stored(
    store: PriceStore,
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    with_dividends: bool = False,
    today: datetime.date,
    clock: Callable[[], float] = time.time,
) -> SymbolHistory | None:
    """Return `symbol` from `start` to `end`, both inclusive, where the store covers that, else None.

    An `end` after today is cut to it. Covered includes recent days for which Yahoo was asked within the last hour.
    """
    end = min(end, today)
    stored = _fit(store.stored(symbol), with_dividends=with_dividends)
    if stored is None or not _covers(stored, start, end, clock()):
        return None
    return cut(stored, start, end, *store.take_warnings())


def load_stored_or_fetch(
    store: PriceStore,
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    fetch: Callable[..., SymbolHistory],
    refresh: bool = False,
    offline: bool = False,
    with_dividends: bool = False,
    today: datetime.date,
    clock: Callable[[], float] = time.time,
) -> SymbolHistory:
    """Return `symbol` from `start` to `end`, both inclusive, from the store, fetching only what it lacks.

    fetch(symbol, start, end, *, attempts, timeout_seconds) as yahoo.fetch_history. refresh: fetch all that is stored
    or asked for again. offline: never fetch. with_dividends: prices that were stored without count as not there.
    today: the current date (UTC); an `end` after it is cut to it. clock: epoch seconds.

    Where the source fails in a way that may pass, stored prices of the period are served with STALE_PRICES.
    DataError: as `fetch`; offline, DATA_SOURCE_UNAVAILABLE where the store holds nothing of the period.
    """
    end = min(end, today)
    now = clock()
    there = store.stored(symbol)
    stored = _fit(there, with_dividends=with_dividends)
    refresh = refresh or stored is not there
    if stored is not None and not (refresh and not offline) and _covers(stored, start, end, now):
        return cut(stored, start, end, *store.take_warnings())
    if offline:
        error = _switched_off(symbol, with_dividends=with_dividends)
        return _stale(store, stored, start, end, error, "asking Yahoo Finance is switched off")
    period = union(there, start, end) if refresh else (start, end)
    try:
        kept = _fetch_missing(store, None if refresh else stored, symbol, period, fetch, today, now)
    except DataError as error:
        if not ERROR_CODES[error.code].retryable:
            raise
        return _stale(store, stored, start, end, error, _WHY.get(error.code, "Yahoo Finance could not be reached"))
    return cut(kept, start, end, *store.take_warnings())


def _fit(stored: StoredHistory | None, *, with_dividends: bool) -> StoredHistory | None:
    """Return what is stored, but for prices without dividends where these are needed."""
    return None if stored is not None and with_dividends and stored.dividend is None else stored


def _switched_off(symbol: str, *, with_dividends: bool) -> DataError:
    what, sources = ("the price store", "bundled, csv or inline")
    if with_dividends:
        what, sources = ("the price store with its dividends", "csv or inline, or execution.dividends reinvest")
    return DataError(
        "DATA_SOURCE_UNAVAILABLE",
        f"{symbol} is not in {what} for this period, and asking Yahoo Finance is switched off; "
        f"use data.source {sources}",
    )


def _covers(stored: StoredHistory, start: datetime.date, end: datetime.date, now: float) -> bool:
    return not misses_early(stored, start) and not misses_late(stored, end, now)


def _fetch_missing(
    store: PriceStore,
    stored: StoredHistory | None,
    symbol: str,
    period: tuple[datetime.date, datetime.date],
    fetch: Callable[..., SymbolHistory],
    today: datetime.date,
    now: float,
) -> StoredHistory:
    """Fetch what `stored` lacks of `period`, all of both where the adjustment moved; keep it, return it."""
    start, end = missing_range(stored, *period, now)
    fresh = from_fetch(store.patience.ask(fetch, symbol, start, end), start, end, today=today, asked_at=now)
    if stored is not None:
        joined = merge(stored, fresh)
        if joined is None:
            start, end = union(stored, *period)
            history = store.patience.ask(fetch, symbol, start, end)
            if len(history.sessions) == 0:  # what was there does not cease to have been
                detail = f"Yahoo Finance sent no prices for {symbol} where it did before; try again later"
                raise DataError("DATA_SOURCE_UNAVAILABLE", detail)
            joined = from_fetch(history, start, end, today=today, asked_at=now)
        fresh = joined
    return store.put(fresh)


def _stale(
    store: PriceStore,
    stored: StoredHistory | None,
    start: datetime.date,
    end: datetime.date,
    error: DataError,
    why: str,
) -> SymbolHistory:
    """Return what is stored of the period with STALE_PRICES; raise `error` where that is nothing."""
    history = cut(stored, start, end) if stored is not None else None
    if history is None or len(history.sessions) == 0:
        raise error
    first, last = history.sessions[0], history.sessions[-1]
    warning = RunWarning(
        code="STALE_PRICES",
        detail=f"{history.symbol}: {why}; stored prices from {first} to {last} were served",
        symbol=history.symbol,
    )
    return replace(history, warnings=(*history.warnings, warning, *store.take_warnings()))
