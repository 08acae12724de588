"""What a spawned run costs: wall time, processor time and memory of whole processes, from spawn to last byte.

Every round runs every case once, in shuffled order, so that a noisy neighbour hits all of them alike. Beside the
medians stands the median of the rounds' ratios to `python -c pass`, which travels from machine to machine better
than milliseconds do.

    python benchmarks/cold_start.py [--rounds N] [--against DIR] [--json]

--against names another checkout, whose W2 is run among the others.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RUNNER = str(ROOT / "backtest_runner.py")
WARM_UP_ROUNDS = 2  # the first touch of a file is the disk's, not ours
MEMORY_ROUNDS = 5
BASE = "python -c pass"
W2 = "W2: momentum, 20 stocks, 33 years"
BARE = "W2 without supervision"
MOST_RATIO, MOST_MB, MOST_SUPERVISION = 9.0, 45.0, 0.10

STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)
W2_REQUEST: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": symbol, "allocation": 1 / len(STOCKS)} for symbol in STOCKS],
    "start_date": "1990-01-01",
    "end_date": "2022-12-28",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
    "costs": {"commission_bps": 10},
    "data": {"source": "bundled"},
}
BLOCKS = ["metrics", "metrics_monthly", "benchmark", "series", "weights", "trades", "final_holdings"]
TWO_HOLDINGS: dict[str, Any] = {
    "strategy": "buy_hold",
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2020-01-01",
    "end_date": "2021-12-31",
    "data": {"source": "bundled"},
}
INVALID: dict[str, Any] = {**TWO_HOLDINGS, "holdings": [{"symbol": "AAPL", "allocation": 50}]}

# The same work in one process, nothing watching over it: decode, check, run, encode, one after the other.
WITHOUT_SUPERVISION = f"""
import gc, os, sys
gc.disable()
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, {str(ROOT)!r})
from backtester.contract.check import check
from backtester.codec.decode import decode
from backtester.codec.document import encode
from backtester.pipeline import run_checked
from backtester.settings import read_settings
settings = read_settings()
checked = check(decode(sys.stdin.buffer.read(), max_bytes=settings.max_request_bytes), csv_available=False)
view = memoryview(encode(run_checked(checked, settings=settings)))
while view:
    view = view[os.write(1, view):]
os._exit(0)
"""
# As little as two processes can do that import what ours need.
FLOOR = """
import os
child = os.fork()
if child == 0:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import numpy
    os._exit(0)
import jsonschema
os.waitpid(child, 0)
os._exit(0)
"""


class Case(NamedTuple):
    """What to spawn, what to feed it, and how it has to end."""

    name: str
    arguments: list[str]
    request: dict[str, Any] | None = None
    exit: int = 0
    target: str = ""


class Once(NamedTuple):
    """One spawned process: seconds of wall and processor time, and what it wrote."""

    wall: float
    cpu: float
    output: bytes


CASES = (
    Case(BASE, ["-c", "pass"]),
    Case(W2, [RUNNER], W2_REQUEST, target=f"<= {MOST_RATIO:g} x, <= {MOST_MB:g} MB each"),
    Case("W2 without tables and attribution", [RUNNER], {**W2_REQUEST, "output": {"include": BLOCKS}}),
    Case(BARE, ["-c", WITHOUT_SUPERVISION], W2_REQUEST),
    Case("buy and hold, 2 stocks, 2 years", [RUNNER], TWO_HOLDINGS),
    Case("an invalid request", [RUNNER], INVALID, exit=2),
    Case("floor: fork, numpy there, jsonschema here", ["-c", FLOOR]),
    Case("import numpy", ["-c", "import numpy"]),
    Case("import jsonschema", ["-c", "import jsonschema"]),
    Case("import pandas", ["-c", "import pandas"]),
)


def compile_bytecode() -> None:
    """Write the package's bytecode, as an installation has it: compiling is three times the cost of running."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    compileall.compile_dir(ROOT / "backtester", quiet=2)


def clean_environment(home: str) -> dict[str, str]:
    """Return nearly nothing: nobody's settings, no price store, no threads or paths set from outside."""
    return {"PATH": os.defpath, "HOME": home, "LANG": "C.UTF-8"}


@contextlib.contextmanager
def spawned(arguments: list[str], request: dict[str, Any] | None, env: dict[str, str]) -> Any:
    """Spawn an interpreter with a request on stdin; hand over its pid and the descriptor of its output."""
    with tempfile.TemporaryFile() as source:
        source.write(b"" if request is None else json.dumps(request).encode())
        source.seek(0)
        reading, writing = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, source.fileno(), 0), (os.POSIX_SPAWN_DUP2, writing, 1)]
        started = time.perf_counter()
        pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], env, file_actions=actions)
        os.close(writing)
        try:
            yield pid, reading, started
        finally:
            os.close(reading)


