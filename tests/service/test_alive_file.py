"""`--alive-file`: what a probe looks at. It is fresh while the worker has its queue, and not there while it has not."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.processes import eventually
from tests.support.redis_server import redis_server
from tests.support.service_stack import ROOT

pytestmark = pytest.mark.full


def test_the_file_is_fresh_while_connected_old_while_stuck_and_gone_otherwise(tmp_path):
    alive, log = tmp_path / "alive", tmp_path / "log"
    alive.touch()
    os.utime(alive, (0, 0))  # as a worker that was killed leaves it
    with redis_server(tmp_path, keep=True) as redis, log.open("wb") as written:
        environ = {
            **os.environ, "BACKTEST_REDIS_URL": redis.url, "BACKTEST_OFFLINE": "1",
            "BACKTEST_CACHE_DIR": str(tmp_path / "cache"),
        }  # fmt: skip
        celery = [sys.executable, "-m", "celery", "-A", "backtester.adapters.celery.app", "worker", "-c", "1"]
        worker = subprocess.Popen([*celery, "--alive-file", str(alive)], cwd=ROOT, env=environ, stderr=written)
        try:
            assert eventually(lambda: alive.exists() and _age(alive) < 3), log.read_text()
            redis.stop()
            assert eventually(lambda: not alive.exists()), "there is no queue"
            redis.start()
            assert eventually(alive.exists), "connected again"
            worker.send_signal(signal.SIGSTOP)
            assert eventually(lambda: _age(alive) > 3), "nothing turns"
            worker.send_signal(signal.SIGCONT)
            assert eventually(lambda: _age(alive) < 3)
            worker.terminate()
            assert worker.wait(60) == 0
            assert not alive.exists()
        finally:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()


def _age(path):
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
