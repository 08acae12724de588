"""A Redis of the tests' own, on a free port, that can be stopped, killed and begun again."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import eventually


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_loading(port: int) -> bool:
    """Tell whether a Redis that listens still reads its file. One with TLS answers a plain question with nothing."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as asking:
        asking.sendall(b"PING\r\n")
        return asking.recv(64).startswith(b"-LOADING")
    return False


class RedisServer:
    """One redis-server. keep: with an append-only file that outlives it."""

    def __init__(self, folder: Path, *options: str, keep: bool = False, port: int | None = None) -> None:
        assert shutil.which("redis-server"), "there is no redis-server; `make system` installs it"
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        kept = ("yes", "--appendfsync", "always") if keep else ("no",)
        self._command = [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
            "--appendonly", *kept, *(option.format(port=self.port) for option in options),
        ]  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        ended = self.process.poll
        assert eventually(lambda: is_listening(self.port) or ended() is not None), "redis-server did not start"
        assert ended() is None, "redis-server ended"
        assert eventually(lambda: not _is_loading(self.port)), "redis-server still reads its file"

    def stop(self) -> None:
        """Kill it: with `keep` what was acknowledged is there again after `start`, without it nothing is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def redis_server(folder: Path, *options: str, keep: bool = False) -> Iterator[RedisServer]:
    """Run a Redis for as long as the block."""
    server = RedisServer(folder, *options, keep=keep)
    server.start()
    try:
        yield server
    finally:
        server.stop()
