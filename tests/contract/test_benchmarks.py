"""The benchmarks run: what they reach into changes, and a figure nobody can repeat is none. No time is looked at."""

import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.runner import empty_cache

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("unmeasured")]


@pytest.mark.parametrize(
    "command",
    [
        ("in_process.py", "--rounds", "1"), ("warm.py", "--runs", "20", "--rounds", "1"),
        ("sandbox.py", "--rounds", "1"), ("load.py", "--inside", "two holdings, two years", "25"),
    ],
)  # fmt: skip
def test_a_benchmark_comes_to_its_end(command: tuple[str, ...]) -> None:
    env = {**os.environ, "BACKTEST_CACHE_DIR": empty_cache()}
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / command[0]), *command[1:]], input="begin\n", capture_output=True,
        text=True, env=env, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
