"""Loads market prices symbol by symbol: the price store, then (for `auto`) the bundled sample, then Yahoo Finance."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from backtester.model.codes import ERROR_CODES
from backtester.model.errors import DataError, Problem, RunWarning
from backtester.model.record import replace
from backtester.model.records import PriceQuery, Progress, SymbolHistory
from backtester.prices import bundled
from backtester.prices.coverage import covers, lacks_dividends
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored, load_stored_or_fetch
from backtester.settings import Settings

_PARALLEL_FETCHES = 8
_LOOK_BEYOND_DAYS = 7  # a price after the end distinguishes a holiday from a history that ends there
Found = SymbolHistory | DataError
Period = tuple[datetime.date, datetime.date]


def fetch_all(
    query: PriceQuery, start: datetime.date, *, auto: bool, refresh: bool, settings: Settings, progress: Progress
) -> dict[str, SymbolHistory]:
    """Return the history of every symbol of the query from `start` to its end_date.

    auto: prices that the store or the sample covers are taken from there; else the store is only Yahoo's cache.
    DataError with a problem for each symbol without prices.
    """
    today = datetime.datetime.now(datetime.UTC).date()
    end = datetime.date.fromordinal(min(query.end_date.toordinal() + _LOOK_BEYOND_DAYS, datetime.date.max.toordinal()))
    found: dict[str, Found] = {}
    with PriceStore(settings.cache_dir) as store:
        for symbol in query.all_symbols:
            nearby = None if refresh else _nearby(symbol, query, (start, end), store=store, auto=auto, today=today)
            if nearby is not None:
                found[symbol] = nearby

        def fetch(symbol: str) -> Found:
            try:
                return _fetch(
                    symbol, query, (start, end), store=store, auto=auto, refresh=refresh, settings=settings, today=today
                )
            except DataError as error:
                return error

        missing = [symbol for symbol in query.all_symbols if symbol not in found]
        _fetch_each(missing, fetch, found, progress)
        left = store.take_warnings()
    found = {symbol: found[symbol] for symbol in query.all_symbols}  # in the query's order, not in that of the threads
    failed = {symbol: error for symbol, error in found.items() if isinstance(error, DataError)}
    if failed:
        raise _all_failures(failed, query)
    histories = {symbol: history for symbol, history in found.items() if isinstance(history, SymbolHistory)}
    if left:
        first = query.all_symbols[0]
        histories[first] = replace(histories[first], warnings=(*left, *histories[first].warnings))
    return histories


def _nearby(
    symbol: str, query: PriceQuery, period: Period, *, store: PriceStore, auto: bool, today: datetime.date
) -> SymbolHistory | None:
    """Return the history that the store or, for `auto`, the sample covers; None where Yahoo must be asked."""
    stored = load_stored(store, symbol, *period, with_dividends=_pays(symbol, query), today=today)
    if stored is not None or not auto:
        return stored
    sample = bundled.load([symbol]).get(symbol)
    return sample if sample is not None and covers(sample, query) else None


def _fetch(
    symbol: str,
    query: PriceQuery,
    period: Period,
    *,
    store: PriceStore,
    auto: bool,
    refresh: bool,
    settings: Settings,
    today: datetime.date,
) -> SymbolHistory:
    from backtester.prices.yahoo import fetch  # imports yfinance with the first request

    try:
        return load_stored_or_fetch(
            store,
            symbol,
            *period,
            fetch=fetch.fetch_history,
            refresh=refresh,
            offline=settings.offline,
            with_dividends=_pays(symbol, query),
            today=today,
        )
    except DataError as error:
        sample = bundled.load([symbol]).get(symbol) if auto else None
        if sample is None or lacks_dividends(sample, query) or not ERROR_CODES[error.code].retryable:
            raise
        detail = f"{error.detail} The bundled sample was used for {symbol}. It ends on {sample.sessions[-1]}."
        warning = RunWarning(code="STALE_PRICES", detail=detail, symbol=symbol, pointer=query.pointer(symbol))
        return replace(sample, warnings=(*sample.warnings, warning))


def _pays(symbol: str, query: PriceQuery) -> bool:
    """Return whether the symbol's dividends and traded closes are used: those of holdings alone."""
    return (query.needs_dividends or query.needs_traded) and symbol in query.symbols


def _fetch_each(symbols: list[str], fetch: Callable[[str], Found], found: dict[str, Found], progress: Progress) -> None:
    """Fetch the symbols into `found`, several at a time, since most of the time is spent waiting."""
    total = len(found) + len(symbols)
    if symbols:
        found[symbols[0]] = fetch(
            symbols[0]
        )  # alone: yfinance fetches its cookie once, and a lost connection fails here
    if len(symbols) > 1:
        from concurrent.futures import ThreadPoolExecutor, as_completed  # twenty milliseconds of logging and threads

        with ThreadPoolExecutor(_PARALLEL_FETCHES) as pool:
            waiting = {pool.submit(fetch, symbol): symbol for symbol in symbols[1:]}
            for done in as_completed(waiting):
                found[waiting[done]] = done.result()
                progress("loading_data", len(found), total)


def _all_failures(failed: dict[str, DataError], query: PriceQuery) -> DataError:
    """Return one error for all symbols: a final one where there is any, else the retryable one of the first."""
    problems = tuple(
        Problem(pointer=query.pointer(symbol), code=error.code, detail=error.detail) for symbol, error in failed.items()
    )
    final = [error for error in failed.values() if not ERROR_CODES[error.code].retryable]
    chosen = (final or list(failed.values()))[0]
    detail = (
        chosen.detail
        if len(failed) == 1
        else f"{chosen.detail} {len(failed) - 1} more symbol{'' if len(failed) == 2 else 's'} failed."
    )
    return DataError(chosen.code, detail, problems=problems)
