"""One request, exactly one document: whatever the request, the work, or the process that does it may be.

The process that was spawned reads, supervises and writes. It starts the working process first, so that numpy is
imported there while jsonschema is imported here.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator

from backtester.codec.document import encode, encode_error, text_of
from backtester.model.errors import (
    BacktestError,
    CancelledError,
    InternalError,
    LimitError,
    error_document,
)
from backtester.model.record import Record
from backtester.runtime.frames import COLUMN, DONE, FORGET, OFFER, OFFER_LIMIT, PROGRESS, REQUEST, TEXT, arrived
from backtester.runtime.process import (
    CAN_FORK,
    CallerGoneError,
    ChildProcess,
    adopt_orphans,
    how_it_ended,
    stopping_signals,
)
from backtester.runtime.progress import Events
from backtester.settings import Settings

_PIECE = 1 << 20


class Output(Record):
    """What is to be written, and the status to exit with. The document is None when nobody is left to read it."""

    exit_code: int
    document: bytes | None


class _Run:
    """What is known of the request so far, for whoever has to answer when something goes wrong."""

    def __init__(self, *, pretty: bool) -> None:
        self.pretty = pretty
        self.request_id: str | None = None
        self.plug_in = False

    def answer(self, error: BacktestError) -> Output:
        return Output(exit_code=error.exit_code, document=encode_error(error, self.request_id, pretty=self.pretty))


def supervise(
    settings: Settings, events: Events, *, source: int, caller: int, pretty: bool = False, fork: bool = CAN_FORK
) -> Output:
    """Read one request from descriptor `source`, have it worked on, and return the answer.

    caller: the descriptor that the answer will go to; when its reader goes away, the work ends. Nothing is raised
    and no process is left.
    """
    run = _Run(pretty=pretty)
    worker: ChildProcess | None = None
    try:
        with _cancellable():
            _import_what_both_need()
            worker = ChildProcess(settings, pretty=pretty, eager=not events.wanted, fork=fork)
            answer = _work(worker, run, settings, events, source=source, caller=caller)
    except CallerGoneError:
        answer = Output(exit_code=5, document=None)
    except BacktestError as error:
        answer = run.answer(error)
    except MemoryError:
        answer = run.answer(LimitError("MEMORY_LIMIT", "the request needed more memory than there is"))
    except Exception as error:
        from backtester.runtime.stdio import report_internal

        report_internal(error)
        answer = run.answer(InternalError("INTERNAL", "an unexpected error; the operator's log has it"))
    finally:
        if worker is not None:
            worker.end(descendants=run.plug_in)
    events.finish(answer.exit_code)
    return answer


def _import_what_both_need() -> None:
    """Import before the fork what numpy and jsonschema would each import after it: one core's time instead of two's."""
    import datetime  # noqa: F401
    import inspect  # noqa: F401
    import platform  # noqa: F401
    import textwrap  # noqa: F401

    import backtester.contract.check  # noqa: F401  neither jsonschema nor numpy comes with it


def _work(worker: ChildProcess, run: _Run, settings: Settings, events: Events, *, source: int, caller: int) -> Output:
    if not arrived(source, seconds=0):  # a process that was started ahead of its request
        from backtester.contract.check import prepare

        prepare()
    raw = read_request(source, settings)
    started = time.monotonic()
    allowed = min(settings.timeout_seconds, settings.max_timeout_seconds)
    with _alarm(allowed, f"the request could not be checked within {allowed:g} seconds"):
        worker.send(OFFER, raw if len(raw) <= OFFER_LIMIT else b"")
        from backtester.codec.decode import decode
        from backtester.runtime.limits import known_request_id, within_limits

        document = decode(raw, max_bytes=settings.max_request_bytes)
        run.request_id = events.request_id = known_request_id(document)
        events.emit("validating")
        from backtester.contract.check import check
        from backtester.contract.schemas import built_in_strategies

        checked = check(document, csv_available=settings.csv_dir is not None, load_plug_ins=False)
    checked, timeout, memory = within_limits(checked, settings)
    if checked.request["strategy"] not in built_in_strategies():
        run.plug_in = adopt_orphans()
    message = {**checked.as_dict(), "warnings": [w.as_dict() for w in checked.warnings], "headroom_mb": memory}
    stopped = f"the run was stopped after {timeout:g} seconds"
    with _alarm(timeout, stopped):  # a worker that does not read its request
        worker.send(REQUEST, json.dumps(message, separators=(",", ":")).encode())
    try:
        return _await_answer(worker, events, deadline=started + timeout, caller=caller)
    except TimeoutError:
        raise LimitError("TIMEOUT", stopped) from None


def _await_answer(worker: ChildProcess, events: Events, *, deadline: float, caller: int) -> Output:
    """Put the document together from its pieces, writing the long columns while the worker writes the rest."""
    pieces: list[bytes] = []
    while (frame := worker.next_frame(deadline, caller)) is not None:
        kind, payload = frame
        if kind == TEXT:
            pieces.append(payload)
        elif kind == COLUMN:
            numbers = [*map(float, memoryview(payload)[1:].cast("d"))]
            pieces.append(text_of(numbers, payload[0]))
        elif kind == FORGET:
            pieces.clear()
        elif kind == PROGRESS:
            stage, completed, total = json.loads(payload)
            events.emit(stage, completed, total)
        elif kind == DONE:
            return Output(exit_code=payload[0], document=b"".join(pieces))
    worker.end()
    raise InternalError("WORKER_CRASHED", f"the working process {how_it_ended(worker.exit_status)} before it answered")


def read_request(source: int, settings: Settings) -> bytes:
    """Read the request to its end. LimitError REQUEST_TOO_LARGE, or TIMEOUT where it begins but does not end.

    Before the first byte there is no deadline: a process may be started ahead of its request.
    """
    pieces: list[bytes] = []
    size, deadline = 0, None
    while True:
        if deadline is not None and not arrived(source, seconds=deadline - time.monotonic()):
            raise LimitError("TIMEOUT", f"the request did not end within {settings.timeout_seconds:g} seconds")
        piece = os.read(source, _PIECE)
        if not piece:
            return b"".join(pieces)
        deadline = deadline or time.monotonic() + settings.timeout_seconds
        pieces.append(piece)
        size += len(piece)
        if size > settings.max_request_bytes:
            from backtester.codec.decode import too_large

            raise too_large(settings.max_request_bytes)


@contextlib.contextmanager
def _cancellable() -> Iterator[None]:
    """Turn SIGTERM, SIGINT and SIGHUP into a CancelledError inside, and ignore them after: the answer is on its way."""

    def cancel(number: int, frame: object) -> None:
        raise CancelledError("CANCELLED", f"the run was cancelled by {signal.Signals(number).name}")

    numbers = stopping_signals()
    for number in numbers:
        signal.signal(number, cancel)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _alarm(seconds: float, detail: str) -> Iterator[None]:
    """Bound what is done in this process itself: LimitError TIMEOUT with `detail` when it takes longer."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def expire(number: int, frame: object) -> None:
        raise LimitError("TIMEOUT", detail)

    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def crashed(detail: str) -> Output:
    """Return the answer of last resort: the supervising process itself failed before it could supervise."""
    document = error_document("INTERNAL", detail)
    return Output(exit_code=1, document=encode(document))
