"""`prices import --dry-run`: what a file was read as, and what it would take the place of."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.commands.prices.described import described
from backtester.model.errors import DataError, RequestError
from backtester.model.records import SymbolHistory
from backtester.prices.csv.parse import PriceRows
from backtester.prices.csv_files import ReadFile
from backtester.prices.listing import history_at_hand
from backtester.settings import Settings

_MOST_ROWS = 10  # of those left out


def looked_at(read: ReadFile, name: str, settings: Settings, *, most_points: int | None) -> dict[str, Any]:
    """Return the entry of a history that a file of some name was read as. DataError STORE_UNAVAILABLE."""
    rows, history = read.rows, read.history
    about = described(history, lines=rows.lines, most_points=most_points)
    return {
        "symbol": history.symbol, "file": name, **about,
        "columns": [{"name": column, "role": role or None} for column, role in rows.columns],
        "left_out": _left_out(rows), "replaces": _replaced(history, settings),
    }  # fmt: skip


def check_is_new(symbol: str, settings: Settings) -> None:
    """RequestError where a symbol has prices at hand already; DataError as `history_at_hand`."""
    found = history_at_hand(settings, symbol)
    if found is None:
        return
    place, history = found
    detail = (
        f"{symbol} is at hand already, in the {place}, with {len(history.sessions)} sessions from "
        f"{history.sessions[0]} to {history.sessions[-1]}."
    )
    raise RequestError("VALIDATION_FAILED", detail, remedy="Leave out --new, and the file goes before what is there.")


def _left_out(rows: PriceRows) -> dict[str, Any]:
    """Return how many rows of a file have no price or repeat another, and the first of them."""
    kinds = ((rows.dropped, rows.dropped_lines, "NO_PRICE"), (rows.repeated, rows.repeated_lines, "REPEATED"))
    found = sorted(
        (int(line), str(np.datetime64(int(day), "D")), reason)
        for days, lines, reason in kinds
        for day, line in zip(days.tolist(), lines.tolist(), strict=True)
    )
    first = [{"line": line, "day": day, "reason": reason} for line, day, reason in found[:_MOST_ROWS]]
    return {"count": len(found), "rows": first}


def _replaced(new: SymbolHistory, settings: Settings) -> dict[str, Any] | None:
    """Return what `auto` takes of the symbol by now, with `lost`, its sessions that the file lacks; None: nothing."""
    try:
        found = history_at_hand(settings, new.symbol)
    except DataError as error:
        if error.code != "PRICES_UNREADABLE":
            raise
        nothing = dict.fromkeys(("source", "place", "first", "last", "sessions", "lost"))
        return {**nothing, "unreadable": error.detail}
    if found is None:
        return None
    place, old = found
    return {
        "source": old.source, "place": place, "first": str(old.sessions[0]), "last": str(old.sessions[-1]),
        "sessions": len(old.sessions), "lost": int(np.setdiff1d(old.sessions, new.sessions).size), "unreadable": None,
    }  # fmt: skip
