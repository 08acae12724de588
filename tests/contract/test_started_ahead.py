"""A process started ahead of its request: it gets ready while it waits, and nobody can tell but by the clock."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document, assert_schema, untimed
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE, alive, assert_nobody_left, eventually
from tests.support.runner import finish, run_runner
from tests.support.sample_requests import RISING, inline, one_holding, request, to_bytes
from tests.support.talk import Talk, talking

pytestmark = pytest.mark.full

GOOD = request(request_id="ahead")
EXAMPLES = ROOT / "examples" / "requests"


def is_idle(pids: list[int]) -> bool:
    """Tell whether none of the processes runs for a tenth of a second."""

    def spent() -> list[list[str]]:
        return [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids]

    before = spent()
    time.sleep(0.1)
    return spent() == before


@contextmanager
def started_ahead(*flags: str, **options: Any) -> Iterator[Talk]:
    """Start a runner and wait until it has got ready and does nothing any more."""
    with talking(*(flags or ("--exit-zero",)), **options) as talk:
        assert eventually(lambda: len(alive(talk.mark)) == 2)
        pids = alive(talk.mark)
        [child] = [pid for pid in pids if pid != talk.process.pid]
        assert eventually(lambda: "numpy" in Path(f"/proc/{child}/maps").read_text())
        assert eventually(lambda: is_idle(pids) and is_idle(pids))
        yield talk


ASKED = {
    **{name: json.loads((EXAMPLES / f"{name}.json").read_text()) for name in ("canonical", "minimum_variance")},
    "inline with an id": inline({"X": RISING}, request_id="é"),
    "limits": request(limits={"timeout_seconds": 20, "memory_mb": 512}),
    "no prices": request(holdings=one_holding("NOPE")),
    "invalid": request(holdings=[]),
    "not JSON": b"{",
    "larger than is offered": to_bytes(GOOD) + b" " * 100_000,
    "a plug-in": request(strategy="honest"),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_bytes_are_those_of_a_run_that_was_not_started_ahead(name: str) -> None:
    with started_ahead() as talk:
        assert talk.process.stdin is not None
        talk.process.stdin.write(to_bytes(ASKED[name]))
        run = finish_of(talk)
    usual = run_runner(ASKED[name], "--exit-zero", plug_ins=True)

    assert (run.exit, run.stderr) == (usual.exit, usual.stderr)
    if run.document["success"]:
        assert untimed(run.stdout) == untimed(usual.stdout)
    else:
        assert run.stdout == usual.stdout
    assert_nobody_left(run.mark)


def finish_of(talk: Talk) -> Any:
    """End the runner's stdin, wait for it, and judge it like any other."""
    return finish(talk.process)._replace(stderr=talk.stderr)


def test_progress_is_of_the_run_and_not_of_the_preparation() -> None:
    with started_ahead("--progress") as talk:
        assert talk.stderr == ""
        talk.say(GOOD)
        run = finish_of(talk)

    assert_one_document(run, code="OK", quiet=False)
    events = [json.loads(line) for line in run.stderr.splitlines()]
    for event in events:
        assert_schema(event, "progress")
        assert event["request_id"] == "ahead"
    assert [event["seq"] for event in events] == [*range(1, len(events) + 1)]
    assert events[-1]["stage"] == "completed"
    assert untimed(run.stdout) == untimed(run_runner(GOOD).stdout)


def test_pretty_is_pretty() -> None:
    with started_ahead("--pretty") as talk:
        talk.say(GOOD)
        run = finish_of(talk)

    assert untimed(run.stdout) == untimed(run_runner(GOOD, "--pretty").stdout)


@pytest.mark.parametrize("wait", [0.0, 0.06, 0.1, 0.15])
def test_a_request_that_comes_while_it_gets_ready_is_answered_as_usual(wait: float) -> None:
    with talking("--exit-zero") as talk:
        time.sleep(wait)
        talk.say(GOOD)
        run = finish_of(talk)

    assert_one_document(run, code="OK")
    assert untimed(run.stdout) == untimed(run_runner(GOOD).stdout)


