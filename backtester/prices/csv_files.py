"""Prices from the operator's own files: SYMBOL.csv or SYMBOL.csv.gz in one folder.

A header line names the columns: a date and a close; where there are, open, adjusted close, dividend and split. What
spellings of columns, dates and numbers are known is in csv/: layouts, dates and numbers. Everything else (high, low,
volume, ...) is ignored. Rows stand oldest or newest first. A row without a close above zero is left out, and so is one
that repeats another: both with the warning PRICES_DROPPED.

What total-return closes are made of the columns, and by which rules, stands in csv/to_history.py.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backtester.model.errors import DataError
from backtester.model.price_range import LARGEST_PRICE, LEAST_PRICE
from backtester.model.record import Record
from backtester.model.records import SymbolHistory
from backtester.prices.csv.parse import PriceRows, parse
from backtester.prices.csv.to_history import history_of
from backtester.prices.csv.unreadable import UnreadableError

if TYPE_CHECKING:
    from backtester.prices.listing_cache import Extent, ListingCache

_SUFFIXES = (".csv", ".csv.gz")
MAX_FILE_BYTES = 256 * 1024 * 1024  # of the file, and of what it unpacks to
# no separator, no leading dot: it cannot leave the folder
FILE_SYMBOL = re.compile(r"[A-Z0-9^=_&-][A-Z0-9.^=_&-]{0,19}")


class ReadFile(Record):
    """What a file was read as."""

    rows: PriceRows
    history: SymbolHistory


def load(folder: str, symbols: Sequence[str]) -> dict[str, SymbolHistory]:
    """Read the histories of `symbols` from `folder`; those without a file are absent.

    Arrays are read-only.
    DataError: PRICES_UNREADABLE for a file that cannot be read, with the line and what was expected;
    DATA_SOURCE_UNAVAILABLE where the folder does not exist.
    """
    if not os.path.isdir(folder):
        raise DataError(
            "DATA_SOURCE_UNAVAILABLE", "The operator's folder of CSV files cannot be read.",
            remedy="The operator has to correct BACKTEST_CSV_DIR, or make the folder readable.", retryable=False,
        )  # fmt: skip
    histories = {}
    for symbol in symbols:
        with _refusing(symbol):
            file = _file_of(folder, symbol)
            if file is not None:
                histories[symbol] = _history(symbol, *file)
    return histories


def read_file(path: str, symbol: str) -> ReadFile:
    """Read one file, of whatever name, as the history of a symbol; .parquet with pyarrow.

    DataError PRICES_UNREADABLE as `load`; InternalError ENVIRONMENT where pyarrow is needed and missing.
    """
    with _refusing(symbol, "Parquet" if _is_parquet(path) else "CSV", own=True):
        if _version(path) is None:
            raise UnreadableError("there is no such file")
        return _read_content(_read(path), symbol)


def read_content(content: bytes, symbol: str) -> ReadFile:
    """Read the content of a CSV file as `read_file` reads the file; a compressed one is refused."""
    with _refusing(symbol, own=True):
        if len(content) > MAX_FILE_BYTES:
            raise _too_large()
        return _read_content(content, symbol)


@contextlib.contextmanager
def _refusing(symbol: str, kind: str = "CSV", *, own: bool = False) -> Iterator[None]:
    """Raise DataError PRICES_UNREADABLE. own: who reads the message has named the file, and may see its header."""
    try:
        yield
    except UnreadableError as fault:
        found = f"It has {fault.found}." if own and fault.found else ""
        sentences = (f"The {kind} file of {symbol} cannot be read: {fault.fact}.", found, fault.expected)
        who = "Replace" if own else "The operator has to replace"
        remedy = f"{who} the file, or make it readable."
        raise DataError(
            "PRICES_UNREADABLE", " ".join(filter(None, sentences)), remedy=None if fault.expected else remedy
        ) from None


def has(folder: str, symbol: str) -> bool:
    """Return whether `folder` has a file of `symbol`, readable or not."""
    return FILE_SYMBOL.fullmatch(symbol) is not None and any(
        os.path.lexists(os.path.join(folder, name)) for name in _names(symbol)
    )


def symbols(folder: str) -> tuple[str, ...]:
    """Return the symbols of the folder's files, readable or not, sorted; none where it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return ()
    found = {name.removesuffix(".gz").removesuffix(".csv").upper() for name in names if name.endswith(_SUFFIXES)}
    return tuple(sorted(symbol for symbol in found if FILE_SYMBOL.fullmatch(symbol) and has(folder, symbol)))


