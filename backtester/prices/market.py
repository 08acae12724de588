"""Prices from the market: the price store, then (for `auto`) the bundled sample, then Yahoo, symbol by symbol."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from backtester.codes import ERROR_CODES
from backtester.errors import DataError, Problem, RunWarning
from backtester.model import PriceQuery, Progress, SymbolHistory
from backtester.noun import replace
from backtester.prices import bundled
from backtester.prices.coverage import covers
from backtester.prices.store import PriceStore, load_stored, load_stored_or_fetch
from backtester.settings import Settings

_PARALLEL_FETCHES = 8
Found = SymbolHistory | DataError


def fetch_all(
    query: PriceQuery, start: datetime.date, *, auto: bool, refresh: bool, settings: Settings, progress: Progress
) -> dict[str, SymbolHistory]:
    """Return the history of every symbol of the query from `start` to its end_date.

    auto: prices that the store or the sample covers are taken from there; else the store is only Yahoo's cache.
    DataError with a problem for each symbol that is not to be had.
    """
    # Yahoo's today is the exchanges'; the latest of them are half a day ahead of UTC, where nobody can be surprised
    today = datetime.datetime.now(datetime.UTC).date()
    with PriceStore(settings.cache_dir) as store:

        def find(symbol: str) -> Found:
            try:
                return _find(
                    symbol, query, start, store=store, auto=auto, refresh=refresh, settings=settings, today=today
                )
            except DataError as error:
                return error

        found = _each(query.all_symbols, find, progress)
        left = store.take_warnings()
    failed = {symbol: error for symbol, error in found.items() if isinstance(error, DataError)}
    if failed:
        raise _all_failures(failed, query)
    histories = {symbol: history for symbol, history in found.items() if isinstance(history, SymbolHistory)}
    if left:
        first = query.all_symbols[0]
        histories[first] = replace(histories[first], warnings=(*left, *histories[first].warnings))
    return histories


def _find(
    symbol: str, query: PriceQuery, start: datetime.date, *, store: PriceStore, auto: bool, refresh: bool,
    settings: Settings, today: datetime.date,
) -> SymbolHistory:  # fmt: skip
    if auto and not refresh:
        stored = load_stored(store, symbol, start, query.end_date, today=today)
        if stored is not None:
            return stored
    sample = bundled.load([symbol]).get(symbol) if auto else None
    if sample is not None and not refresh and covers(sample, query):
        return sample
    from backtester.prices import yahoo  # imports yfinance only when it is asked

    try:
        return load_stored_or_fetch(
            store, symbol, start, query.end_date, fetch=yahoo.fetch_history, refresh=refresh, offline=settings.offline,
            today=today,
        )  # fmt: skip
    except DataError as error:
        if sample is None or not ERROR_CODES[error.code].retryable:
            raise
        detail = f"{symbol}: {error.detail}; the bundled sample, which ends on {sample.sessions[-1]}, was used"
        warning = RunWarning(code="STALE_PRICES", detail=detail, symbol=symbol, pointer=query.pointer(symbol))
        return replace(sample, warnings=(*sample.warnings, warning))


def _each(symbols: tuple[str, ...], find: Callable[[str], Found], progress: Progress) -> dict[str, Found]:
    """Find every symbol, several at a time where there are several: most of the time is spent waiting."""
    if len(symbols) == 1:
        return {symbols[0]: find(symbols[0])}
    from concurrent.futures import ThreadPoolExecutor, as_completed

    found: dict[str, Found] = {symbols[0]: find(symbols[0])}  # alone: yfinance fetches its cookie once
    with ThreadPoolExecutor(_PARALLEL_FETCHES) as pool:
        waiting = {pool.submit(find, symbol): symbol for symbol in symbols[1:]}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            progress("loading_data", len(found), len(symbols))
    return {symbol: found[symbol] for symbol in symbols}


def _all_failures(failed: dict[str, DataError], query: PriceQuery) -> DataError:
    """Return one error for all: a final one where there is any, else the retryable one of the first symbol."""
    problems = tuple(
        Problem(pointer=query.pointer(symbol), code=error.code, detail=error.detail) for symbol, error in failed.items()
    )
    final = [error for error in failed.values() if not ERROR_CODES[error.code].retryable]
    chosen = (final or list(failed.values()))[0]
    detail = chosen.detail if len(failed) == 1 else f"{chosen.detail} (and {len(failed) - 1} more symbols)"
    return DataError(chosen.code, detail, problems=problems)
