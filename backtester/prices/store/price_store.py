"""Stores prices, each under its source, in one SQLite file that threads and processes share.

Importing this module imports neither sqlite3 nor pandas nor yfinance; the first use of a
PriceStore imports sqlite3.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.prices.sources.network_source import title_of
from backtester.prices.store import set_aside_detail, set_aside_files, store_path
from backtester.prices.store.row import COLUMNS, pack, unpack
from backtester.prices.store.source_breaker import SourceBreaker
from backtester.prices.store.stored_history import IMPORTED, StoredHistory, extent_of, is_due, reconcile

if TYPE_CHECKING:
    import sqlite3

    from backtester.prices.listing_cache import Extent
    from backtester.prices.store.database import Failure

Result = TypeVar("Result")

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM histories WHERE symbol = ? AND source = ?"  # noqa: S608 (constants)
_REPLACE = f"INSERT OR REPLACE INTO histories ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_inherited: list[object] = []  # connections of a parent process, which a child must neither use nor close


class PriceStore:
    """The price store in one folder. Safe to share between threads, processes and across a fork.

    The file is opened with the first use. A damaged file is set aside and replaced (STORE_REBUILT). Where the store
    cannot be used, it acts as an empty store that saves nothing (STORE_UNAVAILABLE); where it can be read alone, it
    saves nothing. `take_warnings` returns these warnings, once for each store object. `check_was_read` is for who may
    not take an unusable store for an empty one.
    """

    def __init__(self, cache_dir: str) -> None:
        self.path = store_path(cache_dir)
        self._breakers: dict[str, SourceBreaker] = {}
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._unavailable: Failure | None = None
        self._unwritable: Failure | None = None
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

    def breaker(self, source: str) -> SourceBreaker:
        """Return the circuit breaker of a source: what one does says nothing of another."""
        return self._breakers.setdefault(source, SourceBreaker(title_of(source)))

    def take_warnings(self) -> tuple[RunWarning, ...]:
        """Return the warnings about the store since the last call."""
        taken, self._warnings = tuple(self._warnings), []
        return taken

    def stored(self, symbol: str, source: str) -> StoredHistory | None:
        """Return the stored history of `symbol` from `source`.

        A row with a wrong digest counts as none, and is fetched again. DataError PRICES_UNREADABLE where it is an
        import, of which it is the only copy.
        """

        def read(connection: sqlite3.Connection) -> list[StoredHistory | None]:
            return [unpack(row) for row in connection.execute(_SELECT, (symbol, source)).fetchall()]

        found = self._use(read)
        if found == [None] and source == IMPORTED:
            raise DataError(
                "PRICES_UNREADABLE",
                f"{symbol} was imported, and its prices in the price store are damaged.",
                remedy=f"Import its file again (`prices import`), or `prices remove {symbol} --source csv`.",
            )
        return found[0] if found else None

    def sources(self, symbol: str) -> tuple[str, ...]:
        """Return the sources that `symbol` is stored from, sorted."""

        def read(connection: sqlite3.Connection) -> tuple[str, ...]:
            rows = connection.execute("SELECT source FROM histories WHERE symbol = ? ORDER BY source", (symbol,))
            return tuple(str(row[0]) for row in rows.fetchall())

        return self._use(read) or ()

    def put(self, history: StoredHistory) -> StoredHistory:
        """Save `history`, reconciled with a row that another process wrote meanwhile; return the saved history."""
        if history.last < history.first:
            return history

        def write(connection: sqlite3.Connection) -> StoredHistory:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                rows = connection.execute(_SELECT, (history.symbol, history.source)).fetchall()
                saved = reconcile(unpack(rows[0]) if rows else None, history)
                connection.execute(_REPLACE, pack(saved))
            return saved

        return self._use(write, writes=True) or history

    def put_imported(
        self, histories: Sequence[StoredHistory], *, check: Callable[[StoredHistory | None, StoredHistory], None]
    ) -> list[StoredHistory | None]:
        """Save imported histories, all or none, in place of earlier imports of their symbols, which are returned.

        check: raises where a new one may not take the place of an earlier one. DataError STORE_UNAVAILABLE.
        """

        def write(connection: sqlite3.Connection) -> list[StoredHistory | None]:
            before = []
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for history in histories:
                    rows = connection.execute(_SELECT, (history.symbol, history.source)).fetchall()
                    before.append(unpack(rows[0]) if rows else None)
                    check(before[-1], history)
                    connection.execute(_REPLACE, pack(history))
            return before

        return self._insist(write)

    def remove(self, symbol: str, source: str) -> bool:
        """Remove a stored history; return whether there was one. DataError STORE_UNAVAILABLE."""

        def delete(connection: sqlite3.Connection) -> bool:
            with connection:
                statement = "DELETE FROM histories WHERE symbol = ? AND source = ?"
                return connection.execute(statement, (symbol, source)).rowcount > 0

        return self._insist(delete)

    def claim_check(self, symbol: str, source: str, every_seconds: float, now: float) -> bool:
        """Return whether the caller is to compare the stored history with its source's now, and keep others from it.

        True for one of several processes, until it saves the history (`put`) or an hour has passed.
        """

        def claim(connection: sqlite3.Connection) -> bool:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                rows = connection.execute(_SELECT, (symbol, source)).fetchall()
                history = unpack(rows[0]) if rows else None
                if history is None or not is_due(history, every_seconds, now):
                    return False
                connection.execute(_REPLACE, pack(replace(history, check_began=now)))
            return True

        return bool(self._use(claim, writes=True))

    def stored_keys(self) -> list[tuple[str, str]]:
        """List symbol and source of each stored history, sorted, without reading it."""

        def read(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            rows = connection.execute("SELECT symbol, source FROM histories ORDER BY symbol, source").fetchall()
            return [(str(symbol), str(source)) for symbol, source in rows]

        return self._use(read) or []

    def stored_extents(self) -> list[tuple[str, str, Extent]]:
        """List the stored histories by symbol and source: symbol, source and extent; none is damaged."""
        found = []
        for each in self.stored_keys():
            with contextlib.suppress(DataError):
                history = self.stored(*each)
                if history is not None and len(history.days):
                    found.append((*each, extent_of(history)))
        return found

    def check_was_read(self) -> None:
        """DataError STORE_UNAVAILABLE where the store could not be read: what was imported is not known."""
        if self._unavailable is not None:
            raise self._error(self._unavailable)

    def _use(self, operation: Callable[[sqlite3.Connection], Result], *, writes: bool = False) -> Result | None:
        """Run `operation` on the open store, a second time where the first found damage; None: no store."""
        import sqlite3

        from backtester.prices.store.database import NewerSchemaError, OtherSchemaError, is_damage, set_aside

        if self._process != os.getpid():  # a forked child must use neither the connection nor the lock of its parent
            self.close()
            self._lock, self._process = threading.Lock(), os.getpid()
        with self._lock:
            rebuilt = False
            while not self._unavailable and not (writes and self._unwritable):
                try:
                    return operation(self._open())
                except (sqlite3.Error, OSError, OtherSchemaError, NewerSchemaError) as error:
                    self.close()
                    failure: Exception = error
                if is_damage(failure) and not rebuilt:
                    rebuilt = True
                    try:
                        self._note_rebuilt(set_aside(self.path))
                        continue
                    except (sqlite3.Error, OSError) as error:
                        failure = failure if isinstance(error, PermissionError) else error
                self._note_failure(failure, writes=writes)
        return None

    def _note_failure(self, error: Exception, *, writes: bool) -> None:
        from backtester.prices.store.database import failure_of, is_of_writing

        failure = failure_of(error)
        if writes and is_of_writing(error):
            self._unwritable = failure
        else:
            self._unavailable = failure
        detail = f"The price store cannot be used: {failure.reason}. Prices are fetched without it."
        self._warnings.append(RunWarning(code="STORE_UNAVAILABLE", detail=detail))

    @staticmethod
    def _error(failure: Failure) -> DataError:
        detail = f"The price store cannot be used: {failure.reason}."
        return DataError("STORE_UNAVAILABLE", detail, remedy=failure.remedy, retryable=failure.retryable)

    def _insist(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `operation`, which writes and must be done. DataError STORE_UNAVAILABLE where it cannot be."""
        done: list[Result] = []
        self._use(lambda connection: done.append(operation(connection)), writes=True)
        failure = self._unavailable or self._unwritable
        if not done and failure is not None:
            raise self._error(failure)
        return done[-1]

    def _note_rebuilt(self, was_set_aside: bool) -> None:
        names = set_aside_files(os.path.dirname(self.path))
        if was_set_aside and names:  # else another process did it and warns
            self._warnings.append(RunWarning(code="STORE_REBUILT", detail=set_aside_detail(names)))

    def _open(self) -> sqlite3.Connection:
        from backtester.prices.store.database import open_file

        if self._connection is None:
            self._connection = open_file(self.path)
        return self._connection
