"""The columns of a CSV file: its cells below the header, without blank lines and without a footer.

A file of plain lines, with commas, without quotes and with as many cells on each, is split at once. Any other is read
row by row: rows.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backtester.prices.csv.charset import encoding_of
from backtester.prices.csv.header import MAX_LINES_ABOVE, Header, find_header
from backtester.prices.csv.unreadable import CellError

_MAX_PLAIN_BYTES = 16 * 1024 * 1024  # about a million sessions
_COMMA, _NEWLINE = b",\n"


class Cells(NamedTuple):
    """The cells of a file by column, each of as many rows as there are lines."""

    at: dict[str, int]  # the column of each role
    columns: list[Sequence[str]]
    lines: Sequence[int]  # the number of each row's last line, from 1
    decimal: str  # what the language of the header writes
    symbol: str  # the only one that a line of the header names; empty: none
    names: tuple[str, ...]  # of the columns, as the header writes them


def read_table(content: bytes, symbol: str) -> Cells:
    """Read the columns of a symbol's file. UnreadableError."""
    encoding = encoding_of(content)
    plain = _split(content, symbol) if encoding.startswith("utf-8") else None
    if plain is not None:
        return plain
    from backtester.prices.csv.rows import read_rows

    header, rows, lines = read_rows(content, encoding, symbol)
    return Cells(header.at, list(zip(*rows, strict=False)), lines, header.decimal, header.symbol, header.names)


def _split(content: bytes, symbol: str) -> Cells | None:
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
    if not all(dates) or not dates[-1][0].isdigit():
        return None
    first = header.first_row + 1
    lines = range(first, first + len(dates))
    return Cells(header.at, columns, lines, header.decimal, header.symbol, header.names)


def _sure_header(top: list[list[str]], symbol: str) -> Header | None:
    try:
        header = find_header(top, symbol)
    except CellError:
        return None
    return header if header is not None and header.first_row < len(top) else None
