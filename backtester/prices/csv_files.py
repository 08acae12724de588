"""Prices from the operator's own files: SYMBOL.csv or SYMBOL.csv.gz in one folder.

A header line names the columns, in any order and case: date and close; where there are, open, adj_close and dividend.
Everything else (high, low, volume, ...) is ignored. UTF-8, commas, one session a line, oldest first. A line without a
close is a session without a price, and is left out.

What a share cost on the day, its splits, its dividends and the repairs are those of share_prices.py. Closes are
converted to total-return closes by the first rule that applies:

1. adj_close, as it is.
2. dividend and stock_splits, without adj_close: the close as it is, with the warning UNADJUSTED_PRICES. It is what
   yfinance exports after adjusting; adjusting again would count every dividend twice.
3. dividend: adjusted backwards as CRSP and Yahoo do, each earlier close by 1 - dividend[t] / close[t - 1], so that the
   return on the ex-date is close[t] / (close[t - 1] - dividend[t]) - 1. Splits are unknown: the close has to be
   adjusted for them already, and the dividend with it.
4. The close as it is, with the warning UNADJUSTED_PRICES.

Opens are scaled as the closes are.

Dividends are known under the rules 1 and 3, each as a share of the close before, which must be as traded (but for
splits). Rule 2 has no such close: its share counts are of adjusted shares.
"""

from __future__ import annotations

import csv
import functools
import gzip
import io
import math
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np

from backtester.model.errors import DataError, RunWarning
from backtester.model.records import SymbolHistory
from backtester.prices.share_prices import share_prices

MAX_FILE_BYTES = 256 * 1024 * 1024  # of the file, and of what it unpacks to
EPOCH = date(1970, 1, 1).toordinal()
FILE_SYMBOL = re.compile(r"[A-Z0-9^=_&-][A-Z0-9.^=_&-]{0,19}")  # no separator, no leading dot: it stays in the folder
SPELLINGS = {
    "adj close": "adj_close",
    "adjclose": "adj_close",
    "adjusted_close": "adj_close",
    "adjusted close": "adj_close",
    "dividends": "dividend",
    "stock splits": "stock_splits",
}
COLUMNS = ("date", "open", "close", "adj_close", "dividend", "stock_splits")


class _CsvLines(Protocol):
    """The type that csv.reader returns; the csv module has no public name for it."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


class _UnreadableError(Exception):
    """A file cannot be read. The message names line and column, never a path or a cell."""


@dataclass(slots=True)
class _Rows:
    """The sessions of a file that have a price, oldest first. NaN where a cell is empty or a column missing."""

    days: list[int] = field(default_factory=list)  # since 1970-01-01
    close: list[float] = field(default_factory=list)  # as traded
    adj_close: list[float] = field(default_factory=list)
    open: list[float] = field(default_factory=list)  # as traded
    dividend: list[float] = field(default_factory=list)  # since the session before
    split: list[float] = field(default_factory=list)  # new shares for an old one since the session before


def load(folder: str, symbols: Sequence[str]) -> dict[str, SymbolHistory]:
    """Read the histories of `symbols` from `folder`; those without a file are absent.

    Arrays are read-only.
    DataError: SYMBOL_NOT_FOUND for a file that cannot be read as described above, with the line and the column;
    DATA_SOURCE_UNAVAILABLE where the folder does not exist.
    """
    if not os.path.isdir(folder):
        raise DataError("DATA_SOURCE_UNAVAILABLE", "The operator's folder of CSV files cannot be read.")
    histories = {}
    for symbol in symbols:
        try:
            file = _file_of(folder, symbol)
            if file is not None:
                histories[symbol] = _history(symbol, *file)
        except _UnreadableError as fault:
            raise DataError("SYMBOL_NOT_FOUND", f"The CSV file of {symbol} cannot be read: {fault}.") from None
    return histories


def _file_of(folder: str, symbol: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the path of the symbol's file and its version (device, inode, size, times); None where it has none."""
    if not FILE_SYMBOL.fullmatch(symbol) or os.sep in symbol:
        return None
    for name in (f"{symbol}.csv", f"{symbol}.csv.gz", f"{symbol.lower()}.csv", f"{symbol.lower()}.csv.gz"):
        path = os.path.join(folder, name)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        except OSError:
            raise _UnreadableError("the system refuses to open it") from None
        if not stat.S_ISREG(status.st_mode):  # a pipe would block, a device never end
            raise _UnreadableError("it is not a file")
        return path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return None


def _read(path: str) -> bytes:
    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _UnreadableError("it is not a complete gzip file") from None
    except OSError:
        raise _UnreadableError("the system refuses to open it") from None
    if len(content) > MAX_FILE_BYTES:
        raise _UnreadableError(f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")
    return content


@functools.lru_cache(maxsize=64)  # a warm process reads a file once, until it changes
def _history(symbol: str, path: str, version: tuple[int, ...]) -> SymbolHistory:
    """Read a file as total-return prices."""
    content = _read(path)
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), strict=True)
    try:
        header = next(lines, [])
        at = _columns(header)
        rows = _rows(lines, at, len(header))
    except csv.Error:
        raise _UnreadableError(f"line {lines.line_num}: it is not CSV") from None
    except UnicodeDecodeError:
        raise _UnreadableError("it is not text in UTF-8") from None
    if not rows.days:
        raise _UnreadableError("it has no prices")
    pays = "adj_close" in at or "dividend" not in at or "stock_splits" not in at
    sessions = np.array(rows.days, dtype=np.int64).view("datetime64[D]")
    with np.errstate(all="ignore"):  # values beyond a double are refused just below
        found = share_prices(
            symbol, sessions, np.array(rows.close), opens=np.array(rows.open),
            adjusted=np.array(rows.adj_close) if "adj_close" in at else None,
            money=np.array(rows.dividend), split=np.array(rows.split), pays=pays,
        )  # fmt: skip
    opens = np.array(rows.open) if found.open is None else found.open
    for prices in (found.close, found.traded, opens[~np.isnan(rows.open)]):
        if not ((prices > 0) & (prices < math.inf)).all():
            raise _UnreadableError("its adjusted prices are out of range")
    return SymbolHistory(
        symbol=symbol,
        source="csv",
        sessions=_read_only(sessions),
        close=_read_only(found.close),
        open=None if np.isnan(opens).all() else _read_only(opens),
        dividend=_read_only(found.dividend) if "dividend" in at and pays else None,
        traded=_read_only(found.traded),
        split=None if found.split is None else _read_only(found.split),
        counts_adjusted_shares=not pays,
        warnings=(*_warnings(symbol, at), *found.warnings),
    )


