"""What a caller can do about prices that could not be loaded: only sources that have the prices are named."""

from __future__ import annotations

import datetime

import numpy as np

from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.model.records import PriceQuery, SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.coverage import covers, lacks_dividends
from backtester.settings import Settings, SettingsError

# an error of one symbol in one place; other places may have it
_LACKING = ("SYMBOL_NOT_FOUND", "DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")
_MOST_NAMED = 20
_ELSEWHERE = (*_LACKING, "PRICES_UNREADABLE", "STORE_UNAVAILABLE")


def with_other_sources(
    error: DataError, source: str, query: PriceQuery, start: datetime.date, settings: Settings
) -> DataError:
    """Return the error of a run with `data.source` `source`, its remedy with the sources that can have the prices.

    start: from when prices are loaded. A request has one source, so each named one can have every symbol of it.
    """
    if error.code not in _ELSEWHERE:
        return error
    if error.code == "SYMBOL_NOT_FOUND":
        error.remedy = _spelling(error, source, query, settings)
    asked = _can_ask(settings) and error.code not in ("DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")
    of_a_file = source in ("bundled", "csv")  # such a run may not read the store, whatever the sandbox
    if of_a_file:
        placed = _in_sample(query).issuperset(query.all_symbols) or _in_folder(query, settings)
        auto = error.code != "PRICES_UNREADABLE" and (asked or placed)
    else:
        auto = source != "auto" and _through_auto(query, start, settings, asked=asked)
    named = [f"`{name}`" for name in _others(error.code, source, query, settings, asked=asked, auto=auto)]
    inline = "`inline` with prices of your own in `data.prices`"
    choice = f"{', '.join(named)} or {inline}" if named else inline
    error.remedy = f"{error.remedy} {'Or use' if error.retryable else 'Use'} `data.source` {choice}."
    if of_a_file and not auto:
        error.remedy += " Or use `data.source` `auto` if the symbols were imported into the price store."
    if query.needs_dividends and _in_sample(replace(query, needs_dividends=False)).issuperset(query.all_symbols):
        reached = source in ("auto", "bundled") and error.code in _LACKING
        use = "" if reached else " and `data.source` to `bundled`"
        error.remedy += f" Or set `execution.dividends` to `reinvest`{use}, for which the bundled sample suffices."
    if error.code in _LACKING:
        use = "" if source == "auto" else ", to be used with `data.source` `auto`"
        error.remedy += (
            f" Or the operator may import files of prices, which needs no network: `prices import FILE`{use}."
        )
        if source in ("auto", "csv"):
            error.remedy += " `prices list`, or `GET /symbols` over HTTP, shows the symbols at hand."
    return error


def _spelling(error: DataError, source: str, query: PriceQuery, settings: Settings) -> str:
    """Return what to do about a symbol that no place has: the places that were searched, or the symbols of one."""
    if source == "bundled" and all(problem.suggestion is None for problem in error.problems):
        return f"The sample has {', '.join(bundled.symbols())}."
    asks_yahoo = (settings.source if source == "auto" else source) == "yahoo"
    check = f"Check the spelling.{_as_yahoo_writes(error, query) if asks_yahoo else ''}"
    if source == "auto":
        folder = "the operator's CSV folder, " if settings.csv_dir is not None else ""
        check += f" The price store, {folder}the bundled sample and the network were searched."
    return check


def _as_yahoo_writes(error: DataError, query: PriceQuery) -> str:
    """Return Yahoo's spelling of the symbols that others write otherwise, as a sentence."""
    from backtester.prices.missing_symbols import yahoo_spelling

    failed = {problem.pointer for problem in error.problems}
    written = {symbol: yahoo_spelling(symbol) for symbol in query.all_symbols if query.pointer(symbol) in failed}
    pairs = [f"{symbol} as {other}" for symbol, other in written.items() if other is not None]
    return f" Yahoo Finance writes {', '.join(pairs[:_MOST_NAMED])}." if pairs else ""


def _others(code: str, source: str, query: PriceQuery, settings: Settings, *, asked: bool, auto: bool) -> list[str]:
    """Return the other values of `data.source`, without `inline`, with which the prices can be loaded."""
    found = {
        "bundled": _in_sample(query).issuperset(query.all_symbols),
        "csv": _in_folder(query, settings),
        "auto": auto,
        "yahoo": code in ("PRICES_UNREADABLE", "STORE_UNAVAILABLE") and asked,  # it passes both over
    }
    return [name for name, possible in found.items() if possible and name != source]


def _in_sample(query: PriceQuery) -> set[str]:
    return {symbol for symbol, history in bundled.load(query.all_symbols).items() if covers(history, query)}


def _in_folder(query: PriceQuery, settings: Settings) -> bool:
    """Return whether the operator's CSV folder has every symbol."""
    if settings.csv_dir is None:
        return False
    from backtester.prices import csv_files

    try:
        found = csv_files.load(settings.csv_dir, query.all_symbols)
    except DataError:
        return False
    return all(symbol in found and _suits(found[symbol], query) for symbol in query.all_symbols)


def _through_auto(query: PriceQuery, start: datetime.date, settings: Settings, *, asked: bool) -> bool:
    """Return whether `auto` gets every symbol: it takes the first place that has one, even where that does not suit."""
    from backtester.prices.market import at_hand

    try:
        found = at_hand(query, start, settings)
    except (DataError, SettingsError):
        return False
    return all(
        asked if history is None else not isinstance(history, DataError) and _suits(history, query)
        for history in found.values()
    )


def _suits(history: SymbolHistory, query: PriceQuery) -> bool:
    """Return whether a history has a session in the period, and the opens and dividends that are needed."""
    first, last = np.datetime64(query.start_date), np.datetime64(query.end_date)
    opens = not query.needs_open or history.open is not None or history.symbol not in query.symbols
    inside = bool(((history.sessions >= first) & (history.sessions <= last)).any())
    return inside and opens and not lacks_dividends(history, query)


def _can_ask(settings: Settings) -> bool:
    """Return whether this installation may ask Yahoo Finance, and can; of other sources that is not known here."""
    from backtester.prices.yahoo.yfinance_session import has_yfinance

    return not settings.offline and has_yfinance()
