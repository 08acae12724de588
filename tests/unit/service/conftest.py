"""A Redis of the tests' own that speaks TLS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.redis_server import RedisServer, redis_server

PASSWORD = "p@ss/w:rd%"  # every character of it needs care in a URL
PASSWORD_IN_URL = "p%40ss%2Fw%3Ard%25"


@pytest.fixture
def tls_redis(tmp_path: Path) -> Iterator[tuple[RedisServer, Path]]:
    """A Redis that speaks TLS alone, and the certificate to trust."""
    assert shutil.which("openssl"), "there is no openssl; `make system` installs it"
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    options = ("--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "no")
    files = ("--tls-key-file", str(key), "--tls-cert-file", str(certificate), "--tls-ca-cert-file", str(certificate))
    with redis_server(tmp_path, "--requirepass", PASSWORD, *options, *files) as server:
        yield server, certificate
