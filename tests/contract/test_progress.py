"""Progress events: asked for, in order, never in the way of the run, and never on stdout."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document, assert_schema, untimed
from tests.support.processes import PATIENCE
from tests.support.runner import MARGIN, finish, run_runner, running
from tests.support.sample_requests import request

pytestmark = pytest.mark.full

KEYS = {"event", "seq", "stage", "progress", "completed", "total", "elapsed_ms"}
STAGES = ["queued", "validating", "loading_data", "simulating", "measuring", "completed", "failed", "cancelled"]


def events_in(text: str) -> list[dict[str, Any]]:
    """Read NDJSON, checking what holds of every stream of events."""
    assert text == "" or text.endswith("\n")
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        assert event.keys() - {"request_id"} == KEYS
        assert event["event"] == "progress"
        assert_schema(event, "progress")
    assert [event["seq"] for event in events] == [*range(1, len(events) + 1)]
    for name in ("progress", "elapsed_ms"):
        values = [event[name] for event in events]
        assert values == sorted(values)
    assert [event["stage"] for event in events] == sorted((event["stage"] for event in events), key=STAGES.index)
    return events


def test_nothing_is_reported_unasked() -> None:
    assert run_runner(request()).stderr == ""


@pytest.mark.promise
def test_progress_is_reported_on_stderr_and_ends_with_done() -> None:
    run = run_runner(request(request_id="r-1"), "--progress")

    assert_one_document(run, code="OK", quiet=False)
    events = events_in(run.stderr)

    assert {event["request_id"] for event in events} == {"r-1"}
    assert (events[-1]["stage"], events[-1]["progress"]) == ("completed", 1)
    assert sum(event["stage"] == "completed" for event in events) == 1


@pytest.mark.promise
def test_progress_changes_nothing_in_the_document() -> None:
    assert untimed(run_runner(request(), "--progress").stdout) == untimed(run_runner(request()).stdout)


def test_events_without_a_request_id_do_not_name_one() -> None:
    assert all("request_id" not in event for event in events_in(run_runner(request(), "--progress").stderr))


@pytest.mark.parametrize("asked", [b"", b"{", {}, request(holdings=[{"symbol": "NOPE", "allocation": 1}])])
def test_the_last_event_of_a_run_without_a_result_is_failed(asked: Any) -> None:
    run = run_runner(asked, "--progress")

    assert_one_document(run, quiet=False)

    last = events_in(run.stderr)[-1]
    assert last["stage"] == "failed"
    assert last["progress"] < 1


def test_the_last_event_of_a_timeout_is_failed() -> None:
    run = run_runner(request(strategy="spin", limits={"timeout_seconds": 0.8}), "--progress", plug_ins=True)

    assert_one_document(run, code="TIMEOUT", quiet=False)
    assert events_in(run.stderr)[-1]["stage"] == "failed"


def test_the_last_event_of_a_cancelled_run_is_cancelled(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(request(strategy="sleep"), "--progress", env={"HOSTILE_STARTED": str(started)}) as process:
        while not started.exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        run = finish(process, timeout=MARGIN)

    assert_one_document(run, code="CANCELLED", quiet=False)
    assert events_in(run.stderr)[-1]["stage"] == "cancelled"


def run_with_pipe(asked: Any, **options: Any) -> tuple[Any, str]:
    """Run with BACKTEST_PROGRESS_FD on a pipe; return the run and what came down the pipe."""
    reading, writing = os.pipe()
    try:
        run = run_runner(
            asked, "--progress", env={"BACKTEST_PROGRESS_FD": str(writing)}, pass_fds=(writing,), **options
        )
    finally:
        os.close(writing)
    with os.fdopen(reading) as pipe:
        return run, pipe.read()


def test_progress_goes_to_the_descriptor_that_the_operator_names() -> None:
    run, text = run_with_pipe(request())

    assert_one_document(run, code="OK")
    assert events_in(text)[-1]["stage"] == "completed"


def test_a_descriptor_alone_asks_for_nothing() -> None:
    reading, writing = os.pipe()
    run_runner(request(), env={"BACKTEST_PROGRESS_FD": str(writing)}, pass_fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == ""


@pytest.mark.parametrize("descriptor", ["2", "3", "4", "5", "6", "7", "8", "9", "63", "900000"])
def test_a_descriptor_that_is_not_open_does_no_harm(descriptor: str) -> None:
    run = run_runner(request(), "--progress", env={"BACKTEST_PROGRESS_FD": descriptor})

    assert_one_document(run, code="OK", quiet=descriptor != "2")


@pytest.mark.parametrize("descriptor", ["0", "1"])
def test_progress_never_reaches_stdout_even_where_the_operator_asks_for_it(descriptor: str) -> None:
    run = run_runner(request(), "--progress", env={"BACKTEST_PROGRESS_FD": descriptor})

    assert_one_document(run, code="OK", quiet=False)


@pytest.mark.promise
def test_a_descriptor_that_nobody_reads_does_not_stop_the_run() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) & ~os.O_NONBLOCK)
    try:
        run = run_runner(
            request(), "--progress", env={"BACKTEST_PROGRESS_FD": str(writing)}, pass_fds=(writing,), timeout=PATIENCE
        )
    finally:
        os.close(reading)
        os.close(writing)

    assert_one_document(run, code="OK")


def test_a_descriptor_whose_reader_has_gone_does_no_harm() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = run_runner(request(), "--progress", env={"BACKTEST_PROGRESS_FD": str(writing)}, pass_fds=(writing,))
    os.close(writing)

    assert_one_document(run, code="OK")


def test_progress_into_a_file_is_whole(tmp_path: Path) -> None:
    with open(tmp_path / "events", "wb") as file:
        run = run_runner(
            request(), "--progress", env={"BACKTEST_PROGRESS_FD": str(file.fileno())}, pass_fds=(file.fileno(),)
        )

    assert_one_document(run, code="OK")
    assert events_in((tmp_path / "events").read_text())[-1]["stage"] == "completed"


def test_progress_on_a_full_disk_does_no_harm() -> None:
    with open("/dev/full", "wb", buffering=0) as file:
        run = run_runner(
            request(), "--progress", env={"BACKTEST_PROGRESS_FD": str(file.fileno())}, pass_fds=(file.fileno(),)
        )

    assert_one_document(run, code="OK")


def test_a_stderr_that_nobody_reads_does_not_stop_the_run() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) & ~os.O_NONBLOCK)
    try:
        with running(request(), "--progress", stderr=writing) as process:
            run = finish(process, timeout=PATIENCE)
    finally:
        os.close(reading)
        os.close(writing)

    assert_one_document(run, code="OK")


def test_many_events_come_at_most_ten_a_second() -> None:
    asked = request(strategy="sleep", limits={"timeout_seconds": 1.5})
    run = run_runner(asked, "--progress", plug_ins=True)

    events = events_in(run.stderr)

    for earlier, later in itertools.pairwise(events[:-1]):
        assert later["elapsed_ms"] - earlier["elapsed_ms"] >= 99


def test_a_strategy_that_solves_row_by_row_is_seen_going() -> None:
    symbols = ["AAPL", "MSFT", "JNJ", "KO", "XOM", "WMT", "PG", "PFE"]
    slow = request(
        strategy="minimum_variance",
        holdings=[{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols],
        parameters={"rebalance_frequency": "daily"},
        start_date="2000-01-01",
        end_date="2022-12-28",
    )
    run = run_runner(slow, "--progress")

    assert_one_document(run, code="OK", quiet=False)
    between = [event for event in events_in(run.stderr) if event["stage"] == "simulating"]
    assert len({event["progress"] for event in between}) > 3
    assert all(0 <= event["completed"] <= event["total"] for event in between)
