"""A worker without Celery: takes jobs out of the SQLite file, one after the other, until it is told to stop."""

from __future__ import annotations

import os
import select
import signal
import socket
import time

import structlog

from backtester.runtime.signals import StopFlag
from backtester.service.jobs.job_runner import JobRunner
from backtester.service.jobs.job_store import StoreError, open_store
from backtester.service.settings import ServiceSettings
from backtester.service.telemetry.traces import span

_SWEEP_SECONDS = 1.0
_BUSY_SECONDS, _IDLE_SECONDS = 0.005, 0.05  # between two looks: just after a job, and in the long run
_NICE = 5  # whoever answers people goes first


def work(settings: ServiceSettings, stop: StopFlag) -> None:
    """Run jobs until there is a signal: SIGTERM finishes the one that runs, SIGINT gives it back."""
    log = structlog.get_logger("worker")
    os.nice(_NICE)
    stop.open()
    store = open_store(settings)
    name = f"{socket.gethostname()}:{os.getpid()}"
    worker = JobRunner(store, settings, name, hurry=lambda: stop.signal is signal.SIGINT)
    pause, swept = _IDLE_SECONDS, 0.0
    log.info("working")
    try:
        while stop.signal is None:
            try:
                if time.monotonic() - swept > _SWEEP_SECONDS:
                    swept = time.monotonic()
                    store.sweep(by=name)
                claim = worker.claim()
            except StoreError:
                log.warning("store_unreachable")
                claim, pause = None, _SWEEP_SECONDS
            if claim is None:
                select.select([stop.woken], [], [], pause)
                pause = min(pause * 1.5, _IDLE_SECONDS)
                continue
            pause = _BUSY_SECONDS
            try:
                with span("backtest", traceparent=claim.traceparent, job=claim.id, attempt=claim.attempt):
                    settled = worker.run(claim)
            except StoreError:
                log.warning("store_unreachable", remedy="the job is begun again when its lease has run out")
                continue
            log.info(
                "job", job=claim.id, owner=claim.owner, attempt=claim.attempt, came_to=settled.came_to,
                ms=round(settled.seconds * 1e3, 1),
            )  # fmt: skip
    finally:
        worker.close()
        store.close()
