"""Histories imported from files. They are stored and used whole, so that a run finds what the CSV folder would give it.

No source extends, corrects or replaces one: it is what somebody chose, until they import another or remove it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from backtester.model.errors import RequestError, RunWarning
from backtester.model.records import SymbolHistory
from backtester.prices.store.stored_history import IMPORTED, StoredHistory, as_date, cut


def from_import(history: SymbolHistory, *, at: float) -> StoredHistory:
    """Return the stored history of a file's, with at least one session. at: epoch seconds."""
    days = history.sessions.astype("datetime64[D]").astype(np.int64).astype(np.int32)
    first, last = as_date(days[0]), as_date(days[-1])
    return StoredHistory(
        symbol=history.symbol,
        source=IMPORTED,
        days=days,
        close=history.close,
        open=history.open,
        dividend=history.dividend,
        traded=history.traded,
        split=history.split,
        dropped=np.empty(0, dtype=np.int32),
        warnings=tuple(RunWarning(code=w.code, detail=w.detail, symbol=w.symbol) for w in history.warnings),
        counts_adjusted_shares=history.counts_adjusted_shares,
        first=first,
        last=last,
        asked_last=last,
        checked_at=at,
        fetched_at=at,
    )


def whole(stored: StoredHistory) -> SymbolHistory:
    """Return the whole of a stored history, imported or not. Arrays are read-only."""
    if not stored.is_imported:
        return cut(stored, stored.first, stored.last)
    return SymbolHistory(
        symbol=stored.symbol,
        source=stored.source,
        sessions=_read_only(stored.days.astype("datetime64[D]")),
        close=_read_only(stored.close),
        open=_read_only(stored.open),
        dividend=_read_only(stored.dividend),
        traded=_read_only(stored.traded),
        split=_read_only(stored.split),
        counts_adjusted_shares=stored.counts_adjusted_shares,
        warnings=stored.warnings,
    )


def check_nothing_is_lost(stored: StoredHistory | None, new: StoredHistory) -> None:
    """RequestError where the earlier import of a symbol has a session that the new one lacks."""
    if stored is None:
        return
    lost = np.setdiff1d(stored.days, new.days)
    if not lost.size:
        return
    count = "1 session" if lost.size == 1 else f"{lost.size} sessions"
    detail = (
        f"{new.symbol} was imported before, with {len(stored.days)} sessions from {as_date(stored.days[0])} to "
        f"{as_date(stored.days[-1])}. The file lacks {count} of them, the first on {as_date(lost[0])}."
    )
    raise RequestError("VALIDATION_FAILED", detail, remedy="Use --replace to take the file's prices alone.")


def notes_as_text(stored: StoredHistory) -> str | None:
    """Return as JSON what only an import says of itself; None for other histories."""
    if not stored.is_imported:
        return None
    warnings = [[warning.code, warning.detail] for warning in stored.warnings]
    return json.dumps({"warnings": warnings, "counts_adjusted_shares": stored.counts_adjusted_shares})


def notes_from_text(symbol: str, text: str | None) -> dict[str, Any]:
    """Return the fields of StoredHistory that `notes_as_text` has written."""
    if text is None:
        return {}
    notes = json.loads(text)
    warnings = tuple(RunWarning(code=code, detail=detail, symbol=symbol) for code, detail in notes["warnings"])
    return {"warnings": warnings, "counts_adjusted_shares": notes["counts_adjusted_shares"]}


def _read_only(values: Any) -> Any:
    if values is not None:
        values = values.view()
        values.flags.writeable = False
    return values
