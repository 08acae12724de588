"""Lists the symbols with prices on this machine: the bundled and the stored ones."""

from __future__ import annotations

from typing import Any

from backtester.prices import bundled
from backtester.prices.store import store_exists
from backtester.settings import Settings

_LISTED = ("symbol", "description", "currency", "first", "last")


def listing(settings: Settings) -> list[dict[str, Any]]:
    """List the symbols, sorted, each once: a stored history takes precedence over the sample, as in a run.

    Keys: symbol, description (empty where unknown), source (yahoo, bundled; csv where imported), currency (null where
    unknown), first, last (ISO dates). InternalError where the sample is damaged.
    """
    found = {
        entry["symbol"]: {**{key: entry[key] for key in _LISTED}, "source": "bundled"} for entry in bundled.catalogue()
    }
    if store_exists(settings.cache_dir):
        from backtester.prices.store.price_store import PriceStore

        with PriceStore(settings.cache_dir) as store:
            for symbol, source, first, last in store.stored_symbols():
                known = found.get(symbol, {"description": "", "currency": None})
                found[symbol] = {
                    **known, "symbol": symbol, "source": source, "first": first.isoformat(), "last": last.isoformat(),
                }  # fmt: skip
    return [found[symbol] for symbol in sorted(found)]
