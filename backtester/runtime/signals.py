"""Stopping by a signal: a flag that it sets, and a descriptor that it makes readable."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator


def stopping_signals() -> list[signal.Signals]:
    """Return the signals that ask a process to stop, but those that it was started to ignore (nohup, a shell's `&`)."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def hear_of_children() -> None:
    """Let this process learn how its children end, where it was started to ignore SIGCHLD."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def hold_back() -> None:
    """Hold back these signals, until who can say something of them lets them through."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, stopping_signals())


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Hold back these signals inside. A process that is started here gets them once it has a StopFlag, not before."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stopping_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class StopFlag:
    """Listens from when it is made. For a process that goes on for long: made before anything slow is imported."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.woken = -1
        self._wake: int | None = None
        for number in stopping_signals():
            signal.signal(number, self._stop)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, stopping_signals())  # held back by who started us

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