def test_a_request_may_come_in_pieces_after_a_long_silence() -> None:
    text = to_bytes(GOOD)
    with started_ahead() as talk:
        assert talk.process.stdin is not None
        for at in range(0, len(text), 40):
            os.write(talk.process.stdin.fileno(), text[at : at + 40])
            time.sleep(0.01)
        assert_one_document(finish_of(talk), code="OK")


def test_an_end_without_a_request_is_invalid_json() -> None:
    with started_ahead("--pretty") as talk:
        run = finish_of(talk)

    assert_one_document(run, code="INVALID_JSON")
    assert_nobody_left(run.mark)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_it_waits_is_answered_with_cancelled(number: signal.Signals) -> None:
    with started_ahead("--pretty") as talk:
        talk.process.send_signal(number)
        assert talk.process.wait(timeout=PATIENCE) == 5
        run = finish_of(talk)

    assert_one_document(run, code="CANCELLED")
    assert_nobody_left(run.mark)


@pytest.mark.promise
@pytest.mark.parametrize("flags", [["--exit-zero"], ["--progress"]])
def test_a_process_that_was_killed_while_it_waited_is_answered_for(flags: list[str]) -> None:
    with started_ahead(*flags) as talk:
        [child] = [pid for pid in alive(talk.mark) if pid != talk.process.pid]
        os.kill(child, signal.SIGKILL)
        time.sleep(0.1)
        talk.say(GOOD)
        run = finish_of(talk)

    assert run.document["code"] == "WORKER_CRASHED"
    assert run.document["request_id"] == "ahead"


def test_a_runner_killed_while_it_waits_leaves_nobody() -> None:
    with started_ahead() as talk:
        talk.process.kill()
        talk.process.wait()
        assert_nobody_left(talk.mark)


def test_a_runner_whose_caller_stops_reading_leaves_nobody() -> None:
    with started_ahead() as talk:
        assert talk.process.stdout is not None
        talk.process.stdout.close()
        talk.say(request(strategy="spin"))
        talk.close()
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert_nobody_left(talk.mark)


def test_waiting_costs_no_time_of_the_deadline() -> None:
    with talking("--exit-zero", env={"BACKTEST_TIMEOUT_SECONDS": "4"}) as talk:
        time.sleep(4.5)
        talk.say(GOOD)
        assert_one_document(finish_of(talk), code="OK")


@pytest.mark.parametrize("strategy", ["spin", "sleep_deaf"])
def test_the_deadline_holds_after_a_wait(strategy: str) -> None:
    with started_ahead("--pretty") as talk:
        talk.say(request(strategy=strategy, limits={"timeout_seconds": 0.5}))
        run = finish_of(talk)

    assert_one_document(run, code="TIMEOUT")


def test_the_memory_limit_holds_after_a_wait() -> None:
    with started_ahead("--pretty") as talk:
        talk.say(request(strategy="grow", limits={"memory_mb": 64}))
        run = finish_of(talk)

    assert_one_document(run, code="MEMORY_LIMIT")


def test_a_run_has_as_much_memory_as_one_that_was_not_started_ahead() -> None:
    whole = request(start_date="1990-01-02", end_date="2022-12-28", limits={"memory_mb": 48})
    env: dict[str, str | None] = {"BACKTEST_MEMORY_MB": "48"}
    assert_one_document(run_runner(whole, env=env), code="OK")
    with started_ahead("--pretty", env=env) as talk:
        talk.say(whole)
        assert_one_document(finish_of(talk), code="OK")


@pytest.mark.parametrize("name", ["BACKTEST_CSV_DIR", "BACKTEST_CACHE_DIR"])
def test_the_preparation_needs_and_writes_nothing_of_the_operators(name: str, tmp_path: Path) -> None:
    with started_ahead(env={name: str(tmp_path / "none")}) as talk:
        assert not [*tmp_path.iterdir()]
        assert talk.stderr == ""
