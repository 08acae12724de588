"""How the benchmarks measure: CPU of whole process trees, as multiples of a bare Python's, run for run.

CPU is user plus system time. Each measured run has a bare `python -c pass` right before it, and the ratio of the two
is kept: a noisy neighbour hits both alike. A figure is the median of those ratios, with their quartiles.
"""

from __future__ import annotations

import compileall
import contextlib
import ctypes
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RUNNER = str(ROOT / "backtest_runner.py")
WARM_UP_ROUNDS = 2  # the first touch of a file is the disk's, not ours
PR_SET_CHILD_SUBREAPER = 36


class Figure(NamedTuple):
    """The median of so many ratios (or other values), and the quartiles around it."""

    median: float
    low: float
    high: float
    rounds: int


class Once(NamedTuple):
    """One spawned process and its descendants: seconds of wall and of CPU, and what it wrote."""

    wall: float
    cpu: float
    output: bytes


class Case(NamedTuple):
    """What to spawn, what to feed it, and how it has to end. interpreter: sys.executable unless named."""

    arguments: list[str]
    request: dict[str, Any] | None = None
    exit: int = 0
    environment: Mapping[str, str] = MappingProxyType({})
    interpreter: str = sys.executable


BARE = Case(["-c", "pass"])


def figure(values: Iterable[float]) -> Figure:
    """Return the median and the quartiles of some values."""
    values = sorted(values)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return Figure(middle, low, high, len(values))


def spread(of: Figure) -> str:
    """Return a figure as two cells of a table: the median, and the quartiles."""
    return f"{of.median:.2f} | {of.low:.2f} to {of.high:.2f}"


def compile_bytecode(checkout: Path = ROOT) -> None:
    """Write a checkout's bytecode, as an installation has it: compiling is three times the cost of running."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    compileall.compile_dir(checkout / "backtester", quiet=2)


@contextlib.contextmanager
def clean_environment() -> Iterator[dict[str, str]]:
    """Hand over nearly nothing: nobody's settings, an empty price store, no threads or paths set from outside."""
    with tempfile.TemporaryDirectory() as home:
        yield {"PATH": os.defpath, "HOME": home, "LANG": "C.UTF-8", "BACKTEST_OFFLINE": "1"}


@contextlib.contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Let what is spawned inside use so many of the cores that this process may use."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextlib.contextmanager
def spawned(case: Case, env: dict[str, str]) -> Iterator[tuple[int, int, float]]:
    """Spawn a case with its request on stdin; hand over its pid, the descriptor of its output and the moment."""
    with tempfile.TemporaryFile() as source:
        source.write(b"" if case.request is None else json.dumps(case.request).encode())
        source.seek(0)
        reading, writing = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, source.fileno(), 0), (os.POSIX_SPAWN_DUP2, writing, 1)]
        command = [case.interpreter, *case.arguments]
        started = time.perf_counter()
        pid = os.posix_spawn(case.interpreter, command, {**env, **case.environment}, file_actions=actions)
        os.close(writing)
        try:
            yield pid, reading, started
        finally:
            os.close(reading)


def once(case: Case, env: dict[str, str]) -> Once:
    """Run a case up to the end of its output and of all its processes. RuntimeError where it ends otherwise."""
    with spawned(case, env) as (pid, reading, started):
        pieces = []
        while piece := os.read(reading, 1 << 20):
            pieces.append(piece)
        wall = time.perf_counter() - started
        _, status, usage = os.wait4(pid, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended != case.exit:
        raise RuntimeError(f"{case.arguments} ended with {ended}, not {case.exit}: {b''.join(pieces)[:300]!r}")
    return Once(wall, usage.ru_utime + usage.ru_stime + _orphans(), b"".join(pieces))


def adopt_orphans() -> None:
    """Become the parent of descendants that outlive theirs, so that their CPU is counted as well (Linux).

    Only for a process that has no other children while it measures: it waits for all that it has.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _orphans() -> float:
    found = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            usage = os.wait4(-1, 0)[2]
            found += usage.ru_utime + usage.ru_stime
    return found


def bare_cpu(env: dict[str, str]) -> float:
    """Return the CPU seconds of `python -c pass`, whatever other children this process has."""
    with spawned(BARE, env) as (pid, _, _):
        _, _, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime


def alternate(cases: dict[str, Case], rounds: int, env: dict[str, str]) -> dict[str, list[tuple[Once, Once]]]:
    """Run every case once a round, shuffled anew, each after a bare Python; return (bare, case) of each round."""
    shuffle = random.Random(1).shuffle
    found: dict[str, list[tuple[Once, Once]]] = {name: [] for name in cases}
    warm_up = WARM_UP_ROUNDS if rounds > 1 else 0
    adopt_orphans()
    for number in range(rounds + warm_up):
        order = list(cases)
        shuffle(order)
        for name in order:
            pair = once(BARE, env), once(cases[name], env)
            if number >= warm_up:
                found[name].append(pair)
    return found


def ratios(pairs: list[tuple[Once, Once]]) -> dict[str, Figure]:
    """Return the multiples of a bare Python's CPU and wall time."""
    return {
        "cpu": figure(run.cpu / bare.cpu for bare, run in pairs),
        "wall": figure(run.wall / bare.wall for bare, run in pairs),
    }


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in tree(int(child)))]


def cpu_so_far(pid: int) -> float:
    """Return the CPU seconds of a living process, all its threads (Linux, where the scheduler keeps statistics)."""
    spent = (path.read_text().split()[0] for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, spent)) / 1e9


def resident_peak(pid: int) -> float:
    """Return the highest resident size so far, MB; 0 for a process that is gone, or has not become Python yet."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        if os.readlink(f"/proc/{pid}/exe") != os.path.realpath(sys.executable):
            return 0.0  # between the spawn and the exec it still is this very script
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def peaks(case: Case, env: dict[str, str]) -> list[float]:
    """Return the peak resident memory of each process of a case, MB, in the order they were started.

    VmHWM is read while the processes run; their ru_maxrss would include what the spawning process held at the fork.
    """
    high: dict[int, float] = {}
    with spawned(case, env) as (pid, reading, _):
        os.set_blocking(reading, False)
        open_ = True
        while open_:
            for member in tree(pid):
                high[member] = max(high.get(member, 0.0), resident_peak(member))
            try:
                open_ = bool(os.read(reading, 1 << 20))
            except BlockingIOError:
                time.sleep(0.0002)
        os.waitpid(pid, 0)
    _orphans()
    return [high[member] for member in sorted(high)]


def conditions() -> dict[str, str]:
    """Return what a reader has to know of the machine, without its name: versions, processors, how busy it is."""
    import numpy as np

    described = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in described.splitlines() if line.startswith("model name")]
    return {
        "Python": sys.version.split()[0],
        "numpy": np.__version__,
        "processors": f"{os.cpu_count()}, {models[0] if models else 'model unknown'}",
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
    }
