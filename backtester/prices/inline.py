"""Converts the inline prices of a request, which `contract.inline_prices` has checked, to histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backtester.model.records import SymbolHistory


def load(prices: dict[str, Any], symbols: Sequence[str]) -> dict[str, SymbolHistory]:
    """Return the histories of the symbols that `data.prices` has; sessions without a close are left out.

    A null dividend is none; `contract.inline_prices` has refused those of sessions without a close.
    """
    sessions = np.array(prices["dates"], dtype="datetime64[D]")
    closes = {symbol.upper(): column for symbol, column in prices["close"].items()}
    opens = {symbol.upper(): column for symbol, column in (prices.get("open") or {}).items()}
    shares = {symbol.upper(): column for symbol, column in (prices.get("dividends") or {}).items()}
    found = {}
    for symbol in symbols:
        if symbol not in closes:
            continue
        close = np.array(closes[symbol], dtype=np.float64)  # null becomes NaN
        opening = np.array(opens[symbol], dtype=np.float64) if symbol in opens else None
        paid = np.nan_to_num(np.array(shares[symbol], dtype=np.float64)) if symbol in shares else None
        known = ~np.isnan(close)
        if not known.all():
            close = close[known]
            opening = None if opening is None else opening[known]
            paid = None if paid is None else paid[known]
        found[symbol] = SymbolHistory(
            symbol=symbol, source="inline", sessions=sessions if known.all() else sessions[known],
            close=close, open=opening, dividend=paid,
        )  # fmt: skip
    return found
