"""The queue's workers: Celery on Redis.

    celery -A backtester.adapters.celery.app worker --concurrency 2

Each of its processes has a warm process that runs the backtests; a run that is cancelled, or exceeds its time or
memory, ends there. SIGTERM finishes the running jobs and claims no more. A revocation that terminates ends the process
and cancels its job.

`run_backtest_task(backtest_id, params)` on the queue `backtests` queues a Celery client's request
(docs/how-to/service.md).

With `--alive-file FILE` the worker touches the file every second while it is connected to its queue and deletes it when
it is not, so that a probe needs neither Python nor Redis.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import click
import structlog
from billiard import pool as billiard_pool  # type: ignore[import-untyped]
from celery import Celery, bootsteps, signals
from celery.exceptions import Reject

from backtester.adapters.celery import deliveries
from backtester.model.errors import RETRY_SECONDS, BacktestError, not_installed
from backtester.runtime.limits import available_cores
from backtester.service.jobs.celery_app import REQUEST_TASK, WAKE_UP_SECONDS, WAKE_UP_TASK, WakeUps, celery_app
from backtester.service.jobs.job_runner import NICE, REAP_SECONDS, JobRunner
from backtester.service.jobs.job_service import JobService
from backtester.service.jobs.stores.job_store import StoreError
from backtester.service.jobs.stores.redis_store import RedisStore
from backtester.service.service_settings import ServiceSettings, read_service_settings
from backtester.service.telemetry.logs import configure_logging
from backtester.service.telemetry.traces import configure_tracing
from backtester.settings import SettingsError

_REDELIVERY_SECONDS = 1.0  # between two deliveries of a request while the store is away
_LOOKS_AT_THE_END = 20  # a tenth of a second each


class _ProcessState:
    """What each process of the worker makes for itself, since neither connections nor children survive a fork."""

    runner: JobRunner | None = None
    job_service: JobService | None = None
    siblings = 1  # the processes of the worker; the cores are shared out among them
    draining = mmap.mmap(-1, 1)  # shared with the forked processes: not 0 once the worker is to stop


def _settings() -> ServiceSettings:
    """Read the settings. Celery imports this module first of all, so a wrong one ends it, in one line.

    So does a Python in which no process of the worker could run a backtest.
    """
    for module in ("numpy", "jsonschema"):
        if find_spec(module) is None:
            error = not_installed(module)
            raise SystemExit(f"{error.detail} {error.remedy}")
    try:
        settings = read_service_settings()
    except SettingsError as error:
        raise SystemExit(f"the operator's settings are wrong: {error}") from None
    if settings.redis_url is None:
        raise SystemExit(
            "BACKTEST_REDIS_URL is not set. Set it to the Redis of the API; without Redis start "
            "`serve`, which runs the jobs itself"
        )
    return settings


settings = _settings()
app: Celery = celery_app(settings)
app.user_options["worker"].add(
    click.Option(("--alive-file",), help="A file to touch every second while connected, for probes.")
)
wake_ups = WakeUps(app, settings)
log = structlog.get_logger("queue")


@app.task(name=WAKE_UP_TASK, bind=True, Strategy=deliveries.ONCE)
def run_next(task: Any) -> None:
    """Run the next jobs, one after the other, for WAKE_UP_SECONDS."""
    ends = time.monotonic() + WAKE_UP_SECONDS

    def goes_on() -> bool:
        return not _ProcessState.draining[0] and time.monotonic() < ends

    try:
        for settled in _runner().run(goes_on=goes_on, wake_up=str(task.request.id)):
            if settled.again is not None:
                wake_ups.send(1, after_seconds=settled.again)
        if time.monotonic() >= ends:
            wake_ups.send(1)
    except StoreError:  # the store has logged why; another worker runs the job once its lease has run out
        pass


@app.task(name=REQUEST_TASK, bind=True, throws=(ValueError,), max_retries=None)
def run_backtest_task(task: Any, backtest_id: str, params: Any) -> None:
    """Queue a request under its sender's id: see JobService.submit_as. ValueError says why it was refused."""
    try:
        _job_service().submit_as(backtest_id, params)
    except StoreError:  # the store has logged why
        _redeliver()
    except BacktestError as error:
        if error.code == "TOO_MANY_REQUESTS":  # the client cannot be told to wait, so its message waits
            raise task.retry(exc=ValueError(error.detail), countdown=RETRY_SECONDS) from None
        log.warning("refused", job=str(backtest_id)[:128], code=error.code, detail=error.detail)
        raise ValueError(f"{error.detail} {error.remedy}") from None


