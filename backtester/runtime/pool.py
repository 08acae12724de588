"""Runs many requests on a few workers, with the supervision that a single run has.

This process imports everything once and then only forks, passes bytes and watches the clock: it never runs a request
itself, so nothing that a request does can end it. A worker that is killed, stands still or takes too long is replaced,
and only its own request fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from backtester.codec.document import encode_error
from backtester.model.errors import BacktestError
from backtester.runtime.frames import (
    ANSWER,
    ASKING,
    CLAIM_PIECE,
    COMPUTE,
    FETCH_PIECE,
    HELPING,
    LIMITS,
    PIECE,
    REQUEST,
    REQUEST_ID,
    RESULT_ID,
    SKIP,
    WATCHED,
    MalformedError,
)
from backtester.runtime.limits import available_cores, id_in, known_request_id
from backtester.runtime.pieces.piece_frames import answer_about_piece
from backtester.runtime.process import CAN_FORK, CallerGoneError, adopt_orphans, crashed, kill_orphans
from backtester.runtime.progress import Events, writable
from backtester.runtime.running_request import Output, RunListener, RunningRequest, parsed, seconds_in
from backtester.runtime.sandbox.paths import identity
from backtester.runtime.worker import Worker, asks_analysis, needs_no_plug_in
from backtester.settings import Settings

RUNS_UNTIL_RECYCLED = 1000
MOST_JOBS = 256
CAN_POOL = CAN_FORK and hasattr(select, "poll")
_FOREVER = 3600.0
_RETRY_SECONDS = 0.5
_MOST_LATE = 1000  # last events that wait for a slow reader


class Finished(NamedTuple):
    """What came of one request: the number it was submitted with, the exit code, the document's bytes."""

    number: int
    exit_code: int
    document: bytes


