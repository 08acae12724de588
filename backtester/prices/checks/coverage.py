"""Decides whether a history covers a period, although a day without a price may be a holiday."""

from __future__ import annotations

import datetime
import functools

import numpy as np

from backtester.model.calendar import MONDAY_TO_FRIDAY, trading_weekdays
from backtester.model.records import PriceQuery, SymbolHistory

_DAY = np.timedelta64(1, "D")
_RECENT = 60  # sessions that show which weekdays a symbol trades on


def covers(history: SymbolHistory, query: PriceQuery) -> bool:
    """Return whether a history has every session of the query's period, with the opens and dividends it needs."""
    if not history.sessions.size or (query.needs_open and history.open is None) or lacks_dividends(history, query):
        return False
    start, end = np.datetime64(query.start_date), np.datetime64(query.end_date)
    first, last = history.sessions[0], history.sessions[-1]
    if first <= start and last >= end:
        return True
    weekdays = _weekdays(history.sessions[-_RECENT:].astype("datetime64[D]").tobytes())
    begins = first <= start or not open_days(start, first, weekdays)
    return begins and (last >= end or not open_days(last + _DAY, end + _DAY, weekdays))


def lacks_dividends(history: SymbolHistory, query: PriceQuery) -> bool:
    """Return whether the query needs dividends that the history does not have; only those of holdings are paid."""
    return query.needs_dividends and history.dividend is None and history.symbol in query.symbols


@functools.lru_cache(maxsize=64)  # most symbols share a calendar
def _weekdays(recent: bytes) -> tuple[int, ...]:
    return trading_weekdays(np.frombuffer(recent, dtype="datetime64[D]")) or MONDAY_TO_FRIDAY


@functools.lru_cache(maxsize=64)
def open_days(first: np.datetime64, until: np.datetime64, weekdays: tuple[int, ...]) -> int:
    """Count the days from first to before until on which a market that trades on these weekdays can be open.

    It is closed on 1 January and 25 December, unless it trades every day. Other holidays differ by exchange; a delay
    over one of those is reported, which does no harm.
    """
    if len(weekdays) == 7:
        return max(int((until - first).astype(int)), 0)
    mask = [day in weekdays for day in range(7)]
    years = range(first.astype("datetime64[Y]").astype(int) + 1970, until.astype("datetime64[Y]").astype(int) + 1971)
    if len(years) > 200:
        return int(np.busday_count(first, until, weekmask=mask))
    known = [min(max(year, 1), 9999) for year in years]
    holidays = [datetime.date(year, month, day) for year in known for month, day in ((1, 1), (12, 25))]
    return int(np.busday_count(first, until, weekmask=mask, holidays=holidays))
