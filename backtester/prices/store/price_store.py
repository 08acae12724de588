"""The price store: what Yahoo sent is kept in one SQLite file, and Yahoo is asked only for what is missing.

Importing this module imports neither sqlite3 nor pandas nor yfinance; sqlite3 comes with the first use of a
PriceStore. `store_location` tells cheaply whether there is one to look into.
"""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from backtester.model.errors import RunWarning
from backtester.prices.store import store_path
from backtester.prices.store.row import COLUMNS, pack, unpack
from backtester.prices.store.source_breaker import SourcePatience
from backtester.prices.store.stored_history import (
    StoredHistory,
    as_date,
    reconcile,
)

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

        from backtester.prices.store.database import OtherSchemaError, is_damage, reason_of, set_aside

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
                detail = f"The price store cannot be used: {reason_of(failure)}. Prices are fetched without it."
                self._warnings.append(RunWarning(code="STORE_UNAVAILABLE", detail=detail))
        return None

    def _note_rebuilt(self, was_set_aside: bool) -> None:
        if was_set_aside:  # else another process did it, and says so
            detail = "The price store was damaged. It was set aside, and prices are fetched again."
            self._warnings.append(RunWarning(code="STORE_REBUILT", detail=detail))

    def _open(self) -> sqlite3.Connection:
        from backtester.prices.store.database import open_file

        if self._connection is None:
            self._connection = open_file(self.path)
        return self._connection
