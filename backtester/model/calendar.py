"""The calendar of a universe, measured from its sessions: trading weekdays, periods per year, ends of periods.

Nothing is taken from a list of exchanges: Riyadh trades from Sunday to Thursday, a coin every day, a currency pair
also on Sunday, and a file may hold a price a month.
"""

from __future__ import annotations

import numpy as np

from backtester.model.record import Record
from backtester.model.records import BoolArray, DateArray, IntArray

FEW_SESSIONS, FEW_DAYS = 30, 28  # too few to measure a rhythm by
LONGEST_BREAK_DAYS = 7  # at the turn of a month or year, as most exchanges have it
_YEAR_DAYS = 365.25
_BY_WEEKDAYS = {5: 252, 7: 365}
_MONTHS = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}
_MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)


class Calendar(Record):
    """How a universe trades. Days are counted since 1970-01-01; a weekday is 0 on Monday."""

    periods_per_year: int  # sessions of a year; what daily figures are annualised with
    is_daily: bool  # False: weekly, monthly or other prices
    trading_weekdays: tuple[int, ...]  # ascending; those with a session in at least half of the weeks
    week_start: int  # the weekday that a week begins on
    previous: int | None  # the last session at hand before the period
    following: int | None  # the first session at hand after it
    end_date: int  # the request's

    def period_numbers(self, days: IntArray, frequency: str) -> IntArray:
        """Return the number of the week, month, quarter, half-year or year that each day falls in."""
        if frequency == "never":
            return np.zeros_like(days)
        if frequency == "daily":
            return days
        if frequency == "weekly":
            return (days + 3 - self.week_start) // 7
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months // _MONTHS[frequency]

    def period_ends(self, sessions: DateArray, frequency: str) -> BoolArray:
        """Mark the sessions (T,) that are the last of their week, month, quarter, half-year or year.

        A period has ended when a later price is at hand, or when end_date is on or after its last trading weekday. Only
        the last session depends on that.
        """
        days = sessions.astype(np.int64)
        numbers = self.period_numbers(days, frequency)
        ends = np.empty(days.size, dtype=bool)
        ends[:-1] = numbers[1:] != numbers[:-1]
        ends[-1] = self.has_ended(int(days[-1]), frequency)
        return ends

    def has_ended(self, day: int, frequency: str) -> bool:
        """Tell whether the period of a day, the last session of the run, has ended with it."""
        if frequency in ("never", "daily"):
            return frequency == "daily"
        number = int(self.period_numbers(np.array([day]), frequency)[0])
        if self.following is not None and int(self.period_numbers(np.array([self.following]), frequency)[0]) > number:
            return True
        return self.end_date >= self._last_trading_day(day, number, frequency)

    def _last_trading_day(self, day: int, number: int, frequency: str) -> int:
        if frequency == "weekly":
            last = (number + 1) * 7 - 4 + self.week_start
        else:
            month = (number + 1) * _MONTHS[frequency]
            last = int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64)) - 1
        weekdays = self.trading_weekdays or _MONDAY_TO_FRIDAY
        while last > day and (last + 3) % 7 not in weekdays:
            last -= 1
        return last

    def begins_period(self, day: int, frequency: str) -> bool:
        """Tell whether a day, the first session of the run, is the first session of its month or year.

        No symbol has an earlier price in it, and it is at most a week in.
        """
        days = np.array([day] if self.previous is None else [day, self.previous])
        numbers = self.period_numbers(days, frequency)
        first = int(np.datetime64(int(numbers[0]) * _MONTHS[frequency], "M").astype("datetime64[D]").astype(np.int64))
        return day - first <= LONGEST_BREAK_DAYS and (self.previous is None or bool(numbers[0] != numbers[1]))

    def full_periods(self, sessions: DateArray, rows: IntArray, frequency: str) -> BoolArray:
        """Tell of each month or year, given by the row of its last session, whether the run has all of it."""
        full = np.ones(rows.size, dtype=bool)
        full[0] = self.begins_period(int(sessions[0].astype(np.int64)), frequency)
        full[-1] = full[-1] and self.has_ended(int(sessions[-1].astype(np.int64)), frequency)
        return full


def measure_calendar(
    sessions: DateArray, *, previous: np.datetime64 | None, following: np.datetime64 | None,
    end_date: np.datetime64,
    periods_per_year: int | None = None,
) -> Calendar:  # fmt: skip
    """Measure the calendar of sessions (T,), warm-up included.

    previous, following: the last session at hand before the period, and the first after the run, datetime64[D].
    periods_per_year: the caller's own, instead of the measured.
    """
    days = sessions.astype(np.int64)
    weekdays = _trading_weekdays(days)
    measured, is_daily = _periods_per_year(days, len(weekdays))
    return Calendar(
        periods_per_year=measured if periods_per_year is None else periods_per_year,
        is_daily=is_daily,
        trading_weekdays=weekdays,
        week_start=_week_start(weekdays),
        previous=None if previous is None else int(previous.astype(np.int64)),
        following=None if following is None else int(following.astype(np.int64)),
        end_date=int(end_date.astype(np.int64)),
    )


def weekday_of(days: IntArray) -> IntArray:
    """Return the weekday of days since 1970-01-01, which was a Thursday; Monday is 0."""
    weekdays: IntArray = (days + 3) % 7
    return weekdays


def _trading_weekdays(days: IntArray) -> tuple[int, ...]:
    """Return the weekdays with a session in at least half of the calendar weeks between the first and the last."""
    weeks = int(days[-1] + 3) // 7 - int(days[0] + 3) // 7 + 1
    counts = np.bincount(weekday_of(days), minlength=7)
    return tuple(np.flatnonzero(2 * counts >= weeks).tolist())


def _week_start(weekdays: tuple[int, ...]) -> int:
    """Return the weekday after the longest run of weekdays without trade; Monday where there is none."""
    if len(weekdays) in (0, 7):
        return 0
    gaps = {day: (day - weekdays[at - 1]) % 7 or 7 for at, day in enumerate(weekdays)}
    return max(sorted(gaps), key=lambda day: gaps[day])


def _periods_per_year(days: IntArray, weekdays: int) -> tuple[int, bool]:
    """Return the sessions of a year, and whether prices are daily."""
    span = int(days[-1] - days[0])
    if days.size < FEW_SESSIONS or span < FEW_DAYS:
        seen = set(weekday_of(days).tolist())
        return 365 if {5, 6} <= seen else 252, True
    step = float(np.median(np.diff(days)))
    if step <= 2:
        return _BY_WEEKDAYS.get(weekdays, round(_YEAR_DAYS * weekdays / 7)), True
    if 5 <= step <= 9:
        return 52, False
    if 26 <= step <= 35:
        return 12, False
    return max(round((days.size - 1) * _YEAR_DAYS / span), 1), False
