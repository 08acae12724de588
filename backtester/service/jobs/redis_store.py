"""Jobs in Redis, for any number of processes on any number of machines. scripts/prelude.lua has the keys."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import redis

from backtester.model.errors import RequestError
from backtester.service.jobs.job import Admission, Claim, Job, Member
from backtester.service.jobs.job_store import (
    LONGEST_WAIT_SECONDS,
    WORKER_SECONDS,
    Admitted,
    Heartbeat,
    Outcome,
    Page,
    Turn,
    counts,
    full,
)
from backtester.service.jobs.redis_connection import connection_options, reaching
from backtester.service.settings import ServiceSettings

PREFIX = "backtest:"
ACTIVE_TTL_MS = 7 * 86_400_000  # nothing waits for a week
_SCANNED = 1000


class RedisStore:
    """A JobStore in Redis."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Take the settings; nothing is connected to before it is used, and not across a fork."""
        assert settings.redis_url is not None
        self._url = settings.redis_url
        self._lease_ms = int(settings.lease_seconds * 1e3)
        self._ttl_ms = int(settings.job_ttl_seconds * 1e3)
        self._client: Any = None
        self._scripts: dict[str, Any] = {}
        self._pid = 0
        self.away_until = 0.0

    @reaching
    def admit(self, admission: Admission) -> Admitted:
        """Queue jobs, all or none."""
        rows = [part for job in admission.jobs for part in (job.id, _quoted(job.request_id), job.request)]
        answer, job_id = self._run(
            "admit", admission.owner, admission.priority, admission.queue_limit, admission.queue_limit_per_owner,
            admission.max_attempts, ACTIVE_TTL_MS, admission.key or "", admission.digest,
            int(admission.ttl_seconds * 1e3), admission.batch_id or "", admission.traceparent, *rows,
        )  # fmt: skip
        if answer == b"reused":
            raise RequestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key came with another request before")
        if answer in (b"full", b"owner full"):
            raise full(owner_is=answer == b"owner full")
        return Admitted(job_id.decode(), answer == b"replayed")

    @reaching
    def job(self, job_id: str) -> Job | None:
        """Return a job, None where there is no record of it."""
        found = self._redis().hgetall(PREFIX + job_id)
        if not found or b"event" not in found:
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
        """Return the document that is kept for an ended job."""
        if job.result_key is None:
            return None
        document: bytes | None = self._redis().get(f"{PREFIX}result:{job.result_key}")
        return document

    @reaching
    def events(self, job_id: str, *, after: int) -> list[dict[str, Any]]:
        """Return the progress events after a number, as far as they are kept."""
        events = [json.loads(text) for text in self._redis().lrange(f"{PREFIX}{job_id}:events", 0, -1)]
        return [event for event in events if event["seq"] > after]

    @reaching
    def listed(self, owner: str, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of an owner's jobs, newest first."""
        client = self._redis()
        begin = "+" if cursor is None else f"({cursor}"
        found: list[Job] = []
        ids = [
            one.decode() for one in client.zrevrangebylex(f"{PREFIX}owner:{owner}", begin, "-", start=0, num=_SCANNED)
        ]
        for at, job_id in enumerate(ids):
            job = self.job(job_id)
            if job is None:
                client.zrem(f"{PREFIX}owner:{owner}", job_id)
            elif status is None or job.status == status:
                found.append(job)
                if len(found) == limit:
                    return Page(found, job_id if at + 1 < len(ids) or len(ids) == _SCANNED else None)
        return Page(found, ids[-1] if len(ids) == _SCANNED else None)

    @reaching
    def cancel(self, job_id: str) -> Job | None:
        """Cancel what waits at once, and ask the worker of what runs to stop."""
        self._run("cancel", job_id, self._ttl_ms)
        return self.job(job_id)

    @reaching
    def claim(self, worker: str) -> Claim | None:
        """Give a worker the job whose turn it is."""
        row = self._run("claim", worker, os.urandom(8).hex())
        if not row:
            return None
        job_id, owner, request, attempt, most, progress, name, trace = row
        return Claim(
            id=job_id.decode(), owner=owner.decode(), request=request, request_id=json.loads(name) if name else None,
            attempt=int(attempt), max_attempts=int(most), progress=float(progress), traceparent=trace.decode(),
        )  # fmt: skip

    @reaching
    def beat(self, claim: Claim) -> Heartbeat:
        """Hear that an attempt is alive."""
        answer: Heartbeat = self._run("beat", claim.id, claim.attempt).decode()
        return answer

    @reaching
    def report(self, claim: Claim, stage: str, progress: float, completed: int, total: int) -> Heartbeat:
        """Hear how far an attempt is."""
        told = (stage, progress, completed, total)
        answer: Heartbeat = self._run("beat", claim.id, claim.attempt, *told).decode()
        return answer

    @reaching
    def turn(self, claim: Claim, result_id: str) -> Turn:
        """Tell whether to compute a result."""
        answer: Turn = self._run("turn", claim.id, result_id, self._ttl_ms).decode()
        return answer

    @reaching
    def finish(self, claim: Claim, outcome: Outcome) -> bool:
        """End the job with what came of it."""
        # what is nobody else's is kept by attempt: a late one must not write over what the latest has left
        key = outcome.result_id if outcome.shared else f"{claim.id}:{claim.attempt}"
        told = (claim.id, claim.attempt, outcome.status, self._ttl_ms, key, outcome.result_id or "")
        if outcome.document:
            said = (*told, "written", outcome.code or "", ",".join(outcome.warned))
            answer = self._run_after_writing(f"{PREFIX}result:{key}", outcome.document, "finish", *said)
        else:
            answer = self._run("finish", *told, "known", "", "")
        if answer == b"unknown":  # the result that was to be reused has expired in between
            return self.defer(claim, seconds=0, counted=False)
        return bool(answer == b"finished")

    @reaching
    def defer(self, claim: Claim, *, seconds: float, counted: bool) -> bool:
        """Queue it again."""
        return bool(self._run("defer", claim.id, claim.attempt, int(seconds * 1e3), int(counted)) == b"deferred")

    @reaching
    def sweep(self, *, by: str = "", slots: int = 1) -> int:
        """Queue, or fail, what workers have lost."""
        longest, there = int(LONGEST_WAIT_SECONDS * 1e3), int(WORKER_SECONDS * 1e3)
        return int(self._run("sweep", self._ttl_ms, longest, by, slots, there))

    @reaching
    def running_for(self, permit: str) -> list[str]:
        """Return the jobs that are being run on a permit."""
        client = self._redis()
        running = [job_id.decode() for job_id in client.zrange(f"{PREFIX}running", 0, -1)]
        held = {job_id: client.hget(PREFIX + job_id, "worker") or b"" for job_id in running}
        return [job_id for job_id, worker in held.items() if worker.decode().endswith(f":{permit}")]

    @reaching
    def statistics(self) -> Mapping[str, Any]:
        """Return what metrics are made of."""
        asked = self._redis().pipeline(transaction=False)
        asked.hgetall(f"{PREFIX}stats").hgetall(f"{PREFIX}waiting").zcard(f"{PREFIX}running")
        asked.zrange(f"{PREFIX}pending", 0, 0, withscores=True).hgetall(f"{PREFIX}workers").time()
        stats, waiting, running, oldest, workers, (seconds, micros) = asked.execute()
        now = seconds + micros / 1e6  # Redis's own, by which the times were written
        by_priority = {
            priority: int(waiting.get(f"priority:{priority}".encode(), 0)) for priority in ("high", "normal", "low")
        }
        slots = [int(told.split()[1]) for told in workers.values() if int(told.split()[0]) / 1e3 > now - WORKER_SECONDS]
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
        """Ask Redis whether it is there."""
        self._redis().ping()

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None

    def _redis(self) -> Any:
        if self._client is None or self._pid != os.getpid():
            self._client = redis.Redis.from_url(self._url, **connection_options())
            self._pid = os.getpid()
            self._scripts = {}
        return self._client

    def _run(self, name: str, *arguments: Any) -> Any:
        return self._script(name)(args=[self._lease_ms, *arguments])

    def _run_after_writing(self, key: str, document: bytes, name: str, *arguments: Any) -> Any:
        """Write a document and run a script in one round trip: inside of one it would be copied thrice."""
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
        result_key=text(b"result"), result_id=text(b"result_id"), cancelling=b"cancel" in found, members=members,
    )  # fmt: skip
