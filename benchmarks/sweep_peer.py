"""What a configuration of a sweep costs in vectorbt and here: 1,000 of momentum on W2, CPU of each.

    python benchmarks/sweep_peer.py [--rounds 5]      # after make peers

vectorbt runs twenty of them side by side, with the engine in numba and, where vectorbt[rust] is installed, the one in
Rust; what it compiles is not counted, and it is asked for four metrics, where ours are all. The probability of
overfitting, which vectorbt does not know, is taken off. Without costs its final values are ours to 1e-9, or nothing is
timed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from analysis import probability_of_overfitting, swept
from measuring import ROOT, Figure, clean_environment, figure
from peers import CAPITAL, interpreter
from work import STOCKS

sys.path.insert(0, str(ROOT))

from backtester import run
from backtester.prices import bundled
from backtester.runtime.sandbox.kernel import reuse_freed_memory

LOOKBACKS, TOP = (60, 126), range(1, 11)
BPS = 10
SAME = 1e-9


def asked(bps: int) -> dict[str, Any]:
    """Return our sweep, filled at the close that a decision is taken at, as vectorbt fills."""
    return {**swept(1_000), "costs": {"commission_bps": bps}, "execution": {"timing": "same_close"}}


def job(bps: int, engine: str, start: str) -> dict[str, Any]:
    """Return what vectorbt is asked. start: the first session of the period that all configurations have in common."""
    histories = bundled.load(STOCKS)
    sessions = [str(day) for day in histories[STOCKS[0]].sessions]
    return {
        "sessions": sessions, "close": [histories[symbol].close.tolist() for symbol in STOCKS], "capital": CAPITAL,
        "first": sessions.index(start), "bps": bps, "engine": engine,
        "configurations": [[lookback, top_n] for lookback in LOOKBACKS for top_n in TOP],
    }  # fmt: skip


@contextlib.contextmanager
def vectorbt(python: str, what: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """Hand over a process that runs the job whenever it is sent a line."""
    command = [python, str(ROOT / "tests" / "oracle" / "peer_vectorbt_sweep.py")]
    with clean_environment() as env, subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**env, "OPENBLAS_NUM_THREADS": "1"}, text=True
    ) as process:  # fmt: skip
        _send(process, json.dumps(what))
        yield process
        assert process.stdin is not None
        process.stdin.close()


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Have the job run once more. RuntimeError where there is no answer."""
    assert process.stdout is not None
    _send(process, "")
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("vectorbt ended without an answer")
    found: dict[str, Any] = json.loads(line)
    return found


def _send(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def compare(python: str, engine: str) -> str:
    """Return the start of the common period. RuntimeError where the final values are not ours without costs."""
    sweep = run(asked(0))["analysis"]["sweep"]
    lookbacks, top = (axis["values"] for axis in sweep["axes"])
    ours = [
        sweep["metrics"]["final_value"][lookbacks.index(lookback) * len(top) + top.index(top_n)]
        for lookback in LOOKBACKS for top_n in TOP
    ]  # fmt: skip
    start: str = sweep["period"]["start"]
    with vectorbt(python, job(0, engine, start)) as process:
        apart = max(abs(a / b - 1) for a, b in zip(answer(process)["final"], ours, strict=True))
    if apart > SAME:
        raise RuntimeError(f"without costs the final values of vectorbt ({engine}) are {apart:.1e} from ours")
    return start


def measure(python: str, engine: str, rounds: int) -> dict[str, Any]:
    """Return the CPU of a configuration in milliseconds, ours and vectorbt's, and their ratio run by run."""
    start, ours, theirs = compare(python, engine), [], []
    overfitting = probability_of_overfitting()
    with vectorbt(python, job(BPS, engine, start)) as process:
        answer(process)  # compiles
        for _ in range(rounds):
            whole, taken_off = cpu_of(lambda: run(asked(BPS))), cpu_of(overfitting)
            ours.append(whole - taken_off)  # seconds of 1,000 are milliseconds of one
            theirs.append(answer(process)["cpu"] / (len(LOOKBACKS) * len(TOP)) * 1e3)
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {"ours": figure(ours), "theirs": figure(theirs), "ratio": figure(ratios)}


def cpu_of(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of some work in this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def engines(python: str) -> list[str]:
    """Return the engines that the peers' environment has."""
    names = "(find_spec('vectorbt'), find_spec('vectorbt_rust'))"
    code = f"from importlib.util import find_spec; print(*[int(spec is not None) for spec in {names}])"
    there = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return [name for name, has in zip(("numba", "rust"), there, strict=True) if has == "1"]


def measure_all(rounds: int) -> dict[str, Figure]:
    """Return how many times our CPU a configuration takes in vectorbt, by engine; nothing where it is not installed."""
    python = interpreter()
    if python is None:
        return {}
    reuse_freed_memory()
    return {f"vectorbt_{engine}": measure(python, engine, rounds)["ratio"] for engine in engines(python)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a configuration of a sweep costs in vectorbt and here.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    python = interpreter()
    if python is None:
        print("No peer is installed: `make peers`.")
        return 0
    reuse_freed_memory()
    print("| engine of vectorbt | its CPU, ms | ours, ms | x ours | quartiles |")
    print("|---|---:|---:|---:|---|")
    for engine in engines(python):
        of = measure(python, engine, max(rounds, 1))
        ratio = of["ratio"]
        cells = f"{of['theirs'].median:.1f} | {of['ours'].median:.2f} | {ratio.median:.0f}"
        print(f"| {engine} | {cells} | {ratio.low:.0f} to {ratio.high:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
