"""`run_many`: many requests from Python, over the processes that `--worker` has."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any

from backtester.model.errors import InternalError, RequestError
from backtester.runtime.limits import available_cores
from backtester.runtime.pool import MOST_JOBS
from backtester.runtime.process import command_of_program, how_it_ended

_GRACE_SECONDS = 5.0


def run_many(requests: Iterable[dict[str, Any]], *, jobs: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield a document for each request, result or error, in order of completion; match them by `request_id`.

    jobs: processes, by default as many as there are cores. Prices are loaded once and shared; an invalid,
    crashing or slow request gives its own error document and does not affect the others. Only a few requests are
    read ahead, in a thread of their own, so there may be any number; what they raise is raised here. Deadlines and
    memory limits apply as they do to a spawned run. Closing the iterator ends the processes.

    RequestError VALIDATION_FAILED for a request that JSON has no form for, InternalError WORKER_CRASHED should the
    process that serves them be killed. ValueError for a number of jobs that makes no sense.
    """
    if jobs is not None and (not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS):
        raise ValueError(f"jobs is a whole number from 1 to {MOST_JOBS}, not {jobs!r}")
    return _documents(requests, available_cores() if jobs is None else jobs)


def _documents(requests: Iterable[dict[str, Any]], jobs: int) -> Iterator[dict[str, Any]]:
    # a process of its own: this one may have threads, which a fork would leave in pieces
    command = command_of_program("--worker", "--jobs", str(jobs))
    # unbuffered: a thread that an interpreter leaves behind inside a buffered file can end it with a fatal error
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)  # noqa: S603  our own
    assert worker.stdin is not None
    assert worker.stdout is not None
    answers = io.BufferedReader(worker.stdout)  # type: ignore[type-var]  # a FileIO, which typeshed calls IO[bytes]
    feeder = _Feeder(requests, worker.stdin)
    feeder.start()
    try:
        for line in answers:
            if line.endswith(b"\n"):  # else it was killed in the middle of it
                yield json.loads(line)
        if worker.wait() != 0:
            raise InternalError(
                "WORKER_CRASHED", f"The process that serves the requests {how_it_ended(worker.returncode)}."
            )
        feeder.join()  # it has closed the worker's stdin
        if feeder.failure is not None:
            raise feeder.failure
    finally:
        feeder.stopped = True
        answers.close()
        worker.terminate()  # it ends what runs, and what that has started
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(_GRACE_SECONDS)
        worker.kill()
        worker.wait()
        feeder.join(_GRACE_SECONDS if feeder.writing else 0)


class _Feeder(threading.Thread):
    """Writes requests for as long as they are taken."""

    def __init__(self, requests: Iterable[dict[str, Any]], sink: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.failure: BaseException | None = None
        self.stopped = False
        self.writing = False
        self._requests = requests
        self._sink = sink

    def run(self) -> None:
        """Write them all, or until the other end is gone."""
        try:
            for request in self._requests:
                if self.stopped:
                    break
                self._write(_line(request))
        except BrokenPipeError:
            pass  # the worker has ended: the reader of its answers will notice
        except BaseException as error:
            self.failure = error
        finally:
            with contextlib.suppress(OSError):
                self._sink.close()

    def _write(self, line: bytes) -> None:
        self.writing = True
        view = memoryview(line)
        while view:
            view = view[self._sink.write(view) :]
        self.writing = False


def _line(request: dict[str, Any]) -> bytes:
    try:
        return json.dumps(request, allow_nan=False).encode("ascii") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError("VALIDATION_FAILED", f"A request is not JSON: {error}.") from None
