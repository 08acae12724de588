"""The images, built once, and the stack of deploy/compose.yaml, brought up by podman-compose and taken down again.

COMPOSE_STORE names a folder that keeps podman's store, so that the next run need not build what has not changed;
without it everything is in a scratch folder that is removed. Linux, as root.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.compose.build import TARGETS, base_images, build, fetch_bases, image_name
from tests.deploy.compose.podman import Podman
from tests.deploy.compose.stack import Stack, made_secrets

NEEDED = ("podman", "mmdebstrap", "npm", "node")
TOLD: list[str] = []  # at the end
_LINES, _WIDTH = 40, 300


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which base images were made, how large every image is, and what a stack that failed has logged."""
    for line in TOLD:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """Hand over podman with a store of its own, of which nothing is left."""
    assert os.geteuid() == 0, "base images and networks are made by root alone"
    assert all(map(shutil.which, NEEDED)), f"one of {' '.join(NEEDED)} is not on PATH; see scripts/system_packages.sh"
    kept = os.environ.get("COMPOSE_STORE")
    # not /tmp, which may be memory: a store is some gigabytes
    podman = Podman(Path(kept or tempfile.mkdtemp(prefix="backtest-compose-", dir="/var/tmp")).resolve())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is terminated takes everything down, too
    yield podman
    podman.remove_all()
    left = podman.left()
    if kept is None:
        podman.remove_store()
    assert not left, "containers, volumes or networks are left"


@pytest.fixture(scope="session")
def images(podman: Podman) -> Podman:
    """Build every image."""
    TOLD.extend(fetch_bases(podman))
    build(podman)
    TOLD.extend(f"{podman.megabytes(name):5.0f} MB  {name}" for name in (*map(image_name, TARGETS), *base_images()))
    return podman


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, images: Podman) -> Iterator[Stack]:
    """Hand over the stack, all but Redis started."""
    with made_secrets(images.folder) as secrets:
        stack = Stack(images, secrets)
        stack.compose("up", "--detach", "--no-deps", "python", "sockets", "worker", "nextjs")
        yield stack
        stack.service.close()
        for name in images.containers() if request.session.testsfailed else ():
            lines = images.logs(name).splitlines()[-_LINES:]
            TOLD.extend([f"--- the last lines of {name}", *(line[:_WIDTH] for line in lines)])
