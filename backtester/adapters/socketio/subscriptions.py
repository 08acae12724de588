"""The jobs that sockets follow. A socket receives every event of a job once, and its end exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from backtester.adapters.socketio.raw_json import Written
from backtester.model.errors import BacktestError
from backtester.service.auth.principal import Principal
from backtester.service.components import Service, in_thread
from backtester.service.jobs.broadcaster import Notice
from backtester.service.jobs.job import ENDED, Job, job_document
from backtester.service.jobs.job_service import MOST_LISTED

MOST_FOLLOWED = 10_000  # jobs of one socket
_READ_SECONDS = 5.0
_MOST_REMEMBERED = 1000  # ended jobs that a socket's follower remembers
_CHECK_SECONDS = 1.0  # between two checks of the followers' keys and tokens
Emit = Callable[[str, str, dict[str, Any]], Awaitable[None]]


class Follower:
    """A socket and the jobs it follows. last: the `seq` of the last event that it received, of each unended job.

    since: from then on, time.time(), it follows every job of its owner; None: only those of `last`.
    """

    def __init__(self, sid: str, principal: Principal) -> None:
        """Follow no job yet."""
        self.sid = sid
        self.principal = principal
        self.last: dict[str, int] = {}
        self.since: float | None = None
        self._sent_ends: dict[str, None] = {}

    def wants(self, job_id: str) -> bool:
        """Return whether to emit a job's events: not after its end, when late notices may still arrive."""
        return job_id in self.last or (self.since is not None and job_id not in self._sent_ends)

    def end_was_sent(self, job_id: str) -> bool:
        """Return whether the end of a job was emitted lately."""
        return job_id in self._sent_ends

    def mark_end_sent(self, job_id: str) -> None:
        """Remember that the end of a job was emitted; the latest suffice, for notices are not late for long."""
        self._sent_ends[job_id] = None
        if len(self._sent_ends) > _MOST_REMEMBERED:
            del self._sent_ends[next(iter(self._sent_ends))]


