"""What the documents of `prices check` and of `prices import --dry-run` say of a history."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from backtester.codec.columns import points
from backtester.contract.schemas import resolved_schema
from backtester.model.records import FloatArray, IntArray, SymbolHistory
from backtester.prices.checks.checks import Finding, findings


def described(history: SymbolHistory, *, lines: IntArray | None = None, most_points: int | None) -> dict[str, Any]:
    """Return its period, which columns it has, what looks wrong in it, and where asked for its closes.

    lines: (T,) of the file that it was read from. most_points: of the closes, which are thinned as the series of a
    result are; None: none are wanted.
    """
    days = history.sessions
    return {
        "first": str(days[0]), "last": str(days[-1]), "sessions": len(days),
        "opens": history.open is not None, "dividends": history.dividend is not None,
        "traded": history.traded is not None and not history.counts_adjusted_shares,
        "splits": 0 if history.split is None else int((history.split != 1).sum()),
        "findings": [_told(finding, history, lines) for finding in _found_in(history)],
        **({} if most_points is None else {"closes": _closes(history, most_points)}),
    }  # fmt: skip


def _told(finding: Finding, history: SymbolHistory, lines: IntArray | None) -> dict[str, Any]:
    row = finding.row
    told = {"code": finding.code, "detail": finding.detail, "day": None if row is None else str(history.sessions[row])}
    return told if lines is None else {**told, "line": None if row is None else int(lines[row])}


def _found_in(history: SymbolHistory) -> list[Finding]:
    """Return what looks wrong in a history, by the defaults of a request and today's date."""
    data = resolved_schema("request")["properties"]["data"]["properties"]
    today = datetime.datetime.now(datetime.UTC).date()
    return findings(history, max_gap=data["max_gap_sessions"]["default"], today=today)


def _closes(history: SymbolHistory, most: int) -> dict[str, list[Any]]:
    drawdown: FloatArray = history.close / np.maximum.accumulate(history.close) - 1
    rows = points(most, (history.close, drawdown))
    shown = slice(None) if rows is None else rows
    return {
        "dates": [str(day) for day in history.sessions[shown]],
        "close": [float(f"{close:.6g}") for close in history.close[shown].tolist()],
    }
