"""The interface of a store of jobs. Two implement it: Redis, for many machines; a SQLite file, for one.

tests/unit/service/jobs holds both to the same rules:

- A job's status changes as `job.TRANSITIONS` says, and it ends once. A claim carries the number of its attempt, and the
  store ignores every attempt but the latest.
- A worker that sends no heartbeat for the length of its lease has lost the job: the job is queued again, or fails when
  it has no attempts left.
- The highest priority is claimed first; within a priority owners alternate (round robin); within an owner, first come
  first served.
- A job that waits for six days fails: its record would expire on the seventh.
- Results are stored by `result_id`: the same request on the same data is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from backtester.model.errors import RETRY_SECONDS, AccessError, BacktestError, RequestError
from backtester.model.record import Record
from backtester.runtime.running_request import Claimed
from backtester.service.jobs.job import Admission, Claim, Job, SharedWork

HeartbeatReply = Literal["go on", "cancel", "lost"]
Flight = Literal["compute", "reuse", "wait"]
LONGEST_WAIT_SECONDS = 6 * 86_400.0  # a job that was not claimed by then fails
WORKER_SECONDS = 15.0  # a worker that has not reaped for so long, and runs no job, counts as gone


# warnings about the moment, not about the request and the prices: a result with one of them is not shared
OF_THE_MOMENT = ("STALE_PRICES", "STORE_REBUILT", "STORE_UNAVAILABLE", "TIMEOUT_CAPPED", "MEMORY_CAPPED")


class StoreError(BacktestError):
    """The store cannot be reached, or does not work: SERVICE_UNAVAILABLE, retried after RETRY_SECONDS."""

    retry_after = RETRY_SECONDS

    def __init__(self, reason: str) -> None:
        """Take the reason: a sentence that names no secret, address or path."""
        super().__init__("SERVICE_UNAVAILABLE", f"The job store fails. {reason} Retry in {RETRY_SECONDS} seconds.")


class Admitted(NamedTuple):
    """The id of the admitted job or batch. replayed: it had been admitted before, under the same idempotency key."""

    id: str
    replayed: bool


class Page(NamedTuple):
    """Some of an owner's jobs, newest first.

    cursor: of the next page: 15 digits, the milliseconds of the last job here, a point and its id; None: no more.
    """

    jobs: list[Job]
    cursor: str | None


class Outcome(Record):
    """The end of an attempt. document: the result or the error, written; empty: the shared result of `result_id`.

    shared: the result is stored by `result_id` for every job with that id; else with its job. code: the error's;
    warned: codes of OF_THE_MOMENT in the result. Both are counted.
    """

    status: Literal["completed", "failed", "cancelled"]
    document: bytes
    result_id: str | None = None
    shared: bool = False
    code: str | None = None
    warned: tuple[str, ...] = ()


class HandedIn(NamedTuple):
    """The end of an attempt. taken: False where the attempt was not the latest. claim: the next job, if one waits."""

    taken: bool
    claim: Claim | None


class PieceStore(Protocol):
    """Stores the pieces of a running job that machines share. Raises and blocks as JobStore.

    The job is one job all the time: quotas, lists and the round robin of jobs know of no pieces. Idle workers compute
    them, while no job waits. holder: a name of the process that computes.
    """

    def shared_work(self) -> SharedWork | None:
        """Return a running job with a free piece, in turn; None while a job waits to be claimed."""

    def claim_piece(self, work: SharedWork, holder: str, *, count: int, attempt: int | None = None) -> Claimed | None:
        """Return the number of a free piece, or None, and the numbers of the completed ones.

        None: the job has ended or goes on as another attempt. attempt: of the process that answers the question, which
        shares it with its first claim; the results of the same whole are there already. None: it helps, and has no
        piece while a job waits; its lease of a piece lasts as long as that of a job.
        """

    def hold_pieces(self, work: SharedWork, holder: str) -> HeartbeatReply:
        """Prolong the leases of a process that helps; `lost`: its work is not wanted any more."""

    def complete_piece(self, work: SharedWork, number: int, result: bytes) -> None:
        """Store the result of a piece, for as long as a document."""

    def piece(self, work: SharedWork, number: int) -> bytes | None:
        """Return the result of a piece."""

    def forget_pieces(self, work: SharedWork) -> None:
        """Delete the pieces: the job has ended."""


class JobStore(Protocol):
    """Stores jobs. Every method may raise StoreError; none blocks for long."""

    @property
    def pieces(self) -> PieceStore | None:
        """The pieces that machines share; None in a store for one machine, whose cores are enough."""

    def admit(self, admission: Admission) -> Admitted:
        """Queue jobs, all or none. A job that is there already, with the same digest, is returned as it is.

        AccessError TOO_MANY_REQUESTS; RequestError IDEMPOTENCY_KEY_REUSED: the key, or the id, has another digest.
        """

    def job(self, job_id: str) -> Job | None:
        """Return a job; None where it has no record."""

    def result(self, job: Job) -> bytes | None:
        """Return the document of an ended job; None where it has none, or it expired."""

    def events(self, job_id: str, *, after: int) -> list[dict[str, Any]]:
        """Return the progress events with `seq` above `after`, in order; the last 512 of a job are stored."""

    def listed(self, owner: str, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of an owner's jobs, newest first; a batch, and not its members. cursor: of the page before."""

    def cancel(self, job_id: str) -> Job | None:
        """Cancel a queued job at once; have the worker of a running one stop it. Return the job after that."""

    def claim(self, worker: str) -> Claim | None:
        """Return the next job for a worker; None when none waits."""

    def heartbeat(self, claim: Claim) -> HeartbeatReply:
        """Prolong the lease of an attempt; return whether it goes on, was cancelled or lost the job."""

    def report(self, claim: Claim, stage: str, progress: float, completed: int, total: int) -> HeartbeatReply:
        """Store an attempt's progress; else as `heartbeat`."""

    def single_flight(self, claim: Claim, result_id: str) -> Flight:
        """Return whether to compute a result, reuse the stored one, or wait for the job that computes it."""

    def finish(self, claim: Claim, outcome: Outcome, *, next_for: str | None = None) -> HandedIn:
        """End the job, and claim the next one for the worker `next_for` in the same change.

        The next job is claimed also where the attempt is not the latest. Repeated, since the store did not answer, it
        gives the same job.
        """

    def defer(self, claim: Claim, *, seconds: float, counted: bool) -> bool:
        """Queue the job again, to be claimed after so many seconds. counted: the attempt is one of `max_attempts`."""

    def reap(self, *, by: str = "", slots: int = 1) -> int:
        """Requeue or fail the jobs of lost workers; delete expired records. Return how many jobs can be claimed now.

        by: the name of the worker that calls, which thereby counts as present; slots: how many jobs it runs at once.
        """

    def statistics(self) -> Mapping[str, Any]:
        """Return the figures of the metrics, under the keys that `telemetry.metrics.JobsCollector` lists."""

    def ping(self) -> None:
        """Write to the store, as an admission would, and leave nothing there; StoreError where that fails."""

    def close(self) -> None:
        """Close the connections."""


