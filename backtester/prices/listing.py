"""Lists the symbols with prices on this machine: in the price store, the CSV folder and the bundled sample."""

from __future__ import annotations

import datetime
import os
from typing import Any

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.price_bounds import THE_STORE, check_history
from backtester.prices.listing_cache import Extent, ListingCache
from backtester.prices.store import store_exists, store_path
from backtester.prices.store.imported import whole
from backtester.prices.store.stored_history import IMPORTED
from backtester.settings import Settings

_LISTED = ("symbol", "description", "currency", "first", "last", "sessions", "returns")


def listing(settings: Settings) -> list[dict[str, Any]]:
    """List the symbols, sorted, each once: the store goes before the folder, and that before the sample, as in a run.

    Keys: symbol, description (empty where unknown), source (yahoo, bundled; csv where it came from a file), place
    (store, folder, sample), currency (null where unknown), first, last (ISO dates), sessions, returns (total; price
    where they leave dividends out), updated (ISO time: of an import, of the file, or when the source was asked last;
    null of the sample), also (the source and place of what it hides). A file that cannot be read is left out.
    InternalError where the sample is damaged.
    """
    found: dict[str, dict[str, Any]] = {
        entry["symbol"]: {
            **{key: entry[key] for key in _LISTED}, "source": "bundled", "place": "sample", "updated": None, "also": [],
        }
        for entry in bundled.catalogue()
    }  # fmt: skip
    cache = ListingCache(settings.cache_dir)
    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        for symbol, extent in csv_files.extents(settings.csv_dir, cache).items():
            found[symbol] = _entry(symbol, "csv", "folder", extent, found.get(symbol))
    if store_exists(settings.cache_dir):
        stored = _stored_extents(settings.cache_dir, cache)
        for symbol, source, extent in sorted(stored, key=lambda each: _rank(each[1], settings), reverse=True):
            found[symbol] = _entry(symbol, source, "store", extent, found.get(symbol))
    cache.save()
    return [found[symbol] for symbol in sorted(found)]


def _entry(symbol: str, source: str, place: str, extent: Extent, hidden: dict[str, Any] | None) -> dict[str, Any]:
    """Return the entry of a history. hidden: that of the one which it goes before."""
    currency = None if hidden is None or source == "csv" else hidden["currency"]  # a file may be of another listing
    also = [] if hidden is None else [{key: hidden[key] for key in ("source", "place")}, *hidden["also"]]
    return {
        "symbol": symbol, "description": "" if hidden is None else hidden["description"], "currency": currency,
        "first": extent.first, "last": extent.last, "sessions": extent.sessions,
        "returns": "price" if extent.unadjusted else "total", "source": source, "place": place,
        "updated": datetime.datetime.fromtimestamp(extent.updated, datetime.UTC).isoformat(timespec="seconds"),
        "also": also,
    }  # fmt: skip


def _stored_extents(folder: str, cache: ListingCache) -> list[tuple[str, str, Extent]]:
    """Return what is in the store. One that has not changed is not read."""
    from backtester.prices.store.price_store import PriceStore

    before = _store_version(folder)
    known = cache.get("store", before)
    if known is not None:
        return [(symbol, source, Extent(*extent)) for symbol, source, extent in known]
    with PriceStore(folder) as store:
        found = store.stored_extents()
        try:
            store.check_was_read()
        except DataError:
            return found
    if _store_version(folder) == before:
        cache.put("store", before, found)
    return found


def _store_version(folder: str) -> list[int]:
    """Return device, inode, size and times of the store's file and of its log; zeros of one that is not there."""
    found = []
    for path in (store_path(folder), f"{store_path(folder)}-wal"):
        try:
            status = os.stat(path)
            found += [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        except OSError:
            found += [0] * 5
    return found


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
