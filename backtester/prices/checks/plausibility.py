"""The warnings of prices that were used although they may be wrong, or do not say what a share cost."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from backtester.model.errors import DataError, Problem, RequestError, RunWarning
from backtester.model.record import replace
from backtester.model.records import DateArray, FloatArray, PriceQuery, SymbolHistory
from backtester.prices import bundled
from backtester.prices.table.steps import LEAST_SPLIT, NEAREST_TOLD, ratio_text, undoes

LEAST_STEP, LARGEST_STEP = 0.4, 2.5  # from one price to the next


def implausible_warnings(
    histories: dict[str, SymbolHistory], query: PriceQuery, used: DateArray
) -> tuple[RunWarning, ...]:
    """Return IMPLAUSIBLE_PRICE for each symbol with such a place on the sessions (T,) that are used.

    RequestError for inline prices, DataError for others, where the query refuses them.
    """
    warnings = []
    for symbol in query.all_symbols:
        history = histories[symbol]
        if history.source == "bundled" and not _sample_is_implausible(symbol):
            continue
        begin, end = np.searchsorted(history.sessions, used[0]), np.searchsorted(history.sessions, used[-1], "right")
        if history.split is not None:  # what is told after end_date is not known yet
            history = _until(history, int(np.searchsorted(history.sessions, np.datetime64(query.end_date), "right")))
        places = implausible_places(history, int(begin), int(end), with_opens=query.needs_open)
        if places:
            detail = f"{places[0]}{f', the first of {len(places)} such steps' if len(places) > 1 else ''}."
            if query.implausible == "error":
                raise _refusal(history, detail, query)
            detail += " It was kept. Check it at its source, or set data.implausible to error to refuse such prices."
            pointer = query.pointer(symbol)
            warnings.append(RunWarning(code="IMPLAUSIBLE_PRICE", detail=detail, pointer=pointer, symbol=symbol))
    return tuple(warnings)


def _until(history: SymbolHistory, size: int) -> SymbolHistory:
    columns = ("sessions", "close", "open", "split")
    return replace(history, **{name: part[:size] for name in columns if (part := getattr(history, name)) is not None})


@functools.cache  # the sample never changes
def _sample_is_implausible(symbol: str) -> bool:
    return bool(implausible_places(bundled.load([symbol])[symbol], with_opens=True))


def implausible_places(
    history: SymbolHistory, begin: int = 0, end: int | None = None, *, with_opens: bool
) -> list[str]:
    """Return what is implausible in the rows from `begin` to `end`, by date, as sentences without their full stop."""
    return [text for _, text in implausible_rows(history, begin, end, with_opens=with_opens)]


def implausible_rows(
    history: SymbolHistory, begin: int = 0, end: int | None = None, *, with_opens: bool
) -> list[tuple[int, str]]:
    """Return the same, each with its row.

    A close that is less than 0.4 times, or more than 2.5 times, the one before it; one that jumps with a split that is
    told on another of the nearest sessions; an open that lies as far outside the closes on both sides of it.
    """
    close = history.close[begin:end]
    if not close.size:
        return []
    step = close[1:] / close[:-1]
    rows: dict[int, str] = {}
    if close.size > 1 and (step.min() < LEAST_STEP or step.max() > LARGEST_STEP):
        outside = np.flatnonzero((step < LEAST_STEP) | (step > LARGEST_STEP)) + 1 + begin
        rows = {row: step_text(history, row) for row in outside.tolist()}
    for row, told in _displaced_splits(history, begin, begin + close.size):
        ratio = ratio_text(history.split[told])  # type: ignore[index]
        rows[row] = f"{step_text(history, row)}, where a split ({ratio}) is told on {history.sessions[told]}"
    found = [*rows.items()]
    if with_opens and history.open is not None:
        found += _outlying_opens(history, begin, history.open[begin:end], close)
    return sorted(found)


def step_text(history: SymbolHistory, row: int) -> str:
    """Return the step of a close to a row, with dates and figures, as a sentence without its full stop."""
    before, close = history.close[row - 1], history.close[row]
    return (
        f"The price of {history.symbol} went from {before:.6g} on {history.sessions[row - 1]} to {close:.6g} on "
        f"{history.sessions[row]} ({close / before - 1:+.1%})"
    )


def _displaced_splits(history: SymbolHistory, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield each row from begin + 1 to end whose close jumps as a split would have it that a row nearby tells.

    On the row that tells it a close is adjusted for it, and jumps only where it was told upside down.
    """
    if history.split is None:
        return
    size = history.close.size
    for told in np.flatnonzero(np.abs(np.log(history.split)) >= np.log(LEAST_SPLIT)).tolist():
        split = float(history.split[told])
        near = range(max(told - NEAREST_TOLD, begin + 1), min(told + NEAREST_TOLD + 1, end, size))
        jumps = [row for row in near if history.split[row] == 1 and undoes(history.close, row, split, within=0.25)]
        if told in near and undoes(history.close, told, 1 / split, within=0.25):
            jumps.append(told)
        if jumps:
            yield min(jumps, key=lambda row: abs(row - told)), told


def _outlying_opens(history: SymbolHistory, begin: int, opens: FloatArray, close: FloatArray) -> list[tuple[int, str]]:
    before = np.concatenate([close[:1], close[:-1]])
    outside = (opens < LEAST_STEP * np.minimum(before, close)) | (opens > LARGEST_STEP * np.maximum(before, close))
    found = []
    for row in np.flatnonzero(outside).tolist():
        text = f"The open of {history.symbol} on {history.sessions[begin + row]} is {opens[row]:.6g}, and its close "
        found.append((begin + row, f"{text}{close[row]:.6g}{f' after {before[row]:.6g}' if row else ''}"))
    return found


def _refusal(history: SymbolHistory, detail: str, query: PriceQuery) -> Exception:
    keep = "set `data.implausible` to `warn` to keep such prices."
    problem = Problem(pointer=query.pointer(history.symbol), code="IMPLAUSIBLE_PRICE", detail=detail)
    if history.source == "inline":
        return RequestError("VALIDATION_FAILED", detail, remedy=f"Correct it, or {keep}", problems=(problem,))
    remedy = f"Leave the symbol out, move the period, or {keep}"
    return DataError("NO_DATA_IN_RANGE", detail, remedy=remedy, problems=(problem,))


def share_count_warnings(histories: dict[str, SymbolHistory], query: PriceQuery) -> tuple[RunWarning, ...]:
    """Return ADJUSTED_SHARE_COUNTS where share counts matter and a source does not say what a share cost."""
    if not query.needs_traded:
        return ()
    adjusted = [symbol for symbol in query.symbols if histories[symbol].counts_adjusted_shares]
    if not adjusted:
        return ()
    more = f" and {len(adjusted) - 1} more holdings" if len(adjusted) > 1 else ""
    first = histories[adjusted[0]]
    detail = (
        f"{counts_adjusted_shares(first, more)} "
        "Use data.source yahoo, a CSV file with close and adj_close, or data.prices.traded."
    )
    return (RunWarning(code="ADJUSTED_SHARE_COUNTS", detail=detail, pointer="/data", symbol=first.symbol),)


def counts_adjusted_shares(history: SymbolHistory, more: str = "") -> str:
    """Return the sentences about a source that does not say what a share cost. more: other symbols."""
    return (
        f"The source {history.source} does not say what a share of {history.symbol}{more} cost on the day. "
        "Whole shares and commission_per_share count shares at adjusted prices."
    )
