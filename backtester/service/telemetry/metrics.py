"""Metrics in Prometheus' text format.

Each process counts its own requests and is a target of its own (label `instance`); queries sum over instances. The
figures of jobs and of workers, which have no port, come from the job store, which all processes share: every instance
reports the same, so queries take the `max` over instances and not the `sum`.
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

OTHER = "other"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
STATUSES = ("completed", "failed", "cancelled")
PRIORITIES = ("low", "normal", "high")
TOTALS = (
    ("retried", "backtest_jobs_retried", "Attempts that were followed by another."),
    ("lost", "backtest_jobs_lost", "Attempts whose worker was lost."),
    ("reused", "backtest_results_reused", "Jobs that reused a stored result."),
)
BY_CODE = (
    ("failed", "backtest_job_failures", "Jobs that have failed, by the code of their error."),
    ("warned", "backtest_job_warnings", "Results with a warning about the moment they were computed in."),
)
GAUGES = (
    ("running", "backtest_jobs_running", "Running jobs."),
    ("oldest_seconds", "backtest_queue_oldest_seconds", "How long the oldest queued job has waited."),
    ("workers", "backtest_workers", "Workers that are present."),
    ("slots", "backtest_worker_slots", "Jobs that the present workers run at once."),
    ("queue_limit", "backtest_queue_limit", "Queued jobs at which the next is refused."),
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

log = structlog.get_logger(__name__)


class HttpMetrics(Collector):
    """Requests by method, route and status: the observer of `service.http.guard.Guard`.

    The label `route` is a template (`/backtests/{id}`), and `other` for a path without one: a label of arbitrary text
    would make a series for each.
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
        """Yield the counters without their `_created` series, which would double the number of series."""
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            if metric.samples or metric.name == "backtest_http_requests":
                yield metric


class JobsCollector(Collector):
    """The statistics of jobs, read from the store at each scrape: `JobStore.statistics`.

    `read` returns a mapping of these keys, any of which may be missing:

        totals          counts since the beginning: jobs that ended as `completed`, `failed` and `cancelled`; attempts
                        that were followed by another (`retried`) or `lost` their worker; results `reused`
        failed          failed jobs by the code of their error; warned: results by the code of their warning
        ran_seconds     the time from the first claim to the end, summed over ended jobs
        queued          queued jobs by priority: {"high": 0, "normal": 7, "low": 0}
        running         running jobs
        oldest_seconds  how long the oldest queued job has waited
        workers, slots  present workers, and how many jobs they run at once, all together
        queue_limit     the most jobs that may be queued

    Where `read` raises, `backtest_store_up` is 0 and the rest is left out. `read` blocks: call `render_metrics` in a
    thread.
    """

    def __init__(self, read: Callable[[], Mapping[str, Any]], *, warnings: Iterable[str] = ()) -> None:
        """Call `read` at each scrape. warnings: the codes that are counted, to be 0 before their first event."""
        self._read = read
        # every code from the start: a series that begins with its first event does not rise by it
        self._codes = {"failed": tuple(ERROR_CODES), "warned": tuple(warnings)}

    def collect(self) -> Iterator[Metric]:
        """Yield the statistics of this moment."""
        try:
            metrics = list(_job_metrics(self._read(), self._codes))
        except Exception as error:
            log.warning("the job store did not answer for the metrics", error=type(error).__name__)
            metrics = []
            up = 0
        else:
            up = 1
        yield GaugeMetricFamily("backtest_store_up", "Whether the job store answers.", value=up)
        yield from metrics


class ProcessMetrics(Collector):
    """The current process: its version, and under Prometheus' usual names its memory, time and files."""

    def __init__(self) -> None:
        """Read the current process."""
        self._process = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        """Yield the current readings; those that the system lacks are left out."""
        info = GaugeMetricFamily("backtest_build_info", "The version that runs; always 1.", labels=("version",))
        info.add_metric((__version__,), 1.0)
        yield info
        yield from self._process.collect()


def render_metrics(collectors: Iterable[Collector]) -> tuple[bytes, str]:
    """Return the collectors' metrics in Prometheus' text format, and its content type."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _job_metrics(read: Mapping[str, Any], codes: Mapping[str, tuple[str, ...]]) -> Iterator[Metric]:
    if "totals" in read:
        totals = read["totals"]
        # only the statuses: other totals are metrics of their own
        ended = {status: totals.get(status, 0) for status in STATUSES}
        yield _labelled(CounterMetricFamily("backtest_jobs", "Jobs that have ended.", labels=("status",)), ended)
        for key, name, about in TOTALS:
            yield CounterMetricFamily(name, about, value=float(totals.get(key, 0)))
    if "queued" in read:
        queued = {priority: read["queued"].get(priority, 0) for priority in PRIORITIES}
        yield _labelled(GaugeMetricFamily("backtest_jobs_queued", "Queued jobs.", labels=("priority",)), queued)
    for key, name, about in BY_CODE:
        if key in read:
            known = {code: read[key].get(code, 0) for code in codes[key]}
            yield _labelled(CounterMetricFamily(name, about, labels=("code",)), known)
    if "ran_seconds" in read:
        about = "Time from a job's first claim to its end, of all ended jobs."
        yield CounterMetricFamily("backtest_jobs_ran_seconds", about, value=float(read["ran_seconds"]))
    for key, name, about in GAUGES:
        if key in read:
            yield GaugeMetricFamily(name, about, value=float(read[key]))


def _labelled(metric: CounterMetricFamily | GaugeMetricFamily, counts: Mapping[str, float]) -> Metric:
    for label, count in counts.items():
        metric.add_metric((label,), float(count))
    return metric
