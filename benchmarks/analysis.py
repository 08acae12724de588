"""Measures what a sweep, the tests of trust and the probability of overfitting cost, beside a bare Python.

    python benchmarks/analysis.py [--rounds 5] [--large] [--json]

In one process and on one core, prices mapped, everything imported, and memory kept for reuse as the product's processes
keep it for questions. --large: 100,000 configurations too, which takes minutes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the child process has it

from measuring import ROOT, RUNNER, Case, Figure, bare_cpu, clean_environment, figure, on_cores, once
from work import W2

sys.path.insert(0, str(ROOT))  # for a checkout that is not installed

_PATIENCE = 120  # seconds that a sweep may take
GRIDS: dict[int, dict[str, Any]] = {
    1_000: {"/parameters/lookback_period": {"from": 30, "to": 228, "step": 2}, "/parameters/top_n": [*range(1, 11)]},
    10_000: {
        "/parameters/lookback_period": {"from": 30, "to": 228, "step": 2}, "/parameters/top_n": [*range(1, 11)],
        "/parameters/skip_period": [*range(10)],
    },
    100_000: {
        "/parameters/lookback_period": {"from": 30, "to": 528, "step": 2}, "/parameters/top_n": [*range(1, 21)],
        "/parameters/skip_period": [*range(20)],
    },
}  # fmt: skip


def swept(count: int) -> dict[str, Any]:
    """Return W2 with a sweep of so many configurations of momentum."""
    return {**W2, "output": {"include": ["metrics"]}, "analysis": {"sweep": {"over": GRIDS[count]}}}


def multiples(work: Callable[[], Any], rounds: int) -> Figure:
    """Return the CPU of some work in this process as a multiple of a bare Python's, run for run."""
    found = []
    with clean_environment() as env:
        for _ in range(rounds):
            bare = bare_cpu(env)
            started = time.process_time()
            work()
            found.append((time.process_time() - started) / bare)
    return figure(found)


def probability_of_overfitting() -> Callable[[], Any]:
    """Return what computes the probability of overfitting of 1,000 settings with W2's sessions, 16 blocks."""
    import numpy as np

    from backtester.analysis.statistics.overfitting import block_sums, overfitting

    drawn = np.random.Generator(np.random.PCG64(1)).normal(0.0003, 0.01, (8_313, 1_000))
    sums = block_sums(drawn, 16)
    return lambda: overfitting(sums)


def measure(rounds: int) -> dict[str, Any]:
    """Return the figures by name."""
    from backtester import run
    from backtester.runtime.sandbox.kernel import reuse_freed_memory

    reuse_freed_memory()
    run({**swept(1_000), "analysis": {"trust": {}}})  # everything is imported
    whole, pbo = multiples(lambda: run(swept(1_000)), rounds), multiples(probability_of_overfitting(), rounds)
    return {
        "sweep_each": Figure(*((value - pbo.median) / 1_000 for value in whole[:3]), whole.rounds),
        "trust": multiples(lambda: run({**W2, "analysis": {"trust": {}}}), rounds),
        "pbo": pbo,
    }


def alone(count: int) -> dict[str, float]:
    """Return CPU seconds and peak memory (MB) of a process that runs one sweep."""
    code = (
        "import os, sys, time; sys.path[:0] = sys.argv[1:3]; from analysis import swept; from backtester import run; "
        f"from measuring import resident_peak; run(swept({count})); "
        "print(time.process_time(), resident_peak(os.getpid()))"
    )
    command = [sys.executable, "-c", code, str(ROOT / "benchmarks"), str(ROOT)]
    cpu, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return {"cpu": float(cpu), "peak_mb": float(peak)}


def at_scale(rounds: int) -> dict[str, Figure | float]:
    """Return how a sweep grows, its memory, its silences, and what a second process adds."""
    less, more = (alone(count) for count in (10_000, 100_000))
    return {
        "sweep_growth": more["cpu"] / less["cpu"] / 10,
        "sweep_memory": more["peak_mb"],
        "sweep_silence": silence(10_000),
        "sweep_processes": two_processes(1_000, rounds),
    }


def two_processes(count: int, rounds: int) -> Figure:
    """Return the wall time of a sweep on one core as a multiple of that on two, run for run."""
    case, found = Case([RUNNER], {**swept(count), "limits": {"timeout_seconds": _PATIENCE}}), []
    with clean_environment() as env:
        for _ in range(rounds):
            taken = []
            for cores in (1, 2):
                with on_cores(cores):
                    taken.append(once(case, env).wall)
            found.append(taken[0] / taken[1])
    return figure(found)


def silence(count: int) -> float:
    """Return the longest time, in seconds, between two progress events of a sweep."""
    asked = json.dumps({**swept(count), "limits": {"timeout_seconds": _PATIENCE}})
    with clean_environment() as env:
        command = [sys.executable, RUNNER, "--progress"]
        told = subprocess.run(command, input=asked, check=True, capture_output=True, text=True, env=env).stderr
    moments = [json.loads(line)["elapsed_ms"] / 1e3 for line in told.splitlines()]
    return max(after - before for before, after in itertools.pairwise([0, *moments]))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="100,000 configurations too")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.rounds)
    sizes = [size for size in GRIDS if size < 100_000 or options.large]
    by_size = {size: alone(size) for size in sizes}
    if options.json:
        print(json.dumps({**{name: of._asdict() for name, of in found.items()}, "alone": by_size}, indent=2))
        return 0
    print("| work, W2, one core | CPU, x `python -c pass` | quartiles |\n|---|---:|---|")
    for name, words in (
        ("sweep_each", "each of 1,000 configurations, all metrics, without the probability of overfitting"),
        ("trust", "trust, all eight tests"),
        ("pbo", "probability of overfitting alone, 1,000 settings, 16 blocks"),
    ):
        of = found[name]
        print(f"| {words} | {of.median:.3g} | {of.low:.3g} to {of.high:.3g} |")
    print("\n| configurations, a process of their own | CPU, s | ms each | peak, MB |\n|---|---:|---:|---:|")
    for size, of_size in by_size.items():
        print(f"| {size:,} | {of_size['cpu']:.1f} | {of_size['cpu'] / size * 1e3:.2f} | {of_size['peak_mb']:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
