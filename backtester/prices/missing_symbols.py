"""The one error of all symbols of a query without prices, with the symbols that may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backtester.model.errors import DataError, Problem, did_you_mean, nearest
from backtester.model.records import PriceQuery
from backtester.settings import Settings

_INDICES = {  # Yahoo's symbol: what others call it
    "^GSPC": ("SPX", "INX", "SP500", "US500"), "^DJI": ("DJIA", "INDU", "US30"), "^NDX": ("NAS100", "US100"),
    "^GDAXI": ("DAX", "GER40"), "^FTSE": ("UKX", "FTSE100"), "^FCHI": ("CAC40", "PX1"), "^N225": ("NKY", "NI225"),
    "^STOXX50E": ("SX5E",),
}  # fmt: skip
_CARETS = {name: index for index, names in _INDICES.items() for name in (index[1:], *names)}
_CARETS |= {name: f"^{name}" for name in ("VIX", "RUT", "IXIC", "HSI", "TNX")}
_SHARE_CLASS = re.compile(r"([A-Z]{1,5})[./]([A-C])")  # no exchange of Yahoo's has the suffix A, B or C


def all_failures(failed: dict[str, DataError], query: PriceQuery, known: tuple[str, ...]) -> DataError:
    """Return one error for all symbols: a final one where there is any, else the retryable one of the first.

    known: the symbols at hand, of which the nearest is suggested where no source has a symbol, or could say so.
    """
    lacking = [s for s, error in failed.items() if error.leaves_open or error.code == "SYMBOL_NOT_FOUND"]
    meant = suggestions(lacking, query, known)
    problems = tuple(_problem(error, query.pointer(symbol), meant.get(symbol)) for symbol, error in failed.items())
    final = [error for error in failed.values() if not error.retryable]
    chosen = (final or list(failed.values()))[0]
    detail = next(problem.detail for problem, error in zip(problems, failed.values(), strict=True) if error is chosen)
    if len(failed) > 1:
        detail = f"{detail} {len(failed) - 1} more symbol{'' if len(failed) == 2 else 's'} failed."
    return DataError(chosen.code, detail, remedy=chosen.remedy, retryable=chosen.retryable, problems=problems)


def nowhere(symbol: str, error: DataError, query: PriceQuery, settings: Settings, source: str) -> DataError:
    """Return the error of a source, here its title, with the places that were searched before it."""
    folder = "" if settings.csv_dir is None else ", the CSV folder"
    dividends = " with its dividends" if query.needs_dividends and symbol in query.symbols else ""
    searched = f"{symbol} is not in the price store{folder} or the bundled sample{dividends} for this period."
    why = f"{source} is switched off." if settings.offline else error.detail
    return DataError(error.code, f"{searched} {why}", remedy=error.remedy, retryable=error.retryable)


def suggestions(missing: Iterable[str], query: PriceQuery, known: tuple[str, ...]) -> dict[str, str | None]:
    """Return for each missing symbol the nearest of the known ones. All can be followed: a symbol is held once.

    None for a symbol that is known itself: it is spelled right.
    """
    found: dict[str, str | None] = {}
    taken = set(query.symbols)
    for symbol in missing:
        is_held = symbol in query.symbols
        free = tuple(name for name in known if not (is_held and name in taken))
        found[symbol] = meant = None if symbol in known else near_symbol(symbol, free)
        if is_held and meant is not None:
            taken.add(meant)
    return found


def near_symbol(symbol: str, known: tuple[str, ...]) -> str | None:
    """Return the known symbol that is meant: one that differs by punctuation alone, an index, else the most similar."""
    same = next((name for name in known if _letters(name) == _letters(symbol)), None)
    other = yahoo_spelling(symbol)
    return same or (other if other in known else nearest(symbol, known))


def yahoo_spelling(symbol: str) -> str | None:
    """Return how Yahoo Finance writes a share class (BRK.B) or a known index (SPX); None where it may be right."""
    match = _SHARE_CLASS.fullmatch(symbol)
    return f"{match[1]}-{match[2]}" if match else _CARETS.get(symbol)


def _letters(symbol: str) -> str:
    """Return a symbol without punctuation, and a currency pair without Yahoo's suffix: EURUSD of EURUSD=X."""
    return "".join(filter(str.isalnum, symbol.removesuffix("=X")))


def _problem(error: DataError, pointer: str, suggestion: str | None) -> Problem:
    detail = error.detail.removesuffix(".") + did_you_mean(suggestion) if suggestion else error.detail
    return Problem(pointer=pointer, code=error.code, detail=detail, suggestion=suggestion)
