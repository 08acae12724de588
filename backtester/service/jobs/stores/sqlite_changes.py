"""The SQLite file of jobs: its tables, its connections, and the steps of which its changes consist."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator

from backtester.service.jobs.job import PRIORITIES, Admission, Claim, Job, Member, event
from backtester.service.jobs.stores.job_store import Admitted, HeartbeatReply, Outcome, reused
from backtester.service.jobs.stores.sqlite_failures import sqlite_failures
from backtester.service.service_settings import ServiceSettings
from backtester.settings import SettingsError

SCHEMA_VERSION = 2  # the file's user_version; 1 (written as 0) had the status `done`
_EVENTS_STORED = 512
_ACTIVE_TTL = 7 * 86_400.0  # longer than any job waits: LONGEST_WAIT_SECONDS
_BATCH_INTERVAL = 0.1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT, status TEXT NOT NULL,
    priority INTEGER NOT NULL, due REAL NOT NULL, request BLOB, request_id TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, max_attempts INTEGER NOT NULL,
    created REAL NOT NULL, started REAL, finished REAL, expires REAL NOT NULL,
    event TEXT, seq INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0, progress REAL NOT NULL DEFAULT 0,
    cancel INTEGER NOT NULL DEFAULT 0, worker TEXT, lease REAL, result_key TEXT, result_id TEXT, trace TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0, emitted REAL NOT NULL DEFAULT 0,
    digest TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_to_claim ON jobs (status, kind, priority, owner, due);
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, parent, CAST(created * 1000 AS INTEGER), id);
CREATE INDEX IF NOT EXISTS jobs_of_batch ON jobs (parent);
CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (expires);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, owner TEXT NOT NULL, seq INTEGER NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_job ON events (job, seq);
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, document BLOB NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS computing (result_id TEXT PRIMARY KEY, job TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
    owner TEXT, key TEXT, job TEXT NOT NULL, digest TEXT NOT NULL, expires REAL NOT NULL, PRIMARY KEY (owner, key)
);
CREATE TABLE IF NOT EXISTS round_robin (owner TEXT PRIMARY KEY, served INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS workers (name TEXT PRIMARY KEY, reaped REAL NOT NULL, slots INTEGER NOT NULL);
"""
_WHOSE_TURN = (
    "SELECT priority, owner FROM jobs LEFT JOIN round_robin USING (owner) WHERE status = 'queued'"
    " AND kind = 'backtest' AND due <= ? GROUP BY priority, owner ORDER BY priority, coalesce(served, 0),"
    " min(jobs.rowid) LIMIT 1"
)


