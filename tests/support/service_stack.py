"""The service as it is run: real processes, a real Redis, each test with its own on free ports.

with stack(tmp_path, kind="queue") as service:        # API, sockets and a Celery worker on Redis
    service.post("/backtests", REQUEST).json()
with stack(tmp_path, kind="local") as service: ...    # `python -m backtester serve`, no Redis
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import httpx

from tests.support.paths import ROOT
from tests.support.processes import MARK, PATIENCE, alive, assert_nobody_left, eventually
from tests.support.redis_server import RedisServer, free_port, is_listening


class Stack:
    """Processes of the service, and an HTTP client for them."""

    def __init__(self, folder: Path, *, redis: RedisServer | None, environ: dict[str, str]) -> None:
        self.folder = folder
        self.cwd = ROOT  # whose package is run
        self.redis = redis
        self.mark = uuid.uuid4().hex
        self.port, self.sockets_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sockets_url = f"http://127.0.0.1:{self.sockets_port}"
        self.environ = {
            **os.environ, MARK: self.mark, "BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(folder / "cache"),
            "BACKTEST_RATE_LIMIT": "0", **({} if redis is None else {"BACKTEST_REDIS_URL": redis.url}), **environ,
        }  # fmt: skip
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def start_api(self, name: str = "api") -> None:
        """Start the API, and wait until it answers."""
        self._start(name, [sys.executable, "-m", "backtester", "api", "--port", str(self.port)])
        self.wait_for_port(self.port, name)

    def start_sockets(self, name: str = "sockets", port: int | None = None) -> None:
        """Start the Socket.IO server, and wait until it answers."""
        port = port or self.sockets_port
        self._start(name, [sys.executable, "-m", "backtester", "sockets", "--port", str(port)])
        self.wait_for_port(port, name)

    def start_worker(self, name: str = "worker", *, concurrency: int = 1) -> None:
        """Start a Celery worker, and wait until it takes jobs."""
        celery = [sys.executable, "-m", "celery", "-A", "backtester.adapters.celery.app", "worker"]
        named = ["-n", f"{name}@{self.mark}", "--without-mingle", "--without-gossip"]
        self._start(name, [*celery, "--concurrency", str(concurrency), *named])
        assert eventually(lambda: " ready" in self.log(name), within=PATIENCE), self.log(name)[-2000:]

    def start_local(self, name: str = "serve", *, workers: int = 1) -> None:
        """Start everything without Redis, and wait until it answers."""
        ports = ["--port", str(self.port), "--sockets-port", str(self.sockets_port)]
        self._start(name, [sys.executable, "-m", "backtester", "serve", *ports, "--workers", str(workers)])
        self.wait_for_port(self.port, name)
        self.wait_for_port(self.sockets_port, name)

    def wait_for_port(self, port: int, name: str) -> None:
        assert eventually(lambda: is_listening(port) or self.processes[name].poll() is not None, within=PATIENCE)
        assert self.processes[name].poll() is None, self.log(name)[-2000:]

    def stop(self, name: str, number: int | None = signal.SIGTERM, *, within: float = PATIENCE) -> int:
        """Send a signal (None: it has had it already), wait for the end, return the exit status."""
        process = self.processes.pop(name)
        if number is not None and process.poll() is None:
            process.send_signal(number)
        return process.wait(within)

    def reconnect(self) -> None:
        """Forget the connections to a server that was killed."""
        self.http.close()
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def log(self, name: str) -> str:
        """Return what a process has written on stderr and stdout."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def post(self, path: str, document: Any, **options: Any) -> httpx.Response:
        """POST a document: bytes as they are, anything else as JSON."""
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        if isinstance(document, bytes):
            return self.http.post(path, content=document, headers=headers, **options)
        return self.http.post(path, json=document, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.http.delete(path, **options)

    def ended(self, job_id: str, *, within: float = PATIENCE, **options: Any) -> dict[str, Any]:
        """Wait for a job to end, and return it."""
        ends = time.monotonic() + within
        while time.monotonic() < ends:
            job = self.get(f"/backtests/{job_id}", params={"wait": 1}, **options).json()
            if job.get("status") in ("completed", "failed", "cancelled"):
                return dict(job)
            time.sleep(0.05)
        raise AssertionError(f"still {job}")

    def close(self) -> None:
        """End everything, and see that nobody is left."""
        self.http.close()
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + PATIENCE
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(ends - time.monotonic(), 0.1))
        left = [process for process in self.processes.values() if process.poll() is None]
        for pid in alive(self.mark) if left else ():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        for log in self._logs:
            log.close()
        assert not left, "a process did not end on SIGTERM"
        assert_nobody_left(self.mark)

    def _start(self, name: str, command: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        self.processes[name] = subprocess.Popen(
            command, cwd=self.cwd, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


AnyStack = TypeVar("AnyStack", bound=Stack)


@contextlib.contextmanager
def stack(
    folder: Path, *, kind: str, keep: bool = False, workers: int = 1, sockets: bool = True, url: str | None = None,
    redis: RedisServer | None = None, of: type[AnyStack] = Stack, **environ: str,
) -> Iterator[AnyStack]:  # fmt: skip
    """Run the service. kind: `queue` or `local`; keep: Redis has an append-only file; environ: settings.

    redis: one that runs already, and goes on; url: of Redis, where it is not the server's own; of: what to return.
    """
    server = redis
    if server is None and kind == "queue":
        server = RedisServer(folder, keep=keep)
        server.start()
    service = of(folder, redis=server, environ=environ if url is None else {**environ, "BACKTEST_REDIS_URL": url})
    try:
        if server is None:
            service.start_local(workers=workers)
        else:
            service.start_api()
            if sockets:
                service.start_sockets()
            if workers:
                service.start_worker(concurrency=workers)
        yield service
    finally:
        try:
            service.close()
        finally:
            if server is not None and redis is None:
                server.stop()
