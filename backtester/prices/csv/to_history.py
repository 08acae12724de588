"""The history of a symbol from the rows of its file.

Closes are converted to total-return closes by the first rule that applies:

1. adj_close, as it is; a column that is empty throughout counts as absent.
2. A traded close, without adj_close: the close is adjusted for the splits at least. Where it does not rise against the
   traded close by the dividends that are told, it is adjusted by them as in rule 4.
3. dividend and split, without adj_close: the close as it is, with the warning UNADJUSTED_PRICES. It is what
   yfinance exports after adjusting; adjusting again would count every dividend twice.
4. dividend: adjusted backwards as CRSP and Yahoo do, each earlier close by 1 - dividend[t] / close[t - 1], so that the
   return on the ex-date is close[t] / (close[t - 1] - dividend[t]) - 1. Splits are unknown: the close has to be
   adjusted for them already, and the dividend with it.
5. The close as it is, with the warning UNADJUSTED_PRICES.

Opens are scaled as the closes are. What a share cost on the day, its splits, its dividends and the repairs are those of
share_prices.py.

Dividends are known under the rules 1, 2 and 4, each as a share of the close before, which must be as traded (but for
splits). Rule 3 has no such close: its share counts are of adjusted shares.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.record import replace
from backtester.model.records import SymbolHistory
from backtester.prices.csv.parse import PriceRows
from backtester.prices.csv.unreadable import UnreadableError
from backtester.prices.table.share_prices import SharePrices, share_prices

_NO_MOVE = 1e-3  # of close / traded over the whole file: more is what dividends do


def history_of(symbol: str, rows: PriceRows) -> SymbolHistory:
    """Make total-return prices of the rows of a file, by the module's rules. Arrays are read-only. UnreadableError."""
    rows, filled = _with_whole_traded(symbol, rows)
    as_traded = rows.traded is not None
    pays = as_traded or rows.adj_close is not None or rows.dividend is None or rows.split is None
    if rows.adj_close is None and (as_traded or rows.split is None):
        _check_dividends(rows)
    sessions = rows.days.astype("datetime64[D]")
    if as_traded:
        found = _with_traded(symbol, sessions, rows)
    else:
        found = share_prices(
            symbol, sessions, rows.close, opens=rows.open, adjusted=rows.adj_close, money=rows.dividend,
            split=rows.split, pays=pays,
        )  # fmt: skip
    has_open = found.open is not None and not np.isnan(found.open).all()
    leaves_out = rows.adj_close is None and (not pays or (rows.dividend is None and not _pays_by_close(rows, found)))
    return SymbolHistory(
        symbol=symbol,
        source="csv",
        sessions=_read_only(sessions),
        close=_read_only(found.close),
        open=_read_only(found.open) if found.open is not None and has_open else None,
        dividend=_read_only(found.dividend) if rows.dividend is not None and pays else None,
        traded=_read_only(found.traded),
        split=None if found.split is None else _read_only(found.split),
        counts_adjusted_shares=not (as_traded or (pays and rows.has_close)),
        warnings=(
            *_named_otherwise(symbol, rows), *(_unadjusted(symbol, rows) if leaves_out else ()), *found.warnings,
            *filled, *_left_out(symbol, rows),
        ),
    )  # fmt: skip


def _with_whole_traded(symbol: str, rows: PriceRows) -> tuple[PriceRows, tuple[RunWarning, ...]]:
    """Return the rows with a traded close on each, or without any, and PRICES_REPAIRED where some lacked it.

    What is lacking stands to the close as on the last session that tells both, or on the next one where the file tells
    a split between: splits alone change that. Where there is no next one, the splits that are told say what a share
    cost, as without the column.
    """
    if rows.traded is None:
        return rows, ()
    lacks = np.isnan(rows.traded)
    if not lacks.any():
        return rows, ()
    known, missing = np.flatnonzero(~lacks), np.flatnonzero(lacks)
    splits = np.zeros(lacks.size) if rows.split is None else np.cumsum(rows.split != 1)
    if lacks.all() or splits[-1] != splits[known[-1]]:
        return replace(rows, traded=None), ()
    after = np.searchsorted(known, missing)
    at, following = known[np.maximum(after - 1, 0)], known[np.minimum(after, known.size - 1)]
    at = np.where((at < missing) & (splits[at] != splits[missing]), following, at)
    traded = rows.traded.copy()
    traded[missing] = rows.close[missing] * (traded[at] / rows.close[at])
    day = rows.days[missing[0]].astype("datetime64[D]").item()
    more = f" (and {missing.size - 1} more sessions)" if missing.size > 1 else ""
    detail = (
        f"The CSV file of {symbol} has no traded close on {day}{more}. It was taken in proportion to the close, as on "
        "the nearest session before or after that has one."
    )
    return replace(rows, traded=traded), (RunWarning(code="PRICES_REPAIRED", detail=detail, symbol=symbol),)


