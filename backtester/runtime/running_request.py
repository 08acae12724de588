"""A request under way, as its supervisor sees it: its deadline, the pieces of its document, how it ends."""

from __future__ import annotations

import json
import math
import struct
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn, Protocol, TypeVar

from backtester.codec.document import encode_error, text_of
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import BacktestError, LimitError, timed_out
from backtester.runtime.frames import COLUMN, DISCARD, DONE, PROGRESS, TEXT, MalformedError
from backtester.runtime.progress import Events, share_done
from backtester.settings import Settings

Claimed = tuple[int | None, list[int]]  # the number of a piece, None where none is free; those that are completed


class Output(NamedTuple):
    """What a run comes to: the status to exit with, and the document; None when its reader has gone."""

    exit_code: int
    document: bytes | None


class RunListener(Protocol):
    """Follows one run of a pool. What it raises, it raises out of the pool's `wait`."""

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Receive the progress: `completed` of `total` in a stage."""

    def should_compute(self, result_id: str) -> bool:
        """Decide, by the id that the result would have, whether to compute it; else the run ends with no document."""

    def claim_piece(self, question: str, count: int) -> Claimed | None:
        """Claim one of so many pieces of a question; None: the run computes all that are left, without others."""

    def hand_in_piece(self, number: int, result: bytes) -> None:
        """Store the result of a piece."""

    def piece(self, number: int) -> bytes:
        """Return the result of a completed piece; empty where there is none."""


class RunningRequest:
    """The state of one request between its arrival and its document, for the single run and the pool alike."""

    def __init__(
        self, events: Events, settings: Settings, *, raw: bytes = b"", number: int = 0, pretty: bool = False,
        listener: RunListener | None = None,
    ) -> None:  # fmt: skip
        """Take the request as it came; the clock starts now, or with `begin`."""
        self.plug_in = False  # it may be a plug-in's: the document is looked at before it is passed on
        self.limited = False  # its deadline is known, and its strategy's code may run
        self.skipped = False  # its result is known already: there will be no document
        self.number = number
        self.raw = raw
        self.listener = listener
        self.request_id: str | None = None
        self._events = events
        self._pretty = pretty
        self._pieces: list[bytes] = []
        self._longest = settings.memory_mb << 20  # bytes: no document is longer than the memory that it was made in
        self._length = 0
        self.begin(settings)

    def begin(self, settings: Settings) -> None:
        """Start the clock. Until the request is checked, the operator's default deadline applies."""
        allowed = min(settings.timeout_seconds, settings.max_timeout_seconds)
        self.started = time.monotonic()
        self.deadline = self.started + allowed
        self._most_seconds = settings.max_timeout_seconds
        self.timeout = LimitError(
            "TIMEOUT", f"The request could not be checked within {allowed:g} seconds.",
            remedy="Send fewer inline prices, or ask the operator to raise BACKTEST_TIMEOUT_SECONDS.",
        )  # fmt: skip

    def identify(self, request_id: str | None) -> None:
        """Note the id that every document and event of this request carries."""
        self.request_id = self._events.request_id = request_id
        self._events.emit("validating")

    def limit(self, seconds: float) -> None:
        """Set the request's own deadline, seconds from its start."""
        self.limited = True
        self.deadline = self.started + seconds
        self.timeout = timed_out(seconds, most=self._most_seconds)

    def receive(self, kind: bytes, payload: bytes) -> Output | None:
        """Take in a frame of the child; return the output with the last one. MalformedError.

        Long columns come as doubles, and are written here while the child writes the rest.
        """
        if kind == PROGRESS:
            self._progress(*parsed(_progress_in, payload))
        elif kind == DISCARD:
            self._pieces.clear()
            self._length = 0
        elif kind == DONE:
            output = parsed(lambda said: Output(said[0], b"".join(self._pieces)), payload)
            if self.plug_in and not self.skipped and not self._is_answer(output):
                raise MalformedError
            return output
        elif kind in (TEXT, COLUMN):
            self._length += len(payload)
            if self._length > self._longest:
                raise MalformedError
            self._pieces.append(payload if kind == TEXT else parsed(_column_in, payload))
        else:
            raise MalformedError
        return None

    def _is_answer(self, output: Output) -> bool:
        """Return whether this is one document, this request's, and of that exit status.

        Where the system keeps a plug-in apart, our own code wrote it. Elsewhere a caller can still rely on this much.
        """
        document = output.document or b""
        one_line = document.endswith(b"\n") and (self._pretty or document.count(b"\n") == 1)
        try:
            found = json.loads(document, parse_constant=_refuse)
            exit_code = 0 if found["success"] is True else ERROR_CODES[found["code"]].exit
            named = found.get("request_id") == self.request_id
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return False
        return document.isascii() and one_line and named and exit_code == output.exit_code

    def _progress(self, stage: str, completed: int, total: int) -> None:
        self._events.emit(stage, completed, total)
        if self.listener is not None:
            self.listener.progress(stage, completed, total)

    def fail(self, error: BacktestError) -> Output:
        """Return the output of a run that ends in an error."""
        return Output(error.exit_code, encode_error(error, self.request_id, pretty=self._pretty))

    def finish(self, output: Output, *, wait_ms: int | None = None) -> bytes | None:
        """Send the last event. Return its line where its reader did not take it in time."""
        if wait_ms is None:
            return self._events.finish(output.exit_code)
        return self._events.finish(output.exit_code, wait_ms=wait_ms)


_Said = TypeVar("_Said")


def parsed(parse: Callable[[bytes], _Said], payload: bytes) -> _Said:
    """Return what a payload says. MalformedError where it makes no sense."""
    try:
        return parse(payload)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, struct.error):
        raise MalformedError from None


def seconds_in(payload: bytes) -> float:
    """Return the deadline in a frame LIMITS, seconds from the request's start. ValueError, TypeError."""
    seconds = float(json.loads(payload))
    if not 0 < seconds < math.inf:
        raise ValueError(seconds)
    return seconds


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _progress_in(payload: bytes) -> tuple[str, int, int]:
    stage, completed, total = json.loads(payload)
    share_done(stage, completed, total)
    return stage, int(completed), int(total)


def _column_in(payload: bytes) -> bytes:
    return text_of([*map(float, memoryview(payload)[1:].cast("d"))], payload[0])
