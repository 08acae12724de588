"""Reads prices through the store: their source is asked where it lacks something, or was not compared for long.

The source is then asked for all that is stored too: dividends and splits come only with the sessions of a request.
Where nothing was corrected, the stored prices stay to the bit; else all are replaced, with STORE_REFRESHED. Covered
prices that were not compared for check_days are compared in the same way, by one process at a time; where that fails
they are returned as they are, and it is tried again after an hour.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from backtester.model.errors import DataError, RunWarning
from backtester.model.record import Record, replace
from backtester.model.records import SymbolHistory
from backtester.prices.sources.network_source import NetworkSource, title_of
from backtester.prices.store.corrections import correction
from backtester.prices.store.imported import whole
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.stored_history import (
    StoredHistory,
    cut,
    day_number,
    from_fetch,
    is_due,
    merge,
    misses_early,
    misses_late,
    union,
)

_DAY_SECONDS = 86400.0


class Served(Record):
    """A history that the store covers, and whether it is to be compared with its source's now."""

    history: SymbolHistory
    is_due: bool


def load_stored(
    store: PriceStore,
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    source: str,
    with_dividends: bool = False,
    check_days: float,
    today: datetime.date,
    clock: Callable[[], float] = time.time,
) -> Served | None:
    """Return `symbol` from `start` to `end`, both inclusive, where the store covers it from `source`, else None.

    An `end` after today is cut to it. Covered includes recent days for which the source was asked within the last hour.
    An imported history (source `csv`) covers every period in which it has a session, and is returned whole.
    """
    stored = store.stored(symbol, source)
    if stored is not None and stored.is_imported:
        inside = (stored.days >= day_number(start)) & (stored.days <= day_number(end))
        return Served(history=whole(stored), is_due=False) if bool(inside.any()) else None
    end, now = min(end, today), clock()
    stored = _with_needed_dividends(stored, with_dividends=with_dividends)
    if stored is None or not _covers(stored, start, end, now):
        return None
    history = cut(stored, start, end, *store.take_warnings())
    return Served(history=history, is_due=is_due(stored, check_days * _DAY_SECONDS, now))


def load_stored_or_fetch(
    store: PriceStore, symbol: str, start: datetime.date, end: datetime.date, *, source: NetworkSource,
    refresh: bool = False, offline: bool = False, with_dividends: bool = False, check_days: float,
    today: datetime.date, clock: Callable[[], float] = time.time,
) -> SymbolHistory:  # fmt: skip
    """Return `symbol` from `start` to `end`, both inclusive, from the store, or from `source` where it lacks a part.

    refresh: fetch all that is stored or asked for again. offline: never fetch. with_dividends: histories stored before
    their dividends or traded closes were are fetched again. What is stored from another source is neither used nor
    changed.
    today: the current date (UTC); an `end` after it is cut to it. clock: epoch seconds.

    Where the source cannot be asked, stored prices of the period are returned with STALE_PRICES.
    DataError: as `source.fetch`; offline, DATA_SOURCE_UNAVAILABLE where the store holds nothing of the period.
    """
    end, now = min(end, today), clock()
    found = store.stored(symbol, source.name)
    stored = _with_needed_dividends(found, with_dividends=with_dividends)
    refresh = refresh or stored is not found
    covered = stored is not None and _covers(stored, start, end, now) and not (refresh and not offline)
    if stored is not None and covered and (offline or not _claims(store, stored, check_days * _DAY_SECONDS, now)):
        return cut(stored, start, end, *store.take_warnings())
    if offline:
        error = _switched_off(symbol, source.title, with_dividends=with_dividends)
        return _stale(store, stored, start, end, error, f"{source.title} is switched off.")
    try:
        first, last = union(found, start, end)
        history = store.breaker(source.name).ask(source.fetch, symbol, first, last, briefly=covered)
        fresh = from_fetch(_not_emptied(found, history), first, last, today=today, asked_at=now)
    except DataError as error:
        if stored is not None and covered:
            return cut(stored, start, end, *store.take_warnings())
        if not error.leaves_open:
            raise
        return _stale(store, stored, start, end, error, _why(source.title, error))
    joined, corrected = _compared(found, fresh, refresh=refresh)
    return cut(store.put(joined), start, end, *corrected, *store.take_warnings())


def _why(title: str, error: DataError) -> str:
    if error.code == "RATE_LIMITED":
        return f"{title} refused the request: too many requests."
    return f"{title} could not be reached." if error.retryable else f"{title} is not set up here."


def _claims(store: PriceStore, stored: StoredHistory, every_seconds: float, now: float) -> bool:
    """Return whether a covered history is to be compared by this process. Only a due one takes the store's lock."""
    return is_due(stored, every_seconds, now) and store.claim_check(stored.symbol, stored.source, every_seconds, now)


def _not_emptied(stored: StoredHistory | None, history: SymbolHistory) -> SymbolHistory:
    """Return the fetched history; DataError where it is empty and the stored one is not, which it may not replace."""
    if stored is not None and len(stored.days) and not len(history.sessions):
        detail = f"{title_of(stored.source)} sent no prices for {stored.symbol} where it did before."
        raise DataError("DATA_SOURCE_UNAVAILABLE", detail)
    return history


def _compared(
    stored: StoredHistory | None, fresh: StoredHistory, *, refresh: bool
) -> tuple[StoredHistory, tuple[RunWarning, ...]]:
    """Return what to save of a fetch of at least the stored range: with the stored prices where these are right."""
    if stored is None:
        return fresh, ()
    corrected = correction(stored, fresh)
    if corrected is not None:
        return fresh, (corrected,)
    joined = None if refresh else merge(fresh, stored)
    if joined is None:  # refreshed, or a later dividend or split has rescaled it
        return fresh, ()
    return replace(joined, repairs=fresh.repairs, check_began=None), ()


def _with_needed_dividends(stored: StoredHistory | None, *, with_dividends: bool) -> StoredHistory | None:
    """Return the stored history; None where it lacks dividends or traded closes that are needed."""
    return None if stored is not None and stored.predates_dividends and with_dividends else stored


def _switched_off(symbol: str, title: str, *, with_dividends: bool) -> DataError:
    dividends = " with its dividends" if with_dividends else ""
    return DataError(
        "DATA_SOURCE_UNAVAILABLE",
        f"{symbol} is not in the price store{dividends} for this period. {title} is switched off.",
        remedy="Only the operator can switch it on (BACKTEST_OFFLINE=0).",
        retryable=False,
    )


def _covers(stored: StoredHistory, start: datetime.date, end: datetime.date, now: float) -> bool:
    return not misses_early(stored, start) and not misses_late(stored, end, now)


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
