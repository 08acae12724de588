"""Metrics in Prometheus' text format.

Each process counts for itself and is scraped for itself: with more than one API process, each is a target of its own
(`instance` tells them apart), and sums are the query's business. What is said of jobs, and of workers, who have no
port, comes from the jobs' store, which all processes share: any one of them tells the same, so queries take the `max`
over instances there and not the `sum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from backtester._version import __version__
from backtester.model.codes import ERROR_CODES
from backtester.service.jobs.job_store import OF_THE_MOMENT

OTHER = "other"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
STATUSES = ("done", "failed", "cancelled")
PRIORITIES = ("low", "normal", "high")
TOTALS = (
    ("retried", "backtest_jobs_retried", "Attempts that were begun again."),
    ("lost", "backtest_jobs_lost", "Jobs whose worker was lost."),
    ("reused", "backtest_results_reused", "Jobs answered with a result that was there."),
)
# Each code there is, from the start: what begins to exist with its first event is not seen to rise by it.
BY_CODE = (
    ("failed", "backtest_job_failures", "Jobs that have failed, by the code of their error.", tuple(ERROR_CODES)),
    ("warned", "backtest_job_warnings", "Results that warn of the moment they were made in.", OF_THE_MOMENT),
)
GAUGES = (
    ("running", "backtest_jobs_running", "Jobs that run."),
    ("oldest_seconds", "backtest_queue_oldest_seconds", "How long the oldest of the jobs that wait has waited."),
    ("workers", "backtest_workers", "Workers that are there."),
    ("slots", "backtest_worker_slots", "Jobs that the workers that are there run at once."),
    ("queue_limit", "backtest_queue_limit", "Jobs that may wait before the next is refused."),
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

log = structlog.get_logger(__name__)


class HttpMetrics(Collector):
    """Requests by method, route and status: the observer of `service.http.guard.Guard`.

    A route is a template (`/backtests/{id}`), and `other` where there was none: a label that takes whatever a client
    sends would be a series for each.
    """

    def __init__(self) -> None:
        """Begin at zero, in a registry of its own."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "backtest_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "backtest_http_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._in_progress = Gauge("backtest_http_in_progress", "Requests being answered now.", registry=self._registry)

    def begin(self) -> None:
        """Note that a request has begun."""
        self._in_progress.inc()

    def end(self, *, method: str, route: str | None, status: int, seconds: float) -> None:
        """Note how it ended. route: the template, None when no route took the request."""
        self._in_progress.dec()
        method, route = method if method in METHODS else OTHER, route or OTHER
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, without the time at which each series began: it doubles them for nothing."""
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            if metric.samples or metric.name == "backtest_http_requests":
                yield metric


class JobsCollector(Collector):
    """The jobs' statistics, read from their store when somebody asks: `JobStore.statistics`.

    `read` returns a mapping of these keys, any of which may be missing:

        totals          counts since the beginning: jobs that ended as `done`, `failed` and `cancelled`; attempts that
                        were begun again (`retried`), jobs whose worker was `lost`, answers `reused`
        failed          those that failed, by the code of their error; warned: results, by the code of what they warn of
        ran_seconds     how long those that ended took, from when they were first begun
        queued          jobs that wait, by priority: {"high": 0, "normal": 7, "low": 0}
        running         jobs that run
        oldest_seconds  how long the oldest of those that wait has waited
        workers, slots  workers that are there, and how many jobs they run at once, all together
        queue_limit     jobs that may wait

    A `read` that raises is `backtest_store_up 0`, and the rest is left out. It runs where `render_metrics` is called:
    a store that blocks wants a thread.
    """

    def __init__(self, read: Callable[[], Mapping[str, Any]]) -> None:
        """Ask `read` at each scrape."""
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield the statistics of this moment."""
        try:
            metrics = list(_job_metrics(self._read()))
        except Exception as error:
            log.warning("the jobs' store did not answer for the metrics", error=type(error).__name__)
            metrics = []
            up = 0
        else:
            up = 1
        yield GaugeMetricFamily("backtest_store_up", "Whether the jobs' store answers.", value=up)
        yield from metrics


class ProcessMetrics(Collector):
    """The process that is asked: its version, and by Prometheus' usual names its memory, time and files."""

    def __init__(self) -> None:
        """Look at the process that asks."""
        self._process = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        """Yield the readings of this moment; what the system does not tell is left out."""
        info = GaugeMetricFamily("backtest_build_info", "The version that runs; always 1.", labels=("version",))
        info.add_metric((__version__,), 1.0)
        yield info
        yield from self._process.collect()


def render_metrics(collectors: Iterable[Collector]) -> tuple[bytes, str]:
    """Return what the collectors say in Prometheus' text format, and its content type."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _job_metrics(read: Mapping[str, Any]) -> Iterator[Metric]:
    if "totals" in read:
        totals = read["totals"]
        # By name and not whatever there is: another name is another metric, and no status.
        ended = {status: totals.get(status, 0) for status in STATUSES}
        yield _labelled(CounterMetricFamily("backtest_jobs", "Jobs that have ended.", labels=("status",)), ended)
        for key, name, about in TOTALS:
            yield CounterMetricFamily(name, about, value=float(totals.get(key, 0)))
    if "queued" in read:
        queued = {priority: read["queued"].get(priority, 0) for priority in PRIORITIES}
        yield _labelled(GaugeMetricFamily("backtest_jobs_queued", "Jobs that wait.", labels=("priority",)), queued)
    for key, name, about, codes in BY_CODE:
        if key in read:
            known = {code: read[key].get(code, 0) for code in codes}
            yield _labelled(CounterMetricFamily(name, about, labels=("code",)), known)
    if "ran_seconds" in read:
        about = "Time from a job's first beginning to its end, of all that have ended."
        yield CounterMetricFamily("backtest_jobs_ran_seconds", about, value=float(read["ran_seconds"]))
    for key, name, about in GAUGES:
        if key in read:
            yield GaugeMetricFamily(name, about, value=float(read[key]))


def _labelled(metric: CounterMetricFamily | GaugeMetricFamily, counts: Mapping[str, float]) -> Metric:
    for label, count in counts.items():
        metric.add_metric((label,), float(count))
    return metric
