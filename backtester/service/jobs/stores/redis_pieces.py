"""The pieces of running jobs that machines share, in Redis: scripts/prelude.lua lists the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtester.runtime.running_request import Claimed
from backtester.service.jobs.job import SharedWork
from backtester.service.jobs.stores.job_store import HeartbeatReply
from backtester.service.jobs.stores.store_failures import StoreFailures, reaching

_PREFIX = "backtest:piece:"
_NONE_FREE, _NOT_RUNNING = -1, -2


class RedisPieces:
    """A PieceStore in Redis."""

    def __init__(
        self, failures: StoreFailures, ttl_ms: int, redis: Callable[[], Any], run: Callable[..., Any],
        run_after_writing: Callable[..., Any],
    ) -> None:  # fmt: skip
        """Take what a RedisStore has: its failures, the time to live of a document, its client and its scripts."""
        self.failures = failures
        self._ttl_ms = ttl_ms
        self._redis, self._run, self._run_after_writing = redis, run, run_after_writing

    @reaching
    def shared_work(self) -> SharedWork | None:
        """Return a running job with a free piece."""
        row = self._run("shared_work")
        if not row:
            return None
        job_id, owner, request, whole, trace = row
        return SharedWork(
            id=job_id.decode(), owner=owner.decode(), request=request, whole=whole.decode(),
            traceparent=trace.decode(),
        )  # fmt: skip

    @reaching
    def claim_piece(self, work: SharedWork, holder: str, *, count: int, attempt: int | None = None) -> Claimed | None:
        """Return the number of a free piece, or None, and the numbers of the completed ones."""
        number, *completed = self._run(
            "claim_piece", work.id, holder if attempt is None else f"attempt {attempt}",
            "" if attempt is None else attempt, work.whole, count, self._ttl_ms,
        )  # fmt: skip
        if number == _NOT_RUNNING:
            return None
        return None if number == _NONE_FREE else number, completed[0] if completed else []

    @reaching
    def hold_pieces(self, work: SharedWork, holder: str) -> HeartbeatReply:
        """Prolong the leases of a process that helps."""
        answer: HeartbeatReply = self._run("hold_pieces", work.id, holder).decode()
        return answer

    @reaching
    def complete_piece(self, work: SharedWork, number: int, result: bytes) -> None:
        """Store the result of a piece."""
        key = f"{_PREFIX}{work.whole}:{number}"
        self._run_after_writing(key, result, "complete_piece", work.id, work.whole, number)

    @reaching
    def piece(self, work: SharedWork, number: int) -> bytes | None:
        """Return the result of a piece."""
        result: bytes | None = self._redis().get(f"{_PREFIX}{work.whole}:{number}")
        return result

    @reaching
    def forget_pieces(self, work: SharedWork) -> None:
        """Delete the pieces."""
        self._run("forget_pieces", work.id)
