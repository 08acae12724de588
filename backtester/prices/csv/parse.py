"""Parses a CSV file into arrays of days and prices, and says of each row that it leaves out why.

The plain case is UTF-8, commas and dates such as 2024-05-13: there every column is converted at once. Everything else
is looked into only where that fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from backtester.model.price_range import LARGEST_PRICE, LEAST_PRICE
from backtester.model.record import Record, replace
from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.prices.csv.cells import Cells, read_table
from backtester.prices.csv.dates import read_days
from backtester.prices.csv.layouts import plain_name, role_of
from backtester.prices.csv.numbers import MISSING, ONE_CURRENCY, read_numbers
from backtester.prices.csv.symbol_column import rows_of
from backtester.prices.csv.unreadable import CellError, UnreadableError

SAME_PRICE = 1e-6  # relative: a repeated row may have been rounded otherwise
_PRICES = ("close", "adj_close", "open", "traded")
_NUMBERS = (*_PRICES, "dividend", "split")
_MARKS = frozenset(("0", "1", "y", "n", "yes", "no", "t", "f", "true", "false"))


class PriceRows(Record):
    """The sessions of a file that have a price, oldest first. T sessions; None: the file has no such column."""

    days: IntArray  # (T,) since 1970-01-01, strictly increasing
    lines: IntArray  # (T,) of the file, from 1
    close: FloatArray  # (T,) > 0; the adjusted one where the file has no other
    adj_close: FloatArray | None  # (T,) > 0
    open: FloatArray | None  # (T,) > 0, NaN where there is none
    dividend: FloatArray | None  # (T,) of a share, >= 0: since the session before
    split: FloatArray | None  # (T,) new shares for an old one since the session before, 1: none
    traded: FloatArray | None  # (T,) what a share cost, > 0, NaN where it is not told
    has_close: bool  # False: close is adj_close
    dropped: IntArray  # days of the rows without a price
    dropped_lines: IntArray  # of the file, from 1
    repeated: IntArray  # days of the rows that repeat another
    repeated_lines: IntArray
    columns: tuple[tuple[str, str], ...] = ()  # of the file: the name that the header has, the role, empty: not read
    other_symbol: str = ""  # that the file names instead of the symbol it is read as


def parse(content: bytes, symbol: str) -> PriceRows:
    """Parse the content of a symbol's file. UnreadableError."""
    table, other_symbol = rows_of(_table(content, symbol), symbol)
    at, columns, lines, decimal, _, names = table
    at = _without_marks(at, columns)
    cells = {role: columns[at[role]] for role in _NUMBERS if role in at}

    def others() -> Iterator[str]:
        return (cell for position, column in enumerate(columns) if position != at["date"] for cell in column)

    try:
        for name, column in zip(names, columns, strict=False):
            if role_of(plain_name(name)) == "currency":
                _check_currencies(column)
        days = read_days(columns[at["date"]], symbol)
        numbers = read_numbers(cells, others, decimal=decimal)
        for role, values in numbers.items():
            _check_values(role, values)
    except CellError as fault:
        raise UnreadableError(f"line {lines[fault.row]}: {fault.fact}", fault.expected) from None
    role_at = {position: role for role, position in at.items()}
    return replace(
        _price_rows(days, np.array(lines, dtype=np.int64), numbers), other_symbol=other_symbol,
        columns=tuple((name.strip(), role_at.get(position, "")) for position, name in enumerate(names)),
    )  # fmt: skip


def _without_marks(at: dict[str, int], columns: Sequence[Sequence[str]]) -> dict[str, int]:
    """Leave out an adjusted close that only marks whether a row is adjusted: yes, 1."""
    if {"close", "adj_close"} <= at.keys() and all(cell.strip().lower() in _MARKS for cell in columns[at["adj_close"]]):
        return {role: position for role, position in at.items() if role != "adj_close"}
    return at


def _table(content: bytes, symbol: str) -> Cells:
    """Return the columns; UnreadableError says of another kind of file which it is."""
    try:
        return read_table(content, symbol)
    except UnreadableError:
        from backtester.prices.csv.other_kinds import other_kind

        kind = other_kind(content)
        if kind is None:
            raise
        raise UnreadableError(f"it is {kind}") from None


def _check_currencies(cells: Sequence[str]) -> None:
    """Refuse a column that names two currencies. GBP and GBp are two: pounds and pence."""
    first = ""
    for row, cell in enumerate(map(str.strip, cells)):
        if cell and cell not in MISSING:
            first = first or cell
            if cell != first:
                raise CellError(row, "currency is another than on a line before it", ONE_CURRENCY)


def _check_values(role: str, values: FloatArray) -> None:
    """Refuse a price that no run takes, inline or from a file; a zero counts as none."""
    below = np.flatnonzero(values < 0)
    if below.size:
        bound = "is below zero" if role in ("dividend", "split") else "is not above zero"
        raise CellError(int(below[0]), f"{role} {bound}", "Expected prices above zero; a zero counts as none.")
    outside = np.flatnonzero((values != 0) & ((values < LEAST_PRICE) | (values > LARGEST_PRICE)))
    if role in _PRICES and outside.size:
        expected = f"Expected prices from {LEAST_PRICE:g} to {LARGEST_PRICE:g}; a zero counts as none."
        raise CellError(int(outside[0]), f"{role} is out of range", expected)