def counts(stored: Mapping[str, int]) -> dict[str, Any]:
    """Sort a store's counters: `failed:CODE` and `warned:CODE` by code, `ran_ms` as seconds, all else as totals."""
    sorted_out: dict[str, Any] = {"totals": {}, "failed": {}, "warned": {}}
    for name, count in stored.items():
        kind, _, code = name.partition(":")
        if code:
            sorted_out.setdefault(kind, {})[code] = count
        elif name != "ran_ms":
            sorted_out["totals"][name] = count
    return {**sorted_out, "ran_seconds": stored.get("ran_ms", 0) / 1e3}


def full(waiting: int, *, owner_is: bool) -> AccessError:
    """Return the refusal of a full queue. waiting: jobs in it; owner_is: the limit is that of one owner."""
    queue = "Your queue" if owner_is else "The queue of this service"
    jobs = "1 job is" if waiting == 1 else f"{waiting} jobs are"
    return AccessError(
        "TOO_MANY_REQUESTS", f"{queue} is full: {jobs} waiting. Retry in {RETRY_SECONDS} seconds.",
        retry_after=RETRY_SECONDS,
    )  # fmt: skip


def reused(key: str | None) -> RequestError:
    """Return the refusal of an idempotency key, or of an id (key None), that belongs to another request."""
    if key is not None:
        return RequestError("IDEMPOTENCY_KEY_REUSED", "This idempotency key belongs to another request.")
    detail = "This backtest id belongs to another request or owner."
    return RequestError("IDEMPOTENCY_KEY_REUSED", detail, remedy="Send this request under a new id.")


def lost_document_detail(attempts: int) -> str:
    """Return why a job failed whose workers all died, or did not come back."""
    times = "once" if attempts == 1 else f"{attempts} times"
    return f"The run was started {times}, and each time its worker was lost."
