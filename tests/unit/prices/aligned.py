"""Made-up histories and the table they align to, for the tests."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from backtester.model.errors import DataError
from backtester.model.records import PriceQuery, PriceTable, SymbolHistory, WarmUp
from backtester.prices.table.align import align


def history(symbol: str, dates, close=None, opens=None, dividend=None) -> SymbolHistory:
    sessions = np.array(dates, dtype="datetime64[D]")
    prices = np.arange(len(dates)) + 1.0 if close is None else np.array(close, dtype=np.float64)
    return SymbolHistory(
        symbol=symbol,
        source="inline",
        sessions=sessions,
        close=prices,
        open=None if opens is None else np.array(opens, dtype=np.float64),
        dividend=None if dividend is None else np.array(dividend, dtype=np.float64),
    )


def weekdays(first: str, until: str) -> list[str]:
    found = np.arange(first, until, dtype="datetime64[D]")
    return found[np.is_busday(found)].astype(str).tolist()


def query(*histories: SymbolHistory, start: str, end: str, **parts) -> PriceQuery:
    """Ask for every history as a holding, but for the benchmark and what is only looked at."""
    parts = {"benchmark": (), "signals": ()} | parts
    if isinstance(parts["benchmark"], str):
        parts["benchmark"] = ((parts["benchmark"], "/benchmark"),)
    watched = {symbol for symbol, _ in (*parts["benchmark"], *parts["signals"])}
    defaults = {
        "symbols": tuple(h.symbol for h in histories if h.symbol not in watched),
        "start_date": datetime.date.fromisoformat(start),
        "end_date": datetime.date.fromisoformat(end),
        "needs_open": False,
        "max_gap_sessions": 5,
        "warm_up": WarmUp(),
        "signal": False,
    }
    return PriceQuery(**(defaults | parts))


def table(*histories: SymbolHistory, start: str, end: str, **parts) -> PriceTable:
    return align({h.symbol: h for h in histories}, query(*histories, start=start, end=end, **parts))


def codes(found: PriceTable) -> list[str]:
    return [warning.code for warning in found.warnings]


def dates(found: PriceTable) -> list[str]:
    return found.sessions.astype(str).tolist()


def refused(code: str, *histories: SymbolHistory, start: str, end: str, **parts) -> DataError:
    with pytest.raises(DataError) as caught:
        table(*histories, start=start, end=end, **parts)
    assert caught.value.code == code
    return caught.value


JANUARY = weekdays("2024-01-01", "2024-02-01")
