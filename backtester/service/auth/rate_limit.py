"""Limits the requests of a principal in a sliding window: in Redis for all processes together, else in each process.

While Redis does not answer, requests pass uncounted. The jobs are in the same Redis, so a request that needs it fails
with SERVICE_UNAVAILABLE anyway, and one that does not (health, schemas) should not fail for want of a counter.
"""

from __future__ import annotations

import ipaddress
import math
import time
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from backtester.model.errors import AccessError
from backtester.model.record import Record
from backtester.service.auth.principal import Principal
from backtester.service.service_settings import ServiceSettings

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool

FAILURES = "20/minute"
PREFIX = "backtest:rates"
REDIS_SECONDS = 1.0  # the longest wait for a reply
PAUSE_SECONDS = 1.0  # how long Redis is not tried after it did not answer, so that not every request waits for it
CONNECTIONS = 50


class Allowance(Record):
    """The rest of a limit. All None: there is no limit, or Redis did not answer."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: int | None = None  # until the window has moved on


class TooManyError(AccessError):
    """A limit was exceeded."""

    def __init__(self, detail: str, allowance: Allowance) -> None:
        super().__init__("TOO_MANY_REQUESTS", detail, retry_after=allowance.reset_seconds)
        self.allowance = allowance


class RateLimiter:
    """Counts requests. One event loop uses it and closes it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Connect to nothing yet."""
        self.trouble: str | None = None  # for the log: why requests are not counted
        self._limit = None if settings.rate_limit is None else parse(settings.rate_limit)
        self._failures = parse(FAILURES)
        self._pause_ends = 0.0
        self._faults: tuple[type[Exception], ...] = (OSError,)
        self._pool: BlockingConnectionPool | None = None
        storage: MemoryStorage | RedisStorage = MemoryStorage()
        if settings.redis_url is not None:
            from redis.exceptions import RedisError  # without Redis its client need not be installed

            self._faults = (OSError, RedisError)
            self._pool = connection_pool(settings.redis_url)
            storage = RedisStorage(  # without the URL: limits requires a port in it and repeats it in messages
                "async+redis://",
                implementation="redispy",
                key_prefix=PREFIX,
                connection_pool=self._pool,  # type: ignore[arg-type]
            )
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def spend(self, principal: Principal) -> Allowance:
        """Count a request of a principal. AccessError TOO_MANY_REQUESTS beyond the limit."""
        if self._limit is None:
            return Allowance()
        return await self._count(self._limit, principal.key, "requests")

    async def spend_failure(self, peer: str | None) -> Allowance:
        """Count a failed authentication, by address. AccessError TOO_MANY_REQUESTS beyond FAILURES.

        This limit holds without BACKTEST_RATE_LIMIT too. Addresses of one IPv6 network (/64) count as one.
        """
        return await self._count(self._failures, f"failed:{network(peer)}", "failed authentications")

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _count(self, limit: RateLimitItem, key: str, what: str) -> Allowance:
        if time.monotonic() < self._pause_ends:
            return Allowance()
        try:
            admitted = await self._limiter.hit(limit, key)
            left = await self._limiter.get_window_stats(limit, key)
        except self._faults as fault:
            self._pause_ends = time.monotonic() + PAUSE_SECONDS
            self.trouble = f"requests pass uncounted, because Redis does not answer: {type(fault).__name__}"
            return Allowance()
        self.trouble = None
        reset_seconds = max(1, math.ceil(left.reset_time - time.time()))
        if not admitted:
            raise TooManyError(
                f"You sent more than {limit.amount} {what} in {limit.get_expiry()} seconds. "
                f"Retry in {reset_seconds} {'second' if reset_seconds == 1 else 'seconds'}.",
                Allowance(limit=limit.amount, remaining=0, reset_seconds=reset_seconds),
            )
        return Allowance(limit=limit.amount, remaining=max(0, left.remaining), reset_seconds=reset_seconds)


def connection_pool(url: str) -> BlockingConnectionPool:
    """Return a pool of connections to Redis, none of them opened yet."""
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,  # further requests wait: an error would let them pass uncounted
        timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once, for a connection that Redis has closed
    )


def network(peer: str | None) -> str:
    """Return the key under which an address is counted: itself, its IPv6 network, or `unknown`."""
    try:
        parsed = ipaddress.ip_address(peer or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_address(int(parsed) >> 64 << 64))
