"""What a serverless invocation costs: a cold start, a warm answer, under AWS's own runtime client, from a bundle.

Every round starts a new environment and runs every case once, in one run with `python -c pass`, whose median the ratios
are to. The Runtime API is on the loopback, so no network and no platform is measured.

    python scripts/bundle.py .venv-bundles/slim --slim
    python benchmarks/serverless.py .venv-bundles/slim [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.lambda_runtime import Environment  # noqa: E402

WARM = 20
REQUEST: dict[str, Any] = json.loads((ROOT / "examples/serverless/event-direct.json").read_text())
EMPTY = "def lambda_handler(event, context):\n    return {}\n"


def environ(folder: str) -> dict[str, str]:
    """Return the environment variables of a function; awslambdaric is linked into `folder`."""
    site = Path(sysconfig.get_path("platlib"))
    for pattern in ("awslambdaric", "simplejson", "snapshot_restore_py*.py", "runtime_client*.so"):
        (found,) = site.glob(pattern)
        link = Path(folder) / found.name
        if not link.exists():
            link.symlink_to(found)
    fixed = {"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": folder, "BACKTEST_OFFLINE": "1"}
    return {**fixed, "PYTHONPATH": folder}


def bare() -> float:
    """Return what starting an interpreter takes, seconds."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)
    return time.perf_counter() - started


def environment(code: Path, env: dict[str, str], handler: str, event: Any) -> dict[str, float]:
    """Start one environment, invoke it, and return seconds: initialised, first answer, a warm answer."""
    with Environment(code, env, handler=handler, python=(sys.executable, "-S")) as running:
        ready = running.wait_until_ready()
        first = running.invoke(event)
        assert not first.failed
        warm = [running.invoke(event).seconds for _ in range(WARM)]
        return {"init": ready, "init and first": ready + first.seconds, "warm": statistics.median(warm)}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What a serverless invocation costs.")
    parser.add_argument("bundle", type=Path, help="made by scripts/bundle.py")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "empty.py").write_text(EMPTY)
        env = environ(folder)
        for number in range(options.rounds + 1):
            measured = {"python -S -c pass": bare()}
            nothing = environment(Path(empty), env, "empty.lambda_handler", {})
            measured |= {f"a handler that does nothing: {name}": value for name, value in nothing.items()}
            ours = environment(options.bundle.resolve(), env, "app.lambda_handler", REQUEST)
            measured |= {f"the runner: {name}": value for name, value in ours.items()}
            for name, value in measured.items():
                if number:  # the first touch of a file is the disk's
                    found.setdefault(name, []).append(value)
    base = statistics.median(found["python -S -c pass"])
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, {options.rounds} rounds, {options.bundle}\n")
    print("| | median ms | x `python -S -c pass` |\n|---|---:|---:|")
    for name, values in found.items():
        median = statistics.median(values)
        print(f"| {name} | {median * 1e3:.1f} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