def _columns(header: list[str]) -> dict[str, int]:
    """Return the positions of the known columns."""
    at: dict[str, int] = {}
    for position, cell in enumerate(header):
        plain = cell.strip().lower()
        name = SPELLINGS.get(plain, plain)
        if name in at:
            raise _UnreadableError(f"line 1: there are two columns {name}")
        if name in COLUMNS:
            at[name] = position
    for name in ("date", "close"):
        if name not in at:
            raise _UnreadableError(f"line 1: there is no column {name}")
    return at


def _rows(lines: _CsvLines, at: dict[str, int], width: int) -> _Rows:
    """Read the lines after the header, each of `width` cells."""
    rows = _Rows()
    pays_alone = "adj_close" not in at and "stock_splits" not in at  # the closes are adjusted by the dividends alone
    previous_day = None
    unpaid, unsplit = 0.0, 1.0  # dividends and splits of lines left out; they count on the next session
    for cells in lines:
        if not cells:
            continue
        line = lines.line_num
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            raise _UnreadableError(f"line {line}: it has {len(cells)} cells where the header has {width}")
        day = _day(cells[at["date"]], line)
        if previous_day is not None and day <= previous_day:
            raise _UnreadableError(f"line {line}: date is not after the one before it")
        previous_day = day
        close = _price(cells, at, "close", line)
        adjusted = _price(cells, at, "adj_close", line) if "adj_close" in at else close
        opening = _price(cells, at, "open", line) if "open" in at else math.nan
        if "stock_splits" in at:
            unsplit *= _split(cells[at["stock_splits"]], line)
        if "dividend" in at:
            unpaid += _dividend(cells[at["dividend"]], line)
        if close != close or adjusted != adjusted:  # NaN, as math.isnan but without a call
            continue
        if pays_alone and rows.close and unpaid >= rows.close[-1]:
            raise _UnreadableError(f"line {line}: dividend is not below the close before it")
        rows.days.append(day)
        rows.close.append(close)
        rows.adj_close.append(adjusted)
        rows.open.append(opening)
        rows.dividend.append(unpaid)
        rows.split.append(unsplit)
        unpaid, unsplit = 0.0, 1.0
    return rows


def _day(cell: str, line: int) -> int:
    """Return the days since 1970-01-01 of YYYY-MM-DD, with or without a time of day behind it."""
    text = cell.strip()
    try:
        day = date.fromisoformat(text[:10]).toordinal() - EPOCH
    except ValueError:
        day = None
    if day is None or text[4:8:3] != "--" or text[10:11] not in ("", " ", "T"):  # fromisoformat takes weeks as well
        raise _UnreadableError(f"line {line}: date is not YYYY-MM-DD")
    return day


def _price(cells: list[str], at: dict[str, int], column: str, line: int) -> float:
    """Return the price in a cell, NaN where it is empty."""
    value = _number(cells[at[column]], column, line)
    if value is None:
        return math.nan
    if value <= 0:
        raise _UnreadableError(f"line {line}: {column} is not above zero")
    return value


def _dividend(cell: str, line: int) -> float:
    """Return the dividend in a cell, 0 where it is empty."""
    value = _number(cell, "dividend", line) or 0.0
    if value < 0:
        raise _UnreadableError(f"line {line}: dividend is below zero")
    return value


def _split(cell: str, line: int) -> float:
    """Return the split in a cell, 1 where it is empty or 0."""
    value = _number(cell, "stock_splits", line) or 1.0
    if value < 0:
        raise _UnreadableError(f"line {line}: stock_splits is below zero")
    return value


def _number(cell: str, column: str, line: int) -> float | None:
    """Return a cell's finite number, None where it is empty."""
    try:
        value = float(cell)
    except ValueError:
        if not cell.strip():
            return None
        value = math.nan
    if not math.isfinite(value) or "_" in cell:  # float takes 1_000, nan and infinity
        raise _UnreadableError(f"line {line}: {column} is not a number")
    return value


def _warnings(symbol: str, at: dict[str, int]) -> tuple[RunWarning, ...]:
    """Return UNADJUSTED_PRICES where the closes are taken as they are."""
    if "adj_close" in at or ("dividend" in at and "stock_splits" not in at):
        return ()
    if "dividend" in at:
        detail = f"The CSV file of {symbol} looks like an export of adjusted prices. Its closes are taken as they are."
    else:
        detail = f"The CSV file of {symbol} has neither adj_close nor dividend. Its returns leave dividends out."
    return (RunWarning(code="UNADJUSTED_PRICES", detail=detail, symbol=symbol),)


def _read_only(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    column.setflags(write=False)
    return column
