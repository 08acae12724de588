"""What `--worker` and `--batch` have in common: options, descriptors, a pool, a service of lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import NamedTuple

from backtester.cli import (
    CANCELLED_EXIT,
    FLAGS,
    deliver,
    is_open,
    refusal,
    take_stdout,
    usage_error,
    wrong_settings,
)
from backtester.lines import Service
from backtester.noun import Noun
from backtester.pool import CAN_POOL, Finished, Pool
from backtester.settings import SettingsError, read_settings
from backtester.stop import Stop
from backtester.supervisor import Answer

_ACCEPTED = ("--worker", "--batch", "--jobs", "--progress", "--exit-zero")
MOST_JOBS = 256


class Options(Noun):
    """The flags of a process that answers many requests."""

    jobs: int
    progress: bool
    exit_zero: bool


class Status(NamedTuple):
    """How it ended. code: the exit status, the greatest of the runs' codes. refused: the flags were wrong."""

    code: int
    stopped: bool = False
    refused: bool = False


def serve(
    arguments: list[str], stop: Stop, *, default_jobs: int, watch: Callable[[Service], Callable[[Finished], None]]
) -> Status:
    """Answer requests from stdin until it ends.

    watch: called with the service before it starts; what it returns is told of every finished run.
    """
    inherited = {descriptor for descriptor in range(256) if is_open(descriptor)}
    stdout = take_stdout()
    options = read_options(arguments, default_jobs=default_jobs)
    if isinstance(options, Answer):
        return _refuse(stdout, options)
    try:
        settings = read_settings()
    except SettingsError as error:
        return _refuse(stdout, wrong_settings(error))
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    progress_fd = descriptor if options.progress and descriptor in inherited else None
    stop.open()  # before the processes, which take what descriptors there are
    pool = Pool(settings, jobs=options.jobs, progress_fd=progress_fd)
    service = Service(pool, settings, stop, source=0, sink=stdout)
    note = watch(service)
    worst = 0

    def seen(finished: Finished) -> None:
        nonlocal worst
        worst = max(worst, finished.exit_code)
        note(finished)

    if not service.serve(seen):
        return Status(CANCELLED_EXIT, stopped=True)
    return Status(0 if options.exit_zero else worst)


def read_options(arguments: list[str], *, default_jobs: int) -> Options | Answer:
    """Read the flags; an Answer says what is wrong with them."""
    jobs, rest = str(default_jobs), iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name == "--jobs":
            jobs = value if equals else next(rest, "")
        elif argument not in _ACCEPTED:
            return _beside(argument) if argument in FLAGS else usage_error(argument)
    if not jobs.isascii() or not jobs.isdigit() or not 1 <= int(jobs[:9]) <= MOST_JOBS:
        return refusal(f"--jobs takes a whole number from 1 to {MOST_JOBS}, not {json.dumps(jobs[:40])}")
    if "--worker" in arguments and "--batch" in arguments:
        return _beside("--batch")
    if not CAN_POOL:
        return refusal("--worker and --batch need a system with fork (Linux, macOS); start one process a run instead")
    return Options(jobs=int(jobs), progress="--progress" in arguments, exit_zero="--exit-zero" in arguments)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _beside(argument: str) -> Answer:
    mode = "--worker" if argument != "--worker" else "--batch"
    return refusal(f"{argument} does not go with {mode}; a line of --worker and --batch is one request, compact")


def _refuse(stdout: int, answer: Answer) -> Status:
    delivered = answer.document is not None and deliver(stdout, answer.document)
    return Status(answer.exit_code if delivered else CANCELLED_EXIT, refused=True)
