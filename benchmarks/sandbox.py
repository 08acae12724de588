"""What the sandbox costs: its steps by themselves, and whole spawned runs with it and without, round by round.

    python benchmarks/sandbox.py [--rounds N] [--json]

The steps are taken in forked children, which have imported what a run has imported; the import of the sandbox's own
modules is counted too. The target is two milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

STEPS = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
import numpy, resource, ctypes
from backtester import pipeline
from backtester.runtime import child, confinement
from backtester.settings import read_settings
settings = read_settings()
began = time.perf_counter()
from backtester.runtime.sandbox.confine import drop_privileges, lock_down
imported = time.perf_counter()
drop_privileges(settings, store=False, csv=False, network=False, processes=False)
confined = time.perf_counter()
lock_down(seconds=30)
closed = time.perf_counter()
print(json.dumps([1e3 * (b - a) for a, b in zip((began, imported, confined), (imported, confined, closed))]))
"""
REQUEST = (ROOT / "examples/requests/momentum.json").read_bytes()


def steps(env: dict[str, str]) -> list[float]:
    """Return what the steps take in a fresh process: import, before a run, before a plug-in's code; milliseconds."""
    done = subprocess.run([sys.executable, "-c", STEPS, str(ROOT)], capture_output=True, check=True, env=env)
    return list(json.loads(done.stdout))


def whole(env: dict[str, str]) -> float:
    """Return what a spawned run takes from its start to its last byte, milliseconds."""
    with tempfile.TemporaryFile() as source:
        source.write(REQUEST)
        source.seek(0)
        began = time.perf_counter()
        command = [sys.executable, str(ROOT / "backtest_runner.py")]
        subprocess.run(command, stdin=source, stdout=subprocess.PIPE, env=env, check=True)
        return (time.perf_counter() - began) * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    env = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    taken, runs = [], {"on": [], "off": []}
    for round_number in range(asked.rounds + 2):
        modes = ["on", "off"]
        random.shuffle(modes)
        found = {mode: whole({**env, "BACKTEST_SANDBOX": mode}) for mode in modes}
        step = steps(env)
        if round_number >= 2:
            taken.append(step)
            for mode, milliseconds in found.items():
                runs[mode].append(milliseconds)
    names = ("import", "before a run", "before a plug-in's code")
    medians = {name: statistics.median(step[i] for step in taken) for i, name in enumerate(names)}
    ratio = statistics.median(on / off for on, off in zip(runs["on"], runs["off"], strict=True))
    if asked.json:
        print(json.dumps({"steps_ms": medians, "on_ms": runs["on"], "off_ms": runs["off"], "ratio": ratio}))
        return
    for name, milliseconds in medians.items():
        print(f"{name:<26}{milliseconds:7.2f} ms")
    print(f"{'a spawned run, off':<26}{statistics.median(runs['off']):7.1f} ms")
    print(f"{'a spawned run, on':<26}{statistics.median(runs['on']):7.1f} ms   {ratio:.3f} of it")


if __name__ == "__main__":
    main()
