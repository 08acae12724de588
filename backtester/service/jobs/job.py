"""The records of jobs, the transitions between their statuses, and the document that callers read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

from backtester.model.record import Record

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("queued", "running", "completed", "failed", "cancelled")
ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
PRIORITIES = ("high", "normal", "low")

Event = Literal[
    "claim", "heartbeat", "report", "complete", "fail", "stop", "defer", "cancel", "lose", "lose_last",
    "lose_cancelled", "wait_too_long",
]  # fmt: skip
# The statuses of a job, whatever store keeps it: (status, event) -> status. An event that is not here for a status
# changes nothing. tests/unit/service/jobs/test_transitions.py takes both stores through every pair.
TRANSITIONS: dict[tuple[Status, Event], Status] = {
    ("queued", "claim"): "running",  # a worker takes the job
    ("queued", "cancel"): "cancelled",
    ("queued", "wait_too_long"): "failed",  # no worker claimed it for LONGEST_WAIT_SECONDS
    ("running", "heartbeat"): "running",  # the attempt is alive: the lease is prolonged
    ("running", "report"): "running",  # the same, with progress
    ("running", "complete"): "completed",  # the attempt has a result
    ("running", "fail"): "failed",  # it has an error that no other attempt would heal
    ("running", "stop"): "cancelled",  # it was stopped because the job was cancelled
    ("running", "defer"): "queued",  # another attempt follows
    ("running", "cancel"): "running",  # the worker reads of it with its next heartbeat
    ("running", "lose"): "queued",  # the lease ran out, and attempts are left
    ("running", "lose_last"): "failed",  # it ran out, and none is left
    ("running", "lose_cancelled"): "cancelled",  # it ran out after the job was cancelled
}


class NewJob(Record):
    """A request to be queued. request: the document's bytes as they came."""

    id: str
    request: bytes
    request_id: str | None


class Admission(Record):
    """Jobs to be queued together. Limits in jobs, times in seconds.

    batch_id: the id of the job that stands for all of them. key: the digest of an idempotency key. digest: of the
    request or requests; the same key, or the same id, with another digest is an error. max_attempts: of each job.
    """

    owner: str
    jobs: tuple[NewJob, ...]
    priority: str
    max_attempts: int
    queue_limit: int
    queue_limit_per_owner: int
    ttl_seconds: float
    batch_id: str | None = None
    key: str | None = None
    digest: str = ""
    traceparent: str = ""


class Job(Record):
    """A job as it is. Times: seconds since 1970. version: one more with each change that a caller can see."""

    id: str
    owner: str
    kind: str
    status: Status
    priority: str
    request_id: str | None
    attempts: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None
    event: dict[str, Any]
    version: int
    result_key: str | None
    result_id: str | None
    members: tuple[Member, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether its status is final."""
        return self.status in ENDED

    @property
    def etag(self) -> str:
        """The entity tag of the job's document."""
        return f'"{self.id[-8:]}-{self.version}"'


class Member(Record):
    """One job of a batch."""

    id: str
    request_id: str | None
    status: Status


class Claim(Record):
    """A job that a worker has claimed. `attempt` fences it: the store ignores every attempt but the latest."""

    id: str
    owner: str
    request: bytes
    request_id: str | None
    attempt: int
    max_attempts: int
    progress: float
    traceparent: str


class SharedWork(Record):
    """A running job whose pieces machines share. whole: its result_id, then the pointer of the question."""

    id: str
    owner: str
    request: bytes
    whole: str
    traceparent: str


def job_document(job: Job, result: bytes | None = None, *, root: str) -> bytes:
    """Write a job for its owner.

    result: its result or error document, which goes in byte for byte. root: the path prefix of the REST API.
    """
    here = f"{root}/backtests/{job.id}"
    document: dict[str, Any] = {"id": job.id, "kind": job.kind, "status": job.status}
    if job.request_id is not None:
        document["request_id"] = job.request_id
    document |= {
        "attempts": job.attempts,
        "priority": job.priority,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
        "expires_at": moment(job.expires_at),
        "progress": job.event,
    }
    if job.kind == "batch":
        counts = {status: sum(member.status == status for member in job.members) for status in STATUSES}
        document["counts"] = {"total": len(job.members), **counts}
        document["jobs"] = [_member(member) for member in job.members]
        document["links"] = {"self": here, "events": f"{here}/events"}
    else:
        document["result_id"] = job.result_id
        document["links"] = {"self": here, "events": f"{here}/events", "result": f"{here}/result"}
    text = json.dumps(document, separators=(",", ":")).encode("ascii")
    return text if result is None else text[:-1] + b',"result":' + result.rstrip(b"\n") + b"}"


def _member(member: Member) -> dict[str, Any]:
    known = {} if member.request_id is None else {"request_id": member.request_id}
    return {"id": member.id, **known, "status": member.status}


def moment(seconds: float | None) -> str | None:
    """Write a time as RFC 3339 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(
    job_id: str, request_id: str | None, *, seq: int, stage: str, progress: float, completed: int, total: int,
    elapsed: float,
) -> dict[str, Any]:  # fmt: skip
    """Return a progress event as it travels everywhere. elapsed: seconds since the job was created."""
    known = {} if request_id is None else {"request_id": request_id}
    return {
        "event": "progress", "id": job_id, "seq": seq, **known, "stage": stage, "progress": progress,
        "completed": completed, "total": total, "elapsed_ms": max(round(elapsed * 1e3), 0),
    }  # fmt: skip
