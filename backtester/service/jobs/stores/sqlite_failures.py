"""Why the SQLite file of jobs fails."""

from __future__ import annotations

import errno
import sqlite3

from backtester.service.jobs.stores.store_failures import StoreFailures

_FULL, _READ_ONLY = "The disk is full.", "The file of jobs, or its folder, may not be written."
_BY_CODE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_BUSY: "Another process holds the file of jobs.",
    sqlite3.SQLITE_LOCKED: "Another process holds the file of jobs.",
    sqlite3.SQLITE_CORRUPT: "The file of jobs is damaged.",
    sqlite3.SQLITE_NOTADB: "The file of jobs is no SQLite file.",
    sqlite3.SQLITE_CANTOPEN: "The file of jobs cannot be opened.",
    sqlite3.SQLITE_IOERR: "The disk cannot be read or written.",
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: _READ_ONLY, errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
}  # fmt: skip
_SHM_SIZE = sqlite3.SQLITE_IOERR_SHMSIZE  # the disk has no room for the file that the processes share


def sqlite_failures() -> StoreFailures:
    """Return the failures of a store in a SQLite file, none yet."""
    return StoreFailures((sqlite3.Error, OSError), explain)


def explain(error: BaseException) -> str:
    """Return the reason of an error of sqlite3 or of the system."""
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, "The folder of the file of jobs cannot be used.")
    code = getattr(error, "sqlite_errorcode", 0)
    if code == _SHM_SIZE:
        return _FULL
    return _BY_CODE.get(code & 0xFF, f"SQLite fails ({type(error).__name__}).")  # the low byte is the kind
