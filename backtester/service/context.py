"""Everything that a process of the service has, put together once: what REST and live updates share."""

from __future__ import annotations

import asyncio
import contextlib
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
from backtester.service.jobs.job_store import JobStore, open_store
from backtester.service.settings import ServiceSettings

_THREADS = 32  # calls of the store block for a millisecond; checks of large requests for longer
_LOOK_SECONDS = 5.0  # so often a waiter looks for itself, whatever it is told
_STOP_SECONDS = 0.5  # so soon a waiter notices that the server is to stop
_T = TypeVar("_T")


class Service:
    """A process of the service. Made before the event loop, used in it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Open the store and the gate; nothing is connected to yet."""
        self.settings = settings
        self.gate = Authenticator(settings)
        self.rates = RateLimiter(settings)  # before what else connects to Redis: it says what is wrong with the address
        self.store: JobStore = open_store(settings)
        self.desk = JobService(settings, self.store, _waker(settings))
        self.hub: Broadcaster = open_broadcaster(settings, self.store)
        self.stopping = asyncio.Event()
        self.when_stopping: list[Callable[[], None]] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen to what changes for as long as the block; say it where nobody is asked who they are."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="store"))
        warning = self.gate.explain()
        if warning is not None:
            structlog.get_logger("access").warning(warning)
        listening = asyncio.create_task(self.hub.run())
        try:
            yield
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
            await self.rates.close()
            self.store.close()

    def alive(self) -> dict[str, str]:
        """Say that this process answers, and whether callers are asked who they are."""
        return {"status": "ok", "version": __version__, "auth": "off" if self.gate.off else "on"}

    async def ready(self) -> dict[str, str]:
        """Say that the store answers. StoreError."""
        await in_thread(self.store.ping)
        return {"status": "ok", "store": "redis" if self.settings.redis_url else "sqlite"}

    def stop(self) -> None:
        """Have whoever waits, or streams, come to an end. Called in the event loop."""
        self.stopping.set()
        for end in self.when_stopping:
            end()

    async def admit(
        self, authorization: str | None, *, peer: str | None, forwarded: bool, host: str | None, token: object = None
    ) -> tuple[Principal, Allowance]:
        """Let a caller in, by its header or by a bare key or token, and count it. AccessError."""
        try:
            if token is not None:
                caller = self.gate.admit_token(token, peer=peer, forwarded=forwarded, host=host)
            else:
                caller = self.gate.admit(authorization, peer=peer, forwarded=forwarded, host=host)
        except AccessError as error:
            if error.code == "UNAUTHENTICATED":
                await self.rates.spend_failure(peer)
            raise
        return caller, await self.rates.spend(caller)

    async def wait(
        self, caller: Principal, job: Job, *, seconds: float, any_change: bool = False, finish: bool = False
    ) -> Job:
        """Return the job once it has ended, or with `any_change` changed, or as it is after so many seconds.

        Or as soon as the server is to stop; finish: then too what is being run is waited for, as its worker does.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        async with self.hub.listening(job.owner, job.id) as listener:
            while True:
                seen = await in_thread(self.desk.job, caller, job.id)
                if seen.ended or (any_change and seen.version != job.version):
                    return seen
                stopping = self.stopping.is_set()
                if loop.time() >= ends or (stopping and not (finish and seen.status == "running")):
                    return seen
                looks = min(loop.time() + (_STOP_SECONDS if stopping else _LOOK_SECONDS), ends)
                while stopping == self.stopping.is_set() and (remaining := looks - loop.time()) > 0:
                    notice = await listener.next(seconds=min(remaining, _STOP_SECONDS))
                    if notice is not None and (any_change or notice.event is None or notice.event["stage"] in ENDED):
                        break


async def in_thread(call: Callable[..., _T], *args: object, **kwargs: object) -> _T:
    """Call what blocks, in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)


def _waker(settings: ServiceSettings) -> Callable[[int], None]:
    """Return what wakes workers: a permit a job where Celery has them, nothing where they look for themselves."""
    if settings.redis_url is None:
        return lambda count: None
    from backtester.service.jobs.celery_app import WakeUps, celery_app

    return WakeUps(celery_app(settings), settings).issue
