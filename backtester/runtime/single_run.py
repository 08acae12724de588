"""Supervises one run: exactly one document, whatever the request, the work, or the process that does it may be.

The process that was spawned reads, checks, supervises and writes. It starts the child first, so that numpy is imported
there meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtester.model.errors import LimitError, RequestError, cancelled_by
from backtester.runtime.frames import REQUEST, arrived
from backtester.runtime.process import (
    CAN_FORK,
    CallerGoneError,
    ChildProcess,
    adopt_orphans,
    crashed,
)
from backtester.runtime.progress import Events
from backtester.runtime.running_request import Output, RunningRequest
from backtester.runtime.signals import stopping_signals
from backtester.runtime.stdio import CANCELLED_EXIT, explain
from backtester.settings import Settings

if TYPE_CHECKING:
    from backtester.contract.check import CheckedRequest

_PIECE = 1 << 20
_LONGEST_ALARM = 1e9  # seconds: the system takes some more


def supervise(
    settings: Settings, events: Events, *, source: int, caller: int, pretty: bool = False, fork: bool = CAN_FORK
) -> Output:
    """Read one request from descriptor `source`, have it run by a child, and return its output.

    caller: the descriptor that the document will go to; when its reader goes away, the work ends. Nothing is raised
    and no process is left.
    """
    request = RunningRequest(events, settings, pretty=pretty)
    child: ChildProcess | None = None
    orphans = False
    try:
        with _cancellable():
            _import_what_both_need()
            child = ChildProcess(settings, pretty=pretty, fork=fork)
            checked, memory = _check(request, settings, source=source)
            request.plug_in = _is_plug_in(checked, settings)
            orphans = request.plug_in and adopt_orphans()
            output = _run(child, request, checked, memory=memory, caller=caller)
    except CallerGoneError:
        output = Output(CANCELLED_EXIT, None)
    except Exception as error:
        output = request.fail(explain(error))
    finally:
        if child is not None:
            child.end(descendants=orphans)
    request.finish(output)
    return output


def _import_what_both_need() -> None:
    """Import before the fork what each would import after it."""
    import datetime  # noqa: F401

    import backtester.contract.check  # noqa: F401  neither jsonschema nor numpy comes with it


def _check(request: RunningRequest, settings: Settings, *, source: int) -> tuple[CheckedRequest, int]:
    """Read and check the request; return it with its memory limit, MiB."""
    from backtester.codec.decode import decode
    from backtester.contract.check import check
    from backtester.runtime.limits import known_request_id, own_timeout, within_limits

    raw = read_request(source, settings)
    request.begin(settings)
    with _alarm(request):
        document = decode(raw, max_bytes=settings.max_request_bytes)
        request.identify(known_request_id(document))
    timeout = own_timeout(document, settings)
    if timeout is not None:
        request.limit(timeout)
    with _alarm(request):
        checked = check(document, csv_available=settings.csv_dir is not None, load_plug_ins=False)
    checked, timeout, memory = within_limits(checked, settings)
    request.limit(timeout)
    return checked, memory


def _is_plug_in(checked: CheckedRequest, settings: Settings) -> bool:
    from backtester.contract.schemas import runs_plug_in

    return runs_plug_in(checked.request, settings.source)


def _run(child: ChildProcess, request: RunningRequest, checked: CheckedRequest, *, memory: int, caller: int) -> Output:
    """Send the checked request to the child, and put the document together from what it answers."""
    message = {**checked.as_dict(), "warnings": [w.as_dict() for w in checked.warnings], "headroom_mb": memory}
    with _alarm(request):  # a child that does not read its request
        child.send(REQUEST, json.dumps(message, separators=(",", ":")).encode())
    try:
        while (frame := child.next_frame(request.deadline, caller)) is not None:
            output = request.receive(*frame)
            if output is not None:
                return output
    except TimeoutError:
        raise request.timeout from None
    child.end()
    raise crashed(child.exit_status)


def read_request(source: int, settings: Settings) -> bytes:
    """Read the request to its end. LimitError REQUEST_TOO_LARGE, or TIMEOUT where it begins but does not end.

    RequestError where it cannot be read. Before the first byte there is no deadline but BACKTEST_STDIN_SECONDS: a
    process may be started ahead of its request.
    """
    pieces: list[bytes] = []
    size, deadline = 0, None if settings.stdin_seconds is None else time.monotonic() + settings.stdin_seconds
    while True:
        # also without a deadline: a FIFO that no process has opened to write has no end yet, though a read would say so
        if not arrived(source, seconds=None if deadline is None else deadline - time.monotonic()):
            raise _not_in_time(settings, begun=bool(pieces))
        try:
            piece = os.read(source, _PIECE)
        except OSError as error:  # a broken disk, a device
            raise RequestError("INVALID_JSON", f"The request cannot be read: {str(error.strerror).lower()}.") from None
        if not piece:
            return b"".join(pieces)
        if not pieces:
            deadline = time.monotonic() + settings.timeout_seconds
        pieces.append(piece)
        size += len(piece)
        if size > settings.max_request_bytes:
            from backtester.codec.decode import too_large

            raise too_large(settings.max_request_bytes)


def _not_in_time(settings: Settings, *, begun: bool) -> LimitError:
    if begun:
        return LimitError(
            "TIMEOUT", f"The request did not end within {settings.timeout_seconds:g} seconds.",
            remedy="Close stdin after the request.",
        )  # fmt: skip
    return LimitError(
        "TIMEOUT", f"No request came on stdin within {settings.stdin_seconds:g} seconds (BACKTEST_STDIN_SECONDS).",
        remedy="Write the request to stdin, or ask the operator to raise BACKTEST_STDIN_SECONDS.",
    )  # fmt: skip


@contextlib.contextmanager
def _cancellable() -> Iterator[None]:
    """Turn SIGTERM, SIGINT and SIGHUP into a CancelledError inside, and ignore them after: the answer is on its way."""

    def cancel(number: int, frame: object) -> None:
        raise cancelled_by(signal.Signals(number).name)

    numbers = stopping_signals()
    for number in numbers:
        signal.signal(number, cancel)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _alarm(request: RunningRequest) -> Iterator[None]:
    """Bound what is done in this process itself by the request's deadline: LimitError TIMEOUT."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def expire(number: int, frame: object) -> None:
        raise request.timeout

    signal.signal(signal.SIGALRM, expire)
    seconds = min(max(request.deadline - time.monotonic(), 1e-6), _LONGEST_ALARM)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