def _price_rows(days: IntArray, lines: IntArray, numbers: dict[str, FloatArray]) -> PriceRows:
    """Put the rows in order, and leave out those without a price and those that repeat another."""
    newest_first = days[0] > days[-1]
    if newest_first:
        days, lines = days[::-1], lines[::-1]
        numbers = {role: values[::-1] for role, values in numbers.items()}
    disorder = np.flatnonzero(np.diff(days) < 0)
    if disorder.size:
        line = lines[disorder[-1]] if newest_first else lines[disorder[0] + 1]
        side = "before" if newest_first else "after"
        raise UnreadableError(f"line {line}: date is not {side} the one before it", "Expected dates in order.")
    prices = {role: np.where(values == 0, np.nan, values) for role, values in numbers.items() if role in _PRICES}
    if np.isnan(prices.get("adj_close", np.zeros(1))).all():  # empty throughout: as if it were not there
        del prices["adj_close"]
    total = prices.get("adj_close")
    close = prices.get("close", total)
    if close is None or np.isnan(close).all():
        raise UnreadableError("it has no prices", "Expected a close above zero on one line at least.")
    known = ~np.isnan(close) if total is None else ~np.isnan(close) & ~np.isnan(total)
    if not known.any():
        raise UnreadableError("it has no prices", "Expected a line with both a close and an adjusted close.")
    columns = {**prices, "close": close, **_events(numbers)}
    keep, repeated = _without_repeated(days, lines, known, columns)
    return PriceRows(
        days=days[keep], lines=lines[keep], close=close[keep],
        adj_close=None if total is None else total[keep],
        open=prices["open"][keep] if "open" in prices else None,
        traded=prices["traded"][keep] if "traded" in prices else None,
        dividend=_since_before(columns["dividend"], keep, np.add, 0.0) if "dividend" in columns else None,
        split=_since_before(columns["split"], keep, np.multiply, 1.0) if "split" in columns else None,
        has_close="close" in prices, dropped=days[~known], dropped_lines=lines[~known],
        repeated=days[repeated], repeated_lines=lines[repeated],
    )  # fmt: skip


def _events(numbers: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the dividends, 0 where there is none, and the splits, 1 where there is none."""
    found: dict[str, FloatArray] = {
        role: np.nan_to_num(numbers[role]) for role in ("dividend", "split") if role in numbers
    }
    if "split" in found:
        found["split"] = np.where(found["split"] == 0, 1.0, found["split"])
    return found


def _without_repeated(
    days: IntArray, lines: IntArray, known: BoolArray, columns: dict[str, FloatArray]
) -> tuple[IntArray, IntArray]:
    """Return the rows with a price, one a day, and those that repeat another.

    Of several the oldest is kept. What it lacks of an open, a traded close, a dividend or a split another may tell.
    UnreadableError where they do not agree.
    """
    rows = np.flatnonzero(known)
    is_first = np.concatenate([[True], np.diff(days[rows]) != 0])
    firsts = rows[is_first]
    if firsts.size == rows.size:
        return rows, rows[:0]
    repeated = rows[~is_first]
    kept = firsts[np.cumsum(is_first) - 1][~is_first]  # the row that each repeats
    for role in _PRICES:
        if role in columns:
            values = columns[role]
            for at in np.flatnonzero(np.isnan(values[kept]) & ~np.isnan(values[repeated])).tolist()[::-1]:
                values[kept[at]] = values[repeated[at]]
            one, two = values[kept], values[repeated]
            # of the last day a source sends its live row too, with another open
            settled = (role != "open") | (days[kept] != days[rows[-1]])
            for at in np.flatnonzero(settled & (np.abs(one - two) > SAME_PRICE * np.maximum(one, two)))[:1].tolist():
                raise _contradiction(role, lines, kept[at], repeated[at])
    for role, none in (("dividend", 0.0), ("split", 1.0)):
        if role in columns:
            values = columns[role]
            for at in np.flatnonzero(values[repeated] != none).tolist():
                first, row = kept[at], repeated[at]
                if values[first] not in (none, values[row]):
                    raise _contradiction(role, lines, first, row)
                values[first], values[row] = values[row], none
    return firsts, repeated


def _contradiction(role: str, lines: IntArray, one: int, two: int) -> UnreadableError:
    first, second = sorted((int(lines[one]), int(lines[two])))
    fact = f"line {second}: it repeats the date of line {first} with another {role}"
    return UnreadableError(fact, "Expected one row a day.")


def _since_before(values: FloatArray, keep: IntArray, combine: np.ufunc, none: float) -> FloatArray:
    """Return the events of the rows that are kept; those of a row left out count on the next that is kept."""
    after = np.searchsorted(keep, np.arange(values.size))
    found: FloatArray = np.full(keep.size, none)
    counts = after < keep.size
    combine.at(found, after[counts], values[counts])
    return found
