"""What looks wrong in one symbol's history, by the rules that a run warns by."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np

from backtester.model.calendar import FEW_SESSIONS, LONGEST_BREAK_DAYS, Calendar, measure_calendar, weekday_of
from backtester.model.records import IntArray, SymbolHistory
from backtester.prices.checks.coverage import open_days
from backtester.prices.checks.filled_rows import without_filled
from backtester.prices.checks.plausibility import counts_adjusted_shares, implausible_places

_MOST_TOLD = 10  # of one kind
_FIRST_EXCHANGE = np.datetime64("1602-01-01")  # Amsterdam


class Finding(NamedTuple):
    """Something that looks wrong. code: of the warning or error that a run may have for it."""

    code: str
    detail: str  # full sentences, with dates


def findings(history: SymbolHistory, *, max_gap: int, today: datetime.date) -> list[Finding]:
    """Return what looks wrong in a history with at least one session, in no run's period but the whole of it.

    max_gap: the longest hole that a run fills by default, sessions. today: what a stale end is measured by.
    """
    clean = without_filled(history, history.sessions[-1].item())
    found = [Finding(warning.code, warning.detail) for warning in clean.warnings]
    found += _told("IMPLAUSIBLE_PRICE", [f"{place}." for place in implausible_places(clean, with_opens=True)])
    calendar = measure_calendar(clean.sessions, end_date=clean.sessions[-1])
    if not calendar.is_daily:
        detail = f"The prices of {clean.symbol} are not daily: about {calendar.periods_per_year} a year."
        found.append(Finding("NOT_DAILY_PRICES", detail))
    else:
        found += _told("DATA_GAP", _gaps(clean, calendar, max_gap))
        found += _told("PRICE_CARRIED_FORWARD", _repeats(clean, max_gap))
        found += _odd_weekdays(clean, calendar)
    found += _odd_dates(clean, today)
    if clean.counts_adjusted_shares:
        found.append(Finding("ADJUSTED_SHARE_COUNTS", counts_adjusted_shares(clean)))
    late = (np.datetime64(today) - clean.sessions[-1]).astype(int)
    if late > max(LONGEST_BREAK_DAYS, calendar.longest_break):
        detail = f"The prices of {clean.symbol} end on {clean.sessions[-1]}, {late} days before {today}."
        found.append(Finding("STALE_PRICES", detail))
    return found


def _told(code: str, sentences: list[str]) -> list[Finding]:
    left = len(sentences) - _MOST_TOLD
    more = [Finding(code, f"{left} more such places were found.")] if left > 0 else []
    return [Finding(code, sentence) for sentence in sentences[:_MOST_TOLD]] + more


def _gaps(history: SymbolHistory, calendar: Calendar, max_gap: int) -> list[str]:
    """Return the holes of more trading weekdays than a run fills by default."""
    sentences = []
    days, weekdays = history.sessions, calendar.trading_weekdays
    for row in np.flatnonzero(np.diff(days.astype(np.int64)) > max_gap + 1).tolist():
        missing = open_days(days[row] + np.timedelta64(1, "D"), days[row + 1], weekdays) if weekdays else 0
        if missing > max_gap:
            sentences.append(
                f"{history.symbol} has no price between {days[row]} and {days[row + 1]}, "
                f"on {missing} days of the week on which it trades."
            )
    return sentences


def _repeats(history: SymbolHistory, max_gap: int) -> list[str]:
    """Return the runs of one close that are longer than a hole may be, where the close mostly moves."""
    moved = np.flatnonzero(history.close[1:] != history.close[:-1]) + 1
    if 2 * moved.size < history.close.size:
        return []
    begins: IntArray = np.concatenate([[0], moved])
    lengths = np.diff(np.append(begins, history.close.size))
    return [
        f"The close of {history.symbol} is {history.close[begin]:.6g} on {length} sessions in a row, from "
        f"{history.sessions[begin]} to {history.sessions[begin + length - 1]}."
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)
        if length > max_gap + 1
    ]


def _odd_dates(history: SymbolHistory, today: datetime.date) -> list[Finding]:
    """Return the sessions that have not come yet, by a day for the other side of the earth, or before any exchange."""
    days = history.sessions
    sentences = []
    to_come, early = days[days > np.datetime64(today) + np.timedelta64(1, "D")], days[days < _FIRST_EXCHANGE]
    for odd, which in ((to_come, f"after {today}"), (early, "before any exchange")):
        if odd.size:
            count = "1 session" if odd.size == 1 else f"{odd.size} sessions"
            sentences.append(f"{history.symbol} has {count} {which}, from {odd[0]} to {odd[-1]}.")
    return [Finding("UNUSUAL_DATE", sentence) for sentence in sentences]


def _odd_weekdays(history: SymbolHistory, calendar: Calendar) -> list[Finding]:
    """Return the rows on weekdays on which the symbol does not trade otherwise."""
    weekdays = weekday_of(history.sessions.astype(np.int64))
    odd = history.sessions[~np.isin(weekdays, calendar.trading_weekdays)]
    if not odd.size or history.sessions.size < FEW_SESSIONS:
        return []
    days = ", ".join(f"{day:%A} {day}" for day in odd[:3].tolist())
    count = "1 row" if odd.size == 1 else f"{odd.size} rows"
    more = f" and {odd.size - 3} more" if odd.size > 3 else ""
    detail = f"{history.symbol} has {count} on a weekday on which it does not trade otherwise: {days}{more}."
    return [Finding("UNUSUAL_WEEKDAY", detail)]
