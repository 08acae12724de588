"""The service for tests of its faults: quick leases, plug-ins that run for as long as a test wants, what must hold."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import redis

from backtester.service.jobs.celery_app import KEY_PREFIX, QUEUE, WAKE_UP_QUEUE
from backtester.service.jobs.stores.job_store import JobStore
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from tests.support.processes import PATIENCE, children, eventually, is_running
from tests.support.redis_server import RedisServer
from tests.support.sample_requests import request
from tests.support.service_stack import Stack, stack

PLUG_INS = Path(__file__).resolve().parent / "plugins"
ENDED = ("completed", "failed", "cancelled")
# Quick, and yet more than a busy machine has a worker wait for its turn: a lease that runs out costs an attempt.
FAST = {"BACKTEST_LEASE_SECONDS": "6", "BACKTEST_RETRY_SECONDS": "0.2"}
BRIEF = {"output": {"include": ["metrics"]}}
WAKE_UPS = f"{KEY_PREFIX}{WAKE_UP_QUEUE}"  # the list of those that no worker has received
REQUESTS = f"{KEY_PREFIX}{QUEUE}"  # the same of run_backtest_task
UNACKED = f"{KEY_PREFIX}unacked"  # the hash of those that a worker has received


class Faulty(Stack):
    """The service, and what tests do to it."""

    def __init__(self, folder: Path, *, redis: RedisServer | None, environ: dict[str, str]) -> None:
        path = os.pathsep.join(filter(None, (str(PLUG_INS), os.environ.get("PYTHONPATH"))))
        # its strategies talk with the test through files, which the sandbox would not let them write
        given = {**FAST, "FAULT_FOLDER": str(folder), "PYTHONPATH": path, "BACKTEST_SANDBOX": "off", **environ}
        super().__init__(folder, redis=redis, environ=given)

    def submit(self, document: Any, **options: Any) -> str:
        """Have a request accepted; return the job's id."""
        accepted = self.post("/backtests", document, **options)
        assert accepted.status_code == 202, accepted.text
        return str(accepted.json()["id"])

    def began(self, gate: int = 0) -> list[int]:
        """Return the processes that have begun with a gated request, or with a deadly one."""
        return [int(path.name.rpartition("-")[2]) for path in self.folder.glob(f"began-{gate}-*")]

    def begin(self, gate: int = 0, **options: Any) -> str:
        """Submit a gated request, and wait until it runs."""
        job_id = self.submit(gated(gate), **options)
        assert eventually(lambda: self.began(gate), within=PATIENCE), self.get(f"/backtests/{job_id}").text
        return job_id

    def open(self, gate: int = 0) -> None:
        """Let what is gated come to its end."""
        (self.folder / f"open-{gate}").touch()

    def status(self, job_id: str) -> str:
        return str(self.get(f"/backtests/{job_id}").json()["status"])

    def events(self, job_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Return everything that the stream of a job's events tells until it ends."""
        return told(self.get(f"/backtests/{job_id}/events").text)

    def assert_ended(self, job_id: str, status: str = "completed", code: str | None = None) -> dict[str, Any]:
        """Wait for the end of a job, check that it is one end, and return the document that came of it."""
        job = self.ended(job_id)
        assert job["status"] == status, job
        kept = self.store.events(job_id, after=0)
        assert [one["stage"] for one in kept if one["stage"] in ENDED] == [kept[-1]["stage"]] == [status], kept
        assert [one["seq"] for one in kept] == [*range(kept[0]["seq"], kept[0]["seq"] + len(kept))], kept
        shares = [one["progress"] for one in kept]
        assert shares == sorted(shares), kept
        events = self.events(job_id)
        last = "result" if status == "completed" else "failed"
        assert [name for name, _ in events if name != "progress"] == [events[-1][0]] == [last], events
        document: dict[str, Any] = self.get(f"/backtests/{job_id}/result").json()
        assert document == job["result"] == events[-1][1]
        assert document["success"] == (status == "completed"), document
        assert document.get("code") == code, document
        return document

    def assert_serves(self) -> None:
        """Check that a new job is taken and finished."""
        self.assert_ended(self.submit(quick(time.time_ns() % 100_000)))

    def pool_child(self, name: str = "worker") -> int:
        """Return the process of a Celery worker that runs jobs (of the first, where there are more)."""
        return next(pid for pid in children(self.processes[name].pid) if is_running(pid))

    def signal(self, name: str, number: int) -> None:
        """Send a signal to every process of a worker: its own, Celery's children, the warm ones."""
        for pid in family(self.processes[name].pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self, name: str) -> None:
        """Kill a process alone, and reap it."""
        self.stop(name, signal.SIGKILL)

    @functools.cached_property
    def store(self) -> JobStore:
        """The store of its jobs, by a way that no test cuts."""
        way = {} if self.redis is None else {"BACKTEST_REDIS_URL": self.redis.url}
        return open_store(read_service_settings({**self.environ, **way}))

    @functools.cached_property
    def operator(self) -> Any:
        """A client of Redis, for what only an operator does."""
        assert self.redis is not None
        return redis.Redis.from_url(self.redis.url)

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()
        if "operator" in self.__dict__:
            self.operator.close()
        super().close()


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    return [pid, *(descendant for child in children(pid) for descendant in family(child))]


def gated(gate: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a request that runs until its gate is opened: its deadline is the longest there is."""
    longest = {"limits": {"timeout_seconds": 300}}
    return request(strategy="gated", parameters={"gate": gate}, **BRIEF, **{**longest, **changes})


def gated_at_once(gate: int = 0, **changes: Any) -> dict[str, Any]:
    """Return one that a synchronous request may ask for, whose deadline is shorter."""
    return gated(gate, limits={"timeout_seconds": 30}, **changes)


def fatal(strategy: str, gate: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a request that ends a process."""
    return request(strategy=strategy, parameters={"gate": gate}, **BRIEF, **changes)


def quick(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a request that is soon done and like no other."""
    return request(initial_capital=10_000 + number, request_id=f"quick-{number}", **BRIEF, **changes)


def first_of(held: bytes) -> str:
    """Return the message in what is kept of it until it is acknowledged."""
    return json.dumps(json.loads(held)[0])


def told(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events, each with its name, in a stream of them."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def faulty(folder: Path, *, kind: str = "queue", sockets: bool = False, **given: Any) -> AbstractContextManager[Faulty]:
    """Run the service as `stack` does, with what tests of faults do to it."""
    return stack(folder, kind=kind, sockets=sockets, of=Faulty, **given)
