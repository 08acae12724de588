"""A sweep on the cores of one machine: the same document on one as on many, and nobody left however it ends."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from typing import Any

import pytest

from backtester.contract.check import check
from backtester.runtime.confinement import Confinement
from backtester.runtime.limits import available_cores
from backtester.settings import read_settings
from tests.support.documents import assert_one_document, untimed
from tests.support.paths import RUNNER
from tests.support.processes import alive, apart, assert_nobody_left, children, eventually, is_running
from tests.support.runner import environment, finish, run_runner, running
from tests.support.sample_requests import request
from tests.support.talk import talking

pytestmark = pytest.mark.full

several = pytest.mark.skipif(available_cores() < 2, reason="needs two cores")
ONE_CORE = (
    "-c", "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    f"os.execv(sys.executable, [sys.executable, {RUNNER!r}, *sys.argv[1:]])",
)  # fmt: skip
ON = {"BACKTEST_SANDBOX": "on"}


def swept(combinations: int = 1000, **changes: Any) -> dict[str, Any]:
    """Return a request with a sweep of so many hundreds of combinations; 1,000 are four pieces."""
    over = {"/parameters/lookback_period": {"from": 21, "to": 20 + combinations // 5, "step": 1},
            "/parameters/top_n": [1, 2, 3, 4, 5]}  # fmt: skip
    holdings = [{"symbol": symbol, "allocation": 0.2} for symbol in ("AAPL", "MSFT", "JNJ", "XOM", "KO")]
    return request(
        strategy="momentum", parameters={}, holdings=holdings, start_date="2004-01-05", end_date="2012-06-29",
        analysis={"sweep": {"over": over}}, **changes,
    )  # fmt: skip


def slow(**changes: Any) -> dict[str, Any]:
    """Return one that takes a minute: whole shares are simulated one by one."""
    return swept(5000, execution={"shares": "whole"}, request_id="slow", **changes)


@pytest.fixture(scope="module")
def on_one_core() -> bytes:
    run = run_runner(swept(), env=ON, entry=ONE_CORE)
    return untimed(run.stdout)


@pytest.mark.parametrize("sandbox", ["on", "off"])
def test_a_single_run_gives_the_same_bytes_on_one_core_as_on_all(on_one_core, sandbox):
    run = run_runner(swept(), env={"BACKTEST_SANDBOX": sandbox})
    assert (run.exit, run.stderr) == (0, "")
    assert untimed(run.stdout) == on_one_core
    assert_nobody_left(run.mark)


def test_trust_has_the_same_bytes_on_one_core_as_on_all():
    asked = {**swept(), "analysis": {"trust": {"paths": 100}}}
    one, all_cores = run_runner(asked, env=ON, entry=ONE_CORE), run_runner(asked, env=ON)
    assert (one.exit, one.stderr) == (0, "")
    assert untimed(one.stdout) == untimed(all_cores.stdout)
    assert_nobody_left(all_cores.mark)


def test_a_worker_gives_them_too_and_answers_other_requests_before_and_after(on_one_core):
    plain = request(request_id="plain")
    with talking(env=ON, plug_ins=False) as talk:
        heard = []
        for asked in (plain, swept(), plain, swept()):
            talk.say(asked)
            heard.append(untimed(talk.hear()))
    assert heard[1] == heard[3] == on_one_core
    assert heard[0] == heard[2]
    assert_nobody_left(talk.mark)


def test_a_batch_gives_them_too(on_one_core):
    lines = b"".join(json.dumps(asked).encode() + b"\n" for asked in (swept(), request(), swept()))
    run = run_runner(lines, "--batch", "--jobs", "2", env=ON)
    assert run.stderr == ""
    found = [untimed(line + b"\n") for line in run.stdout.splitlines()]
    assert found.count(on_one_core) == 2
    assert len(found) == 3


def of_the_run(mark: str) -> list[int]:
    """Return the processes that compute pieces: the children of the child."""
    return [pid for parent in alive(mark) for child in children(parent) for pid in children(child) if is_running(pid)]


def ended(process: Any, code: str) -> None:
    run = finish(process)
    assert_one_document(run)
    assert run.document["code"] == code
    assert_nobody_left(run.mark)


@several
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_them_all(number):
    with running(slow(), env=ON, plug_ins=False) as process:
        assert eventually(lambda: len(of_the_run(process.mark)) > 1)
        process.send_signal(number)
        ended(process, "CANCELLED")


@several
def test_they_end_with_a_child_that_is_killed():
    with running(slow(), env=ON, plug_ins=False) as process:
        assert eventually(lambda: len(of_the_run(process.mark)) > 1)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        ended(process, "WORKER_CRASHED")


@several
def test_they_end_with_a_supervisor_that_is_killed():
    with running(slow(), env=ON, plug_ins=False) as process:
        assert eventually(lambda: len(of_the_run(process.mark)) > 1)
        process.kill()
        assert_nobody_left(process.mark)


@several
def test_they_end_when_the_caller_goes_away():
    with running(slow(), env=ON, plug_ins=False) as process:
        assert eventually(lambda: len(of_the_run(process.mark)) > 1)
        process.stdout.close()
        assert_nobody_left(process.mark)


def test_they_end_at_the_deadline():
    run = run_runner(slow(limits={"timeout_seconds": 3}), env=ON)
    assert_one_document(run)
    assert run.document["code"] == "TIMEOUT"
    assert_nobody_left(run.mark)


@several
def test_the_document_is_the_same_when_one_of_them_is_killed(on_one_core):
    with running(swept(), env=ON, plug_ins=False) as process:
        assert eventually(lambda: of_the_run(process.mark), every=0.001)
        for pid in of_the_run(process.mark)[:1]:
            os.kill(pid, signal.SIGKILL)
        run = finish(process)
    assert untimed(run.stdout) == on_one_core
    assert_nobody_left(run.mark)


@several
def test_a_cancelled_request_of_a_worker_ends_them_and_the_next_is_answered():
    with talking(env=ON, plug_ins=False) as talk:
        talk.say(slow())
        assert eventually(lambda: len(of_the_run(talk.mark)) > 1)
        busy = of_the_run(talk.mark)
        talk.say(b'cancel "slow"')
        assert json.loads(talk.hear())["code"] == "CANCELLED"
        assert eventually(lambda: not any(map(is_running, busy)))
        talk.say(request())
        assert json.loads(talk.hear())["success"]


def test_progress_counts_runs_to_the_last_and_is_never_silent():
    with talking("--progress", env=ON, plug_ins=False) as talk:
        talk.say(slow(limits={"timeout_seconds": 300}))
        talk.close()
        assert eventually(lambda: talk.stderr.count('"simulating"') > 10)
        talk.process.send_signal(signal.SIGTERM)
        talk.hear()
        events = [json.loads(line) for line in talk.stderr.splitlines()]
    simulating = [event for event in events if event["stage"] == "simulating"]
    assert {event["total"] for event in simulating} == {5001}
    counted = [event["completed"] for event in simulating]
    assert counted == sorted(counted)
    # one run is some milliseconds, and each is counted: a piece of 256 would be seconds
    assert min(after - before for before, after in itertools.pairwise(sorted({*counted}))) < 128


# ---- who may fork


def forks() -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


def checked(asked: dict[str, Any]) -> Any:
    return check(asked, csv_available=False, load_plug_ins=False)


def settings() -> Any:
    given = {name: value for name, value in environment({"BACKTEST_SANDBOX": "on"}).items() if value is not None}
    return read_settings(given)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is Linux's")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(request(), "EPERM", id="a run that asks nothing"),
        pytest.param(request(compare=[{"name": "a", "patch": {}}]), "EPERM", id="a comparison"),
        pytest.param(swept(), True, id="a sweep", marks=several),
    ],
)
def test_only_a_run_that_asks_an_analysis_may_fork(asked, expected):
    def work() -> bool:
        Confinement(settings()).drop_privileges(checked(asked))
        return forks()

    assert apart(work) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is Linux's")
@pytest.mark.parametrize(("cores", "expected"), [(1, "EPERM"), (2, True)])
def test_a_process_of_a_pool_may_fork_where_it_has_more_than_one_core(cores, expected):
    def work() -> bool:
        Confinement(settings(), cores=cores).drop_privileges_for_many()
        return forks()

    assert apart(work) == expected
