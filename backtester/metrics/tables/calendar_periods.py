"""Calendar years and months of a period, and the base values of the tables' returns."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import last_rows
from backtester.model.records import DateArray, FloatArray, IntArray

NAN = float("nan")
ZERO_RETURN = 1e-12  # smaller returns are rounding errors


def year_end_rows(sessions: DateArray) -> IntArray:
    """Return the rows of each year's last session within the period; a year cut short counts as one."""
    return last_rows(sessions, "Y")


def bases(growth: FloatArray, initial: float) -> FloatArray:
    """Return the base (P,) of a return that begins on each session: the growth at its close.

    On the first session it is the initial capital: the first purchase and its costs belong to that return.
    """
    base = growth.copy()
    base[0] = initial
    return base


def share_positive(values: FloatArray) -> float:
    """Share of values above 0; NaN for none at all."""
    return int(np.count_nonzero(values > ZERO_RETURN)) / values.size if values.size else NAN


def iso(dates: DateArray) -> list[str]:
    """Return dates as ISO strings, as long as their unit: YYYY-MM-DD, or YYYY-MM for months."""
    texts: list[str] = np.datetime_as_string(dates).tolist()
    return texts
