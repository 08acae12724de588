"""The calendar of a universe, measured from its sessions: trading weekdays, periods per year, ends of periods.

Nothing is taken from a list of exchanges: Riyadh trades from Sunday to Thursday, a coin every day, a currency pair
also on Sunday, and a file may hold a price a month.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from backtester.model.record import Record, replace
from backtester.model.records import BoolArray, DateArray, IntArray

Function = TypeVar("Function", bound=Callable[..., Any])
FEW_SESSIONS, FEW_DAYS = 30, 28  # too few to measure a rhythm by
LONGEST_BREAK_DAYS = 7  # at the turn of a month or year, as most exchanges have it
_YEAR_DAYS, _WEEKS_YEAR = 365.25, 364  # the second in whole weeks
_BY_WEEKDAYS = {5: 252, 7: 365}
_MONTHS = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}
MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKEND = {5, 6}
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def by_sessions(find: Function) -> Function:
    """Remember what depends on some sessions (P,) and on values that are hashable. Callers copy what they pass on."""

    @functools.lru_cache(maxsize=4)
    def found(days: bytes, *values: Any) -> Any:
        return find(np.frombuffer(days, dtype="datetime64[D]"), *values)

    @functools.wraps(find)
    def remembered(sessions: DateArray, *values: Any) -> Any:
        return found(sessions.tobytes(), *values)

    return cast(Function, remembered)


class Calendar(Record):
    """How a universe trades. Days are counted since 1970-01-01; a weekday is 0 on Monday."""

    periods_per_year: int  # sessions of a year; what daily figures are annualised with
    is_daily: bool  # False: weekly, monthly or other prices
    trading_weekdays: tuple[int, ...]  # ascending; those with a session in at least half of the weeks
    week_start: int  # the weekday that a week begins on
    previous: int | None  # the day of the last price before the period, of any symbol
    following: int | None  # the session after the run's last, of the holdings
    latest: int | None  # the day of the last price at hand after the run's last session, of any symbol
    end_date: int  # the request's
    longest_break: int  # the days without a session, before its last trading weekday, of a period that has ended

    def period_ends(self, sessions: DateArray, frequency: str) -> BoolArray:
        """Mark the sessions (T,) that are the last of their week, month, quarter, half-year or year.

        A period has ended when a later price is at hand, or when end_date is on or after its last trading weekday and
        the prices reach to the longest break before it. Only the last session depends on that.
        """
        if frequency in ("never", "daily"):
            return np.full(sessions.size, frequency == "daily")
        days = sessions.astype(np.int64)
        first, last = int(days[0]), int(days[-1])
        ends = np.zeros(days.size, dtype=bool)
        # by the first day of each period: the month of every session takes ten times as long
        numbers = np.arange(self._number(first, frequency), self._number(last, frequency)) + 1
        begins = self._first_days(numbers, frequency)
        ends[np.searchsorted(days, begins) - 1] = True
        ends[-1] = self.has_ended(last, frequency)
        return ends

    def has_ended(self, day: int, frequency: str) -> bool:
        """Tell whether the period of a day, the last session of the run, has ended with it.

        Not where a later session of the holdings lies in it, unless both end_date and the last trading weekday come
        before that special session.
        """
        if frequency in ("never", "daily"):
            return frequency == "daily"
        number = self._number(day, frequency)
        last = self._last_trading_day(day, number, frequency)
        ends = self.end_date >= last and last - day <= self.longest_break
        if self.following is not None and self._number(self.following, frequency) == number:
            return ends and self.following > self.end_date  # a special session, after all the others of the period
        later = [known for known in (self.following, self.latest) if known is not None]
        return ends or max(later, default=day) > self._last_day(number, frequency)

    def _number(self, day: int, frequency: str) -> int:
        """Return the number of the week, month, quarter, half-year or year that a day falls in."""
        if frequency == "weekly":
            return (day + 3 - self.week_start) // 7
        date = datetime.date.fromordinal(day + _EPOCH)
        return (12 * (date.year - 1970) + date.month - 1) // _MONTHS[frequency]

    def _first_days(self, numbers: IntArray, frequency: str) -> IntArray:
        """Return the first calendar day of each period, by number."""
        if frequency == "weekly":
            return numbers * 7 - 3 + self.week_start
        return (numbers * _MONTHS[frequency]).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

    def _first_day(self, number: int, frequency: str) -> int:
        """Return the first calendar day of a period."""
        if frequency == "weekly":
            return number * 7 - 3 + self.week_start
        years, month = divmod(number * _MONTHS[frequency], 12)
        if not datetime.MINYEAR <= 1970 + years <= datetime.MAXYEAR:  # the period after the last one, or the first's
            return int(np.datetime64(number * _MONTHS[frequency], "M").astype("datetime64[D]").astype(np.int64))
        return datetime.date(1970 + years, month + 1, 1).toordinal() - _EPOCH

    def _last_day(self, number: int, frequency: str) -> int:
        """Return the last calendar day of a period."""
        return self._first_day(number + 1, frequency) - 1

    def _last_trading_day(self, day: int, number: int, frequency: str) -> int:
        """Return the last trading weekday of the period of a day, or the day itself where that is later."""
        last = self._last_day(number, frequency)
        weekdays = self.trading_weekdays or MONDAY_TO_FRIDAY
        while last > day and (last + 3) % 7 not in weekdays:
            last -= 1
        return last

    def begins_period(self, day: int, frequency: str) -> bool:
        """Tell whether a day, the first session of the run, is the first session of its month or year.

        No symbol has an earlier price in it, and it is at most a week in.
        """
        number = self._number(day, frequency)
        if day - self._first_day(number, frequency) > LONGEST_BREAK_DAYS:
            return False
        return self.previous is None or self._number(self.previous, frequency) != number

    def seen_outside(self, first: int, last: int, before: int | None, frequencies: tuple[str, ...]) -> list[str]:
        """Return what only prices outside the run show of the periods of its first and last session (days).

        before: the session before the first, where the run uses it as warm-up. Two runs on the same sessions differ in
        this alone: "monthly begun" where an earlier price lies in the first month, "monthly ended" where a later price,
        and not end_date, shows that the last has ended, or that it goes on.
        """
        alone = replace(self, previous=before, following=None, latest=None)
        begun = []
        if self.previous != before:  # mostly it is the same price
            begun = [
                f for f in ("monthly", "annually") if self.begins_period(first, f) != alone.begins_period(first, f)
            ]
        ended = [f for f in frequencies if self.has_ended(last, f) != alone.has_ended(last, f)]
        return [f"{f} begun" for f in begun] + [f"{f} ended" for f in ended]

    def full_periods(self, sessions: DateArray, rows: IntArray, frequency: str) -> BoolArray:
        """Mark the full months or years (M,) of sessions (T,), the run's; rows: (M,) of the last session of each.

        Full is one that has ended, and in which the run begins with its first session or which it does not begin in.
        """
        full = np.ones(rows.size, dtype=bool)
        full[0] = self.begins_period(int(sessions[0].astype(np.int64)), frequency)
        full[-1] = full[-1] and self.has_ended(int(sessions[-1].astype(np.int64)), frequency)
        return full


def measure_calendar(
    sessions: DateArray, *, end_date: np.datetime64, previous: np.datetime64 | None = None,
    following: np.datetime64 | None = None, latest: np.datetime64 | None = None, periods_per_year: int | None = None,
) -> Calendar:  # fmt: skip
    """Measure the calendar of sessions (T,), warm-up included.

    end_date, previous, following, latest: datetime64[D], as `Calendar` has them.
    periods_per_year: the caller's own, instead of the measured.
    """
    days = sessions.astype(np.int64)
    weekdays = trading_weekdays(sessions)
    step = _median(days[1:] - days[:-1])
    measured, is_daily = _periods_per_year(days, len(weekdays), step)
    return Calendar(
        periods_per_year=measured if periods_per_year is None else periods_per_year,
        is_daily=is_daily,
        trading_weekdays=weekdays,
        week_start=_week_start(weekdays),
        previous=_day(previous),
        following=_day(following),
        latest=_day(latest),
        end_date=int(end_date.astype(np.int64)),
        longest_break=max(LONGEST_BREAK_DAYS, int(step)),
    )


def measured_periods(sessions: DateArray, *, otherwise: int) -> int:
    """Return the P of some of a run's sessions; `otherwise`, the run's, where there are none."""
    if not sessions.size:
        return otherwise
    return measure_calendar(sessions, previous=None, following=None, end_date=sessions[-1]).periods_per_year


def weekday_of(days: IntArray) -> IntArray:
    """Return the weekday of days since 1970-01-01, which was a Thursday; Monday is 0."""
    weekdays: IntArray = (days + 3) % 7
    return weekdays


def trading_weekdays(sessions: DateArray) -> tuple[int, ...]:
    """Return the weekdays with a session in at least half of the calendar weeks from the first session to the last.

    Under 28 days, those with a session on at least half of their own days from the first session to the last: a weekday
    may lie in only one of three calendar weeks.
    """
    days = sessions.astype(np.int64)
    first, last = int(days[0]), int(days[-1])
    weeks: int | IntArray = (last + 3) // 7 - (first + 3) // 7 + 1
    if last - first < FEW_DAYS:
        weeks = np.bincount(weekday_of(np.arange(first, last + 1)), minlength=7)
    counts = np.bincount(weekday_of(days), minlength=7)
    return tuple(np.flatnonzero((counts > 0) & (2 * counts >= weeks)).tolist())


def _day(date: np.datetime64 | None) -> int | None:
    return None if date is None else int(date.astype(np.int64))


def _median(values: IntArray) -> float:
    """Return the median, 0 of none; np.median takes as long as the rest of the calendar."""
    if not values.size:
        return 0.0
    low, high = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, (low, high))
    return (int(ordered[low]) + int(ordered[high])) / 2


def _week_start(weekdays: tuple[int, ...]) -> int:
    """Return the weekday after the longest run of weekdays without trade; Monday where there is none.

    Monday also where there is no trade on the weekend: a longer run inside the week is that of weekly prices, or of a
    few sessions, and the Thursday before Good Friday is not the week of the Friday before.
    """
    if not _WEEKEND & set(weekdays) or len(weekdays) == 7:
        return 0
    gaps = {day: (day - weekdays[at - 1]) % 7 or 7 for at, day in enumerate(weekdays)}
    return max(sorted(gaps), key=lambda day: gaps[day])


def changed_weeks(sessions: DateArray) -> list[tuple[np.datetime64, int]]:
    """Return the weekday that weeks begin on, with the first session of the years (T,) in which they begin on it.

    Years are counted from the first session. One entry where no exchange moved its weekend.
    """
    begins = np.flatnonzero(np.diff((sessions - sessions[0]).astype(np.int64) // _WEEKS_YEAR, prepend=-1))
    found: list[tuple[np.datetime64, int]] = []
    for part in np.split(sessions, begins[1:]):
        if found and (part.size < FEW_SESSIONS or (part[-1] - part[0]).astype(np.int64) < FEW_DAYS):
            continue
        start = _week_start(trading_weekdays(part))
        if not found or start != found[-1][1]:
            found.append((part[0], start))
    return found


def _periods_per_year(days: IntArray, weekdays: int, step: float) -> tuple[int, bool]:
    """Return the sessions of a year, and whether prices are daily. step: the median of the days between sessions."""
    span = int(days[-1] - days[0])
    if days.size < FEW_SESSIONS or span < FEW_DAYS:
        seen = set(weekday_of(days).tolist())
        return 365 if seen >= _WEEKEND else 252, True
    if step <= 2 and weekdays:  # none: bunches of sessions with long holes between
        return _BY_WEEKDAYS.get(weekdays, round(_YEAR_DAYS * weekdays / 7)), True
    if 5 <= step <= 9:
        return 52, False
    if 26 <= step <= 35:
        return 12, False
    return max(round((days.size - 1) * _YEAR_DAYS / span), 1), False
