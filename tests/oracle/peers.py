"""Ask the peers: packages with an environment of their own, whose pins must not move ours, behind a pipe of JSON."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VARIABLE = "BACKTEST_PEERS_PYTHON"
PATIENCE = 300.0  # seconds; the first run after an installation also compiles vectorbt


def interpreter() -> str:
    """Return the peers' interpreter. Without one the test fails: a skipped comparison would pass for one that held."""
    path = os.environ.get(VARIABLE) or str(ROOT / ".venv-peers" / "bin" / "python")
    if not os.access(path, os.X_OK):
        pytest.fail(
            f"the peers are not installed ({path} is no interpreter): run `make peers`, or set {VARIABLE} to the "
            "Python of an environment with the group peers of pyproject.toml",
            pytrace=False,
        )
    return path


def has(module: str) -> bool:
    """Tell whether the peers' environment has a package: not each has a release for each Python."""
    command = [interpreter(), "-c", f"import importlib.util as u; raise SystemExit(u.find_spec({module!r}) is None)"]
    return subprocess.run(command, timeout=PATIENCE, check=False).returncode == 0


def ask(script: str, job: dict[str, Any]) -> dict[str, Any]:
    """Run tests/oracle/<script> on a job and return its answer; the test fails with its last words if it has none."""
    clean = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [interpreter(), str(HERE / script)], input=json.dumps(job), capture_output=True, text=True, env=clean,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script} ended with {done.returncode}: {done.stderr[-2000:]}"
    answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return answer


def ask_each(scripts: tuple[str, ...], job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Run several scripts on the same job, side by side: most of their time is spent importing."""
    interpreter()
    with ThreadPoolExecutor(len(scripts)) as pool:
        return dict(zip(scripts, pool.map(lambda script: ask(script, job), scripts), strict=True))
