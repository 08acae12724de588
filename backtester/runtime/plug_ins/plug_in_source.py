"""Asks a plug-in source in a process of its own, which connects but has no store; its quotes come back as doubles.

Types are checked there, by the same code as here: what arrives is checked again, as the quotes of any source.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from backtester.model.records import FloatArray
from backtester.prices.sources.asking import quotes_here, text_for_caller, unusable
from backtester.prices.sources.quotes import MOST_DAYS, OPTIONAL, QuotesError, checked
from backtester.prices.sources.source import (
    NOT_FOUND,
    NOT_SET_UP,
    RATE_LIMITED,
    UNAVAILABLE,
    Quotes,
    SourceFailure,
)
from backtester.runtime.frames import COLUMN, TEXT, MalformedError
from backtester.runtime.plug_ins.plug_in_process import PlugInProcesses, Send
from backtester.runtime.plug_ins.plug_in_text import LONGEST_TEXT, object_in, refuse, say, text_in

_KINDS = (NOT_FOUND, RATE_LIMITED, UNAVAILABLE, NOT_SET_UP)
_FURTHEST_DAY = 4_000_000  # from 1970, more than a date can tell
_MOST_COLUMNS = 1 + len(OPTIONAL)


def quotes_of(
    processes: PlugInProcesses, name: str, symbol: str, start: datetime.date, end: datetime.date, *,
    timeout_seconds: float,
) -> Quotes:  # fmt: skip
    """Return the quotes of a plug-in source, as AskPlugIn has it. WORKER_CRASHED where its process ended."""

    def work(send: Send) -> None:
        try:
            quotes = quotes_here(name, symbol, start, end, timeout_seconds=timeout_seconds)
            _send_quotes(*checked(quotes), quotes.finished, send)
        except SourceFailure as failure:
            kind = failure.kind if failure.kind in _KINDS else UNAVAILABLE
            say(send, {"failure": [kind, text_for_caller(failure.why), text_for_caller(failure.remedy) or None]})
        except QuotesError as error:
            raise unusable(name, symbol, error) from error

    answer = _QuotesSaid()
    processes.ask(work, refuse, answer.receive, longest=LONGEST_TEXT, network=True)
    return answer.quotes()


def _send_quotes(days: Any, columns: dict[str, FloatArray], finished: datetime.date | None, send: Send) -> None:
    """Send quotes: what there is, as text, then the days from 1970 and each column as a block of doubles."""
    say(send, {"finished": None if finished is None else finished.isoformat(), "columns": list(columns)})
    for block in (days.astype(np.int64), *columns.values()):
        send(COLUMN, block.astype(np.float64).tobytes())


class _QuotesSaid:
    """Quotes as they arrive."""

    def __init__(self) -> None:
        self._said: dict[str, Any] | None = None
        self._blocks: list[FloatArray] = []

    def receive(self, kind: bytes, payload: bytes) -> None:
        """Take in a frame. MalformedError, or the error that the plug-in ended in."""
        if kind == TEXT and self._said is None:
            self._said = object_in(payload)
        elif kind == COLUMN and len(self._blocks) <= _MOST_COLUMNS and len(payload) <= MOST_DAYS * 8:
            self._blocks.append(_doubles(payload))
        else:
            raise MalformedError

    def quotes(self) -> Quotes:
        """Return the quotes that have arrived. SourceFailure where it told of one. MalformedError."""
        try:
            if self._said is None:
                raise MalformedError
            if "failure" in self._said:
                raise _failure_in(*self._said["failure"])
            names, finished = self._said["columns"], self._said["finished"]
            if names[:1] != ["close"] or not set(names[1:]) <= set(OPTIONAL) or len(set(names)) != len(names):
                raise MalformedError
            days, *columns = self._blocks
            return Quotes(
                days=_days(days), **dict(zip(names, columns, strict=True)),
                finished=None if finished is None else datetime.date.fromisoformat(finished),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError):
            raise MalformedError from None


def _doubles(payload: bytes) -> FloatArray:
    try:
        return np.frombuffer(payload)
    except ValueError:
        raise MalformedError from None


def _days(said: FloatArray) -> Any:
    """Return days (T,) datetime64[D]. ValueError where a number is no day."""
    if not (np.abs(said) < _FURTHEST_DAY).all() or (said % 1).any():
        raise ValueError
    return said.astype(np.int64).astype("datetime64[D]")


def _failure_in(kind: Any, why: Any, remedy: Any) -> SourceFailure:
    """Return the failure that an answer tells of. ValueError, TypeError where it tells of none."""
    if kind not in _KINDS:
        raise ValueError
    return SourceFailure(kind, text_in(why), remedy=None if remedy is None else text_in(remedy))
