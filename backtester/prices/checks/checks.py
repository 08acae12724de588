"""What looks wrong in one symbol's history, by the rules that a run warns by."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import numpy as np

from backtester.model.calendar import FEW_SESSIONS, LONGEST_BREAK_DAYS, Calendar, measure_calendar, weekday_of
from backtester.model.records import IntArray, SymbolHistory
from backtester.prices.checks.coverage import open_days
from backtester.prices.checks.filled_rows import without_filled
from backtester.prices.checks.plausibility import counts_adjusted_shares, implausible_rows, step_text
from backtester.prices.table.steps import ratio_text, undoes

_MOST_TOLD = 10  # of one kind
_NEAR_SPLIT = 0.03  # relative: how far the price moved beside the split
_FIRST_EXCHANGE = np.datetime64("1602-01-01")  # Amsterdam


class Finding(NamedTuple):
    """Something that looks wrong. code: of the warning or error that a run may have for it."""

    code: str
    detail: str  # full sentences, with dates
    row: int | None = None  # of the history, where it begins; None: it is about the whole


def findings(history: SymbolHistory, *, max_gap: int, today: datetime.date) -> list[Finding]:
    """Return what looks wrong in a history with at least one session, in no run's period but the whole of it.

    max_gap: the longest hole that a run fills by default, sessions. today: what a stale end is measured by.
    """
    clean = without_filled(history, history.sessions[-1].item())
    found = [Finding(warning.code, warning.detail) for warning in clean.warnings]
    places = [(row, f"{place}.") for row, place in implausible_rows(clean, with_opens=True)]
    known = {row for row, _ in places}
    places += [each for each in _halves(clean) if each[0] not in known]  # a split may be told on a day nearby
    found += _told("IMPLAUSIBLE_PRICE", sorted(places))
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
    return [_at_rows_of(history, clean, finding) for finding in [*found, *_stale(clean, calendar, today)]]


def _stale(history: SymbolHistory, calendar: Calendar, today: datetime.date) -> list[Finding]:
    late = (np.datetime64(today) - history.sessions[-1]).astype(int)
    if late <= max(LONGEST_BREAK_DAYS, calendar.longest_break):
        return []
    detail = f"The prices of {history.symbol} end on {history.sessions[-1]}, {late} days before {today}."
    return [Finding("STALE_PRICES", detail, history.sessions.size - 1)]


def _at_rows_of(history: SymbolHistory, clean: SymbolHistory, finding: Finding) -> Finding:
    """Return a finding of `clean` with its row in `history`, which has filled rows too."""
    if finding.row is None or clean.sessions.size == history.sessions.size:
        return finding
    return finding._replace(row=int(np.searchsorted(history.sessions, clean.sessions[finding.row])))


def _told(code: str, places: list[tuple[int, str]]) -> list[Finding]:
    left = len(places) - _MOST_TOLD
    more = [Finding(code, f"{left} more such places were found.")] if left > 0 else []
    return [Finding(code, sentence, row) for row, sentence in places[:_MOST_TOLD]] + more


def _halves(history: SymbolHistory) -> list[tuple[int, str]]:
    """Return the steps within the plausible that halve or double a close, as a split of 2 for 1 does."""
    close = history.close
    step = close[1:] / close[:-1]
    near = np.minimum(np.abs(2 * step - 1), np.abs(step / 2 - 1)) < _NEAR_SPLIT
    places = []
    for row in (np.flatnonzero(near) + 1).tolist():
        split = 2.0 if close[row] < close[row - 1] else 0.5
        is_told = history.split is not None and history.split[row] != 1
        if not is_told and undoes(close, row, split, within=0.25):
            sentence = f"{step_text(history, row)}, as by a split of {ratio_text(split)} that was not applied."
            places.append((row, sentence))
    return places


def _gaps(history: SymbolHistory, calendar: Calendar, max_gap: int) -> list[tuple[int, str]]:
    """Return the holes of more trading weekdays than a run fills by default."""
    places = []
    days, weekdays = history.sessions, calendar.trading_weekdays
    for row in np.flatnonzero(np.diff(days.astype(np.int64)) > max_gap + 1).tolist():
        missing = open_days(days[row] + np.timedelta64(1, "D"), days[row + 1], weekdays) if weekdays else 0
        if missing > max_gap:
            sentence = (
                f"{history.symbol} has no price between {days[row]} and {days[row + 1]}, "
                f"on {missing} days of the week on which it trades."
            )
            places.append((row + 1, sentence))
    return places


def _repeats(history: SymbolHistory, max_gap: int) -> list[tuple[int, str]]:
    """Return the runs of one close that are longer than a hole may be, where the close mostly moves."""
    moved = np.flatnonzero(history.close[1:] != history.close[:-1]) + 1
    if 2 * moved.size < history.close.size:
        return []
    begins: IntArray = np.concatenate([[0], moved])
    lengths = np.diff(np.append(begins, history.close.size))
    return [
        (
            begin,
            f"The close of {history.symbol} is {history.close[begin]:.6g} on {length} sessions in a row, from "
            f"{history.sessions[begin]} to {history.sessions[begin + length - 1]}.",
        )
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)
        if length > max_gap + 1
    ]


def _odd_dates(history: SymbolHistory, today: datetime.date) -> list[Finding]:
    """Return the sessions that have not come yet, by a day for the other side of the earth, or before any exchange."""
    days = history.sessions
    found = []
    to_come, early = days[days > np.datetime64(today) + np.timedelta64(1, "D")], days[days < _FIRST_EXCHANGE]
    for odd, which in ((to_come, f"after {today}"), (early, "before any exchange")):
        if odd.size:
            count = "1 session" if odd.size == 1 else f"{odd.size} sessions"
            detail = f"{history.symbol} has {count} {which}, from {odd[0]} to {odd[-1]}."
            found.append(Finding("UNUSUAL_DATE", detail, int(np.searchsorted(days, odd[0]))))
    return found


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
    return [Finding("UNUSUAL_WEEKDAY", detail, int(np.searchsorted(history.sessions, odd[0])))]
