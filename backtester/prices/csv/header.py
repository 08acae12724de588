"""Finds the header of a file, and the columns in it.

Above the header may stand lines of any kind. The header has one line, or up to three where it has levels, as yfinance
and pandas write them: names, symbols, and the name of the index. Of several symbols the file's own is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backtester.prices.csv.layouts import COMMA_CLOSES, LONE_CLOSES, NAMES, plain_name, role_of
from backtester.prices.csv.unreadable import CellError

MAX_LINES_ABOVE = 50
_MAX_CELLS = 100_000
_SYMBOL_LEVEL = ("", "ticker", "tickers", "symbol", "symbols")
_LONGEST_NAME = 100
_BESIDE_LONE_CLOSES = {"date", "symbol", "currency"}


class Header(NamedTuple):
    """Where the columns are. first_row: the index of the first row below the header."""

    at: dict[str, int]  # position by role
    width: int  # cells that a row has at least
    first_row: int
    decimal: str  # what the language of the header writes
    symbol: str  # the only one that a line of the header names; empty: none
    names: tuple[str, ...]  # of the columns, as they are written


def find_header(rows: Sequence[list[str]], symbol: str) -> Header | None:
    """Return the header among the first rows of a file; None where there is none.

    symbol: the file's. CellError where two columns have the same name.
    """
    for row in range(min(len(rows), MAX_LINES_ABOVE)):
        names = plain_names(rows[row])
        if not _closes(names, symbol):
            names = plain_names(rows[row], symbol)
        if _closes(names, symbol):
            found = _header_at(rows, row, names, symbol)
            if found is not None:
                return found
    return None


def plain_names(cells: Sequence[str], symbol: str = "") -> list[str]:
    """Return the plain names of a row; "-" for a value that is none of a share, as other columns show.

    symbol: the file's, where it may be a part of each name.
    """
    names = [plain_name(_without_symbol(cell, symbol)) for cell in cells[:_MAX_CELLS]]
    if LONE_CLOSES.isdisjoint(names):
        return names
    others = {role_of(name) for name in names if name and name not in LONE_CLOSES}
    return names if others <= _BESIDE_LONE_CLOSES else ["-" if name in LONE_CLOSES else name for name in names]


def _without_symbol(cell: str, symbol: str) -> str:
    """Return a name that is known but for the file's own symbol: AAPL.Close as R writes it, Close_AAPL."""
    own = re.escape(symbol.lstrip("^"))
    if not own or len(cell) > _LONGEST_NAME or role_of(plain_name(cell)):
        return cell
    match = re.fullmatch(rf"{own}[._ -]+(.+)|(.+?)[._ -]+{own}", cell.strip(), re.IGNORECASE)
    name = (match[1] or match[2]) if match else ""
    return name if role_of(plain_name(name)) else cell


def _closes(names: list[str], symbol: str) -> list[int]:
    roles = ("close", "adj_close")
    found = [at for at, name in enumerate(names) if role_of(name) in roles]
    return found or [at for at, name in enumerate(names) if name and name == plain_name(symbol)]


def _header_at(rows: Sequence[list[str]], row: int, names: list[str], symbol: str) -> Header | None:
    """Return the header whose names of columns stand in a row; None where it has no date."""
    closes = _closes(names, symbol)
    levels: list[list[str]] = []
    while len(levels) < 2 and row + len(levels) + 1 < len(rows):
        below = rows[row + len(levels) + 1]
        if not _is_level(below, closes):
            break
        levels.append(below)
    date = _date_position(names, levels)
    if date is None:
        return None
    above = [rows[row - 1]] if row else []
    taken = _of_symbol(names, [*levels, *above], date, symbol)
    at = {"date": date, **_positions(names, taken, row, symbol)}
    if "close" not in at and "adj_close" not in at:
        return None
    width = max(position for position, cell in enumerate(rows[row]) if cell.strip() or position in at.values()) + 1
    close = names[at["close"]] if "close" in at else ""
    decimal = "," if close in COMMA_CLOSES else "."
    only = _only_symbol(names, [*levels, *above], date)
    return Header(at, width, row + len(levels) + 1, decimal, only, tuple(rows[row]))


def _is_level(cells: list[str], closes: list[int]) -> bool:
    """Tell whether a row below the names has symbols or the name of the index, and not a session."""
    head = plain_name(cells[0]) if cells[0].strip() else ""
    if head and head not in _SYMBOL_LEVEL:
        return role_of(head) == "date" and not any(cell.strip() for cell in cells[1:])
    return any(map(str.isalpha, "".join(cells[at] for at in closes if at < len(cells))))


def _date_position(names: list[str], levels: list[list[str]]) -> int | None:
    for line in (*([plain_name(cell) for cell in level] for level in levels), names):
        dates = [(NAMES[name][1], at) for at, name in enumerate(line) if role_of(name) == "date"]
        if dates:
            return min(dates)[1]
    return 0 if names[0] == "" else None  # an index that pandas wrote without a name


def _of_symbol(names: list[str], lines: list[list[str]], date: int, symbol: str) -> set[int] | None:
    """Return the positions of the file's symbol where a level has several; None: all are taken."""
    for symbols in _symbols_of(names, lines, date):
        if len(set(symbols.values())) > 1:
            return {at for at, found in symbols.items() if found == symbol.upper()}
    return None


def _only_symbol(names: list[str], lines: list[list[str]], date: int) -> str:
    """Return the symbol of a line that names one, for every column below it; empty where there is none."""
    for symbols in _symbols_of(names, lines, date):
        if len(set(symbols.values())) == 1:
            return next(iter(symbols.values()))
    return ""


def _symbols_of(names: list[str], lines: list[list[str]], date: int) -> Iterator[dict[int, str]]:
    """Yield what each line of symbols has, by position."""
    for cells in lines:
        if len(cells) >= len(names) and plain_name(cells[date]) in _SYMBOL_LEVEL:
            yield {at: cell.strip().upper() for at, cell in enumerate(cells) if at != date and cell.strip()}


def _positions(names: list[str], taken: set[int] | None, row: int, symbol: str) -> dict[str, int]:
    """Return the position of each role but the date; where several names could have it, the first known goes."""
    best: dict[str, tuple[int, int]] = {}
    for at, name in enumerate(names):
        role, rank = NAMES.get(name, ("", 0))
        if role in ("", "date", "currency") or (taken is not None and at not in taken):
            continue
        if role in best and best[role][0] == rank:
            raise CellError(row, f"there are two columns {role}", "Expected one of each.")
        if role not in best or rank < best[role][0]:
            best[role] = (rank, at)
    own = _closes(names, symbol)
    if not {"close", "adj_close"} & best.keys() and own and names[own[0]] not in NAMES:
        best["close"] = (0, own[0])  # a column named as the file
    return {role: at for role, (_, at) in best.items()}
