"""The child process: works on a request while its parent supervises, and answers in frames.

It has a session of its own, a memory limit, stderr for its descriptor 1, and it dies with its parent. However it
ends, the parent still answers; nothing here needs to be trusted to finish. `serve_one` is a single run's child: it
imports numpy while its parent reads and checks the request. `worker_child` has a pool's, which serves one request
after the other.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from backtester.codec.document import Writer, encoded, merged, parts, precision_of, written
from backtester.model.errors import BacktestError, out_of_memory
from backtester.runtime.frames import (
    COLUMN,
    DISCARD,
    DONE,
    PROGRESS,
    REQUEST,
    TEXT,
    FrameReader,
    arrived,
    write_frame,
)
from backtester.runtime.numpy_import import import_numpy, import_numpy_undocumented
from backtester.runtime.process import command_of_child
from backtester.runtime.stdio import explain

if TYPE_CHECKING:
    from backtester.contract.check import CheckedRequest
    from backtester.runtime.confinement import Confinement
    from backtester.settings import Settings

_IDLE_SECONDS = 0.05
_RESERVE_BYTES = 4 << 20  # what an error's explanation and document take, imports and a traceback among it
_PREWARM_REQUEST: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2021-01-01",
    "end_date": "2022-12-28",
    "parameters": {"rebalance_frequency": "monthly"},
    "benchmark": "^GSPC",
    "data": {"source": "bundled"},
}


def attempt(work: Callable[[], None]) -> BacktestError | None:
    """Do a child's work: a request from its check or its prices to its document. Return the error it ended in.

    Memory is held back meanwhile: a run that has used up its own, and keeps it, is answered from the reserve.
    """
    try:
        reserve = mmap.mmap(-1, _RESERVE_BYTES)  # not a bytearray, whose memory may stay with malloc
    except OSError as error:
        return explain(MemoryError(*error.args))
    try:
        work()
    except Exception as error:
        reserve.close()
        return explain(error)
    reserve.close()
    return None


def with_memory_limit(error: BacktestError, mebibytes: int, settings: Settings, at_start: int | None) -> BacktestError:
    """Return the error that `attempt` returned; where memory ran out, with the run's limit and the operator's.

    at_start: `memory_left` before there was that limit; where it is less, the error says so already.
    """
    if error.code != "MEMORY_LIMIT" or (at_start is not None and at_start < mebibytes):
        return error
    return out_of_memory(mebibytes, most=settings.memory_mb)


def serve_one(
    requests: int, answers: int, *, parent: int, settings: Settings, pretty: bool, forked: bool = True
) -> NoReturn:  # fmt: skip
    """Answer one checked request and exit. requests, answers: descriptors of the pipes. forked: by its parent."""
    isolate()
    reader = FrameReader(requests)
    try:  # the slow import, while the parent reads and checks the request
        if forked:
            _import_numpy_quickly(requests, answers, pretty=pretty)
        else:
            import_numpy()

        from backtester.runtime.confinement import Confinement
    except Exception as failure:
        _refuse(reader, answers, explain(failure), pretty=pretty)
    from backtester.runtime.sandbox.kernel import die_with_parent

    dies_with_parent = die_with_parent(parent)
    at_start = memory_left()
    limit_memory(settings.memory_mb)
    guard = Confinement(settings)
    if not arrived(requests, seconds=_IDLE_SECONDS):  # a process that was started ahead of its request
        prewarm(settings)
    frame = reader.wait()
    if frame is None or frame[0] != REQUEST:
        os._exit(0)  # the request was not valid, or the parent has gone
    if not dies_with_parent:
        _watch(requests)
    checked, headroom = _checked(frame[1])
    limit_memory(headroom)
    error = attempt(lambda: _run(checked, settings, answers, guard, pretty=pretty))
    if error is not None:
        error = with_memory_limit(error, headroom, settings, at_start)
        write_frame(answers, DISCARD, b"")
        _send(error.as_document(checked.request_id), answers, pretty=pretty)
    write_frame(answers, DONE, bytes([error.exit_code if error is not None else 0]))
    os._exit(0)  # interpreter teardown would take as long as the run


def _import_numpy_quickly(requests: int, answers: int, *, pretty: bool) -> None:
    """Import numpy without its documentation. Where that fails, go on as a subprocess, which imports it as usual."""
    try:
        import_numpy_undocumented()
    except MemoryError:
        raise
    except Exception:
        os.dup2(requests, 0)
        os.dup2(answers, 1)
        os.execv(sys.executable, command_of_child(pretty=pretty))  # noqa: S606  our own interpreter and our own code


def _refuse(reader: FrameReader, answers: int, error: BacktestError, *, pretty: bool) -> NoReturn:
    """Answer the request, once it is checked, where nothing can be run: numpy is missing or broken."""
    while (frame := reader.wait()) is not None and frame[0] != REQUEST:
        pass
    if frame is not None:
        _send(error.as_document(_checked(frame[1])[0].request_id), answers, pretty=pretty)
        write_frame(answers, DONE, bytes([error.exit_code]))
    os._exit(0)


def main(pretty: bool) -> NoReturn:
    """Serve one request as a subprocess: frames on stdin and stdout."""
    from backtester.settings import read_settings

    requests, answers = os.dup(0), os.dup(1)
    serve_one(requests, answers, parent=os.getppid(), settings=read_settings(), pretty=pretty, forked=False)


def isolate() -> None:
    """Leave the parent's session, its stdin and its stdout: what a library prints goes to stderr."""
    with contextlib.suppress(OSError):
        os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)


