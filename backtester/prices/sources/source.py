"""The interface of a network source: one function, of a module or of a plug-in object.

It is asked for one symbol and a period, and returns `Quotes` or raises `SourceFailure`. Retries, the price store, the
repairs, the sentences that a caller reads and the checks of the quotes are the engine's.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Protocol

from backtester.model.record import Record

NOT_FOUND, RATE_LIMITED, UNAVAILABLE, NOT_SET_UP = "not_found", "rate_limited", "unavailable", "not_set_up"


class Quotes(Record):
    """What a source says of one symbol on T days; those outside the period asked for are left out later.

    Columns are sequences or arrays of T values, None and NaN where there is no value. A day without a close above zero,
    or without an adjusted one where there are any, is left out with a warning. Where there are neither adjusted closes
    nor dividends, the closes are taken as they are, with the warning UNADJUSTED_PRICES.
    """

    days: Sequence[Any]  # datetime.date, ISO text or datetime64; in any order, each once
    close: Sequence[Any]  # currency, as traded on the day, or adjusted for later splits
    adjusted: Sequence[Any] | None = None  # currency, total return; None: made from the dividends and splits
    open: Sequence[Any] | None = None  # currency, adjusted as close is
    dividends: Sequence[Any] | None = None  # currency a share, in the terms of the day's close, on ex-dates
    splits: Sequence[Any] | None = None  # new shares for an old one; 0, 1 and no value: none
    finished: datetime.date | None = None  # the last day that has ended; None: the day before today (UTC)


class SourceFailure(Exception):  # noqa: N818  a failure is an answer here, not a fault of the program
    """Why a source has no quotes. kind: NOT_FOUND, RATE_LIMITED, UNAVAILABLE, or NOT_SET_UP for a key that lacks.

    why: for UNAVAILABLE and NOT_SET_UP the reason, without a full stop, as after "Tiingo could not be asked:". remedy:
    what to do, as sentences; of RATE_LIMITED where the limit is of an hour or a day: this run does not ask again.
    Callers read both: no address, no key, no path.
    """

    def __init__(self, kind: str, why: str = "", *, remedy: str | None = None) -> None:
        super().__init__(kind, why)
        self.kind = kind
        self.why = why
        self.remedy = remedy


class AskPlugIn(Protocol):
    """Asks a plug-in source by its name, wherever its code runs."""

    def __call__(
        self, name: str, symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float
    ) -> Quotes:
        """Return its quotes, not checked yet. SourceFailure; InternalError for a fault of its code."""


class PriceSource(Protocol):
    """A network source. It may be asked for several symbols at once, each in a thread or a process of its own."""

    def fetch(self, symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float) -> Quotes:
        """Return the quotes of at least `start` to `end`, both inclusive. SourceFailure.

        timeout_seconds: how long the answer may be waited for. What takes longer ends with the run's deadline.
        A known symbol without prices in the period has Quotes of no days. An OSError, an exception of an HTTP client
        and a ValueError, which parsing raises, are taken for an unavailable source; every other exception for a fault.
        """
        ...


def is_of_the_answer(error: BaseException) -> bool:
    """Return whether an exception is due to the network or to what came over it, not to the code of a source."""
    names = [kind.__name__ for kind in type(error).__mro__]
    of_a_client = any(word in name for name in names for word in ("Timeout", "HTTPError", "HTTPException"))
    return isinstance(error, (OSError, ValueError)) or of_a_client


def reason_of(error: BaseException, *, answered: bool = False) -> str:
    """Return why a request failed, as it stands in a SourceFailure. answered: there was an answer."""
    if isinstance(error, TimeoutError) or any("Timeout" in kind.__name__ for kind in type(error).__mro__):
        return "it did not answer in time"
    if isinstance(error, OSError) and not answered:
        return "there is no connection to it"
    return "its answer could not be read"
