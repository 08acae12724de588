"""NDJSON in, NDJSON out: a request a line, a document a line, in order of completion.

Little is held, however much there is: what is under way, about a megabyte of requests ahead of it, and as much of
documents for a slow reader.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from backtester.codec.decode import too_large
from backtester.model.errors import BacktestError, LimitError, cancelled_by
from backtester.runtime.limits import id_in
from backtester.runtime.pool import Finished, Pool
from backtester.runtime.process import CallerGoneError, widen
from backtester.runtime.signals import StopFlag
from backtester.runtime.stdio import say_why
from backtester.settings import Settings

_PIECE = 1 << 16
_WAITING_LINES = 4096  # so many are taken in ahead, for a cancellation to be seen behind the requests before it,
_WAITING_BYTES = 1 << 20  # and not more than this, whatever the number
_UNSENT_BYTES = 1 << 20
_LAST_WRITE_SECONDS = 5.0
_CANCEL = b"cancel "
_BLANKS = b" \t\r\n"  # what JSON takes for nothing


class LineReader:
    """Takes lines out of what arrives on a descriptor, none longer than allowed."""

    def __init__(self, descriptor: int, *, max_bytes: int) -> None:
        """Read from `descriptor`, which stays the caller's to close."""
        self.descriptor = descriptor
        self.ended = False
        self.bytes_read = 0
        self.number = 0  # of the line last taken, from 1, as editors count
        self._max_bytes = max_bytes
        self._pending = bytearray()
        self._searched = 0
        self._skipping = False

    def fill(self) -> None:
        """Take in what there is, waiting for some; sets `ended` at the end of the stream."""
        try:
            piece = os.read(self.descriptor, _PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self.ended = not piece
        self.bytes_read += len(piece)
        self._pending += piece

    def next(self) -> bytes | None:
        """Return the next line that has something in it, without its end; None when none is whole.

        LimitError REQUEST_TOO_LARGE for a line that is too long, once, however long it goes on.
        """
        while True:
            end = self._pending.find(b"\n", self._searched)
            if end < 0 and not (self.ended and self._pending):
                self._searched = len(self._pending)
                if self._searched <= self._max_bytes + 1:  # a carriage return may yet be its last
                    return None
                self._pending.clear()
                self._searched = 0
                if self._skipping:
                    return None
                self._skipping = True
                self.number += 1
                raise too_large(self._max_bytes)
            line = self._take(end if end >= 0 else len(self._pending))
            if len(line) > self._max_bytes:
                raise too_large(self._max_bytes)
            if line.strip(_BLANKS):
                return line

    def _take(self, end: int) -> bytes:
        line = bytes(self._pending[:end]).removesuffix(b"\r")
        del self._pending[: end + 1]
        self._searched = 0
        if self._skipping:
            self._skipping = False
            return b""
        self.number += 1
        return line


class _Writer:
    """Writes documents without ever waiting for their reader."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.unsent = bytearray()
        mode = os.fstat(descriptor).st_mode
        # a pipe that is full would otherwise stop the clock that runs are watched by; a terminal is left as it is
        self._pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        if self._pipe:
            os.set_blocking(descriptor, False)
            widen(descriptor)

    def write(self) -> None:
        """Write what can be written now. CallerGoneError when the reader has gone."""
        try:
            while self.unsent:
                del self.unsent[: os.write(self.descriptor, self.unsent)]
        except BlockingIOError:
            return
        except OSError as error:
            self.unsent.clear()
            say_why(error)
            raise CallerGoneError from None

    def finish(self, seconds: float) -> None:
        """Write the rest, waiting so long for a slow reader; leave the descriptor as it was."""
        ends = time.monotonic() + seconds
        with contextlib.suppress(CallerGoneError, OSError):
            while self.unsent and time.monotonic() < ends:
                self.write()
                if self.unsent:
                    time.sleep(0.01)
        if self._pipe:
            with contextlib.suppress(OSError):
                os.set_blocking(self.descriptor, True)


class LineServer:
    """Reads requests from `source`, has the pool run them, writes the documents to `sink`."""

    def __init__(self, pool: Pool, settings: Settings, stop: StopFlag, *, source: int, sink: int) -> None:
        self.reader = LineReader(source, max_bytes=settings.max_request_bytes)
        self._pool = pool
        self._settings = settings
        self._writer = _Writer(sink)
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._waiting_bytes = 0
        self._stop = stop

    def serve(self, seen: Callable[[Finished], None]) -> bool:
        """Go on until every request has its document; False when the caller went away or asked to stop.

        seen: told of every document once it is on its way.
        """
        try:
            while self._stop.signal is None and (self._open or self._pool.running or self._writer.unsent):
                self._step(seen)
            if self._stop.signal is not None:
                self._cancel_everything(cancelled_by(self._stop.signal.name), seen)
        except CallerGoneError:
            return False
        finally:
            self._writer.finish(_LAST_WRITE_SECONDS)
            self._pool.close()
        return self._stop.signal is None

    @property
    def _open(self) -> bool:
        return not self.reader.ended or bool(self._waiting)

    @property
    def _accepts_input(self) -> bool:
        slow = len(self._writer.unsent) > _UNSENT_BYTES
        room = len(self._waiting) < _WAITING_LINES and self._waiting_bytes < _WAITING_BYTES
        return not self.reader.ended and room and not slow

    def _step(self, seen: Callable[[Finished], None]) -> None:
        read = [self._stop.woken, *([self.reader.descriptor] if self._accepts_input else [])]
        write = [self._writer.descriptor] if self._writer.unsent else []
        ready = self._pool.wait(read=read, write=write, caller=self._writer.descriptor)
        if self.reader.descriptor in ready and self._accepts_input:
            self.reader.fill()
            self._take_lines()
        self._submit()
        for finished in self._pool.finished():
            self._writer.unsent += finished.document
            seen(finished)
        self._writer.write()
        self._submit()  # after the writing, which makes room: else all would wait for a run that was not begun

    def _take_lines(self) -> None:
        while True:
            try:
                line = self.reader.next()
            except LimitError as error:
                self._pool.refuse(self.reader.number, error)
                continue
            if line is None:
                return
            if (cancelled := _cancellation(line)) is not None:
                self._cancel(cancelled[0])
            else:
                self._waiting.append((self.reader.number, line))
                self._waiting_bytes += len(line)

    def _submit(self) -> None:
        while self._waiting and self._pool.free and len(self._writer.unsent) <= _UNSENT_BYTES:
            number, line = self._waiting.popleft()
            self._waiting_bytes -= len(line)
            self._pool.submit(number, line)

    def _cancel(self, request_id: str | None) -> None:
        error = cancelled_by("its caller")
        self._pool.cancel(request_id, error)
        for number, line in [waiting for waiting in self._waiting if id_in(waiting[1], self._settings) == request_id]:
            self._waiting.remove((number, line))
            self._waiting_bytes -= len(line)
            self._pool.refuse(number, error, request_id=request_id)

    def _cancel_everything(self, error: BacktestError, seen: Callable[[Finished], None]) -> None:
        self._pool.cancel_all(error)
        for number, line in self._waiting:
            request_id = id_in(line, self._settings)
            self._pool.refuse(number, error, request_id=request_id)
        for finished in self._pool.finished():
            self._writer.unsent += finished.document
            seen(finished)


def _cancellation(line: bytes) -> tuple[str | None] | None:
    """Return the id in a line of the form `cancel "ID"`, as a tuple of one; None where the line is something else.

    It is no JSON, so that no request can be taken for it.
    """
    if not line.startswith(_CANCEL):
        return None
    try:
        request_id: Any = json.loads(line[len(_CANCEL) :])
    except (ValueError, RecursionError):
        return None
    return (request_id,) if request_id is None or isinstance(request_id, str) else None
