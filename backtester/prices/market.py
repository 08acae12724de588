"""Loads market prices symbol by symbol: the price store, then a network source.

For `auto`, between the two: the operator's CSV folder, then the bundled sample; and histories in the store that were
imported from files, which go before all others and are never refreshed.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.model.errors import DataError, RunWarning
from backtester.model.record import replace
from backtester.model.records import PriceQuery, Progress, SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.coverage import covers, lacks_dividends
from backtester.prices.checks.price_bounds import THE_STORE, check_history
from backtester.prices.listing import symbols_at_hand
from backtester.prices.missing_symbols import all_failures, nowhere
from backtester.prices.sources.network_source import NetworkSource, network_source, title_of
from backtester.prices.sources.source import AskPlugIn
from backtester.prices.store import set_aside_detail, set_aside_files, store_exists
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import Served, load_stored, load_stored_or_fetch
from backtester.prices.store.stored_history import IMPORTED, cut
from backtester.settings import Settings

_PARALLEL_FETCHES = 8
_CHECKING_SECONDS = 5.0  # of a run, after which no further check of stored prices begins: a later run does the rest
_LOOK_BEYOND_DAYS = 7  # a price after the end distinguishes a holiday from a history that ends there
Found = SymbolHistory | DataError


def fetch_all(
    query: PriceQuery, start: datetime.date, *, source: str, refresh: bool, settings: Settings, progress: Progress,
    ask_plug_in: AskPlugIn | None = None,
) -> dict[str, SymbolHistory]:  # fmt: skip
    """Return the history of every symbol of the query from `start` to its end_date.

    source: a network source, of which the store is only the cache, or `auto`: prices that the store, the CSV folder or
    the sample covers are taken from there, the others from the operator's source. ask_plug_in: as network_source has
    it. DataError with a problem for each symbol without prices.
    """
    with PriceStore(settings.cache_dir) as store:
        auto = source == "auto"
        asked = network_source(settings.source if auto else source, ask_plug_in)
        market = _Market(query, start, store=store, source=asked, auto=auto, refresh=refresh, settings=settings)
        found: dict[str, Found] = {}
        for symbol in query.all_symbols:
            nearby = _error_as_found(market.nearby, symbol)
            if nearby is not None:
                found[symbol] = nearby
        if market.auto:
            store.check_was_read()  # what was imported goes before all others
        missing = [symbol for symbol in query.all_symbols if symbol not in found]
        _fetch_each(missing, lambda symbol: _error_as_found(market.fetch, symbol), found, progress)
        left = store.take_warnings()
    found = {symbol: found[symbol] for symbol in query.all_symbols}  # in the query's order, not in that of the threads
    failed = {symbol: error for symbol, error in found.items() if isinstance(error, DataError)}
    if failed:
        raise all_failures(failed, query, symbols_at_hand(settings) if market.auto else ())
    histories = {symbol: history for symbol, history in found.items() if isinstance(history, SymbolHistory)}
    if left:
        first = query.all_symbols[0]
        histories[first] = replace(histories[first], warnings=(*left, *histories[first].warnings))
    return _with_set_aside(histories, settings) if market.auto else histories


def at_hand(query: PriceQuery, start: datetime.date, settings: Settings) -> dict[str, Found | None]:
    """Return what `auto` takes of each symbol without asking its source; None where it asks; errors as they are found.

    DataError STORE_UNAVAILABLE; SettingsError.
    """
    with PriceStore(settings.cache_dir) as store:
        source = network_source(settings.source)
        market = _Market(query, start, store=store, source=source, auto=True, refresh=False, settings=settings)
        found = {each: _error_as_found(market.nearby, each) or market.due.get(each) for each in query.all_symbols}
        store.check_was_read()
    return found


def _with_set_aside(histories: dict[str, SymbolHistory], settings: Settings) -> dict[str, SymbolHistory]:
    """Return the histories, with STORE_REBUILT where one may have been imported into a store that was set aside."""
    told = any(warning.code == "STORE_REBUILT" for history in histories.values() for warning in history.warnings)
    other = next((history for history in histories.values() if history.source != IMPORTED), None)
    names = set_aside_files(settings.cache_dir) if other is not None and not told else []
    if other is None or not names:
        return histories
    warning = RunWarning(code="STORE_REBUILT", detail=set_aside_detail(names))
    return {**histories, other.symbol: replace(other, warnings=(*other.warnings, warning))}


def _error_as_found(load: Callable[[str], Any], symbol: str) -> Any:
    """Return what `load` gives, stored before prices had bounds or not; the DataError where it has no usable prices."""
    try:
        found = load(symbol)
        if isinstance(found, SymbolHistory):
            check_history(found, THE_STORE if found.source == IMPORTED else title_of(found.source))
        return found
    except DataError as error:
        return error


class _Market:
    """Where the prices of one query come from."""

    def __init__(
        self, query: PriceQuery, start: datetime.date, *,
        store: PriceStore, source: NetworkSource, auto: bool, refresh: bool, settings: Settings,
    ) -> None:  # fmt: skip
        self.query, self.store, self.refresh, self.settings = query, store, refresh, settings
        self.source, self.auto = source, auto
        beyond = query.end_date.toordinal() + _LOOK_BEYOND_DAYS
        if query.ended_history == "cash":  # the sessions after the end tell a hole from a history that ended
            beyond += 2 * query.max_gap_sessions
        self.period = start, datetime.date.fromordinal(min(beyond, datetime.date.max.toordinal()))
        self.today = datetime.datetime.now(datetime.UTC).date()
        self.is_stored = store_exists(settings.cache_dir)
        self.due: dict[str, SymbolHistory] = {}  # covered by the store, and to be compared with its source's
        self.check_until = time.monotonic() + _CHECKING_SECONDS

    def nearby(self, symbol: str) -> SymbolHistory | None:
        """Return the history that the store or, for `auto`, the CSV folder or the sample covers.

        None where the network source must be asked, be it for the check of what the store has. DataError: as
        csv_files.load.
        """
        served = self._stored(symbol)
        if served is not None and served.history.source == IMPORTED:
            return self._chosen(self._unrefreshed(served.history))
        if served is not None:
            history = self._chosen(served.history)
            if not served.is_due or self.settings.offline:
                return history
            self.due[symbol] = history
            return None
        if not self.auto:
            return None
        found = self._of_folder(symbol)
        if found is not None:
            return self._chosen(found, of_folder=True)
        sample = None if self.refresh else bundled.load([symbol]).get(symbol)
        return sample if sample is not None and covers(sample, self.query) else None

    def fetch(self, symbol: str) -> SymbolHistory:
        """Return the history from the store and its source; for `auto`, where that fails, what is nearer of it."""
        if symbol in self.due and time.monotonic() > self.check_until:
            return self.due[symbol]
        try:
            history = load_stored_or_fetch(
                self.store,
                symbol,
                *self.period,
                source=self.source,
                refresh=self.refresh,
                offline=self.settings.offline,
                with_dividends=_pays(symbol, self.query),
                check_days=self.settings.store_check_days,
                today=self.today,
            )
        except DataError as error:
            if not self.auto or not error.leaves_open:
                raise
            instead = self._instead(symbol)
            if instead is None:
                raise self._without_import(symbol) or nowhere(
                    symbol, error, self.query, self.settings, self.source.title
                ) from None
            history, taken = instead
            why = f"{self.source.title} is switched off." if self.settings.offline else error.detail
            first, last = history.sessions[0], history.sessions[-1]
            detail = f"{why} {taken} used for {symbol}. It runs from {first} to {last}."
            warning = RunWarning(code="STALE_PRICES", detail=detail, symbol=symbol, pointer=self.query.pointer(symbol))
            return replace(history, warnings=(*history.warnings, warning))
        return self._chosen(history)

    def _instead(self, symbol: str) -> tuple[SymbolHistory, str] | None:
        """Return what stands in where the operator's source fails: another one's stored history, else the sample."""
        for name in self.store.sources(symbol) if self.is_stored else ():
            stored = self.store.stored(symbol, name)
            if stored is None or stored.is_imported or name == self.source.name:
                continue
            history = cut(stored, *self.period)
            if history.sessions.size and not lacks_dividends(history, self.query):
                return history, f"The stored history of {title_of(name)} was"
        sample = bundled.load([symbol]).get(symbol)
        if sample is None or lacks_dividends(sample, self.query):
            return None
        return sample, "The bundled sample was"

    def _without_import(self, symbol: str) -> DataError | None:
        """Return the error about an import without a price in the period, where no network may be asked; else None."""
        stored = self.store.stored(symbol, IMPORTED) if self.settings.offline and self.is_stored else None
        if stored is None:
            return None
        start, end = self.query.start_date, self.query.end_date
        detail = f"{symbol} was imported with prices from {stored.first} to {stored.last}, none from {start} to {end}."
        return DataError("NO_DATA_IN_RANGE", f"{detail} {self.source.title} is switched off.")

    def _stored(self, symbol: str) -> Served | None:
        """Return what the store covers: for `auto` what was imported, then what the source has sent.

        A refresh passes over what was fetched, not what was imported: for that there is nothing to ask again.
        """
        for name in (IMPORTED, self.source.name) if self.auto else (self.source.name,):
            served = None if self.refresh and name != IMPORTED else self._stored_from(symbol, name)
            if served is not None and (name != IMPORTED or self._reaches(served.history)):
                return served
        return None

    def _stored_from(self, symbol: str, source: str) -> Served | None:
        if not self.is_stored:
            return None
        return load_stored(
            self.store,
            symbol,
            *self.period,
            source=source,
            with_dividends=_pays(symbol, self.query),
            check_days=self.settings.store_check_days,
            today=self.today,
        )

    def _of_folder(self, symbol: str) -> SymbolHistory | None:
        """Return the history of the operator's CSV file where it reaches into the period. DataError: as `nearby`."""
        if self.settings.csv_dir is None:
            return None
        from backtester.prices import csv_files

        found = csv_files.load(self.settings.csv_dir, [symbol]).get(symbol)
        return found if found is not None and self._reaches(found) else None

    def _reaches(self, history: SymbolHistory) -> bool:
        """Return whether a history from a file, in the store or in the folder, has a session in the period.

        It need not cover the period: a source's symbol of that name may be another security.
        """
        first, last = np.datetime64(self.query.start_date), np.datetime64(self.query.end_date)
        return bool(((history.sessions >= first) & (history.sessions <= last)).any())

    def _unrefreshed(self, history: SymbolHistory) -> SymbolHistory:
        """Return an imported history, with NO_EFFECT where a refresh was asked for: its file is not at hand."""
        if not self.refresh:
            return history
        symbol = history.symbol
        detail = (
            f"data.refresh changes nothing for {symbol}: its prices were imported from a file. "
            f"Import a newer file, or set data.source to {self.source.name}."
        )
        warning = RunWarning(code="NO_EFFECT", detail=detail, symbol=symbol, pointer="/data/refresh")
        return replace(history, warnings=(*history.warnings, warning))

    def _chosen(self, history: SymbolHistory, *, of_folder: bool = False) -> SymbolHistory:
        """Return the history, for `auto` with SOURCE_CHOSEN where the store and the CSV folder both have the symbol."""
        symbol = history.symbol
        if not self.auto or self.settings.csv_dir is None:
            return history
        from backtester.prices import csv_files

        other = (
            self.is_stored and self.store.sources(symbol) if of_folder else csv_files.has(self.settings.csv_dir, symbol)
        )
        if not other:
            return history
        is_import = not of_folder and history.source == IMPORTED
        reason = "data.refresh passes the price store over" if self.refresh else "the price store lacks the period"
        taken = f"CSV file was used, because {reason}" if of_folder else "price store was used"
        detail = f"{symbol} is in the price store and in the CSV folder. The {taken}. Set data.source to " + (
            "csv to take the file." if is_import else f"csv or {self.source.name} to take one or the other."
        )
        warning = RunWarning(code="SOURCE_CHOSEN", detail=detail, symbol=symbol, pointer="/data/source")
        return replace(history, warnings=(*history.warnings, warning))


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
