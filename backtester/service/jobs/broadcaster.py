"""Sends the changes of jobs to the subscriptions of this process: by one connection to Redis or one poll of the file.

A process receives the changes of the jobs and owners that it has subscriptions of, and no others.

A subscriber reads the job itself first and after each wait. A notice only says that a read is worth while, and carries
the progress event. So nothing is missed when Redis was away for a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Literal, NamedTuple, Protocol

import redis.asyncio
import structlog

from backtester.model.record import Record
from backtester.service.jobs.stores.job_store import JobStore, StoreError
from backtester.service.jobs.stores.redis_connection import connection_options
from backtester.service.jobs.stores.redis_store import PREFIX, RedisStore
from backtester.service.jobs.stores.sqlite_store import SqliteStore
from backtester.service.jobs.stores.store_failures import StoreFailures
from backtester.service.service_settings import ServiceSettings

_MOST_QUEUED = 1000  # notices that wait for a slow subscriber; beyond them it gets MISSED and reads the store
_RECONNECT_SECONDS = 0.5
_REPLY_SECONDS = 3.0  # a connection that takes longer to reply is dead
_POLL_SECONDS = 0.03
# uvloop raises RuntimeError where a connection has been closed and what reads it has not seen that yet
_LOST = (redis.exceptions.RedisError, OSError, RuntimeError)
_CHANNELS = {"owner": f"{PREFIX}events:", "job": f"{PREFIX}job-events:"}


class Notice(Record):
    """A change of a job. event: its progress event; None: events were missed, the subscriber reads the store."""

    job_id: str
    event: dict[str, Any] | None


MISSED = Notice(job_id="", event=None)


class Topic(NamedTuple):
    """The jobs of one subscription: all of an owner's, or one job."""

    kind: Literal["owner", "job"]
    name: str


