"""The stack of deploy/compose.yaml, as podman-compose runs it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.deploy.compose.build import COMPOSE, DEPLOY
from tests.deploy.compose.jobs import Service
from tests.deploy.compose.podman import Podman
from tests.support.processes import eventually

SERVICES = ("redis", "python", "sockets", "worker", "nextjs")
PATIENCE = 90.0


class Stack:
    """One project of podman-compose, on free ports, with secrets of its own."""

    def __init__(self, podman: Podman, secrets: Path) -> None:
        self.podman = podman
        self.project = f"backtest-{uuid.uuid4().hex[:8]}"
        self.secrets = secrets
        web, api, sockets = _free_ports(3)
        self.environ = {
            **podman.environ, "SECRETS_DIR": str(self.secrets), "BACKTEST_OFFLINE": "1",
            "WEB_PORT": str(web), "API_PORT": str(api), "SOCKETS_PORT": str(sockets),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        self.web, self.api, self.sockets = (f"http://localhost:{port}" for port in (web, api, sockets))
        self.service = Service(self.web, self.api)

    def compose(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        """Run podman-compose; return what it wrote on stdout."""
        command = ["podman-compose", "--file", str(COMPOSE), "--project-name", self.project, *options, *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stdout + done.stderr)[-4000:]
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
        return done.stdout

    def name(self, service: str, number: int = 1) -> str:
        """Return a container's name."""
        return f"{self.project}_{service}_{number}"

    def state(self, service: str, number: int = 1) -> dict[str, Any]:
        """Return the state of a container."""
        state: dict[str, Any] = self.podman.inspect(self.name(service, number))["State"]
        return state

    def healthy(self, service: str, number: int = 1) -> bool:
        """Run a container's health check."""
        return self.podman.run("healthcheck", "run", self.name(service, number), check=False).returncode == 0

    def all_healthy(self, *services: str) -> bool:
        """Wait until the health check of every service, or of these, passes."""
        return eventually(lambda: all(map(self.healthy, services or SERVICES)), within=PATIENCE, every=0.5)

    def inside(self, service: str, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a container."""
        return self.podman.run("exec", self.name(service), *command, check=False)


@contextlib.contextmanager
def made_secrets(folder: Path) -> Iterator[Path]:
    """Make the secrets of a first start, for as long as the block."""
    secrets = folder / "secrets"
    shutil.rmtree(secrets, ignore_errors=True)  # of a run that was killed
    subprocess.run([str(DEPLOY / "make_secrets.sh"), str(secrets)], check=True, capture_output=True)
    try:
        yield secrets
    finally:
        shutil.rmtree(secrets, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
