"""A symbol's dividends from Yahoo's events and Yahoo's adjustment, which do not always agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from backtester.model.records import BoolArray, FloatArray

SAME_SHARE = 0.01  # relative tolerance between the two shares of one dividend
SINGLE_PRECISION = 1e-6


def dividend_shares(raw: FloatArray, adjusted: FloatArray, paid: FloatArray, usable: BoolArray) -> FloatArray:
    """Return the dividends (T,) on the usable sessions, as a share of the usable close before; 0: none.

    raw, adjusted: (T,) closes adjusted for splits, and for dividends too. paid: (T,) currency at the ex-date. A
    dividend on a session without a price counts on the next one that has a price.

    Yahoo has dividends in pounds beside prices in pence, in other currencies, and capital gains counted twice. Where
    the share of the events differs from that of the adjustment, the adjustment's is used: with it the total-return
    price leads back to the traded price.
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
    stated = money[at] / raw[before]
    implied = np.maximum(1 - (adjusted[before] / raw[before]) / (adjusted[now] / raw[now]), 0.0)
    same = np.abs(stated - implied) <= SAME_SHARE * np.maximum(stated, implied) + SINGLE_PRECISION
    shares[now] = np.where(same, stated, implied)
    return shares
