"""How much one caller may ask for: a sliding window, in Redis for all processes together, else in each by itself.

If Redis does not answer, requests pass uncounted. The jobs are in the same Redis, so what needs it is answered with
SERVICE_UNAVAILABLE anyway, and what does not (health, schemas) should not fail for want of a counter.
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
from backtester.service.settings import ServiceSettings
from backtester.settings import SettingsError

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool

FAILURES = "20/minute"
PREFIX = "backtest:rates"
REDIS_SECONDS = 1.0  # how long an answer is waited for
PAUSE_SECONDS = 1.0  # how long Redis is left alone after it did not answer, so that not every request waits for it
CONNECTIONS = 50


class Allowance(Record):
    """What is left of a limit. All None: there is none, or it could not be counted."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: int | None = None  # until there is more


class TooManyError(AccessError):
    """A limit was passed. allowance: what it is, and when there is more."""

    def __init__(self, detail: str, allowance: Allowance) -> None:
        super().__init__("TOO_MANY_REQUESTS", detail, retry_after=allowance.reset_seconds)
        self.allowance = allowance


class RateLimiter:
    """Counts requests. One event loop uses it, and closes it in the end."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Connect to nothing yet; SettingsError for an address of Redis that is none."""
        self.trouble: str | None = None  # for the log: why nothing is counted
        self._limit = None if settings.rate_limit is None else parse(settings.rate_limit)
        self._failures = parse(FAILURES)
        self._pause_ends = 0.0
        self._faults: tuple[type[Exception], ...] = (OSError,)
        self._pool: BlockingConnectionPool | None = None
        storage: MemoryStorage | RedisStorage = MemoryStorage()
        if settings.redis_url is not None:
            from redis.exceptions import RedisError  # whoever runs without Redis needs no client

            self._faults = (OSError, RedisError)
            self._pool = connection_pool(settings.redis_url)
            storage = RedisStorage(  # without the URL: limits wants a port in it and repeats it in messages
                "async+redis://",
                implementation="redispy",
                key_prefix=PREFIX,
                connection_pool=self._pool,  # type: ignore[arg-type]
            )
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def spend(self, caller: Principal) -> Allowance:
        """Count a request of the caller's; AccessError TOO_MANY_REQUESTS when there were too many."""
        if self._limit is None:
            return Allowance()
        return await self._count(self._limit, caller.key, "requests")

    async def spend_failure(self, peer: str | None) -> Allowance:
        """Count a caller who was refused, by address; AccessError TOO_MANY_REQUESTS when there were too many.

        It holds without a rate limit too. Addresses of one IPv6 network (/64) count as one.
        """
        return await self._count(self._failures, f"failed:{network(peer)}", "failed authentications")

    async def close(self) -> None:
        """Hang up."""
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
                f"more than {limit.amount} {what} in {limit.get_expiry()} seconds; "
                f"try again in {reset_seconds} seconds",
                Allowance(limit=limit.amount, remaining=0, reset_seconds=reset_seconds),
            )
        return Allowance(limit=limit.amount, remaining=max(0, left.remaining), reset_seconds=reset_seconds)


def connection_pool(url: str) -> BlockingConnectionPool:
    """Return connections to Redis, none of them opened yet; SettingsError, without the URL, for one that is none."""
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError

    try:
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,  # beyond them requests wait: an error would let them pass uncounted
            timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that Redis has closed meanwhile
        )
        pool.make_connection()  # type: ignore[no-untyped-call]  # opens nothing; stumbles over unknown options
    except (ValueError, TypeError, RedisError):
        raise SettingsError(
            "BACKTEST_REDIS_URL must be like redis://:password@host:6379/0 (or rediss://, unix://), "
            "with special characters of the password percent-encoded"
        ) from None
    return pool


def network(peer: str | None) -> str:
    """Return what an address is counted as: itself, its IPv6 network, or `unknown`."""
    try:
        parsed = ipaddress.ip_address(peer or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_address(int(parsed) >> 64 << 64))
