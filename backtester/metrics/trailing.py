"""Returns of the last so many months, as fund factsheets show them."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.metrics import periods
from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model import DateArray, FloatArray

NAN = float("nan")
_MONTHS = {"1M": 1, "3M": 3, "6M": 6, "YTD": 0, "1Y": 12, "3Y": 36, "5Y": 60, "10Y": 120}
_A_YEAR = 365  # calendar days from which on a whole period is annualised, as cagr


def trailing_returns(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None
) -> dict[str, Any]:
    """G_end / G_start - 1, back from the last session; annualised by 365.25 days where it is over one year.

    growth, sessions, benchmark: (P,). The start is the last session on or before the same day so many months ago (the
    month's last day where it has no such day), for YTD the last session of the year before; None, and a return of NaN,
    where the period does not reach so far. From the first session on the return is against the initial capital.
    """
    rows = [_row(sessions, _anchor(sessions[-1], months)) for months in _MONTHS.values()] + [0]
    days = [None if row is None else int((sessions[-1] - sessions[row]).astype(int)) for row in rows]
    annualised = [months > 12 for months in _MONTHS.values()] + [(days[-1] or 0) >= _A_YEAR]

    def column(curve: FloatArray) -> list[float]:
        base = periods.bases(curve, initial)
        total = [NAN if row is None else float(curve[-1] / base[row] - 1) for row in rows]
        return [
            (1 + value) ** (DAYS_A_YEAR / length) - 1 if yearly and length else value
            for value, length, yearly in zip(total, days, annualised, strict=True)
        ]

    return {
        "periods": [*_MONTHS, "inception"],
        "start": [None if row is None else str(sessions[row]) for row in rows],
        "portfolio": column(growth),
        "benchmark": None if benchmark is None else column(benchmark),
        "annualised": annualised,
    }


def _anchor(last: np.datetime64, months: int) -> np.datetime64:
    """Return the same day so many months earlier, or the month's last; for 0 the last day of the year before."""
    if months == 0:
        year: np.datetime64 = last.astype("datetime64[Y]").astype("datetime64[D]")
        return year - np.timedelta64(1, "D")
    month = last.astype("datetime64[M]")
    first: np.datetime64 = (month - months).astype("datetime64[D]")
    length = (month - months + 1).astype("datetime64[D]") - first
    day: np.timedelta64 = min(last - month.astype("datetime64[D]"), length - np.timedelta64(1, "D"))
    return first + day


def _row(sessions: DateArray, day: np.datetime64) -> int | None:
    row = int(np.searchsorted(sessions, day, side="right")) - 1
    return None if row < 0 else row
