"""The process that hosts the warm pool: spawned by `pool_client`, it runs one request after the other.

    to it       L  limits: [seconds, when they end, most bytes, form, strict], as JSON; then the request, O
    from it     Y  ready, once; then for each request the document, T

A process of its own, since the platform's is not ours: it may have threads, which a fork leaves in pieces, and
children, which the pool would take for orphans of a plug-in.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from typing import NoReturn

from backtester.adapters.serverless.responses import PLATFORM_REMEDY
from backtester.adapters.serverless.size_limit import Form, limit_size
from backtester.codec.document import encode_error
from backtester.model.errors import BacktestError, InternalError, LimitError
from backtester.runtime.frames import (
    LIMITS,
    READY,
    REQUEST,
    TEXT,
    FrameReader,
    arrived,
    frame,
    write_frame,
    write_frames,
)
from backtester.runtime.limits import id_in
from backtester.runtime.pool import Pool
from backtester.runtime.signals import hear_of_children
from backtester.runtime.stdio import explain
from backtester.settings import Settings, default_cache_dir, read_settings

_FORK_SECONDS = 5.0
_FOREVER = 3600.0


def platform_settings() -> Settings:
    """Read the settings; the price store goes to the folder that these platforms let be written, unless it is set."""
    settings = read_settings()
    if settings.cache_dir == default_cache_dir({}):
        return settings._replace(cache_dir=os.path.join(tempfile.gettempdir(), "backtest-runner"))
    return settings


def main() -> NoReturn:
    """Serve frames on stdin and stdout until stdin ends; whatever else is printed goes to stderr."""
    hear_of_children()
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    try:
        pool = Pool(platform_settings(), jobs=1)
    except Exception as error:  # numpy or jsonschema is missing or broken, or no process can be started
        _refuse_all(requests, answers, explain(error))
    try:
        write_frame(answers, READY, b"")
        _PoolHost(pool, requests, answers).serve()
    except BrokenPipeError:
        pass  # the platform's process is gone
    finally:
        pool.close()
    os._exit(0)


def _refuse_all(requests: int, answers: int, error: BacktestError) -> NoReturn:
    """Answer every request with the error until stdin ends; one alone where it may heal: the next host tries again."""
    reader = FrameReader(requests)
    with contextlib.suppress(BrokenPipeError):
        write_frame(answers, READY, b"")
        while (received := reader.wait()) is not None:
            if received[0] == REQUEST:
                write_frames(answers, frame(TEXT, encode_error(error, id_in(received[1], platform_settings()))))
                if error.retryable:
                    break
    os._exit(0)


class _GoneError(Exception):
    """The platform's process has gone."""


class _PoolHost:
    def __init__(self, pool: Pool, requests: int, answers: int) -> None:
        self._pool = pool
        self._reader = FrameReader(requests)
        self._answers = answers
        self._limits: tuple[float, float, int, Form, bool] | None = None

    def serve(self) -> None:
        """Go on until the platform's process is gone."""
        try:
            while True:
                while (received := self._reader.next()) is not None:
                    self._receive(*received)
                self._wait()
        except _GoneError:
            return

    def _receive(self, kind: bytes, payload: bytes) -> None:
        if kind == LIMITS:
            self._limits = json.loads(payload)
        elif kind == REQUEST and self._limits is not None:
            seconds, ends, most, form, strict = self._limits
            document = limit_size(self._document(payload, seconds, ends), most=most, form=form, strict=strict)
            self._forget_what_came_meanwhile()
            write_frames(self._answers, frame(TEXT, document))

    def _forget_what_came_meanwhile(self) -> None:
        """Discard what is there: the client says nothing until it is answered, so a plug-in did, which has ended."""
        while arrived(self._reader.descriptor, seconds=0):
            self._fill()
        self._reader = FrameReader(self._reader.descriptor)

    def _document(self, raw: bytes, seconds: float, ends: float) -> bytes:
        """Run a request and return its document: TIMEOUT where it is not done when the seconds it had are over.

        ends: on time.monotonic's clock, which all processes share; they may have begun before this one was started.
        """
        forked_by = min(time.monotonic() + _FORK_SECONDS, ends)
        while not self._pool.free:  # the system had no process to give
            if time.monotonic() > forked_by:
                return encode_error(InternalError("WORKER_CRASHED", "No child process could be started."), None)
            self._wait(0.1)
        self._pool.submit(0, raw)
        while True:
            # first look, then the clock: after a freeze the answer may be there, though its time is over
            self._wait(max(ends - time.monotonic(), 0))
            if finished := self._pool.finished():
                return finished[0].document
            if time.monotonic() >= ends:
                return self._stopped(seconds)

    def _wait(self, seconds: float = _FOREVER) -> None:
        """Wait for the pool, or for the platform's process. A worker that died meanwhile is replaced."""
        if self._reader.descriptor in self._pool.wait(read=[self._reader.descriptor], seconds=seconds):
            self._fill()

    def _fill(self) -> None:
        self._reader.fill()
        if self._reader.ended:
            raise _GoneError

    def _stopped(self, seconds: float) -> bytes:
        detail = f"The run was stopped after {seconds:.1f} seconds, before the platform would have ended it."
        self._pool.cancel_all(LimitError("TIMEOUT", detail, remedy=PLATFORM_REMEDY))
        return self._pool.finished()[0].document
