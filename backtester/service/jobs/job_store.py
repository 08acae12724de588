"""What every store of jobs can do. Two do it: one in Redis, for many machines; one in a SQLite file, for one.

The rules are theirs in common, and tests/unit/service/jobs/test_job_store.py holds both to them:

- An accepted job ends exactly once. A worker's claim carries the number of its attempt, and whatever an older attempt
  says is not taken.
- A worker that is not heard of for the length of its lease has lost the job, which is queued again, or has failed when
  it was begun often enough.
- Whose turn it is: the highest priority first; within one, owner after owner; within one owner, first come first
  served.
- A job that waits for six days has failed: its record would expire on the seventh.
- Results are kept by what they are the result of, so that the same request on the same data is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from backtester.model.errors import AccessError, BacktestError
from backtester.model.record import Record
from backtester.service.jobs.job import Admission, Claim, Job
from backtester.service.settings import ServiceSettings

Heartbeat = Literal["go on", "cancel", "lost"]
Turn = Literal["compute", "reuse", "wait"]
LONGEST_WAIT_SECONDS = 6 * 86_400.0  # a job that nobody has begun by then has failed
WORKER_SECONDS = 15.0  # a worker that has not swept for so long, and is not known to run a job, is not there


# warnings that speak of the moment, not of the request and the prices: a result with one of them is nobody else's
OF_THE_MOMENT = ("STALE_PRICES", "STORE_REBUILT", "STORE_UNAVAILABLE", "TIMEOUT_CAPPED", "MEMORY_CAPPED")


class StoreError(BacktestError):
    """The store cannot be reached, or does not work: SERVICE_UNAVAILABLE."""

    retry_after = 5

    def __init__(self) -> None:
        super().__init__("SERVICE_UNAVAILABLE", "the queue's store cannot be reached")


class Admitted(NamedTuple):
    """The job that stands for what was admitted, and whether it had been before, under the same key."""

    id: str
    replayed: bool


class Page(NamedTuple):
    """Some of an owner's jobs, newest first, and where the next ones begin (None: there are none)."""

    jobs: list[Job]
    cursor: str | None


class Outcome(Record):
    """What came of an attempt. document: the result or the error, written; result_id: what a result is kept by.

    A result that is not to be shared (a plug-in's) has none and is kept with its job. code, warned: the error's code,
    and those of the warnings that speak of the moment; they are counted.
    """

    status: Literal["done", "failed", "cancelled"]
    document: bytes
    result_id: str | None = None
    shared: bool = False
    code: str | None = None
    warned: tuple[str, ...] = ()


class JobStore(Protocol):
    """Keeps jobs. Every method may raise StoreError; none blocks for long."""

    def admit(self, admission: Admission) -> Admitted:
        """Queue jobs, all or none. AccessError TOO_MANY_REQUESTS, RequestError IDEMPOTENCY_KEY_REUSED."""

    def job(self, job_id: str) -> Job | None:
        """Return a job, None where there is no record of it."""

    def result(self, job: Job) -> bytes | None:
        """Return the document that came of an ended job; None where it has none, or none any more."""

    def events(self, job_id: str, *, after: int) -> list[dict[str, Any]]:
        """Return the progress events with a sequence number above `after`, as far as they are kept, in order."""

    def listed(self, owner: str, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of an owner's jobs, newest first; those of a batch are listed with their batch alone."""

    def cancel(self, job_id: str) -> Job | None:
        """Cancel what waits at once, and ask the worker of what runs to stop. The job as it then stands."""

    def claim(self, worker: str) -> Claim | None:
        """Give a worker the job whose turn it is; None when nothing waits."""

    def beat(self, claim: Claim) -> Heartbeat:
        """Hear that an attempt is alive, which prolongs its lease, and tell it how to go on."""

    def report(self, claim: Claim, stage: str, progress: float, completed: int, total: int) -> Heartbeat:
        """Hear the same, and how far it is."""

    def turn(self, claim: Claim, result_id: str) -> Turn:
        """Tell whether to compute a result: it may be known, or be computed by another at this moment."""

    def finish(self, claim: Claim, outcome: Outcome) -> bool:
        """End the job with what came of it; False where this attempt is not its latest any more."""

    def defer(self, claim: Claim, *, seconds: float, counted: bool) -> bool:
        """Queue it again, for in so many seconds. counted: the attempt was one; else it is as if it had not been."""

    def sweep(self, *, by: str = "", slots: int = 1) -> int:
        """Queue, or fail, what workers have lost; forget what is over. Return how many jobs can be claimed now.

        by: the worker that asks, which is thereby known to be there; slots: how many jobs it runs at once.
        """

    def statistics(self) -> Mapping[str, Any]:
        """Return what metrics are made of: `telemetry.metrics.JobsCollector` has the keys."""

    def ping(self) -> None:
        """Do nothing, successfully; StoreError otherwise."""

    def close(self) -> None:
        """Let go of connections."""


def counts(kept: Mapping[str, int]) -> dict[str, Any]:
    """Sort what a store counts: `failed:CODE` and `warned:CODE` by code, `ran_ms` as a time, all else as totals."""
    sorted_out: dict[str, Any] = {"totals": {}, "failed": {}, "warned": {}}
    for name, count in kept.items():
        kind, _, code = name.partition(":")
        if code:
            sorted_out.setdefault(kind, {})[code] = count
        elif name != "ran_ms":
            sorted_out["totals"][name] = count
    return {**sorted_out, "ran_seconds": kept.get("ran_ms", 0) / 1e3}


def full(owner_is: bool) -> AccessError:
    """Return the refusal of a queue that is full, for everybody or for one owner."""
    whose = "as many of your jobs are" if owner_is else "as many jobs are"
    return AccessError("TOO_MANY_REQUESTS", f"{whose} waiting as may", retry_after=5)


def lost_document_detail(attempts: int) -> str:
    """Say why a job has failed that no worker survived, or that none came back from."""
    times = "once" if attempts == 1 else f"{attempts} times"
    return f"the job was begun {times}, and each time its worker was lost"


def open_store(settings: ServiceSettings) -> JobStore:
    """Open the store that the settings name. Nothing is connected to before it is used."""
    if settings.redis_url is not None:
        from backtester.service.jobs.redis_store import RedisStore

        return RedisStore(settings)
    from backtester.service.jobs.sqlite_store import SqliteStore

    return SqliteStore(settings)
