"""Starts, watches and ends a child process: forked where there is fork, else a subprocess."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from backtester.model.errors import BacktestError, InternalError, from_exception
from backtester.model.system_limits import NoProcessError
from backtester.runtime.frames import FrameReader, write_frame
from backtester.settings import Settings

if TYPE_CHECKING:
    import subprocess

_PIPE_BYTES = 1 << 20
CAN_FORK = hasattr(os, "fork")
_OUT_OF_MEMORY_EXIT = 71  # a child that had no memory left to answer with


class CallerGoneError(Exception):
    """The reader of our stdout has gone."""


class ChildProcess:
    """A child process that works on one request, or one after the other, with everything that it started."""

    def __init__(self, settings: Settings, *, pretty: bool = False, fork: bool = CAN_FORK, warm: int = 0) -> None:
        """Start it.

        fork: False starts a subprocess instead. warm: the cores of one that serves one request after the other,
        checking them itself (see `worker_child`); it is forked.
        """
        self.exit_status: int | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        if fork or warm:
            self._fork(settings, pretty=pretty, warm=warm)
        else:
            self._spawn(pretty=pretty)
        self.reader = FrameReader(self._answers, longest=settings.memory_mb << 20)
        self._ended: tuple[int, ...] | None = ()  # a descriptor that can be read once the process has ended
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                self._ended = (os.pidfd_open(self.pid),)

    def _fork(self, settings: Settings, *, pretty: bool, warm: int) -> None:
        requests, self._requests = os.pipe()
        opened = [requests, self._requests]
        try:
            self._answers, answers = os.pipe()
            opened += [self._answers, answers]
            widen(answers)
            parent = os.getpid()
            self.pid = fork()
        except OSError:  # no descriptors left, or no processes
            for descriptor in opened:
                os.close(descriptor)
            raise
        if self.pid == 0:
            os.close(self._requests)
            os.close(self._answers)
            _become_child(requests, answers, parent, settings, pretty=pretty, warm=warm)
        os.close(requests)
        os.close(answers)

    def _spawn(self, *, pretty: bool) -> None:
        import subprocess  # ten milliseconds that only systems without fork pay

        popen = self._popen = subprocess.Popen(  # noqa: S603  our own interpreter and our own code
            command_of_child(pretty=pretty), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=os.name != "nt",
        )  # fmt: skip
        assert popen.stdin is not None
        assert popen.stdout is not None
        self.pid = popen.pid
        self._requests, self._answers = popen.stdin.fileno(), popen.stdout.fileno()

    def send(self, kind: bytes, payload: bytes) -> None:
        """Send a frame. A worker that is gone is noticed where its answer is awaited."""
        with contextlib.suppress(OSError):
            write_frame(self._requests, kind, payload)

    def next_frame(self, deadline: float, caller: int | None) -> tuple[bytes, bytes] | None:
        """Wait for a frame; None when the worker ended without one. MalformedError.

        deadline: on time.monotonic's clock, TimeoutError. caller: a descriptor whose reader may go, CallerGoneError.
        """
        while True:
            frame = self.reader.next()
            if frame is not None or self.reader.ended:
                return frame
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            ready = wait_for(self.watched, caller, remaining)
            if self._answers in ready:
                self.reader.fill()
            elif ready:  # it ended, and something that it left behind holds its end of the pipe
                return None

    @property
    def requests(self) -> int:
        """The descriptor that its frames are written to."""
        return self._requests

    @property
    def watched(self) -> list[int]:
        """The descriptors that can be read when it said something, or ended."""
        return [self._answers, *(self._ended or ())]

    def end(self, *, descendants: bool = False) -> None:
        """Kill what is left of it, and reap it. descendants: also those that moved to a session of their own."""
        if self._ended is not None:
            self._end()
        if descendants:
            kill_orphans()

    def _end(self) -> None:
        if hasattr(os, "killpg"):
            for kill in (os.killpg, os.kill):  # it may not have a group of its own yet
                with contextlib.suppress(OSError):
                    kill(self.pid, signal.SIGKILL)
        if self._popen is not None:
            self._popen.kill()
            self.exit_status = self._popen.wait()
            for pipe in (self._popen.stdin, self._popen.stdout):
                if pipe is not None:
                    pipe.close()
        else:
            with contextlib.suppress(ChildProcessError):
                self.exit_status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._requests)
            os.close(self._answers)
        for descriptor in self._ended or ():
            os.close(descriptor)
        self._ended = None  # from here on its number, and its descriptors', may be another's


def fork() -> int:
    """Fork this process. NoProcessError where there are too many; EAGAIN of any other call means something else."""
    try:
        return os.fork()
    except BlockingIOError as error:
        raise NoProcessError(*error.args) from None


def command_of_program(*arguments: str) -> list[str]:
    """Return the command that runs this very program, with arguments, in an interpreter of its own."""
    return [*_command("from backtester.__main__ import main; main()"), *arguments]


def command_of_child(*, pretty: bool) -> list[str]:
    """Return the command of a single run's child that is not forked: it serves frames on stdin and stdout."""
    return _command(f"from backtester.runtime.child import main; main({pretty!r})")