def once(case: Case, env: dict[str, str]) -> Once:
    """Run a case and time it up to the end of its output. RuntimeError where it ends otherwise than it has to."""
    with spawned(case.arguments, case.request, env) as (pid, reading, started):
        pieces = []
        while piece := os.read(reading, 1 << 20):
            pieces.append(piece)
        wall = time.perf_counter() - started
        _, status, usage = os.wait4(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended != case.exit:
        raise RuntimeError(f"{case.name} ended with {ended}, not {case.exit}: {b''.join(pieces)[:300]!r}")
    return Once(wall, usage.ru_utime + usage.ru_stime, b"".join(pieces))


def measure(cases: tuple[Case, ...], rounds: int, env: dict[str, str]) -> dict[str, list[Once]]:
    """Run every case once a round, in an order shuffled anew."""
    shuffle = random.Random(1).shuffle
    found: dict[str, list[Once]] = {case.name: [] for case in cases}
    for number in range(rounds + WARM_UP_ROUNDS):
        order = list(cases)
        shuffle(order)
        for case in order:
            result = once(case, env)
            if number >= WARM_UP_ROUNDS:
                found[case.name].append(result)
    return found


def peaks(case: Case, env: dict[str, str]) -> list[float]:
    """Return the peak resident memory of each process of a case, MB, in the order they were started.

    VmHWM is read while the processes run; their ru_maxrss would include what the spawning process held at the fork.
    """
    high: dict[int, float] = {}
    with spawned(case.arguments, case.request, env) as (pid, reading, _):
        os.set_blocking(reading, False)
        open_ = True
        while open_:
            for member in tree(pid):
                high[member] = max(high.get(member, 0.0), peak_of(member))
            try:
                open_ = bool(os.read(reading, 1 << 20))
            except BlockingIOError:
                time.sleep(0.0002)
        os.waitpid(pid, 0)
    return [high[member] for member in sorted(high)]


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in tree(int(child)))]


def peak_of(pid: int) -> float:
    """Return the highest resident size so far, MB; 0 for a process that is gone, or not ours yet."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        if os.readlink(f"/proc/{pid}/exe") != os.path.realpath(sys.executable):
            return 0.0  # between the spawn and the exec it still is this very script
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def median_ratio(upper: list[Once], lower: list[Once]) -> float:
    """Return the median of the rounds' ratios of wall time."""
    return statistics.median(a.wall / b.wall for a, b in zip(upper, lower, strict=True))


def summary(rounds: int, against: str | None = None) -> dict[str, Any]:
    """Measure everything and return it as plain numbers."""
    compile_bytecode()
    every = CASES
    if against is not None:
        compileall.compile_dir(Path(against) / "backtester", quiet=2)
        other = str(Path(against).resolve() / "backtest_runner.py")
        every = (*CASES, Case("W2 of the other checkout", [other], W2_REQUEST))
    with tempfile.TemporaryDirectory() as home:
        env = clean_environment(home)
        found = measure(every, rounds, env)
        memory = {
            case.name: [max(column) for column in zip(*(peaks(case, env) for _ in range(MEMORY_ROUNDS)), strict=False)]
            for case in every
        }
    cases = {
        case.name: {
            "median_ms": statistics.median(run.wall for run in found[case.name]) * 1e3,
            "least_ms": min(run.wall for run in found[case.name]) * 1e3,
            "cpu_ms": statistics.median(run.cpu for run in found[case.name]) * 1e3,
            "ratio": median_ratio(found[case.name], found[BASE]),
            "peak_mb": memory[case.name],
            "output_bytes": len(found[case.name][-1].output),
            "target": case.target,
        }
        for case in every
    }
    return {
        "python": sys.version.split()[0],
        "processors": os.cpu_count(),
        "rounds": rounds,
        "supervision": median_ratio(found[W2], found[BARE]) - 1,
        "cases": cases,
    }


def markdown(found: dict[str, Any]) -> str:
    """Return the summary as a table, the targets beside."""
    lines = [
        f"Python {found['python']}, {found['processors']} processors, {found['rounds']} rounds",
        "",
        f"| whole process | median ms | least ms | CPU ms | x `{BASE}` | peak MB, each process | target |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for name, case in found["cases"].items():
        memory = " + ".join(f"{size:.0f}" for size in case["peak_mb"])
        lines.append(
            f"| {name} | {case['median_ms']:.1f} | {case['least_ms']:.1f} | {case['cpu_ms']:.1f} | {case['ratio']:.2f} "
            f"| {memory} | {case['target']} |"
        )
    w2 = found["cases"][W2]
    verdicts = [
        ("W2 against a bare start", w2["ratio"], MOST_RATIO, f"{w2['ratio']:.2f} x"),
        ("largest process of W2", max(w2["peak_mb"]), MOST_MB, f"{max(w2['peak_mb']):.1f} MB"),
        ("what supervision adds", found["supervision"], MOST_SUPERVISION, f"{found['supervision']:+.1%}"),
    ]
    lines += ["", "| target | at most | measured | |", "|---|---:|---:|---|"]
    lines += [
        f"| {name} | {most:.0%} | {shown} | {'met' if value <= most else 'MISSED'} |"
        if shown.endswith("%")
        else f"| {name} | {most:g} | {shown} | {'met' if value <= most else 'MISSED'} |"
        for name, value, most, shown in verdicts
    ]
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What a spawned run costs, in whole processes.")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds (default 15)")
    parser.add_argument("--json", action="store_true", help="numbers instead of a table")
    parser.add_argument("--against", metavar="DIR", help="another checkout, to be compared with in the same run")
    options = parser.parse_args()
    found = summary(max(options.rounds, 1), options.against)
    print(json.dumps(found, indent=2) if options.json else markdown(found))


if __name__ == "__main__":
    main()
