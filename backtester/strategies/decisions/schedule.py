"""The decision dates of a strategy, and their execution dates."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from backtester.model.calendar import Calendar, by_sessions
from backtester.model.records import DateArray, IntArray


def schedule(
    sessions: DateArray, first: int, *, calendar: Calendar, frequency: str, timing: str, signal: bool, offset: int = 0,
    lag: int = 0, entries: Collection[int] = (),
) -> tuple[IntArray, IntArray]:  # fmt: skip
    """Return the rows (R,) of the decisions and of their executions.

    sessions: (T,). first: row of the period's first session. The first decision is taken on the last session
    before it (row -1: there is none), or on it for same_close and for strategies without a signal; it is always
    executed on `first`. Later ones are taken `offset` sessions after the last session of each week, month, ... that
    ends no earlier than the first is taken, and on the rows of `entries`, on which a holding's history begins. They are
    executed `lag` sessions later than `timing` says.
    """
    same_close = timing == "same_close"
    opening = first if same_close or not signal else first - 1
    ends = _ends(sessions, calendar, frequency)
    ends = ends[ends >= opening]  # the ends before it depend on the length of the warm-up
    later = ends + offset
    if entries:  # np.unique imports numpy.ma, a twentieth of a run
        later = np.unique(np.concatenate([later, np.array([*entries], dtype=np.intp)]))
    later = later[(later > opening) & (later < sessions.size)]
    filled = later + lag + (0 if same_close else 1)
    within = filled < sessions.size
    decision = np.concatenate([[opening], later[within]]).astype(np.intp)
    execution = np.concatenate([[first], filled[within]]).astype(np.intp)
    return decision, execution


@by_sessions
def _ends(sessions: DateArray, calendar: Calendar, frequency: str) -> IntArray:
    """Return the rows of the last session of each period, as `Calendar.period_ends` has them."""
    return np.flatnonzero(calendar.period_ends(sessions, frequency))