def extents(folder: str, cache: ListingCache) -> dict[str, Extent]:
    """Return the extent of each symbol whose file can be read, sorted. A file that the cache knows is not read."""
    found = {}
    for symbol in symbols(folder):
        try:
            file = _file_of(folder, symbol)
        except UnreadableError:
            continue
        extent = None if file is None else _extent(symbol, *file, cache)
        if extent is not None:
            found[symbol] = extent
    return found


def _extent(symbol: str, path: str, version: tuple[int, ...], cache: ListingCache) -> Extent | None:
    """Return the extent of a file, None where it cannot be read."""
    from backtester.prices.listing_cache import Extent, is_unadjusted

    known = cache.get(os.path.abspath(path), [*version])
    if known is not None:
        return Extent(*known) if known else None
    try:
        history = _read_content(_read(path), symbol).history
    except UnreadableError:
        cache.put(os.path.abspath(path), [*version], False)
        return None
    extent = Extent(
        first=str(history.sessions[0]), last=str(history.sessions[-1]), sessions=len(history.sessions),
        unadjusted=is_unadjusted(history.warnings), updated=os.stat(path).st_mtime,
    )  # fmt: skip
    cache.put(os.path.abspath(path), [*version], [*extent])
    return extent


def _names(symbol: str) -> tuple[str, ...]:
    return f"{symbol}.csv", f"{symbol}.csv.gz", f"{symbol.lower()}.csv", f"{symbol.lower()}.csv.gz"


def _file_of(folder: str, symbol: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the path of the symbol's file and its version (device, inode, size, times); None where it has none."""
    if not FILE_SYMBOL.fullmatch(symbol) or os.sep in symbol:
        return None
    for name in _names(symbol):
        path = os.path.join(folder, name)
        version = _version(path)
        if version is not None:
            return path, version
    return None


def _version(path: str) -> tuple[int, ...] | None:
    """Return device, inode, size and times of a file; None where there is none."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, ValueError):  # a null character
        return None
    except OSError:
        raise UnreadableError("the system refuses to open it") from None
    if not stat.S_ISREG(status.st_mode):  # a pipe would block, a device never end
        raise UnreadableError("it is not a file")
    if status.st_size > MAX_FILE_BYTES:
        raise _too_large()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _too_large() -> UnreadableError:
    return UnreadableError(f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")


def _is_parquet(path: str) -> bool:
    return path.lower().endswith(".parquet")


def _read(path: str) -> bytes:
    if _is_parquet(path):
        from backtester.prices.parquet import as_csv

        return as_csv(path)
    try:
        with gzip.open(path) if path.lower().endswith(".gz") else open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnreadableError("it is not a complete gzip file") from None
    except OSError:
        raise UnreadableError("the system refuses to open it") from None
    if len(content) > MAX_FILE_BYTES:
        raise _too_large()
    return content


@functools.lru_cache(maxsize=64)  # a warm process reads a file once, until it changes
def _history(symbol: str, path: str, version: tuple[int, ...]) -> SymbolHistory:
    return _read_content(_read(path), symbol).history


def _read_content(content: bytes, symbol: str) -> ReadFile:
    """Read a file's content as total-return prices."""
    rows = parse(content, symbol)
    with np.errstate(all="ignore"):  # values beyond the bounds are refused just below
        history = history_of(symbol, rows)
    opens = None if history.open is None else history.open[~np.isnan(history.open)]
    for prices in (history.close, history.traded, opens):
        if prices is not None and not ((prices >= LEAST_PRICE) & (prices <= LARGEST_PRICE)).all():
            raise UnreadableError(f"its adjusted prices are not from {LEAST_PRICE:g} to {LARGEST_PRICE:g}")
    return ReadFile(rows=rows, history=history)
