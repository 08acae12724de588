"""Runs the jobs of a worker: claims the next, has a warm process run it, reports its progress, ends or requeues it."""

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
from backtester.service.jobs.job_store import OF_THE_MOMENT, Flight, HeartbeatReply, JobStore, Outcome, StoreError
from backtester.service.service_settings import ServiceSettings

_WAIT_SECONDS = 0.1  # until a job is tried again whose result another job computes
_PATIENCE_SECONDS = 60.0  # how long a result waits for a store that cannot be reached
_HEARTBEATS_PER_LEASE = 4
_SLOWEST_HEARTBEAT = 0.5  # also the longest that a cancellation goes unnoticed


class Settled(Record):
    """How an attempt ended, for the log and for the next wake-up. seconds: its duration.

    outcome: `completed`, `reused` (the stored result of another job), `awaited` (another job computes it), `released`
    (the worker stops), `lost` (the lease had run out), or the error's code. again: seconds until the next attempt;
    None: there is none.
    """

    claim: Claim
    outcome: str
    seconds: float
    again: float | None = None


class JobRunner:
    """Runs one job after the other on one warm process. Not for use from several threads: it forks."""

    def __init__(
        self, store: JobStore, settings: ServiceSettings, name: str, *, hurry: Callable[[], bool] = lambda: False
    ) -> None:
        """Import everything and start the process. name: the worker's, as the store shows it.

        hurry: read while a job runs; True requeues the job, unfinished.
        """
        self._store = store
        self._settings = settings
        self._name = name
        self._pool = Pool(settings.runner, jobs=1)
        self._heartbeat_seconds = min(settings.lease_seconds / _HEARTBEATS_PER_LEASE, _SLOWEST_HEARTBEAT)
        self._hurry = hurry

    def claim(self, wake_up: str = "") -> Claim | None:
        """Claim the next job; None when none waits. wake_up: the id of its message. StoreError."""
        return self._store.claim(f"{self._name}:{wake_up}")

    def run(self, claim: Claim) -> Settled:
        """Run a claimed job, and end or requeue it. StoreError when the store stays away: then the lease runs out."""
        started = time.monotonic()
        attempt = _Attempt(self._store, claim, self._heartbeat_seconds)
        self._pool.submit(0, claim.request, attempt)
        finished = None
        while finished is None:
            self._pool.wait(seconds=self._heartbeat_seconds)
            attempt.keep_alive()
            if attempt.reply != "go on" or self._hurry():
                self._pool.cancel_all(cancelled_by("its caller"))
            finished = next(iter(self._pool.finished()), None)
        outcome, again = self._settle(claim, attempt, finished)
        return Settled(claim=claim, outcome=outcome, seconds=time.monotonic() - started, again=again)

    def close(self) -> None:
        """End the process."""
        self._pool.close()

    def _settle(self, claim: Claim, attempt: _Attempt, finished: Finished) -> tuple[str, float | None]:
        """End or requeue the job; return the outcome, and the seconds until the next attempt."""
        if attempt.reply == "lost":
            return "lost", None
        if finished.exit_code == 0:
            return self._hand_in_result(claim, attempt, finished.document)
        error = json.loads(finished.document)
        code = error["code"]
        if code == "CANCELLED" and attempt.reply != "cancel":  # the worker itself is to stop
            return self._again(claim, "released", 0.0, counted=False)
        again = error["retryable"] and claim.attempt < claim.max_attempts
        if again and code != "CANCELLED" and attempt.reply != "cancel":
            pause = self._settings.retry_seconds * 2 ** (claim.attempt - 1)
            return self._again(claim, code, pause, counted=True)
        status: Any = "cancelled" if code == "CANCELLED" else "failed"
        return self._hand_in(claim, Outcome(status=status, document=finished.document, code=code), code)

    def _hand_in_result(self, claim: Claim, attempt: _Attempt, document: bytes) -> tuple[str, float | None]:
        if not document and attempt.flight == "wait":
            return self._again(claim, "awaited", _WAIT_SECONDS, counted=False)
        if not document:
            ended = Outcome(status="completed", document=b"", result_id=attempt.result_id, shared=True)
            return self._hand_in(claim, ended, "reused")
        warned = _of_the_moment(document)
        shared = attempt.result_id is not None and not warned
        anonymous = without_request_id(document, claim.request_id)
        result_id = attempt.result_id or json.loads(document)["result_id"]
        ended = Outcome(status="completed", document=anonymous, result_id=result_id, shared=shared, warned=warned)
        return self._hand_in(claim, ended, "completed")

    def _hand_in(self, claim: Claim, ended: Outcome, outcome: str) -> tuple[str, float | None]:
        taken = self._retry(lambda: self._store.finish(claim, ended))
        return (outcome if taken else "lost"), None

    def _again(self, claim: Claim, outcome: str, seconds: float, *, counted: bool) -> tuple[str, float | None]:
        taken = self._retry(lambda: self._store.defer(claim, seconds=seconds, counted=counted))
        return (outcome, seconds) if taken else ("lost", None)

    def _retry(self, hand_in: Any) -> bool:
        """Call until the store answers: a result is not lost because the network was away for a moment."""
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
    """Reports a run to the store and holds its reply. A store that cannot be reached stops no run."""

    def __init__(self, store: JobStore, claim: Claim, heartbeat_seconds: float) -> None:
        self.reply: HeartbeatReply = "go on"
        self.flight: Flight = "compute"
        self.result_id: str | None = None
        self._store = store
        self._claim = claim
        self._heartbeat_seconds = heartbeat_seconds
        self._reported = time.monotonic()

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Report progress, at most ten times a second."""
        now = time.monotonic()
        if now - self._reported < LEAST_INTERVAL:
            return
        self._reported = now
        share = max(share_done(stage, completed, total), self._claim.progress)
        try:
            self.reply = self._store.report(self._claim, stage, share, completed, total)
        except StoreError:
            return

    def should_compute(self, identity: str) -> bool:
        """Return whether to compute the result: it is neither stored nor computed by another job."""
        self.result_id = identity
        try:
            self.flight = self._store.single_flight(self._claim, identity)
        except StoreError:
            self.flight = "compute"
        return self.flight == "compute"

    def keep_alive(self) -> None:
        """Send a heartbeat where the run has reported nothing for a while."""
        now = time.monotonic()
        if now - self._reported < self._heartbeat_seconds:
            return
        self._reported = now
        try:
            self.reply = self._store.heartbeat(self._claim)
        except StoreError:
            return
