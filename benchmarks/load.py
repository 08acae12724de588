"""The real stack under load: the API, Redis and Celery's workers on this machine.

    python benchmarks/load.py [--jobs 10000] [--json]

All jobs are queued first, no two of them alike, then workers are started: what they finish a second is put in
proportion to what so many processes do that run the same requests with no queue at all, in the same run. Beside it
stands the same proportion by CPU, of all processes together: it moves less where others use the machine too. Then,
while two workers are kept busy: how long a GET takes, and how long a job of normal priority waits behind thousands of
low. And what a second worker adds to one sweep.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import analysis
from measuring import ROOT, compile_bytecode, on_cores, tree

sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from work import TWO_HOLDINGS

from tests.support.redis_server import RedisServer
from tests.support.service_stack import Stack

STOCKS = ["AAPL", "MSFT", "JNJ", "KO", "PG", "WMT", "XOM", "JPM", "GE", "HD"]
TEN = {
    "strategy": "momentum", "holdings": [{"symbol": symbol, "allocation": 0.1} for symbol in STOCKS],
    "start_date": "2012-01-01", "end_date": "2021-12-31", "costs": {"commission_bps": 5},
    "parameters": {"lookback_period": 126, "top_n": 3, "rebalance_frequency": "monthly"},
}  # fmt: skip
WORK = {"two holdings, two years": TWO_HOLDINGS, "ten holdings, ten years": TEN}
BATCH = 500  # of a request to queue
LEAST_SHARE = {"two holdings, two years": (0.75, 0.75), "ten holdings, ten years": (0.9, 0.8)}  # one worker, two
GET_P99_MS = 25.0
SWEPT = 10_000  # combinations of a sweep that is one job


def requests(name: str, count: int) -> list[dict[str, Any]]:
    """Return so many requests, no two of them alike."""
    return [{**WORK[name], "initial_capital": 10_000 + n} for n in range(count)]


def inside(name: str, count: int) -> tuple[float, float]:
    """Return the seconds, and those of CPU, of one process for so many requests: from their bytes to the documents'."""
    import gc

    from backtester.runtime.confinement import Confinement
    from backtester.runtime.frames import REQUEST, FrameReader
    from backtester.runtime.worker_child import _Run
    from backtester.settings import read_settings

    settings, null = read_settings(), os.open(os.devnull, os.O_WRONLY)
    guard = Confinement(settings)  # as the workers are
    lines = [json.dumps(request).encode() for request in requests(name, count)]
    for line in lines[:20]:
        _Run(FrameReader(null), null, settings, guard, kind=REQUEST).answer(line)
    gc.disable()  # as the warm process has it
    sys.stdin.readline()  # all begin together
    began, spent = time.perf_counter(), time.process_time()
    for line in lines:
        run = _Run(FrameReader(null), null, settings, guard, kind=REQUEST)
        run.answer(line)
        assert run.exit_code == 0
    return time.perf_counter() - began, time.process_time() - spent


def without_a_queue(name: str, processes: int, count: int) -> tuple[float, float]:
    """Return the requests a second of so many processes with nothing in between, and the ms of CPU of one request."""
    command = [sys.executable, __file__, "--inside", name, str(count)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())
        for _ in range(processes)
    ]
    time.sleep(3)  # until all are ready
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    seconds = [[*map(float, process.communicate()[0].split())] for process in running]
    return sum(count / wall for wall, _ in seconds), 1e3 * sum(cpu for _, cpu in seconds) / (processes * count)


def _environment() -> dict[str, str]:
    return {**os.environ, "BACKTEST_OFFLINE": "1"}


@contextlib.contextmanager
def rig() -> Iterator[Stack]:
    """Run Redis and the API, with no worker yet."""
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder), "--appendfsync", "everysec", keep=True)  # as most run it
        redis.start()
        roomy = {"BACKTEST_QUEUE_LIMIT": "100000", "BACKTEST_QUEUE_LIMIT_PER_OWNER": "100000"}
        service = Stack(Path(folder), redis=redis, environ={**roomy, "BACKTEST_LOG_LEVEL": "warning"})
        try:
            service.start_api()
            yield service
        finally:
            service.close()
            redis.stop()


