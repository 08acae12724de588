"""Dividends on the sessions of a price table, for runs that take them as cash.

A dividend is a share of the close before it, which makes it independent of the adjustment of the prices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backtester.model.errors import DataError
from backtester.model.records import DateArray, FloatArray, SymbolHistory


def dividend_table(histories: Sequence[SymbolHistory], sessions: DateArray) -> FloatArray:
    """Return the dividends (T, N) of N holdings on T sessions, as a share of the close before; 0: none.

    A dividend between two sessions counts on the later one. One on the first day of a history is left out: there is
    no close before it, and the portfolio does not hold it yet.
    DataError NO_DATA_IN_RANGE where a source does not know the dividends.
    """
    table = np.zeros((len(histories), sessions.size))
    for row, history in enumerate(histories):
        if history.dividend is None:
            raise DataError(
                "NO_DATA_IN_RANGE", f"{history.symbol} has no dividends in the source {history.source}.",
                remedy="Use `execution.dividends` `reinvest`.", pointer="/execution/dividends", suggestion="reinvest",
            )  # fmt: skip
        paying = np.flatnonzero(history.dividend[1:]) + 1
        at = np.searchsorted(sessions, history.sessions[paying])
        inside = (history.sessions[paying] >= sessions[0]) & (at < sessions.size)
        np.add.at(table[row], at[inside], history.dividend[paying[inside]])
    return table.T