def _command(code: str) -> list[str]:
    """Return the command of code that imports this package, wherever it is started and whatever lies in that folder."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {root!r}); {code}"]


def _become_child(requests: int, answers: int, parent: int, settings: Settings, *, pretty: bool, warm: int) -> NoReturn:
    """Go on as the child; never return to the code that forked."""
    status = 70
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        close_all_but(requests, answers)
        if warm:
            from backtester.runtime.worker_child import serve_many

            serve_many(requests, answers, parent=parent, settings=settings, cores=warm)
        from backtester.runtime.child import serve_one

        serve_one(requests, answers, parent=parent, settings=settings, pretty=pretty)
    except BrokenPipeError:
        status = 0  # the parent has gone: there is no reader
    except BaseException as error:
        if from_exception(error).code == "MEMORY_LIMIT":
            os._exit(_OUT_OF_MEMORY_EXIT)
        from backtester.runtime.stdio import log_traceback

        log_traceback(error)
    finally:
        os._exit(status)


def crashed(status: int | None) -> BacktestError:
    """Return the error of a child that ended before its answer. status: as waitstatus_to_exitcode has it."""
    if status == _OUT_OF_MEMORY_EXIT:  # not that of the run, which its process would have told of
        return from_exception(MemoryError())
    return InternalError("WORKER_CRASHED", f"The child process {how_it_ended(status)} before it answered.")


def how_it_ended(status: int | None) -> str:
    """Say in words what a process's exit status means."""
    if status is None or status >= 0:
        return "ended" if status is None else f"exited with status {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


def widen(pipe: int) -> None:
    """Let a pipe hold a whole result (Linux), so that its writer need not wait for its reader page by page."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def close_all_but(*descriptors: int) -> None:
    """Close every descriptor but the standard three and these: the child has no use for the caller's stdout."""
    below = 3
    for descriptor in sorted(descriptors):
        os.closerange(below, descriptor)
        below = descriptor + 1
    os.closerange(below, max(below, 65536))


def wait_for(readable: list[int], caller: int | None, seconds: float) -> list[int]:
    """Return which of the descriptors can be read, none of them when time is up.

    CallerGoneError when the reader of `caller` goes away.
    """
    if not hasattr(select, "poll"):  # Windows: pipes cannot be polled; a read returns when the worker writes or ends
        return readable[:1]
    poll = select.poll()
    for descriptor in readable:
        poll.register(descriptor, select.POLLIN)
    if caller is not None:
        poll.register(caller, 0)  # errors and hang-ups are reported without being asked for
    events = dict(poll.poll(min(seconds * 1000 + 1, 2**30)))
    ready = [descriptor for descriptor in readable if descriptor in events]
    if not ready and caller in events:
        raise CallerGoneError
    return ready


def adopt_orphans() -> bool:
    """Make this process the parent of descendants that lose theirs, so that a daemonised one can be found.

    Linux only, False elsewhere. Called before code that is not ours (a plug-in strategy) is run.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # two milliseconds that only plug-ins pay

    set_child_subreaper = 36
    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0)
    return False


def kill_orphans(spared: frozenset[int] = frozenset()) -> None:
    """Kill and reap every process that has become a child of this one, but those spared, until there is none."""
    for _ in range(100):
        try:
            with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
                children = [pid for pid in map(int, file.read().split()) if pid not in spared]
        except OSError:
            return
        if not children:
            return
        for pid in children:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
