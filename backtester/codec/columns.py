"""Columns of a document: ISO dates, thinned series, and null with a reason for NaN."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from backtester.model.records import FloatArray, IntArray

_DAYS = [f"-{day:02d}" for day in range(1, 32)]


def iso_dates(sessions: Any) -> list[str]:
    """Return datetime64[D] sessions (P,) as YYYY-MM-DD. Cached for warm processes."""
    return list(_iso_dates(sessions.tobytes()))


@functools.lru_cache(maxsize=4)
def _iso_dates(days: bytes) -> tuple[str, ...]:
    sessions = np.frombuffer(days, dtype="datetime64[D]")
    months = sessions.astype("datetime64[M]")
    names = np.arange(months[0], months[-1] + np.timedelta64(1, "M")).astype(str).tolist()
    month = (months - months[0]).astype(np.int64).tolist()
    day = (sessions - months.astype("datetime64[D]")).astype(np.int64).tolist()
    return tuple([names[m] + _DAYS[d] for m, d in zip(month, day, strict=True)])


def points(size: int, most: int | None) -> IntArray | None:
    """Return the rows of a thinned series, first and last among them; None for all."""
    if most is None or most >= size:
        return None
    rows: IntArray = np.round(np.linspace(0, size - 1, most)).astype(np.intp)
    return rows  # each once, since there are at least as many rows as points


def thin(values: FloatArray, rows: IntArray | None) -> FloatArray:
    """Return the values (P,) on the rows; None for all rows."""
    return values if rows is None else values[rows]


def without_nan(value: Any, pointer: str, reason: str, reasons: dict[str, str]) -> Any:
    """Return the value with None for every NaN in it, and put a reason for each at its JSON pointer.

    A column has one reason for all that is null in it, at the pointer of the column.
    """
    if isinstance(value, float):
        if value == value:
            return value
        reasons.setdefault(pointer, reason)
        return None
    if isinstance(value, dict):
        return {
            key: without_nan(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", reason, reasons)
            for key, item in value.items()
        }
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[0], (dict, list)):
        return [without_nan(item, f"{pointer}/{row}", reason, reasons) for row, item in enumerate(value)]
    if not isinstance(value[0], float):
        return value  # names, dates, counts: no column of numbers
    total = sum(value)
    if total != total:  # one NaN makes the sum one
        reasons.setdefault(pointer, reason)
        return [item if item == item else None for item in value]
    return value
