"""Jobs in a SQLite file, for the processes of one machine."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from backtester.service.jobs.job import PRIORITIES, Admission, Claim, Job
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
from backtester.service.jobs.stores.sqlite_changes import SCHEMA_VERSION, SqliteChanges
from backtester.service.jobs.stores.store_failures import reaching


class SqliteStore(SqliteChanges):
    """A JobStore in one file, `jobs.sqlite` in the service's folder."""

    pieces = None

    @reaching
    def admit(self, admission: Admission) -> Admitted:
        """Queue jobs, all or none."""
        now, owner, first = time.time(), admission.owner, admission.batch_id or admission.jobs[0].id
        with self._changing() as db:
            there = db.execute("SELECT owner, digest FROM jobs WHERE id = ?", (first,)).fetchone()
            if there is not None and tuple(there) != (owner, admission.digest):
                raise reused(None)
            if there is not None:
                return Admitted(first, False)
            known = self._under_key(db, admission, now)
            if known is not None:
                return known
            waiting = "SELECT count(*) FROM jobs WHERE status = 'queued' AND kind = 'backtest'"
            count = len(admission.jobs)
            queued = db.execute(waiting).fetchone()[0]
            of_owner = db.execute(f"{waiting} AND owner = ?", (owner,)).fetchone()[0]
            if queued + count > admission.queue_limit:
                raise full(queued, owner_is=False)
            if of_owner + count > admission.queue_limit_per_owner:
                raise full(of_owner, owner_is=True)
            if admission.batch_id is not None:
                self._create(db, admission, admission.batch_id, None, None, now)
            for job in admission.jobs:
                self._create(db, admission, job.id, job.request_id, job.request, now)
            if admission.key is not None:
                row = (owner, admission.key, first, admission.digest, now + admission.ttl_seconds)
                db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)", row)
        return Admitted(first, False)

    @reaching
    def job(self, job_id: str) -> Job | None:
        """Return a job; None where it has no record."""
        row = self._db().execute("SELECT * FROM jobs WHERE id = ? AND expires > ?", (job_id, time.time())).fetchone()
        return None if row is None else self._job(row)

    @reaching
    def result(self, job: Job) -> bytes | None:
        """Return the document of an ended job."""
        row = self._db().execute("SELECT document FROM results WHERE key = ?", (job.result_key,)).fetchone()
        return None if row is None else row[0]

    @reaching
    def events(self, job_id: str, *, after: int) -> list[dict[str, Any]]:
        """Return the progress events with `seq` above `after`."""
        asked = "SELECT event FROM events WHERE job = ? AND seq > ? ORDER BY seq"
        return [json.loads(row[0]) for row in self._db().execute(asked, (job_id, after))]

    @reaching
    def published(self, *, after: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Return (number, owner, event) of the events of all jobs after a number, in order."""
        asked = "SELECT number, owner, event FROM events WHERE number > ? ORDER BY number LIMIT 1000"
        return [(row[0], row[1], json.loads(row[2])) for row in self._db().execute(asked, (after,))]

    @reaching
    def last_published(self) -> int:
        """Return the number of the last event."""
        row = self._db().execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    @reaching
    def listed(self, owner: str, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of an owner's jobs, newest first."""
        asked = (
            "SELECT * FROM jobs WHERE owner = ? AND parent IS NULL AND expires > ?"
            " AND (CAST(created * 1000 AS INTEGER), id) < (?, ?)"
            " AND (? IS NULL OR status = ?) ORDER BY CAST(created * 1000 AS INTEGER) DESC, id DESC LIMIT ?"
        )
        moment, _, last_id = (cursor or "999999999999999.").partition(".")
        given = (owner, time.time(), int(moment), last_id, status, status, limit + 1)
        rows = self._db().execute(asked, given).fetchall()
        jobs = [self._job(row) for row in rows[:limit]]
        last = f"{int(jobs[-1].created_at * 1000):015d}.{jobs[-1].id}" if len(rows) > limit else None
        return Page(jobs, last)

    @reaching
    def cancel(self, job_id: str) -> Job | None:
        """Cancel a queued job at once; have the worker of a running one stop it."""
        now = time.time()
        with self._changing() as db:
            db.execute(
                "UPDATE jobs SET cancel = 1, version = version + 1 WHERE (id = ? OR parent = ?) AND cancel = 0"
                " AND (status = 'running' OR (status = 'queued' AND kind = 'batch'))", (job_id, job_id),
            )  # fmt: skip
            asked = "SELECT * FROM jobs WHERE (id = ? OR parent = ?) AND status = 'queued' AND kind = 'backtest'"
            for row in db.execute(asked, (job_id, job_id)).fetchall():
                self._end(db, row, "cancelled", now)
        return self.job(job_id)

    @reaching
    def claim(self, worker: str) -> Claim | None:
        """Return the next job for a worker."""
        if self._next_owner(self._db(), time.time()) is None:
            return None  # without the lock of a change: idle workers ask many times a second
        with self._changing() as db:
            return self._claim(db, worker, time.time())

    @reaching
    def heartbeat(self, claim: Claim) -> HeartbeatReply:
        """Prolong the lease of an attempt."""
        with self._holding(claim) as (db, row):
            return "lost" if row is None else self._prolong(db, row)

    @reaching
    def report(self, claim: Claim, stage: str, progress: float, completed: int, total: int) -> HeartbeatReply:
        """Store an attempt's progress."""
        with self._holding(claim) as (db, row):
            if row is None:
                return "lost"
            self._emit(db, claim.id, stage, progress, completed, total, time.time())
            return self._prolong(db, row)

    @reaching
    def single_flight(self, claim: Claim, result_id: str) -> Flight:
        """Return whether to compute a result."""
        with self._changing() as db:
            if db.execute("SELECT 1 FROM results WHERE key = ?", (result_id,)).fetchone():
                return "reuse"
            asked = (
                "SELECT 1 FROM computing JOIN jobs ON id = job"
                " WHERE computing.result_id = ? AND job != ? AND status = 'running'"
            )
            if db.execute(asked, (result_id, claim.id)).fetchone():
                return "wait"
            db.execute("INSERT OR REPLACE INTO computing VALUES (?, ?)", (result_id, claim.id))
            return "compute"

    @reaching
    def finish(self, claim: Claim, outcome: Outcome, *, next_for: str | None = None) -> HandedIn:
        """End the job, and claim the next."""
        now = time.time()
        with self._holding(claim) as (db, row):
            if row is not None:
                self._end_attempt(db, row, outcome, now)
            following = None if next_for is None else self._claim(db, next_for, now)
            return HandedIn(row is not None, following)

    @reaching
    def defer(self, claim: Claim, *, seconds: float, counted: bool) -> bool:
        """Queue the job again."""
        with self._holding(claim) as (db, row):
            if row is None:
                return False
            if counted:
                self._count(db, "retried")
            self._requeue(db, row, time.time() + seconds, counted=counted)
            return True

    @reaching
    def reap(self, *, by: str = "", slots: int = 1) -> int:
        """Requeue or fail the jobs of lost workers; delete expired records."""
        now = time.time()
        with self._changing() as db:
            if by:
                db.execute("INSERT OR REPLACE INTO workers VALUES (?, ?, ?)", (by, now, slots))
            for row in db.execute("SELECT * FROM jobs WHERE status = 'running' AND lease < ?", (now,)).fetchall():
                if row["kind"] == "batch":
                    continue
                if row["cancel"]:
                    self._end(db, row, "cancelled", now)
                    continue
                self._count(db, "lost")
                if row["attempts"] >= row["max_attempts"]:
                    self._end(db, row, "failed", now)
                else:
                    self._requeue(db, row, now, counted=True)
            stale = "SELECT * FROM jobs WHERE status = 'queued' AND kind = 'backtest' AND created < ? LIMIT 100"
            for row in db.execute(stale, (now - LONGEST_WAIT_SECONDS,)).fetchall():
                self._end(db, row, "failed", now)
            db.execute("DELETE FROM events WHERE job IN (SELECT id FROM jobs WHERE expires < ?)", (now,))
            for table in ("jobs", "results", "keys"):
                db.execute(f"DELETE FROM {table} WHERE expires < ?", (now,))  # noqa: S608  our own names
            db.execute("DELETE FROM workers WHERE reaped < ?", (now - LONGEST_WAIT_SECONDS,))
            due = "SELECT count(*) FROM jobs WHERE status = 'queued' AND kind = 'backtest' AND due <= ?"
            return int(db.execute(due, (now,)).fetchone()[0])

    @reaching
    def statistics(self) -> Mapping[str, Any]:
        """Return the figures of the metrics."""
        db, now = self._db(), time.time()
        waiting = "FROM jobs WHERE status = 'queued' AND kind = 'backtest'"
        queued = dict.fromkeys(PRIORITIES, 0)
        for priority, count in db.execute(f"SELECT priority, count(*) {waiting} GROUP BY priority").fetchall():
            queued[PRIORITIES[priority]] = count
        oldest = db.execute(f"SELECT min(created) {waiting}").fetchone()[0]
        running = db.execute("SELECT count(*) FROM jobs WHERE status = 'running' AND kind = 'backtest'").fetchone()[0]
        # a worker of this store reaps between two jobs: during a long one that job's lease shows that it is there
        there = (
            "SELECT count(*), coalesce(sum(slots), 0) FROM workers WHERE reaped > ? OR EXISTS (SELECT 1 FROM jobs"
            " WHERE status = 'running' AND kind = 'backtest' AND lease > ? AND rtrim(worker, ':') = name)"
        )
        workers, slots = db.execute(there, (now - WORKER_SECONDS, now)).fetchone()
        return {
            **counts({row[0]: row[1] for row in db.execute("SELECT name, count FROM totals")}),
            "queued": queued,
            "running": running,
            "oldest_seconds": max(now - oldest, 0.0) if oldest is not None else 0.0,
            "workers": workers,
            "slots": slots,
        }

    @reaching
    def ping(self) -> None:
        """Write the file's version anew, which changes nothing: a full disk, or a read-only one, can still be read."""
        self._db().execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
