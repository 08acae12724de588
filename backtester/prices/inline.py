"""Converts the inline prices of a request, which `contract.inline_prices` has checked, to histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backtester.model.records import DateArray, FloatArray, SymbolHistory
from backtester.prices.checks.repairs import Repairs, mend_hundredfold, mend_opens


def load(prices: dict[str, Any], symbols: Sequence[str]) -> dict[str, SymbolHistory]:
    """Return the histories of the symbols that `data.prices` has; sessions without a close are left out.

    A null dividend is none; `contract.inline_prices` has refused those of sessions without a close. Without a traded
    close, that is the close with the dividends added back, going backwards from the last row.
    """
    sessions = np.array(prices["dates"], dtype="datetime64[D]")
    blocks = {name: _by_symbol(prices.get(name)) for name in ("close", "open", "dividends", "traded")}
    return {symbol: _history(symbol, sessions, blocks) for symbol in symbols if symbol in blocks["close"]}


def _by_symbol(block: dict[str, list[Any]] | None) -> dict[str, list[Any]]:
    return {symbol.upper(): column for symbol, column in (block or {}).items()}


def _history(symbol: str, sessions: DateArray, blocks: dict[str, dict[str, list[Any]]]) -> SymbolHistory:
    found = {name: np.array(columns[symbol], dtype=np.float64) for name, columns in blocks.items() if symbol in columns}
    known = ~np.isnan(found["close"])  # null is NaN by now
    if not known.all():
        sessions, found = sessions[known], {name: column[known] for name, column in found.items()}
    close, opens, traded = found["close"], found.get("open"), found.get("traded")
    share = np.nan_to_num(found["dividends"]) if "dividends" in found else None
    if traded is not None:
        return _with_traded(symbol, sessions, close, traded, opens=opens, share=share)
    repairs = Repairs(symbol, sessions)
    given, close = close, mend_hundredfold(close, repairs)
    if share is not None and share[1:].any():
        traded = close / np.append(np.cumprod((1 - share)[:0:-1])[::-1], 1.0)
    return SymbolHistory(
        symbol=symbol, source="inline", sessions=sessions, close=close, dividend=share, traded=traded,
        open=None if opens is None else mend_opens(opens, given, close, repairs), counts_adjusted_shares=True,
        warnings=repairs.warnings(),
    )  # fmt: skip


def _with_traded(
    symbol: str, sessions: DateArray, close: FloatArray, traded: FloatArray,
    *, opens: FloatArray | None, share: FloatArray | None,
) -> SymbolHistory:  # fmt: skip
    from backtester.prices.table.share_prices import share_prices

    as_traded = None if opens is None else opens * (traded / close)
    found = share_prices(symbol, sessions, traded, opens=as_traded, adjusted=close, share=share)
    return SymbolHistory(
        symbol=symbol, source="inline", sessions=sessions, close=found.close, open=found.open,
        dividend=None if share is None else found.dividend, traded=found.traded, split=found.split,
        warnings=found.warnings,
    )  # fmt: skip
