"""Numbers as exports write them: decimal points and commas, thousands, currencies, splits such as 7:1."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from backtester.model.records import FloatArray
from backtester.prices.csv.numbers import MISSING, ONE_CURRENCY
from backtester.prices.csv.unreadable import CellError

EXPECTED = "Expected a number such as 1234.5, 1,234.50, $1,234.50 or 1.234,50, or an empty cell."
_MAX_CHARACTERS = 50
_MONEY = r"(?:(?:[A-Z]{{0,3}}[$€£¥₹₩]|[A-Z]{{3}}(?=\s))\s*)?(?P<number>{})\s*(?:[$€£¥₹₩]|[A-Z]{{3}})?"
_NUMBER = (
    r"[+-]?(?=[{decimal}]?[0-9])(?:[1-9][0-9]{{0,2}}(?:[{group}'’\s][0-9]{{{least},3}})*[{group}'’\s][0-9]{{3}}|[0-9]+)?"
    r"(?:[{decimal}][0-9]*)?(?:[eE][+-]?[0-9]{{1,3}})?"
)
_BY_DECIMAL = {
    ".": re.compile(_MONEY.format(_NUMBER.format(decimal=".", group=",", least=2))),  # 12,34,567.89 in India
    ",": re.compile(_MONEY.format(_NUMBER.format(decimal=",", group=".", least=3))),
}
_OTHER_CELL = re.compile(r"[-+0-9.,'’\s]+[%KMBTkmbt]?")
_RATIO = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:[:/]|for)\s*([0-9]+(?:\.[0-9]+)?)")


def spelled_numbers(
    columns: dict[str, Sequence[str]], others: Callable[[], Iterable[str]], decimal: str
) -> dict[str, FloatArray]:
    """Return the numbers (T,) of each column, as numbers.read_numbers does. CellError."""
    written = {name: [cell.strip() for cell in cells] for name, cells in columns.items()}
    if "split" in written:
        written["split"] = list(map(_ratio, written["split"]))
    separator = _decimal_of(written, others, decimal)
    _check_currency(written, separator)
    return {name: _numbers(name, cells, separator) for name, cells in written.items()}


def _ratio(cell: str) -> str:
    """Return a split of the spelling 7:1, 7/1 or 7 for 1 as a plain number; any other cell as it is."""
    match = _RATIO.fullmatch(cell.strip()[:_MAX_CHARACTERS])
    return cell if match is None or not float(match[2]) else repr(float(match[1]) / float(match[2]))


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number in some spelling."""
    text = cell.strip()
    return len(text) <= _MAX_CHARACTERS and any(pattern.fullmatch(text) for pattern in _BY_DECIMAL.values())


def _decimal_of(columns: dict[str, list[str]], others: Callable[[], Iterable[str]], decimal: str) -> str:
    """Return the decimal separator that the cells show, those of the columns first."""
    for cells in ([cell for column in columns.values() for cell in column], others()):
        shown = {".": 0, ",": 0}
        for cell in cells:
            fits = _conventions(cell)
            if len(fits) == 1:
                shown[fits[0]] += 1
        if shown["."] or shown[","]:
            return "." if shown["."] >= shown[","] else ","
    for name, column in columns.items():
        for row, cell in enumerate(column):
            if "," in cell or ("." in cell and decimal == ","):
                _refuse_two_readings(row, name, cell)
    return "."


def _conventions(cell: str) -> list[str]:
    """Return the decimal separators with which a cell is a number. A percentage or 1.2M shows its separator, too."""
    text = cell.strip()
    if len(text) > _MAX_CHARACTERS or not ("." in text or "," in text):
        return []
    if _OTHER_CELL.fullmatch(text):
        text = text.rstrip("%KMBTkmbt").strip()
    return [decimal for decimal, pattern in _BY_DECIMAL.items() if pattern.fullmatch(text)]


def _refuse_two_readings(row: int, column: str, cell: str) -> None:
    readings = [_value(cell, decimal) for decimal in ".,"]
    if readings[0] != readings[1] and None not in readings:
        fact = f"{column} is {readings[0]:g} or {readings[1]:g}, and no line of the file says which"
        raise CellError(row, fact, "Expected a decimal point or comma that is clear on one line.")


def _numbers(column: str, cells: list[str], decimal: str) -> FloatArray:
    values = np.empty(len(cells))
    for row, cell in enumerate(cells):
        value = _value(cell, decimal)
        if value is None or math.isinf(value):
            raise CellError(row, f"{column} is not a number", EXPECTED)
        values[row] = value
    return values


def _check_currency(columns: dict[str, list[str]], decimal: str) -> None:
    """Refuse a file that names two currencies, such as dollars and euros, or pounds and pence."""
    first = ""
    for column, cells in columns.items():
        for row, cell in enumerate(cells):
            match = None if cell.isascii() and cell[-1:].isdigit() and cell[:1].isdigit() else _match(cell, decimal)
            mark = cell.replace(match["number"], "", 1).strip() if match else ""
            first = first or mark
            if mark and mark != first:
                fact = f"{column} is in another currency than a cell before it"
                raise CellError(row, fact, ONE_CURRENCY)


def _match(cell: str, decimal: str) -> re.Match[str] | None:
    return _BY_DECIMAL[decimal].fullmatch(cell) if len(cell) <= _MAX_CHARACTERS else None


def _value(cell: str, decimal: str) -> float | None:
    """Return a cell's number, NaN where it is missing, None where it is none."""
    if cell in MISSING or cell.lower() in MISSING:
        return math.nan
    match = _match(cell, decimal)
    if match is None:
        return None
    digits = re.sub(r"['’\s" + ("," if decimal == "." else ".") + "]", "", match["number"])
    return float(digits.replace(",", "."))
