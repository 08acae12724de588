"""Asks a network source: the retries, the sentences of its failures, and the history of its quotes."""

from __future__ import annotations

import datetime
import random  # not in a thread: a process that is forked meanwhile would wait for it
import re
import sys
import time
from collections.abc import Callable

from backtester.model.errors import BacktestError, DataError, InternalError
from backtester.model.records import SymbolHistory
from backtester.prices.sources.network_source import BUILT_IN, load_source, title_of
from backtester.prices.sources.quotes import QuotesError, history_of
from backtester.prices.sources.source import (
    NOT_FOUND,
    NOT_SET_UP,
    RATE_LIMITED,
    UNAVAILABLE,
    AskPlugIn,
    PriceSource,
    Quotes,
    SourceFailure,
    is_of_the_answer,
    reason_of,
)

RATE_LIMIT_TO_UNREACHABLE = 4.0  # the wait after a rate limit is longer than after other failures
_LONGEST_SAID = 300  # characters of a reason, or of a remedy
_PATH = re.compile(r"""(?<![\w:/.<])/[\w.~-]+/[\w.~-]|\b[A-Za-z]:\\""")  # of this machine, not of an address
EARLIEST = datetime.date(1900, 1, 1)
CLOSE_BEFORE = datetime.timedelta(days=21)  # a dividend on the first day needs it; the longest holidays take twelve


def fetch_history(
    name: str, symbol: str, start: datetime.date, end: datetime.date, *,
    attempts: int = 4, timeout_seconds: float = 10.0, budget_seconds: float = 15.0, backoff_seconds: float = 1.0,
    on_retry: Callable[..., None] | None = None, ask_plug_in: AskPlugIn | None = None,
) -> SymbolHistory:  # fmt: skip
    """Fetch the finished sessions of `symbol` from `start` to `end`, both inclusive, at total-return prices.

    name: of the source. timeout_seconds bounds one attempt, budget_seconds the whole call, waiting included.
    backoff_seconds is the first wait after a rate limit, a quarter of it after any other failure; each further wait
    doubles, less up to half at random: at the defaults at most 7 s and 1.75 s in all. on_retry is called with `symbol`,
    `attempt` (1 for the first that failed), `wait_seconds` and `code`, before each wait.
    ask_plug_in: asks a source that is not built in; None: as `quotes_here`.

    A symbol without prices in the period gives a history of no sessions. The rest is as in quotes.history_of.

    DataError: SYMBOL_NOT_FOUND; RATE_LIMITED; PRICES_UNREADABLE for a price out of bounds; DATA_SOURCE_UNAVAILABLE for
    every retryable failure, and, not retryable, where the source is not set up: a key, or a package, is missing.
    InternalError for a plug-in that cannot be loaded, or whose quotes are not as source.py has them.
    """
    deadline = time.monotonic() + budget_seconds
    ask = quotes_here if name in BUILT_IN or ask_plug_in is None else ask_plug_in
    for attempt in range(1, attempts + 1):
        try:
            seconds = min(timeout_seconds, max(deadline - time.monotonic(), 0.001))
            return _fetch_once(name, ask, symbol, start, end, seconds)
        except DataError as error:
            wait = _backoff(error.code, attempt, backoff_seconds)
            if not _heals_soon(error) or attempt >= attempts or time.monotonic() + wait >= deadline:
                raise
            code = error.code
        if on_retry is not None:
            on_retry(symbol=symbol, attempt=attempt, wait_seconds=wait, code=code)
        time.sleep(wait)
    raise ValueError("attempts must be at least 1")


def quotes_here(name: str, symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float) -> Quotes:
    """Run the code of a source in this process; return its quotes, not checked yet.

    SourceFailure; InternalError for a fault of a plug-in; MemoryError, ImportError, BacktestError as it raised them.
    """
    source = _loaded(name)
    try:
        return source.fetch(symbol, start, end, timeout_seconds=timeout_seconds)
    except (SourceFailure, BacktestError, MemoryError, ImportError):
        raise
    except (Exception, SystemExit) as error:
        if name in BUILT_IN or is_of_the_answer(error):
            raise SourceFailure(UNAVAILABLE, reason_of(error)) from error
        raise _faulty(name, f"failed for {symbol}", error) from error


