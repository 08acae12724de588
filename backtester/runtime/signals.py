"""Stopping by a signal: a flag that it sets, and a descriptor that it makes readable."""

from __future__ import annotations

import contextlib
import os
import signal

from backtester.runtime.process import stopping_signals


class StopFlag:
    """Listens from when it is made. For a process that goes on for long: made before anything slow is imported."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.woken = -1
        self._wake: int | None = None
        for number in stopping_signals():
            signal.signal(number, self._stop)

    def open(self) -> None:
        """Make `woken`, a descriptor that can be read once there was a signal; once the standard three are in place."""
        self.woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        if self.signal is not None:
            os.write(self._wake, b"!")

    def _stop(self, number: int, frame: object) -> None:
        self.signal = signal.Signals(number)
        if self._wake is not None:
            with contextlib.suppress(OSError):
                os.write(self._wake, b"!")
