"""Pieces of work on many cores: forked processes compute them, and their results arrive as bytes.

They die with the process that forked them, and are of its session and its sandbox; what it prints goes to stderr.
Together they take no more memory than it may. A piece whose process ends without a result (an exception, its memory) is
computed here after all others, alone: so an error is the one that it would have been without them.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from backtester.codec.arrays import pack, unpack
from backtester.pipeline import Done, Piece
from backtester.runtime.child import limit_memory, memory_left
from backtester.runtime.frames import PROGRESS, TEXT, FrameReader, write_frame
from backtester.runtime.process import CAN_FORK, close_all_but, fork
from backtester.runtime.sandbox.kernel import die_with_parent

MOST_PROCESSES = 64
_LEAST_MEMORY_MB = 128  # of a process
_NUMBER = struct.Struct("<q")
Numbered = Callable[[int, Done], Any]  # the work on the piece of a number


def in_order(
    work: Callable[[Piece, Done], Any], pieces: Sequence[Piece], *, done: Done, processes: int
) -> Iterator[Any]:
    """Yield the result of each piece, in their order. Parameters as `Isolation.each`."""

    def numbered(number: int, report: Done) -> Any:
        return work(pieces[number], report)

    waiting: dict[int, Any] = {}
    following = 0
    for number, result in as_completed(numbered, iter(range(len(pieces))), done=done, processes=processes):
        waiting[number] = result
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def as_completed(
    work: Numbered, numbers: Iterator[int], *, done: Done, processes: int
) -> Iterator[tuple[int, Any]]:  # fmt: skip
    """Yield the number and the result of each piece as it is completed.

    numbers: asked for the next one whenever a process is free.
    """
    crew = _Processes(work, done, most=_affordable(processes))
    left: list[int] = []
    try:
        while True:
            while crew.has_room and (number := next(numbers, None)) is not None:
                if not crew.begin(number):
                    yield number, work(number, done)
            if not crew.busy:
                break
            yield from crew.completed(left)
    finally:
        crew.end()
    for number in left:
        yield number, work(number, done)


def _affordable(processes: int) -> int:
    """Return how many processes there can be: 0, where a single one would gain nothing."""
    memory = memory_left()
    if memory is not None:
        processes = min(processes, memory // _LEAST_MEMORY_MB - 1)
    return min(processes, MOST_PROCESSES) if processes > 1 and CAN_FORK else 0


class _Processes:
    """Forked processes, at most so many; each has one piece at a time."""

    def __init__(self, work: Numbered, done: Done, *, most: int) -> None:
        self._work, self._done, self._most = work, done, most
        memory = memory_left()
        self._memory_mb = None if memory is None else memory // (most + 1)
        self._idle: list[_Process] = []
        self.busy: dict[int, _Process] = {}  # by the descriptor of its answers

    @property
    def has_room(self) -> bool:
        """Whether another piece can begin; always where there are no processes."""
        return len(self.busy) < self._most or not self._most

    def begin(self, number: int) -> bool:
        """Begin a piece; False where there is no process for it."""
        if not self._idle and len(self.busy) < self._most:
            try:
                self._idle.append(_Process(self._work, self._memory_mb))
            except OSError:  # no more processes to be had, or none is allowed
                self._most = len(self.busy)
        if not self._idle:
            return False
        process = self._idle.pop()
        self.busy[process.answers] = process
        process.begin(number)
        return True

    def completed(self, left: list[int]) -> Iterator[tuple[int, Any]]:
        """Wait, and yield what was completed meanwhile. left: takes the pieces whose process ended without it."""
        poll = select.poll()
        for descriptor in self.busy:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll():
            process = self.busy[descriptor]
            process.reader.fill()
            while (frame := process.reader.next()) is not None:
                if frame[0] == PROGRESS:
                    runs = _NUMBER.unpack(frame[1])[0]
                    process.reported += runs
                    self._done(runs)
                else:
                    self._idle.append(self.busy.pop(descriptor))
                    yield process.number, unpack(frame[1])
            if process.reader.ended and descriptor in self.busy:
                self._done(-process.reported)
                left.append(process.number)
                self.busy.pop(descriptor).end()

    def end(self) -> None:
        """End every process, with what it is doing."""
        for process in (*self._idle, *self.busy.values()):
            process.end()


class _Process:
    """One of them. number: of its piece; reported: runs of it that are done."""

    def __init__(self, work: Numbered, memory_mb: int | None) -> None:
        """Fork it. OSError."""
        requests, self._requests = os.pipe()
        opened = [requests, self._requests]
        try:
            self.answers, answers = os.pipe()
            opened += [self.answers, answers]
            parent = os.getpid()
            self._pid = fork()
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            raise
        if self._pid == 0:
            _become_it(work, requests, answers, parent, memory_mb)
        os.close(requests)
        os.close(answers)
        self.reader = FrameReader(self.answers)
        self.number, self.reported = -1, 0

    def begin(self, number: int) -> None:
        """Give it a piece. That it has gone is noticed where its answer is awaited."""
        self.number, self.reported = number, 0
        with contextlib.suppress(OSError):
            os.write(self._requests, _NUMBER.pack(number))

    def end(self) -> None:
        """Kill and reap it."""
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._requests)
        os.close(self.answers)


def _become_it(work: Numbered, requests: int, answers: int, parent: int, memory_mb: int | None) -> NoReturn:
    """Go on as the forked process; never return to the code that forked. What goes wrong shows where it is repeated."""
    try:
        close_all_but(requests, answers)
        die_with_parent(parent)
        if memory_mb is not None:
            limit_memory(memory_mb)

        def report(runs: int) -> None:
            write_frame(answers, PROGRESS, _NUMBER.pack(runs))

        while number := os.read(requests, _NUMBER.size):
            write_frame(answers, TEXT, pack(work(_NUMBER.unpack(number)[0], report)))
    finally:
        os._exit(0)
