"""`run_many`: many requests from Python, as a generator of documents."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backtester import BacktestError, RequestError, run_many
from tests.support.documents import assert_fits, code_of, untimed
from tests.support.paths import PLUG_INS, ROOT
from tests.support.processes import MARK, PATIENCE, alive, assert_nobody_left, children, eventually
from tests.support.runner import environment, run_runner
from tests.support.sample_requests import one_holding, request

pytestmark = pytest.mark.full



@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Mark every process that a test starts; none of them may be left."""
    made = uuid.uuid4().hex
    monkeypatch.setenv(MARK, made)
    monkeypatch.setenv("PYTHONPATH", str(PLUG_INS))
    monkeypatch.setenv("BACKTEST_SANDBOX", "off")  # as `environment` in tests/support/runner.py
    yield made
    try:
        assert_nobody_left(made)
    finally:
        for pid in alive(made):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def in_time(work: Callable[[], Any]) -> Any:
    """Return what `work` returns or raise what it raises; fail where it never ends."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append((work(), None))
        except BaseException as error:
            found.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert found, "it never ended"
    value, error = found[0]
    if error is not None:
        raise error
    return value


@pytest.mark.promise("2")
@pytest.mark.parametrize("jobs", [None, 1, 2])
def test_every_request_has_its_document(jobs: int | None, capfd: pytest.CaptureFixture[str]) -> None:
    asked = [request(request_id=str(n)) for n in range(30)] + [request(request_id="bad", holdings=[])]
    found = {document["request_id"]: document for document in run_many(asked, jobs=jobs)}

    assert found.keys() == {one["request_id"] for one in asked}
    for document in found.values():
        assert_fits(document)
    assert [name for name, document in found.items() if not document["success"]] == ["bad"]
    single = json.loads(untimed(run_runner(asked[3]).stdout))
    assert {**found["3"], "timing_ms": {}} == single
    assert capfd.readouterr() == ("", "")


def test_with_one_process_they_come_in_order() -> None:
    asked = (request(request_id=str(n)) for n in range(20))

    assert [document["request_id"] for document in run_many(asked, jobs=1)] == [str(n) for n in range(20)]


def test_nothing_asked_is_nothing_answered() -> None:
    assert [*run_many([])] == []
    assert [*run_many(iter(()), jobs=2)] == []


def test_nothing_is_started_before_the_first_document_is_asked_for(mark: str) -> None:
    taken = []
    documents = run_many(taken.append(n) or request() for n in range(3))
    time.sleep(0.2)

    assert (taken, alive(mark)) == ([], [])
    assert len([*documents]) == 3


def test_requests_without_an_end_are_taken_as_there_is_room_for_them(mark: str) -> None:
    taken = itertools.count()
    documents = run_many((request(request_id=str(next(taken))) for _ in itertools.count()), jobs=2)
    for document in itertools.islice(documents, 5):
        assert document["success"]
    time.sleep(0.5)
    assert next(taken) < 5000
    documents.close()

    assert_nobody_left(mark)


def test_closing_it_in_the_middle_of_a_run_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(8):
        documents = run_many((request() for _ in itertools.count()), jobs=2)
        next(documents)
        documents.close()

    assert capfd.readouterr() == ("", "")


@pytest.mark.promise
def test_a_generator_that_is_dropped_ends_its_processes(mark: str) -> None:
    for document in run_many((request() for _ in itertools.count()), jobs=2):
        assert document["success"]
        break
    del document
    import gc

    gc.collect()
    assert_nobody_left(mark)


@pytest.mark.parametrize("strategy", ["spin", "daemonise_and_spin", "sleep_deaf"])
def test_closing_it_ends_what_runs(strategy: str, mark: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started = tmp_path / "started"
    monkeypatch.setenv("HOSTILE_STARTED", str(started))
    documents = run_many([request(), request(strategy=strategy)], jobs=1)
    assert next(documents)["success"]
    assert eventually(started.exists)
    time.sleep(0.1)
    documents.close()

    assert_nobody_left(mark)


def test_what_the_requests_raise_is_raised_after_the_documents_before_it() -> None:
    class HouseError(Exception):
        pass

    def asked() -> Iterator[dict[str, Any]]:
        yield request(request_id="a")
        yield request(request_id="b")
        raise HouseError

    seen = []

    def take() -> None:
        for document in run_many(asked(), jobs=2):
            seen.append(document["request_id"])

    with pytest.raises(HouseError):
        in_time(take)
    assert sorted(seen) == ["a", "b"]


@pytest.mark.parametrize(
    "bad", [request(initial_capital=float("nan")), {"a": {1, 2}}, request(holdings=object()), {("a",): 1}]
)
def test_what_json_has_no_form_for_is_a_request_error(bad: dict[str, Any]) -> None:
    seen = []

    def take() -> None:
        for document in run_many([request(), bad, request()], jobs=1):
            seen.append(document)

    with pytest.raises(RequestError) as raised:
        in_time(take)
    assert raised.value.code == "VALIDATION_FAILED"
    assert len(seen) == 1


def test_a_dict_that_holds_itself_is_a_request_error() -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    with pytest.raises(RequestError):
        in_time(lambda: [*run_many([endless])])


@pytest.mark.parametrize("bad", [{}, {"request_id": "\ud800"}, {"a": "\n"}, None, [], "text\n", 5, {"a": 10**400}])
def test_what_is_no_request_has_an_error_document(bad: Any) -> None:
    found = in_time(lambda: [*run_many([bad, request()], jobs=1)])

    assert [code_of(document) in ("VALIDATION_FAILED", "INVALID_JSON") for document in found] == [True, False]


@pytest.mark.parametrize("bad", [{"cancel": None}, {"cancel": "running"}, {"cancel": "nobody"}])
def test_a_request_is_never_taken_for_a_control_line(bad: dict[str, Any]) -> None:
    asked = [request(request_id="running"), request(), bad, request(request_id="last")]
    found = in_time(lambda: [*run_many(asked, jobs=1)])

    assert [code_of(document) for document in found] == ["OK", "OK", "VALIDATION_FAILED", "OK"]


def test_a_request_that_is_too_large_has_its_document() -> None:
    asked = [request(), {"a": "x" * 6_000_000}, request()]

    assert sorted(code_of(document) for document in in_time(lambda: [*run_many(asked)])) == [
        "OK", "OK", "REQUEST_TOO_LARGE",
    ]  # fmt: skip


@pytest.mark.parametrize("jobs", [0, -1, 257, 1.5, "x"])
def test_a_number_of_jobs_that_makes_no_sense_is_raised_and_no_document(jobs: Any) -> None:
    seen: list[dict[str, Any]] = []

    def take() -> None:
        for document in run_many([request()], jobs=jobs):
            seen.append(document)

    with pytest.raises((BacktestError, ValueError, TypeError)):
        in_time(take)
    assert seen == []


def test_requests_that_misbehave_fail_alone() -> None:
    names = ["segfault", "exit_zero", "daemonise_and_crash", "allocate", "fork_many", "honest"]
    limits = {"memory_mb": 64, "timeout_seconds": 50}
    asked = [request(strategy=name, request_id=name, limits=limits) for name in names]
    asked += [request(request_id="no prices", holdings=one_holding("NOPE")), request(request_id="good")]
    found = {document["request_id"]: code_of(document) for document in in_time(lambda: [*run_many(asked, jobs=2)])}

    assert found == {
        "segfault": "WORKER_CRASHED", "exit_zero": "WORKER_CRASHED", "daemonise_and_crash": "WORKER_CRASHED",
        "allocate": "MEMORY_LIMIT", "fork_many": "OK", "honest": "OK", "no prices": "SYMBOL_NOT_FOUND", "good": "OK",
    }  # fmt: skip


def test_a_deadline_holds_and_a_slow_taker_loses_nothing() -> None:
    asked = [request(strategy="spin", request_id="late", limits={"timeout_seconds": 0.5})]
    asked += [request(request_id=str(n), start_date="1990-01-02", end_date="2022-12-28") for n in range(8)]
    found = []
    for document in run_many(asked, jobs=2):
        time.sleep(0.1)
        found.append((document["request_id"], code_of(document)))

    assert sorted(found) == sorted([("late", "TIMEOUT"), *((str(n), "OK") for n in range(8))])


def head_of(mark: str) -> int:
    """Return the process that the others of a mark are children of."""
    pids = alive(mark)
    [head] = [pid for pid in pids if not any(pid in children(other) for other in pids)]
    return head


@pytest.mark.promise
def test_a_killed_worker_is_raised_as_a_crash(mark: str) -> None:
    documents = run_many((request() for _ in itertools.count()), jobs=1)
    next(documents)
    os.kill(head_of(mark), signal.SIGKILL)

    with pytest.raises(BacktestError) as raised:
        in_time(lambda: [*documents])
    assert raised.value.code == "WORKER_CRASHED"


def test_a_worker_killed_in_the_middle_of_a_document_is_raised_as_a_crash(mark: str) -> None:
    long = request(start_date="1990-01-02", end_date="2022-12-28")  # its document is larger than a pipe
    documents = run_many((long for _ in itertools.count()), jobs=1)
    next(documents)
    time.sleep(0.3)
    os.kill(head_of(mark), signal.SIGKILL)

    with pytest.raises(BacktestError) as raised:
        in_time(lambda: [*documents])
    assert raised.value.code == "WORKER_CRASHED"


def test_a_killed_worker_is_raised_even_while_the_next_request_is_awaited(mark: str) -> None:
    never = threading.Event()

    def asked() -> Iterator[dict[str, Any]]:
        yield request()
        never.wait(60)

    documents = run_many(asked(), jobs=1)
    next(documents)
    os.kill(head_of(mark), signal.SIGKILL)
    try:
        with pytest.raises(BacktestError):
            in_time(lambda: [*documents])
    finally:
        never.set()


def test_closing_it_does_not_wait_for_the_next_request() -> None:
    never = threading.Event()

    def asked() -> Iterator[dict[str, Any]]:
        yield request()
        never.wait(60)

    documents = run_many(asked(), jobs=1)
    next(documents)
    try:
        in_time(documents.close)
    finally:
        never.set()


def test_answers_come_while_the_next_request_is_not_yet_known() -> None:
    answered = threading.Event()

    def asked() -> Iterator[dict[str, Any]]:
        for n in range(3):
            yield request(request_id=str(n))
            assert answered.wait(PATIENCE)
            answered.clear()

    found = []
    for document in run_many(asked(), jobs=2):
        found.append(document["request_id"])
        answered.set()

    assert found == ["0", "1", "2"]


def test_several_may_be_used_at_once_and_from_threads() -> None:
    found: list[list[str]] = []

    def take(name: str) -> None:
        asked = [request(request_id=f"{name} {n}") for n in range(10)]
        found.append([document["request_id"] for document in run_many(asked, jobs=1)])

    threads = [threading.Thread(target=take, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    one, other = run_many([request(request_id="x")], jobs=1), run_many([request(request_id="y")], jobs=1)
    assert (next(one)["request_id"], next(other)["request_id"]) == ("x", "y")
    for documents in (one, other):
        documents.close()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(found) == [[f"{name} {n}" for n in range(10)] for name in "abc"]


def test_it_leaves_no_descriptor_thread_or_warning_behind() -> None:
    def use() -> None:
        assert len([*run_many([request()] * 3, jobs=1)]) == 3
        documents = run_many((request() for _ in itertools.count()), jobs=1)
        next(documents)
        documents.close()

    use()
    before = (len(os.listdir("/proc/self/fd")), threading.active_count())
    for _ in range(4):
        use()
    assert eventually(lambda: (len(os.listdir("/proc/self/fd")), threading.active_count()) == before)


def test_nothing_in_the_current_folder_is_imported(tmp_path: Path) -> None:
    for name in ("platform", "numpy", "jsonschema", "select", "backtester"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from the current folder')\n")
    program = tmp_path / "elsewhere" / "program.py"
    program.parent.mkdir()
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom backtester import run_many\n"
        f"print(sum(document['success'] for document in run_many([{request()!r}] * 2)))\n"
    )
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, env=environment({"PYTHONPATH": None}), capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == (b"2\n", b"", 0)


def test_the_end_of_the_program_that_uses_it_ends_everything(mark: str) -> None:
    program = (
        "import itertools, os, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from backtester import run_many\n"
        f"documents = run_many(({request()!r} for _ in itertools.count()), jobs=2)\n"
        "next(documents)\n"
        "{end}\n"
    )
    for end in ("os._exit(3)", "os.kill(os.getpid(), 9)", "sys.exit(3)", "raise KeyError(3)"):
        done = subprocess.run(
            [sys.executable, "-c", program.replace("{end}", end)], capture_output=True, timeout=PATIENCE, check=False
        )
        assert done.stdout == b""
        assert b"run_many" not in done.stderr, done.stderr
        assert_nobody_left(mark)


def test_what_a_signal_of_the_terminal_interrupts_ends_everything(mark: str) -> None:
    program = (
        "import itertools, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from backtester import run_many\n"
        "try:\n"
        f"    for document in run_many(({request()!r} for _ in itertools.count()), jobs=2):\n"
        "        print(document['success'], flush=True)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(3)\n"
    )
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"True\n"
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (3, b"")
    assert_nobody_left(mark)
