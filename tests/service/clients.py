"""What the tests of the service ask with: slow requests, streams of events, sockets that remember what they heard."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import socketio

from tests.support.processes import PATIENCE, alive, eventually, is_running
from tests.support.sample_requests import inline

_COMPLAINT = re.compile(r"Traceback|unexpected error|never retrieved|Exception in ASGI")


def slow_request(symbols: int = 60, **changes: Any) -> dict[str, Any]:
    """Return a request that takes many seconds, the more the more symbols: thirty years, solved anew every day.

    Its deadline is the longest there is, so that a test ends it, and not the time that a busy machine takes.
    """
    days, prices = _history()
    prices = dict([*prices.items()][:symbols])
    whole = inline(prices, days, strategy="minimum_variance", start_date=days[0], end_date=days[-1],
                   parameters={"rebalance_frequency": "daily"}, limits={"timeout_seconds": 300})  # fmt: skip
    return {**whole, **changes}


@functools.cache
def _history(symbols: int = 60, years: int = 30) -> tuple[list[str], dict[str, list[float]]]:
    first = date(1990, 1, 1)
    days = [first + timedelta(day) for day in range(365 * years)]
    days = [day for day in days if day.weekday() < 5]
    rng = random.Random(7)
    prices = {}
    for symbol in range(symbols):
        price, row = 100.0, []
        for _ in days:
            price *= 1 + rng.gauss(0.0003, 0.01)
            row.append(round(price, 2))
        prices[f"S{symbol}"] = row
    return [day.isoformat() for day in days], prices


def cpu_ticks(pid: int) -> int:
    """Return the time that a process has computed, in clock ticks; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def busiest(mark: str) -> int:
    """Wait until a process of a stack has computed for a fifth of a second, and return it."""
    before = {pid: cpu_ticks(pid) for pid in alive(mark)}

    def computed(pid: int) -> int:
        return cpu_ticks(pid) - before[pid]

    assert eventually(lambda: max(map(computed, before)) >= os.sysconf("SC_CLK_TCK") // 5), "nobody computes"
    return max(before, key=computed)


def is_gone(pid: int) -> bool:
    """Wait for a process to end."""
    return eventually(lambda: not is_running(pid))


def running(service: Any, job_id: str, **options: Any) -> dict[str, Any]:
    """Wait until a job is being computed, and return it."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        job = service.get(f"/backtests/{job_id}", **options).json()
        assert job["status"] in ("queued", "running"), job["status"]
        if job["progress"]["stage"] == "simulating":
            return dict(job)
        time.sleep(0.05)
    raise AssertionError(f"still {job}")


def events_of(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream: name, id and data, which is read as JSON."""
    event: dict[str, Any] = {}
    for line in lines:
        if not line:
            if "event" in event:
                yield event
            event = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            event["data"] = json.loads(value)
        elif name == "id":
            event["id"] = int(value)
        elif name:
            event[name] = value


def follow(service: Any, job_id: str, *, after: int | None = None, most: int = 10_000, **options: Any) -> list[Any]:
    """Return the events of a job, so many at most; then go away."""
    headers = {**options.pop("headers", {}), **({} if after is None else {"Last-Event-ID": str(after)})}
    heard: list[Any] = []
    with service.http.stream("GET", f"/backtests/{job_id}/events", headers=headers, **options) as answer:
        if answer.status_code != 200:
            return heard
        assert answer.headers["content-type"].startswith("text/event-stream")
        for event in events_of(answer.iter_lines()):
            heard.append(event)
            if len(heard) >= most:
                break
    return heard


class Ear:
    """A Socket.IO client, and what it heard: (event, data)."""

    def __init__(
        self, url: str, *, token: str | None = None, headers: dict[str, str] | None = None,
        transports: Sequence[str] = ("websocket",), reconnection: bool = False,
    ) -> None:  # fmt: skip
        self.url = url
        self.heard: list[tuple[str, Any]] = []
        self.client = socketio.AsyncClient(
            reconnection=reconnection, reconnection_delay=0.1, request_timeout=PATIENCE
        )
        self._options = {
            "auth": None if token is None else {"token": token}, "transports": [*transports],
            "headers": headers or {}, "wait_timeout": PATIENCE,
        }  # fmt: skip
        self.refused: Any = None
        self.ended = asyncio.Event()
        self.client.on("disconnect", self._end)
        for name in ("backtest_progress", "backtest_complete", "backtest_failed"):
            self.client.on(name, functools.partial(self._hear, name))
        self.client.on("connect_error", self._refuse)

    async def _hear(self, name: str, data: Any = None) -> None:
        self.heard.append((name, data))

    async def _end(self, _: Any = None) -> None:
        self.ended.set()

    async def _refuse(self, data: Any = None) -> None:
        self.refused = data

    async def __aenter__(self) -> Ear:
        try:
            await self.client.connect(self.url, **self._options)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            await self.client.disconnect()
        await self._close()

    async def _close(self) -> None:
        if self.client.eio.http is not None:
            await self.client.eio.http.close()

    async def ask(self, event: str, *given: Any) -> Any:
        """Emit, and return the acknowledgement."""
        return await self.client.call(event, tuple(given), timeout=PATIENCE)

    async def until(self, condition: Any, *, within: float = PATIENCE) -> None:
        """Wait until something was heard: a name, or what a function of all that was heard says."""
        try:
            async with asyncio.timeout(within):
                while not (condition(self.heard) if callable(condition) else condition in self.names):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError([(name, str(data)[:200]) for name, data in self.heard][-10:]) from None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    def ends(self, job_id: str | None) -> list[str]:
        """Return the last events that came of a job; there is to be one."""
        return [
            name for name, data in self.heard
            if name in ("backtest_complete", "backtest_failed") and data["id"] == job_id
        ]  # fmt: skip


@contextlib.asynccontextmanager
async def refused(url: str, **options: Any) -> AsyncIterator[Ear]:
    """Connect where that is to be refused."""
    ear = Ear(url, **options)
    try:
        await ear.__aenter__()
    except socketio.exceptions.ConnectionError:
        yield ear
    else:
        await ear.__aexit__()
        raise AssertionError("was let in")


def raw_http(port: int, sent: bytes, *, within: float = 20.0, close: bool = False) -> bytes:
    """Send bytes, and return all that comes until the other end closes, or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(sent)
        if close:
            connection.shutdown(socket.SHUT_WR)
        came = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                came += piece
        return came


def head_of(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers in lower case and body of one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body


def complaints(service: Any) -> list[str]:
    """Return the lines in all logs of a stack that no client's doing should bring about."""
    found = []
    for path in service.folder.glob("*.log"):
        for line in path.read_text("utf-8", "replace").splitlines():
            if _COMPLAINT.search(line):
                found.append(f"{path.name}: {line[:1500]}")
    return found


def client(url: str, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE, **options)
