"""A store of each kind, on a Redis and in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backtester.service.jobs.stores.job_store import JobStore
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from tests.support.redis_server import RedisServer, redis_server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["redis", "sqlite"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., JobStore]]:
    """Open stores on the same data, with settings of one's own."""
    environ = {"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_LEASE_SECONDS": "1"}
    if request.param == "redis":
        import redis as client

        environ["BACKTEST_REDIS_URL"] = request.getfixturevalue("redis").url
        with client.Redis.from_url(environ["BACKTEST_REDIS_URL"]) as connection:
            connection.flushall()
    opened: list[JobStore] = []

    def make(**more: str) -> JobStore:
        opened.append(open_store(read_service_settings({**environ, **more})))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(make_store: Callable[..., JobStore]) -> JobStore:
    return make_store()
