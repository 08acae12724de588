"""A worker's child: forked from a process that has imported everything, it runs one request after the other.

It checks the requests as well, so that its parent only passes bytes and watches the clock. A plug-in strategy, a memory
limit or an unexpected exception may leave something behind: each ends it. A fresh one costs a fork.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import time
from typing import TYPE_CHECKING, Any, NoReturn

from backtester.analysis.answer import help_with, run_checked
from backtester.codec.decode import decode
from backtester.codec.document import encode_error, encoded
from backtester.codec.fast_numbers import fastest
from backtester.contract.check import check
from backtester.contract.schemas import runs_plug_in
from backtester.model.errors import BacktestError, UnexpectedError
from backtester.pipeline import AlreadyKnownError, always_compute
from backtester.runtime.child import attempt, isolate, limit_memory, memory_left, with_memory_limit
from backtester.runtime.confinement import Confinement
from backtester.runtime.frames import (
    ANSWER,
    ASKING,
    DISCARD,
    DONE,
    HELPING,
    LIMITS,
    PROGRESS,
    REQUEST,
    REQUEST_ID,
    RESULT_ID,
    SKIP,
    TEXT,
    FrameReader,
    arrived,
    frame,
    write_frames,
)
from backtester.runtime.limits import known_request_id, own_timeout, within_limits
from backtester.runtime.pieces.piece_frames import PieceClient
from backtester.runtime.progress import LEAST_INTERVAL
from backtester.runtime.sandbox.kernel import die_with_parent

if TYPE_CHECKING:
    from backtester.settings import Settings

_RUNS_BETWEEN_COLLECTIONS = 100
# Each frame wakes the parent, which passes on one in so long; a shorter time than its own, since the two clocks differ.
_REPORT_INTERVAL = LEAST_INTERVAL / 2


def serve_many(requests: int, answers: int, *, parent: int, settings: Settings, cores: int) -> NoReturn:
    """Answer requests until there are no more. requests, answers: descriptors of the pipes. cores: as Worker has it."""
    isolate()
    die_with_parent(parent)
    gc.disable()
    reader = FrameReader(requests)
    guard = Confinement(settings, cores=cores)
    with contextlib.suppress(BacktestError):  # each request reports what is required and lacking
        guard.drop_privileges_for_many()
    runs = 0
    at_start = memory_left()
    limit_memory(settings.memory_mb, for_good=False)
    while (asked := reader.wait()) is not None:
        run = _Run(reader, answers, settings, guard, kind=asked[0], at_start=at_start)
        run.answer(asked[1])
        done = bytes([run.exit_code] if run.clean else [run.exit_code, 1])
        _write(answers, frame(TEXT, run.document) + frame(DONE, done))  # at once: the parent wakes up once
        if not run.clean:
            break
        limit_memory(settings.memory_mb, for_good=False)  # the next request is read under the operator's limit
        runs += 1
        if runs % _RUNS_BETWEEN_COLLECTIONS == 0:
            gc.collect()  # between two requests, never in the middle of one
    os._exit(0)


def _write(answers: int, frames: bytes) -> None:
    try:
        write_frames(answers, frames)
    except BrokenPipeError:
        os._exit(0)  # the parent has gone


class _Run:
    """One request and its output. clean: nothing of it can reach the next one."""

    def __init__(
        self, reader: FrameReader, answers: int, settings: Settings, guard: Confinement, *, kind: bytes,
        at_start: int | None = None,
    ) -> None:  # fmt: skip
        self.exit_code = 0
        self.clean = True
        self.document = b""  # what of it is not sent yet
        self._begun = False
        self._reader = reader
        self._kind = kind
        self._asked = False  # whether the result is needed: the reply has not been read yet
        self._needed = True
        # most jobs of a queue end before a viewer could look; where a worker is watched, its first stage is shown
        self._reported = time.monotonic() if kind == ASKING else -math.inf
        self._answers = answers
        self._settings = settings
        self._guard = guard
        self._memory_mb, self._at_start = settings.memory_mb, at_start
        self._request_id: str | None = None

    def answer(self, raw: bytes) -> None:
        """Run the request; its document is there in any case, and empty where its result is known already."""
        error = attempt(lambda: self._run(raw))
        if error is None:
            return
        error = with_memory_limit(error, self._memory_mb, self._settings, self._at_start)
        self.clean = self.clean and not isinstance(error, UnexpectedError) and error.code != "MEMORY_LIMIT"
        if not self._still_needed(wait=True):  # another run had a result
            return
        if self._begun:
            _write(self._answers, frame(DISCARD, b""))
        self.exit_code = error.exit_code
        self.document = encode_error(error, self._request_id)

    def _run(self, raw: bytes) -> None:
        settings = self._settings
        question = result_id = ""
        if self._kind == HELPING:
            head, _, raw = raw.partition(b"\n")
            question, result_id = json.loads(head)
        self._guard.drop_privileges_for_many()
        document = decode(raw, max_bytes=settings.max_request_bytes)
        self._request_id = known_request_id(document)
        timeout = own_timeout(document, settings)
        limit = settings.timeout_seconds if timeout is None else timeout
        both = frame(REQUEST_ID, _json(self._request_id)) + frame(LIMITS, _json(limit))
        _write(self._answers, both)  # at once: the parent wakes up once
        checked = check(document, csv_available=settings.csv_dir is not None, load_plug_ins=False)
        checked, _, memory = within_limits(checked, settings)
        self.clean = not runs_plug_in(checked.request, settings.source)
        self._memory_mb = memory
        if memory != settings.memory_mb:
            limit_memory(memory, for_good=False)
        # a plug-in's result may depend on more than its request and the prices
        should_compute = self._ask if self._kind == ASKING and self.clean else always_compute
        shares = self._kind in (ASKING, HELPING) and self.clean
        self._guard.share(PieceClient(self._exchange, helping=self._kind == HELPING) if shares else None)
        if self._kind == HELPING:
            help_with(question, checked, result_id=result_id, settings=settings, guard=self._guard)
            return
        with contextlib.suppress(AlreadyKnownError):
            document = run_checked(
                checked, settings=settings, progress=self._report, should_compute=should_compute, guard=self._guard
            )
            if self._still_needed(wait=True):
                self._send(document)

    def _ask(self, result_id: str) -> bool:
        """Ask whether the result is needed, and run on: most results are, and many are there before the reply is."""
        _write(self._answers, frame(RESULT_ID, result_id.encode()))
        self._asked = True
        return True

    def _still_needed(self, *, wait: bool) -> bool:
        """Return what the parent has replied, True before that. wait: until it has."""
        if self._asked and (wait or arrived(self._reader.descriptor, seconds=0)):
            reply = self._reader.wait()
            if reply is None:
                os._exit(0)  # the parent has gone
            self._asked, self._needed = False, reply[0] != SKIP
        return self._needed

    def _exchange(self, kind: bytes, payload: bytes) -> bytes:
        """Ask the parent about a piece of work."""
        if not self._still_needed(wait=True):
            raise AlreadyKnownError
        _write(self._answers, frame(kind, payload))
        reply = self._reader.wait()
        if reply is None or reply[0] != ANSWER:
            os._exit(0)  # the parent has gone
        return reply[1]

    def _report(self, stage: str, completed: int, total: int) -> None:
        if not self._still_needed(wait=False):
            raise AlreadyKnownError
        if self._kind == REQUEST:  # no progress is wanted
            return
        now = time.monotonic()
        if now - self._reported < _REPORT_INTERVAL:
            return
        self._reported = now
        _write(self._answers, frame(PROGRESS, _json([stage, completed, total])))

    def _send(self, document: dict[str, Any]) -> None:
        for piece in encoded(document, write=fastest()):
            if self.document:  # the last piece goes with the end: the parent wakes up once for a short document
                _write(self._answers, frame(TEXT, self.document))
                self._begun = True
            self.document = piece


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