class SqliteChanges:
    """Connections to the file, and the steps inside one change of it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Take the settings; the file is made with the first use. SettingsError for one that another version wrote."""
        self._folder = settings.service_dir
        self._lease = settings.lease_seconds
        self._ttl = settings.job_ttl_seconds
        self._local = threading.local()
        self.failures = sqlite_failures()
        self._path = os.path.join(self._folder, "jobs.sqlite")
        _check_version(self._path)

    def close(self) -> None:
        """Close this thread's connection."""
        db = self._local.__dict__.pop("db", None)
        if db is not None:
            db.close()

    def _db(self) -> sqlite3.Connection:
        """Return the connection of this thread in this process: SQLite's do not survive a fork."""
        if getattr(self._local, "pid", None) != os.getpid():
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=5, isolation_level=None)
            try:
                _prepare(db)
            except BaseException:
                db.close()
                raise
            self._local.db, self._local.pid = db, os.getpid()
        connection: sqlite3.Connection = self._local.db
        return connection

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Make one change as a transaction."""
        db = self._db()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # SQLite has ended it itself where the disk is full
                db.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _holding(self, claim: Claim) -> Iterator[tuple[sqlite3.Connection, sqlite3.Row | None]]:
        """Change a claimed job; its row is None where this attempt is not the latest."""
        with self._changing() as db:
            asked = "SELECT * FROM jobs WHERE id = ? AND status = 'running' AND attempts = ?"
            yield db, db.execute(asked, (claim.id, claim.attempt)).fetchone()

    def _under_key(self, db: sqlite3.Connection, admission: Admission, now: float) -> Admitted | None:
        asked = (
            "SELECT job, keys.digest FROM keys JOIN jobs ON id = job"
            " WHERE keys.owner = ? AND key = ? AND keys.expires > ?"
        )
        known = db.execute(asked, (admission.owner, admission.key, now)).fetchone()
        if known is None:
            return None
        if known["digest"] != admission.digest:
            raise reused(admission.key)
        return Admitted(known["job"], True)

    def _create(
        self, db: sqlite3.Connection, admission: Admission, job_id: str, request_id: str | None, request: bytes | None,
        now: float,
    ) -> None:  # fmt: skip
        batch = request is None
        total = len(admission.jobs) if batch else 0
        db.execute(
            "INSERT INTO jobs (id, owner, kind, parent, status, priority, due, request, request_id, max_attempts,"
            " created, expires, trace, total, digest) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job_id, admission.owner, "batch" if batch else "backtest", None if batch else admission.batch_id,
                PRIORITIES.index(admission.priority), now, request, request_id, admission.max_attempts, now,
                now + _ACTIVE_TTL, admission.traceparent, total, admission.digest,
            ),
        )  # fmt: skip
        self._emit(db, job_id, "queued", 0, 0, total, now)

    def _emit(
        self, db: sqlite3.Connection, job_id: str, stage: str, progress: float, completed: int, total: int, now: float
    ) -> None:
        """Store a job's progress, which never falls."""
        row = db.execute(
            "SELECT owner, request_id, seq, progress, created FROM jobs WHERE id = ?", (job_id,)
        ).fetchone()
        shown, seq = max(row["progress"], round(progress, 4)), row["seq"] + 1
        stored = event(
            job_id, row["request_id"], seq=seq, stage=stage, progress=shown, completed=completed, total=total,
            elapsed=now - row["created"],
        )  # fmt: skip
        text = json.dumps(stored)
        db.execute(
            "UPDATE jobs SET seq = ?, version = version + 1, progress = ?, event = ? WHERE id = ?",
            (seq, shown, text, job_id),
        )
        db.execute("INSERT INTO events (job, owner, seq, event) VALUES (?, ?, ?, ?)", (job_id, row["owner"], seq, text))
        db.execute("DELETE FROM events WHERE job = ? AND seq <= ?", (job_id, seq - _EVENTS_STORED))

    def _end(self, db: sqlite3.Connection, row: sqlite3.Row, status: str, now: float, code: str | None = None) -> None:
        """End a job and delete its request. A batch ends with the last of its jobs.

        code: of the error. None of a failed job: it was never claimed, or its worker was lost.
        """
        db.execute(
            "UPDATE jobs SET status = ?, finished = ?, expires = ?, request = NULL, worker = NULL, lease = NULL"
            " WHERE id = ?", (status, now, now + self._ttl, row["id"]),
        )  # fmt: skip
        total = row["total"]
        self._emit(db, row["id"], status, float(status == "completed"), total, total, now)
        if row["kind"] != "batch":
            self._count(db, status)
            self._count(db, "ran_ms", max(round((now - (row["started"] or now)) * 1e3), 0))
            if status == "failed":
                self._count(db, f"failed:{code or ('WORKER_CRASHED' if row['attempts'] else 'SERVICE_UNAVAILABLE')}")
        if row["parent"] is not None:
            db.execute("UPDATE jobs SET ended = ended + 1, version = version + 1 WHERE id = ?", (row["parent"],))
            self._end_or_report(db, row["parent"], now)

    def _end_attempt(self, db: sqlite3.Connection, row: sqlite3.Row, outcome: Outcome, now: float) -> None:
        """End a job as its attempt did, or queue it again where the result to be reused has expired meanwhile."""
        job_id = row["id"]
        key = outcome.result_id if outcome.shared else job_id
        if outcome.document:
            db.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (key, outcome.document, now + self._ttl))
        elif not db.execute("SELECT 1 FROM results WHERE key = ?", (key,)).fetchone():
            self._requeue(db, row, now, counted=False)
            return
        else:
            self._count(db, "reused")
        db.execute("UPDATE results SET expires = max(expires, ?) WHERE key = ?", (now + self._ttl, key))
        db.execute("DELETE FROM computing WHERE result_id = ? AND job = ?", (outcome.result_id, job_id))
        db.execute("UPDATE jobs SET result_key = ?, result_id = ? WHERE id = ?", (key, outcome.result_id, job_id))
        for code in outcome.warned:
            self._count(db, f"warned:{code}")
        self._end(db, row, outcome.status, now, outcome.code)

    def _next_owner(self, db: sqlite3.Connection, now: float) -> sqlite3.Row | None:
        """Return the priority and the owner whose turn it is; None where no job waits."""
        row: sqlite3.Row | None = db.execute(_WHOSE_TURN, (now,)).fetchone()
        return row

    def _claim(self, db: sqlite3.Connection, worker: str, now: float) -> Claim | None:
        """Claim the next job for a worker."""
        chosen = self._next_owner(db, now)
        if chosen is None:
            return None
        served = "INSERT OR REPLACE INTO round_robin SELECT ?, coalesce(max(served), 0) + 1 FROM round_robin"
        db.execute(served, (chosen["owner"],))
        asked = (
            "SELECT * FROM jobs WHERE status = 'queued' AND kind = 'backtest' AND priority = ? AND owner = ?"
            " AND due <= ? ORDER BY rowid LIMIT 1"
        )
        row = db.execute(asked, (*chosen, now)).fetchone()
        db.execute(
            "UPDATE jobs SET status = 'running', attempts = attempts + 1, version = version + 1, worker = ?,"
            " lease = ?, started = coalesce(started, ?) WHERE id = ?", (worker, now + self._lease, now, row["id"]),
        )  # fmt: skip
        db.execute(
            "UPDATE jobs SET status = 'running', started = coalesce(started, ?), version = version + 1 WHERE id = ?",
            (now, row["parent"]),
        )
        return Claim(
            id=row["id"], owner=row["owner"], request=row["request"], request_id=row["request_id"],
            attempt=row["attempts"] + 1, max_attempts=row["max_attempts"], progress=row["progress"],
            traceparent=row["trace"],
        )  # fmt: skip

    def _end_or_report(self, db: sqlite3.Connection, batch_id: str, now: float) -> None:
        batch = db.execute("SELECT * FROM jobs WHERE id = ?", (batch_id,)).fetchone()
        if batch is None:
            return
        ended, total = batch["ended"], batch["total"]
        if ended >= total:
            self._end(db, batch, "cancelled" if batch["cancel"] else "completed", now)
        elif now - batch["emitted"] >= _BATCH_INTERVAL:
            db.execute("UPDATE jobs SET emitted = ? WHERE id = ?", (now, batch_id))
            self._emit(db, batch_id, "simulating", ended / total, ended, total, now)

    def _requeue(self, db: sqlite3.Connection, row: sqlite3.Row, due: float, *, counted: bool) -> None:
        """Queue a claimed job again."""
        attempts = row["attempts"] - (not counted)
        db.execute(
            "UPDATE jobs SET status = 'queued', due = ?, attempts = ?, worker = NULL, lease = NULL WHERE id = ?",
            (due, attempts, row["id"]),
        )
        db.execute("UPDATE jobs SET version = version + 1 WHERE id = ?", (row["parent"],))
        self._emit(db, row["id"], "queued", 0, 0, 0, time.time())

    def _prolong(self, db: sqlite3.Connection, row: sqlite3.Row) -> HeartbeatReply:
        db.execute("UPDATE jobs SET lease = ? WHERE id = ?", (time.time() + self._lease, row["id"]))
        return "cancel" if row["cancel"] else "go on"

    def _count(self, db: sqlite3.Connection, name: str, by: int = 1) -> None:
        added = "INSERT INTO totals VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count"
        db.execute(added, (name, by))

    def _job(self, row: sqlite3.Row) -> Job:
        members: tuple[Member, ...] = ()
        if row["kind"] == "batch":
            asked = "SELECT id, request_id, status FROM jobs WHERE parent = ? ORDER BY rowid"
            members = tuple(
                Member(id=one["id"], request_id=one["request_id"], status=one["status"])
                for one in self._db().execute(asked, (row["id"],))
            )
        return Job(
            id=row["id"], owner=row["owner"], kind=row["kind"], status=row["status"],
            priority=PRIORITIES[row["priority"]], request_id=row["request_id"], attempts=row["attempts"],
            created_at=row["created"], started_at=row["started"], finished_at=row["finished"],
            expires_at=row["expires"] if row["finished"] is not None else None, event=json.loads(row["event"]),
            version=row["version"], result_key=row["result_key"], result_id=row["result_id"], members=members,
        )  # fmt: skip


def _prepare(db: sqlite3.Connection) -> None:
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    if db.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")  # first: tables without it are another version's
    db.executescript(_SCHEMA)


def _check_version(path: str) -> None:
    """Go on where the file is missing, empty or of this version; SettingsError otherwise."""
    if not os.path.exists(path):
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            empty = db.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.Error:
        return  # damaged, or locked: its first use says so
    if version != SCHEMA_VERSION and not (empty and version == 0):
        raise SettingsError(
            f"BACKTEST_SERVICE_DIR holds a jobs.sqlite of version {version or 1}, and this program reads version "
            f"{SCHEMA_VERSION}. Move that file away, with its -wal and -shm, to start without its jobs"
        )
