"""A worker without Celery: claims jobs from the SQLite file, one after the other, until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import select
import signal
import socket
import time

import structlog

from backtester.runtime.signals import StopFlag
from backtester.service.jobs.job_runner import NICE, REAP_SECONDS, JobRunner
from backtester.service.jobs.stores.job_store import StoreError
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import ServiceSettings

_BUSY_SECONDS, _IDLE_SECONDS = 0.005, 0.05  # between two claims: just after a job, and when idle


def work(settings: ServiceSettings, stop: StopFlag) -> None:
    """Run jobs until a signal: SIGTERM finishes the running one, SIGINT requeues it."""
    log = structlog.get_logger("worker")
    os.nice(NICE)
    stop.open()
    store = open_store(settings)
    name = f"{socket.gethostname()}:{os.getpid()}"
    runner = JobRunner(store, settings, name, hurry=lambda: stop.signal is signal.SIGINT)
    pause, reap_at = _IDLE_SECONDS, 0.0

    def goes_on() -> bool:
        return stop.signal is None and time.monotonic() < reap_at

    log.info("started")
    try:
        while stop.signal is None:
            try:
                if time.monotonic() >= reap_at:
                    reap_at = time.monotonic() + REAP_SECONDS
                    store.reap(by=name)
                for _ in runner.run(goes_on=goes_on):
                    pause = _BUSY_SECONDS
            except StoreError:  # the store has logged why
                pause = REAP_SECONDS
            if stop.signal is None:
                select.select([stop.woken], [], [], pause)
            pause = min(pause * 1.5, _IDLE_SECONDS)
    finally:
        runner.close()
        store.close()
