"""Live changes from Redis whose connection ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backtester.service.jobs.broadcaster import Broadcaster, RedisSource
from backtester.service.jobs.stores.redis_connection import redis_failures
from backtester.service.service_settings import read_service_settings


@pytest.mark.parametrize("error", [RuntimeError("the handler is closed"), ConnectionResetError(), TimeoutError()])
def test_who_subscribes_just_after_the_connection_was_closed_gets_a_subscription(
    error: Exception, tmp_path: Path
) -> None:
    settings = read_service_settings({"BACKTEST_REDIS_URL": "redis://127.0.0.1:1", "BACKTEST_CACHE_DIR": str(tmp_path)})

    class Closed:
        """A connection as uvloop leaves it, before what reads it has noticed."""

        async def subscribe(self, *channels: str) -> None:
            raise error

        unsubscribe = subscribe

    async def work() -> int:
        source = RedisSource(settings, redis_failures())
        source._listening, source._pubsub = True, Closed()
        broadcaster = Broadcaster(source)
        async with broadcaster.subscribe("alice"):
            return len(broadcaster.topics)

    assert asyncio.run(work()) == 1
