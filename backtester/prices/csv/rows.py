"""The rows of a CSV file in any dialect, without blank lines and without a footer."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import NamedTuple

from backtester.prices.csv.header import Header, find_header
from backtester.prices.csv.layouts import DELIMITERS
from backtester.prices.csv.no_header import NoHeader, refusal
from backtester.prices.csv.numbers import MISSING
from backtester.prices.csv.spelled_dates import EXPECTED as EXPECTED_DATE
from backtester.prices.csv.spelled_dates import is_date
from backtester.prices.csv.spelled_numbers import is_number
from backtester.prices.csv.unreadable import CellError, UnreadableError

MAX_ROWS = 1_000_000  # far more days than any exchange has seen
_FIRST_LINES = 1000  # among which the header is looked for
_EVENT = re.compile(
    r"(?P<dividend>[0-9.,]+)\s+dividends?|(?P<split>[0-9.]+\s*:\s*[0-9.]+)\s+(?:stock\s+)?splits?", re.IGNORECASE
)
_LONGEST_EVENT = 50
_MOST_SUMS = 5  # rows such as Total and Average below the sessions


class Rows(NamedTuple):
    """The rows below a header, each with the number of its last line, from 1."""

    header: Header
    rows: list[list[str]]
    lines: list[int]


def read_rows(content: bytes, encoding: str, symbol: str) -> Rows:
    """Read the rows with the first delimiter that gives a header. UnreadableError."""
    readings: list[NoHeader] = []
    for delimiter in DELIMITERS:
        text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
        found = _read_with(delimiter, text, symbol)
        if isinstance(found, Rows):
            found = _without_footer(found)
            found, told = _events_apart(found)
            _check_widths(*found)
            return _with_events(found, told)
        readings.append(found)
    raise refusal(readings)


def _read_with(delimiter: str, text: io.TextIOWrapper, symbol: str) -> Rows | NoHeader:
    """Read the rows with a delimiter, or the first ones of a file that has no header with it."""
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
            return NoHeader(rows, lines)
        for row in filter(_is_filled, reader):
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) > MAX_ROWS:
                raise UnreadableError(f"it has more than {MAX_ROWS} rows", "Expected one row a day.")
    except csv.Error:
        fault = UnreadableError(f"line {reader.line_num}: it is not CSV", "Expected quotes around whole cells.")
        if header is None and _header_of(rows, lines, symbol) is None:
            return NoHeader(rows, lines, fault)
        raise fault from None
    return Rows(header, rows[header.first_row :], lines[header.first_row :])


def _header_of(rows: list[list[str]], lines: list[int], symbol: str) -> Header | None:
    try:
        return find_header(rows, symbol)
    except CellError as doubt:
        raise UnreadableError(f"line {lines[doubt.row]}: {doubt.fact}", doubt.expected) from None


def _is_filled(row: list[str]) -> bool:
    return bool(row) and (bool(row[0].strip()) or any(cell.strip() for cell in row))


def _without_footer(found: Rows) -> Rows:
    """Leave out the rows at the end that have no date: sources, disclaimers, sums.

    A row with a number for its close is one of a few sums, named by a word; else its date cannot be read.
    """
    header, rows, lines = found
    count = len(rows)
    while count > 1 and _is_footer(rows[count - 1], header):
        count -= 1
    if sum(is_number(_cell(row, _close_at(header))) for row in rows[count:]) > _MOST_SUMS:
        return found
    if not count:
        raise UnreadableError("it has no prices", "Expected a line for each session below the header.")
    return found if count == len(rows) else Rows(header, rows[:count], lines[:count])


def _is_footer(row: list[str], header: Header) -> bool:
    date, has_close = _cell(row, header.at["date"]), is_number(_cell(row, _close_at(header)))
    if has_close:
        return date.replace(" ", "").rstrip(".:").isalpha() and date.lower() not in MISSING
    if not date:
        return True
    return not date[0].isdigit() and not is_date(date)


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _close_at(header: Header) -> int:
    return header.at["close" if "close" in header.at else "adj_close"]


def _events_apart(found: Rows) -> tuple[Rows, dict[str, dict[str, str]]]:
    """Take out the rows that tell a dividend or a split of a session, and nothing else, as Yahoo's page has them.

    Returns the others, and the dividends and splits by role and date, as they are written.
    """
    header, rows, lines = found
    at, close_at, told = header.at["date"], _close_at(header), dict[str, dict[str, str]]()
    events = {
        number: match for number, row in enumerate(rows)
        if not _cell(row, close_at) and (match := _event(row, at)) is not None
    }  # fmt: skip
    if not events:
        return found, told
    dates = {_cell(row, at) for row in rows if _cell(row, close_at)}
    taken = set[int]()
    for number, match in events.items():
        role, date = match.lastgroup, _cell(rows[number], at)
        if role is not None and role not in header.at and date in dates and date not in told.get(role, {}):
            told.setdefault(role, {})[date] = match[role]
            taken.add(number)
    kept = [number for number in range(len(rows)) if number not in taken]
    return Rows(header, [rows[number] for number in kept], [lines[number] for number in kept]), told


def _event(row: list[str], at: int) -> re.Match[str] | None:
    cells = [cell.strip() for position, cell in enumerate(row) if position != at and cell.strip()]
    return _EVENT.fullmatch(cells[0]) if len(cells) == 1 and len(cells[0]) <= _LONGEST_EVENT else None


def _with_events(found: Rows, told: dict[str, dict[str, str]]) -> Rows:
    """Return the rows with a column more for each role that is told; found: as wide as the header at least."""
    header, rows, lines = found
    for role, by_date in told.items():
        dates = [_cell(row, header.at["date"]) for row in rows]
        rows = [[*row[: header.width], by_date.get(date, "")] for row, date in zip(rows, dates, strict=True)]
        header = header._replace(
            at={**header.at, role: header.width}, width=header.width + 1, names=(*header.names[: header.width], role)
        )
    return Rows(header, rows, lines)


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
