"""What a request costs when processes are kept warm: the CPU of `--worker` line by line, and ten thousand in a batch.

    python benchmarks/warm.py [--rounds N] [--runs N] [--json]

The processes are the real ones and the scheduler's own statistics are read (Linux). `run and write` is the CPU of the
warm child, from a request's line to its document's last byte; `supervision` is that of its parent.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measuring import RUNNER, Figure, bare_cpu, clean_environment, compile_bytecode, cpu_so_far, figure, spread, tree
from work import TWO_HOLDINGS, W2, with_lookback

WARM_UP = 20  # requests before the first that counts
EACH_ROUND = 5  # requests of two holdings: one alone is too short for its bare Python
LOOKBACKS = itertools.cycle(range(20, 1020))
WORK: dict[str, tuple[Callable[[], dict[str, Any]], int]] = {  # what is asked, and how often in a round
    "W2": (lambda: W2, 1),
    "two holdings, two years": (lambda: TWO_HOLDINGS, EACH_ROUND),
    "the same with other look-backs each time": (lambda: with_lookback(next(LOOKBACKS)), EACH_ROUND),
}


class Worker:
    """A `--worker` of one warm process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def ask(self, request: dict[str, Any]) -> float:
        """Send a request, read its document; return the milliseconds from line to line."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = json.dumps(request).encode() + b"\n"
        started = time.perf_counter()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith(b'{"success":true'):
            raise RuntimeError(f"the worker answered {answer[:300]!r}")
        return 1e3 * (time.perf_counter() - started)

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds so far of the warm child, and of its parent."""
        parent, *children = tree(self.process.pid)
        return sum(map(cpu_so_far, children)), cpu_so_far(parent)


@contextlib.contextmanager
def worker(env: dict[str, str]) -> Iterator[Worker]:
    """Keep a worker running."""
    command = [sys.executable, RUNNER, "--worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as process:
        try:
            yield Worker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def measure(name: str, rounds: int, env: dict[str, str]) -> dict[str, Figure]:
    """Return `cpu` and `supervision`, multiples of a bare Python's CPU, and `line_ms`, from line to line."""
    request, repeats = WORK[name]
    bare, own, parents, lines = [], [], [], []
    with worker(env) as warm:
        for _ in range(WARM_UP):
            warm.ask(request())
        bare_cpu(env)
        before = warm.cpu()
        for _ in range(rounds):
            lines += [warm.ask(request()) for _ in range(repeats)]
            bare.append(bare_cpu(env))
            after = warm.cpu()  # what the child does after its answer is counted too
            own.append((after[0] - before[0]) / repeats)
            parents.append((after[1] - before[1]) / repeats)
            before = after
    return {
        "cpu": figure(mine / base for mine, base in zip(own, bare, strict=True)),
        "supervision": figure(mine / base for mine, base in zip(parents, bare, strict=True)),
        "line_ms": figure(lines),
    }


def measure_all(rounds: int) -> dict[str, dict[str, Figure]]:
    """Measure every kind of work, each in a worker of its own."""
    compile_bytecode()
    with clean_environment() as env:
        return {name: measure(name, rounds, env) for name in WORK}


def batch(runs: int) -> dict[str, float]:
    """Return what `--batch --jobs 2` makes of so many lines: a second, start included, and the memory it took."""
    line = json.dumps({**TWO_HOLDINGS, "request_id": "a"}).encode() + b"\n"
    with tempfile.TemporaryDirectory() as folder, clean_environment() as env:
        requests, results = Path(folder, "requests.ndjson"), Path(folder, "results.ndjson")
        requests.write_bytes(b"".join(line.replace(b'"a"', b'"%d"' % number) for number in range(runs)))
        command = [sys.executable, RUNNER, "--batch", "--jobs", "2"]
        with requests.open("rb") as source, results.open("wb") as sink:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdin=source, stdout=sink, env=env)
            samples = []
            while process.poll() is None:
                samples.append(sum(_resident_mb(pid) for pid in tree(process.pid)))
                time.sleep(0.25)
            seconds = time.perf_counter() - started
        answered = {json.loads(answer)["request_id"] for answer in results.open("rb")}
        if process.returncode or len(answered) != runs:
            raise RuntimeError(f"the batch ended with {process.returncode}, {len(answered)} of {runs} are answered")
    quarter = max(len(samples) // 4, 1)
    return {
        "per_second": runs / seconds,
        "resident_early_mb": figure(samples[quarter : 2 * quarter] or samples).median,
        "resident_late_mb": figure(samples[-quarter - 1 : -1] or samples).median,
    }


def _resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def table(found: dict[str, dict[str, Figure]]) -> list[str]:
    """Return the figures as lines of Markdown."""
    lines = [
        "| a request to a warm process | run and write, CPU, x | quartiles | supervision, CPU, x | line to line, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, of in found.items():
        lines.append(f"| {name} | {spread(of['cpu'])} | {of['supervision'].median:.2f} | {of['line_ms'].median:.1f} |")
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a request costs when processes are kept warm.")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=10_000, help="lines of the batch; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = dict(measure_all(max(options.rounds, 1)))
    of_batch = batch(options.runs) if options.runs else {}
    if options.json:
        print(json.dumps({**found, "batch": of_batch}, indent=2))
        return
    print("\n".join(table(found)))
    if of_batch:
        early, late = of_batch["resident_early_mb"], of_batch["resident_late_mb"]
        rate = of_batch["per_second"]
        print(f"\n{options.runs:,} lines through --batch --jobs 2: {rate:.0f} a second, start included;")
        print(f"its processes have {early:.0f} MB together early, {late:.0f} MB late.")


if __name__ == "__main__":
    main()
