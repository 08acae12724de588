"""Which rows of a file are those of its symbol, where a column or a line of the file names symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from backtester.prices.csv.cells import Cells
from backtester.prices.csv.unreadable import UnreadableError

# what is surely a symbol, and may be shown: SPY, SPY.US, NASDAQ:SPY, BTC/USD; neither Bitcoin nor 2781
_SYMBOL = re.compile(r"(?=.*[A-Z])[A-Z0-9.^=_:/&-]{1,20}")
_EXPECTED = "Expected rows of the symbol that the file is read as, or of one symbol alone."


def rows_of(cells: Cells, symbol: str) -> tuple[Cells, str]:
    """Return the rows of a symbol, and the symbol that the file names instead of it; empty: it names none.

    Of several symbols in a column those rows are taken that are of the file's own. One alone is taken for it, whatever
    its name: SPY.US is SPY, and so may be a name of somebody's own. UnreadableError where its own is not among several.
    """
    at = cells.at.get("symbol")
    named = cells.symbol if at is None else ""
    if at is not None:
        written = cells.columns[at]
        spellings = {cell: cell.strip().upper() for cell in dict.fromkeys(written)}
        found = sorted(set(spellings.values()) - {""})
        if len(found) > 1:
            own = _own(found, symbol)
            if own is None:
                fact = f"it has {len(found)} symbols, and {symbol} is not one of them"
                raise UnreadableError(fact, _EXPECTED)
            return _taken(cells, [spellings[cell] == own for cell in written]), ""
        named = next((cell.strip() for cell in spellings if cell.strip()), "")
    other = named and not _is_same(named, symbol) and _SYMBOL.fullmatch(named)
    return cells, named if other else ""


def _own(found: Sequence[str], symbol: str) -> str | None:
    """Return the spelling of a symbol among several: its own, or the only one that means it."""
    if symbol.upper() in found:
        return symbol.upper()
    same = [name for name in found if _is_same(name, symbol)]
    return same[0] if len(same) == 1 else None


def _is_same(named: str, symbol: str) -> bool:
    """Tell whether two symbols differ by punctuation, an exchange before it or a suffix alone."""
    parts = {_plain(part) for part in (named, *re.split(r"[.:/\s]", named))}
    return not parts.isdisjoint({_plain(symbol), _plain(symbol.partition(".")[0])} - {""})


def _plain(symbol: str) -> str:
    return "".join(filter(str.isalnum, symbol.upper()))


def _taken(cells: Cells, own: Iterable[bool]) -> Cells:
    rows = [row for row, is_own in enumerate(own) if is_own]
    columns: list[Sequence[str]] = [[column[row] for row in rows] for column in cells.columns]
    return cells._replace(columns=columns, lines=[cells.lines[row] for row in rows])
