"""Dates as exports write them: orders of day, month and year, names of months, times with offsets, Unix times."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import numpy as np

from backtester.model.records import IntArray
from backtester.prices.csv.unreadable import CellError

EXPECTED = "Expected a date such as 2024-05-13, 05/13/2024, 13.05.2024 or May 13, 2024, or a Unix time."
_EPOCH = date(1970, 1, 1).toordinal()
_MAX_CHARACTERS = 50
_TAIL = (
    r"(?:,?(?:T|\s+)(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::[0-5][0-9](?:[.,][0-9]+)?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?\s*"
    r"(?P<offset>Z|[A-Z]{3,5}|[A-Z][A-Za-z]+/[A-Za-z_/]+|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_WORD = r"[^\W\d_]"
_TIME = re.compile(_TAIL)
_YEAR_FIRST = re.compile(r"(?P<y>[0-9]{4})([-/.]\s?)(?P<m>[0-9]{1,2})\2(?P<d>[0-9]{1,2})" + _TAIL)
_YEAR_MONTH_DAY = re.compile(
    r"(?P<y>[0-9]{4})[年년]\s?(?P<m>[0-9]{1,2})[月월]\s?(?P<d>[0-9]{1,2})[日일]" + _TAIL  # Japanese, Chinese, Korean
)
_EIGHT_DIGITS = re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})" + _TAIL)
_YEAR_LAST = re.compile(r"(?P<a>[0-9]{1,2})(?P<sep>[-/.])(?P<b>[0-9]{1,2})\2(?P<c>[0-9]{4}|[0-9]{2})" + _TAIL)
_MONTH_NAME = (
    re.compile(
        rf"(?:{_WORD}{{2,10}}\.?,?\s+)?(?P<m>{_WORD}{{3,9}})\.?\s+(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+"
        r"(?P<y>[0-9]{4})" + _TAIL
    ),
    re.compile(
        rf"(?:{_WORD}{{2,10}}\.?,?\s+)?(?P<d>[0-9]{{1,2}})\.?[-\s/]*(?P<m>{_WORD}{{3,9}})\.?[-\s/,]*"
        r"(?P<y>[0-9]{4}|[0-9]{2})" + _TAIL
    ),
)
_MONTHS = (
    "jan january januar janvier janv enero ene", "feb february februar février févr febrero",
    "mar march märz mär mrz mars marzo", "apr april avril avr abril abr", "may mai mayo", "jun june juni juin junio",
    "jul july juli juillet juil julio", "aug august août agosto ago", "sep sept september septembre septiembre",
    "oct october okt oktober octobre octubre", "nov november novembre noviembre",
    "dec december dez dezember décembre déc diciembre dic",
)  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_UNIX_TIME = re.compile(r"(-?[0-9]{1,19})(?:\.[0-9]*)?")
_UNIX_UNITS = ((11, 1), (14, 10**3), (17, 10**6), (20, 10**9))  # below so many digits: of a second
_LATE = 11  # the hour from which a stamp may be the next day's: midnight of a summer in Auckland is 11:00 UTC
_LAST_MINUTE = 86_340  # of a day, in seconds: the end of a coin's day, and in no zone the start of another
_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST_OF_TWO = range(3)


class _Reading(NamedTuple):
    """What a cell may be: days since 1970-01-01 with the day, the month or the year first, None: no date."""

    days: tuple[int | None, int | None, int | None]
    moves: bool  # a stamp with an offset that is on the next day 13 hours later
    dots: bool = False


def is_date(cell: str) -> bool:
    """Tell whether a cell is a date in some spelling."""
    text = cell.strip()
    return _reading(text) is not None or (_UNIX_TIME.fullmatch(text) is not None and len(text) > 8)


def spelled_days(cells: list[str]) -> tuple[IntArray, IntArray]:
    """Return the days of stripped cells since 1970-01-01, 1 for each that may be the next one. CellError."""
    unix = _unix_days(cells)
    if unix is not None:
        return unix
    readings: list[_Reading] = []
    for row, cell in enumerate(cells):
        reading = _reading(cell)
        if reading is None:
            raise CellError(row, "date cannot be read", EXPECTED)
        readings.append(reading)
    order = _order(readings)
    chosen = [reading.days[order] for reading in readings]
    to_come = date.today().toordinal() - _EPOCH + 366
    for row, day in enumerate(chosen):
        if day is not None and day > to_come and not _FOUR_DIGITS.search(cells[row]):
            chosen[row] = _a_century_before(day)  # no price is of a year to come
    days = np.array(chosen, dtype=np.int64)
    return days, np.array([reading.moves for reading in readings], dtype=np.int64)


def _a_century_before(day: int) -> int:
    found = date.fromordinal(day + _EPOCH)
    return found.replace(year=found.year - 100).toordinal() - _EPOCH


def _unix_days(cells: list[str]) -> tuple[IntArray, IntArray] | None:
    """Return days and moves where every cell is a Unix time, in seconds or a fraction of them; None where one is not.

    The largest says which fraction; less than nine digits, or eight alone, are none.
    """
    found = [_UNIX_TIME.fullmatch(cell) for cell in cells]
    whole = [int(match[1]) for match in found if match]
    digits = max((len(str(abs(value))) for value in whole), default=0)
    if len(whole) < len(cells) or digits < 9:
        return None
    second = next(unit for bound, unit in _UNIX_UNITS if digits < bound)
    seconds = np.array([value // second for value in whole], dtype=np.int64)
    days, time = seconds // 86_400, seconds % 86_400
    return days, ((time >= _LATE * 3600) & (time < _LAST_MINUTE)).astype(np.int64)


def may_move(tail: str) -> bool | None:
    """Tell whether what follows a date is a time with an offset that may be of the next day; None: it is no time."""
    return _moves(_TIME.fullmatch(tail.rstrip()[:_MAX_CHARACTERS]))


def _moves(time: re.Match[str] | None) -> bool | None:
    """Tell whether a time of day has an offset and is from 11:00 to 23:58; None: it is no time."""
    if time is None:
        return None
    if time["hour"] is None or time["offset"] is None:
        return False
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % 12 + 12 * (time["half"] in ("p", "P"))
    return hour >= _LATE and 3600 * hour + 60 * int(time["minute"]) < _LAST_MINUTE


def _reading(cell: str) -> _Reading | None:
    if len(cell) > _MAX_CHARACTERS:
        return None
    for pattern in (_YEAR_FIRST, _EIGHT_DIGITS, _YEAR_MONTH_DAY):
        if match := pattern.fullmatch(cell):
            return _fixed(int(match["y"]), int(match["m"]), int(match["d"]), match)
    if match := _YEAR_LAST.fullmatch(cell):
        a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
        short = len(match["c"]) == 2
        year = _full_year(c) if short else c
        days = _day(year, b, a), _day(year, a, b), _day(_full_year(a), b, c) if short else None
        if not short:
            days = days[0], days[1], None
        moves, dots = bool(_moves(match)), match["sep"] == "."
        return None if days == (None, None, None) else _Reading(days, moves, dots)
    for pattern in _MONTH_NAME:
        match = pattern.fullmatch(cell)
        month = _MONTH_NUMBERS.get(match["m"].lower()) if match else None
        if match and month:
            year = int(match["y"])
            return _fixed(_full_year(year) if len(match["y"]) == 2 else year, month, int(match["d"]), match)
    return None


def _fixed(year: int, month: int, day: int, match: re.Match[str]) -> _Reading | None:
    found = _day(year, month, day)
    return None if found is None else _Reading((found, found, found), bool(_moves(match)))


def _full_year(year: int) -> int:
    return year + (2000 if year < 69 else 1900)  # as POSIX has it


def _day(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


def _order(readings: list[_Reading]) -> int:
    """Return the order of day, month and year in which every cell is a date.

    CellError where there is none, or where several are left that give other dates.
    """
    counts = [sum(reading.days[order] is not None for reading in readings) for order in range(3)]
    orders = [order for order in range(3) if counts[order] == len(readings)]
    if not orders:
        likely = counts.index(max(counts))
        row = next(row for row, reading in enumerate(readings) if reading.days[likely] is None)
        fact = f"date is not written with the {('day', 'month', 'year')[likely]} first, as on most lines"
        raise CellError(row, fact, "Expected one order of day and month in the whole file.")
    columns = {order: [reading.days[order] for reading in readings] for order in orders}
    if _YEAR_FIRST_OF_TWO in orders:  # read in the wrong order, years of two digits jump back and forth
        others = [order for order in orders if order != _YEAR_FIRST_OF_TWO]
        if not _is_sorted(columns[_YEAR_FIRST_OF_TWO]):
            orders = others or orders
        elif not any(_is_sorted(columns[order]) for order in others):
            orders = [_YEAR_FIRST_OF_TWO]
    if orders[0] == _DAY_FIRST and all(reading.dots for reading in readings if len(set(reading.days)) > 1):
        return _DAY_FIRST  # no source writes dots with the month first, unless the dates say so
    for order in orders[1:]:
        for row, (one, other) in enumerate(zip(columns[orders[0]], columns[order], strict=True)):
            if one is not None and other is not None and one != other:
                fact = f"date is {_text(one)} or {_text(other)}, and no line of the file says which"
                raise CellError(row, fact, "Expected dates such as 2024-05-13, or a line with a day above 12.")
    return orders[0]


def _is_sorted(days: list[int | None]) -> bool:
    steps = np.diff(np.array(days, dtype=np.int64))
    return bool((steps >= 0).all() or (steps <= 0).all())


def _text(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()
