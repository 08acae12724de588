"""The sessions of a column of dates. What is not spelled YYYY-MM-DD is read by spelled_dates.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from backtester.model.calendar import weekday_of
from backtester.model.records import IntArray

_EPOCH = date(1970, 1, 1).toordinal()
_SATURDAY_SUNDAY, _FRIDAY_SATURDAY = (5, 6), (4, 5)
_CLOSED_ON_FRIDAY = (".SR", ".QA", ".KW", ".CA", ".TA", ".BH", ".OM")  # Riyadh, Doha, Kuwait, Cairo, Tel Aviv, ...
_UNTIL_2026 = ".TA"  # Tel Aviv trades on Friday, and not on Sunday, from then on
_FIRST_FREE_SUNDAY = date(2026, 1, 4).toordinal() - _EPOCH


def read_days(cells: Sequence[str], symbol: str) -> IntArray:
    """Return the sessions of cells as days since 1970-01-01.

    Day and month are read in the order that every cell allows. A stamp with an offset is its date or that of 13 hours
    later, whichever leaves the weekend of the symbol free: exports in UTC have the sessions of Frankfurt and Tokyo on
    the evening before. CellError.
    """
    found = _iso_days(cells)
    if found is None:
        from backtester.prices.csv.spelled_dates import spelled_days

        found = spelled_days([cell.strip() for cell in cells])
    days, moves = found
    return days if moves is None or not moves.any() else _free_of_weekends(days, moves, symbol)


def _iso_days(cells: Sequence[str]) -> tuple[IntArray, IntArray | None] | None:
    """Return days and moves of YYYY-MM-DD, each with or without a time; None where one is not. No moves: no times."""
    if any(cell[7:8] != "-" for cell in cells):  # fromisoformat takes weeks as well
        return None
    try:
        days = np.array([date.fromisoformat(cell[:10]).toordinal() for cell in cells], dtype=np.int64) - _EPOCH
    except ValueError:
        return None
    tails = {cell[10:] for cell in cells}
    if tails == {""}:
        return days, None
    from backtester.prices.csv.spelled_dates import may_move

    moves = {tail: may_move(tail) for tail in tails}
    if None in moves.values():
        return None
    return days, np.array([moves[cell[10:]] for cell in cells], dtype=np.int64)


def _free_of_weekends(days: IntArray, moves: IntArray, symbol: str) -> IntArray:
    """Return days, or days + moves where that frees the weekend of the symbol, or a day of it, and days does not.

    A coin of every day has a weekend day more or less, by where its file begins.
    """
    later = days + moves
    before, after = _on_weekend(days, symbol), _on_weekend(later, symbol)
    return later if 2 * after < before or before - after > days.size / 8 + 1 else days


def _on_weekend(days: IntArray, symbol: str) -> int:
    """Count the days on which the exchange of a symbol is closed every week."""
    weekdays, name = weekday_of(days), symbol.upper()
    sunday = np.isin(weekdays, _SATURDAY_SUNDAY)
    if not name.endswith(_CLOSED_ON_FRIDAY):
        return int(sunday.sum())
    moved = (days >= _FIRST_FREE_SUNDAY) & name.endswith(_UNTIL_2026)
    return int(np.where(moved, sunday, np.isin(weekdays, _FRIDAY_SATURDAY)).sum())
