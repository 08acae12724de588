"""What `--worker` and `--batch` have in common: options, descriptors, a pool, a service of lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import NoReturn

from backtester.cli import CANCELLED_EXIT, FLAGS, deliver, is_open, leave, take_stdout, usage_error
from backtester.document import encode
from backtester.errors import RequestError
from backtester.lines import Service
from backtester.noun import Noun
from backtester.pool import CAN_POOL, Finished, Pool
from backtester.settings import SettingsError, read_settings
from backtester.supervisor import Answer, crashed

_ACCEPTED = ("--worker", "--batch", "--jobs", "--progress", "--exit-zero")
_MOST_JOBS = 256


class Options(Noun):
    """The flags of a process that answers many requests."""

    jobs: int
    progress: bool
    exit_zero: bool


def serve(arguments: list[str], *, default_jobs: int, watch: Callable[[Service], Callable[[Finished], None]]) -> int:
    """Answer requests from stdin until it ends; return the exit status: 0, or the greatest of the runs' codes.

    watch: called with the service before it starts; what it returns is told of every finished run.
    """
    inherited = {descriptor for descriptor in range(256) if is_open(descriptor)}
    stdout = take_stdout()
    options = read_options(arguments, default_jobs=default_jobs)
    if isinstance(options, Answer):
        _answer_and_leave(stdout, options)
    try:
        settings = read_settings()
    except SettingsError as error:
        _answer_and_leave(stdout, crashed(f"the operator's settings are wrong: {error}"))
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    progress_fd = descriptor if options.progress and descriptor in inherited else None
    pool = Pool(settings, jobs=options.jobs, progress_fd=progress_fd)
    service = Service(pool, settings, source=0, sink=stdout)
    note = watch(service)
    worst = 0

    def seen(finished: Finished) -> None:
        nonlocal worst
        worst = max(worst, finished.exit_code)
        note(finished)

    if not service.serve(seen):
        return CANCELLED_EXIT
    return 0 if options.exit_zero else worst


def read_options(arguments: list[str], *, default_jobs: int) -> Options | Answer:
    """Read the flags; an Answer says what is wrong with them."""
    jobs, rest = str(default_jobs), iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name == "--jobs":
            jobs = value if equals else next(rest, "")
        elif argument not in _ACCEPTED:
            return _beside(argument) if argument in FLAGS else usage_error(argument)
    if not jobs.isascii() or not jobs.isdigit() or not 1 <= int(jobs[:9]) <= _MOST_JOBS:
        return _refusal(f"--jobs takes a whole number from 1 to {_MOST_JOBS}, not {json.dumps(jobs[:40])}")
    if "--worker" in arguments and "--batch" in arguments:
        return _beside("--batch")
    if not CAN_POOL:
        return _refusal("--worker and --batch need a system with fork (Linux, macOS); start one process a run instead")
    return Options(jobs=int(jobs), progress="--progress" in arguments, exit_zero="--exit-zero" in arguments)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _beside(argument: str) -> Answer:
    mode = "--worker" if argument != "--worker" else "--batch"
    return _refusal(f"{argument} does not go with {mode}; a line of --worker and --batch is one request, compact")


def _refusal(detail: str) -> Answer:
    return Answer(exit_code=2, document=encode(RequestError("VALIDATION_FAILED", detail).as_document()))


def _answer_and_leave(stdout: int, answer: Answer) -> NoReturn:
    delivered = answer.document is not None and deliver(stdout, answer.document)
    leave(answer.exit_code if delivered else CANCELLED_EXIT)
