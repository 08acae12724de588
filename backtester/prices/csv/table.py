"""The columns of a CSV file: its cells below the header, without blank lines and without a footer.

A file of plain lines, with commas, without quotes and with as many cells on each, is split at once. Any other is read
row by row, with the first delimiter that gives a header.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backtester.prices.csv.dates import EXPECTED as EXPECTED_DATE
from backtester.prices.csv.dates import is_date
from backtester.prices.csv.decode import encoding_of
from backtester.prices.csv.header import MAX_LINES_ABOVE, Header, find_header, missing_column
from backtester.prices.csv.layouts import DELIMITERS
from backtester.prices.csv.numbers import is_number
from backtester.prices.csv.unreadable import CellError, UnreadableError

MAX_ROWS = 1_000_000  # far more days than any exchange has seen
_FIRST_LINES = 1000  # among which the header is looked for
_MAX_PLAIN_BYTES = 16 * 1024 * 1024
_COMMA, _NEWLINE = b",\n"


class Table(NamedTuple):
    """The cells of a file by column, each of as many rows as there are lines."""

    at: dict[str, int]  # the column of each role
    columns: list[Sequence[str]]
    lines: Sequence[int]  # the number of each row's last line, from 1
    decimal: str  # what the language of the header writes


class _Rows(NamedTuple):
    header: Header
    rows: list[list[str]]
    lines: list[int]


def read_table(content: bytes, symbol: str) -> Table:
    """Read the columns of a symbol's file. UnreadableError."""
    encoding = encoding_of(content)
    plain = _split(content, symbol) if encoding.startswith("utf-8") else None
    if plain is not None:
        return plain
    header, rows, lines = _without_footer(_read(content, encoding, symbol))
    _check_widths(header, rows, lines)
    return Table(header.at, list(zip(*rows, strict=False)), lines, header.decimal)


def _split(content: bytes, symbol: str) -> Table | None:
    """Split a file of plain lines; None where it is none, or has rows to be left out."""
    if len(content) > _MAX_PLAIN_BYTES or b'"' in content:
        return None
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").removesuffix(b"\n")
    if b"\r" in content:
        return None
    top = [line.split(",") for line in content[:65_536].decode(errors="replace").split("\n")[: MAX_LINES_ABOVE + 2]]
    header = _sure_header(top, symbol)
    if header is None:
        return None
    width = len(top[header.first_row - 1])
    body = content.split(b"\n", header.first_row)[-1]
    marks = np.frombuffer(body + b"\n", dtype=np.uint8)
    marks = marks[(marks == _COMMA) | (marks == _NEWLINE)]
    if width < header.width or marks.size % width:
        return None
    if not ((marks.reshape(-1, width) == _NEWLINE) == (np.arange(width) == width - 1)).all():
        return None
    cells = body.decode().replace("\n", ",").split(",")
    columns: list[Sequence[str]] = [cells[at::width] for at in range(width)]
    dates = columns[header.at["date"]]
    if len(dates) > MAX_ROWS or not all(dates) or not dates[-1][0].isdigit():
        return None
    first = header.first_row + 1
    return Table(header.at, columns, range(first, first + len(dates)), header.decimal)


def _sure_header(top: list[list[str]], symbol: str) -> Header | None:
    try:
        header = find_header(top, symbol)
    except CellError:
        return None
    return header if header is not None and header.first_row < len(top) else None


def _read(content: bytes, encoding: str, symbol: str) -> _Rows:
    """Read the rows with the first delimiter that gives a header."""
    refusals: list[UnreadableError] = []
    for delimiter in DELIMITERS:
        text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
        found = _read_with(delimiter, text, symbol)
        if isinstance(found, _Rows):
            return found
        refusals.append(found)
    raise refusals[0]


def _read_with(delimiter: str, text: io.TextIOWrapper, symbol: str) -> _Rows | UnreadableError:
    """Read the rows with a delimiter; return the refusal of a file that has no header with it."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    header = None
    try:
        for row in filter(_is_filled, itertools.islice(reader, _FIRST_LINES)):
            rows.append(row)
            lines.append(reader.line_num)
        header = _header_of(rows, lines, symbol)
        if header is None:
            return missing_column(rows, lines[0] if lines else 1)
        for row in filter(_is_filled, reader):
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) > MAX_ROWS:
                raise UnreadableError(f"it has more than {MAX_ROWS} rows", "Expected one row a day.")
    except csv.Error:
        refusal = UnreadableError(f"line {reader.line_num}: it is not CSV", "Expected quotes around whole cells.")
        if header is None and _header_of(rows, lines, symbol) is None:
            return refusal
        raise refusal from None
    return _Rows(header, rows[header.first_row :], lines[header.first_row :])


def _header_of(rows: list[list[str]], lines: list[int], symbol: str) -> Header | None:
    try:
        return find_header(rows, symbol)
    except CellError as doubt:
        raise UnreadableError(f"line {lines[doubt.row]}: {doubt.fact}", doubt.expected) from None


def _is_filled(row: list[str]) -> bool:
    return bool(row) and (bool(row[0].strip()) or any(cell.strip() for cell in row))


def _without_footer(found: _Rows) -> _Rows:
    """Leave out the rows at the end that have no date: sources, disclaimers, sums."""
    header, rows, lines = found
    count = len(rows)
    while count > 1 and _is_footer(rows[count - 1], header):
        count -= 1
    if not count:
        raise UnreadableError("it has no prices", "Expected a line for each session below the header.")
    return found if count == len(rows) else _Rows(header, rows[:count], lines[:count])


def _is_footer(row: list[str], header: Header) -> bool:
    date, close = (row[at].strip() if at < len(row) else "" for at in (header.at["date"], _close_at(header)))
    return not is_number(close) if not date else not date[0].isdigit() and not is_date(date)


def _close_at(header: Header) -> int:
    return header.at["close" if "close" in header.at else "adj_close"]


def _check_widths(header: Header, rows: list[list[str]], lines: list[int]) -> None:
    if set(map(len, rows)) == {header.width}:
        return
    for row, line in zip(rows, lines, strict=True):
        if len(row) < header.width or any(cell.strip() for cell in row[header.width :]):
            at = header.at["date"]
            if at >= len(row) or not is_date(row[at]):
                raise UnreadableError(f"line {line}: date cannot be read", EXPECTED_DATE)
            raise UnreadableError(
                f"line {line}: it has {len(row)} cells where the header has {header.width}",
                "Expected as many cells as the header has, and quotes around a cell with a comma.",
            )
