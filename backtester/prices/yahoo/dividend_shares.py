"""What a symbol paid, from Yahoo's events and Yahoo's adjustment, which do not always agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from backtester.model.records import BoolArray, FloatArray

SAME_SHARE = 0.01  # so much of each other, and a little for single precision, two shares of one dividend may differ
SINGLE_PRECISION = 1e-6


def dividend_shares(raw: FloatArray, adjusted: FloatArray, paid: FloatArray, usable: BoolArray) -> FloatArray:
    """Return (T,) what was paid on each usable session, as a share of the usable close before; 0: nothing.

    raw, adjusted: (T,) closes adjusted for splits, and for dividends too. paid: (T,) currency at the ex-date. What was
    paid on a session without a price counts on the next one that has a price.

    Yahoo has dividends in pounds beside prices in pence, in other currencies, and capital gains counted twice. Where
    the events say another share than the adjustment does, the adjustment's is taken: with it the price that is left
    of the total return is the traded one.
    """
    shares = np.zeros(raw.size)
    rows, events = np.flatnonzero(usable), np.flatnonzero(paid > 0)
    at = np.searchsorted(rows, events)
    known = (at > 0) & (at < rows.size)  # none before the first close, none after the last
    if not known.any():
        return shares
    at, events = at[known], events[known]
    money = np.zeros(rows.size)
    np.add.at(money, at, paid[events])
    at = np.unique(at)
    now, before = rows[at], rows[at - 1]
    told = money[at] / raw[before]
    implied = np.maximum(1 - (adjusted[before] / raw[before]) / (adjusted[now] / raw[now]), 0.0)
    same = np.abs(told - implied) <= SAME_SHARE * np.maximum(told, implied) + SINGLE_PRECISION
    shares[now] = np.where(same, told, implied)
    return shares
