"""Many requests through a few warm processes, with the supervision that a single run has.

This process imports everything once and then only forks, passes bytes and watches the clock: it never runs a request
itself, so nothing that a request does can end it. A process that is killed, stands still or took too long is replaced,
and only the request that it had fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from collections.abc import Iterable
from typing import NamedTuple

from backtester.document import encode_error
from backtester.errors import BacktestError, CancelledError, InternalError, LimitError
from backtester.frames import DONE, KNOWN, LIMITS, OFFER, PROGRESS, TEXT
from backtester.progress import Events
from backtester.settings import Settings
from backtester.working_process import (
    CAN_FORK,
    CallerGoneError,
    WorkingProcess,
    adopt_orphans,
    how_it_ended,
    kill_orphans,
)

RUNS_UNTIL_RECYCLED = 1000
CAN_POOL = CAN_FORK and hasattr(select, "poll")
_FOREVER = 3600.0
_RETRY_SECONDS = 0.5


class Finished(NamedTuple):
    """What came of one request: the number it was submitted with, the exit code, the document's bytes."""

    number: int
    exit_code: int
    document: bytes


class _Job:
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


class _Worker:
    """A warm process, and the job it has."""

    def __init__(self, settings: Settings) -> None:
        self.process = WorkingProcess(settings, pretty=False, eager=False, warm=True)
        self.job: _Job | None = None
        self.runs = 0
        self.plug_in = False  # it runs, or ran, code that is not ours
        self.leaving = False


