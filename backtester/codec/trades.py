"""The blocks `trades` and `final_holdings` of a result: counts of shares, in columns and rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.codec.column_types import ColumnarRows, IsoDates
from backtester.model.record import replace
from backtester.model.records import BAND, ENDED, FLOW, SPLIT, FloatArray, Ledger

_REASONS = {0: "rebalance", BAND: "rebalance", FLOW: "cash_flow", ENDED: "ended"}
_TRADE_COLUMNS = ("trade_event", "trade_holding", "trade_units", "trade_price", "trade_commission", "trade_slippage")
_WHOLE, _MOST = 1e-6, 1e-3  # of a count of shares, relative and in shares: adjusted closes have single precision


def trades(ledger: Ledger, symbols: tuple[str, ...], dates: IsoDates, *, whole: bool) -> ColumnarRows:
    """Return the trades in shares. The fraction of a share that a split leaves is paid out, and is no trade.

    whole: shares are bought whole.
    """
    if (ledger.kind == SPLIT).any():
        traded = ledger.kind[ledger.trade_event] != SPLIT
        ledger = replace(ledger, **{name: getattr(ledger, name)[traded] for name in _TRADE_COLUMNS})
    row, holding = ledger.execution[ledger.trade_event], ledger.trade_holding
    ratio = None if ledger.shares is None else ledger.shares[row, holding]
    units, price = _in_shares(np.abs(ledger.trade_units), ledger.trade_price, ratio, whole=whole)
    return ColumnarRows(
        date=[*map(dates.__getitem__, row.tolist())],
        symbol=[*map(symbols.__getitem__, holding.tolist())],
        side=["buy" if buys else "sell" for buys in (ledger.trade_units > 0).tolist()],
        units=units,
        price=price,
        value=units * price,
        commission=ledger.trade_commission,
        slippage=ledger.trade_slippage,
        reason=[*map(_REASONS.__getitem__, ledger.kind[ledger.trade_event].tolist())],
    )


def _in_shares(
    units: FloatArray, price: FloatArray, ratio: FloatArray | None, *, whole: bool
) -> tuple[FloatArray, FloatArray]:
    """Return counts of shares and what one cost, from accounting units, their prices, and the shares a unit.

    whole: a count that is whole but for the rounding of the prices is whole; the value stays.
    """
    if ratio is None:
        return units, price
    shares = units * ratio
    if whole:
        near = np.rint(shares)
        shares = np.where((near > 0) & (np.abs(shares - near) <= np.minimum(_WHOLE * near, _MOST)), near, shares)
    return shares, np.divide(units * price, shares, out=price / ratio, where=shares > 0)


def final_holdings(ledger: Ledger, symbols: tuple[str, ...], *, whole: bool) -> list[dict[str, Any]]:
    """Return what is held at the last session, in shares: symbol, units, price, value, and weight of the equity."""
    ratio = None if ledger.shares is None else ledger.shares[-1]
    units, price = _in_shares(ledger.held.last(), ledger.price[-1], ratio, whole=whole)
    held = np.flatnonzero(units).tolist()
    values = units * price
    columns = (units, price, values, values / ledger.equity[-1])
    return [
        {"symbol": symbols[n], **dict(zip(("units", "price", "value", "weight"), row, strict=True))}
        for n, row in zip(held, zip(*(column[held].tolist() for column in columns), strict=True), strict=True)
    ]
