"""Columns of a document: ISO dates, thinned series, and null with a reason for NaN."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from backtester.codec.column_types import IsoDates
from backtester.model.records import FloatArray, IntArray

_NEVER_NAN = (str, int, bool, type(None))
_DAYS = [f"-{day:02d}" for day in range(1, 32)]


def iso_dates(sessions: Any) -> IsoDates:
    """Return datetime64[D] sessions (P,) as YYYY-MM-DD. Cached for warm processes."""
    return IsoDates(_iso_dates(sessions.tobytes()))


@functools.lru_cache(maxsize=4)
def _iso_dates(days: bytes) -> tuple[str, ...]:
    sessions = np.frombuffer(days, dtype="datetime64[D]")
    months = sessions.astype("datetime64[M]")
    names = np.arange(months[0], months[-1] + np.timedelta64(1, "M")).astype(str).tolist()
    month = (months - months[0]).astype(np.int64).tolist()
    day = (sessions - months.astype("datetime64[D]")).astype(np.int64).tolist()
    return tuple([names[m] + _DAYS[d] for m, d in zip(month, day, strict=True)])


def points(most: int | None, *curves: tuple[FloatArray, FloatArray]) -> IntArray | None:
    """Return the rows (at most `most`,) of a thinned series, in order and the same for every column; None for all.

    curves: values and drawdowns, (P,) each, of the portfolio and then of the benchmark. Of each of as many stretches of
    equal length as `most` allows, the first and the last session are kept, and of every curve the lowest drawdown, the
    highest and the lowest value; so those of the whole period are among the rows. Where `most` does not even allow
    those, the first of them, in this order.
    """
    if most is None or most >= curves[0][0].size:
        return None
    rows: IntArray = np.sort(list(dict.fromkeys(_extremes(1, curves).ravel().tolist()))[:most])
    enough, too_many = 0, most // 2 + 1
    while too_many - enough > 1:
        stretches = (enough + too_many) // 2
        found = np.unique(_extremes(stretches, curves))
        if found.size <= most:
            enough, rows = stretches, found
        else:
            too_many = stretches
    return rows


def _extremes(stretches: int, curves: tuple[tuple[FloatArray, FloatArray], ...]) -> IntArray:
    """Return the rows (2 + 3 C, stretches) of the first, the last and each curve's extremes; of equals the first."""
    size = curves[0][0].size
    length = -(-size // stretches)
    first = np.arange(0, size, length)
    found = [first, np.minimum(first + length, size) - 1]
    missing = first.size * length - size
    for value, drawdown in curves:
        for column in (drawdown, -value, value):
            filled = np.concatenate([column, np.full(missing, np.inf)]).reshape(-1, length)
            found.append(first + filled.argmin(axis=1))
    return np.array(found)


def thin(values: FloatArray, rows: IntArray | None) -> FloatArray:
    """Return the values (P,) on the rows; None for all rows."""
    return values if rows is None else values[rows]


def without_nan(value: Any, pointer: str, reason: str, reasons: dict[str, str]) -> Any:
    """Return the value with None for every NaN in it, and put a reason for each at its JSON pointer.

    A column has one reason for all that is null in it, at the pointer of the column.
    """
    if isinstance(value, dict):
        return {
            key: item
            if (kind := type(item)) in _NEVER_NAN or (kind is float and item == item)  # most items, without a call
            else without_nan(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", reason, reasons)
            for key, item in value.items()
        }
    if isinstance(value, float) and value != value:
        reasons.setdefault(pointer, reason)
        return None
    if isinstance(value, np.ndarray):
        return _column_without_nan(value.tolist(), pointer, reason, reasons) if np.isnan(value).any() else value
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[0], (dict, list)):
        return [without_nan(item, f"{pointer}/{row}", reason, reasons) for row, item in enumerate(value)]
    if not isinstance(value[0], float):
        return value  # names, dates, counts: no column of numbers
    total = sum(value)
    return _column_without_nan(value, pointer, reason, reasons) if total != total else value  # one NaN makes it one


def _column_without_nan(column: list[float], pointer: str, reason: str, reasons: dict[str, str]) -> list[float | None]:
    reasons.setdefault(pointer, reason)
    return [item if item == item else None for item in column]
