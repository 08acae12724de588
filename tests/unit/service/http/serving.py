"""A real server in a child process, and what clients of it need."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.processes import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[4]
MAX_BODY = 1000
LARGE = 16 * 1024 * 1024
BLOCK_HTTPTOOLS = "SERVING_WITHOUT_HTTPTOOLS"
CHILD = Path(__file__).with_name("application.py")


class Served:
    """The child as the tests see it: where it listens, what it told and what it logged."""

    def __init__(self, process: subprocess.Popen[bytes], told: Path, logged: Path) -> None:
        self.process = process
        self._told = told
        self._logged = logged
        self.port = int(self.wait_told("port "))

    def wait_told(self, start: str, *, times: int = 1) -> str:
        """Wait until the child has printed a line that begins so, so often; return the rest of the last."""
        found: list[str] = []

        def there() -> bool:
            found[:] = [line[len(start) :] for line in self.lines(self._told) if line.startswith(start)]
            return len(found) >= times or self.process.poll() is not None

        wait_until(there)
        assert len(found) >= times, self._logged.read_text()
        return found[-1]

    def lines(self, path: Path) -> list[str]:
        whole, _, _ = path.read_text().rpartition("\n")
        return whole.splitlines()

    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines(self._logged)]

    def wait_logged(self, event: str, **fields: Any) -> dict[str, Any]:
        """Wait for a line of the log with this event and these fields."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [
                line for line in self.logs()
                if line["event"] == event and all(line.get(key) == value for key, value in fields.items())
            ]  # fmt: skip
            return bool(found)

        wait_until(there)
        return found[0]

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def wait_until(condition: Any) -> None:
    assert eventually(condition, within=PATIENCE), "it never happened"


def start(folder: str, *args: str, **environ: str) -> tuple[subprocess.Popen[bytes], Path, Path]:
    """Start the child; `environ`: its settings."""
    told, logged = Path(folder, "told"), Path(folder, "logged")
    env = {**os.environ, "BACKTEST_SERVICE_DIR": folder, "PYTHONPATH": str(ROOT), **environ}
    with told.open("wb") as out, logged.open("wb") as err:
        process = subprocess.Popen([sys.executable, str(CHILD), *args], stdout=out, stderr=err, env=env, cwd=ROOT)
    return process, told, logged


@contextlib.contextmanager
def served(*args: str, **environ: str) -> Iterator[Served]:
    """Serve the application in a child process with these settings."""
    with tempfile.TemporaryDirectory() as folder:
        process, told, logged = start(folder, *args, **environ)
        try:
            yield Served(process, told, logged)
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def connected(server: Served, *, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as client:
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", server.port))
        yield client


def read_all(client: socket.socket) -> bytes:
    """Read until the other side closes, however."""
    got = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := client.recv(65536):
            got += piece
    return bytes(got)


def read_answer(client: socket.socket, begun: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Read one answer with a Content-Length, of which some may have been read."""
    got = bytearray(begun)
    while b"\r\n\r\n" not in got:
        piece = client.recv(65536)
        assert piece, bytes(got)
        got += piece
    head, _, body = bytes(got).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers["content-length"]):
        piece = client.recv(65536)
        assert piece, body
        body += piece
    return int(first.split()[1]), headers, body


def ask(server: Served, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    with connected(server) as client:
        client.sendall(sent)
        return read_answer(client)


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: here", *headers, "", "")).encode("latin-1")


def post(body: bytes, *headers: str, kind: str | None = "application/json", length: int | None = -1) -> bytes:
    lines = ["POST /echo HTTP/1.1", "Host: here", *headers]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join((*lines, "", "")).encode() + body
