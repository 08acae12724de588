"""Leaves out rows that are no sessions: weekends that a source filled with the close before."""

from __future__ import annotations

import datetime

import numpy as np

from backtester.model.calendar import WEEKDAYS, weekday_of
from backtester.model.errors import RunWarning
from backtester.model.record import replace
from backtester.model.records import BoolArray, IntArray, SymbolHistory

_LEAST_ROWS = 5
_LEAST_MOVES = 4  # that the rows had made, had they moved as often as those of the other weekdays
_COLUMNS = ("sessions", "close", "open", "dividend", "traded", "split")


def without_filled(history: SymbolHistory, end_date: datetime.date) -> SymbolHistory:
    """Return the history without the rows of the weekdays on which its close always repeats the one before.

    At least five rows until end_date, none with a dividend or a split, on a weekday that would have seen four moves
    at the pace of the others: a price that never moves, or once in a while, shows nothing. PRICES_DROPPED says so.
    """
    size = int(np.searchsorted(history.sessions, np.datetime64(end_date), side="right"))
    if size <= _LEAST_ROWS:
        return history
    weekdays = weekday_of(history.sessions.astype(np.int64))
    filled = _filled_weekdays(weekdays[1:size], _moves(history)[: size - 1])
    if not filled:
        return history
    own = ~np.isin(weekdays, filled)
    left = {name: column[own] for name in _COLUMNS if (column := getattr(history, name)) is not None}
    for column in left.values():
        column.flags.writeable = False
    count, days = int((~own).sum()), " and ".join(f"{WEEKDAYS[day]}s" for day in filled)
    detail = (
        f"{history.symbol} has {count} rows on {days}, and its close always repeats the one before there. "
        "They were left out, since they are no sessions."
    )
    warning = RunWarning(code="PRICES_DROPPED", detail=detail, symbol=history.symbol)
    return replace(history, **left, warnings=(*history.warnings, warning))


def _moves(history: SymbolHistory) -> BoolArray:
    """Mark the rows after the first (T - 1,) that are more than a repetition of the row before."""
    moves: BoolArray = history.close[1:] != history.close[:-1]
    if history.dividend is not None:
        moves |= history.dividend[1:] != 0
    if history.split is not None:
        moves |= history.split[1:] != 1
    return moves


def _filled_weekdays(weekdays: IntArray, moves: BoolArray) -> list[int]:
    rows = np.bincount(weekdays, minlength=7)
    moved = np.bincount(weekdays[moves], minlength=7)
    pace = moved.sum() / max(rows[moved > 0].sum(), 1)
    found: list[int] = np.flatnonzero((moved == 0) & (rows >= _LEAST_ROWS) & (rows * pace >= _LEAST_MOVES)).tolist()
    return found
