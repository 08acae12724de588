"""Lists the symbols with prices on this machine: in the price store, the CSV folder and the bundled sample."""

from __future__ import annotations

from typing import Any

from backtester.model.records import SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.price_bounds import THE_STORE, check_history
from backtester.prices.store import store_exists
from backtester.prices.store.imported import whole
from backtester.prices.store.stored_history import IMPORTED
from backtester.settings import Settings

_LISTED = ("symbol", "description", "currency", "first", "last")


def listing(settings: Settings) -> list[dict[str, Any]]:
    """List the symbols, sorted, each once: the store goes before the folder, and that before the sample, as in a run.

    Keys: symbol, description (empty where unknown), source (yahoo, bundled; csv where it came from a file), place
    (store, folder, sample), currency (null where unknown), first, last (ISO dates). A file that cannot be read is left
    out. InternalError where the sample is damaged.
    """
    found: dict[str, dict[str, Any]] = {
        entry["symbol"]: {**{key: entry[key] for key in _LISTED}, "source": "bundled", "place": "sample"}
        for entry in bundled.catalogue()
    }

    def add(symbol: str, source: str, place: str, first: str, last: str) -> None:
        known = found.get(symbol, {"description": "", "currency": None})
        found[symbol] = {
            **known, "symbol": symbol, "source": source, "place": place, "first": first, "last": last,
        }  # fmt: skip
        if source == "csv":  # a file does not say it, and may be of another listing
            found[symbol]["currency"] = None

    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        for symbol, (begin, end) in csv_files.spans(settings.csv_dir).items():
            add(symbol, "csv", "folder", begin, end)
    if store_exists(settings.cache_dir):
        from backtester.prices.store.price_store import PriceStore

        with PriceStore(settings.cache_dir) as store:
            stored = store.stored_symbols()
        for symbol, source, first, last in sorted(stored, key=lambda each: _rank(each[1], settings), reverse=True):
            add(symbol, source, "store", first.isoformat(), last.isoformat())
    return [found[symbol] for symbol in sorted(found)]


def _rank(source: str, settings: Settings) -> int:
    """Return which of several stored histories of a symbol `auto` takes: the least."""
    return [IMPORTED, settings.source, source].index(source)


def symbols_at_hand(settings: Settings) -> tuple[str, ...]:
    """Return the symbols of all three, without reading their prices: for suggestions."""
    found = list(bundled.symbols())
    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        found += csv_files.symbols(settings.csv_dir)
    if store_exists(settings.cache_dir):
        from backtester.prices.store.price_store import PriceStore

        with PriceStore(settings.cache_dir) as store:
            found += [symbol for symbol, _ in store.stored_keys()]
    return tuple(dict.fromkeys(found))


def history_at_hand(settings: Settings, symbol: str) -> tuple[str, SymbolHistory] | None:
    """Return the place and the whole history of a symbol, where `auto` looks first; None where it is in none.

    DataError as csv_files.load, PriceStore.stored and check_was_read; InternalError where the sample is damaged.
    """
    if store_exists(settings.cache_dir):
        from backtester.prices.store.price_store import PriceStore

        with PriceStore(settings.cache_dir) as store:
            for source in sorted(store.sources(symbol), key=lambda each: _rank(each, settings)):
                stored = store.stored(symbol, source)
                if stored is not None and len(stored.days):
                    check_history(history := whole(stored), THE_STORE)
                    return "store", history
            store.check_was_read()
    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        if csv_files.has(settings.csv_dir, symbol):
            return "folder", csv_files.load(settings.csv_dir, [symbol])[symbol]
    sample = bundled.load([symbol]).get(symbol)
    return None if sample is None else ("sample", sample)