class Subscription:
    """The notices of one topic, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Notice] = asyncio.Queue(_MOST_QUEUED)
        self._missed = False

    def notify(self, notice: Notice) -> None:
        """Queue a notice."""
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

    def drain(self, notice: Notice) -> list[Notice]:
        """Return a notice and those queued behind it, of each job the last alone: it includes the earlier ones."""
        latest = {notice.job_id: notice}
        while not self._queue.empty():
            behind = self._queue.get_nowait()
            latest[behind.job_id] = behind
        return [*latest.values()]


class Source(Protocol):
    """Where a broadcaster reads changes from."""

    async def listen(self, broadcaster: Broadcaster) -> None:
        """Pass every change on to the broadcaster, for ever."""

    async def watch(self, topic: Topic) -> None:
        """Begin to receive the changes of a topic."""

    async def ignore(self, topic: Topic) -> None:
        """Stop receiving them."""


class Broadcaster:
    """Passes the changes of a source on to subscriptions."""

    def __init__(self, source: Source) -> None:
        """Take the source; `run` reads it."""
        self._source = source
        self._subscriptions: dict[Topic, set[Subscription]] = {}

    async def run(self) -> None:
        """Read the source until cancelled, whatever it raises."""
        while True:
            try:
                await self._source.listen(self)
            except Exception:
                structlog.get_logger("broadcaster").exception("an unexpected error")
            await asyncio.sleep(_RECONNECT_SECONDS)

    @contextlib.asynccontextmanager
    async def subscribe(self, owner: str, job_id: str | None = None) -> AsyncIterator[Subscription]:
        """Subscribe to one job, which the caller has seen to be this owner's, or to all of an owner's jobs."""
        topic = Topic("owner", owner) if job_id is None else Topic("job", job_id)
        subscription = Subscription()
        others = self._subscriptions.setdefault(topic, set())
        others.add(subscription)
        if len(others) == 1:
            await self._source.watch(topic)
        try:
            yield subscription
        finally:
            others.discard(subscription)
            if not others and self._subscriptions.get(topic) is others:
                del self._subscriptions[topic]
                await self._source.ignore(topic)
                if topic in self._subscriptions:  # subscribed to meanwhile, and perhaps before it was ignored
                    await self._source.watch(topic)

    @property
    def topics(self) -> list[Topic]:
        """The topics with subscriptions."""
        return [*self._subscriptions]

    def notify(self, topic: Topic, notice: Notice) -> None:
        """Pass a notice on to the subscriptions of a topic."""
        for subscription in [*self._subscriptions.get(topic, ())]:
            subscription.notify(notice)

    def notify_all(self) -> None:
        """Have every subscriber read the store: notices may have been missed."""
        for topic in self.topics:
            self.notify(topic, MISSED)


class RedisSource:
    """Reads changes from Redis's channels, one for each owner and one for each job."""

    def __init__(self, settings: ServiceSettings, failures: StoreFailures) -> None:
        """Take the settings, and what logs failures; nothing is connected to before `listen`."""
        assert settings.redis_url is not None
        self._failures = failures
        options = connection_options(settings.redis_url)
        options |= {"retry": None, "retry_on_error": None, "socket_timeout": None}
        self._client = redis.asyncio.Redis.from_url(settings.redis_url, **options)
        self._pubsub: Any = self._client.pubsub()
        self._listening = False

    async def listen(self, broadcaster: Broadcaster) -> None:
        """Pass every change on. After a lost connection connect again, and have every subscriber read the store."""
        while True:
            try:
                async with asyncio.timeout(_REPLY_SECONDS):
                    await self._begin(broadcaster)
                self._failures.worked("listen")
                broadcaster.notify_all()
                await self._receive(broadcaster)
            except _LOST as error:
                self._listening = False
                closed = redis.exceptions.ConnectionError("closed") if isinstance(error, RuntimeError) else error
                self._failures.failed("listen", closed)
                await asyncio.sleep(_RECONNECT_SECONDS)
                await self._renew()

    async def _begin(self, broadcaster: Broadcaster) -> None:
        # a channel that is always subscribed to, so that there is a connection before the first owner
        channels = {PREFIX + "events"}
        subscribed = set[str]()
        while channels:
            await self._pubsub.subscribe(*channels)
            subscribed |= channels
            channels = {*map(_channel, broadcaster.topics)} - subscribed
        self._listening = True  # no `await` since the topics were read: from here on `watch` subscribes

    async def _receive(self, broadcaster: Broadcaster) -> None:
        pinged = False
        while True:
            message = await self._pubsub.get_message(timeout=_REPLY_SECONDS)
            if message is None and pinged:  # the connection is dead, and the system has not noticed
                raise redis.exceptions.TimeoutError
            pinged = message is None
            if message is None:
                await self._pubsub.ping()
            elif message["type"] == "message":
                change = json.loads(message["data"])
                broadcaster.notify(
                    _topic(message["channel"].decode()), Notice(job_id=change["id"], event=change["event"])
                )

    async def _renew(self) -> None:
        with contextlib.suppress(*_LOST):
            async with asyncio.timeout(_REPLY_SECONDS):
                await self._pubsub.aclose()
        self._pubsub = self._client.pubsub()

    async def watch(self, topic: Topic) -> None:
        """Begin to receive the changes of a topic."""
        await self._send("subscribe", topic)

    async def ignore(self, topic: Topic) -> None:
        """Stop receiving them."""
        await self._send("unsubscribe", topic)

    async def _send(self, command: str, topic: Topic) -> None:
        """Send a command where there is a connection; `_begin` subscribes on the next one."""
        if self._listening:  # else this would open a connection, and the subscriber would wait for it
            with contextlib.suppress(*_LOST):
                async with asyncio.timeout(_REPLY_SECONDS):
                    await getattr(self._pubsub, command)(_channel(topic))


def _channel(topic: Topic) -> str:
    return _CHANNELS[topic.kind] + topic.name


def _topic(channel: str) -> Topic:
    kind: Literal["owner", "job"] = "job" if channel.startswith(_CHANNELS["job"]) else "owner"
    return Topic(kind, channel.removeprefix(_CHANNELS[kind]))


class SqliteSource:
    """Reads changes by polling the file."""

    def __init__(self, store: SqliteStore) -> None:
        """Take the store."""
        self._store = store

    async def listen(self, broadcaster: Broadcaster) -> None:
        """Pass every change on."""
        last: int | None = None
        while True:
            try:
                if last is None:
                    last = await asyncio.to_thread(self._store.last_published)
                    broadcaster.notify_all()
                elif broadcaster.topics:
                    for number, owner, event in await asyncio.to_thread(self._store.published, after=last):
                        last = number
                        notice = Notice(job_id=event["id"], event=event)
                        broadcaster.notify(Topic("owner", owner), notice)
                        broadcaster.notify(Topic("job", event["id"]), notice)
                else:
                    last = None  # the next subscriber begins with what is stored by then
            except StoreError:
                last = None
                await asyncio.sleep(_RECONNECT_SECONDS)
            await asyncio.sleep(_POLL_SECONDS)

    async def watch(self, topic: Topic) -> None:
        """Do nothing: the file has the changes of every job."""

    async def ignore(self, topic: Topic) -> None:
        """Do nothing."""


def open_broadcaster(settings: ServiceSettings, store: JobStore) -> Broadcaster:
    """Return the broadcaster of a store's changes."""
    if isinstance(store, SqliteStore):
        return Broadcaster(SqliteSource(store))
    assert isinstance(store, RedisStore)
    return Broadcaster(RedisSource(settings, store.failures))
