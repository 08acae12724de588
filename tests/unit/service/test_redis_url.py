"""The address of Redis, and what Celery makes of it."""

from __future__ import annotations

import pytest

from backtester.service.redis_url import celery_url, checked_redis_url
from backtester.service.service_settings import read_service_settings
from backtester.settings import SettingsError


@pytest.mark.parametrize(
    "url",
    [
        "http://:hush@localhost", "redis://:hush/hush@localhost:6379", "redis://:hush@localhost:port", "hush",
        "redis://:hush@localhost:99999", "redis://:hush@localhost?socket_timeout=hush",
        "redis://:hush@localhost?hush=1", "rediss://:hush@localhost?ssl_cert_reqs=hush", "redis://:hush@[::1",
        "redis://:hush@h/zero", "redis://:hush@h/0/1", "redis://:hush@h/-1", "redis://:hush@h/0?db=2",
        "redis://:hu#sh@h/0", "unix://", "unix://hush/", "unix://hush.sock/x", "unix:///hush?db=zero",
        "redis+socket:///hush", "REDIS//:hush@h",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="BACKTEST_REDIS_URL must be like") as raised:
        read_service_settings({"BACKTEST_REDIS_URL": url})
    assert "hush" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("scheme", ["sentinel", "redis-sentinel", "redis+sentinel", "SENTINEL"])
def test_a_sentinel_is_refused_by_its_name(scheme: str) -> None:
    with pytest.raises(SettingsError, match="Redis Sentinel, which is not supported") as raised:
        checked_redis_url(f"{scheme}://:hush@h:26379/mymaster")
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "celerys"),
    [
        ("redis://localhost", "redis://localhost"), ("redis://h/3", "redis://h/3"), ("redis://h/", "redis://h/"),
        ("redis://[::1]:6379", "redis://[::1]:6379"),
        ("rediss://u:p@h:1", "rediss://u:p@h:1?ssl_cert_reqs=required"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock?db=2", "redis+socket:///run/redis.sock?virtual_host=2"),
        ("unix://:p%40w@/run/a%20b.sock", "redis+socket://:p%40w@/run/a%20b.sock?virtual_host=0"),
        ("unix://u:p@/run/redis.sock", "redis+socket://u:p@/run/redis.sock?virtual_host=0"),
    ],
)  # fmt: skip
def test_every_usual_address_is_taken_and_spelled_for_celery(url: str, celerys: str) -> None:
    assert celery_url(checked_redis_url(url)) == celerys
    assert celery_url(None) is None
