"""One process of a pool, and the request that it has."""

from __future__ import annotations

import os
import time
from typing import Protocol

from backtester.runtime.frames import frame
from backtester.runtime.process import ChildProcess
from backtester.runtime.progress import Events
from backtester.runtime.sandbox.paths import identity
from backtester.settings import Settings


class RunListener(Protocol):
    """Whoever wants to hear more of a run than its end. What it raises, it raises out of the pool's `wait`."""

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Hear how far it is; `completed` of `total` in a stage."""

    def wanted(self, identity: str) -> bool:
        """Tell, knowing the id that the result would have, whether to compute it; else it ends with no document."""


class RunningRequest:
    """A request under way, and what is known of it so far for whoever has to answer when something goes wrong."""

    def __init__(
        self, number: int, raw: bytes, events: Events, settings: Settings, listener: RunListener | None = None
    ) -> None:
        allowed = min(settings.timeout_seconds, settings.max_timeout_seconds)
        self.number = number
        self.raw = raw
        self.events = events
        self.listener = listener
        self.request_id: str | None = None
        self.pieces: list[bytes] = []
        self.deadline = time.monotonic() + allowed
        self.stopped = f"the request could not be checked within {allowed:g} seconds"


class Worker:
    """A warm process, and the job it has."""

    def __init__(self, settings: Settings) -> None:
        self.places = identity(settings) if settings.sandbox != "off" else ()
        self.process = ChildProcess(settings, pretty=False, eager=False, warm=True)
        os.set_blocking(self.process.requests, False)
        self.unsent = memoryview(b"")
        self.job: RunningRequest | None = None
        self.runs = 0
        self.plug_in = False  # it runs, or ran, code that is not ours
        self.leaving = False

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        """Have a frame sent, after what has not been sent yet."""
        self.unsent = memoryview(bytes(self.unsent) + frame(kind, payload))
        self.send()

    def send(self) -> None:
        """Write what it has not been sent yet, as far as it takes it: one that stands still stops nobody else."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.process.requests, self.unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it is gone: noticed where its answer is awaited
            self.unsent = memoryview(b"")
