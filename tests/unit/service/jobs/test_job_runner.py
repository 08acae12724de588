"""Another attempt follows an error that its document calls retryable, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.runner import environment
from tests.support.sample_requests import one_holding, request

ASKED = request(holdings=one_holding("ZZZZ"), data={"source": "yahoo"})
# in a process of its own: a runner that closes ends every child of its process
PROGRAM = """
import json, sys
from backtester.service.jobs.job import Admission, NewJob
from backtester.service.jobs.job_runner import JobRunner
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings

settings = read_service_settings()
store = open_store(settings)
job = NewJob(id="j", request=sys.argv[1].encode(), request_id=None)
limits = {"queue_limit": 9, "queue_limit_per_owner": 9, "ttl_seconds": 60.0}
store.admit(Admission(owner="o", jobs=(job,), priority="normal", max_attempts=2, **limits))
runner = JobRunner(store, settings, "w")
attempts = 0
while not store.job("j").ended:
    attempts += sum(1 for _ in runner.run(goes_on=lambda: True))
runner.close()
print(json.dumps([attempts, store.job("j").status, json.loads(store.result(store.job("j")))]))
"""


@pytest.mark.parametrize(("offline", "expected"), [("1", 1), ("0", 2)])
def test_a_source_is_tried_again_where_waiting_can_help(offline: str, expected: int, tmp_path: Path) -> None:
    env = environment({
        "BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_CACHE_DIR": str(tmp_path / "cache"),
        "BACKTEST_OFFLINE": offline, "BACKTEST_RETRY_SECONDS": "0.01", "HTTPS_PROXY": "http://127.0.0.1:9",
    })  # fmt: skip
    command = [sys.executable, "-c", PROGRAM, json.dumps(ASKED)]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    attempts, status, document = json.loads(done.stdout.splitlines()[-1])  # the log stands before it
    assert (status, document["code"]) == ("failed", "DATA_SOURCE_UNAVAILABLE")
    assert document["retryable"] is (offline == "0")
    assert attempts == expected