class Pool:
    """At most `jobs` requests at once. Not for use from several threads: it forks."""

    def __init__(
        self, settings: Settings, *, jobs: int, progress_fd: int | None = None,
        recycle_after: int = RUNS_UNTIL_RECYCLED, cores: int | None = None,
    ) -> None:  # fmt: skip
        """Import everything, and start the processes. OSError: not one can be started.

        recycle_after: runs after which a process is replaced. cores: of all requests together; None: all there are.
        """
        self._cores = available_cores() if cores is None else cores
        self._settings = settings
        self._progress_fd = progress_fd
        self._recycle_after = recycle_after
        self._finished: list[Finished] = []
        from backtester.runtime.child import import_everything

        import_everything(settings)
        adopt_orphans()
        self._jobs = jobs
        self._orphans_may_be = False
        self._late: deque[bytes] = deque(maxlen=_MOST_LATE)
        self._workers = [Worker(settings)]  # where not even one can be started, its caller is told why
        self._start_processes()

    @property
    def free(self) -> int:
        """How many requests can be submitted now."""
        return sum(worker.request is None for worker in self._workers)

    @property
    def running(self) -> int:
        """How many requests are under way."""
        return sum(worker.request is not None for worker in self._workers)

    def submit(
        self, number: int, raw: bytes, listener: RunListener | None = None, *, helping: tuple[str, str] | None = None
    ) -> None:
        """Start the request `raw` on a free worker; its Finished will carry `number`.

        helping: compute pieces of a question with the process that answers it, and nothing else: the question's pointer
        and the result_id. The document is empty then.
        """
        worker = next(worker for worker in self._workers if worker.request is None)
        cores = max(self._cores - self.running, 1) if asks_analysis(raw) else 1
        if cores > 1 or (worker.files and worker.files != identity(self._settings)):
            worker = self._renewed(worker, cores=cores)
        events = Events(self._progress_fd)
        worker.request = RunningRequest(events, self._settings, raw=raw, number=number, listener=listener)
        # decided here: what the process says once a plug-in has run is not asked
        worker.plug_in = worker.request.plug_in = not needs_no_plug_in(raw, self._settings.source)
        worker.leaving = worker.plug_in or cores > 1
        if helping is not None:
            worker.request.skipped = True
            raw = json.dumps(helping).encode() + b"\n" + raw
        unasking = REQUEST if self._progress_fd is None else WATCHED
        worker.send(HELPING if helping else unasking if listener is None else ASKING, raw)

    def refuse(self, number: int, error: BacktestError, *, request_id: str | None = None) -> None:
        """Answer a request that is not to be run."""
        self._finished.append(Finished(number, error.exit_code, encode_error(error, request_id)))

    def cancel(self, request_id: str | None, error: BacktestError) -> None:
        """Stop the runs that have this id (None: none), and answer them with `error`."""
        for worker in [*self._workers]:
            if worker.request is not None and self._id_of(worker.request) == request_id:
                self._stop(worker, error)

    def cancel_all(self, error: BacktestError) -> None:
        """Stop every run, and answer it with `error`."""
        for worker in [*self._workers]:
            if worker.request is not None:
                self._stop(worker, error)

    def wait(
        self, *, read: Iterable[int] = (), write: Iterable[int] = (), caller: int | None = None,
        seconds: float = _FOREVER,
    ) -> set[int]:  # fmt: skip
        """Wait until a run has finished or a descriptor of `read` or `write` is ready; return those that are.

        seconds: the longest to wait. caller: a descriptor whose reader may go away, CallerGoneError.
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
        unsent = {worker.process.requests: worker for worker in self._workers if worker.unsent}
        for descriptor in unsent:
            poll.register(descriptor, select.POLLOUT)
        if self._late and self._progress_fd is not None:
            poll.register(self._progress_fd, select.POLLOUT)
        events = dict(poll.poll(0 if self._finished else min(self._patience(), seconds) * 1000 + 1))
        if caller is not None and events.get(caller, 0) & (select.POLLERR | select.POLLHUP):
            raise CallerGoneError
        for at in unsent.keys() & events.keys():
            unsent[at].flush()
        self._report_late()
        for worker in {id(owners[at]): owners[at] for at in events if at in owners}.values():
            self._read(worker, ready=worker.process.watched[0] in events)
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
        deadlines = [worker.request.deadline for worker in self._workers if worker.request is not None]
        until = min(deadlines, default=time.monotonic() + _FOREVER)
        patience = min(max(until - time.monotonic(), 0), _FOREVER)
        return patience if len(self._workers) == self._jobs else min(patience, _RETRY_SECONDS)

    def _enforce_deadlines(self) -> None:
        now = time.monotonic()
        for worker in [*self._workers]:
            if worker.request is not None and worker.request.deadline <= now:
                self._stop(worker, worker.request.timeout)

    def _read(self, worker: Worker, *, ready: bool) -> None:
        """Take in the frames of a worker; where it ended instead, answer for it and replace it."""
        reader = worker.process.reader
        if ready:
            reader.fill()
            try:
                while (received := reader.next()) is not None:
                    self._receive(worker, *received)
            except MalformedError as error:
                self._stop(worker, error)
                return
        # a descendant may hold its end of the pipe after it ended: then there is nothing to read
        if (worker.leaving and worker.request is None) or reader.ended or not ready:
            worker.process.end()
            self._replace(worker, crashed(worker.process.exit_status))

    def _receive(self, worker: Worker, kind: bytes, payload: bytes) -> None:
        """Receive a frame. MalformedError."""
        request = worker.request
        if request is None or (kind in (REQUEST_ID, LIMITS) and request.limited):
            raise MalformedError
        if kind == REQUEST_ID:
            request.identify(parsed(_request_id_in, payload))
        elif kind == LIMITS:
            request.limit(min(parsed(seconds_in, payload), self._settings.max_timeout_seconds))
        elif kind == RESULT_ID and request.listener is not None:
            request.skipped = not request.listener.should_compute(parsed(_result_id_in, payload))
            worker.send(SKIP if request.skipped else COMPUTE)
        elif kind in (CLAIM_PIECE, PIECE, FETCH_PIECE) and request.listener is not None:
            listener = request.listener
            worker.send(ANSWER, parsed(lambda said: answer_about_piece(listener, kind, said), payload))
        elif (output := request.receive(kind, payload)) is not None:
            self._finish(worker, request, output)
            worker.runs += 1
            worker.leaving = worker.leaving or len(payload) > 1 or worker.runs >= self._recycle_after

    def _finish(self, worker: Worker, request: RunningRequest, output: Output) -> None:
        worker.request = None
        late = request.finish(output, wait_ms=0)
        if late is not None:
            self._late.append(late)
        self._finished.append(Finished(request.number, output.exit_code, output.document or b""))

    def _report_late(self) -> None:
        """Write the last events of runs whose reader was slow, without waiting."""
        while self._late and self._progress_fd is not None and writable(self._progress_fd, 0):
            try:
                os.write(self._progress_fd, self._late.popleft())
            except OSError:
                self._progress_fd = None

    def _stop(self, worker: Worker, error: BacktestError) -> None:
        worker.process.end()
        self._replace(worker, error)

    def _replace(self, worker: Worker, error: BacktestError) -> None:
        """Put a fresh process in the place of one that has ended; `error` answers the request that it had."""
        request = worker.request
        if request is not None:
            self._id_of(request)
            self._finish(worker, request, request.fail(error))
        self._workers.remove(worker)
        self._orphans_may_be = self._orphans_may_be or worker.plug_in
        if self._orphans_may_be and not any(other.plug_in for other in self._workers):
            # orphans of plug-ins have become our children; while one runs, they may be that one's
            self._orphans_may_be = False
            kill_orphans(frozenset(other.process.pid for other in self._workers))
        self._start_processes()

    def _renewed(self, worker: Worker, *, cores: int) -> Worker:
        """Put a fresh process in the place of an idle one that has other folders, or fewer cores, than are needed."""
        try:
            fresh = Worker(self._settings, cores=cores)
        except OSError:  # no process to be had: the old one reports what it cannot read
            return worker
        worker.process.end()
        self._workers[self._workers.index(worker)] = fresh
        return fresh

    def _start_processes(self) -> None:
        """Bring the number of processes up to `jobs`; where the system has none to give, `wait` tries again."""
        with contextlib.suppress(OSError):
            while len(self._workers) < self._jobs:
                self._workers.append(Worker(self._settings))

    def _id_of(self, request: RunningRequest) -> str | None:
        """Return the id of a request whose process may not have come as far as reading it."""
        if request.request_id is None:
            request.request_id = id_in(request.raw, self._settings)
        return request.request_id


def _request_id_in(payload: bytes) -> str | None:
    return known_request_id({"request_id": json.loads(payload)})


def _result_id_in(payload: bytes) -> str:
    return payload.decode("ascii")
