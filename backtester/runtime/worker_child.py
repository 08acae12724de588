"""The warm working process: forked from one that has imported everything, it runs one request after the other.

It checks the requests as well, so that its parent does nothing but pass bytes and watch the clock. What may have left
something behind ends it: a plug-in strategy, a memory limit, an unforeseen exception. A fresh one costs a fork.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import time
from typing import TYPE_CHECKING, NoReturn

from backtester.codec.decode import decode
from backtester.codec.document import encode, encode_error
from backtester.contract.check import check
from backtester.contract.schemas import built_in_strategies
from backtester.model.errors import BacktestError, error_document
from backtester.pipeline import AlreadyKnownError, run_checked, wanted_by_all
from backtester.runtime.child import internal_document, isolate, limit_memory
from backtester.runtime.confinement import Confinement
from backtester.runtime.frames import (
    ASKING,
    DONE,
    GO_ON,
    IDENTITY,
    KNOWN,
    LIMITS,
    PROGRESS,
    TEXT,
    FrameReader,
    frame,
    write_frames,
)
from backtester.runtime.limits import known_request_id, within_limits
from backtester.runtime.progress import LEAST_INTERVAL
from backtester.runtime.sandbox.kernel import die_with_parent
from backtester.runtime.stdio import report_internal

if TYPE_CHECKING:
    from backtester.settings import Settings

_RUNS_BETWEEN_COLLECTIONS = 100


def serve_many(requests: int, answers: int, *, parent: int, settings: Settings) -> NoReturn:
    """Answer requests until there are no more. requests, answers: descriptors of the pipes."""
    isolate()
    die_with_parent(parent)
    gc.disable()
    reader = FrameReader(requests)
    guard = Confinement(settings)
    with contextlib.suppress(BacktestError):  # what is required and lacking, each request is told
        guard.drop_privileges_for_many()
    runs = 0
    limit_memory(settings.memory_mb, for_good=False)
    while (asked := reader.wait()) is not None:
        run = _Run(reader, answers, settings, guard, asking=asked[0] == ASKING)
        document = run.answer(asked[1])
        done = bytes([run.exit_code] if run.clean else [run.exit_code, 1])
        _say(answers, frame(TEXT, document) + frame(DONE, done))  # at once: the parent wakes up once
        if not run.clean:
            break
        limit_memory(settings.memory_mb, for_good=False)  # the next request is read under the operator's limit
        runs += 1
        if runs % _RUNS_BETWEEN_COLLECTIONS == 0:
            gc.collect()  # between two requests, when nobody waits; never in the middle of one
    os._exit(0)


def _say(answers: int, frames: bytes) -> None:
    try:
        write_frames(answers, frames)
    except BrokenPipeError:
        os._exit(0)  # the parent has gone, and with it whoever would be told


class _Run:
    """One request and what came of it. clean: nothing of it can reach the next one."""

    def __init__(
        self, reader: FrameReader, answers: int, settings: Settings, guard: Confinement, *, asking: bool
    ) -> None:
        self.exit_code = 0
        self.clean = True
        self._reader = reader
        self._asking = asking
        self._reported = time.monotonic()
        self._answers = answers
        self._settings = settings
        self._guard = guard
        self._request_id: str | None = None

    def answer(self, raw: bytes) -> bytes:
        """Return the document, whatever happens on the way to it."""
        try:
            return self._result(raw)
        except BacktestError as error:
            self.exit_code = error.exit_code
            return encode_error(error, self._request_id)
        except AlreadyKnownError:
            return b""
        except MemoryError:
            pass  # answered below, when the frames that hold the memory are gone
        except Exception as error:
            report_internal(error)
            self.exit_code, self.clean = 1, False
            return encode(internal_document(self._request_id))
        self.exit_code, self.clean = 4, False
        detail = "the run needed more memory than its limit allows"
        return encode(error_document("MEMORY_LIMIT", detail, request_id=self._request_id))

    def _result(self, raw: bytes) -> bytes:
        settings = self._settings
        self._guard.drop_privileges_for_many()
        document = decode(raw, max_bytes=settings.max_request_bytes)
        self._request_id = known_request_id(document)
        _say(self._answers, frame(KNOWN, json.dumps(self._request_id).encode()))
        checked = check(document, csv_available=settings.csv_dir is not None, load_plug_ins=False)
        checked, timeout, memory = within_limits(checked, settings)
        self.clean = checked.request["strategy"] in built_in_strategies()
        _say(self._answers, frame(LIMITS, json.dumps([timeout, not self.clean]).encode()))
        if memory != settings.memory_mb:
            limit_memory(memory, for_good=False)
        # what a plug-in computes may depend on more than its request and the prices
        wanted = self._wanted if self._asking and self.clean else wanted_by_all
        return encode(run_checked(checked, settings=settings, progress=self._report, wanted=wanted, guard=self._guard))

    def _wanted(self, identity: str) -> bool:
        _say(self._answers, frame(IDENTITY, identity.encode()))
        answer = self._reader.wait()
        if answer is None:
            os._exit(0)  # the parent has gone
        return answer[0] == GO_ON

    def _report(self, stage: str, completed: int, total: int) -> None:
        if self._asking:  # a job of a queue: most are over before anybody could look, and each frame wakes the parent
            now = time.monotonic()
            if now - self._reported < LEAST_INTERVAL:
                return
            self._reported = now
        _say(self._answers, frame(PROGRESS, json.dumps([stage, completed, total]).encode()))
