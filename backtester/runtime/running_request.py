"""A request under way, as its supervisor sees it: its deadline, the pieces of its document, how it ends."""

from __future__ import annotations

import json
import time
from typing import NamedTuple, Protocol

from backtester.codec.document import encode_error, text_of
from backtester.model.errors import BacktestError, LimitError, timed_out
from backtester.runtime.frames import COLUMN, DISCARD, DONE, PROGRESS, TEXT
from backtester.runtime.progress import Events
from backtester.settings import Settings


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


class RunningRequest:
    """The state of one request between its arrival and its document, for the single run and the pool alike."""

    def __init__(
        self, events: Events, settings: Settings, *, raw: bytes = b"", number: int = 0, pretty: bool = False,
        listener: RunListener | None = None,
    ) -> None:  # fmt: skip
        """Take the request as it came; the clock starts now, or with `begin`."""
        self.number = number
        self.raw = raw
        self.listener = listener
        self.request_id: str | None = None
        self._events = events
        self._pretty = pretty
        self._pieces: list[bytes] = []
        self.begin(settings)

    def begin(self, settings: Settings) -> None:
        """Start the clock. Until the request is checked, the operator's default deadline applies."""
        allowed = min(settings.timeout_seconds, settings.max_timeout_seconds)
        self.started = time.monotonic()
        self.deadline = self.started + allowed
        self.timeout = LimitError("TIMEOUT", f"The request could not be checked within {allowed:g} seconds.")

    def identify(self, request_id: str | None) -> None:
        """Note the id that every document and event of this request carries."""
        self.request_id = self._events.request_id = request_id
        self._events.emit("validating")

    def limit(self, seconds: float) -> None:
        """Set the deadline of a checked request, seconds from its start."""
        self.deadline = self.started + seconds
        self.timeout = timed_out(seconds)

    def receive(self, kind: bytes, payload: bytes) -> Output | None:
        """Take in a frame of the child; return the output with the last one.

        Long columns come as doubles, and are written here while the child writes the rest.
        """
        if kind == TEXT:
            self._pieces.append(payload)
        elif kind == COLUMN:
            numbers = [*map(float, memoryview(payload)[1:].cast("d"))]
            self._pieces.append(text_of(numbers, payload[0]))
        elif kind == DISCARD:
            self._pieces.clear()
        elif kind == PROGRESS:
            stage, completed, total = json.loads(payload)
            self._events.emit(stage, completed, total)
            if self.listener is not None:
                self.listener.progress(stage, completed, total)
        elif kind == DONE:
            return Output(payload[0], b"".join(self._pieces))
        return None

    def fail(self, error: BacktestError) -> Output:
        """Return the output of a run that ends in an error."""
        return Output(error.exit_code, encode_error(error, self.request_id, pretty=self._pretty))

    def finish(self, output: Output, *, wait_ms: int | None = None) -> bytes | None:
        """Send the last event. Return its line where its reader did not take it in time."""
        if wait_ms is None:
            return self._events.finish(output.exit_code)
        return self._events.finish(output.exit_code, wait_ms=wait_ms)
