"""The components of one service process, made once and shared by REST and live updates."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from backtester._version import __version__
from backtester.model.errors import AccessError
from backtester.service.auth.authenticator import Authenticator
from backtester.service.auth.principal import Principal
from backtester.service.auth.rate_limit import Allowance, RateLimiter
from backtester.service.jobs.broadcaster import Broadcaster, open_broadcaster
from backtester.service.jobs.job import ENDED, Job
from backtester.service.jobs.job_service import JobService
from backtester.service.jobs.stores.job_store import JobStore, StoreError
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import ServiceSettings

_THREADS = 32  # calls of the store block for a millisecond; checks of large requests for longer
_READ_SECONDS = 5.0  # a waiting caller's job is read this often, whatever notices come
_AWAY_SECONDS = 0.5  # between two reads while the store is away
_PATIENT_SECONDS = 5.0  # the longest that a caller who waits for a job waits for the store too
_STOP_SECONDS = 0.5  # the longest until a waiting caller notices that the server stops
_T = TypeVar("_T")


class Service:
    """The components of a process. Made before the event loop, used in it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Make the components; nothing is connected to yet. SettingsError."""
        self.settings = settings
        self.authenticator = Authenticator(settings)
        self.rate_limiter = RateLimiter(settings)
        self.store: JobStore = open_store(settings)
        self.job_service = JobService(settings, self.store, _waker(settings))
        self.broadcaster: Broadcaster = open_broadcaster(settings, self.store)
        self.stopping = asyncio.Event()
        self.when_stopping: list[Callable[[], None]] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Broadcast changes for as long as the block. Log a warning while no credentials are needed."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="store"))
        warning = self.authenticator.explain()
        if warning is not None:
            structlog.get_logger("access").warning(warning)
        broadcasting = asyncio.create_task(self.broadcaster.run())
        try:
            yield
        finally:
            broadcasting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await broadcasting
            await self.rate_limiter.close()
            self.store.close()

    def alive(self) -> dict[str, str]:
        """Return the document of /health/live."""
        return {"status": "ok", "version": __version__, "auth": "off" if self.authenticator.off else "on"}

    async def ready(self) -> dict[str, str]:
        """Return the document of /health/ready. StoreError where the store accepts no jobs."""
        await in_thread(self.store.ping)
        return {"status": "ok", "store": "redis" if self.settings.redis_url else "sqlite"}

    def stop(self) -> None:
        """End every wait and stream. Called in the event loop."""
        self.stopping.set()
        for end in self.when_stopping:
            end()

    async def admit(
        self, authorization: str | None, *, peer: str | None, forwarded: bool, host: str | None, token: object = None
    ) -> tuple[Principal, Allowance]:
        """Authenticate a caller, by its header or by a bare key or token, and count the request. AccessError."""
        try:
            if token is not None:
                principal = self.authenticator.admit_token(token, peer=peer, forwarded=forwarded, host=host)
            else:
                principal = self.authenticator.admit(authorization, peer=peer, forwarded=forwarded, host=host)
        except AccessError as error:
            if error.code == "UNAUTHENTICATED":
                await self.rate_limiter.spend_failure(peer)
            raise
        return principal, await self.rate_limiter.spend(principal)

    async def wait(
        self, principal: Principal, job: Job, *, seconds: float, any_change: bool = False, finish: bool = False
    ) -> Job:
        """Return the job once it has ended, with `any_change` once it has changed, or after so many seconds.

        A server that stops ends the wait; with `finish` not that for a running job, which its worker finishes too.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        async with self.broadcaster.subscribe(job.owner, job.id) as subscription:
            while True:
                look = functools.partial(self.job_service.job, principal, job.id)
                seen = await self.outlasting(look, seconds=ends - loop.time())
                if seen.ended or (any_change and seen.version != job.version):
                    return seen
                stopping = self.stopping.is_set()
                if loop.time() >= ends or (stopping and not (finish and seen.status == "running")):
                    return seen
                read_at = min(loop.time() + (_STOP_SECONDS if stopping else _READ_SECONDS), ends)
                while stopping == self.stopping.is_set() and (remaining := read_at - loop.time()) > 0:
                    notice = await subscription.next(seconds=min(remaining, _STOP_SECONDS))
                    if notice is not None and (any_change or notice.event is None or notice.event["stage"] in ENDED):
                        break

    async def outlasting(self, call: Callable[[], _T], *, seconds: float) -> _T:
        """Call the store in a thread, and again while it is away: for so many seconds, and five at most. StoreError."""
        loop = asyncio.get_running_loop()
        gives_up = loop.time() + min(seconds, _PATIENT_SECONDS)
        while True:
            try:
                return await in_thread(call)
            except StoreError:
                if loop.time() >= gives_up or self.stopping.is_set():
                    raise
            await asyncio.sleep(_AWAY_SECONDS)


async def in_thread(call: Callable[..., _T], *args: object, **kwargs: object) -> _T:
    """Call a blocking function in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)


def _waker(settings: ServiceSettings) -> Callable[[int], None]:
    """Return what wakes workers: Celery's wake-ups, or nothing where the workers poll the file."""
    if settings.redis_url is None:
        return lambda count: None
    from backtester.service.jobs.celery_app import WakeUps, celery_app

    return WakeUps(celery_app(settings), settings).send
