"""Calendar years and months of a period, and the base values of the tables' returns."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import NO_MOVE, last_rows, month_end_rows
from backtester.model.calendar import Calendar, by_sessions
from backtester.model.records import DateArray, FloatArray, IntArray

NAN = float("nan")


@by_sessions
def years_of(sessions: DateArray, calendar: Calendar) -> tuple[IntArray, list[int], list[bool]]:
    """Return the row of each year's last session, the years, and whether each is complete.

    A year that the period cuts short counts as one. Complete is as `Calendar.full_periods` has it.
    """
    rows = last_rows(sessions, "Y")
    years = (sessions[rows].astype("datetime64[Y]").astype(np.int64) + 1970).tolist()
    return rows, years, calendar.full_periods(sessions, rows, "annually").tolist()


@by_sessions
def months_of(sessions: DateArray, calendar: Calendar) -> tuple[IntArray, list[str], list[bool]]:
    """Return the same of the months, YYYY-MM."""
    rows = month_end_rows(sessions)
    months = iso(sessions[rows].astype("datetime64[M]"))
    return rows, months, calendar.full_periods(sessions, rows, "monthly").tolist()


def bases(growth: FloatArray, initial: float) -> FloatArray:
    """Return the base (P,) of a return that begins on each session: the growth at its close.

    On the first session it is the initial capital: the first purchase and its costs belong to that return.
    """
    base = growth.copy()
    base[0] = initial
    return base


def share_positive(values: FloatArray) -> float:
    """Share of values above 0; NaN for none at all."""
    return int(np.count_nonzero(values > NO_MOVE)) / values.size if values.size else NAN


def iso(dates: DateArray) -> list[str]:
    """Return dates as ISO strings, as long as their unit: YYYY-MM-DD, or YYYY-MM for months."""
    texts: list[str] = np.datetime_as_string(dates).tolist()
    return texts
