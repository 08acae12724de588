"""What a worker does: takes the job whose turn it is, has it run by a warm process, says how far it is, settles it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from backtester.codec.document import without_request_id
from backtester.model.errors import cancelled_by
from backtester.model.record import Record
from backtester.runtime.pool import Finished, Pool
from backtester.runtime.progress import LEAST_INTERVAL, share_done
from backtester.service.jobs.job import Claim
from backtester.service.jobs.job_store import OF_THE_MOMENT, Heartbeat, JobStore, Outcome, StoreError, Turn
from backtester.service.settings import ServiceSettings

# an attempt that ended on one of these is followed by another: the next may fare better
RETRIED = frozenset({"DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED", "WORKER_CRASHED"})
_WAIT_SECONDS = 0.1  # before asking again for a result that another is computing
_PATIENCE_SECONDS = 60.0  # with a store that cannot be reached, when there is a result to hand in
_BEATS_IN_A_LEASE = 4
_SLOWEST_BEAT = 0.5  # also how long a cancellation may go unnoticed


class Settled(Record):
    """How an attempt went, for logs and for whoever wakes the next worker. seconds: of the attempt.

    again: in how many seconds the job wants another attempt, None: it does not.
    """

    claim: Claim
    came_to: str
    seconds: float
    again: float | None = None


class JobRunner:
    """Runs one job after the other on one warm process. Not for use from several threads: it forks."""

    def __init__(
        self, store: JobStore, settings: ServiceSettings, name: str, *, hurry: Callable[[], bool] = lambda: False
    ) -> None:
        """Import everything and start the process. name: who it is, for whoever looks into the store.

        hurry: asked while a job runs; True has it given back to the queue, unfinished.
        """
        self._store = store
        self._settings = settings
        self._name = name
        self._pool = Pool(settings.runner, jobs=1)
        self._beat_seconds = min(settings.lease_seconds / _BEATS_IN_A_LEASE, _SLOWEST_BEAT)
        self._hurry = hurry

    def claim(self, permit: str = "") -> Claim | None:
        """Take the job whose turn it is; None when nothing waits. StoreError."""
        return self._store.claim(f"{self._name}:{permit}")

    def run(self, claim: Claim) -> Settled:
        """Run a job that was taken, and settle it. StoreError when the store stayed away: then its lease runs out."""
        started = time.monotonic()
        attempt = _Attempt(self._store, claim, self._beat_seconds)
        self._pool.submit(0, claim.request, attempt)
        finished = None
        while finished is None:
            self._pool.wait(seconds=self._beat_seconds)
            attempt.keep_alive()
            if attempt.told != "go on" or self._hurry():
                self._pool.cancel_all(cancelled_by("its caller"))
            finished = next(iter(self._pool.finished()), None)
        came_to, again = self._settle(claim, attempt, finished)
        return Settled(claim=claim, came_to=came_to, seconds=time.monotonic() - started, again=again)

    def close(self) -> None:
        """End the process."""
        self._pool.close()

    def _settle(self, claim: Claim, attempt: _Attempt, finished: Finished) -> tuple[str, float | None]:
        """Hand in what came of an attempt; return what that was, and when the job wants another."""
        if attempt.told == "lost":
            return "lost", None
        if finished.exit_code == 0:
            return self._hand_in_result(claim, attempt, finished.document)
        code = json.loads(finished.document)["code"]
        if code == "CANCELLED" and attempt.told != "cancel":  # the worker itself is to stop
            return self._again(claim, "released", 0.0, counted=False)
        if code in RETRIED and claim.attempt < claim.max_attempts and attempt.told != "cancel":
            pause = self._settings.retry_seconds * 2 ** (claim.attempt - 1)
            return self._again(claim, code, pause, counted=True)
        status: Any = "cancelled" if code == "CANCELLED" else "failed"
        return self._hand_in(claim, Outcome(status=status, document=finished.document, code=code), code)

    def _hand_in_result(self, claim: Claim, attempt: _Attempt, document: bytes) -> tuple[str, float | None]:
        if not document and attempt.turn == "wait":
            return self._again(claim, "awaited", _WAIT_SECONDS, counted=False)
        if not document:
            outcome = Outcome(status="done", document=b"", result_id=attempt.result_id, shared=True)
            return self._hand_in(claim, outcome, "reused")
        warned = _of_the_moment(document)
        shared = attempt.result_id is not None and not warned
        anybodys = without_request_id(document, claim.request_id)
        result_id = attempt.result_id or json.loads(document)["result_id"]
        outcome = Outcome(status="done", document=anybodys, result_id=result_id, shared=shared, warned=warned)
        return self._hand_in(claim, outcome, "done")

    def _hand_in(self, claim: Claim, outcome: Outcome, came_to: str) -> tuple[str, float | None]:
        taken = self._insist(lambda: self._store.finish(claim, outcome))
        return (came_to if taken else "lost"), None

    def _again(self, claim: Claim, came_to: str, seconds: float, *, counted: bool) -> tuple[str, float | None]:
        taken = self._insist(lambda: self._store.defer(claim, seconds=seconds, counted=counted))
        return (came_to, seconds) if taken else ("lost", None)

    def _insist(self, hand_in: Any) -> bool:
        """Try until the store takes it: work is not thrown away because the network was gone for a moment."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return bool(hand_in())
            except StoreError:
                if time.monotonic() > ends or self._hurry():
                    raise
                time.sleep(0.2)


def _of_the_moment(document: bytes) -> tuple[str, ...]:
    warnings = document[document.rfind(b'"warnings":[') :]  # near the end: the long blocks stand before
    return tuple(code for code in OF_THE_MOMENT if f'"{code}"'.encode() in warnings)


class _Attempt:
    """Listens to a run on behalf of its job. A store that cannot be reached stops no run."""

    def __init__(self, store: JobStore, claim: Claim, beat_seconds: float) -> None:
        self.told: Heartbeat = "go on"
        self.turn: Turn = "compute"
        self.result_id: str | None = None
        self._store = store
        self._claim = claim
        self._beat_seconds = beat_seconds
        self._heard = time.monotonic()

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Pass on how far it is, at most ten times a second."""
        now = time.monotonic()
        if now - self._heard < LEAST_INTERVAL:
            return
        self._heard = now
        share = max(share_done(stage, completed, total), self._claim.progress)
        try:
            self.told = self._store.report(self._claim, stage, share, completed, total)
        except StoreError:
            return

    def should_compute(self, identity: str) -> bool:
        """Ask whether the result is known, or somebody computes it."""
        self.result_id = identity
        try:
            self.turn = self._store.turn(self._claim, identity)
        except StoreError:
            self.turn = "compute"
        return self.turn == "compute"

    def keep_alive(self) -> None:
        """Say that the run goes on, where it has said nothing itself for a while."""
        now = time.monotonic()
        if now - self._heard < self._beat_seconds:
            return
        self._heard = now
        try:
            self.told = self._store.beat(self._claim)
        except StoreError:
            return