def _with_traded(symbol: str, sessions: Any, rows: PriceRows) -> SharePrices:
    """Return the prices of a file that tells what a share cost on each session."""
    traded = rows.traded
    assert traded is not None
    shown = traded / rows.close
    opens = None if rows.open is None else rows.open * shown
    total, money, share = rows.adj_close, rows.dividend, None
    if total is None:
        total = rows.close
        if money is not None:
            told = np.concatenate([[0.0], money[1:] / total[:-1]])  # of the close before
            found = share_prices(symbol, sessions, traded, adjusted=total, split=rows.split)
            if _risen(rows, found) < -np.log1p(-told).sum() / 2:  # by fewer than half of the dividends
                later = np.append(np.cumprod((1 - told)[:0:-1])[::-1], 1.0)
                total, money, share = total * later, None, told
    return share_prices(
        symbol, sessions, traded, opens=opens, adjusted=total, split=rows.split, share=share,
        money=None if money is None else money * shown,
    )  # fmt: skip


def _risen(rows: PriceRows, found: SharePrices) -> float:
    """Return by how much the close has risen against the traded close, splits undone, as a logarithm."""
    assert rows.traded is not None
    ratio = rows.close[[0, -1]] / rows.traded[[0, -1]]
    splits = 0.0 if found.split is None else float(np.log(found.split).sum())
    return math.log(ratio[1] / ratio[0]) - splits


def _pays_by_close(rows: PriceRows, found: SharePrices) -> bool:
    """Return whether a file without adj_close and dividends has a close that is adjusted for dividends."""
    return rows.traded is not None and _risen(rows, found) > _NO_MOVE


def _check_dividends(rows: PriceRows) -> None:
    """Refuse a dividend that is not below the close before it, where the closes are adjusted by the dividends."""
    if rows.dividend is None:
        return
    high = np.flatnonzero(rows.dividend[1:] >= rows.close[:-1]) + 1
    if high.size:
        fact = f"line {rows.lines[high[0]]}: dividend is not below the close before it"
        raise UnreadableError(fact, "Expected dividends of one share, in the currency of the closes.")


def _named_otherwise(symbol: str, rows: PriceRows) -> tuple[RunWarning, ...]:
    """Return SYMBOL_DIFFERS where the file says that its prices are of another symbol."""
    if not rows.other_symbol:
        return ()
    detail = f"The CSV file of {symbol} says that its prices are of {rows.other_symbol}. They were taken as {symbol}'s."
    return (RunWarning(code="SYMBOL_DIFFERS", detail=detail, symbol=symbol),)


def _unadjusted(symbol: str, rows: PriceRows) -> tuple[RunWarning, ...]:
    """Return UNADJUSTED_PRICES where the closes are taken as they are."""
    if rows.dividend is not None:
        detail = f"The CSV file of {symbol} looks like an export of adjusted prices. Its closes are taken as they are."
    else:
        detail = f"The CSV file of {symbol} has neither adj_close nor dividend. Its returns leave dividends out."
    return (RunWarning(code="UNADJUSTED_PRICES", detail=detail, symbol=symbol),)


def _left_out(symbol: str, rows: PriceRows) -> tuple[RunWarning, ...]:
    """Return PRICES_DROPPED with the rows that were left out, and why."""
    parts = []
    for days, what in ((rows.dropped, "without a usable price"), (rows.repeated, "for a date that it has already")):
        if days.size:
            day, count = days[0].astype("datetime64[D]"), "1 row" if days.size == 1 else f"{days.size} rows"
            parts.append(f"{count} {what} ({'on' if days.size == 1 else 'first on'} {day})")
    if not parts:
        return ()
    left = "It was" if rows.dropped.size + rows.repeated.size == 1 else "They were"
    detail = f"The CSV file of {symbol} has {' and '.join(parts)}. {left} left out."
    return (RunWarning(code="PRICES_DROPPED", detail=detail, symbol=symbol),)


def _read_only(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    column.setflags(write=False)
    return column
