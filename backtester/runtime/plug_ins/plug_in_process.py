"""The process that a plug-in's code runs in: forked for one question, it answers in frames and is ended.

It holds no descriptor but the pipe of its answer and a pipe to the log, so whatever it writes, and wherever, is an
answer to this question or a line in the log. The process that forked it never runs the plug-in's code. Its threads
may ask at once, each a process of its own.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from backtester.model.errors import BacktestError
from backtester.runtime.child import attempt
from backtester.runtime.frames import DONE, FrameReader, write_frame
from backtester.runtime.process import close_all_but, crashed, fork
from backtester.runtime.sandbox.kernel import die_with_parent, leave_memory, shared_memory
from backtester.runtime.stdio import log_traceback

LARGEST_LOG = 16 << 20  # bytes that the plug-in of a run may write to the log
_PIECE = 1 << 16
_PIPE_PIECES = 16  # more than a pipe holds that was not widened by root
_LOOK_MS = 50
_FAILED = 70
_TOO_MUCH = f"\nA plug-in wrote more than {LARGEST_LOG >> 20} MiB to the log. The rest is left out.\n"

Send = Callable[[bytes, bytes], None]


class PlugInProcesses:
    """Runs a plug-in's code for one run, each time in a process of its own."""

    def __init__(self, lock_down: Callable[..., None], *, ends: float = math.inf) -> None:
        """lock_down: called there, with `network`, before the plug-in's code.

        ends: on time.monotonic's clock, TimeoutError.
        """
        self._lock_down = lock_down
        self._ends = ends
        self._log_left = LARGEST_LOG
        self._logging = threading.Lock()

    def ask(
        self, work: Callable[[Send], None], refuse: Callable[[BacktestError, Send], None], receive: Send, *,
        longest: int, network: bool = False,
    ) -> None:  # fmt: skip
        """Have a process do `work` and pass each frame that it sends to `receive`.

        refuse: called there with the error that the work ended in. receive: raises what the frames amount to.
        longest: bytes of a frame. network: it may connect. WORKER_CRASHED where it ends without its last frame,
        MalformedError.
        """

        def locked_down(send: Send) -> None:
            self._lock_down(network=network)
            work(send)

        child, answers, log = _forked(locked_down, refuse)
        done = False
        try:
            done = self._follow(child, FrameReader(answers, longest=longest), log, receive)
        finally:
            child.end()
            for _ in range(_PIPE_PIECES):  # not until its end: something that was left behind may hold it open
                if not self._pass_on(log):
                    break
            os.close(answers)
            os.close(log)
        if not done:
            raise crashed(child.status)

    def _follow(self, child: _Forked, reader: FrameReader, log: int, receive: Send) -> bool:
        """Take in what the process says until its last frame; False where it ended without one."""
        poll = select.poll()
        poll.register(reader.descriptor, select.POLLIN)
        poll.register(log, select.POLLIN)
        has_ended = False
        while True:
            while (received := reader.next()) is not None:
                if received[0] == DONE:
                    return True
                receive(*received)
            if reader.ended:
                return False
            if time.monotonic() > self._ends:
                raise TimeoutError
            ready = dict(poll.poll(_LOOK_MS))
            if log in ready and not self._pass_on(log):
                poll.unregister(log)
            if reader.descriptor in ready:
                reader.fill()
            elif not ready:
                if has_ended:  # something that it left behind holds the pipes open
                    return False
                has_ended = child.has_ended()  # and may have answered since the pipes were looked at

    def _pass_on(self, log: int) -> bool:
        """Pass a piece of what was written for the log on to it, as long as there is room; False where there is none.

        What exceeds the limit is read all the same: the plug-in does not wait for it.
        """
        try:
            piece = os.read(log, _PIECE)
        except OSError:
            return False
        with self._logging:
            if self._log_left > 0 and piece:
                _write_log(piece[: self._log_left])
                self._log_left -= len(piece)
                if self._log_left <= 0:
                    _write_log(_TOO_MUCH.encode())
        return bool(piece)


class _Forked:
    """A process that was forked. status: as waitstatus_to_exitcode has it, None until it has ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.status: int | None = None

    def has_ended(self, options: int | None = None) -> bool:
        """Take in its status; False where it has not ended."""
        ended, status = os.waitpid(self._pid, os.WNOHANG if options is None else options)
        self.status = os.waitstatus_to_exitcode(status) if ended else None
        return bool(ended)

    def end(self) -> None:
        """Kill it where it has not ended."""
        if self.status is None:
            os.kill(self._pid, signal.SIGKILL)
            self.has_ended(0)


def _forked(
    work: Callable[[Send], None], refuse: Callable[[BacktestError, Send], None]
) -> tuple[_Forked, int, int]:  # fmt: skip
    """Fork a process that does `work`; return it and the descriptors of its answers and its log.

    It begins only once it is known which memory it shares: another thread may have mapped some of the store meanwhile,
    and then there is another fork.
    """
    while True:
        pipes = (answers, answer), (log, lines), (begin, begins) = os.pipe(), os.pipe(), os.pipe()
        parent, shared = os.getpid(), shared_memory()
        pid = fork()
        if pid == 0:
            _become_it(work, refuse, parent, shared, begin=begin, answer=answer, lines=lines, begins=begins)
        child = _Forked(pid)
        known = shared_memory() == shared
        if known:
            os.set_blocking(log, False)
            os.write(begins, b"!")
        for descriptor in (answer, lines, begin, begins) if known else (each for pipe in pipes for each in pipe):
            os.close(descriptor)
        if known:
            return child, answers, log
        child.end()


def _become_it(
    work: Callable[[Send], None], refuse: Callable[[BacktestError, Send], None], parent: int,
    shared: list[tuple[int, int]], *, begin: int, begins: int, answer: int, lines: int,
) -> NoReturn:  # fmt: skip
    """Go on as the plug-in's process; never return to the code that forked."""
    status = _FAILED
    try:
        os.close(begins)
        if not os.read(begin, 1):
            os._exit(status)
        leave_memory(shared)
        os.dup2(lines, 1)
        os.dup2(lines, 2)
        close_all_but(answer)
        die_with_parent(parent)

        def send(kind: bytes, payload: bytes) -> None:
            write_frame(answer, kind, payload)

        error = attempt(lambda: work(send))
        if error is not None:
            refuse(error, send)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        send(DONE, b"")
        status = 0
    except BaseException as error:
        log_traceback(error)
    finally:
        os._exit(status)


def _write_log(text: bytes) -> None:
    """Write to stderr, waiting for its reader; nothing where it has gone."""
    view = memoryview(text)
    with contextlib.suppress(OSError):
        while view:
            view = view[os.write(2, view) :]
