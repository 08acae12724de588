"""A Redis of the tests' own, on a free port, and settings that point at files of the test's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backtester.service.settings import ServiceSettings, read_service_settings

PASSWORD = "p@ss/w:rd%"  # every character of it needs care in a URL
PASSWORD_IN_URL = "p%40ss%2Fw%3Ard%25"


class OwnRedis:
    """One redis-server that can be stopped and begun again."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._command = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._command += ["--requirepass", PASSWORD, *(option.format(port=self.port) for option in options)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def own_redis(folder: Path, *options: str) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server")
    server = OwnRedis(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[OwnRedis]:
    with own_redis(tmp_path, "--port", "{port}") as server:
        yield server


@pytest.fixture
def tls_redis(tmp_path: Path) -> Iterator[tuple[OwnRedis, Path]]:
    """A Redis that speaks TLS alone, and the certificate to trust."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    options = ("--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "no")
    files = ("--tls-key-file", str(key), "--tls-cert-file", str(certificate), "--tls-ca-cert-file", str(certificate))
    with own_redis(tmp_path, *options, *files) as server:
        yield server, certificate


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., ServiceSettings]:
    """Read settings from an environment that is as given and else empty."""

    def read(**environ: str) -> ServiceSettings:
        return read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path / "service"), **environ})

    return read
