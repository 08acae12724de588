"""Holdings whose prices end before the period, where they are paid out."""

from __future__ import annotations

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray, PriceQuery, SymbolHistory


def without_ended(
    query: PriceQuery, histories: dict[str, SymbolHistory], used: DateArray, carried: BoolArray | None,
    close: FloatArray,
) -> tuple[IntArray | None, BoolArray | None, FloatArray]:  # fmt: skip
    """Return the rows (N,) of the last prices of holdings that end, and the table with no price of theirs after it.

    A holding ends where its last price lies more than max_gap_sessions before the last session; T stands for others.
    """
    if query.ended_history != "cash" or carried is None:
        return None, carried, close
    last = np.array([np.searchsorted(used, histories[symbol].sessions[-1]) for symbol in query.symbols])
    ends = used.size - 1 - last > query.max_gap_sessions
    if not ends.any():
        return None, carried, close
    rows: IntArray = np.where(ends, last, used.size).astype(np.intp)
    after = np.zeros(carried.shape, dtype=bool)
    after[:, : rows.size] = np.arange(used.size)[:, None] > rows
    close = close.copy(order="K")
    close[after] = np.nan
    return rows, carried & ~after, close


def ended_warnings(query: PriceQuery, used: DateArray, ended: IntArray | None) -> list[RunWarning]:
    """Return HOLDING_ENDED for each holding that ends before the period."""
    warnings = []
    for symbol, row in zip(query.symbols, () if ended is None else ended.tolist(), strict=False):
        if row < used.size:
            detail = (
                f"{symbol} has no price after {used[row]}. It was paid out at that price on {used[row + 1]}, "
                "and the other holdings share its part."
            )
            pointer = query.pointer(symbol)
            warnings.append(RunWarning(code="HOLDING_ENDED", detail=detail, pointer=pointer, symbol=symbol))
    return warnings
