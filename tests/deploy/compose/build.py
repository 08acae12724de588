"""Base images and builds."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from backtester._version import __version__
from tests.deploy.compose.podman import Podman
from tests.support.paths import ROOT

DEPLOY = ROOT / "deploy"
HERE = Path(__file__).parent
DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
TARGETS = ("runner", "api", "worker", "nextjs")
_REGISTRY = "https://registry-1.docker.io/v2/"


def image_name(target: str) -> str:
    """Return the name under which the Compose file knows an image."""
    return f"backtest-runner/{target}:{__version__}"


def base_images() -> list[str]:
    """Return the images that others make, as the Dockerfile and the Compose file name them."""
    text = DOCKERFILE.read_text() + COMPOSE.read_text()
    return sorted(set(re.findall(r"\bdocker\.io/library/[\w.:-]+", re.sub(r"(?m)^#.*$", "", text))))


def fetch_bases(podman: Podman) -> Iterator[str]:
    """Pull the base images, or make stand-ins where no registry can be reached; yield what was done, a line each."""
    missing = [name for name in base_images() if not podman.has_image(name)]
    if missing and _registry_answers():
        for name in missing:
            podman.run("pull", "--quiet", name)
            yield f"pulled {name}"
        return

    def make(name: str) -> str:
        command = [str(HERE / "base_images.sh"), name]
        environ = {**podman.environ, "PYTHON": sys.executable}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield from pool.map(make, missing)


def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen(_REGISTRY, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 401  # it asks who we are
    except OSError:
        return False


def build(podman: Podman) -> None:
    """Build every target: the Python images one after the other, for they share most of it, the app beside them."""
    options = ["--pull=never", "--format=docker", "--network=host", *_as_this_machine_installs(podman.folder)]

    def one(target: str) -> None:
        command = ["build", *options, "--file", str(DOCKERFILE), "--target", target, "--tag", image_name(target)]
        podman.run(*command, str(ROOT))

    def python() -> None:
        for target in ("runner", "api", "worker"):
            one(target)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for building in [pool.submit(python), pool.submit(one, "nextjs")]:
            building.result()


def _as_this_machine_installs(folder: Path) -> list[str]:
    """Return the mounts that let pip and npm install in a build as they do here: their settings, and certificates.

    Nothing of it is in the Dockerfile, and nothing of it is in the images but empty files to mount on.
    """
    mounts = {}
    if os.path.isdir("/etc/ssl/certs"):
        mounts["/etc/ssl/certs"] = "/etc/ssl/certs"
    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    lines = re.findall(r"^(global|install|:env:)\.([\w-]+)='(.*)'$", settings, re.MULTILINE)
    values = {name: value for section, name, value in sorted(lines, key=lambda line: line[0] == ":env:")}
    values.pop("config-file", None)
    _write(folder / "pip.conf", "[global]\n" + "".join(f"{name} = {value}\n" for name, value in values.items()))
    mounts[str(folder / "pip.conf")] = "/etc/pip.conf"
    for word in " ".join(values.values()).split():
        path = word.removeprefix("file://")
        path = path.removesuffix("/simple")  # what an index of files points at lies beside it
        if path.startswith("/") and os.path.exists(path):
            mounts[path] = path
    listed = subprocess.run(["npm", "config", "list", "--json"], capture_output=True, text=True, check=True).stdout
    npm = json.loads(listed)
    wanted = ("registry", "cafile", "proxy", "https-proxy", "noproxy", "strict-ssl", "omit-lockfile-registry-resolved")
    kept = {name: npm[name] for name in wanted if npm.get(name) not in (None, "", [""], [])}
    _write(folder / "npmrc", "".join(f"{name}={_npm_value(value)}\n" for name, value in kept.items()))
    mounts[str(folder / "npmrc")] = "/root/.npmrc"
    return [option for here, there in mounts.items() for option in ("--volume", f"{here}:{there}:ro")]


def _npm_value(value: object) -> str:
    return value if isinstance(value, str) else ",".join(value) if isinstance(value, list) else json.dumps(value)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)  # it may hold a password
    path.write_text(text)
