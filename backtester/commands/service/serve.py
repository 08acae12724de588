"""`python -m backtester serve`: API, live updates and workers on this machine over one SQLite file.

This process starts the others, restarts those that end, and stops them all. Over Redis each process is started by its
own command.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time

import structlog

from backtester.runtime.command_parser import CommandParser
from backtester.runtime.limits import available_cores
from backtester.runtime.pool import MOST_JOBS
from backtester.runtime.process import command_of_program
from backtester.runtime.signals import StopFlag, held_back
from backtester.service.auth.authenticator import Authenticator
from backtester.service.service_settings import ServiceSettings, read_service_settings
from backtester.service.sqlite_worker import work
from backtester.service.telemetry.logs import configure_logging
from backtester.service.telemetry.traces import configure_tracing
from backtester.settings import SettingsError

PARENT = "--of"  # the option with the pid of this process: a child ends with it
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 5.0  # beyond the deadline of running jobs
_QUICKLY = 5.0  # a process that ends sooner is restarted after a pause
log = structlog.get_logger("serve")


class _Child:
    """One process, restarted when it ends."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.begin()

    def begin(self) -> None:
        command = command_of_program(*self.arguments, PARENT, str(os.getpid()))
        # its own session: this process passes Ctrl-C on, once
        with held_back():
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        self.began = time.monotonic()
        self.again_at: float | None = None

    def cannot_start(self) -> bool:
        """Return whether the process ended at once with 1. Its log says why: port or settings."""
        return self.process.poll() == 1 and time.monotonic() - self.began < _QUICKLY

    def look(self) -> None:
        """Restart the process if it has ended, at once or after a pause."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.begin()
        elif self.process.poll() is not None:
            status = self.process.returncode
            log.warning("a process ended and is restarted", process=self.arguments[0], status=status)
            self.again_at = now + (1.0 if now - self.began < _QUICKLY else 0.0)


def main(arguments: list[str], stop: StopFlag) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    parser = CommandParser.of("serve", description="Serve the API, live updates and workers on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the API's port (%(default)s)")
    parser.add_argument("--sockets-port", type=int, default=8001, help="the port of live updates (%(default)s)")
    parser.add_argument("--workers", type=int, default=available_cores(), help="backtests at once (%(default)s)")
    options = parser.parse_args(arguments)
    if not 1 <= options.workers <= MOST_JOBS:
        parser.error(f"--workers must be 1 to {MOST_JOBS}")
    settings = read_service_settings()
    configure_logging(settings, "serve")
    if settings.redis_url is not None:
        raise SettingsError(
            "BACKTEST_REDIS_URL is set, and `serve` runs without Redis. Unset it, or start `api`, `sockets` and "
            "Celery's workers (docs/how-to/service.md)"
        )
    Authenticator(settings).check_start(options.host)
    stop.open()
    listening = ["--host", options.host]
    children = [
        _Child(["api", *listening, "--port", str(options.port)]),
        _Child(["sockets", *listening, "--port", str(options.sockets_port), "--port-option=--sockets-port"]),
        *(_Child(["work"]) for _ in range(options.workers)),
    ]
    status = _supervise(children, stop)
    _end(children, stop, settings)
    return status


def _supervise(children: list[_Child], stop: StopFlag) -> int:
    """Restart children until a signal; return 1 when one of them cannot start at all."""
    while stop.signal is None:
        for child in children:
            if stop.signal is None and child.cannot_start():
                log.error("a process cannot start, and so everything is stopped", process=child.arguments[0])
                return 1
            child.look()
        select.select([stop.woken], [], [], _LOOK_SECONDS)
    return 0


def _end(children: list[_Child], stop: StopFlag, settings: ServiceSettings) -> None:
    """Pass the signal on and wait for running jobs, until their deadline.

    A second signal has them given back to the queue, as SIGINT does; a third kills.
    """
    deadline = settings.runner.max_timeout_seconds + _GRACE_SECONDS
    for number, seconds in ((stop.signal or signal.SIGTERM, deadline), (signal.SIGINT, _GRACE_SECONDS)):
        stop.signal = None
        for child in children:
            if child.process.poll() is None:
                child.process.send_signal(number)
        ends = time.monotonic() + seconds
        while stop.signal is None and time.monotonic() < ends:
            if all(child.process.poll() is not None for child in children):
                return
            time.sleep(0.02)
    for child in children:
        child.process.kill()
        child.process.wait()


def work_main(arguments: list[str], stop: StopFlag) -> int:
    """Run jobs of the SQLite file until SIGTERM or SIGINT: one worker of `serve`, or one more beside it."""
    parser = CommandParser.of("work", description="Run the jobs of the SQLite file.")
    parser.parse_args(arguments)
    settings = read_service_settings()
    configure_logging(settings, "worker")
    configure_tracing(settings, "worker")
    work(settings, stop)
    return 0
