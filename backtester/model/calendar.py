"""The ends of weeks, months, quarters, half-years and years, for schedules and cash flows."""

from __future__ import annotations

import numpy as np

from backtester.model.records import BoolArray, DateArray, IntArray


def last_of_period(sessions: DateArray, frequency: str) -> BoolArray:
    """Mark the sessions (T,) that are the last of their week, month, quarter, half-year or year.

    Whether the very last one is depends on the calendar alone (the next weekday, or the next day where there are
    sessions on weekends), so that cutting off later prices changes nothing before.
    """
    days = sessions.astype(np.int64)
    weekday = (days + 3) % 7  # Monday is 0
    step = 1 if (weekday >= 5).any() else max(1, 7 - int(weekday[-1])) if weekday[-1] >= 4 else 1
    periods = _period(np.append(days, days[-1] + step), frequency)
    changes: BoolArray = periods[1:] != periods[:-1]
    return changes


def _period(days: IntArray, frequency: str) -> IntArray:
    """Return the number of the period that each day (since 1970-01-01) falls in."""
    if frequency == "never":
        return np.zeros_like(days)
    if frequency == "daily":
        return days
    if frequency == "weekly":
        return (days + 3) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}[frequency]
