"""Runs the jobs of a worker: claims the next, has a warm process run it, reports its progress, ends or requeues it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import structlog

from backtester.codec.document import without_request_id
from backtester.model.errors import cancelled_by
from backtester.model.record import Record
from backtester.runtime.pool import Finished, Pool
from backtester.runtime.progress import LEAST_INTERVAL, share_done
from backtester.runtime.running_request import Claimed
from backtester.service.jobs.job import Claim
from backtester.service.jobs.piece_listener import Answering, Helping
from backtester.service.jobs.stores.job_store import (
    OF_THE_MOMENT,
    Flight,
    HeartbeatReply,
    JobStore,
    Outcome,
    StoreError,
)
from backtester.service.service_settings import ServiceSettings
from backtester.service.telemetry.traces import span

log = structlog.get_logger("jobs")
NICE = 5  # of a worker: the API, where it shares the machine, goes first
REAP_SECONDS = 1.0  # from one look for jobs that have lost their worker to the next
_WAIT_SECONDS = 0.1  # until a job is tried again whose result another job computes
_PATIENCE_SECONDS = 60.0  # how long a result waits for a store that cannot be reached
_HEARTBEATS_PER_LEASE = 4
_SLOWEST_HEARTBEAT = 0.5  # also the longest that a cancellation goes unnoticed
_T = TypeVar("_T")


class Settled(Record):
    """How an attempt ended, for the log and for the next wake-up.

    outcome: `completed`, `reused` (the stored result of another job), `awaited` (another job computes it), `released`
    (the worker stops), `lost` (the lease had run out), or the error's code. again: seconds until the next attempt;
    None: there is none. following: the next job, which was claimed as this one ended.
    """

    outcome: str
    again: float | None = None
    following: Claim | None = None


class JobRunner:
    """Runs one job after the other on one warm process. Not for use from several threads: it forks."""

    def __init__(
        self, store: JobStore, settings: ServiceSettings, name: str, *, hurry: Callable[[], bool] = lambda: False,
        stops: Callable[[], bool] = lambda: False, wake: Callable[[int], None] = lambda count: None,
        cores: int | None = None,
    ) -> None:  # fmt: skip
        """Import everything and start the process. name: the worker's, as the store shows it.

        hurry: read while a job runs; True requeues the job, unfinished. stops: read before each piece of another
        worker's job; True claims no more. wake: wakes so many workers. cores: as Pool has it.
        """
        self._store = store
        self._settings = settings
        self._name = name
        self._pool = Pool(settings.runner, jobs=1, cores=cores)
        self._heartbeat_seconds = min(settings.lease_seconds / _HEARTBEATS_PER_LEASE, _SLOWEST_HEARTBEAT)
        self._hurry, self._stops, self._wake = hurry, stops, wake
        self._not_helped: set[str] = set()  # wholes of whose prices this worker has others

    def run(self, *, goes_on: Callable[[], bool], wake_up: str = "") -> Iterator[Settled]:
        """Claim and run one job after the other until none waits; yield how each ended. Help with others' jobs then.

        goes_on: read before each claim; False claims no more. wake_up: the id of Celery's message. StoreError when the
        store stays away: then the lease of the job runs out, and another attempt follows.
        """
        worker = f"{self._name}:{wake_up}"

        def next_for() -> str | None:
            return worker if goes_on() else None

        def claimed() -> Claim | None:
            while goes_on():
                found = self._store.claim(worker)
                if found is not None or not self._help(worker):
                    return found
            return None

        claim = claimed()
        while claim is not None:
            started = time.monotonic()
            try:
                with span("backtest", traceparent=claim.traceparent, job=claim.id, attempt=claim.attempt):
                    settled = self._run(_Attempt(self._store, claim, self._heartbeat_seconds, next_for, self._wake))
            except StoreError:
                log.warning("attempt_lost", job=claim.id, remedy="another follows once the lease has run out")
                raise
            log.info(
                "job", job=claim.id, owner=claim.owner, attempt=claim.attempt, outcome=settled.outcome,
                ms=round((time.monotonic() - started) * 1e3, 1),
            )  # fmt: skip
            yield settled
            claim = settled.following or claimed()

    def close(self) -> None:
        """End the process."""
        self._pool.close()

    def _help(self, worker: str) -> bool:
        """Compute pieces of a job that another worker runs; False where there are none."""
        store = self._store.pieces
        work = None if store is None else store.shared_work()
        if store is None or work is None or work.whole in self._not_helped:
            return False
        question = work.whole[work.whole.index("/") :]
        listener = Helping(store, work, worker, lambda: not (self._hurry() or self._stops()))
        with span("pieces", traceparent=work.traceparent, job=work.id):
            self._pool.submit(0, work.request, listener, helping=(question, work.whole.removesuffix(question)))
            while not (finished := self._pool.finished()):
                self._pool.wait(seconds=self._heartbeat_seconds)
                if self._hurry() or listener.hold() != "go on":
                    self._pool.cancel_all(cancelled_by("its caller"))
        if not listener.asked:
            self._not_helped.add(work.whole)
        log.info("helped", job=work.id, owner=work.owner, pieces=listener.completed, exit=finished[0].exit_code)
        return listener.completed > 0

    def _run(self, attempt: _Attempt) -> Settled:
        """Run a claimed job, keep its lease meanwhile, and end or requeue it."""
        self._pool.submit(0, attempt.claim.request, attempt)
        while True:
            self._pool.wait(seconds=self._heartbeat_seconds)
            attempt.keep_alive()
            if attempt.reply != "go on" or self._hurry():
                self._pool.cancel_all(cancelled_by("its caller"))
            for finished in self._pool.finished():
                settled = self._settle(attempt.claim, attempt, finished)
                if settled.again is None and settled.outcome != "lost":
                    attempt.pieces.forget()
                return settled

    def _settle(self, claim: Claim, attempt: _Attempt, finished: Finished) -> Settled:
        """End or requeue the job."""
        if attempt.reply == "lost":
            return Settled(outcome="lost")
        if finished.exit_code == 0 and not finished.document and attempt.flight == "wait":
            return self._again(claim, "awaited", _WAIT_SECONDS, counted=False)
        if finished.exit_code == 0:
            return self._hand_in(attempt, *_ended(claim, attempt, finished.document))
        error = json.loads(finished.document)
        code = error["code"]
        if code == "CANCELLED" and attempt.reply != "cancel":  # the worker itself is to stop
            return self._again(claim, "released", 0.0, counted=False)
        again = error["retryable"] and claim.attempt < claim.max_attempts
        if again and code != "CANCELLED" and attempt.reply != "cancel":
            pause = self._settings.retry_seconds * 2 ** (claim.attempt - 1)
            return self._again(claim, code, pause, counted=True)
        status: Any = "cancelled" if code == "CANCELLED" else "failed"
        return self._hand_in(attempt, Outcome(status=status, document=finished.document, code=code), code)

    def _hand_in(self, attempt: _Attempt, ended: Outcome, outcome: str) -> Settled:
        """End the job, and claim the next in the same call."""
        done = self._retry(lambda: self._store.finish(attempt.claim, ended, next_for=attempt.next_for()))
        return Settled(outcome=outcome if done.taken else "lost", following=done.claim)

    def _again(self, claim: Claim, outcome: str, seconds: float, *, counted: bool) -> Settled:
        taken = self._retry(lambda: self._store.defer(claim, seconds=seconds, counted=counted))
        return Settled(outcome=outcome, again=seconds) if taken else Settled(outcome="lost")

    def _retry(self, hand_in: Callable[[], _T]) -> _T:
        """Call until the store answers: a result is not lost because the network was away for a moment."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return hand_in()
            except StoreError:
                if time.monotonic() > ends or self._hurry():
                    raise
                time.sleep(0.2)


