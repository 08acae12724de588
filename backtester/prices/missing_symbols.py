"""The one error of all symbols of a query without prices, with the symbols that may have been meant."""

from __future__ import annotations

from collections.abc import Iterable

from backtester.model.errors import DataError, Problem, did_you_mean, nearest
from backtester.model.records import PriceQuery


def all_failures(failed: dict[str, DataError], query: PriceQuery, known: tuple[str, ...]) -> DataError:
    """Return one error for all symbols: a final one where there is any, else the retryable one of the first.

    known: the symbols at hand, of which the nearest is suggested where no source has a symbol, or could say so.
    """
    nowhere = [s for s, error in failed.items() if error.leaves_open or error.code == "SYMBOL_NOT_FOUND"]
    meant = suggestions(nowhere, query, known)
    problems = tuple(_problem(error, query.pointer(symbol), meant.get(symbol)) for symbol, error in failed.items())
    final = [error for error in failed.values() if not error.retryable]
    chosen = (final or list(failed.values()))[0]
    detail = next(problem.detail for problem, error in zip(problems, failed.values(), strict=True) if error is chosen)
    if len(failed) > 1:
        detail = f"{detail} {len(failed) - 1} more symbol{'' if len(failed) == 2 else 's'} failed."
    return DataError(chosen.code, detail, remedy=chosen.remedy, retryable=chosen.retryable, problems=problems)


def suggestions(missing: Iterable[str], query: PriceQuery, known: tuple[str, ...]) -> dict[str, str | None]:
    """Return for each missing symbol the nearest of the known ones. All can be followed: a symbol is held once.

    None for a symbol that is known itself: it is spelled right.
    """
    found: dict[str, str | None] = {}
    taken = set(query.symbols)
    for symbol in missing:
        is_held = symbol in query.symbols
        free = tuple(name for name in known if not (is_held and name in taken))
        found[symbol] = meant = None if symbol in known else nearest(symbol, free)
        if is_held and meant is not None:
            taken.add(meant)
    return found


def _problem(error: DataError, pointer: str, suggestion: str | None) -> Problem:
    detail = error.detail.removesuffix(".") + did_you_mean(suggestion) if suggestion else error.detail
    return Problem(pointer=pointer, code=error.code, detail=detail, suggestion=suggestion)
