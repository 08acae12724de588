"""What a caller can do about prices that could not be loaded: only sources that have the prices are named."""

from __future__ import annotations

from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.model.records import PriceQuery
from backtester.prices import bundled
from backtester.prices.coverage import covers
from backtester.settings import Settings

# an error of one symbol in one place; other places may have it
_LACKING = ("SYMBOL_NOT_FOUND", "DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")
_ELSEWHERE = (*_LACKING, "PRICES_UNREADABLE", "STORE_UNAVAILABLE")


def with_other_sources(error: DataError, source: str, query: PriceQuery, settings: Settings) -> DataError:
    """Return the error of a run with `data.source` `source`, its remedy with the sources that can have the prices.

    A request has one source, so each named one can have every symbol of it.
    """
    if error.code not in _ELSEWHERE:
        return error
    if error.code == "SYMBOL_NOT_FOUND":
        error.remedy = _spelling(error, source, settings)
    named = [f"`{name}`" for name in _others(error.code, source, query, settings)]
    inline = "`inline` with prices of your own in `data.prices`"
    choice = f"{', '.join(named)} or {inline}" if named else inline
    error.remedy = f"{error.remedy} {'Or use' if error.retryable else 'Use'} `data.source` {choice}."
    if query.needs_dividends and _in_sample(replace(query, needs_dividends=False)).issuperset(query.all_symbols):
        error.remedy += " Or set `execution.dividends` to `reinvest`, for which the bundled sample suffices."
    if error.code in _LACKING:
        use = "" if source == "auto" else ", to be used with `data.source` `auto`"
        error.remedy += (
            f" Or the operator may import files of prices, which needs no network: `prices import FILE`{use}."
        )
    return error


def _spelling(error: DataError, source: str, settings: Settings) -> str:
    """Return what to do about a symbol that no place has: the places that were searched, or the symbols of one."""
    if source == "bundled":
        if any(problem.suggestion is not None for problem in error.problems):
            return "Check the spelling."
        return f"The sample has {', '.join(bundled.symbols())}."
    if source == "auto":
        folder = "the operator's CSV folder, " if settings.csv_dir is not None else ""
        return f"Check the spelling. The price store, {folder}the bundled sample and the network were searched."
    return "Check the spelling."


def _others(code: str, source: str, query: PriceQuery, settings: Settings) -> list[str]:
    """Return the other values of `data.source`, without `inline`, with which the prices can be loaded."""
    wanted = set(query.all_symbols)
    covered, (filed, broken) = _in_sample(query), _in_folder(query, settings)
    asked = _can_ask(settings) and code not in ("DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")
    found = {
        "bundled": covered >= wanted,
        "csv": filed >= wanted,
        "auto": not broken and source != "auto" and (asked or covered | filed >= wanted),
        "yahoo": code == "PRICES_UNREADABLE" and asked,  # it passes the folder over
    }
    return [name for name, possible in found.items() if possible and name != source]


def _in_sample(query: PriceQuery) -> set[str]:
    return {symbol for symbol, history in bundled.load(query.all_symbols).items() if covers(history, query)}


def _in_folder(query: PriceQuery, settings: Settings) -> tuple[set[str], set[str]]:
    """Return the symbols that the operator's CSV folder has, and those of which its file cannot be read."""
    if settings.csv_dir is None:
        return set(), set()
    from backtester.prices import csv_files

    folder = settings.csv_dir
    there = {symbol for symbol in query.all_symbols if csv_files.has(folder, symbol)}
    filed = {symbol for symbol in there if csv_files.is_readable(folder, symbol)}
    return filed, there - filed


def _can_ask(settings: Settings) -> bool:
    """Return whether this installation may ask Yahoo Finance, and can; of other sources that is not known here."""
    from backtester.prices.yahoo.yfinance_session import has_yfinance

    return not settings.offline and has_yfinance()