def submit(service: Stack, name: str, count: int) -> tuple[list[str], float]:
    """Queue so many jobs; return the ids of their batches, and the jobs accepted a second."""
    asked = requests(name, count)
    began = time.perf_counter()
    batches = []
    for at in range(0, count, BATCH):
        answered = service.post("/backtests/batch", {"requests": asked[at : at + BATCH]})
        assert answered.status_code == 202, answered.text[:500]
        batches.append(answered.json()["id"])
    return batches, count / (time.perf_counter() - began)


def drain(service: Stack, batches: list[str], workers: int) -> dict[str, Any]:
    """Start workers, wait for the end, and say how it went."""
    start_workers(service, workers)
    before, cpu = _completed(service, batches), cpu_seconds(service)
    ended = [service.ended(batch, within=3600) for batch in batches]
    cpu = {name: seconds - cpu[name] for name, seconds in cpu_seconds(service).items()}
    began = min(_moment(batch["started_at"]) for batch in ended)
    finished = max(_moment(batch["finished_at"]) for batch in ended)
    members = [member["id"] for batch in ended for member in batch["jobs"]]
    done = sum(batch["counts"]["completed"] for batch in ended)
    size = len(service.get(f"/backtests/{members[0]}/result").content)
    service.stop("worker")
    return {
        "a_second": len(members) / (finished - began), "jobs": len({*members}), "done": done, "kb": size / 1e3,
        "cpu_ms": {name: 1e3 * seconds / (done - before) for name, seconds in cpu.items()},
    }  # fmt: skip


def _completed(service: Stack, batches: list[str]) -> int:
    return sum(service.get(f"/backtests/{batch}").json()["counts"]["completed"] for batch in batches)


def cpu_seconds(service: Stack) -> dict[str, float]:
    """Return the seconds of CPU of the worker's processes, of Redis and of the API."""
    assert service.redis is not None
    assert service.redis.process is not None
    worker = tree(service.processes["worker"].pid)
    whose = {"worker": worker, "redis": [service.redis.process.pid], "api": tree(service.processes["api"].pid)}
    return {name: sum(map(_cpu_seconds, pids)) for name, pids in whose.items()}


