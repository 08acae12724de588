"""Jobs in Redis, for any number of processes on any number of machines. scripts/prelude.lua lists the keys."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import redis

from backtester.service.jobs.job import PRIORITIES, Admission, Claim, Job, Member
from backtester.service.jobs.stores.job_store import (
    LONGEST_WAIT_SECONDS,
    WORKER_SECONDS,
    Admitted,
    Flight,
    HandedIn,
    HeartbeatReply,
    Outcome,
    Page,
    counts,
    full,
    reused,
)
from backtester.service.jobs.stores.redis_connection import connection_options, redis_failures
from backtester.service.jobs.stores.redis_pieces import RedisPieces
from backtester.service.jobs.stores.store_failures import reaching
from backtester.service.service_settings import ServiceSettings

PREFIX = "backtest:"
QUEUE_PREFIX = f"{PREFIX}queue:"
ACTIVE_TTL_MS = 7 * 86_400_000  # longer than any job waits: LONGEST_WAIT_SECONDS
_SCANNED = 1000


class RedisStore:
    """A JobStore in Redis."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Take the settings. A connection is made with the first use in each process: none survives a fork."""
        assert settings.redis_url is not None
        self._url = settings.redis_url
        self._lease_ms = int(settings.lease_seconds * 1e3)
        self._ttl_ms = int(settings.job_ttl_seconds * 1e3)
        self._client: Any = None
        self._scripts: dict[str, Any] = {}
        self._pid = 0
        self.failures = redis_failures()
        self.pieces = RedisPieces(self.failures, self._ttl_ms, self._redis, self._run, self._run_after_writing)

    @reaching
    def admit(self, admission: Admission) -> Admitted:
        """Queue jobs, all or none."""
        rows = [part for job in admission.jobs for part in (job.id, _quoted(job.request_id), job.request)]
        answer, found = self._run(
            "admit", admission.owner, admission.priority, admission.queue_limit, admission.queue_limit_per_owner,
            admission.max_attempts, ACTIVE_TTL_MS, admission.key or "", admission.digest,
            int(admission.ttl_seconds * 1e3), admission.batch_id or "", admission.traceparent, *rows,
        )  # fmt: skip
        if answer in (b"reused", b"taken"):
            raise reused(admission.key if answer == b"reused" else None)
        if answer in (b"full", b"owner full"):
            raise full(int(found), owner_is=answer == b"owner full")
        return Admitted(found.decode(), answer == b"replayed")

    @reaching
    def job(self, job_id: str) -> Job | None:
        """Return a job; None where it has no record, or one that another version wrote."""
        found = self._redis().hgetall(PREFIX + job_id)
        if b"event" not in found or b"digest" not in found:
            return None
        members: tuple[Member, ...] = ()
        if found[b"kind"] == b"batch":
            at = PREFIX + job_id
            rows, states = self._redis().pipeline(transaction=True).lrange(f"{at}:jobs", 0, -1).hgetall(
                f"{at}:states"
            ).execute()  # fmt: skip
            pairs = (json.loads(row) for row in rows)
            members = tuple(
                Member(id=member, request_id=name, status=states.get(member.encode(), b"queued").decode())
                for member, name in pairs
            )
        return _job(job_id, found, members)

    @reaching
    def result(self, job: Job) -> bytes | None:
        """Return the document of an ended job."""
        if job.result_key is None:
            return None
        document: bytes | None = self._redis().get(f"{PREFIX}result:{job.result_key}")
        return document

    @reaching
    def events(self, job_id: str, *, after: int) -> list[dict[str, Any]]:
        """Return the progress events with `seq` above `after`."""
        events = [json.loads(text) for text in self._redis().lrange(f"{PREFIX}{job_id}:events", 0, -1)]
        return [event for event in events if event["seq"] > after]

    @reaching
    def listed(self, owner: str, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of an owner's jobs, newest first."""
        client = self._redis()
        begin, of_owner = "+" if cursor is None else f"({cursor}", f"{QUEUE_PREFIX}owner:{owner}"
        found: list[Job] = []
        rows = [one.decode() for one in client.zrevrangebylex(of_owner, begin, "-", start=0, num=_SCANNED)]
        for at, row in enumerate(rows):
            job = self.job(row.partition(".")[2])
            if job is None:
                client.zrem(of_owner, row)
            elif status is None or job.status == status:
                found.append(job)
                if len(found) == limit:
                    return Page(found, row if at + 1 < len(rows) or len(rows) == _SCANNED else None)
        return Page(found, rows[-1] if len(rows) == _SCANNED else None)

    @reaching
    def cancel(self, job_id: str) -> Job | None:
        """Cancel a queued job at once; have the worker of a running one stop it."""
        self._run("cancel", job_id, self._ttl_ms)
        return self.job(job_id)

    @reaching
    def claim(self, worker: str) -> Claim | None:
        """Return the next job for a worker."""
        return _claim(self._run("claim", worker, os.urandom(8).hex()))

    @reaching
    def heartbeat(self, claim: Claim) -> HeartbeatReply:
        """Prolong the lease of an attempt."""
        answer: HeartbeatReply = self._run("heartbeat", claim.id, claim.attempt).decode()
        return answer

    @reaching
    def report(self, claim: Claim, stage: str, progress: float, completed: int, total: int) -> HeartbeatReply:
        """Store an attempt's progress."""
        event = (stage, progress, completed, total)
        answer: HeartbeatReply = self._run("heartbeat", claim.id, claim.attempt, *event).decode()
        return answer

    @reaching
    def single_flight(self, claim: Claim, result_id: str) -> Flight:
        """Return whether to compute a result."""
        answer: Flight = self._run("single_flight", claim.id, result_id, self._ttl_ms).decode()
        return answer

    @reaching
    def finish(self, claim: Claim, outcome: Outcome, *, next_for: str | None = None) -> HandedIn:
        """End the job, and claim the next."""
        # a document that is not shared has a key of its attempt: a late one must not overwrite that of the latest
        key = outcome.result_id if outcome.shared else f"{claim.id}:{claim.attempt}"
        whose = "written" if outcome.document else "known"
        answer, row = self._run_after_writing(
            f"{PREFIX}result:{key}", outcome.document, "finish", claim.id, claim.attempt, outcome.status, self._ttl_ms,
            key, outcome.result_id or "", whose, outcome.code or "", ",".join(outcome.warned), next_for or "",
        )  # fmt: skip
        if answer == b"unwritten":  # it is gone already: this Redis evicts
            return HandedIn(self.defer(claim, seconds=0, counted=False), None)
        return HandedIn(answer != b"lost", _claim(row))

    @reaching
    def defer(self, claim: Claim, *, seconds: float, counted: bool) -> bool:
        """Queue the job again."""
        return bool(self._run("defer", claim.id, claim.attempt, int(seconds * 1e3), int(counted)) == b"deferred")

    @reaching
    def reap(self, *, by: str = "", slots: int = 1) -> int:
        """Requeue or fail the jobs of lost workers."""
        longest, there = int(LONGEST_WAIT_SECONDS * 1e3), int(WORKER_SECONDS * 1e3)
        return int(self._run("reap", self._ttl_ms, longest, by, slots, there))

    @reaching
    def running_for(self, wake_up: str) -> list[str]:
        """Return the ids of the jobs that run on a wake-up, by the id of Celery's message."""
        client = self._redis()
        running = [job_id.decode() for job_id in client.zrange(f"{QUEUE_PREFIX}running", 0, -1)]
        held = {job_id: client.hget(PREFIX + job_id, "worker") or b"" for job_id in running}
        return [job_id for job_id, worker in held.items() if worker.decode().endswith(f":{wake_up}")]

    @reaching
    def statistics(self) -> Mapping[str, Any]:
        """Return the figures of the metrics."""
        asked = self._redis().pipeline(transaction=False)
        asked.hgetall(f"{QUEUE_PREFIX}stats").hgetall(f"{QUEUE_PREFIX}waiting").zcard(f"{QUEUE_PREFIX}running")
        asked.zrange(f"{QUEUE_PREFIX}pending", 0, 0, withscores=True).hgetall(f"{QUEUE_PREFIX}workers").time()
        stats, waiting, running, oldest, workers, (seconds, micros) = asked.execute()
        now = seconds + micros / 1e6  # Redis's own, by which the times were written
        by_priority = {priority: int(waiting.get(f"priority:{priority}".encode(), 0)) for priority in PRIORITIES}
        seen = [tuple(map(int, row.split())) for row in workers.values()]
        slots = [count for reaped_ms, count in seen if reaped_ms / 1e3 > now - WORKER_SECONDS]
        return {
            **counts({name.decode(): int(count) for name, count in stats.items()}),
            "queued": by_priority,
            "running": running,
            "oldest_seconds": max(now - oldest[0][1] / 1e3, 0.0) if oldest else 0.0,
            "workers": len(slots),
            "slots": sum(slots),
        }

    @reaching
    def ping(self) -> None:
        """Write a key that is gone after a millisecond: a full Redis, or a replica, would still answer a ping."""
        self._redis().set(f"{PREFIX}ping", b"", px=1)

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None

    def _redis(self) -> Any:
        if self._client is None or self._pid != os.getpid():
            self._client = redis.Redis.from_url(self._url, **connection_options(self._url))
            self._pid = os.getpid()
            self._scripts = {}
        return self._client

    def _run(self, name: str, *arguments: Any) -> Any:
        return self._script(name)(args=[self._lease_ms, *arguments])

    def _run_after_writing(self, key: str, document: bytes, name: str, *arguments: Any) -> Any:
        """Write a document, if there is one, and run a script, in one round trip.

        The document is no argument of the script, which would copy it three times.
        """
        if not document:
            return self._run(name, *arguments)
        both = self._redis().pipeline(transaction=False)
        both.set(key, document, px=self._ttl_ms, nx=True)
        both.evalsha(self._script(name).sha, 0, self._lease_ms, *arguments)
        written, answer = both.execute(raise_on_error=False)
        if isinstance(answer, redis.exceptions.NoScriptError):
            answer = self._run(name, *arguments)
        for failed in (written, answer):
            if isinstance(failed, redis.exceptions.RedisError):
                raise failed
        return answer

    def _script(self, name: str) -> Any:
        client = self._redis()
        if name not in self._scripts:
            self._scripts[name] = client.register_script(_source(name))
        return self._scripts[name]


@functools.cache
def _source(name: str) -> str:
    folder = files("backtester.service.jobs") / "scripts"
    return "\n".join((folder / f"{part}.lua").read_text("utf-8") for part in ("prelude", name))


def _claim(row: list[bytes]) -> Claim | None:
    if not row:
        return None
    job_id, owner, request, attempt, most, progress, name, trace = row
    return Claim(
        id=job_id.decode(), owner=owner.decode(), request=request, request_id=json.loads(name) if name else None,
        attempt=int(attempt), max_attempts=int(most), progress=float(progress), traceparent=trace.decode(),
    )  # fmt: skip


def _quoted(request_id: str | None) -> str:
    return "" if request_id is None else json.dumps(request_id)


def _job(job_id: str, found: Mapping[bytes, bytes], members: tuple[Member, ...]) -> Job:
    def text(name: bytes) -> Any:
        return found.get(name, b"").decode() or None

    def moment(name: bytes) -> Any:
        return float(found[name]) / 1e3 if name in found else None

    name = text(b"request_id")
    return Job(
        id=job_id, owner=text(b"owner"), kind=text(b"kind"), status=text(b"status"), priority=text(b"priority"),
        request_id=None if name is None else json.loads(name), attempts=int(found[b"attempts"]),
        created_at=moment(b"created"), started_at=moment(b"started"), finished_at=moment(b"finished"),
        expires_at=moment(b"expires"), event=json.loads(found[b"event"]), version=int(found[b"version"]),
        result_key=text(b"result"), result_id=text(b"result_id"), members=members,
    )  # fmt: skip
