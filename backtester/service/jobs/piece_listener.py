"""Answers what a warm process asks about the pieces that machines share, out of the store."""

from __future__ import annotations

from collections.abc import Callable

from backtester.runtime.running_request import Claimed
from backtester.service.jobs.job import Claim, SharedWork
from backtester.service.jobs.stores.job_store import HeartbeatReply, PieceStore, StoreError


class Answering:
    """The pieces of a job that this worker runs. With a store that has none, or is away, the run goes on alone."""

    def __init__(self, store: PieceStore | None, claim: Claim, wake: Callable[[int], None]) -> None:
        """Take the claim of the job. wake: wakes so many workers."""
        self._store, self._claim, self._wake = store, claim, wake
        self._work: SharedWork | None = None

    def claim_piece(self, question: str, count: int, result_id: str | None) -> Claimed | None:
        """As RunListener has it; the first claim has other workers help. result_id: of the run."""
        if self._store is None or result_id is None:
            return None
        begins, claim = self._work is None, self._claim
        self._work = SharedWork(
            id=claim.id, owner=claim.owner, request=claim.request, whole=result_id + question,
            traceparent=claim.traceparent,
        )  # fmt: skip
        try:
            claimed = self._store.claim_piece(self._work, "", count=count, attempt=claim.attempt)
        except StoreError:
            return None
        if begins and claimed is not None:
            self._wake(count - 1)
        return claimed

    def hand_in_piece(self, number: int, result: bytes) -> None:
        """As RunListener has it: another attempt finds it."""
        if self._store is not None and self._work is not None:
            _hand_in(self._store, self._work, number, result)

    def piece(self, number: int) -> bytes:
        """As RunListener has it."""
        if self._store is None or self._work is None:
            return b""
        try:
            return self._store.piece(self._work, number) or b""
        except StoreError:
            return b""

    def forget(self) -> None:
        """Delete the pieces: the job has ended. What cannot be deleted expires."""
        if self._store is not None and self._work is not None:
            try:
                self._store.forget_pieces(self._work)
            except StoreError:
                return


class Helping:
    """The pieces of a job that another worker runs: a RunListener of a run that has no document."""

    def __init__(self, store: PieceStore, work: SharedWork, holder: str, goes_on: Callable[[], bool]) -> None:
        """Take the work. holder: the name that claims pieces. goes_on: read before each; False claims no more."""
        self.asked = False  # for a piece: the prices here are those of the job
        self.completed = 0
        self._store, self._work, self._holder, self._goes_on = store, work, holder, goes_on

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Report nothing: the worker that runs the job does."""

    def should_compute(self, result_id: str) -> bool:
        """Return True: nothing else is known of the result."""
        return True

    def claim_piece(self, question: str, count: int) -> Claimed | None:
        """As RunListener has it."""
        self.asked = True
        if not self._goes_on():
            return None
        try:
            return self._store.claim_piece(self._work, self._holder, count=count)
        except StoreError:
            return None

    def hand_in_piece(self, number: int, result: bytes) -> None:
        """As RunListener has it."""
        _hand_in(self._store, self._work, number, result)
        self.completed += 1

    def piece(self, number: int) -> bytes:
        """Return nothing: who helps needs no results of others."""
        return b""

    def hold(self) -> HeartbeatReply:
        """Prolong the leases; `lost`: the work is not wanted any more."""
        try:
            return self._store.hold_pieces(self._work, self._holder)
        except StoreError:
            return "go on"


def _hand_in(store: PieceStore, work: SharedWork, number: int, result: bytes) -> None:
    try:
        store.complete_piece(work, number, result)
    except StoreError:  # the piece is claimed again
        return
