"""`--batch`: many requests, a line each, over a pool of processes; documents are written as they are finished."""

from __future__ import annotations

import os
import stat
import sys
import time

from backtester.adapters.ndjson.line_server import LineServer
from backtester.runtime.pool import Finished
from backtester.runtime.progress import bar, writable

_LEAST_INTERVAL = 0.1
_LAST_WAIT_MS = 1000


class Counter:
    """Counts what is finished; draws a bar where stderr is a terminal, and says at the end what failed.

    The share done is known where stdin is a file. A clean batch leaves stderr empty where that is no terminal.
    """

    def __init__(self, service: LineServer) -> None:
        self._service = service
        self._heard = sys.stderr is not None
        self._drawn = self._heard and sys.stderr.isatty()
        self._size = _size_of(service.reader.descriptor)
        self._started = time.monotonic()
        self._last = 0.0
        self._done = self._failed = 0
        self._first_failure = 0

    def __call__(self, finished: Finished) -> None:
        """Count one more."""
        self._done += 1
        if finished.exit_code:
            self._failed += 1
            self._first_failure = min(self._first_failure or finished.number, finished.number)
        if self._drawn and time.monotonic() - self._last >= _LEAST_INTERVAL:
            self._last = time.monotonic()
            self._write(f"\r\x1b[K{self._bar()}{self._figures()}")

    def close(self) -> None:
        """Say how it went."""
        failures = f"{self._failed} of {self._done} runs failed, the first in line {self._first_failure}\n"
        if self._drawn:
            self._write(f"\r\x1b[K{self._figures()}\n", wait_ms=_LAST_WAIT_MS)
        if self._failed:
            self._write(failures, wait_ms=_LAST_WAIT_MS)

    def _bar(self) -> str:
        if not self._size:
            return ""
        return bar(min(self._service.reader.bytes_read / self._size, 1.0))

    def _figures(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        failed = f", {self._failed:,} failed" if self._failed else ""
        return f"{self._done:,} runs{failed}, {self._done / seconds:,.0f} a second, {seconds:,.1f} s"

    def _write(self, text: str, *, wait_ms: int = 0) -> None:
        """Write, but never wait in the middle: a terminal that was stopped, or has gone, stops no run."""
        if self._heard and writable(2, wait_ms):
            try:
                os.write(2, text.encode())
            except OSError:
                self._heard = self._drawn = False


def _size_of(descriptor: int) -> int:
    """Return the bytes of a file, 0 where the descriptor is something else."""
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
