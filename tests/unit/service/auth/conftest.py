"""A Redis of the tests' own, on a free port, and settings that point at files of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backtester.service.service_settings import ServiceSettings, read_service_settings
from tests.support.redis_server import RedisServer, redis_server
from tests.unit.service.conftest import PASSWORD


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, "--requirepass", PASSWORD) as server:
        yield server


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., ServiceSettings]:
    """Read settings from an environment that is as given and else empty."""

    def read(**environ: str) -> ServiceSettings:
        return read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path / "service"), **environ})

    return read
