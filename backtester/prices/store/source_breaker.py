"""A circuit breaker for a source of prices that keeps failing."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory

MEMORY_SECONDS = 30.0
BRIEF_TIMEOUT_SECONDS = 3.0


class SourceBreaker:
    """A circuit breaker for a source: after one failure a short attempt, after two failures no request for 30 seconds.

    Without it, every symbol of a long list would wait its full timeout for a source that is down, and a run with
    all prices in the store would still miss its deadline. Only retryable failures count.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._failures = 0
        self._failed_at = 0.0
        self._code = "DATA_SOURCE_UNAVAILABLE"

    def ask(
        self,
        fetch: Callable[..., SymbolHistory],
        symbol: str,
        start: datetime.date,
        end: datetime.date,
        *,
        briefly: bool = False,
    ) -> SymbolHistory:
        """Call fetch(symbol, start, end), with attempts=1 and a short timeout_seconds if `briefly` or after a failure.

        DataError: as `fetch`; with the last failure's code where it is not called.
        """
        if time.monotonic() - self._failed_at > MEMORY_SECONDS:
            self._failures = 0
        if self._failures >= 2:
            detail = f"{self._title} was not asked for {symbol}: it has just failed for other symbols."
            raise DataError(self._code, detail, remedy=f"Try again in {MEMORY_SECONDS:g} seconds.")
        limits = {"attempts": 1, "timeout_seconds": BRIEF_TIMEOUT_SECONDS} if briefly or self._failures else {}
        try:
            history = fetch(symbol, start, end, **limits)
        except DataError as error:
            if error.retryable:
                self._failures += 1
                self._failed_at = time.monotonic()
                self._code = error.code
            raise
        self._failures = 0
        return history
