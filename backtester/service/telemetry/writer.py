"""Writes lines to a descriptor that may be blocked or closed, without blocking the caller."""

from __future__ import annotations

import os
import threading
import time
from collections import deque

MOST_BYTES = 4 * 1024 * 1024
_RETRY_SECONDS = 0.05


class LineWriter:
    """Writes whole lines from its own thread.

    A pipe that is not read blocks its writer, and with it an event loop. So lines wait here, at most `most_bytes` of
    them; further lines are dropped, and their number is written when there is room again. Lines for a closed descriptor
    are dropped. After a fork the child begins with an empty queue and its own thread.
    """

    def __init__(self, descriptor: int, *, most_bytes: int = MOST_BYTES) -> None:
        """Write to `descriptor`, which the caller closes."""
        self.descriptor = descriptor
        self._most_bytes = most_bytes
        self._begin()

    def write(self, line: bytes) -> None:
        """Queue a line, without its newline; returns at once."""
        if self._pid != os.getpid():
            self._begin()  # a thread that does not exist here may hold the lock
        with self._changed:
            if self._bytes + len(line) > self._most_bytes:
                self._dropped += 1
                return
            self._lines.append(line + b"\n")
            self._bytes += len(line) + 1
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    def flush(self, seconds: float = 2.0) -> bool:
        """Wait until everything is written, at most so long; return whether it is."""
        if self._pid != os.getpid():
            return True
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines, seconds)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends and starts no thread: write now
            while self._lines:
                self._put(self._lines.popleft())
            self._bytes = 0
            return
        self._thread = thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._lines))
                line = self._lines[0]
            self._put(line)
            with self._changed:
                self._lines.popleft()
                self._bytes -= len(line)
                if self._dropped:
                    note = b'{"level":"warning","event":"log lines were dropped","count":%d}\n' % self._dropped
                    self._lines.append(note)
                    self._bytes += len(note)
                    self._dropped = 0
                self._changed.notify_all()

    def _put(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            try:
                view = view[os.write(self.descriptor, view) :]
            except BlockingIOError:  # another process that shares the descriptor made it non-blocking
                time.sleep(_RETRY_SECONDS)
            except OSError:  # closed, or its reader is gone
                return