def _watch(requests: int) -> None:
    """End this process when the parent's end of the pipe closes, where the kernel does not do it for us.

    Called when the request has been read: nothing more comes down that pipe but its end.
    """
    import threading

    def wait() -> None:
        os.read(requests, 1)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def prewarm(settings: Settings, *, write: Writer = written) -> None:
    """Run a small backtest and drop its result: the first request finds modules imported and the sample mapped.

    write: what will write the columns of the requests.
    """
    from backtester.contract.check import check
    from backtester.pipeline import run_checked

    with contextlib.suppress(Exception):  # the first request will report what is wrong
        for _ in encoded(run_checked(check(_PREWARM_REQUEST, csv_available=False), settings=settings), write=write):
            pass


def _send(document: dict[str, Any], answers: int, *, pretty: bool) -> None:
    """Send a document piece by piece; the parent, otherwise idle, writes the long columns while we write the rest."""
    digits = precision_of(document)
    for part in merged(parts(document, pretty=pretty)):
        if isinstance(part, str):
            write_frame(answers, TEXT, part.encode("ascii"))
        else:
            import numpy as np  # where there are columns, it is imported

            write_frame(answers, COLUMN, bytes([digits or 0]) + np.asarray(part, dtype=np.float64).tobytes())


def _checked(payload: bytes) -> tuple[CheckedRequest, int]:
    from backtester.contract.check import CheckedRequest
    from backtester.model.errors import RunWarning

    message = json.loads(payload)
    warnings = tuple(RunWarning(**warning) for warning in message.pop("warnings"))
    headroom = message.pop("headroom_mb")
    return CheckedRequest(**message, warnings=warnings), headroom


def limit_memory(headroom_mb: int, *, for_good: bool = True) -> None:
    """Bound what this process may take beyond what it has now. MemoryError follows, or malloc's NULL.

    for_good: the limit can only be lowered from here on; False: it can be set anew for the next run.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):
        limit = _mapped() + headroom_mb * 1024 * 1024
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit if for_good else hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def memory_left() -> int | None:
    """Return how much this process may still take, MiB; None: there is no limit, or it cannot be known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    with contextlib.suppress(OSError, ValueError):
        return None if limit == resource.RLIM_INFINITY else (limit - _mapped()) >> 20
    return None


def _mapped() -> int:
    """Return the bytes of addresses that this process has. OSError elsewhere than on Linux."""
    statistics = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(statistics, 128).split()[0]) * mmap.PAGESIZE
    finally:
        os.close(statistics)


def _run(checked: CheckedRequest, settings: Settings, answers: int, guard: Confinement, *, pretty: bool) -> None:
    """Run the request and send its document."""
    if checked.document is None:  # it asks no question: less is imported
        from backtester.pipeline import run_checked
    else:
        from backtester.analysis.answer import run_checked

    def progress(stage: str, completed: int, total: int) -> None:
        write_frame(answers, PROGRESS, json.dumps([stage, completed, total]).encode())

    guard.drop_privileges(checked)
    _send(run_checked(checked, settings=settings, progress=progress, guard=guard), answers, pretty=pretty)


def _retain_freed_memory() -> None:
    """Leave what a request freed with malloc (glibc): given back, it costs the next request a fault for every page.

    malloc comes to these thresholds by itself once a run has freed so much in one piece.
    """
    import ctypes

    trim_threshold, mmap_threshold, most = -1, -3, 32 << 20
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(mmap_threshold, most)
        mallopt(trim_threshold, 2 * most)


def import_everything(settings: Settings) -> None:
    """Import what runs need before any is forked, and build what can be: every process then shares it."""
    import gc

    from backtester.runtime.numpy_import import import_numpy

    _retain_freed_memory()
    import_numpy()
    from backtester.analysis.question import import_questions
    from backtester.codec.fast_numbers import fastest
    from backtester.runtime import worker_child  # noqa: F401
    from backtester.runtime.confinement import plug_in_folders
    from backtester.runtime.pieces import shared_pieces  # noqa: F401
    from backtester.runtime.sandbox.paths import begin_store

    if settings.sandbox != "off":
        begin_store(settings)
    if plug_in_folders():  # each process of theirs would import jsonschema for the parameters
        import backtester.contract.refusal  # noqa: F401
    import_questions()
    prewarm(settings, write=fastest())
    gc.collect()
    gc.freeze()  # shared pages are never collected: that would copy them
