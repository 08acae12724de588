"""The platform's side of the warm pool: starts its host (`pool_host`), passes requests to it, starts it anew.

The platform's process only passes bytes and watches the clock. Runs, and the thinning of results, are on the other side
of a pipe, so that no request ends the process that has to answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time

from backtester.adapters.serverless.responses import PLATFORM_REMEDY, refusal
from backtester.adapters.serverless.size_limit import Form
from backtester.model.errors import AccessError, BacktestError, LimitError
from backtester.runtime.frames import LIMITS, READY, REQUEST, TEXT, FrameReader, MalformedError, frame
from backtester.runtime.process import crashed

_START_SECONDS = 8.0  # Lambda ends an initialisation after ten
_MARGIN = 0.25  # of the time that is left, for the answer to be thinned, sent and written
_MOST_MARGIN_SECONDS = 1.0
_ANSWER_PART = 0.6  # so much of that margin before the host itself is given up


class _HostLostError(Exception):
    """The host has ended."""


class PoolClient:
    """The host's process. Any number of threads may ask; one request at a time is run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: FrameReader | None = None

    @property
    def pid(self) -> int | None:
        """The host's process id; None before it is started."""
        return None if self._process is None else self._process.pid

    def warm_up(self) -> None:
        """Start it, and wait until it is ready, or for some seconds."""
        with self._lock, contextlib.suppress(_HostLostError, MalformedError, TimeoutError, OSError):
            self._start()
            self._next(READY, time.monotonic() + _START_SECONDS)

    def run(self, raw: bytes, *, seconds: float, most: int, form: Form, strict: bool = False) -> bytes:
        """Return the document of a request. seconds: until the platform ends this process; it is answered before.

        most: the bytes that the document may take in its form (see `size_limit`). strict: it may not be thinned.
        """
        margin = min(seconds * _MARGIN, _MOST_MARGIN_SECONDS)
        ends = time.monotonic() + seconds - margin
        if not self._lock.acquire(timeout=max(ends - time.monotonic(), 0)):
            detail = "Another run took all of this invocation's time."
            return refusal(AccessError("TOO_MANY_REQUESTS", detail, remedy="Try again."))
        try:
            limits = json.dumps([seconds - margin, ends, most, form, strict]).encode()
            return self._ask(raw, limits, ends + margin * _ANSWER_PART)
        except TimeoutError:
            self._end()
            detail = "The run was stopped before the platform would have ended it."
            return _refusal_of(raw, LimitError("TIMEOUT", detail, remedy=PLATFORM_REMEDY))
        except MalformedError as error:
            self._end()
            return _refusal_of(raw, error)
        except (_HostLostError, OSError):
            self._end()
            return _refusal_of(raw, crashed(None if self._process is None else self._process.returncode))
        finally:
            self._lock.release()

    def _ask(self, raw: bytes, limits: bytes, given_up: float) -> bytes:
        if self._process is None or self._process.poll() is not None:  # never started, or killed between two requests
            self._start()
        self._send(frame(LIMITS, limits) + frame(REQUEST, raw), given_up)
        return self._next(TEXT, given_up)

    def _start(self) -> None:
        self._end()
        # the same places to import from: a platform may have set them up in its own process alone
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from backtester.adapters.serverless.pool_host import main; main()"
        )
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own code
            [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._reader = FrameReader(self._process.stdout.fileno())

    def _end(self) -> None:
        """End it, with whatever it is doing: its own children die with it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, frames: bytes, deadline: float) -> None:
        """Write frames; TimeoutError where they are not taken in time, OSError where it is gone."""
        assert self._process is not None
        assert self._process.stdin is not None
        descriptor, view = self._process.stdin.fileno(), memoryview(frames)
        while view:
            _wait_for(descriptor, select.POLLOUT, deadline)
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(descriptor, view) :]

    def _next(self, wanted: bytes, deadline: float) -> bytes:
        """Return the next frame of a kind. TimeoutError, _HostLostError, MalformedError."""
        assert self._reader is not None
        while True:
            while (received := self._reader.next()) is not None:
                if received[0] == wanted:
                    return received[1]
            if self._reader.ended:
                raise _HostLostError
            _wait_for(self._reader.descriptor, select.POLLIN, deadline)
            self._reader.fill()


def _wait_for(descriptor: int, events: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, events)
    if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise TimeoutError


def _refusal_of(raw: bytes, error: BacktestError) -> bytes:
    """Return the error's document with the request's id, which the host did not live to send."""
    from backtester.adapters.serverless.pool_host import platform_settings
    from backtester.codec.document import encode_error
    from backtester.runtime.limits import id_in

    return encode_error(error, id_in(raw, platform_settings()))


pool_client = PoolClient()
warm_up = pool_client.warm_up
