"""Requests, the results that are right for them, and what is asked of the stack over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from typing import Any

import httpx

from tests.support.paths import ROOT

OUTSIDE = (sys.executable, str(ROOT / "backtest_runner.py"))  # the runner as it is without any container
# An image has none of what this shell sets; OPENBLAS_CORETYPE, for one, changes the last digits of what is optimised.
BARE = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "BACKTEST_OFFLINE": "1"}
GOING = ("queued", "running")
_SYMBOLS = [
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC",
    "UNH", "WMT", "XOM",
]  # fmt: skip


def request(number: int, frequency: str = "weekly") -> dict[str, Any]:
    """Return a request of about a second, whose result is unlike that of any other number."""
    return {
        "request_id": f"job-{frequency}-{number}", "strategy": "minimum_variance",
        "holdings": [{"symbol": symbol, "allocation": 0.05} for symbol in _SYMBOLS],
        "start_date": "1991-01-02", "end_date": "2022-12-28",
        "parameters": {"rebalance_frequency": frequency}, "costs": {"commission_bps": number},
        "data": {"source": "bundled"}, "output": {"include": ["metrics", "trades"]},
        "limits": {"timeout_seconds": 200},  # a busy machine is no fault
    }  # fmt: skip


def long_request(number: int = 0) -> dict[str, Any]:
    """Return one of about five seconds."""
    return request(number, "daily")


def without_times(document: bytes | dict[str, Any]) -> dict[str, Any]:
    """Return a result without what differs from run to run."""
    read: dict[str, Any] = dict(document) if isinstance(document, dict) else json.loads(document)
    read.pop("timing_ms", None)
    return read


def right_results(requests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what the runner answers to each outside of any container, by request_id."""
    lines = "".join(json.dumps(one) + "\n" for one in requests).encode()
    done = subprocess.run([*OUTSIDE, "--batch"], input=lines, env=BARE, capture_output=True, check=True)
    results = [without_times(line) for line in done.stdout.splitlines()]
    return {one["request_id"]: one for one in results}


class Service:
    """The API, asked with a token that the web app gave out: as a browser does."""

    def __init__(self, web: str, api: str) -> None:
        self.web = httpx.Client(base_url=web, timeout=60)
        self.api = httpx.Client(base_url=api, timeout=30)
        self.token = ""

    def close(self) -> None:
        """Close the connections."""
        self.web.close()
        self.api.close()

    def log_in(self) -> str:
        """Have the web app mint a token for the visitor of its cookie."""
        self.token = str(self.web.post("/api/token").json()["token"])
        self.api.headers["Authorization"] = f"Bearer {self.token}"
        return self.token

    def submit(self, document: dict[str, Any]) -> str:
        """Have a request accepted, however often that takes; return the job's id. A key makes it one job."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.patiently("POST", "/backtests", json=document, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def patiently(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask until there is an answer that is no 503: Redis may be away for a moment."""
        ends = time.monotonic() + 60
        while True:
            try:
                answer = self.api.request(method, path, **options)
                if answer.status_code != 503:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > ends:
                    raise
            if time.monotonic() > ends:
                raise AssertionError("the API did not come back")
            time.sleep(0.2)

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        job: dict[str, Any] = self.patiently("GET", f"/backtests/{job_id}").json()
        return job

    def statuses(self, jobs: list[str]) -> list[str]:
        """Return the status of each job."""
        return [str(self.job(job_id).get("status")) for job_id in jobs]

    def ended(self, job_id: str, *, within: float = 120) -> dict[str, Any]:
        """Wait for a job's end; return it as it is then, or when the time is over, or the error if it is not known."""
        ends = time.monotonic() + within
        while (job := self.job(job_id)).get("status") in GOING and time.monotonic() < ends:
            time.sleep(0.2)
        return job

    def ends_told(self, job_id: str) -> int:
        """Count how often a job's stream of events says that it has ended."""
        told = self.patiently("GET", f"/backtests/{job_id}/events").text
        return told.count("event: result") + told.count("event: failed")
