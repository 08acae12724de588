"""The warnings of prices that were used although they may be wrong, or do not say what a share cost."""

from __future__ import annotations

import functools

import numpy as np

from backtester.model.errors import DataError, Problem, RequestError, RunWarning
from backtester.model.records import DateArray, FloatArray, PriceQuery, SymbolHistory
from backtester.prices import bundled

LEAST_STEP, LARGEST_STEP = 0.4, 2.5  # from one price to the next


def is_implausible(close: FloatArray) -> bool:
    """Return whether any price (T,) is less than 0.4 times, or more than 2.5 times, the one before it."""
    if close.size < 2:
        return False
    step = close[1:] / close[:-1]
    return bool(step.min() < LEAST_STEP or step.max() > LARGEST_STEP)


def implausible_warnings(
    histories: dict[str, SymbolHistory], query: PriceQuery, used: DateArray
) -> tuple[RunWarning, ...]:
    """Return IMPLAUSIBLE_PRICE for each symbol with such a step on the sessions (T,) that are used.

    RequestError for inline prices, DataError for others, where the query refuses them.
    """
    warnings = []
    for symbol in query.all_symbols:
        history = histories[symbol]
        if history.source == "bundled" and not _sample_is_implausible(symbol):
            continue
        begin, end = np.searchsorted(history.sessions, used[0]), np.searchsorted(history.sessions, used[-1], "right")
        close = history.close[begin:end]
        if is_implausible(close):
            steps = implausible_steps(symbol, history.sessions[begin:end], close)
            detail = f"{steps[0]}{f', the first of {len(steps)} such steps' if len(steps) > 1 else ''}."
            if query.implausible == "error":
                raise _refusal(history, detail, query)
            detail += " It was kept. Check it at its source, or set data.implausible to error to refuse such prices."
            pointer = query.pointer(symbol)
            warnings.append(RunWarning(code="IMPLAUSIBLE_PRICE", detail=detail, pointer=pointer, symbol=symbol))
    return tuple(warnings)


@functools.cache  # the sample never changes
def _sample_is_implausible(symbol: str) -> bool:
    return is_implausible(bundled.load([symbol])[symbol].close)


def implausible_steps(symbol: str, sessions: DateArray, close: FloatArray) -> list[str]:
    """Return each such step as a sentence without its full stop."""
    step = close[1:] / close[:-1]
    rows = np.flatnonzero((step < LEAST_STEP) | (step > LARGEST_STEP))
    return [
        f"The price of {symbol} went from {close[at]:.6g} on {sessions[at]} to {close[at + 1]:.6g} on "
        f"{sessions[at + 1]} ({step[at] - 1:+.1%})"
        for at in rows.tolist()
    ]


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
