"""What changes, told to whoever in this process waits for it: one connection to Redis, or one look at a file, for all.

Whoever listens reads the job itself first and after each wait: what is told here only says when it is worth looking,
and carries the progress events for whoever shows them. So nothing is lost when Redis was away for a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

import redis.asyncio
import structlog

from backtester.model.record import Record
from backtester.service.jobs.job_store import JobStore, StoreError
from backtester.service.jobs.redis_connection import connection_options
from backtester.service.jobs.redis_store import PREFIX
from backtester.service.jobs.sqlite_store import SqliteStore
from backtester.service.settings import ServiceSettings

_MOST_UNHEARD = 1000  # events that are kept for a listener who is slow; then it is told to look for itself
_RECONNECT_SECONDS = 0.5
_ANSWER_SECONDS = 3.0  # a connection that takes longer over an answer is dead
_LOOK_SECONDS = 0.03


class Notice(Record):
    """Something has changed. event: the progress event; None: events were missed, look for yourself."""

    job_id: str
    event: dict[str, Any] | None


MISSED = Notice(job_id="", event=None)


class Subscription:
    """One listener to one owner's jobs."""

    def __init__(self, job_id: str | None) -> None:
        """Listen to one job, or with None to all of the owner's."""
        self.job_id = job_id
        self._queue: asyncio.Queue[Notice] = asyncio.Queue(_MOST_UNHEARD)
        self._missed = False

    def tell(self, notice: Notice) -> None:
        """Queue a notice, unless it is about another job."""
        if self.job_id is not None and notice.job_id not in ("", self.job_id):
            return
        try:
            self._queue.put_nowait(notice)
        except asyncio.QueueFull:
            self._missed = True

    async def next(self, *, seconds: float) -> Notice | None:
        """Return the next notice; None when there was none for so long."""
        if self._missed and self._queue.empty():
            self._missed = False
            return MISSED
        try:
            return await asyncio.wait_for(self._queue.get(), seconds)
        except TimeoutError:
            return None

    def and_behind(self, notice: Notice) -> list[Notice]:
        """Return a notice and those that wait behind it: of each job the last alone, which says all that was said."""
        latest = {notice.job_id: notice}
        while not self._queue.empty():
            behind = self._queue.get_nowait()
            latest[behind.job_id] = behind
        return [*latest.values()]


class Source(Protocol):
    """Where a hub hears of changes."""

    async def listen(self, hub: Broadcaster) -> None:
        """Tell the hub of every change, for ever."""

    async def watch(self, owner: str) -> None:
        """Begin to hear of an owner's jobs."""

    async def ignore(self, owner: str) -> None:
        """Stop hearing of them."""


class Broadcaster:
    """Passes on what a source tells."""

    def __init__(self, source: Source) -> None:
        """Take the source; `run` listens to it."""
        self._source = source
        self._listeners: dict[str, set[Subscription]] = {}

    async def run(self) -> None:
        """Listen until cancelled, whatever happens."""
        while True:
            try:
                await self._source.listen(self)
            except Exception:
                structlog.get_logger("hub").exception("an unexpected error")
            await asyncio.sleep(_RECONNECT_SECONDS)

    @contextlib.asynccontextmanager
    async def listening(self, owner: str, job_id: str | None = None) -> AsyncIterator[Subscription]:
        """Listen to one of an owner's jobs, or to all of them."""
        listener = Subscription(job_id)
        others = self._listeners.setdefault(owner, set())
        others.add(listener)
        if len(others) == 1:
            await self._source.watch(owner)
        try:
            yield listener
        finally:
            others.discard(listener)
            if not others and self._listeners.get(owner) is others:
                del self._listeners[owner]
                await self._source.ignore(owner)
                if owner in self._listeners:  # somebody came meanwhile, and may have been heard first
                    await self._source.watch(owner)

    @property
    def owners(self) -> list[str]:
        """Whose jobs somebody listens to."""
        return [*self._listeners]

    def tell(self, owner: str, notice: Notice) -> None:
        """Tell those who listen to this owner's jobs."""
        for listener in [*self._listeners.get(owner, ())]:
            listener.tell(notice)

    def tell_everybody(self) -> None:
        """Have everybody look for themselves: something may have been missed."""
        for owner in self.owners:
            self.tell(owner, MISSED)


