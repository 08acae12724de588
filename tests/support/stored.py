"""A price store with made-up prices in it, put there the way a fetch puts them."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

from backtester.model.records import SymbolHistory
from backtester.prices.sources.network_source import NetworkSource
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored_or_fetch

SESSIONS = np.arange(np.datetime64("2019-01-01"), np.datetime64("2020-12-31"))
SESSIONS = SESSIONS[np.is_busday(SESSIONS)]
DIVIDENDS = np.where(np.arange(SESSIONS.size) % 63 == 62, 0.004, 0.0)  # a share of the close before, each quarter


def fill_store(
    folder: Path, *symbols: str, source: str = "yahoo", title: str = "Yahoo Finance", size: int = SESSIONS.size
) -> None:  # fmt: skip
    """Keep two years of every weekday for each symbol, as that source has sent them; of these the first `size`."""
    close = 100.0 + np.arange(SESSIONS.size) % 17

    def fetch(symbol, start, end, **_):
        return SymbolHistory(
            symbol=symbol, source=source, sessions=SESSIONS[:size], close=close[:size], open=close[:size],
            dividend=DIVIDENDS[:size], traded=(close / np.append(np.cumprod((1 - DIVIDENDS)[:0:-1])[::-1], 1.0))[:size],
        )  # fmt: skip

    first, last = SESSIONS[[0, -1]].tolist()
    with PriceStore(str(folder)) as store:
        for symbol in symbols:
            asked = NetworkSource(name=source, title=title, fetch=fetch)
            load_stored_or_fetch(
                store, symbol, first, last, source=asked, check_days=30, today=datetime.date(2024, 1, 1)
            )
