"""The deepest drawdowns with peak, trough and recovery."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from backtester.metrics import drawdown as dd
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray

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
    deepest = np.argsort(depth, kind="stable")[:MOST]
    depths, starts, ends = depth[deepest], starts[deepest], ends[deepest]
    troughs = [a + int(below[a:b].argmin()) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    recovered = ends < below.size
    rows = np.array([np.maximum(starts - 1, 0), troughs, np.where(recovered, ends, -1)])
    dates = sessions[rows.T].tolist()
    return [_episode(*of, recovered=back, depth=fall)
            for of, back, fall in zip(dates, recovered.tolist(), depths.tolist(), strict=True)]  # fmt: skip


def _runs(marked: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the first row of each run of marked sessions, and the first row after it."""
    edges = np.flatnonzero(np.concatenate([marked[:1], marked[1:] != marked[:-1], marked[-1:]]))
    return edges[::2], edges[1::2]


def _episode(
    peak: datetime.date, trough: datetime.date, over: datetime.date, *, recovered: bool, depth: float
) -> dict[str, Any]:  # fmt: skip
    return {
        "peak": peak.isoformat(),
        "trough": trough.isoformat(),
        "recovery": over.isoformat() if recovered else None,
        "depth": depth,
        "days_to_trough": (trough - peak).days,
        "days_to_recovery": (over - trough).days if recovered else None,
        "days": (over - peak).days,
    }
