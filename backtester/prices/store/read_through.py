"""Reads prices through the store: Yahoo is asked only for what the store lacks."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from backtester.model.codes import ERROR_CODES
from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.model.records import SymbolHistory
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.stored_history import (
    StoredHistory,
    cut,
    from_fetch,
    merge,
    misses_early,
    misses_late,
    missing_range,
    union,
)

_WHY = {"RATE_LIMITED": "Yahoo Finance refused the request: too many requests."}


def load_stored(
    store: PriceStore,
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    with_dividends: bool = False,
    today: datetime.date,
    clock: Callable[[], float] = time.time,
) -> SymbolHistory | None:
    """Return `symbol` from `start` to `end`, both inclusive, where the store covers it, else None.

    An `end` after today is cut to it. Covered includes recent days for which Yahoo was asked within the last hour.
    """
    end = min(end, today)
    stored = _with_needed_dividends(store.stored(symbol), with_dividends=with_dividends)
    if stored is None or not _covers(stored, start, end, clock()):
        return None
    return cut(stored, start, end, *store.take_warnings())


def load_stored_or_fetch(
    store: PriceStore,
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    fetch: Callable[..., SymbolHistory],
    refresh: bool = False,
    offline: bool = False,
    with_dividends: bool = False,
    today: datetime.date,
    clock: Callable[[], float] = time.time,
) -> SymbolHistory:
    """Return `symbol` from `start` to `end`, both inclusive, from the store; fetch only the missing part.

    fetch(symbol, start, end, *, attempts, timeout_seconds) as yahoo.fetch_history. refresh: fetch all that is stored
    or asked for again. offline: never fetch. with_dividends: histories stored without dividends or traded closes are
    fetched again.
    today: the current date (UTC); an `end` after it is cut to it. clock: epoch seconds.

    Where the source fails with a retryable error, stored prices of the period are returned with STALE_PRICES.
    DataError: as `fetch`; offline, DATA_SOURCE_UNAVAILABLE where the store holds nothing of the period.
    """
    end = min(end, today)
    now = clock()
    found = store.stored(symbol)
    stored = _with_needed_dividends(found, with_dividends=with_dividends)
    refresh = refresh or stored is not found
    if stored is not None and not (refresh and not offline) and _covers(stored, start, end, now):
        return cut(stored, start, end, *store.take_warnings())
    if offline:
        error = _switched_off(symbol, with_dividends=with_dividends)
        return _stale(store, stored, start, end, error, "Yahoo Finance is switched off.")
    period = union(found, start, end) if refresh else (start, end)
    try:
        history = _fetch_missing(store, None if refresh else stored, symbol, period, fetch, today, now)
    except DataError as error:
        if not ERROR_CODES[error.code].retryable:
            raise
        return _stale(store, stored, start, end, error, _WHY.get(error.code, "Yahoo Finance could not be reached."))
    return cut(history, start, end, *store.take_warnings())


def _with_needed_dividends(stored: StoredHistory | None, *, with_dividends: bool) -> StoredHistory | None:
    """Return the stored history; None where it lacks dividends or traded closes that are needed."""
    lacks = stored is not None and (stored.dividend is None or stored.traded is None)
    return None if lacks and with_dividends else stored


def _switched_off(symbol: str, *, with_dividends: bool) -> DataError:
    dividends, sources = "", "bundled, csv or inline"
    if with_dividends:
        dividends, sources = " with its dividends", "csv or inline, or execution.dividends reinvest"
    return DataError(
        "DATA_SOURCE_UNAVAILABLE",
        f"{symbol} is not in the price store{dividends} for this period. Yahoo Finance is switched off. "
        f"Use data.source {sources}.",
    )


def _covers(stored: StoredHistory, start: datetime.date, end: datetime.date, now: float) -> bool:
    return not misses_early(stored, start) and not misses_late(stored, end, now)


def _fetch_missing(
    store: PriceStore,
    stored: StoredHistory | None,
    symbol: str,
    period: tuple[datetime.date, datetime.date],
    fetch: Callable[..., SymbolHistory],
    today: datetime.date,
    now: float,
) -> StoredHistory:
    """Fetch and save the part of `period` that `stored` lacks, or all of both where the adjustment changed."""
    start, end = missing_range(stored, *period, now)
    fresh = from_fetch(store.breaker.ask(fetch, symbol, start, end), start, end, today=today, asked_at=now)
    if stored is not None:
        joined = merge(stored, fresh)
        if joined is None:
            start, end = union(stored, *period)
            history = store.breaker.ask(fetch, symbol, start, end)
            if len(history.sessions) == 0:  # an empty response does not replace a stored history
                detail = f"Yahoo Finance sent no prices for {symbol} where it did before. Try again later."
                raise DataError("DATA_SOURCE_UNAVAILABLE", detail)
            joined = from_fetch(history, start, end, today=today, asked_at=now)
        fresh = joined
    return store.put(fresh)


def _stale(
    store: PriceStore,
    stored: StoredHistory | None,
    start: datetime.date,
    end: datetime.date,
    error: DataError,
    why: str,
) -> SymbolHistory:
    """Return the stored part of the period with STALE_PRICES; raise `error` where there is none."""
    history = cut(stored, start, end) if stored is not None else None
    if history is None or len(history.sessions) == 0:
        raise error
    first, last = history.sessions[0], history.sessions[-1]
    warning = RunWarning(
        code="STALE_PRICES",
        detail=f"{why} Stored prices of {history.symbol} from {first} to {last} were used.",
        symbol=history.symbol,
    )
    return replace(history, warnings=(*history.warnings, warning, *store.take_warnings()))
