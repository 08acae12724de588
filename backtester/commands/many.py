"""`--worker` and `--batch`: a process that answers many requests, a line each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from backtester.adapters.ndjson.batch import Counter
from backtester.adapters.ndjson.line_server import LineServer
from backtester.commands.refuse_all import refuse_all
from backtester.commands.run import FLAGS, failed, refusal, usage_error
from backtester.model.system_limits import lacks_memory
from backtester.runtime.limits import available_cores
from backtester.runtime.pool import CAN_POOL, MOST_JOBS, Finished, Pool
from backtester.runtime.running_request import Output
from backtester.runtime.signals import StopFlag
from backtester.runtime.stdio import (
    CANCELLED_EXIT,
    deliver,
    explain,
    give_stdout_back,
    is_open,
    take_stdout,
    write_stderr,
)
from backtester.settings import SettingsError, read_settings

_ACCEPTED = ("--worker", "--batch", "--jobs", "--progress", "--exit-zero")


class Options(NamedTuple):
    """The flags of a process that answers many requests."""

    jobs: int
    progress: bool
    exit_zero: bool


def main(arguments: list[str], stop: StopFlag) -> int:
    """Answer requests from stdin until it ends; return the exit status.

    `--worker`: 0 however the runs went. `--batch`: the greatest of the runs' codes. 5 when told to stop, 4 where this
    process runs out of memory, 2 for flags that make no sense.
    """
    inherited = {descriptor for descriptor in range(256) if is_open(descriptor)}
    stdout = take_stdout()
    try:
        return _answer_lines(arguments, stop, stdout, inherited)
    except Exception:
        give_stdout_back(stdout)
        raise


def _answer_lines(arguments: list[str], stop: StopFlag, stdout: int, inherited: set[int]) -> int:
    """Answer on the descriptor `stdout`. inherited: the descriptors that the caller opened."""
    batch = "--batch" in arguments
    options = read_options(arguments, default_jobs=available_cores() if batch else 1)
    if isinstance(options, Output):
        return _refuse(stdout, options)
    try:
        settings = read_settings()
    except SettingsError as error:
        return _refuse(stdout, failed(error))
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    progress_fd = descriptor if options.progress and descriptor in inherited else None
    try:
        stop.open()  # before the processes, which take what descriptors there are
        pool = Pool(settings, jobs=options.jobs, progress_fd=progress_fd)
    except Exception as error:  # numpy or jsonschema is missing or broken, or no process can be started
        found = explain(error)
        return refuse_all(arguments, found.as_document, found.exit_code, source=0, sink=stdout)
    server = LineServer(pool, settings, stop, source=0, sink=stdout)
    counter = Counter(server) if batch else None
    worst = 0

    def seen(finished: Finished) -> None:
        nonlocal worst
        worst = max(worst, finished.exit_code)
        if counter is not None:
            counter(finished)

    status = _serve(server, seen)
    if counter is not None:
        counter.close()
    if status:
        return status
    return worst if batch and not options.exit_zero else 0


def _serve(server: LineServer, seen: Callable[[Finished], None]) -> int:
    """Serve until stdin ends: 0; 5 when told to stop; 4, said on stderr, where this process runs out of memory."""
    try:
        return 0 if server.serve(seen) else CANCELLED_EXIT
    except Exception as error:
        if not lacks_memory(error):
            raise
        found = explain(error)  # here, as `__main__` would take it for one of the first imports
        write_stderr(f"{found.detail} {found.remedy}\n")
        return found.exit_code


def read_options(arguments: list[str], *, default_jobs: int) -> Options | Output:
    """Read the flags; an Output says what is wrong with them."""
    jobs, rest = str(default_jobs), iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name == "--jobs":
            jobs = value if equals else next(rest, "")
        elif argument not in _ACCEPTED:
            return _beside(argument, arguments) if argument in (*FLAGS, "run") else usage_error(argument)
    if not jobs.isascii() or not jobs.isdigit() or not 1 <= int(jobs[:9]) <= MOST_JOBS:
        return refusal(f"--jobs takes a whole number from 1 to {MOST_JOBS}, not {json.dumps(jobs[:40])}.")
    if "--worker" in arguments and "--batch" in arguments:
        return _beside("--batch", ["--worker"])
    if not CAN_POOL:
        return refusal(
            "--worker and --batch need a system with fork (Linux, macOS).", "Start one process for each run instead."
        )
    return Options(jobs=int(jobs), progress="--progress" in arguments, exit_zero="--exit-zero" in arguments)


def _beside(argument: str, arguments: list[str]) -> Output:
    mode = "--worker" if "--worker" in arguments else "--batch"
    return refusal(f"{argument} does not go with {mode}. A line of --worker and --batch is one compact request.")


def _refuse(stdout: int, output: Output) -> int:
    delivered = output.document is not None and deliver(stdout, output.document)
    return output.exit_code if delivered else CANCELLED_EXIT
