"""Lints, base images, builds."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from podman import Podman
from report import Report

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
HERE = Path(__file__).parent
DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
TARGETS = ("runner", "api", "worker", "nextjs")
DCLINT = "dclint@3.1.0"
_REGISTRY = "https://registry-1.docker.io/v2/"


def image_name(target: str) -> str:
    """Return the name under which the Compose file knows an image."""
    return f"backtest-runner/{target}:0.1.0"


def lint(report: Report, programs: Path) -> None:
    """Hold the Dockerfile against hadolint, and the Compose file against dclint and Compose's own schema."""
    said = subprocess.run([str(programs / "hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    report.check("hadolint has nothing against the Dockerfile", said.returncode == 0, said.stdout + said.stderr)
    rules = ["--config", str(DEPLOY / "compose.dclint.yaml"), "--max-warnings", "0"]
    command = ["npx", "--yes", DCLINT, *rules, str(COMPOSE)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    report.check("dclint has nothing against the Compose file", said.returncode == 0, said.stdout + said.stderr)


def base_images() -> list[str]:
    """Return the images that others make, as the Dockerfile and the Compose file name them."""
    text = DOCKERFILE.read_text() + COMPOSE.read_text()
    return sorted(set(re.findall(r"\bdocker\.io/library/[\w.:-]+", re.sub(r"(?m)^#.*$", "", text))))


def fetch_bases(report: Report, podman: Podman) -> None:
    """Pull the base images, or make stand-ins where no registry can be reached."""
    missing = [name for name in base_images() if not podman.has_image(name)]
    if not missing:
        report.note("the base images are here from the run before")
        return
    if _registry_answers():
        for name in missing:
            podman.run("pull", "--quiet", name)
            report.note(f"pulled {name}")
        return
    report.note("no registry can be reached: the base images are stand-ins, and the sizes below are theirs")

    def make(name: str) -> str:
        environ = {**podman.environ, "PYTHON": sys.executable}
        command = [str(HERE / "base_images.sh"), name]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for said in pool.map(make, missing):
            report.note(said)


def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen(_REGISTRY, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 401  # it asks who we are
    except OSError:
        return False


def build(report: Report, podman: Podman) -> None:
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
    for target in TARGETS:
        report.note(f"{target:7} {_size(podman, image_name(target))}")
    for base in base_images():
        report.note(f"{_size(podman, base):>10}  of these are, or this is, {base}")


def _size(podman: Podman, name: str) -> str:
    return f"{podman.inspect(name)['Size'] / 1e6:.0f} MB"


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
        if path.startswith("/") and os.path.isdir(path):
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


def missing_programs() -> list[str]:
    """Return what has to be on PATH and is not."""
    return [name for name in ("podman", "mmdebstrap", "npm", "node") if shutil.which(name) is None]
