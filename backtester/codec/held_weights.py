"""The weights that were held, session by session, as a document has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.codec.column_types import IsoDates
from backtester.model.held import ascending
from backtester.model.records import IntArray, Ledger

_MOST = 500  # sessions, where max_points says nothing: as many as a chart has room for


def held_weights(ledger: Ledger, symbols: tuple[str, ...], dates: IsoDates, most: int | None) -> dict[str, Any]:
    """Return the weights at the closes: units · price / equity by symbol (N), and cash / equity.

    Together they are 1; where the last money was withdrawn they are NaN. dates: of the ledger's sessions (P,). most:
    `output.max_points`.
    """
    rows = _kept(ledger.sessions.size, ledger.execution[ledger.rebalances], _MOST if most is None else most)
    event = ledger.execution.searchsorted(rows, side="right") - 1
    values = ledger.held.of(event).matrix() * ledger.price[rows]
    values[event < 0] = 0.0  # nothing is held before the first event
    equity = ledger.equity[rows]
    weights = np.ascontiguousarray((values / equity[:, None]).T)
    return {
        "dates": IsoDates([dates[row] for row in rows]),
        "symbols": dict(zip(symbols, weights, strict=True)),
        "cash": ledger.cash[rows] / equity,
    }


def _kept(size: int, rebalances: IntArray, most: int) -> IntArray:
    """Return at most so many of the rows of a period, the first and the last among them.

    Each rebalance and the session before it, between which the weights jump, where these are at most half of them; the
    others are evenly spaced.
    """
    if most >= size:
        return np.arange(size)
    jumps = ascending(np.concatenate([np.maximum(rebalances - 1, 0), rebalances]))
    if jumps.size > min(most // 2, most - 2):
        jumps = jumps[:0]
    even = np.linspace(0, size - 1, most - jumps.size).astype(np.intp)
    return ascending(np.concatenate([jumps, even]))
