"""The weights that were held, session by session, as a document has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.codec.column_types import IsoDates
from backtester.model.records import IntArray, Ledger


def held_weights(ledger: Ledger, symbols: tuple[str, ...], dates: IsoDates, rows: IntArray | None) -> dict[str, Any]:
    """Return the weights at the closes: units · price / equity by symbol (N), and cash / equity.

    Together they are 1; where the last money was withdrawn they are NaN. dates: of the ledger's sessions (P,). rows:
    the sessions that are kept (L,), None for all.
    """
    kept = np.arange(ledger.sessions.size) if rows is None else rows
    event = ledger.execution.searchsorted(kept, side="right") - 1
    values = ledger.held.of(event).matrix() * ledger.price[kept]
    values[event < 0] = 0.0  # nothing is held before the first event
    equity = ledger.equity[kept]
    weights = np.ascontiguousarray((values / equity[:, None]).T)
    return {
        "dates": dates if rows is None else IsoDates([dates[row] for row in rows]),
        "symbols": dict(zip(symbols, weights, strict=True)),
        "cash": ledger.cash[kept] / equity,
    }