class RedisSource:
    """Hears of changes on Redis's channels, one an owner."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Take the settings; nothing is connected to before `listen`."""
        assert settings.redis_url is not None
        options = connection_options() | {"retry": None, "retry_on_error": None, "socket_timeout": None}
        self._client = redis.asyncio.Redis.from_url(settings.redis_url, **options)
        self._pubsub: Any = self._client.pubsub()
        self._listening = False
        self._log = structlog.get_logger("hub")

    async def listen(self, hub: Broadcaster) -> None:
        """Tell the hub of every change; connect again, and have everybody look, after the connection was lost."""
        while True:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._begin(hub)
                hub.tell_everybody()
                await self._hear(hub)
            except (redis.exceptions.RedisError, OSError):
                self._listening = False
                self._log.warning("store_unreachable")
                await asyncio.sleep(_RECONNECT_SECONDS)
                await self._renew()

    async def _begin(self, hub: Broadcaster) -> None:
        # its own channel, so that there is a connection before anybody is listened to
        channels = {PREFIX + "events"}
        subscribed = set[str]()
        while channels:
            await self._pubsub.subscribe(*channels)
            subscribed |= channels
            channels = {_channel(owner) for owner in hub.owners} - subscribed
        self._listening = True  # from here on, without a pause since the last look, `watch` subscribes

    async def _hear(self, hub: Broadcaster) -> None:
        asked = False
        while True:
            message = await self._pubsub.get_message(timeout=_ANSWER_SECONDS)
            if message is None and asked:  # the connection is dead, and nobody said so
                raise redis.exceptions.TimeoutError
            asked = message is None
            if message is None:
                await self._pubsub.ping()
            elif message["type"] == "message":
                owner = message["channel"].decode().removeprefix(_channel(""))
                told = json.loads(message["data"])
                hub.tell(owner, Notice(job_id=told["id"], event=told["event"]))

    async def _renew(self) -> None:
        with contextlib.suppress(redis.exceptions.RedisError, OSError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._pubsub.aclose()
        self._pubsub = self._client.pubsub()

    async def watch(self, owner: str) -> None:
        """Begin to hear of an owner's jobs."""
        await self._say("subscribe", owner)

    async def ignore(self, owner: str) -> None:
        """Stop hearing of them."""
        await self._say("unsubscribe", owner)

    async def _say(self, what: str, owner: str) -> None:
        """Say it where there is a connection; `listen` says it to the next one."""
        if self._listening:  # else this would make a connection, and whoever asks would wait for that
            with contextlib.suppress(redis.exceptions.RedisError, OSError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await getattr(self._pubsub, what)(_channel(owner))


def _channel(owner: str) -> str:
    return f"{PREFIX}events:{owner}"


class SqliteSource:
    """Hears of changes by looking into the file."""

    def __init__(self, store: SqliteStore) -> None:
        """Take the store."""
        self._store = store

    async def listen(self, hub: Broadcaster) -> None:
        """Tell the hub of every change."""
        last: int | None = None
        while True:
            try:
                if last is None:
                    last = await asyncio.to_thread(self._store.last_published)
                    hub.tell_everybody()
                elif hub.owners:
                    for number, owner, event in await asyncio.to_thread(self._store.published, after=last):
                        last = number
                        hub.tell(owner, Notice(job_id=event["id"], event=event))
                else:
                    last = None  # whoever listens next begins with what there is
            except StoreError:
                last = None
                await asyncio.sleep(_RECONNECT_SECONDS)
            await asyncio.sleep(_LOOK_SECONDS)

    async def watch(self, owner: str) -> None:
        """Do nothing: the file tells of everybody."""

    async def ignore(self, owner: str) -> None:
        """Do nothing."""


def open_broadcaster(settings: ServiceSettings, store: JobStore) -> Broadcaster:
    """Return the hub that goes with a store."""
    if isinstance(store, SqliteStore):
        return Broadcaster(SqliteSource(store))
    return Broadcaster(RedisSource(settings))
