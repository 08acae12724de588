"""What a request costs when processes are kept warm: inside the process, over a pipe, and ten thousand in a batch.

    python benchmarks/warm.py [--runs 10000] [--json]

The canonical request's shape on bundled prices: momentum, two holdings, two years. Beside it, in the same run, a bare
`python -c pass`, to which the figures are put in proportion: machines are noisy.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cold_start import ROOT, RUNNER, clean_environment, compile_bytecode

sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the working process has it

from in_process import TWO_HOLDINGS

from backtester.contract.check import prepare
from backtester.runtime.confinement import Confinement
from backtester.runtime.frames import OFFER, FrameReader
from backtester.runtime.pool import Pool
from backtester.runtime.worker_child import _Run
from backtester.settings import read_settings

IN_PROCESS_MS, PER_SECOND = 2.0, 400.0
LINE = json.dumps({**TWO_HOLDINGS, "request_id": "a"}).encode() + b"\n"


def bare(rounds: int) -> float:
    """Return the milliseconds of a Python process that does nothing, at the median."""
    return 1e3 * statistics.median(_time(lambda: subprocess.run([sys.executable, "-c", "pass"])) for _ in range(rounds))


def inside(rounds: int) -> float:
    """Return the milliseconds from a request's bytes to its document's, in the warm process's own code."""
    prepare()
    settings, null = read_settings(), os.open(os.devnull, os.O_WRONLY)
    free = Confinement(settings._replace(sandbox="off"))  # this very process has more to do afterwards

    def once() -> None:
        run = _Run(FrameReader(null), null, settings, free, offer=OFFER)
        run.answer(LINE)
        assert run.exit_code == 0

    for _ in range(20):
        once()
    gc.disable()  # as the warm process has it
    try:
        return 1e3 * statistics.median(_time(once) for _ in range(rounds))
    finally:
        gc.enable()


def over_a_pipe(rounds: int, environment: dict[str, str]) -> tuple[float, float]:
    """Return the milliseconds from line to line through `--worker`: the median, and the 99th percentile."""
    command = [sys.executable, str(RUNNER), "--worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None

        def once() -> None:
            worker.stdin.write(LINE)
            worker.stdin.flush()
            assert worker.stdout.readline().startswith(b'{"success":true')

        for _ in range(20):
            once()
        times = sorted(1e3 * _time(once) for _ in range(rounds))
        worker.stdin.close()
    return statistics.median(times), times[int(0.99 * len(times))]


def through_a_pool(rounds: int, *, recycle_after: int) -> float:
    """Return the milliseconds of a run through a pool of one process that is replaced after so many runs."""
    pool = Pool(read_settings(), jobs=1, recycle_after=recycle_after)

    def once() -> None:
        pool.submit(0, LINE)
        while not pool.finished():
            pool.wait()

    try:
        for _ in range(20):
            once()
        return 1e3 * statistics.median(_time(once) for _ in range(rounds))
    finally:
        pool.close()


def batch(runs: int, environment: dict[str, str]) -> dict[str, float]:
    """Return what `--batch --jobs 2` makes of so many lines: a second, start included, and the memory it took."""
    with tempfile.TemporaryDirectory() as folder:
        requests, results = Path(folder, "requests.ndjson"), Path(folder, "results.ndjson")
        requests.write_bytes(b"".join(LINE.replace(b'"a"', b'"%d"' % number) for number in range(runs)))
        command = [sys.executable, str(RUNNER), "--batch", "--jobs", "2"]
        with requests.open("rb") as source, results.open("wb") as sink:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdin=source, stdout=sink, env=environment)
            resident = _watch_memory(process)
            seconds = time.perf_counter() - started
        answered = {json.loads(line)["request_id"] for line in results.open("rb")}
        assert process.returncode == 0
        assert len(answered) == runs, "none lost, none doubled"
    return {"per_second": runs / seconds, "seconds": seconds, **resident}


def _watch_memory(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Wait for a process; return the resident MiB of it and its children together, early and late (Linux)."""
    samples: list[float] = []
    while process.poll() is None:
        samples.append(sum(_resident(pid) for pid in _family(process.pid)) / 2**20)
        time.sleep(0.25)
    half = samples[len(samples) // 4 : len(samples) // 2] or [0.0]
    return {
        "resident_early_mib": statistics.median(half),
        "resident_late_mib": statistics.median(samples[-6:-1] or [0.0]),
    }


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *map(int, children)]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0.0


def _time(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="lines of the batch")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    compile_bytecode()
    with tempfile.TemporaryDirectory() as cache:
        environment = clean_environment(cache)
        os.environ.update({"BACKTEST_CACHE_DIR": cache, "BACKTEST_OFFLINE": "1"})
        base = bare(15)
        pipe, tail = over_a_pipe(options.rounds, environment)
        figures = {"bare_ms": base, "inside_ms": inside(options.rounds), "pipe_ms": pipe, "pipe_p99_ms": tail}
        figures["kept_ms"] = through_a_pool(options.rounds, recycle_after=1000)
        figures["fresh_ms"] = through_a_pool(options.rounds, recycle_after=1)
        figures |= batch(options.runs, environment)
    if options.json:
        print(json.dumps(figures))
        return
    early, late = figures["resident_early_mib"], figures["resident_late_mib"]
    print(f"bare python                              {base:8.2f} ms")
    print(f"inside the warm process, median          {figures['inside_ms']:8.2f} ms  (target {IN_PROCESS_MS:g})")
    print(f"line to line over a pipe, median         {pipe:8.2f} ms, p99 {tail:.2f}")
    print(f"through a pool, the process kept         {figures['kept_ms']:8.2f} ms")
    print(f"through a pool, a fork for each run      {figures['fresh_ms']:8.2f} ms")
    rate = figures["per_second"]
    print(f"batch, {options.runs:6} lines, 2 jobs            {rate:8.0f} a second  (target {PER_SECOND:g})")
    print(f"resident, processes together             {early:8.0f} MiB early, {late:.0f} late")


if __name__ == "__main__":
    main()
