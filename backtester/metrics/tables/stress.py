"""Returns of the portfolio during well-known crises.

stress_periods.json dates them by the closes of the S&P 500, from the peak to the trough.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import numpy as np

from backtester.metrics import drawdown as dd
from backtester.metrics.tables import calendar_periods as periods
from backtester.model.records import DateArray, FloatArray

_FILE = os.path.join(os.path.dirname(__file__), "stress_periods.json")


def stress_periods(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None
) -> list[dict[str, Any]]:
    """G_end / G_start - 1 and the deepest fall of each crisis that lies wholly inside the period, by date.

    growth, sessions, benchmark: (P,). From the close of the last session on or before its first day to that of the last
    on or before its last; from the initial capital where it begins on the period's first session. A crisis between two
    sessions, as monthly prices may have it, is left out.
    """
    known, days = _known()
    inside = (days[:, 0] >= sessions[0]) & (days[:, 1] <= sessions[-1])
    first, last = np.searchsorted(sessions, days, side="right").T - 1
    chosen = np.flatnonzero(inside & (last > first))
    first, last = first[chosen], last[chosen]
    base = periods.bases(growth, initial)[first]
    total = (growth[last] / base - 1).tolist()
    against: list[float | None] = [None] * chosen.size
    if benchmark is not None:
        against = (benchmark[last] / periods.bases(benchmark, initial)[first] - 1).tolist()
    return [
        {
            "name": known[k]["name"],
            "start": known[k]["start"],
            "end": known[k]["end"],
            "portfolio": total[n],
            "benchmark": against[n],
            "max_drawdown": dd.max_drawdown(dd.drawdowns(growth[first[n] + 1 : last[n] + 1], float(base[n]))),
        }
        for n, k in enumerate(chosen.tolist())
    ]


@functools.cache
def _known() -> tuple[list[dict[str, str]], DateArray]:
    """Return the crises, and their first and last days (S, 2)."""
    with open(_FILE, encoding="utf-8") as file:
        known: list[dict[str, str]] = json.load(file)
    return known, np.array([[each["start"], each["end"]] for each in known], dtype="datetime64[D]")
