"""Which sockets follow which jobs, and what each is told: every event of a job once, its end exactly once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from backtester.adapters.socketio.raw_json import Written
from backtester.model.errors import BacktestError
from backtester.service.auth.principal import Principal
from backtester.service.context import Service, in_thread
from backtester.service.jobs.broadcaster import Notice
from backtester.service.jobs.job import ENDED, Job, job_document

MOST_FOLLOWED = 10_000  # jobs of one socket
_LOOK_SECONDS = 5.0
_MOST_TOLD = 1000  # jobs whose end a socket was told of that are remembered
_CHECK_SECONDS = 1.0  # between two looks at whether they who follow may
Tell = Callable[[str, str, dict[str, Any]], Awaitable[None]]


class Follower:
    """A socket, and what it follows. last: the number of the last event it was told of each job that goes on."""

    def __init__(self, sid: str, caller: Principal) -> None:
        """Follow nothing yet."""
        self.sid = sid
        self.caller = caller
        self.last: dict[str, int] = {}
        self.everything = False
        self._told: dict[str, None] = {}

    def wants(self, job_id: str) -> bool:
        """Tell whether to tell of a job: not of one whose end was told, of which some notices may be on their way."""
        return job_id in self.last or (self.everything and job_id not in self._told)

    def was_told(self, job_id: str) -> bool:
        """Tell whether the end of a job was told lately."""
        return job_id in self._told

    def has_been_told(self, job_id: str) -> None:
        """Remember that the end of a job was told; the latest are enough, for notices are not late for long."""
        self._told[job_id] = None
        if len(self._told) > _MOST_TOLD:
            del self._told[next(iter(self._told))]


class Feed:
    """Tells the sockets of one owner of that owner's jobs."""

    def __init__(self, service: Service, owner: str, tell: Tell, drop: Callable[[str], None]) -> None:
        """Take what tells, called with a socket, an event's name and its data; and what disconnects a socket."""
        self.followers: dict[str, Follower] = {}
        self._service = service
        self._owner = owner
        self._tell = tell
        self._drop = drop
        self._checked = 0.0
        self._task: asyncio.Task[None] | None = None

    def add(self, follower: Follower) -> None:
        """Begin to listen with the first socket."""
        self.followers[follower.sid] = follower
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    def remove(self, sid: str) -> bool:
        """Stop listening with the last; tell whether it was."""
        self.followers.pop(sid, None)
        if self.followers or self._task is None:
            return not self.followers
        self._task.cancel()
        self._task = None
        return True

    async def follow(self, follower: Follower, job: Job) -> None:
        """Tell a socket what happened to a job between the state that it was told and its first notice."""
        try:
            await self._catch_up(follower, await in_thread(self._service.desk.job, follower.caller, job.id))
        except BacktestError as error:  # the store is away: `_look` will have what there is
            structlog.get_logger("feed").warning("store_unreachable", code=error.code)

    async def _catch_up(self, follower: Follower, job: Job) -> None:
        if job.id not in follower.last:
            return  # told already, or let go of
        if job.ended:
            await self._tell_end(follower, job)
        elif job.event["seq"] > follower.last[job.id]:
            follower.last[job.id] = job.event["seq"]
            await self._tell(follower.sid, "backtest_progress", job.event)

    async def _listen(self) -> None:
        async with self._service.hub.listening(self._owner) as listener:
            while True:
                notice = await listener.next(seconds=_LOOK_SECONDS)
                self._check_callers()
                try:
                    # a thousand sockets take longer to tell than the next event takes to come: then it is told instead
                    for one in [None] if notice is None else listener.and_behind(notice):
                        if one is None or one.event is None:
                            await self._look()
                        else:
                            await self._hear(one)
                except BacktestError as error:  # the store is away: looked for again soon
                    structlog.get_logger("feed").warning("store_unreachable", code=error.code)
                except Exception:
                    structlog.get_logger("feed").exception("an unexpected error")

    def _check_callers(self) -> None:
        """Let go of sockets whose key was revoked or has expired."""
        now = time.monotonic()
        if now - self._checked < _CHECK_SECONDS:
            return
        self._checked = now
        for follower in self.followers.values():
            if not self._service.gate.still_admits(follower.caller):
                self._drop(follower.sid)

    async def _hear(self, notice: Notice) -> None:
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
                continue  # told, or let go of, meanwhile
            if event["seq"] > follower.last.get(notice.job_id, 0):
                if event["stage"] not in ENDED:
                    follower.last[notice.job_id] = event["seq"]
                await self._tell(follower.sid, "backtest_progress", event)
            if job is not None and follower.wants(job.id):
                follower.last.setdefault(job.id, 0)
                await self._tell_end(follower, job)

    async def _look(self) -> None:
        """Look at every job that somebody follows: something may have been missed."""
        ids = {job_id for follower in self.followers.values() for job_id in follower.last}
        for job_id in ids:
            try:
                job = await in_thread(self._service.desk.job, self._any_caller(), job_id)
            except BacktestError as error:
                if error.code != "JOB_GONE":
                    raise
                await self._tell_loss(job_id, error)
                continue
            for follower in [*self.followers.values()]:
                if job_id in follower.last:
                    await self._catch_up(follower, job)

    def _any_caller(self) -> Principal:
        return next(iter(self.followers.values())).caller

    async def _tell_end(self, follower: Follower, job: Job) -> None:
        """Tell a socket how a job that it follows has ended; once."""
        document = None if job.kind == "batch" else await in_thread(self._service.desk.result, job)
        if follower.last.pop(job.id, None) is None:
            return
        follower.has_been_told(job.id)
        known = {} if job.request_id is None else {"request_id": job.request_id}
        said: dict[str, Any] = {"id": job.id, **known, "status": job.status}
        if document is None:
            await self._tell(follower.sid, "backtest_complete", {**said, "results": Written(job_document(job))})
        elif document.startswith(b'{"success":true'):
            await self._tell(follower.sid, "backtest_complete", {**said, "results": Written(document)})
        else:
            await self._tell(follower.sid, "backtest_failed", {**said, "error": Written(document)})

    async def _tell_loss(self, job_id: str, error: BacktestError) -> None:
        for follower in [*self.followers.values()]:
            if follower.last.pop(job_id, None) is not None:
                said = {"id": job_id, "status": "failed", "error": json.loads(json.dumps(error.as_document()))}
                await self._tell(follower.sid, "backtest_failed", said)
