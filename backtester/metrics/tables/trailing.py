"""Trailing returns of 1 month to 10 years, as in fund factsheets."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model.calendar import by_sessions
from backtester.model.records import DateArray, FloatArray

NAN = float("nan")
_MONTHS = {"1M": 1, "3M": 3, "6M": 6, "YTD": 0, "1Y": 12, "3Y": 36, "5Y": 60, "10Y": 120}
_A_YEAR = 365  # calendar days from which on the whole period is annualised, as cagr


def trailing_returns(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None
) -> dict[str, Any]:
    """G_end / G_start - 1, back from the last session; annualised by 365.25 days where it is over one year.

    growth, sessions, benchmark: (P,). The start is the last session on or before the same day that many months ago (the
    month's last day where it has no such day), for YTD the last session of the year before; None, and a return of NaN,
    where the period does not reach so far. From the first session on the return is against the initial capital.
    """
    rows, starts, days, annualised = _starts(sessions)

    def column(curve: FloatArray) -> list[float]:
        total = [NAN if row is None else float(curve[-1] / (curve[row] if row else initial) - 1) for row in rows]
        return [
            (1 + value) ** (DAYS_A_YEAR / length) - 1 if yearly and length else value
            for value, length, yearly in zip(total, days, annualised, strict=True)
        ]

    return {
        "periods": [*_MONTHS, "inception"],
        "start": [*starts],
        "portfolio": column(growth),
        "benchmark": None if benchmark is None else column(benchmark),
        "annualised": [*annualised],
    }


@by_sessions
def _starts(sessions: DateArray) -> tuple[list[int | None], list[str | None], list[int | None], list[bool]]:
    """Return the row of each start and its date, the days since then, and whether the return is annualised."""
    last = sessions[-1].item()
    anchors = [_anchor(last, months) for months in _MONTHS.values()]
    found = np.searchsorted(sessions, np.array(anchors, dtype="datetime64[D]"), side="right") - 1
    rows = [None if row < 0 else row for row in found.tolist()] + [0]
    dates = sessions[[row or 0 for row in rows]].tolist()
    starts = [None if row is None else date for row, date in zip(rows, dates, strict=True)]
    days = [None if start is None else (last - start).days for start in starts]
    annualised = [months > 12 for months in _MONTHS.values()] + [(days[-1] or 0) >= _A_YEAR]
    return rows, [None if start is None else start.isoformat() for start in starts], days, annualised


def _anchor(last: datetime.date, months: int) -> datetime.date | str:
    """Return the same day `months` earlier, or the month's last; for 0 the last day of the year before."""
    year, month = divmod(12 * last.year + last.month - 1 - months, 12) if months else (last.year - 1, 11)
    if year < 1:
        return "0000-12-31"  # which numpy's calendar has: before every session
    if months == 0:
        return datetime.date(year, 12, 31)
    following = datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    length = (following - datetime.date(year, month + 1, 1)).days
    return datetime.date(year, month + 1, min(last.day, length))
