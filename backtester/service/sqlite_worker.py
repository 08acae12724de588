"""A worker without Celery: claims jobs from the SQLite file, one after the other, until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import select
import signal
import socket
import time

import structlog

from backtester.runtime.signals import StopFlag
from backtester.service.jobs.job_runner import JobRunner
from backtester.service.jobs.job_store import StoreError
from backtester.service.jobs.open_store import open_store
from backtester.service.service_settings import ServiceSettings
from backtester.service.telemetry.traces import span

_REAP_SECONDS = 1.0
_BUSY_SECONDS, _IDLE_SECONDS = 0.005, 0.05  # between two claims: just after a job, and when idle
_NICE = 5  # the API, on the same machine, goes first


def work(settings: ServiceSettings, stop: StopFlag) -> None:
    """Run jobs until a signal: SIGTERM finishes the running one, SIGINT requeues it."""
    log = structlog.get_logger("worker")
    os.nice(_NICE)
    stop.open()
    store = open_store(settings)
    name = f"{socket.gethostname()}:{os.getpid()}"
    runner = JobRunner(store, settings, name, hurry=lambda: stop.signal is signal.SIGINT)
    pause, reaped = _IDLE_SECONDS, 0.0
    log.info("started")
    try:
        while stop.signal is None:
            try:
                if time.monotonic() - reaped > _REAP_SECONDS:
                    reaped = time.monotonic()
                    store.reap(by=name)
                claim = runner.claim()
            except StoreError:  # the store has logged why
                claim, pause = None, _REAP_SECONDS
            if claim is None:
                select.select([stop.woken], [], [], pause)
                pause = min(pause * 1.5, _IDLE_SECONDS)
                continue
            pause = _BUSY_SECONDS
            try:
                with span("backtest", traceparent=claim.traceparent, job=claim.id, attempt=claim.attempt):
                    settled = runner.run(claim)
            except StoreError:
                log.warning("attempt_lost", job=claim.id, remedy="another follows once the lease has run out")
                continue
            log.info(
                "job", job=claim.id, owner=claim.owner, attempt=claim.attempt, outcome=settled.outcome,
                ms=round(settled.seconds * 1e3, 1),
            )  # fmt: skip
    finally:
        runner.close()
        store.close()