def _redeliver() -> NoReturn:
    time.sleep(_REDELIVERY_SECONDS)
    raise Reject(requeue=True)


def _runner() -> JobRunner:
    if _ProcessState.runner is None:
        _ProcessState.runner = JobRunner(
            RedisStore(settings), settings, f"{socket.gethostname()}:{os.getpid()}",
            stops=lambda: bool(_ProcessState.draining[0]), wake=wake_ups.send,
            cores=max(available_cores() // _ProcessState.siblings, 1),
        )  # fmt: skip
    return _ProcessState.runner


def _job_service() -> JobService:
    if _ProcessState.job_service is None:
        _ProcessState.job_service = JobService(settings, RedisStore(settings), wake_ups.send)
    return _ProcessState.job_service


@signals.setup_logging.connect
def _set_up_logging(**_: Any) -> None:
    configure_logging(settings, "worker")


@signals.celeryd_after_setup.connect
def _count_processes(instance: Any = None, **_: Any) -> None:
    _ProcessState.siblings = max(int(instance.concurrency or 1), 1)


@signals.worker_process_init.connect
def _begin_process(**_: Any) -> None:
    """Import everything before the first job."""
    os.nice(NICE)
    # A process that ends waits until its parent has counted all its replies; after a lost connection it never does.
    billiard_pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = _LOOKS_AT_THE_END
    configure_tracing(settings, "worker")
    _runner()


@signals.worker_shutting_down.connect
def _drain(**_: Any) -> None:
    """Claim no other job."""
    _ProcessState.draining[0] = 1


@signals.task_revoked.connect
def _cancel_revoked(request: Any = None, terminated: bool = False, **_: Any) -> None:
    """Cancel the job of a revoked wake-up whose process was killed by an operator."""
    if not terminated:
        return
    store = RedisStore(settings)
    try:
        for job_id in store.running_for(str(request.id)):
            store.cancel(job_id)
            log.info("revoked", job=job_id)
    except StoreError as error:
        log.warning("not_cancelled", task=str(request.id), detail=error.detail)


@signals.worker_process_shutdown.connect
def _end_process(**_: Any) -> None:
    if _ProcessState.runner is not None:
        _ProcessState.runner.close()


class Reaper(bootsteps.StartStopStep):  # type: ignore[misc]
    """Requeues the jobs of lost workers and sends missing wake-ups, once a second in the worker's main process.

    A step of the consumer: begun again with each connection, for some versions of Celery clear the timer with it.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, alive_file: str | None = None, **options: Any) -> None:
        super().__init__(parent, **options)
        self._store = RedisStore(settings)
        self._timer: Any = None
        self._alive_file = None if alive_file is None else Path(alive_file)
        self._delete_alive_file()  # a killed worker may have left it
        self._pool: Any = parent.pool
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def start(self, parent: Any) -> None:
        """Begin."""
        self._timer = parent.timer.call_repeatedly(REAP_SECONDS, self._reap)

    def stop(self, parent: Any) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
        self._delete_alive_file()

    def _reap(self) -> None:
        try:
            slots = getattr(self._pool, "num_processes", 1)  # read each time: the pool may be scaled
            wake_ups.top_up(self._store.reap(by=self._name, slots=slots))
        except StoreError:  # the store has logged why
            pass
        if self._alive_file is not None:
            try:
                self._alive_file.touch()
            except OSError as error:
                log.warning("alive_file_unwritable", error=type(error).__name__)

    def _delete_alive_file(self) -> None:
        if self._alive_file is not None:
            with contextlib.suppress(OSError):
                self._alive_file.unlink()


app.steps["consumer"].add(Reaper)
deliveries.install(app.steps)
