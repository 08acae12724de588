"""The standard streams: stdout belongs to the one document, stderr to the operator."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
import time
from typing import NoReturn

from backtester.model.errors import BacktestError, UnexpectedError, from_exception

CANCELLED_EXIT = 5
_DRAIN_SECONDS = 1.0
_HINT = """\
The child process drops what a run does not need, files and connections among it. If this code is yours and needs
a folder, name it in BACKTEST_SANDBOX_READ; BACKTEST_SANDBOX=off keeps everything.
"""


def explain(error: BaseException) -> BacktestError:
    """Return the error that the caller sees; the traceback of an unexpected one goes to stderr."""
    found = from_exception(error)
    if isinstance(found, UnexpectedError) and found is not error:
        log_traceback(error)
    return found


def log_traceback(error: BaseException) -> None:
    """Write the traceback to stderr, for the operator; the document never has it."""
    import traceback

    write_stderr("".join(traceback.format_exception(error)))
    if isinstance(error, PermissionError):
        write_stderr(_HINT)


def write_stderr(text: str) -> None:
    """Write to stderr, where there is one and somebody reads it."""
    if sys.stderr is not None:  # it was closed before we began
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


def take_stdout() -> int:
    """Keep stdout for the document alone: from here on, every print goes to stderr.

    A standard descriptor that was closed before we began is opened on nothing, or another file would take its number.
    """
    if not is_open(1):
        os._exit(CANCELLED_EXIT)  # there is no reader
    for descriptor in (0, 2):
        if not is_open(descriptor):
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    stdout = os.dup(1)
    os.dup2(2, 1)
    return stdout


def give_stdout_back(stdout: int) -> None:
    """Undo `take_stdout`, where memory ends before there is an answer: `__main__` gives it then."""
    with contextlib.suppress(OSError):
        os.dup2(stdout, 1)


def is_open(descriptor: int) -> bool:
    """Tell whether a descriptor is open."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def deliver(stdout: int, document: bytes) -> bool:
    """Write the document, all of it; False when the reader has gone."""
    view = memoryview(document)
    while view:
        try:
            view = view[os.write(stdout, view) :]
        except BlockingIOError:
            select.select([], [stdout], [])
        except OSError as error:
            say_why(error)
            return False
    os.close(stdout)
    return True


def write_stdout(content: str | bytes) -> bool:
    """Write to Python's own stdout, all of it; False where it is closed, full, or its reader has gone.

    What `sys.stdout.write` cannot write at once is lost without an error where PYTHONUNBUFFERED is set.
    """
    if sys.stdout is None:  # it was closed before we began
        return not content
    encoded = content.encode(sys.stdout.encoding, "replace") if isinstance(content, str) else content
    file = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
    view = memoryview(encoded)
    try:
        sys.stdout.flush()
        while view:
            written = file.write(view)
            if written is None:  # as much as a pipe takes: it does not block
                select.select([], [file], [])
            else:
                view = view[written:]
    except OSError as error:
        say_why(error)
        return False
    return True


def drain(source: int) -> None:
    """Take in what is left of a refused request for a moment, so that a caller still writing does not get EPIPE."""
    if not hasattr(select, "poll") or not _is_written_to(source):
        return
    poll = select.poll()
    poll.register(source, select.POLLIN)
    ends = time.monotonic() + _DRAIN_SECONDS
    with contextlib.suppress(OSError, MemoryError):
        while (remaining := ends - time.monotonic()) > 0 and poll.poll(remaining * 1000) and os.read(source, 1 << 20):
            pass


def _is_written_to(source: int) -> bool:
    """Tell whether it is a pipe or a socket: a file has no writer to wait for, nor has a terminal."""
    with contextlib.suppress(OSError):
        mode = os.fstat(source).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def leave(code: int) -> NoReturn:
    """End the process now, flushed; with 5 in place of 0 where stdout did not take what was printed."""
    try:
        sys.stdout.flush()
    except OSError as error:
        say_why(error)
        code = code or CANCELLED_EXIT
    except (ValueError, AttributeError):  # it is closed
        pass
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(code)


def print_line(text: str) -> None:
    """Print a line on stdout as soon as it is known; where it cannot be written, end the process with 5."""
    if not write_stdout(f"{text}\n"):
        leave(CANCELLED_EXIT)


def say_why(error: OSError) -> None:
    """Say on stderr why stdout could not be written."""
    if error.errno not in (errno.EPIPE, errno.ECONNRESET):  # a reader who has gone knows why
        write_stderr(f"The output could not be written: {str(error.strerror).lower()}.\n")
