"""AWS Lambda on the loopback: the Runtime API, as AWS's own client, `awslambdaric`, asks it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.processes import PATIENCE


class Invocation(NamedTuple):
    """What came of an event: the payload as it was posted, whether it was posted as a function's error."""

    payload: bytes
    failed: bool


class RuntimeApi(ThreadingHTTPServer):
    """What Lambda serves to the runtime: the next event, and where to leave what came of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.events: queue.Queue[tuple[str, bytes, float]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bool, bytes]] = queue.Queue()
        self.asked = threading.Event()  # the runtime has finished its start, and waits for work
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A runtime that is killed while it waits is no error."""


class _Api(BaseHTTPRequestHandler):
    server: RuntimeApi
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.set()
        name, event, ends = self.server.events.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", name)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(ends * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:backtest")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answers.put((self.path.split("/")[-2], not self.path.endswith("/response"), body))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Environment:
    """One execution environment: a runtime process over a folder of code, frozen between invocations if asked."""

    def __init__(
        self, code: Path, env: dict[str, str], *, handler: str, python: tuple[str, ...] = (sys.executable,)
    ) -> None:
        """code: the folder of the function, as /var/task is. python: the interpreter and its flags."""
        self.api = RuntimeApi()
        host = f"127.0.0.1:{self.api.server_address[1]}"
        first = f"import sys; sys.path[:0] = [{str(code)!r}]"
        start = f"{first}; import awslambdaric.__main__ as m; m.main(['', {handler!r}])"
        made = {**env, "AWS_LAMBDA_RUNTIME_API": host, "LAMBDA_TASK_ROOT": str(code)}
        self.process = subprocess.Popen(
            [*python, "-P", "-c", start], env=made, cwd=code, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        self.logs: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self._readers = [threading.Thread(target=self._log, args=(name,), daemon=True) for name in self.logs]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Environment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _log(self, name: str) -> None:
        for line in getattr(self.process, name):
            self.logs[name] += line

    def wait_until_ready(self) -> None:
        """Wait until the runtime asks for its first event."""
        assert self.api.asked.wait(PATIENCE), self.logs

    def invoke(self, event: Any, *, seconds: float = 30.0, patience: float = PATIENCE) -> Invocation:
        """Send one event with a deadline so many seconds from now, and wait for what comes of it."""
        name = self.begin(event, seconds=seconds)
        return self.end(name, patience=patience)

    def begin(self, event: Any, *, seconds: float = 30.0) -> str:
        raw = event if isinstance(event, bytes) else json.dumps(event).encode()
        name = str(uuid.uuid4())
        self.api.events.put((name, raw, time.time() + seconds))
        return name

    def end(self, name: str, *, patience: float = PATIENCE) -> Invocation:
        came, failed, payload = self.api.answers.get(timeout=patience)
        assert came == name
        return Invocation(payload, failed)

    def tree(self) -> list[int]:
        """Return the processes of the environment, the runtime's first."""
        return tree_of(self.process.pid)

    def freeze(self) -> None:
        """Stop every process, as Lambda does between two invocations."""
        for pid in self.tree():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self.tree():
            _signal(pid, signal.SIGCONT)  # the first to go on may have replaced the next

    def close(self) -> None:
        """End it as Lambda does, without asking."""
        for pid in reversed(self.tree()):
            _signal(pid, signal.SIGKILL)
        self.process.wait()
        self.api.events.put(("", b"", 0))  # for a thread that still waits to send one
        self.api.shutdown()
        self.api.server_close()
        for reader in self._readers:
            reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def tree_of(pid: int) -> list[int]:
    """Return a process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in tree_of(int(child)))]
