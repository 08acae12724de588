"""The deepest drawdowns with peak, trough and recovery."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.metrics import drawdown as dd
from backtester.model.records import DateArray, FloatArray, IntArray

MOST = 10


def drawdown_episodes(growth: FloatArray, sessions: DateArray, initial: float) -> list[dict[str, Any]]:
    """Return the deepest falls below the running peak, deepest first; of equals, the first. Empty without any.

    An episode runs from the last session at the peak to the first one back there. growth, sessions: (P,). A peak
    before the first session, the initial capital, is dated to it. Days are calendar days; `days` without a recovery
    runs to the last session, `recovery` and `days_to_recovery` are None then. The first has the depth of
    `drawdown.max_drawdown` and the days of `drawdown.max_drawdown_days`.
    """
    below = dd.drawdowns(growth, initial)
    starts, ends = _runs(below < dd._AT_PEAK)
    if not starts.size:
        return []
    depth = np.minimum.reduceat(below, starts)  # the sessions at the peak behind an episode are no deeper
    deepest = np.argsort(depth, kind="stable")[:MOST].tolist()
    return [_episode(below, sessions, int(starts[k]), int(ends[k])) for k in deepest]


def _runs(marked: np.ndarray[Any, Any]) -> tuple[IntArray, IntArray]:
    """Return the first row of each run of marked sessions, and the first row after it."""
    edges = np.diff(marked.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _episode(below: FloatArray, sessions: DateArray, start: int, end: int) -> dict[str, Any]:
    recovered = end < below.size
    rows = [max(start - 1, 0), start + int(below[start:end].argmin()), end if recovered else -1]
    peak, trough, over = sessions[rows].tolist()
    return {
        "peak": peak.isoformat(),
        "trough": trough.isoformat(),
        "recovery": over.isoformat() if recovered else None,
        "depth": float(below[start:end].min()),
        "days_to_trough": (trough - peak).days,
        "days_to_recovery": (over - trough).days if recovered else None,
        "days": (over - peak).days,
    }
