"""The queue's workers: Celery on Redis.

    celery -A backtester.adapters.celery.app worker --concurrency 2

Each of its processes has a warm working process of its own, which runs the backtests; what it is told to stop, what
takes too long or too much, ends there. SIGTERM finishes what runs and takes nothing more. A revocation that terminates
ends the process that runs, and the job with it.

With `--alive-file FILE` the file is touched every second for as long as the worker has its queue, and gone while it has
not: a probe needs no Python and no Redis to look at it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import time
from pathlib import Path
from typing import Any

import click
import structlog
from billiard import pool as billiard_pool  # type: ignore[import-untyped]
from celery import Celery, bootsteps, signals

from backtester.service.jobs.celery_app import TASK, TURN_SECONDS, WakeUps, celery_app
from backtester.service.jobs.job_runner import JobRunner, Settled
from backtester.service.jobs.job_store import StoreError
from backtester.service.jobs.redis_store import RedisStore
from backtester.service.settings import ServiceSettings, read_service_settings
from backtester.service.telemetry.logs import configure_logging
from backtester.service.telemetry.traces import configure_tracing, span
from backtester.settings import SettingsError

_SWEEP_SECONDS = 1.0
_NICE = 5  # whoever answers people goes first on a machine that is shared with them
_LOOKS_AT_THE_END = 20  # a tenth of a second each


class _Here:
    """What a process of the worker has: made in it, since neither connections nor children survive a fork."""

    worker: JobRunner | None = None
    draining = mmap.mmap(-1, 1)  # shared with the processes that are forked: not 0 once the worker is to stop


def _settings() -> ServiceSettings:
    """Read them; Celery imports this module first of all, so what is wrong with them ends it, in one line."""
    try:
        settings = read_service_settings()
    except SettingsError as error:
        raise SystemExit(f"the operator's settings are wrong: {error}") from None
    if settings.redis_url is None:
        raise SystemExit("BACKTEST_REDIS_URL is not set; without Redis, `python -m backtester serve` runs the jobs")
    return settings


settings = _settings()
app: Celery = celery_app(settings)
app.user_options["worker"].add(
    click.Option(("--alive-file",), help="A file to touch every second while connected, for probes.")
)
permits = WakeUps(app, settings)
log = structlog.get_logger("queue")


@app.task(name=TASK, bind=True)
def run_next(task: Any) -> None:
    """Run the jobs whose turn it is, one after the other, for as long as a permit lasts."""
    worker = _worker()
    ends = time.monotonic() + TURN_SECONDS
    try:
        while not _Here.draining[0] and (claim := worker.claim(str(task.request.id))) is not None:
            with span("backtest", traceparent=claim.traceparent, job=claim.id, attempt=claim.attempt):
                settled = worker.run(claim)
            _tell(settled)
            if settled.again is not None:
                permits.issue(1, after_seconds=settled.again)
            if time.monotonic() > ends:
                permits.issue(1)
                return
    except StoreError:
        log.warning("store_unreachable", remedy="the job is given to another worker when its lease has run out")


def _tell(settled: Settled) -> None:
    log.info(
        "job", job=settled.claim.id, owner=settled.claim.owner, attempt=settled.claim.attempt, came_to=settled.came_to,
        ms=round(settled.seconds * 1e3, 1),
    )  # fmt: skip


def _worker() -> JobRunner:
    if _Here.worker is None:
        _Here.worker = JobRunner(RedisStore(settings), settings, f"{socket.gethostname()}:{os.getpid()}")
    return _Here.worker


@signals.setup_logging.connect
def _set_up_logging(**_: Any) -> None:
    configure_logging(settings, "worker")


@signals.worker_process_init.connect
def _begin_process(**_: Any) -> None:
    """Have the first job find everything imported."""
    os.nice(_NICE)
    # At its end a process waits until all that it answered was counted. After a connection was lost that never is.
    billiard_pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _LOOKS_AT_THE_END
    configure_tracing(settings, "worker")
    _worker()


@signals.worker_shutting_down.connect
def _drain(**_: Any) -> None:
    """Take no other job."""
    _Here.draining[0] = 1


@signals.task_revoked.connect
def _end_revoked(request: Any = None, terminated: bool = False, **_: Any) -> None:
    """Cancel the job that ran on this permit: an operator has had its process killed."""
    if not terminated:
        return
    store = RedisStore(settings)
    try:
        for job_id in store.running_for(str(request.id)):
            store.cancel(job_id)
            log.info("revoked", job=job_id)
    except StoreError:
        log.warning("store_unreachable")


@signals.worker_process_shutdown.connect
def _end_process(**_: Any) -> None:
    if _Here.worker is not None:
        _Here.worker.close()


class Reaper(bootsteps.StartStopStep):  # type: ignore[misc]
    """Gives back what was lost and issues the permits that are missing, once a second in the worker's main process.

    A step of the consumer: begun again with each connection, for some versions of Celery clear the timer with it.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, alive_file: str | None = None, **options: Any) -> None:
        super().__init__(parent, **options)
        self._store = RedisStore(settings)
        self._timer: Any = None
        self._alive_file = None if alive_file is None else Path(alive_file)
        self._gone()  # what a worker that was killed has left
        self._pool: Any = parent.pool
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def start(self, parent: Any) -> None:
        """Begin."""
        self._timer = parent.timer.call_repeatedly(_SWEEP_SECONDS, self._sweep)

    def stop(self, parent: Any) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
        self._gone()

    def _sweep(self) -> None:
        try:
            slots = getattr(self._pool, "num_processes", 1)  # asked each time: it may be scaled
            permits.top_up(self._store.sweep(by=self._name, slots=slots))
        except StoreError:
            log.warning("store_unreachable")
        if self._alive_file is not None:
            try:
                self._alive_file.touch()
            except OSError as error:
                log.warning("alive_file_unwritable", error=type(error).__name__)

    def _gone(self) -> None:
        if self._alive_file is not None:
            with contextlib.suppress(OSError):
                self._alive_file.unlink()


app.steps["consumer"].add(Reaper)
