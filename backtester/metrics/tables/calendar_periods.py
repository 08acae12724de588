"""Calendar years and months of a period, and the base values of the tables' returns."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import last_rows
from backtester.model.records import DateArray, FloatArray, IntArray

NAN = float("nan")
ZERO_RETURN = 1e-12  # smaller returns are rounding errors
_LONG_WEEKEND = np.timedelta64(3, "D")  # exchanges close no longer between two months or years


def year_end_rows(sessions: DateArray) -> IntArray:
    """Return the rows of each year's last session within the period; a year cut short counts as one."""
    return last_rows(sessions, "Y")


def begins_with(sessions: DateArray, unit: str) -> bool:
    """Return whether no more than a long weekend of the first session's month ("M") or year ("Y") lies before it."""
    first = sessions[0]
    return bool(first - first.astype(f"datetime64[{unit}]").astype("datetime64[D]") <= _LONG_WEEKEND)


def ends_with(sessions: DateArray, unit: str) -> bool:
    """Return whether no more than a long weekend of the last session's month ("M") or year ("Y") lies after it."""
    last = sessions[-1]
    return bool((last.astype(f"datetime64[{unit}]") + 1).astype("datetime64[D]") - 1 - last <= _LONG_WEEKEND)


def bases(growth: FloatArray, initial: float) -> FloatArray:
    """Return the base (P,) of a return that begins on each session: the growth at its close.

    On the first session it is the initial capital: the first purchase and its costs belong to that return.
    """
    base = growth.copy()
    base[0] = initial
    return base


def share_positive(values: FloatArray) -> float:
    """Share of values above 0; NaN for none at all."""
    return float((values > ZERO_RETURN).mean()) if values.size else NAN


def iso(dates: DateArray) -> list[str]:
    """Return dates as ISO strings, as long as their unit: YYYY-MM-DD, or YYYY-MM for months."""
    texts: list[str] = np.datetime_as_string(dates).tolist()
    return texts