class Feed:
    """Emits the events of one owner's jobs to that owner's sockets."""

    def __init__(self, service: Service, owner: str, emit: Emit, drop: Callable[[str], None]) -> None:
        """Take the functions that emit to a socket (its sid, the event's name, its data) and disconnect one."""
        self.followers: dict[str, Follower] = {}
        self._service = service
        self._owner = owner
        self._emit = emit
        self._drop = drop
        self._checked = 0.0
        self._task: asyncio.Task[None] | None = None

    def add(self, follower: Follower) -> None:
        """Add a socket; the first starts the feed."""
        self.followers[follower.sid] = follower
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    def remove(self, sid: str) -> bool:
        """Remove a socket; return whether it was the last, which stops the feed."""
        self.followers.pop(sid, None)
        if self.followers or self._task is None:
            return not self.followers
        self._task.cancel()
        self._task = None
        return True

    async def follow(self, follower: Follower, job_id: str) -> None:
        """Emit the events of a job since the last one that the socket has received."""
        with contextlib.suppress(BacktestError):  # the store is away, and has logged why: `_read_all` catches up
            await self._catch_up(follower, await in_thread(self._service.job_service.job, follower.principal, job_id))

    async def ended_since(self, moment: float) -> list[Job]:
        """Return those of the owner's newest jobs that have ended since. BacktestError while the store is away."""
        page = await in_thread(self._service.store.listed, self._owner, limit=MOST_LISTED, cursor=None, status=None)
        return [job for job in page.jobs if job.ended and (job.finished_at or 0.0) >= moment]

    async def _catch_up(self, follower: Follower, job: Job) -> None:
        if job.id not in follower.last:
            return  # its end was emitted, or the socket unsubscribed
        if job.ended:
            await self._emit_end(follower, job)
        elif job.event["seq"] > follower.last[job.id]:
            follower.last[job.id] = job.event["seq"]
            await self._emit(follower.sid, "backtest_progress", job.event)

    async def _listen(self) -> None:
        async with self._service.broadcaster.subscribe(self._owner) as subscription:
            missed, seconds = True, 0.0  # what happened before it listened
            while True:
                notice = await subscription.next(seconds=seconds)
                seconds = _READ_SECONDS
                self._check_principals()
                try:
                    # emitting to a thousand sockets takes longer than the next event: then the next replaces this one
                    for one in [] if notice is None else subscription.drain(notice):
                        if one.event is None:
                            missed = True
                        else:
                            await self._receive(one)
                    if missed:
                        await self._follow_missed()
                    if missed or notice is None:
                        await self._read_all()
                        missed = False
                except BacktestError:  # the store is away, and has logged why: read again soon
                    pass
                except Exception:
                    structlog.get_logger("feed").exception("an unexpected error")

    def _check_principals(self) -> None:
        """Disconnect sockets whose key was revoked or has expired."""
        now = time.monotonic()
        if now - self._checked < _CHECK_SECONDS:
            return
        self._checked = now
        for follower in self.followers.values():
            if not self._service.authenticator.still_admits(follower.principal):
                self._drop(follower.sid)

    async def _receive(self, notice: Notice) -> None:
        assert notice.event is not None
        event = notice.event
        followers = [one for one in self.followers.values() if one.wants(notice.job_id)]
        if not followers:
            return
        job = None
        if event["stage"] in ENDED:
            job = await in_thread(self._service.store.job, notice.job_id)
        for follower in followers:
            if not follower.wants(notice.job_id):
                continue  # meanwhile its end was emitted, or the socket unsubscribed
            if event["seq"] > follower.last.get(notice.job_id, 0):
                if event["stage"] not in ENDED:
                    follower.last[notice.job_id] = event["seq"]
                await self._emit(follower.sid, "backtest_progress", event)
            if job is not None and follower.wants(job.id):
                follower.last.setdefault(job.id, 0)
                await self._emit_end(follower, job)

    async def _follow_missed(self) -> None:
        """Have those that follow everything follow the jobs of which no notice came at all."""
        moments = [one.since for one in self.followers.values() if one.since is not None]
        for job in await self.ended_since(min(moments)) if moments else []:
            for follower in self.followers.values():
                since = math.inf if follower.since is None else follower.since
                if (job.finished_at or 0.0) >= since and not follower.end_was_sent(job.id):
                    follower.last.setdefault(job.id, 0)

    async def _read_all(self) -> None:
        """Read every followed job: its notices may have been missed."""
        ids = {job_id for follower in self.followers.values() for job_id in follower.last}
        for job_id in ids:
            try:
                job = await in_thread(self._service.job_service.job, self._any_principal(), job_id)
            except BacktestError as error:
                if error.code != "JOB_GONE":
                    raise
                await self._emit_loss(job_id, error)
                continue
            for follower in [*self.followers.values()]:
                if job_id in follower.last:
                    await self._catch_up(follower, job)

    def _any_principal(self) -> Principal:
        return next(iter(self.followers.values())).principal

    async def _emit_end(self, follower: Follower, job: Job) -> None:
        """Emit the end of a job to a socket that follows it, once."""
        document = None if job.kind == "batch" else await in_thread(self._service.job_service.result, job)
        if follower.last.pop(job.id, None) is None:
            return
        follower.mark_end_sent(job.id)
        known = {} if job.request_id is None else {"request_id": job.request_id}
        payload: dict[str, Any] = {"id": job.id, **known, "status": job.status}
        if document is None:
            batch = job_document(job, root=self._service.settings.root_path)
            await self._emit(follower.sid, "backtest_complete", {**payload, "results": Written(batch)})
        elif document.startswith(b'{"success":true'):
            await self._emit(follower.sid, "backtest_complete", {**payload, "results": Written(document)})
        else:
            await self._emit(follower.sid, "backtest_failed", {**payload, "error": Written(document)})

    async def _emit_loss(self, job_id: str, error: BacktestError) -> None:
        for follower in [*self.followers.values()]:
            if follower.last.pop(job_id, None) is not None:
                payload = {"id": job_id, "status": "failed", "error": json.loads(json.dumps(error.as_document()))}
                await self._emit(follower.sid, "backtest_failed", payload)