def _ended(claim: Claim, attempt: _Attempt, document: bytes) -> tuple[Outcome, str]:
    """Return the end of a run with a result, and its name in the log. document: empty where the result is known."""
    if not document:
        return Outcome(status="completed", document=b"", result_id=attempt.result_id, shared=True), "reused"
    warned = _of_the_moment(document)
    ended = Outcome(
        status="completed", document=without_request_id(document, claim.request_id), warned=warned,
        result_id=attempt.result_id or json.loads(document)["result_id"],
        shared=attempt.result_id is not None and not warned,
    )  # fmt: skip
    return ended, "completed"


def _of_the_moment(document: bytes) -> tuple[str, ...]:
    warnings = document[document.rfind(b'"warnings":[') :]  # near the end: the long blocks stand before
    return tuple(code for code in OF_THE_MOMENT if f'"{code}"'.encode() in warnings)


class _Attempt:
    """Reports a run to the store and holds its reply. A store that cannot be reached stops no run."""

    def __init__(
        self, store: JobStore, claim: Claim, heartbeat_seconds: float, next_for: Callable[[], str | None],
        wake: Callable[[int], None],
    ) -> None:  # fmt: skip
        """Take the claim. next_for: returns the worker that takes the next job; None: none does.

        wake: wakes so many workers.
        """
        self.pieces = Answering(store.pieces, claim, wake)
        self.reply: HeartbeatReply = "go on"
        self.flight: Flight = "compute"
        self.result_id: str | None = None
        self._store = store
        self.claim = claim
        self.next_for = next_for
        self._heartbeat_seconds = heartbeat_seconds
        self._reported = time.monotonic()

    def progress(self, stage: str, completed: int, total: int) -> None:
        """Report progress, at most ten times a second."""
        now = time.monotonic()
        if now - self._reported < LEAST_INTERVAL:
            return
        self._reported = now
        share = max(share_done(stage, completed, total), self.claim.progress)
        try:
            self.reply = self._store.report(self.claim, stage, share, completed, total)
        except StoreError:
            return

    def should_compute(self, identity: str) -> bool:
        """Return whether to compute the result: it is neither stored nor computed by another job."""
        self.result_id = identity
        try:
            self.flight = self._store.single_flight(self.claim, identity)
        except StoreError:
            self.flight = "compute"
        return self.flight == "compute"

    def claim_piece(self, question: str, count: int) -> Claimed | None:
        """As RunListener has it."""
        return self.pieces.claim_piece(question, count, self.result_id)

    def hand_in_piece(self, number: int, result: bytes) -> None:
        """As RunListener has it."""
        self.pieces.hand_in_piece(number, result)

    def piece(self, number: int) -> bytes:
        """As RunListener has it."""
        return self.pieces.piece(number)

    def keep_alive(self) -> None:
        """Send a heartbeat where the run has reported nothing for a while."""
        now = time.monotonic()
        if now - self._reported < self._heartbeat_seconds:
            return
        self._reported = now
        try:
            self.reply = self._store.heartbeat(self.claim)
        except StoreError:
            return