def _cpu_seconds(pid: int) -> float:
    """Return what a process has used, and its children that have ended: a warm process is replaced now and then."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def start_workers(service: Stack, count: int) -> None:
    """Start one Celery worker of so many processes."""
    service.environ["BACKTEST_LOG_LEVEL"] = "info"  # its first line says that it is ready
    service.start_worker(concurrency=count)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def under_load(service: Stack, name: str, count: int) -> dict[str, Any]:
    """Keep two workers busy with low priority, and look at one job 50 times a second; submit one 5 times a second."""
    import httpx

    start_workers(service, 2)
    first = service.ended(service.post("/backtests", {**WORK[name], "initial_capital": 5e6}).json()["id"])
    batches, _ = submit(service, name, count)
    looks: list[float] = []
    ids: list[str] = []
    stop = threading.Event()

    def ask(every: float, act: Any) -> None:
        with httpx.Client(base_url=service.url, timeout=60) as http:
            due = time.perf_counter()
            while not stop.is_set():
                act(http)
                due += every
                time.sleep(max(due - time.perf_counter(), 0))

    def look(http: Any) -> None:
        began = time.perf_counter()
        assert http.get(f"/backtests/{first['id']}").status_code == 200
        looks.append(1e3 * (time.perf_counter() - began))

    def send(http: Any) -> None:
        asked = {**WORK[name], "initial_capital": 9e6 + len(ids)}
        ids.append(http.post("/backtests", json=asked).json()["id"])

    threads = [threading.Thread(target=ask, args=given) for given in ((0.02, look), (0.2, send))]
    for thread in threads:
        thread.start()
    for batch in batches:
        service.ended(batch, within=3600)
    stop.set()
    for thread in threads:
        thread.join()
    jobs = [service.ended(job_id) for job_id in ids]
    waits = sorted(1e3 * (_moment(job["started_at"]) - _moment(job["created_at"])) for job in jobs)
    looks.sort()
    service.stop("worker")
    return {
        "get_p50_ms": statistics.median(looks), "get_p99_ms": looks[int(0.99 * len(looks))], "gets": len(looks),
        "queue_p50_ms": statistics.median(waits), "queue_p99_ms": waits[int(0.99 * len(waits))], "sent": len(waits),
    }  # fmt: skip


def measure(name: str, count: int) -> dict[str, Any]:
    """Measure one kind of work with one worker and with two."""
    found: dict[str, Any] = {"work": name}
    sample = max(count // 10, 200)
    for workers in (1, 2):
        before = without_a_queue(name, workers, sample)
        with rig() as service:
            batches, accepted = submit(service, name, count)
            queued = drain(service, batches, workers)
        after = without_a_queue(name, workers, sample)
        # before and after: the machine is not the same all the time
        alone, cpu_ms = (sum(pair) / 2 for pair in zip(before, after, strict=True))
        found[f"workers_{workers}"] = {
            **queued, "accepted_a_second": accepted, "alone": alone, "share": queued["a_second"] / alone,
            "cpu_ms_alone": cpu_ms, "cpu_share": cpu_ms / sum(queued["cpu_ms"].values()),
        }  # fmt: skip
    return found


def swept(count: int) -> dict[str, float]:
    """Return the seconds that a sweep takes as a job, with a worker of one process on one core and of two on two."""
    asked = {**analysis.swept(count), "limits": {"timeout_seconds": 600}}
    found = {}
    for workers in (1, 2):
        with rig() as service:
            with on_cores(workers):
                start_workers(service, workers)
            ended = service.ended(service.post("/backtests", asked).json()["id"], within=3600)
            assert ended["status"] == "completed", ended
            found[f"workers_{workers}"] = _moment(ended["finished_at"]) - _moment(ended["started_at"])
            service.stop("worker")
    return {**found, "ratio": found["workers_1"] / found["workers_2"]}


def measure_all(jobs: int) -> dict[str, Any]:
    """Measure each kind of work, the latencies under load, and a sweep."""
    found: dict[str, Any] = {"throughput": []}
    for name in WORK:
        print(f"measuring {name} ...", file=sys.stderr)
        found["throughput"].append(measure(name, jobs))
    print("measuring latencies under load ...", file=sys.stderr)
    with rig() as service:
        found["latencies"] = under_load(service, "ten holdings, ten years", max(jobs // 5, 500))
    print("measuring a sweep ...", file=sys.stderr)
    return {**found, "sweep": swept(SWEPT)}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="jobs to queue (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--inside", nargs=2, metavar=("WORK", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(*inside(options.inside[0], int(options.inside[1])))
        return
    compile_bytecode()
    measured = measure_all(options.jobs)
    if options.json:
        print(json.dumps(measured, indent=2))
        return
    for one in measured["throughput"]:
        size = one["workers_1"]["kb"]
        print(f"\n{one['work']}, {options.jobs:,} jobs, all queued first; a result has {size:.0f} kB")
        for workers, target in zip((1, 2), LEAST_SHARE[one["work"]], strict=True):
            at = one[f"workers_{workers}"]
            print(
                f"  {workers} worker{'s' if workers > 1 else ' '}  {at['a_second']:7.0f} a second,"
                f" {at['alone']:7.0f} without a queue: {at['share']:.2f} (target {target})"
                f"   done {at['done']:,} of {at['jobs']:,}   accepted {at['accepted_a_second']:,.0f} a second"
            )
            each = ", ".join(f"{ms:.2f} {name}" for name, ms in at["cpu_ms"].items())
            print(f"     ms of CPU a job: {each}; {at['cpu_ms_alone']:.2f} without a queue: {at['cpu_share']:.2f}")
        print(f"  two workers do {one['workers_2']['a_second'] / one['workers_1']['a_second']:.2f} x what one does")
    at, sweep = measured["latencies"], measured["sweep"]
    print("\nwhile two workers are busy with low priority")
    print(f"  GET of a job   p50 {at['get_p50_ms']:.1f} ms, p99 {at['get_p99_ms']:.1f} ms (target {GET_P99_MS:g})")
    waited = f"p50 {at['queue_p50_ms']:.0f} ms, p99 {at['queue_p99_ms']:.0f} ms"
    print(f"  from accepted to begun, normal priority   {waited}")
    seconds = f"{sweep['workers_1']:.1f} s with one worker, {sweep['workers_2']:.1f} s with two"
    print(f"\na sweep of {SWEPT:,} combinations: {seconds}: {sweep['ratio']:.2f}")


if __name__ == "__main__":
    main()
