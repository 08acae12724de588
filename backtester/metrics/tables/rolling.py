"""Rolling returns: every window of 1, 3 and 5 years, month-end to month-end."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.metrics.returns import month_end_rows
from backtester.metrics.risk import mean
from backtester.metrics.tables import calendar_periods as periods
from backtester.model.calendar import Calendar, by_sessions
from backtester.model.records import DateArray, FloatArray, IntArray

NAN = float("nan")
YEARS = (1, 3, 5)


def rolling_returns(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None, *, calendar: Calendar
) -> list[dict[str, Any]]:
    """(G_end / G_start)^(1 / years) - 1 over the windows of 12, 36 and 60 months that end on each month-end.

    growth, sessions, benchmark: (P,). A month-end is the last session of a month that has ended; the initial capital is
    one where the period begins with a month. A window longer than the period leaves the lists empty and the summaries
    NaN.
    """
    rows, windows = _windows(sessions, calendar)
    values = {"portfolio": _at(growth, rows, initial)}
    if benchmark is not None:
        values["benchmark"] = _at(benchmark, rows, initial)
    return [_over(years, *windows[years], values) for years in YEARS]


def month_ends(sessions: DateArray, calendar: Calendar) -> tuple[IntArray, IntArray]:
    """Return the rows (M,) of the month-ends, -1 for the initial capital before the first session, and their months.

    Months are counted from 1970.
    """
    rows = month_end_rows(sessions)
    months = sessions[rows].astype("datetime64[M]").astype(np.int64)
    first, last = sessions[[0, -1]].astype(np.int64).tolist()
    if not calendar.has_ended(last, "monthly"):
        rows, months = rows[:-1], months[:-1]
    if rows.size and rows[0] > 0 and calendar.begins_period(first, "monthly"):
        rows, months = np.append(-1, rows), np.append(months[0] - 1, months)
    return rows, months


def _at(curve: FloatArray, rows: IntArray, initial: float) -> tuple[FloatArray, FloatArray]:
    """Return the curve at the month-ends, as the end of windows and as their start, both (M,)."""
    return curve[rows], np.where(rows < 1, initial, curve[rows])


@by_sessions
def _windows(
    sessions: DateArray, calendar: Calendar
) -> tuple[IntArray, dict[int, tuple[IntArray, IntArray, list[str]]]]:  # fmt: skip
    """Return the rows (M,) of the month-ends; by years, the place of each window's start and end among them, its date.

    The date of a window is its end's.
    """
    rows, months = month_ends(sessions, calendar)
    dates = periods.iso(sessions[np.maximum(rows, 0)])
    windows = {}
    for years in YEARS:
        before = np.searchsorted(months, months - 12 * years)
        end = np.flatnonzero(months[before] == months - 12 * years)  # a month without a session ends no window
        windows[years] = before[end], end, [dates[row] for row in end.tolist()]
    return rows, windows


def _over(
    years: int, start: IntArray, end: IntArray, dates: list[str], values: dict[str, tuple[FloatArray, FloatArray]]
) -> dict[str, Any]:
    """Return the block of the windows of so many years."""
    found = {name: (ends[end] / starts[start]) ** (1 / years) - 1 for name, (ends, starts) in values.items()}
    bench = found.get("benchmark")
    return {
        "years": years,
        "dates": [*dates],
        "portfolio": found["portfolio"].tolist(),
        "benchmark": None if bench is None else bench.tolist(),
        **_summary(found["portfolio"]),
        "benchmark_summary": None if bench is None else _summary(bench),
    }


def _summary(returns: FloatArray) -> dict[str, float]:
    """Return the best, worst and mean of window returns, and the share of them above 0; NaN for no window."""
    some = returns.size > 0
    return {
        "best": float(returns.max()) if some else NAN,
        "worst": float(returns.min()) if some else NAN,
        "average": mean(returns) if some else NAN,
        "share_positive": periods.share_positive(returns),
    }
