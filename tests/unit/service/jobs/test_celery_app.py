"""How Celery is connected: to a Redis behind TLS only where its certificate is what it should be."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import redis

from backtester.service.jobs.celery_app import celery_app
from backtester.service.service_settings import read_service_settings


@pytest.mark.parametrize(
    ("url", "required"),
    [
        ("rediss://:secret@redis.example:6380/0", ssl.CERT_REQUIRED),
        ("rediss://:secret@redis.example:6380/0?ssl_ca_certs=/etc/ca.pem", ssl.CERT_REQUIRED),
        ("rediss://:secret@redis.example:6380/0?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_a_certificate_is_checked_unless_the_url_says_otherwise(url: str, required: ssl.VerifyMode) -> None:
    settings = read_service_settings({"BACKTEST_REDIS_URL": url})
    assert settings.redis_url is not None
    assert options_of(celery_app(settings))["ssl_cert_reqs"] == required
    ours = redis.Redis.from_url(settings.redis_url).connection_pool.make_connection()
    assert ours.cert_reqs == required


def options_of(app: Any) -> dict[str, Any]:
    """Return what kombu hands to redis-py; nothing is connected to."""
    from kombu.transport.redis import Channel, Transport

    connection = app.connection_for_write()
    channel = Channel.__new__(Channel)
    channel.connection = Transport.__new__(Transport)
    channel.connection.client = connection
    return dict(channel._connparams())


@pytest.mark.parametrize("url", ["redis://h/0", "unix:///run/redis.sock", "redis://h/0?socket_timeout=9"])
def test_a_url_without_tls_is_left_alone(url: str) -> None:
    assert read_service_settings({"BACKTEST_REDIS_URL": url}).redis_url == url
