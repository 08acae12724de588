"""One process of a pool, and the request that it has."""

from __future__ import annotations

import os
import time

from backtester.progress import Events
from backtester.settings import Settings
from backtester.working_process import WorkingProcess


class Job:
    """A request under way, and what is known of it so far for whoever has to answer when something goes wrong."""

    def __init__(self, number: int, raw: bytes, events: Events, settings: Settings) -> None:
        allowed = min(settings.timeout_seconds, settings.max_timeout_seconds)
        self.number = number
        self.raw = raw
        self.events = events
        self.request_id: str | None = None
        self.pieces: list[bytes] = []
        self.deadline = time.monotonic() + allowed
        self.stopped = f"the request could not be checked within {allowed:g} seconds"


class WarmProcess:
    """A warm process, and the job it has."""

    def __init__(self, settings: Settings) -> None:
        self.process = WorkingProcess(settings, pretty=False, eager=False, warm=True)
        os.set_blocking(self.process.requests, False)
        self.unsent = memoryview(b"")
        self.job: Job | None = None
        self.runs = 0
        self.plug_in = False  # it runs, or ran, code that is not ours
        self.leaving = False

    def send(self) -> None:
        """Write what it has not been sent yet, as far as it takes it: one that stands still stops nobody else."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.process.requests, self.unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it is gone: noticed where its answer is awaited
            self.unsent = memoryview(b"")
