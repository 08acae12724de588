"""Pieces of a question that several machines compute: the process that answers it, and those that help it.

Each claims one piece after the other, through its parent, from the store of jobs, and hands in what it comes to. The
process that answers computes pieces itself until none is left, takes the results of the others, and claims again what
a lost one had: it never depends on help.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from backtester.codec.arrays import pack, unpack
from backtester.pipeline import Done
from backtester.runtime.pieces.piece_frames import PieceClient
from backtester.runtime.pieces.pieces import as_completed

_PAUSE_SECONDS = 0.05  # between two looks at pieces that others compute


def shared_out(
    work: Callable[[Any, Done], Any], pieces: Sequence[Any], *, done: Done, processes: int, client: PieceClient,
    question: str,
) -> Iterator[Any]:  # fmt: skip
    """Yield the result of each piece, in their order, computed with others; nothing where this process only helps.

    pieces: each says its `runs`. Parameters as `Isolation.each`.
    """
    shared = _Shared(client, question, len(pieces))

    def numbered(number: int, report: Done) -> Any:
        return work(pieces[number], report)

    while True:
        for number, result in as_completed(numbered, shared.claimed(), done=done, processes=processes):
            client.hand_in_piece(number, pack(result))
            shared.results[number] = result
        if client.helping:
            return
        for number in shared.taken_over():
            done(pieces[number].runs)
        if len(shared.results) == len(pieces):
            break
        time.sleep(0 if shared.alone else _PAUSE_SECONDS)
    for number in range(len(pieces)):
        yield shared.results.pop(number)


class _Shared:
    """What is known of the pieces. results: by number. alone: the others cannot be asked."""

    def __init__(self, client: PieceClient, question: str, count: int) -> None:
        self.results: dict[int, Any] = {}
        self.alone = False
        self._client, self._question, self._count = client, question, count
        self._completed: list[int] = []
        self._begun: set[int] = set()  # by this process
        self._own: list[int] = []  # that no other worker computes any more

    def claimed(self) -> Iterator[int]:
        """Yield the numbers of pieces that this process is to compute, one when it is asked for."""
        while not self.alone:
            claim = self._client.claim_piece(self._question, self._count)
            if claim is None:
                self.alone = True
                break
            number, self._completed = claim
            if number is None:
                break
            if number in self._begun or not 0 <= number < self._count:  # the store has lost what it knew
                self.alone = True
                break
            self._begun.add(number)
            yield number
        if self.alone and not self._client.helping:
            self._own = [number for number in range(self._count) if number not in self.results]
        while self._own:
            number = self._own.pop()
            if number not in self._begun:
                self._begun.add(number)
                yield number

    def taken_over(self) -> Iterator[int]:
        """Take the results of others, and yield their numbers."""
        for number in self._completed:
            if number in self.results or not 0 <= number < self._count:
                continue
            try:
                self.results[number] = unpack(self._client.piece(number))
            except ValueError:  # it has expired, or is no result
                self._own.append(number)
            else:
                yield number
