"""Opens and creates the price store's SQLite file (WAL mode), and sets a damaged file aside.

Creating and setting aside happen under a lock on a file beside it: of several processes that find the same damage the
first sets the file aside, and the others open the new one.
"""

from __future__ import annotations

import datetime
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

from backtester.prices.store import FILE_NAME, SET_ASIDE

SCHEMA_VERSION = 6
ADDED_COLUMNS = {  # to those of an earlier version; its rows stay, with these unknown
    1: ("dividend BLOB", "traded BLOB", "split BLOB", "repairs TEXT", "check_began REAL", "imported TEXT"),
    2: ("traded BLOB", "split BLOB", "repairs TEXT", "check_began REAL", "imported TEXT"),
    3: ("check_began REAL", "imported TEXT"),
    4: ("imported TEXT",),  # a symbol had one history, of whatever source
    5: ("imported TEXT",),
}
BUSY_SECONDS = 5.0
CREATE_TABLE = """
CREATE TABLE histories (
    symbol TEXT NOT NULL, source TEXT NOT NULL,
    first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, asked_day INTEGER NOT NULL,
    checked_at REAL NOT NULL, fetched_at REAL NOT NULL,
    days BLOB NOT NULL, close BLOB NOT NULL, open BLOB, dropped BLOB NOT NULL, digest BLOB NOT NULL,
    dividend BLOB, traded BLOB, split BLOB, repairs TEXT, check_began REAL, imported TEXT,
    PRIMARY KEY (symbol, source)
)
"""
_COPIED = (
    "symbol, source, first_day, last_day, asked_day, checked_at, fetched_at, days, close, open, dropped, digest, "
    "dividend, traded, split, repairs, check_began, imported"
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


_NO_ACCESS = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


class OtherSchemaError(Exception):
    """The file is a database, but not one that any version writes."""


class NewerSchemaError(Exception):
    """The file is the store of a newer version of the runner. It is not damaged."""


class NoFileError(OSError):
    """A folder, a pipe or a link to nothing has the store's name."""


class Failure(NamedTuple):
    """Why the store cannot be used, as a clause for a caller and without paths, and what the operator can do.

    remedy: None: that of the code. retryable: it heals by waiting.
    """

    reason: str
    remedy: str | None = None
    retryable: bool = False


def open_file(path: str) -> sqlite3.Connection:
    """Open the store, created where it does not exist, for reading alone where its folder cannot be written.

    sqlite3.Error, OSError, OtherSchemaError, NewerSchemaError.
    """
    _check_is_file(path)
    try:
        return _open_to_write(path)
    except (sqlite3.Error, OSError) as error:
        # of a folder that cannot be entered, or of one that does not exist, the second way says nothing new
        if not (isinstance(error, PermissionError) or _primary_code(error) in _NO_ACCESS) or not os.path.exists(path):
            raise
        return _open_to_read(path)


def _check_is_file(path: str) -> None:
    """NoFileError where something else has the store's name: SQLite would wait for a pipe, and follow a link."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            raise NoFileError from None
        return
    if not stat.S_ISREG(found.st_mode):
        raise NoFileError


def _open_to_read(path: str) -> sqlite3.Connection:
    """Open the store without writing beside it. It is taken for unchanging where no log is beside it."""
    from pathlib import Path

    address = Path(os.path.abspath(path)).as_uri()
    ways = ["mode=ro"]
    if not (os.path.exists(f"{path}-wal") and os.path.getsize(f"{path}-wal")):
        ways.append("mode=ro&immutable=1")  # it would leave the log out
    for way in ways:
        connection = _connect(f"{address}?{way}", uri=True)
        try:
            version = _version(connection)
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            _check_version(version)
            if version != SCHEMA_VERSION:
                raise PermissionError("an earlier version's store can only be upgraded where it can be written")
            return connection
        except sqlite3.Error:
            connection.close()
            if way == ways[-1]:
                raise
        except BaseException:
            connection.close()
            raise
    raise AssertionError


def _open_to_write(path: str) -> sqlite3.Connection:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    connection = _connect(path)
    try:
        if _version(connection) != SCHEMA_VERSION:
            with _locked(path):
                _create_or_upgrade(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # with WAL a killed process loses nothing committed
    except BaseException:
        connection.close()
        raise
    return connection


def is_damage(error: Exception) -> bool:
    """Return whether the file must be set aside; False where it is newer, busy, full or not accessible."""
    if isinstance(error, OtherSchemaError):
        return True
    return _primary_code(error) in _DAMAGE


def failure_of(error: Exception) -> Failure:
    """Return why the store cannot be used."""
    code = _primary_code(error)
    if isinstance(error, NewerSchemaError):
        remedy = "Use that version, or set BACKTEST_CACHE_DIR to another folder and import the files there."
        return Failure(str(error), remedy)
    if isinstance(error, NoFileError):
        return Failure(
            "a folder, a pipe or a link to nothing has the name of its file",
            f"Remove {FILE_NAME} from BACKTEST_CACHE_DIR, or mend the link.",
        )
    if code == sqlite3.SQLITE_FULL:
        return Failure("the disk is full", "Make space on the disk of BACKTEST_CACHE_DIR.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or isinstance(error, TimeoutError):
        return Failure("other processes keep it busy", "Try again when they have ended.", retryable=True)
    if is_damage(error):
        return Failure("it is damaged, and cannot be set aside")
    if isinstance(error, OSError) or code in _NO_ACCESS:
        return Failure("its folder cannot be written")
    return Failure("reading or writing it failed")


def is_of_writing(error: Exception) -> bool:
    """Return whether reading the store may go on where writing it failed."""
    return _primary_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)


def set_aside(path: str) -> bool:
    """Rename a damaged store to <path>.corrupt-<time>, log and index files with it; False: it is not damaged."""
    with _locked(path):
        if not _is_damaged(path):
            return False
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        for suffix in ("-wal", "-shm", ""):  # the log first, or SQLite would apply it to the new file
            with suppress(FileNotFoundError):
                os.replace(path + suffix, f"{path}{SET_ASIDE}{stamp}{suffix}")
        return True


def _connect(path: str, *, uri: bool = False) -> sqlite3.Connection:
    # The store has a lock of its own around every use, so a connection may serve any thread.
    made = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri)
    made.text_factory = lambda text: text.decode(errors="replace")  # of a damaged row: its digest is wrong
    return made


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchall()[0][0])


def _check_version(version: int) -> None:
    """NewerSchemaError."""
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"a newer version of the runner wrote it, in its format {version}; this version reads up to "
            f"{SCHEMA_VERSION}"
        )


def _create_or_upgrade(connection: sqlite3.Connection) -> None:
    """Create the tables or upgrade an earlier version, unless another process has done so."""
    version = _version(connection)
    _check_version(version)
    if version == SCHEMA_VERSION:
        return
    if version in ADDED_COLUMNS:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) == SCHEMA_VERSION:  # where there is no lock beside the file
                return
            for column in ADDED_COLUMNS[version]:
                connection.execute(f"ALTER TABLE histories ADD COLUMN {column}")
            connection.execute("ALTER TABLE histories RENAME TO earlier")
            connection.execute(CREATE_TABLE)
            connection.execute(f"INSERT INTO histories ({_COPIED}) SELECT {_COPIED} FROM earlier")  # noqa: S608
            connection.execute("DROP TABLE earlier")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchall()[0][0]:
        raise OtherSchemaError
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    with connection:  # one transaction: a process killed here leaves an empty file or a complete store
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(CREATE_TABLE)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _is_damaged(path: str) -> bool:
    if not os.path.exists(path):
        return False
    with closing(_connect(path)) as connection:
        try:
            empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchall()[0][0]
            sound: bool = connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
            version = _version(connection)
            return not sound or not (version >= SCHEMA_VERSION or version in ADDED_COLUMNS or empty)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return True
            raise


def _primary_code(error: Exception) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)  # extended codes keep the primary one in their low byte
    return None if code is None else int(code) & 0xFF


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock beside the store; the system releases it when the process dies. TimeoutError, OSError."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(ImportError):  # Windows: there a file that others have open cannot be renamed anyway
            import fcntl

            deadline = time.monotonic() + BUSY_SECONDS
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise TimeoutError("the store's lock is held by another process") from None
                    time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)
