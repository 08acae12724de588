"""Holdings whose prices end before the period, where they are paid out."""

from __future__ import annotations

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray, PriceQuery


def without_ended(
    query: PriceQuery, calendars: dict[str, DateArray], used: DateArray, carried: BoolArray, close: FloatArray
) -> tuple[IntArray | None, list[RunWarning], BoolArray, FloatArray]:
    """Return the rows (N,) of the last prices of holdings that end, HOLDING_ENDED for each, and the table after that.

    calendars: the sessions of each symbol until end_date.
    The table: which prices are carried (T, M), and the closes (T, M); NaN after the last price of a holding that ends.

    A holding ends where its last price lies more than max_gap_sessions before the last session; T stands for others.
    """
    last = np.array([np.searchsorted(used, calendars[symbol][-1]) for symbol in query.symbols])
    ends = used.size - 1 - last > query.max_gap_sessions
    if not ends.any():
        return None, [], carried, close
    rows: IntArray = np.where(ends, last, used.size).astype(np.intp)
    after = np.zeros(carried.shape, dtype=bool)
    after[:, : rows.size] = np.arange(used.size)[:, None] > rows
    close = close.copy(order="K")
    close[after] = np.nan
    close.flags.writeable = False
    return rows, _warnings(query, used, rows), carried & ~after, close


def _warnings(query: PriceQuery, used: DateArray, ended: IntArray) -> list[RunWarning]:
    warnings = []
    for symbol, row in zip(query.symbols, ended.tolist(), strict=True):
        if row < used.size:
            detail = (
                f"{symbol} has no price after {used[row]}. It was paid out at that price on {used[row + 1]}, "
                "and from the next rebalance on the other holdings share its part."
            )
            pointer = query.pointer(symbol)
            warnings.append(RunWarning(code="HOLDING_ENDED", detail=detail, pointer=pointer, symbol=symbol))
    return warnings