def unusable(name: str, symbol: str, error: QuotesError) -> InternalError:
    """Return the error of a plug-in whose quotes are not as source.py has them, and tell the operator where."""
    return _faulty(name, f"sent quotes of {symbol} that cannot be used", error)


def _loaded(name: str) -> PriceSource:
    try:
        source = load_source(name)
        if not callable(source.fetch):
            raise TypeError("fetch is no function")
        return source
    except (Exception, SystemExit) as error:
        if name in BUILT_IN:
            raise
        raise _faulty(name, "cannot be loaded", error) from error


def _faulty(name: str, what: str, error: BaseException) -> InternalError:
    """Return the error of a plug-in that is wrong, and tell the operator where."""
    import traceback

    if sys.stderr is not None:
        traceback.print_exception(error)
    told = str(error) if isinstance(error, QuotesError) else type(error).__name__
    return InternalError("INTERNAL", f"The source {name} {what}: {told}. The operator's log has more.")


def _fetch_once(
    name: str, ask: AskPlugIn, symbol: str, start: datetime.date, end: datetime.date, seconds: float
) -> SymbolHistory:
    """Fetch once. DataError and InternalError as fetch_history."""
    today = datetime.datetime.now(datetime.UTC).date()  # before the request: what it returns is at least that old
    # Both ends are cut so that no time zone arithmetic overflows; there are no prices beyond them.
    start, end = max(start, EARLIEST), min(end, today + datetime.timedelta(days=2))
    try:
        if start > end:
            return history_of(Quotes(days=[], close=[]), symbol, name, start, end, today=today)
        quotes = ask(name, symbol, max(start - CLOSE_BEFORE, EARLIEST), end, timeout_seconds=seconds)
    except SourceFailure as failure:
        raise data_error(name, symbol, failure) from failure
    try:
        return history_of(quotes, symbol, name, start, end, today=today)
    except QuotesError as error:
        if name in BUILT_IN:
            raise data_error(name, symbol, SourceFailure(UNAVAILABLE, "its answer could not be read")) from error
        raise unusable(name, symbol, error) from error


def data_error(name: str, symbol: str, failure: SourceFailure) -> DataError:
    """Return the error of a failure: every sentence about a source that could not be asked stands here."""
    title, why, advice = title_of(name), text_for_caller(failure.why), text_for_caller(failure.remedy) or None
    if failure.kind == NOT_FOUND:
        detail = f"{title} has no prices for {symbol}: it is unknown or delisted."
        return DataError("SYMBOL_NOT_FOUND", detail, remedy=advice)
    if failure.kind == RATE_LIMITED:
        detail = f"{title} refused to send {symbol}: too many requests."
        return DataError("RATE_LIMITED", detail, remedy=advice)
    if failure.kind == NOT_SET_UP:
        detail = f"{title} cannot be asked for {symbol}: {why or 'it is not set up'}."
        remedy = advice or "Only the operator can set it up."
        return DataError("DATA_SOURCE_UNAVAILABLE", detail, remedy=remedy, retryable=False)
    detail = f"{title} could not be asked for {symbol}: {why or 'it did not say why'}."
    return DataError("DATA_SOURCE_UNAVAILABLE", detail, remedy=advice)


def text_for_caller(text: object) -> str:
    """Return what a source says to a caller; empty where it is no text, not of one line, too long, or names a path."""
    fits = isinstance(text, str) and len(text) <= _LONGEST_SAID and text.isprintable()
    return str(text) if fits and not _PATH.search(str(text)) else ""


def _heals_soon(error: DataError) -> bool:
    """Return whether another attempt within seconds may succeed: not where the source said to wait longer."""
    failure = error.__cause__
    waits = isinstance(failure, SourceFailure) and failure.kind == RATE_LIMITED and failure.remedy is not None
    return error.retryable and not waits


def _backoff(code: str, attempt: int, backoff_seconds: float) -> float:
    base = backoff_seconds if code == "RATE_LIMITED" else backoff_seconds / RATE_LIMIT_TO_UNREACHABLE
    # Jitter, so that workers that failed together do not retry together.
    return base * float(2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
