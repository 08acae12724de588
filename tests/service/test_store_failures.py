"""A store that fails, and addresses of Redis, as the processes of the service show them."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
import redis as client

from tests.service.clients import Ear, complaints
from tests.support.paths import ROOT
from tests.support.processes import eventually
from tests.support.redis_server import redis_server
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full


def test_redis_on_a_unix_socket_serves_the_api_the_sockets_and_the_workers(tmp_path):
    path = tmp_path / "redis.sock"
    with redis_server(tmp_path, "--unixsocket", str(path), "--requirepass", "p@w") as server:
        settings = {"url": f"unix://:p%40w@{path}?db=3", "BACKTEST_RATE_LIMIT": "600/minute"}
        with stack(tmp_path, kind="queue", redis=server, **settings) as service:
            assert service.get("/health/ready").json() == {"status": "ok", "store": "redis"}
            assert service.post("/backtest", request()).status_code == 200

            async def talk():
                async with Ear(service.sockets_url) as ear:
                    ack = await ear.ask("start_backtest", request())
                    await ear.until("backtest_complete")
                    return ear.ends(ack["id"])

            assert asyncio.run(talk()) == ["backtest_complete"]
            with client.Redis(unix_socket_path=str(path), password="p@w", db=3) as operator:
                assert operator.keys("backtest:celery:*") != []
            assert complaints(service) == []
            assert "p@w" not in service.log("worker") + service.log("api")
            assert "p%40w" not in service.log("worker") + service.log("api")


@pytest.mark.parametrize("url", ["sentinel://:hush@h:26379/x", "redis://:hush@h/zero", "redis://:hush@h:port", "hush"])
@pytest.mark.parametrize(
    "command",
    [
        ["backtester", "api", "--port", "0"], ["backtester", "sockets", "--port", "0"],
        ["celery", "-A", "backtester.adapters.celery.app", "worker"],
    ],
    ids=["api", "sockets", "worker"],
)  # fmt: skip
def test_an_address_of_redis_that_is_none_is_one_line(tmp_path, command, url):
    environ = {**os.environ, "BACKTEST_REDIS_URL": url, "BACKTEST_CACHE_DIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True,
                         timeout=60, check=False)  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1, ran.stderr
    assert "settings are wrong" in ran.stderr
    assert "BACKTEST_REDIS_URL" in ran.stderr
    assert "hush" not in ran.stderr


def reasons(service, name):
    lines = [json.loads(line) for line in service.log(name).splitlines() if line.startswith("{")]
    return [(line["event"], line.get("reason")) for line in lines if line.get("event", "").startswith("store_")]


def test_a_full_redis_is_named_to_callers_and_probes_and_once_in_the_log(tmp_path):
    full = "Redis is full: its memory is used up."
    with stack(tmp_path, kind="queue", workers=0) as service, client.Redis.from_url(service.redis.url) as operator:
        for _ in range(2):
            operator.config_set("maxmemory", "1")
            for _ in range(5):
                for answer in (service.get("/health/ready"), service.post("/backtests", request())):
                    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
                    assert answer.json()["detail"] == f"The job store fails. {full} Retry in 5 seconds."
                    assert answer.headers["retry-after"] == "5"
            operator.config_set("maxmemory", "0")
            assert service.get("/health/ready").status_code == 200
            assert service.post("/backtests", request()).status_code == 202
        # another of its threads may have noticed a recovery first, and be about to log it
        logged = [("store_unreachable", full), ("store_recovered", None)] * 2
        assert eventually(lambda: len(reasons(service, "api")) >= len(logged))
        assert reasons(service, "api") == logged


def test_a_redis_that_is_killed_is_named_once_in_the_log_of_api_and_sockets(tmp_path):
    with stack(tmp_path, kind="queue", keep=True) as service:
        service.redis.stop()
        for _ in range(20):
            answer = service.get("/health/ready")
            assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert str(service.redis.port) not in answer.text
        names = ("api", "sockets")  # the worker does not use the store while Celery connects, and logs why
        assert eventually(lambda: all(reasons(service, name) for name in names), within=60)
        service.redis.start()
        assert eventually(lambda: service.get("/health/ready").status_code == 200)
        for name in names:
            told = [reason for event, reason in reasons(service, name) if event == "store_unreachable"]
            assert len(told) == len(set(told)), told
        # another of its threads may have noticed that first, and be about to log it
        assert eventually(lambda: ("store_recovered", None) in reasons(service, "api"))
