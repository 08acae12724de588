"""The table of network sources. A run imports only its own, and only where it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from backtester.model.errors import did_you_mean, nearest
from backtester.model.record import Record
from backtester.model.records import SymbolHistory
from backtester.prices.sources.source import AskPlugIn, PriceSource
from backtester.settings import SettingsError

GROUP = "backtester.sources"  # of entry points
OTHER_PLACES = ("auto", "bundled", "csv", "inline")  # the other values of data.source: a plug-in has no name of them
BUILT_IN: dict[str, tuple[str, str]] = {  # by name: as it stands in sentences, and where it is
    "yahoo": ("Yahoo Finance", "backtester.prices.yahoo.fetch"),
    "tiingo": ("Tiingo", "backtester.prices.sources.tiingo"),
    "stooq": ("Stooq", "backtester.prices.sources.stooq"),
}


class NetworkSource(Record):
    """A network source as the price store asks it: a name, a title for sentences, and a function that fetches."""

    name: str
    title: str
    fetch: Callable[..., SymbolHistory]  # (symbol, start, end, *, attempts, timeout_seconds), as asking.fetch_history


def title_of(name: str) -> str:
    """Return the name of a source as it stands in sentences; of a plug-in that is its name."""
    return BUILT_IN[name][0] if name in BUILT_IN else name


def network_source(name: str, ask_plug_in: AskPlugIn | None = None) -> NetworkSource:
    """Return a source, built in or a plug-in of the entry-point group `backtester.sources`. Its code is not imported.

    ask_plug_in: asks a plug-in; None: in this process. SettingsError where there is none of that name: a request's is
    checked before, so the operator's is wrong.
    """
    if name not in BUILT_IN and name not in _plug_ins():
        known = (*BUILT_IN, *_plug_ins())
        raise SettingsError(
            f"BACKTEST_SOURCE must be one of {', '.join(known)}{did_you_mean(nearest(name, known))}"
        )  # fmt: skip

    def fetch(*args: Any, **limits: Any) -> SymbolHistory:
        from backtester.prices.sources.asking import fetch_history

        return fetch_history(name, *args, ask_plug_in=ask_plug_in, **limits)

    return NetworkSource(name=name, title=title_of(name), fetch=fetch)


def load_source(name: str) -> PriceSource:
    """Import a source. KeyError where there is none; what the import of a plug-in raises."""
    import importlib

    if name in BUILT_IN:
        return cast(PriceSource, importlib.import_module(BUILT_IN[name][1]))
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name=name) if name in _plug_ins() else ():
        return cast(PriceSource, point.load())
    raise KeyError(name)


def _plug_ins() -> tuple[str, ...]:
    """Return the names of the plug-ins; one that takes a name of ours is none, or it could pass for an import."""
    from importlib.metadata import entry_points  # ten milliseconds, spent only for plug-ins and unknown names

    names = {point.name for point in entry_points(group=GROUP)}
    return tuple(sorted(names.difference(OTHER_PLACES, BUILT_IN)))
