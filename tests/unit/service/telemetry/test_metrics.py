"""What Prometheus is told, and that nobody can make it more than it is."""

from __future__ import annotations

import asyncio
import random
import string
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from backtester._version import __version__
from backtester.model.codes import ERROR_CODES
from backtester.service.http.guard import Guard
from backtester.service.jobs.stores.job_store import OF_THE_MOMENT
from backtester.service.telemetry.metrics import HttpMetrics, JobsCollector, ProcessMetrics, render_metrics

STATISTICS: dict[str, Any] = {
    "totals": {"completed": 3, "failed": 1, "retried": 4, "lost": 2, "reused": 5, "a-new-one": 9},
    "queued": {"high": 1, "normal": 7, "low": 0, "a-new-one": 1},
    "running": 2,
    "oldest_seconds": 1.5,
}


def samples(*collectors: Any) -> dict[tuple[str, ...], float]:
    """Return what the collectors say: (name, label values…) -> value."""
    text, kind = render_metrics(collectors)
    assert kind.startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def ask(metrics: HttpMetrics, *requests: tuple[str, str]) -> None:
    """Have a real application answer requests under the guard that counts them."""
    app = FastAPI()
    app.add_middleware(Guard, observer=metrics)

    @app.get("/backtests/{job}")
    async def job(job: str) -> str:
        assert samples(metrics)["backtest_http_in_progress",] == 1
        return job

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            for method, path in requests:
                await client.request(method, path)

    asyncio.run(run())


def test_requests_are_counted_by_the_template_of_their_route():
    metrics = HttpMetrics()
    ask(metrics, ("GET", "/backtests/1"), ("GET", "/backtests/2"), ("POST", "/backtests/3"), ("GET", "/boom"))
    told = samples(metrics)
    assert told["backtest_http_requests_total", "GET", "/backtests/{job}", "200"] == 2
    assert told["backtest_http_requests_total", "POST", "/backtests/{job}", "405"] == 1
    assert told["backtest_http_requests_total", "GET", "/boom", "500"] == 1
    assert told["backtest_http_request_seconds_count", "GET", "/backtests/{job}"] == 2
    assert told["backtest_http_in_progress",] == 0


def test_a_thousand_random_paths_are_one_series():
    chance = random.Random(1)
    paths = ["/" + "".join(chance.choices(string.ascii_letters + "/%{}", k=20)) for _ in range(1000)]
    metrics = HttpMetrics()
    ask(metrics, *[("GET", path) for path in paths])
    counted = {key: value for key, value in samples(metrics).items() if key[0] == "backtest_http_requests_total"}
    assert counted == {("backtest_http_requests_total", "GET", "other", "404"): 1000}


def test_methods_that_nobody_knows_are_one_series():
    metrics = HttpMetrics()
    ask(metrics, *[(f"VERB{number}", "/backtests/1") for number in range(50)])
    methods = {key[1] for key in samples(metrics) if key[0] == "backtest_http_requests_total"}
    assert methods == {"other"}


def test_all_is_named_after_the_program():
    metrics = HttpMetrics()
    ask(metrics, ("GET", "/backtests/1"))
    told = samples(metrics, JobsCollector(lambda: STATISTICS))
    assert all(name.startswith("backtest_") for name, *_ in told)
    assert not any(name.endswith("_created") for name, *_ in told)


def test_two_of_them_do_not_count_for_each_other():
    first, second = HttpMetrics(), HttpMetrics()
    ask(first, ("GET", "/backtests/1"))
    assert not [key for key in samples(second) if key[0] == "backtest_http_requests_total"]


def test_jobs_are_told_by_status_and_priority():
    assert samples(JobsCollector(lambda: STATISTICS)) == {
        ("backtest_store_up",): 1,
        ("backtest_jobs_total", "completed"): 3,
        ("backtest_jobs_total", "failed"): 1,
        ("backtest_jobs_total", "cancelled"): 0,
        ("backtest_jobs_queued", "low"): 0,
        ("backtest_jobs_queued", "normal"): 7,
        ("backtest_jobs_queued", "high"): 1,
        ("backtest_jobs_running",): 2,
        ("backtest_queue_oldest_seconds",): 1.5,
        ("backtest_jobs_retried_total",): 4,
        ("backtest_jobs_lost_total",): 2,
        ("backtest_results_reused_total",): 5,
    }


def test_failures_and_warnings_are_told_by_every_code_there_is_from_the_start():
    read = {"failed": {"TIMEOUT": 2, "A-NEW-ONE": 1}, "warned": {"STORE_REBUILT": 3}}
    told = samples(JobsCollector(lambda: read, warnings=OF_THE_MOMENT))
    failures = {key[1]: value for key, value in told.items() if key[0] == "backtest_job_failures_total"}
    assert failures == {**dict.fromkeys(ERROR_CODES, 0), "TIMEOUT": 2}
    assert told["backtest_job_warnings_total", "STORE_REBUILT"] == 3
    assert told["backtest_job_warnings_total", "STALE_PRICES"] == 0


def test_workers_and_limits_are_told():
    told = samples(JobsCollector(lambda: {"workers": 2, "slots": 5, "queue_limit": 100, "ran_seconds": 1.5}))
    assert told == {
        ("backtest_store_up",): 1,
        ("backtest_workers",): 2,
        ("backtest_worker_slots",): 5,
        ("backtest_queue_limit",): 100,
        ("backtest_jobs_ran_seconds_total",): 1.5,
    }


def test_the_process_tells_its_version_and_by_the_usual_names_what_it_takes():
    told = samples(ProcessMetrics())
    assert told["backtest_build_info", __version__] == 1
    assert {"process_resident_memory_bytes", "process_open_fds", "process_max_fds"} <= {name for name, *_ in told}


def test_jobs_are_read_anew_each_time():
    reads = iter(({"running": 1}, {"running": 2}))
    jobs = JobsCollector(lambda: next(reads))
    assert [samples(jobs)["backtest_jobs_running",] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("statistics", [{"queued": 5}, {"running": "many"}, None])
def test_a_store_that_does_not_answer_is_down_and_the_rest_is_told_all_the_same(statistics):
    def read() -> Any:
        if statistics is None:
            raise ConnectionError("redis://:secret@host")
        return statistics

    metrics = HttpMetrics()
    ask(metrics, ("GET", "/backtests/1"))
    told = samples(metrics, JobsCollector(read))
    assert told["backtest_store_up",] == 0
    assert not [name for name, *_ in told if "jobs" in name]
    assert told["backtest_http_requests_total", "GET", "/backtests/{job}", "200"] == 1


def test_threads_may_count_at_once():
    metrics = HttpMetrics()

    def count() -> None:
        for _ in range(500):
            metrics.begin()
            metrics.end(method="GET", route="/x", status=200, seconds=0.1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(metrics)["backtest_http_requests_total", "GET", "/x", "200"] == 2000
