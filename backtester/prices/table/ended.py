"""Holdings whose prices end before the period, where they are paid out."""

from __future__ import annotations

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray, PriceQuery
from backtester.prices.table.aligned import AlignedPrices


def without_ended(
    query: PriceQuery, aligned: AlignedPrices, used: DateArray, carried: BoolArray, close: FloatArray
) -> tuple[IntArray | None, list[RunWarning], BoolArray, FloatArray]:
    """Return the rows (N,) of the last prices of holdings that end, HOLDING_ENDED for each, and the table after that.

    used: the sessions (T,) of the run.
    The table: which prices are carried (T, M), and the closes (T, M); NaN after the last price of a holding that ends.

    A holding ends where more than max_gap_sessions sessions without a price of its own follow its last one. Sessions
    after the run count, so that end_date alone changes nothing; T stands for holdings that do not end in the run.
    """
    last, missed = _missed_sessions(query, aligned, used)
    ends = (missed > query.max_gap_sessions) & (last < used.size - 1)
    if not ends.any():
        return None, [], carried, close
    rows: IntArray = np.where(ends, last, used.size).astype(np.intp)
    after = np.zeros(carried.shape, dtype=bool)
    after[:, : rows.size] = np.arange(used.size)[:, None] > rows
    close = close.copy(order="K")
    close[after] = np.nan
    close.flags.writeable = False
    return rows, _warnings(query, used, rows), carried & ~after, close


def _missed_sessions(query: PriceQuery, aligned: AlignedPrices, used: DateArray) -> tuple[IntArray, IntArray]:
    """Return the row (N,) of each holding's last price in the run, and the sessions (N,) from it to its next price.

    Where it has no next one, those to the last price that is at hand of any holding.
    """
    sessions, begin = aligned.sessions, int(aligned.sessions.searchsorted(used[0]))
    last, missed = [], []
    for symbol in query.symbols:
        own = aligned.calendars[symbol]
        at = int(own.searchsorted(used[-1], side="right"))
        row = int(sessions.searchsorted(own[at - 1]))
        following = int(sessions.searchsorted(own[at])) if at < own.size else sessions.size
        last.append(row - begin)
        missed.append(following - 1 - row)
    return np.array(last), np.array(missed)


def shown_by_later_prices(query: PriceQuery, used: DateArray, ended: IntArray) -> list[str]:
    """Return which holdings are known to have ended only by sessions after the run's (T,)."""
    left = used.size - 1 - ended
    later = (left > 0) & (left <= query.max_gap_sessions)
    return [f"{symbol} ended" for symbol, is_later in zip(query.symbols, later.tolist(), strict=True) if is_later]


def provisional(query: PriceQuery, symbol: str, own: DateArray, until: np.datetime64) -> str:
    """Return the sentence about a holding that may have ended: its price is carried to the end of all that is at hand.

    own: all its sessions. until: the run's last session.
    """
    if symbol not in query.symbols or own[-1] > until:
        return ""
    return f" Once more than {query.max_gap_sessions} sessions follow {own[-1]} without one, it is paid out instead."


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
