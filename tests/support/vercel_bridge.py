"""Vercel on the loopback: its own bridge for Python, `vc_init.py`, as its builder would have set it up."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.lambda_runtime import tree_of
from tests.support.processes import PATIENCE, eventually

PACKAGE = "@vercel/python@4.7.2"
# `npm view @vercel/python@4.7.2 dist.integrity`
INTEGRITY = "i2QBNMvNxUZQ2e5vLIL7mUkLg5Qkl9nqxUNXCYezdyvk2Ql6xYKjg7tMhpK/uiy094KfZSOECpDbDxkIN0jUSw=="


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def bridge_source() -> str:
    """Return vc_init.py out of the package, fetched once into the environment and checked every time."""
    archive = Path(sys.prefix) / "share" / "vercel-python-4.7.2.tgz"
    if not archive.exists():
        archive.parent.mkdir(exist_ok=True)
        subprocess.run(
            ["npm", "pack", "--silent", PACKAGE, "--pack-destination", str(archive.parent)], check=True,
            capture_output=True, timeout=120,
        )  # fmt: skip
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert digest == INTEGRITY, f"{archive} is not {PACKAGE}"
    with tarfile.open(archive) as package:
        return package.extractfile("package/vc_init.py").read().decode()


def set_up(folder: Path, entry: Path, name: str) -> Path:
    """Write into `folder` what @vercel/python's builder adds to a project, as its index.js does. name: of the entry."""
    (folder / name).parent.mkdir(exist_ok=True)
    shutil.copy(entry, folder / name)
    module = name.replace("/", ".").removesuffix(".py")
    source = bridge_source().replace("__VC_HANDLER_MODULE_NAME", module)
    made = folder / "vc__handler__python.py"
    made.write_text(source.replace("__VC_HANDLER_ENTRYPOINT", name))
    return made


class _Function:
    """A process of the bridge, and what it logged."""

    path = "/api/python-backtest"

    def __init__(
        self, folder: Path, command: list[str], env: dict[str, str], python: tuple[str, ...], **popen: Any
    ) -> None:
        self.process = subprocess.Popen(
            [*python, *command], cwd=folder, env=env, start_new_session=True, stderr=subprocess.PIPE, **popen
        )
        self.stderr = b""
        self._reader = threading.Thread(target=self._log, daemon=True)
        self._reader.start()

    def _log(self) -> None:
        for line in self.process.stderr:
            self.stderr += line

    def close(self) -> None:
        """End it as the platform does, without asking."""
        for pid in reversed(tree_of(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


class Streaming(_Function):
    """As today's functions run: a server in the process, the platform's end of a socket told of every request."""

    def __init__(self, folder: Path, env: dict[str, str], *, python: tuple[str, ...] = (sys.executable,)) -> None:
        path = str(folder.parent / f"ipc-{time.monotonic_ns()}")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self.messages: list[dict[str, Any]] = []
        told = {**env, "VERCEL_IPC_PATH": path}
        super().__init__(folder, ["vc__handler__python.py"], told, python, stdout=subprocess.DEVNULL)
        self._listener.settimeout(PATIENCE)
        self._socket = self._listener.accept()[0]
        threading.Thread(target=self._hear, daemon=True).start()
        assert eventually(lambda: self.told("server-started"), within=PATIENCE), self.stderr
        self.port = self.told("server-started")[0]["httpPort"]
        self._numbers = iter(range(1, 10**6))

    def close(self) -> None:
        super().close()
        self._socket.close()
        self._listener.close()

    def _hear(self) -> None:
        pending = b""
        while True:
            try:
                piece = self._socket.recv(1 << 16)
            except OSError:
                return
            if not piece:
                return
            *whole, pending = (pending + piece).split(b"\0")
            self.messages += map(json.loads, whole)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the payloads of the messages of a kind."""
        return [message["payload"] for message in [*self.messages] if message["type"] == kind]

    def ask(self, method: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        number = next(self._numbers)
        internal = {f"x-vercel-internal-{name}": str(number) for name in ("invocation-id", "span-id", "trace-id")}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            sent = {**headers, **internal, "x-vercel-internal-request-id": str(number)}
            connection.request(method, self.path, body=body, headers=sent)
            response = connection.getresponse()
            reply = Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        ended = eventually(lambda: number in [end["context"]["requestId"] for end in self.told("end")])
        assert ended, "the platform was not told of the end"
        return reply


class Invoked(_Function):
    """As functions ran on Lambda: one call of `vc_handler` an event."""

    _LOOP = (
        "import json, sys; import vc__handler__python as bridge\n"
        "for line in sys.stdin: print(json.dumps(bridge.vc_handler(json.loads(line), None)), flush=True)"
    )

    def __init__(self, folder: Path, env: dict[str, str], *, python: tuple[str, ...] = (sys.executable,)) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        super().__init__(folder, ["-u", "-c", self._LOOP], env, python, **pipes)
        self.greeting = self.process.stdout.readline()

    def ask(self, method: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        payload = {"method": method, "path": self.path, "headers": headers}
        if body is not None:
            payload |= {"body": base64.b64encode(body).decode(), "encoding": "base64"}
        self.process.stdin.write(json.dumps({"body": json.dumps(payload)}).encode() + b"\n")
        self.process.stdin.flush()
        came = json.loads(self.process.stdout.readline())
        content = came.get("body", "")
        raw = base64.b64decode(content) if came.get("encoding") == "base64" else content.encode()
        return Reply(came["statusCode"], {k.lower(): ", ".join(v) for k, v in came["headers"].items()}, raw)