class Pool:
    """At most `jobs` requests at once. Not for use from several threads: it forks."""

    def __init__(
        self, settings: Settings, *, jobs: int, progress_fd: int | None = None, recycle_after: int = RUNS_UNTIL_RECYCLED
    ) -> None:
        """Import everything, and start the processes. recycle_after: runs after which a process is replaced."""
        self._settings = settings
        self._progress_fd = progress_fd
        self._recycle_after = recycle_after
        self._finished: list[Finished] = []
        _import_everything(settings)
        adopt_orphans()
        self._jobs = jobs
        self._workers: list[_Worker] = []
        self._start_processes()

    @property
    def free(self) -> int:
        """How many requests can be submitted now."""
        return sum(worker.job is None for worker in self._workers)

    @property
    def running(self) -> int:
        """How many requests are under way."""
        return sum(worker.job is not None for worker in self._workers)

    def submit(self, number: int, raw: bytes) -> None:
        """Start the request `raw` on a free process; its Finished will carry `number`."""
        worker = next(worker for worker in self._workers if worker.job is None)
        worker.job = _Job(number, raw, Events(self._progress_fd), self._settings)
        worker.process.send(OFFER, raw)

    def refuse(self, number: int, error: BacktestError, *, request_id: str | None = None) -> None:
        """Answer a request that is not to be run."""
        self._finished.append(Finished(number, error.exit_code, encode_error(error, request_id)))

    def cancel(self, request_id: str | None, *, why: str) -> None:
        """Stop the runs that have this id (None: none), and answer them with CANCELLED."""
        for worker in [*self._workers]:
            if worker.job is not None and self._id_of(worker.job) == request_id:
                self._stop(worker, CancelledError("CANCELLED", why))

    def cancel_all(self, *, why: str) -> None:
        """Stop every run, and answer it with CANCELLED."""
        for worker in [*self._workers]:
            if worker.job is not None:
                self._stop(worker, CancelledError("CANCELLED", why))

    def wait(self, *, read: Iterable[int] = (), write: Iterable[int] = (), caller: int | None = None) -> set[int]:
        """Wait until a run has finished or a descriptor of `read` or `write` is ready; return those that are.

        caller: a descriptor whose reader may go away, CallerGoneError.
        """
        self._start_processes()
        poll = select.poll()
        if caller is not None:
            poll.register(caller, 0)  # errors and hang-ups are reported without being asked for
        for descriptor in read:
            poll.register(descriptor, select.POLLIN)
        for descriptor in write:
            poll.register(descriptor, select.POLLOUT)
        owners = {descriptor: worker for worker in self._workers for descriptor in worker.process.watched}
        for descriptor in owners:
            poll.register(descriptor, select.POLLIN)
        events = dict(poll.poll(0 if self._finished else self._patience() * 1000 + 1))
        if caller is not None and events.get(caller, 0) & (select.POLLERR | select.POLLHUP):
            raise CallerGoneError
        for worker in {id(owners[at]): owners[at] for at in events if at in owners}.values():
            self._listen(worker, said=worker.process.watched[0] in events)
        self._enforce_deadlines()
        return events.keys() - owners.keys()

    def finished(self) -> list[Finished]:
        """Return what has finished since the last call, in order of completion."""
        finished, self._finished = self._finished, []
        return finished

    def close(self) -> None:
        """End every process, with whatever it is doing."""
        for worker in self._workers:
            worker.process.end()
        self._workers = []
        kill_orphans()

    def _patience(self) -> float:
        deadlines = [worker.job.deadline for worker in self._workers if worker.job is not None]
        until = min(deadlines, default=time.monotonic() + _FOREVER)
        patience = max(until - time.monotonic(), 0)
        return patience if len(self._workers) == self._jobs else min(patience, _RETRY_SECONDS)

    def _enforce_deadlines(self) -> None:
        now = time.monotonic()
        for worker in [*self._workers]:
            if worker.job is not None and worker.job.deadline <= now:
                self._stop(worker, LimitError("TIMEOUT", worker.job.stopped))

    def _listen(self, worker: _Worker, *, said: bool) -> None:
        """Take in what a process said; where it ended instead, answer for it and replace it."""
        reader = worker.process.reader
        if said:
            reader.fill()
            while (frame := reader.next()) is not None:
                self._hear(worker, *frame)
        # it may have ended while something that it left behind holds its end of the pipe: then nothing is said
        if worker.leaving or reader.ended or not said:
            worker.process.end()
            status = how_it_ended(worker.process.exit_status)
            self._replace(worker, InternalError("WORKER_CRASHED", f"the working process {status} before it answered"))

    def _hear(self, worker: _Worker, kind: bytes, payload: bytes) -> None:
        job = worker.job
        if job is None:
            return
        if kind == TEXT:
            job.pieces.append(payload)
        elif kind == KNOWN:
            job.request_id = job.events.request_id = json.loads(payload)
            job.events.emit("validating")
        elif kind == LIMITS:
            timeout, worker.plug_in = json.loads(payload)
            job.deadline = time.monotonic() + timeout
            job.stopped = f"the run was stopped after {timeout:g} seconds"
        elif kind == PROGRESS:
            job.events.emit(*json.loads(payload))
        elif kind == DONE:
            self._answer(worker, job, payload[0], b"".join(job.pieces))
            worker.runs += 1
            worker.leaving = len(payload) > 1 or worker.runs >= self._recycle_after

    def _answer(self, worker: _Worker, job: _Job, exit_code: int, document: bytes) -> None:
        worker.job = None
        job.events.finish(exit_code)
        self._finished.append(Finished(job.number, exit_code, document))

    def _stop(self, worker: _Worker, error: BacktestError) -> None:
        worker.process.end()
        self._replace(worker, error)

    def _replace(self, worker: _Worker, error: BacktestError) -> None:
        """Put a fresh process in the place of one that has ended; `error` answers the job that it had."""
        if worker.job is not None:
            document = encode_error(error, self._id_of(worker.job))
            self._answer(worker, worker.job, error.exit_code, document)
        self._workers.remove(worker)
        if worker.plug_in:  # what it left behind has become our child; so would be what another plug-in leaves
            kill_orphans(frozenset(other.process.pid for other in self._workers))
        self._start_processes()

    def _start_processes(self) -> None:
        """Bring the number of processes up to `jobs`; where the system has none to give, `wait` tries again."""
        with contextlib.suppress(OSError):
            while len(self._workers) < self._jobs:
                self._workers.append(_Worker(self._settings))

    def _id_of(self, job: _Job) -> str | None:
        """Return the id of a request whose process may not have come as far as telling it."""
        if job.request_id is None:
            job.request_id = id_in(job.raw, self._settings)
        return job.request_id


def id_in(raw: bytes, settings: Settings) -> str | None:
    """Return the id of a request that nobody has read yet, if it has one."""
    from backtester.contract.decode import decode
    from backtester.limits import known_request_id

    try:
        return known_request_id(decode(raw, max_bytes=settings.max_request_bytes))
    except BacktestError:
        return None


def _import_everything(settings: Settings) -> None:
    """Import what runs need before any is forked, and build what can be: every process then shares it."""
    import gc

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads cannot be forked safely
    from backtester import warm  # noqa: F401
    from backtester.contract.check import prepare
    from backtester.working import rehearse

    prepare()
    rehearse(settings)
    gc.collect()
    gc.freeze()  # what is shared is never looked at again: that would copy it
