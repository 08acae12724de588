"""`--worker`: one request a line, one document a line, whatever the requests do to the processes that run them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.documents import assert_discreet, assert_one_document, assert_schema, code_of, document_in, untimed
from tests.support.paths import ROOT, RUNNER
from tests.support.processes import PATIENCE, alive, assert_nobody_left, children, eventually, is_running, rss_mb
from tests.support.runner import environment, plug_in, run_runner, running
from tests.support.sample_requests import RISING, WEEKDAYS, inline, one_holding, request, to_bytes
from tests.support.talk import talking

pytestmark = pytest.mark.full

MEBIBYTE = 1 << 20
GOOD = request(request_id="good")
BAD = b"[]"


def hostile(strategy: str, **changes: Any) -> dict[str, Any]:
    return request(**{"strategy": strategy, "request_id": "hostile", **changes})


def examples() -> list[tuple[str, dict[str, Any]]]:
    files = sorted((ROOT / "examples" / "requests").glob("*.json"))
    return [(file.stem, json.loads(file.read_text())) for file in files]


def cancel(request_id: str | None) -> bytes:
    return b"cancel " + json.dumps(request_id).encode()


def has_started(started: Path) -> int:
    """Wait until a strategy decides; return the process that it decides in, and forget it."""
    assert eventually(started.exists), "the strategy was never asked"
    pid = int(started.read_text())
    started.unlink()
    return pid


def weekdays(count: int) -> list[str]:
    return [str(day) for day in np.busday_offset("1990-01-01", range(count), roll="forward")]


# ---- the same bytes as a single run


def test_good_requests_through_one_worker_have_the_bytes_of_single_runs() -> None:
    asked = [{**whole, "request_id": f"r-{name}"} for name, whole in examples()]
    holed = inline({"X": RISING, "Y": [*RISING[:4], None, *RISING[5:]]}, request_id="é\u2028😀")
    good = 0
    with talking() as talk:
        for one in [*asked, inline({"X": RISING}), holed]:
            talk.say(one)
            line = talk.hear()
            single = run_runner(one, plug_ins=True).stdout
            if document_in(line)["success"]:
                good += 1
                line, single = untimed(line), untimed(single)
            assert line == single
        assert talk.end() == (0, [])
    assert good >= len(asked) + 1  # all but the canonical one, whose symbols are Yahoo's


@pytest.mark.promise
def test_the_same_request_first_and_last_has_the_same_bytes() -> None:
    between = [whole for _, whole in examples()]
    with talking() as talk:
        for first in [GOOD, inline({"X": RISING}), {**examples()[0][1], "output": {"precision": None}}]:
            talk.say(first)
            before = talk.hear()
            talk.say(*between, BAD)
            for _ in range(len(between) + 1):
                talk.hear()
            talk.say(first)
            assert untimed(talk.hear()) == untimed(before)
        assert talk.stderr == ""


BAD_LINES = {
    "nothing that is JSON": b"strategy: momentum",
    "cut short": b'{"strategy": "momentum"',
    "null": b"null",
    "a number": b"5",
    "a text": b'"momentum"',
    "two documents": b"{} {}",
    "a key twice": b'{"strategy": "buy_hold", "strategy": "momentum"}',
    "NaN": json.dumps(request(initial_capital=float("nan"))).encode(),
    "Infinity": json.dumps(request(initial_capital=float("inf"))).encode(),
    "a number beyond a double": b'{"initial_capital": 1e999}',
    "an integer of ten thousand digits": b'{"initial_capital": ' + b"9" * 10_000 + b"}",
    "deep nesting": b"[" * 100_000,
    "deep nesting of objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "half a surrogate pair": b'{"request_id": "\\ud800"}',
    "invalid UTF-8": b'{"request_id": "\xff\xfe\xc3"}',
    "an overlong encoding": b'{"request_id": "\xc0\xaf"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"strategy": "x"}'.encode("utf-16"),
    "a null byte": b"\0",
    "null bytes between": b'{"request_id": "a\0b"}',
    "a control character": b'{"request_id": "a\x1bb"}',
    "a carriage return in the middle": b'{"strategy":\r"x"}',
    "an id that is no text": b'{"request_id": 5}',
    "an id that is too long": json.dumps({"request_id": "x" * 129}).encode(),
    "an empty id": b'{"request_id": ""}',
    "an id with an error": json.dumps(request(request_id="r-1", strategy="momentun")).encode(),
    "no prices": json.dumps(request(request_id="r-1", holdings=one_holding("NOPE"))).encode(),
}


def test_bad_lines_through_one_worker_have_the_bytes_of_single_runs() -> None:
    with talking() as talk:
        for what, line in BAD_LINES.items():
            talk.say(line)
            answer = talk.hear()
            assert_discreet(document_in(answer), line)
            assert answer == run_runner(line, plug_ins=True).stdout, what
        assert talk.ask(GOOD)["success"]
        assert talk.end() == (0, [])
        assert talk.stderr == ""


@pytest.mark.promise
def test_every_bad_request_of_the_suite_through_one_worker_has_its_error() -> None:
    checked = 0
    with talking() as talk:
        for folder in sorted(path.parent for path in (ROOT / "tests" / "invalid").glob("*/expected.json")):
            [file] = folder.glob("request.*")
            asked = file.read_bytes()
            expected = json.loads((folder / "expected.json").read_text())
            asked = asked.rstrip(b"\n").replace(b"\n", b" ")
            if not asked.strip() or folder.name == "raw_newline_in_a_string":
                continue  # cannot be said in a line
            talk.say(asked)
            answer = talk.hear()
            document = document_in(answer)
            assert document["code"] == expected["code"], folder.name
            if "errors" in expected:
                found = [(error["pointer"], error["code"]) for error in document["errors"]]
                assert found == [(error["pointer"], error["code"]) for error in expected["errors"]], folder.name
            if checked % 20 == 0:
                assert answer == run_runner(asked, plug_ins=True).stdout, folder.name
            checked += 1
        assert talk.ask(GOOD)["success"]
    assert checked > 150


def test_a_line_that_is_too_large_is_answered_and_the_next_ones_are_run() -> None:
    limit = len(to_bytes(GOOD))
    with talking(env={"BACKTEST_MAX_REQUEST_BYTES": str(limit)}) as talk:
        talk.say(GOOD, b" " * (limit + 1), b"x" * 200_000, b"{" * (limit + 1), to_bytes(GOOD) + b"\r", GOOD)
        found = [code_of(document) for document in talk.documents(6)]
        assert sorted(found) == ["OK"] * 3 + ["REQUEST_TOO_LARGE"] * 3
        assert talk.end() == (0, [])


def test_a_request_of_just_five_mebibytes_is_read_and_one_byte_more_is_not() -> None:
    text = to_bytes(GOOD)
    padded = text + b" " * (5 * MEBIBYTE - len(text))
    with talking() as talk:
        talk.say(padded)
        assert talk.hear() != b""
        talk.say(padded + b" ", GOOD)
        assert sorted(code_of(document) for document in talk.documents(2)) == ["OK", "REQUEST_TOO_LARGE"]


def test_with_one_process_the_answers_come_in_the_order_of_the_requests() -> None:
    asked = [request(request_id=str(n), **({} if n % 3 else {"holdings": []})) for n in range(120)]
    with talking() as talk:
        talk.say(*asked)
        assert [document["request_id"] for document in talk.documents(120)] == [one["request_id"] for one in asked]


@pytest.mark.promise
def test_with_several_processes_every_request_has_one_answer() -> None:
    asked = [request(request_id=str(n), **({} if n % 3 else {"holdings": []})) for n in range(120)]
    with talking("--worker", "--jobs", "3") as talk:
        talk.say(*asked)
        _, lines = talk.end()
        found = {document_in(line)["request_id"]: line for line in lines}
        assert len(lines) == len(found) == 120
        assert untimed(found["1"]) == untimed(run_runner(asked[1]).stdout)


def test_lines_may_come_in_pieces_end_in_crlf_and_have_blank_ones_between() -> None:
    with talking() as talk:
        assert talk.process.stdin is not None
        for piece in (b"\n\r\n \t\n", b'{"request_id"', b': "a"}', b"\r", b"\n\n", b'{"request_id": "b"}'):
            os.write(talk.process.stdin.fileno(), piece)
            time.sleep(0.02)
        status, lines = talk.end()
    assert (status, [document_in(line)["request_id"] for line in lines]) == (0, ["a", "b"])


def test_an_answer_comes_before_the_next_request_is_sent() -> None:
    with talking() as talk:
        for n in range(5):
            assert talk.ask(request(request_id=str(n)))["request_id"] == str(n)


# ---- nothing of a request reaches the next one

MEDDLERS = """
@Hostile
def meddle(weights):
    np.zeros = np.ones
    np.round = lambda *given, **named: 1 / 0
    float64, np.float64 = np.float64, np.float32
    os.environ["BACKTEST_CSV_DIR"] = "/"
    os.environ["BACKTEST_TIMEOUT_SECONDS"] = "0.001"
    os.chdir("/")
    os.umask(0o777)
    sys.setrecursionlimit(60)
    np.seterr(all="raise")
    import json, locale, time
    json.loads = json.dumps = time.monotonic = None
    import backtester.pipeline, backtester.runtime.worker_child
    backtester.pipeline.simulate = backtester.runtime.worker_child.check = None
    from backtester.prices import bundled
    for price in bundled.load(["AAPL"]).values():
        try:
            price.close.setflags(write=True)
            price.close[:] = 1
        except ValueError:
            pass
"""


@pytest.mark.promise
def test_what_a_plug_in_changes_does_not_reach_the_next_request(tmp_path: Path) -> None:
    with talking(env=plug_in(tmp_path, MEDDLERS)) as talk:
        talk.say(GOOD)
        before = talk.hear()
        for _ in range(2):
            talk.say(hostile("meddle"))
            talk.hear()
            talk.say(GOOD)
            assert untimed(talk.hear()) == untimed(before)
        assert code_of(talk.ask(request(data={"source": "csv"}))) == "VALIDATION_FAILED"


def test_a_csv_file_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    def write(prices: list[float]) -> None:
        rows = (f"{day},{price}" for day, price in zip(WEEKDAYS, prices, strict=True))
        (tmp_path / "AAA.csv").write_text("date,close\n" + "\n".join(rows) + "\n")

    asked = inline({"AAA": RISING}, data={"source": "csv"})
    del asked["data"]["prices"]
    write(RISING)
    with talking(env={"BACKTEST_CSV_DIR": str(tmp_path)}) as talk:
        first = talk.ask(asked)
        write(RISING[::-1])
        second = talk.ask(asked)
    assert first["metrics"]["total_return"] > 0 > second["metrics"]["total_return"]


def test_a_small_memory_limit_does_not_shrink_the_next_requests() -> None:
    small = request(limits={"memory_mb": 16})
    dates = weekdays(4000)
    close = {f"S{n}": [100.0 + (n + day) % 7 for day in range(len(dates))] for n in range(20)}
    large = inline(close, dates, start_date=dates[0], end_date=dates[-1], output={"include": ["metrics"]})
    padded = to_bytes(large) + b" " * 12 * MEBIBYTE
    with talking(env={"BACKTEST_MAX_REQUEST_BYTES": str(32 * MEBIBYTE)}) as talk:
        assert code_of(talk.ask(padded)) == "OK"
        for _ in range(2):
            assert code_of(talk.ask(small)) == "OK"
            assert code_of(talk.ask(padded)) == "OK"


# ---- a request that misbehaves fails alone


@pytest.mark.promise("segfault-WORKER_CRASHED")
@pytest.mark.parametrize(
    ("strategy", "code"),
    [
        *((name, "WORKER_CRASHED") for name in (
            "segfault", "abort", "kill_itself", "exit_three", "exit_zero", "system_exit", "interrupt", "import_exits",
            "close_everything", "daemonise_and_crash")),
        *((name, "INTERNAL") for name in (
            "fail", "fail_unprintably", "recurse", "return_none", "broken", "missing_name", "without_schema",
            "negative")),
        *((name, "OK") for name in (
            "honest", "print_much", "import_prints", "flood_stderr", "daemonise", "fork_many", "start_threads")),
        ("write_everywhere", None),
    ],
)  # fmt: skip
def test_a_request_that_misbehaves_fails_alone(strategy: str, code: str | None) -> None:
    with talking() as talk:
        talk.say(GOOD)
        before = talk.hear()
        talk.say(hostile(strategy, limits={"timeout_seconds": 1 if code is None else 60}), GOOD)
        first, second = talk.hear(), talk.hear()
        document = document_in(first)
        assert document["request_id"] == "hostile"
        assert_discreet(document)
        assert code is None or code_of(document) == code
        assert untimed(second) == untimed(before)
        assert len(alive(talk.mark)) == 2
        assert talk.end() == (0, [])
    assert_nobody_left(talk.mark)


@pytest.mark.promise("spin")
@pytest.mark.parametrize("strategy", ["spin", "sleep_deaf", "long_call", "stop_itself", "daemonise_and_spin"])
def test_a_runaway_is_stopped_at_its_deadline_and_the_next_request_is_run(strategy: str) -> None:
    with talking() as talk:
        talk.say(hostile(strategy, limits={"timeout_seconds": 0.5}), GOOD)
        document, good = talk.documents(2)
        assert (document["code"], document["request_id"]) == ("TIMEOUT", "hostile")
        assert "0.5 second" in document["detail"]
        assert good["success"]
        assert len(alive(talk.mark)) == 2


def test_the_operators_deadline_and_cap_hold() -> None:
    env: dict[str, str | None] = {"BACKTEST_TIMEOUT_SECONDS": "0.5", "BACKTEST_MAX_TIMEOUT_SECONDS": "0.7"}
    with talking(env=env) as talk:
        talk.say(hostile("spin"), hostile("spin", limits={"timeout_seconds": 600}))
        assert [document["code"] for document in talk.documents(2)] == ["TIMEOUT", "TIMEOUT"]


@pytest.mark.parametrize("timeout", [1e-9, 5e-324])
def test_a_deadline_that_nobody_can_meet_is_answered_with_timeout(timeout: float) -> None:
    with talking() as talk:
        assert talk.ask(hostile("sleep", limits={"timeout_seconds": timeout}))["code"] == "TIMEOUT"
        assert talk.ask(GOOD)["success"]


def test_a_cap_of_months_is_no_trouble() -> None:
    env: dict[str, str | None] = {"BACKTEST_TIMEOUT_SECONDS": "1e8", "BACKTEST_MAX_TIMEOUT_SECONDS": "1e9"}
    with talking(env=env) as talk:
        assert talk.ask(GOOD)["success"], talk.stderr
        assert talk.ask(request(limits={"timeout_seconds": 1e9}))["success"]


@pytest.mark.parametrize("strategy", ["allocate", "grow", "hoard"])
def test_a_request_out_of_memory_is_told_so_and_the_next_one_is_run(strategy: str) -> None:
    with talking() as talk:
        document = talk.ask(hostile(strategy, limits={"memory_mb": 64}))
        assert (document["code"], document["request_id"]) == ("MEMORY_LIMIT", "hostile")
        assert talk.ask(GOOD)["success"]
        assert talk.stderr == ""


def test_a_killed_process_fails_only_its_own_request(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep", request_id="killed"))
        killed = has_started(started)
        talk.say(hostile("sleep", request_id="other"))
        has_started(started)
        os.kill(killed, signal.SIGKILL)
        talk.say(GOOD)
        found = {document["request_id"]: code_of(document) for document in talk.documents(2)}
        assert found == {"killed": "WORKER_CRASHED", "good": "OK"}
        talk.say(cancel("other"))
        assert code_of(document_in(talk.hear())) == "CANCELLED"


def test_a_built_in_run_that_is_killed_is_answered_for() -> None:
    long = request(strategy="minimum_variance", request_id="long", start_date="1990-01-02", end_date="2022-12-28",
                   parameters={"rebalance_frequency": "daily"})  # fmt: skip
    with talking("--worker", "--progress") as talk:
        assert talk.ask(GOOD)["success"]
        [child] = children(talk.process.pid)
        talk.say(long)
        talk.say(GOOD)
        assert eventually(lambda: re.search('"simulating".*"long"|"long".*"simulating"', talk.stderr))
        os.kill(child, signal.SIGKILL)
        first, second = talk.documents(2)
        assert (code_of(first), first["request_id"]) == ("WORKER_CRASHED", "long")
        assert "SIGKILL" in first["detail"]
        assert second["success"]


def test_a_process_that_is_killed_while_it_waits_is_replaced() -> None:
    with talking() as talk:
        for _ in range(3):
            assert talk.ask(GOOD)["success"]
            [child] = children(talk.process.pid)
            os.kill(child, signal.SIGKILL)
            assert eventually(lambda: child not in children(talk.process.pid))  # noqa: B023
            assert eventually(lambda: len(children(talk.process.pid)) == 1)
        assert talk.ask(GOOD)["success"]


@pytest.mark.parametrize("size", [0, 2 * MEBIBYTE], ids=["small", "larger than a pipe"])
def test_a_process_that_stands_still_before_it_reads_is_replaced_at_the_deadline(size: int) -> None:
    with talking(env={"BACKTEST_TIMEOUT_SECONDS": "5"}) as talk:
        assert talk.ask(GOOD)["success"]
        [child] = children(talk.process.pid)
        os.kill(child, signal.SIGSTOP)
        talk.say(to_bytes(GOOD) + b" " * size)
        document = document_in(talk.hear())
        assert (code_of(document), document["request_id"]) == ("TIMEOUT", "good")
        assert talk.ask(GOOD)["success"]


FORGERS = """
import struct

def pipes():
    for descriptor in range(3, 64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        yield descriptor

def tell(kind, payload):
    for descriptor in pipes():
        try:
            os.write(descriptor, struct.pack("<cQ", kind, len(payload)) + payload)
        except OSError:
            pass

@Hostile
def done_of_nothing(weights):
    tell(b"D", b"")

@Hostile
def progress_of_garbage(weights):
    tell(b"P", b"garbage")

@Hostile
def progress_of_another_stage(weights):
    tell(b"P", b'["dancing", 1, 2]')

@Hostile
def limits_of_garbage(weights):
    tell(b"L", b'"x"')

@Hostile
def known_of_garbage(weights):
    tell(b"K", b"\\xff")

@Hostile
def longer_deadline(weights):
    import time
    tell(b"L", b"[1000, false]")
    tell(b"K", b'"somebody else"')
    time.sleep(1000)

@Hostile
def zeros(weights):
    for descriptor in pipes():
        try:
            os.write(descriptor, bytes(4096))
        except OSError:
            pass
"""


@pytest.mark.parametrize(
    "strategy",
    [
        "done_of_nothing", "progress_of_garbage", "progress_of_another_stage", "limits_of_garbage", "known_of_garbage",
        "zeros",
    ],
)  # fmt: skip
def test_garbage_from_a_plug_in_fails_only_its_own_request(strategy: str, tmp_path: Path) -> None:
    with talking(env=plug_in(tmp_path, FORGERS)) as talk:
        talk.say(hostile(strategy, limits={"timeout_seconds": 1}), GOOD)
        first, second = talk.hear(), talk.hear()
        assert first, f"the worker is gone: {talk.stderr[-600:]}"
        assert document_in(second)["success"]
        assert talk.end() == (0, [])


def test_a_plug_in_cannot_move_its_deadline_nor_answer_for_another(tmp_path: Path) -> None:
    with talking(env=plug_in(tmp_path, FORGERS)) as talk:
        talk.say(hostile("longer_deadline"), GOOD)
        first, second = document_in(talk.hear()), document_in(talk.hear())
        assert (first["code"], first["request_id"]) == ("WORKER_CRASHED", "hostile")
        assert second["success"]
        assert talk.end() == (0, [])


def test_what_one_plug_in_detached_is_not_ended_with_another(tmp_path: Path) -> None:
    source = """
import time

@Hostile
def wait_for_helper(weights):
    open(os.environ["HELPER"] + ".ready", "w").close()
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(2)
            os.write(writing, b"x")
            os._exit(0)
        os._exit(0)
    os.close(writing)
    os.wait()
    assert os.read(reading, 1) == b"x"
"""
    env = plug_in(tmp_path, source) | {"HELPER": str(tmp_path / "helper")}
    with talking("--worker", "--jobs", "2", env=env) as talk:
        talk.say(hostile("wait_for_helper", request_id="with a helper"))
        assert eventually((tmp_path / "helper.ready").exists)
        time.sleep(0.2)
        talk.say(hostile("honest", request_id="honest"))
        found = {document["request_id"]: code_of(document) for document in talk.documents(2)}
    assert found == {"honest": "OK", "with a helper": "OK"}


# ---- cancelling


@pytest.mark.promise
def test_the_running_request_is_cancelled_by_its_id(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking(env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep_deaf", request_id="running"), GOOD)
        has_started(started)
        talk.say(cancel("running"))
        first, second = talk.documents(2)
        assert (first["code"], first["request_id"]) == ("CANCELLED", "running")
        assert code_of(second) == "OK"
        assert talk.end() == (0, [])


def test_a_waiting_request_is_cancelled_and_the_running_one_goes_on(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking(env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep", request_id="running"), *(request(request_id=name) for name in "abc"))
        has_started(started)
        talk.say(cancel("b"))
        cancelled = document_in(talk.hear())
        assert (cancelled["code"], cancelled["request_id"]) == ("CANCELLED", "b")
        talk.say(cancel("running"))
        assert [document["request_id"] for document in talk.documents(3)] == ["running", "a", "c"]
        assert talk.end() == (0, [])


def test_a_request_is_cancelled_the_moment_after_it_was_sent() -> None:
    with talking() as talk:
        for _ in range(10):
            talk.say(hostile("sleep", request_id="é"), cancel("é"))
            document = document_in(talk.hear())
            assert (document["code"], document["request_id"]) == ("CANCELLED", "é")
        assert talk.ask(GOOD)["success"]


def test_cancelling_null_cancels_those_without_an_id(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep", request_id="named"))
        has_started(started)
        talk.say(hostile("sleep", request_id=...))
        has_started(started)
        talk.say(request(), request(request_id="waiting"), cancel(None))
        found = talk.documents(3)
        assert sorted(code_of(document) for document in found) == ["CANCELLED", "CANCELLED", "OK"]
        assert [document["request_id"] for document in found if document["success"]] == ["waiting"]
        assert all("request_id" not in document for document in found if not document["success"])
        talk.say(cancel("named"))
        assert document_in(talk.hear())["request_id"] == "named"


def test_every_run_with_the_id_is_cancelled(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        for _ in range(2):
            talk.say(hostile("sleep", request_id="twin"))
            has_started(started)
        talk.say(request(request_id="twin"), cancel("twin"))
        assert {(document["code"], document["request_id"]) for document in talk.documents(3)} == {("CANCELLED", "twin")}


def test_cancelling_what_is_not_there_is_answered_with_nothing() -> None:
    with talking() as talk:
        talk.say(cancel("nobody"), cancel(None), cancel(""), cancel("good"), GOOD)
        assert document_in(talk.hear())["success"]
        talk.say(cancel("good"))
        assert talk.end() == (0, [])
        assert talk.stderr == ""


@pytest.mark.parametrize(
    "line",
    [
        b"cancel", b"cancel ", b"cancel 5", b'cancel ["running"]', b'cancel "running', b"cancel running", b"cancel NaN",
        b'cancel "running" {}', b'cancel"running"', b' cancel "running"', b'CANCEL "running"', b'cancel "\xff"',
        b"cancel " + b"[" * 100_000, b"cancel " + b"9" * 10_000, b'{"cancel": "running"}', b'{"cancel": null}',
    ],
)  # fmt: skip
def test_a_malformed_control_line_is_a_bad_request(line: bytes, tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep", request_id="running"))
        has_started(started)
        document = talk.ask(line)
        assert document["code"] in ("VALIDATION_FAILED", "INVALID_JSON")
        assert_discreet(document, line)
        assert talk.ask(GOOD)["success"]
        talk.say(cancel("running"))
        assert document_in(talk.hear())["request_id"] == "running"


def test_a_cancellation_behind_hundreds_of_waiting_requests_is_seen(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking(env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep", request_id="running"))
        has_started(started)
        talk.say(*[request(request_id=str(n)) for n in range(400)])
        talk.say(cancel("running"))
        document = document_in(talk.hear())
        assert (document["code"], document["request_id"]) == ("CANCELLED", "running")
        assert len(talk.documents(400)) == 400


# ---- the end


def test_the_end_of_stdin_finishes_what_was_asked_for() -> None:
    with talking("--worker", "--jobs", "2") as talk:
        talk.say(*(request(request_id=str(n)) for n in range(40)), hostile("sleep", limits={"timeout_seconds": 1}))
        status, lines = talk.end()
        assert status == 0
        assert sorted(code_of(document_in(line)) for line in lines) == ["OK"] * 40 + ["TIMEOUT"]
        assert_nobody_left(talk.mark)


def test_an_end_of_stdin_without_a_request_is_an_end() -> None:
    with talking() as talk:
        assert talk.end() == (0, [])
        assert talk.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_cancels_what_was_accepted_each_with_one_document(number: signal.Signals, tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        for name in ("r1", "r2"):
            talk.say(hostile("sleep_deaf", request_id=name))
            has_started(started)
        talk.say(*(request(request_id=f"w{n}") for n in range(5)), BAD, cancel("w3"))
        assert document_in(talk.hear())["request_id"] == "w3"  # they have all been taken in
        for _ in range(3):
            talk.process.send_signal(number)
        documents = [document_in(line) for line in iter(talk.hear, b"")]
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert [document["code"] for document in documents] == ["CANCELLED"] * 7
        names = [document.get("request_id") for document in documents]
        assert sorted(names, key=str) == [None, "r1", "r2", "w0", "w1", "w2", "w4"]
        assert any(number.name in document["detail"] for document in documents)
        assert talk.stderr == ""
        assert_nobody_left(talk.mark)


def test_a_signal_while_it_waits_for_requests_is_an_end() -> None:
    with talking() as talk:
        assert talk.ask(GOOD)["success"]
        talk.process.send_signal(signal.SIGTERM)
        assert [*iter(talk.hear, b"")] == []
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert talk.stderr == ""
        assert_nobody_left(talk.mark)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_is_starting_is_an_end_as_well(number: signal.Signals) -> None:
    with talking() as talk:
        talk.say(GOOD)
        maps = Path(f"/proc/{talk.process.pid}/maps")
        assert eventually(lambda: "numpy" in maps.read_text())  # in the middle of its imports
        talk.process.send_signal(number)
        lines = [*iter(talk.hear, b"")]
        assert talk.process.wait(timeout=PATIENCE) == 5, talk.stderr[-300:]
        assert talk.stderr == ""
        assert len(lines) <= 1
        assert_nobody_left(talk.mark)


def test_a_signal_to_the_whole_group_is_answered(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking(env={"HOSTILE_STARTED": str(started)}, start_new_session=True) as talk:
        talk.say(hostile("sleep", request_id="running"))
        has_started(started)
        os.killpg(talk.process.pid, signal.SIGINT)
        assert document_in(talk.hear())["code"] == "CANCELLED"
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert_nobody_left(talk.mark)


@pytest.mark.promise
def test_a_killed_worker_leaves_nobody(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--jobs", "3", env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(hostile("sleep_deaf"))
        has_started(started)
        talk.process.kill()
        talk.process.wait()
        assert_nobody_left(talk.mark)


def test_a_worker_whose_caller_is_killed_leaves_nobody(tmp_path: Path) -> None:
    started = tmp_path / "started"
    caller = (
        "import subprocess, sys, time\n"
        "pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}\n"
        "worker = subprocess.Popen([sys.executable, sys.argv[1], '--worker'], **pipes)\n"
        "worker.stdin.write(sys.stdin.buffer.readline())\n"
        "worker.stdin.flush()\n"
        "time.sleep(600)\n"
    )
    env: dict[str, str | None] = {"HOSTILE_STARTED": str(started)}
    asked = to_bytes(hostile("sleep_deaf", limits={"timeout_seconds": 60})) + b"\n"
    with running(asked, RUNNER, env=env, entry=("-c", caller)) as process:
        has_started(started)
        process.kill()
        process.wait()
        assert_nobody_left(process.mark)  # type: ignore[attr-defined]


@pytest.mark.parametrize("busy", [False, True])
def test_everything_ends_when_nobody_reads_stdout_any_more(busy: bool, tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking(env={"HOSTILE_STARTED": str(started)}) as talk:
        if busy:
            talk.say(hostile("daemonise_and_spin"), GOOD)
            has_started(started)
        else:
            assert talk.ask(GOOD)["success"]
        assert talk.process.stdout is not None
        talk.process.stdout.close()
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert talk.stderr == ""
        assert_nobody_left(talk.mark)


def test_a_reader_that_reads_nothing_for_a_while_stops_no_deadline_and_loses_nothing(tmp_path: Path) -> None:
    started = tmp_path / "started"
    whole = request(start_date="1990-01-02", end_date="2022-12-28")  # an answer of a megabyte
    with talking("--worker", "--jobs", "2", env={"HOSTILE_STARTED": str(started)}) as talk:
        pid = talk.process.pid
        assert talk.ask(GOOD)["success"]
        talk.say(hostile("sleep", limits={"timeout_seconds": 6}))
        late = has_started(started)
        begun = rss_mb(pid)
        count = 60
        writer = threading.Thread(target=talk.say, args=[{**whole, "request_id": str(n)} for n in range(count)])
        writer.start()
        assert eventually(lambda: not is_running(late)), "the deadline was not kept"
        time.sleep(1)
        assert rss_mb(pid) < begun + 25
        documents = [json.loads(talk.hear()) for _ in range(count + 1)]
        writer.join()
        assert rss_mb(pid) < begun + 25
        assert sorted(code_of(document) for document in documents) == ["OK"] * count + ["TIMEOUT"]
        assert len({document["request_id"] for document in documents}) == count + 1
        assert talk.end() == (0, [])


def test_a_reader_that_is_slow_at_the_end_still_gets_every_document() -> None:
    whole = request(start_date="1990-01-02", end_date="2022-12-28")
    with talking() as talk:
        talk.say(*({**whole, "request_id": str(n)} for n in range(6)))
        talk.close()
        time.sleep(2)
        assert [json.loads(line)["request_id"] for line in iter(talk.hear, b"")] == [*"012345"]
        assert talk.process.wait(timeout=PATIENCE) == 0


def test_a_signal_ends_it_even_where_nobody_reads() -> None:
    whole = request(start_date="1990-01-02", end_date="2022-12-28")
    with talking() as talk:
        assert talk.process.stdout is not None
        talk.say(*[whole] * 10)
        assert select.select([talk.process.stdout], [], [], 20)[0]
        talk.process.send_signal(signal.SIGTERM)
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert_nobody_left(talk.mark)


# ---- progress


def events_of(text: str) -> dict[str | None, list[dict[str, Any]]]:
    """Return the events of every run, having checked what holds of each stream of them."""
    assert text == "" or text.endswith("\n")
    found: dict[str | None, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        event = json.loads(line)
        assert_schema(event, "progress")
        found.setdefault(event.get("request_id"), []).append(event)
    for events in found.values():
        assert [event["seq"] for event in events] == [*range(1, len(events) + 1)]
        shares = [event["progress"] for event in events]
        assert shares == sorted(shares)
    return found


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_progress_is_told_of_every_run_to_its_end(jobs: str) -> None:
    asked = [request(request_id=f"good {n}") for n in range(10)] + [
        request(request_id="bad", holdings=[]), hostile("spin", request_id="late", limits={"timeout_seconds": 0.7}),
        hostile("exit_three", request_id="dead"), request(request_id="no prices", holdings=one_holding("NOPE")),
    ]  # fmt: skip
    with talking("--worker", "--progress", "--jobs", jobs) as talk:
        talk.say(*asked)
        _, lines = talk.end()
        found = events_of(talk.stderr)
    assert len(lines) == len(asked)
    assert found.keys() == {one["request_id"] for one in asked}
    for name, events in found.items():
        assert name is not None
        assert events[-1]["stage"] == ("completed" if name.startswith("good") else "failed")
        assert (events[-1]["progress"] == 1) is name.startswith("good")


def test_the_last_event_of_a_cancelled_run_is_cancelled(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--worker", "--progress", env={"HOSTILE_STARTED": str(started)}) as talk:
        for end in ("control", "signal"):
            talk.say(hostile("sleep", request_id=end))
            has_started(started)
            if end == "control":
                talk.say(cancel(end))
            else:
                talk.process.send_signal(signal.SIGTERM)
            assert document_in(talk.hear())["code"] == "CANCELLED"
        talk.process.wait(timeout=PATIENCE)
        assert [events[-1]["stage"] for events in events_of(talk.stderr).values()] == ["cancelled", "cancelled"]


def test_progress_changes_nothing_in_the_documents_and_is_not_told_unasked() -> None:
    with talking() as quiet, talking("--worker", "--progress") as loud:
        for talk in (quiet, loud):
            talk.say(GOOD)
        assert untimed(quiet.hear()) == untimed(loud.hear())
        assert quiet.stderr == ""
        assert events_of(loud.stderr).keys() == {"good"}


def test_progress_goes_to_the_descriptor_that_the_operator_names() -> None:
    reading, writing = os.pipe()
    env: dict[str, str | None] = {"BACKTEST_PROGRESS_FD": str(writing)}
    with talking("--worker", "--progress", env=env, pass_fds=(writing,)) as talk:
        os.close(writing)
        talk.say(GOOD, hostile("honest"))
        assert [code_of(document) for document in talk.documents(2)] == ["OK", "OK"]
        assert talk.end() == (0, [])
        assert talk.stderr == ""
        with os.fdopen(reading) as pipe:  # which ends, since nobody holds it any more
            found = events_of(pipe.read())
    assert {name: events[-1]["stage"] for name, events in found.items()} == {
        "good": "completed",
        "hostile": "completed",
    }


@pytest.mark.parametrize("descriptor", ["0", "1", "3", "5", "8", "900000"])
def test_a_progress_descriptor_that_is_not_open_does_no_harm(descriptor: str) -> None:
    with talking("--worker", "--progress", env={"BACKTEST_PROGRESS_FD": descriptor}) as talk:
        talk.say(GOOD, BAD, GOOD)
        assert [code_of(document) for document in talk.documents(3)] == ["OK", "VALIDATION_FAILED", "OK"]
        assert talk.end() == (0, [])


def full_pipe() -> tuple[int, int]:
    """Return a pipe that holds all that it can."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b"x" * 4096)
    return reading, writing


def test_progress_that_nobody_reads_does_not_hold_up_the_runs() -> None:
    reading, writing = full_pipe()
    try:
        with talking("--worker", "--progress", "--jobs", "2", stderr=writing) as talk:
            ends = time.monotonic() + 12
            talk.say(*[BAD] * 30)
            for _ in range(30):
                document_in(talk.hear(within=max(ends - time.monotonic(), 0)))
            assert talk.ask(GOOD)["success"]
    finally:
        os.close(reading)
        os.close(writing)


def test_progress_whose_reader_has_gone_does_no_harm() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with talking("--worker", "--progress", stderr=writing) as talk:
        os.close(writing)
        talk.say(GOOD, BAD, hostile("exit_three"), GOOD)
        found = [code_of(document) for document in talk.documents(4)]
        assert found == ["OK", "VALIDATION_FAILED", "WORKER_CRASHED", "OK"]
        assert talk.end() == (0, [])


def test_an_exception_is_told_from_a_crash_even_where_nobody_reads_stderr() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with talking(stderr=writing) as talk:
        os.close(writing)
        talk.say(hostile("fail"), GOOD)
        assert [code_of(document) for document in talk.documents(2)] == ["INTERNAL", "OK"]


# ---- it can live for long


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_twenty_crashes_leave_no_descriptor_and_no_zombie() -> None:
    with talking("--worker", "--jobs", "2") as talk:
        pid = talk.process.pid
        talk.say(*[hostile("exit_three")] * 4, GOOD)
        talk.documents(5)
        assert eventually(lambda: len(children(pid)) == 2)
        before = descriptors(pid)
        talk.say(*[hostile(name) for name in ("exit_three", "segfault", "daemonise_and_crash", "fail", "honest")] * 4)
        for _ in range(20):
            talk.hear()
        assert talk.ask(GOOD)["success"]
        assert eventually(lambda: len(children(pid)) == 2)
        assert descriptors(pid) == before
        assert len(alive(talk.mark)) == 3


def test_memory_does_not_grow_over_thousands_of_runs() -> None:
    def ask_many(times: int) -> None:
        for n in range(times // 4):
            talk.say(
                inline({"X": RISING}, request_id=str(n)), request(holdings=[], request_id=str(n)),
                inline({"X": RISING, "Y": RISING[::-1]}, initial_capital=1000 + n), b'{"holdings": [{"symbol": 5}]}',
            )  # fmt: skip
            found = [talk.hear().startswith(b'{"success":true') for _ in range(4)]
            assert found == [True, False, True, False]

    with talking() as talk:
        ask_many(400)
        [first] = children(talk.process.pid)
        parent, child = rss_mb(talk.process.pid), rss_mb(first)
        ask_many(500)
        assert children(talk.process.pid) == [first]
        assert rss_mb(first) < child + 8
        ask_many(1200)
        assert first not in children(talk.process.pid), "it was never replaced"
        [last] = children(talk.process.pid)
        assert rss_mb(last) < child + 8
        assert rss_mb(talk.process.pid) < parent + 4
        assert talk.end() == (0, [])
        assert talk.stderr == ""


# ---- flags and descriptors


@pytest.mark.parametrize(
    "flags",
    [
        ["--worker", "--pretty"], ["--worker", "--jobs", "0"], ["--worker", "--jobs", "x"], ["--worker", "--jobs"],
        ["--worker", "--jobs", "-1"], ["--worker", "--jobs", "1.5"], ["--worker", "--jobs", "١"],
        ["--worker", "--jobs="], ["--worker", "--jobs", ""], ["--worker", "--jobs", "9" * 5000], ["--jobs", "--worker"],
        ["--worker", "--batch"],
        ["--worker", "--jbos", "2"], ["--worker", "-x"], ["--worker", "golden"], ["--worker=1"], ["--jobs", "2"],
        ["--worker", "--list-strategies"], ["--worker", "--list-symbols"], ["--worker", "\udcff"],
    ],
)  # fmt: skip
def test_flags_that_make_no_sense_are_one_document(flags: list[str]) -> None:
    run = run_runner(to_bytes(GOOD) + b"\n", *flags)

    document = assert_one_document(run, code="VALIDATION_FAILED")

    assert_nobody_left(run.mark)
    assert "--exit-zero" not in document["detail"], "it was not given"
    quoted = re.search(r"Unknown argument '([^']*)'. Did you mean '([^']*)'", document["detail"])
    assert quoted is None or quoted[1] != quoted[2], document["detail"]


@pytest.mark.parametrize(
    "flags",
    [["--jobs=2", "--worker"], ["--worker", "--jobs", "2", "--exit-zero"], ["--worker", "--progress", "--jobs=1"]],
)
def test_flags_may_come_in_any_order(flags: list[str]) -> None:
    with talking(*flags) as talk:
        assert talk.ask(GOOD)["success"]
        assert talk.end() == (0, [])


def shell(script: str, asked: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = ["/bin/sh", "-c", script, sys.executable]
    given = {"env": environment(plug_ins=True), "cwd": ROOT, "timeout": 30, "check": False, **options}
    return subprocess.run(command, input=asked, capture_output=True, **given)


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null"])
def test_a_worker_without_stdin_is_at_its_end(redirection: str) -> None:
    done = shell(f'exec "$0" backtest_runner.py --worker {redirection}')

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_worker_without_stdout_says_so_by_its_exit_status() -> None:
    done = shell('exec "$0" backtest_runner.py --worker >&-', b"{}\n")

    assert (done.returncode, done.stderr) == (5, b"")


@pytest.mark.parametrize("flags", ["", "--progress"])
def test_a_worker_without_stderr_answers(flags: str) -> None:
    asked = [GOOD, hostile("fail"), hostile("print_much"), BAD]
    done = shell(f'exec "$0" backtest_runner.py --worker {flags} 2>&-', b"\n".join(map(to_bytes, asked)))

    found = [code_of(document_in(line)) for line in done.stdout.splitlines(keepends=True)]
    assert (done.returncode, found) == (0, ["OK", "INTERNAL", "OK", "VALIDATION_FAILED"])


def test_a_full_disk_under_stdout_is_a_failure_without_a_traceback() -> None:
    done = shell('exec "$0" backtest_runner.py --worker >/dev/full', b"{}\n")

    assert b"Traceback" not in done.stderr
    assert done.returncode == 5


def test_stdout_may_be_a_file(tmp_path: Path) -> None:
    done = shell(f'exec "$0" backtest_runner.py --worker > {tmp_path}/out', b"{}\n" * 5)

    assert (done.returncode, (tmp_path / "out").read_bytes().count(b"\n")) == (0, 5)


def test_stdin_and_stdout_may_be_one_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, running(None, "--worker", stdin=theirs, stdout=theirs) as process:
        theirs.close()
        ours.settimeout(30)
        ours.sendall(to_bytes(GOOD) + b"\n" + BAD + b"\n")
        ours.shutdown(socket.SHUT_WR)
        heard = b"".join(iter(lambda: ours.recv(1 << 16), b""))
        assert process.wait(timeout=PATIENCE) == 0
    assert [code_of(document_in(line)) for line in heard.splitlines(keepends=True)] == ["OK", "VALIDATION_FAILED"]


@pytest.mark.parametrize("most", [24, 41])
def test_more_processes_than_descriptors_allow_are_no_trouble(most: int) -> None:
    done = shell(f'ulimit -n {most}; exec "$0" backtest_runner.py --worker --jobs 64', b"{}\n" * 20)

    assert done.stderr == b""
    assert done.stdout.count(b'"VALIDATION_FAILED"') == 20
    assert done.returncode == 0


@pytest.mark.parametrize(("name", "value"), [("BACKTEST_TIMEOUT_SECONDS", "abc"), ("BACKTEST_PROGRESS_FD", "two")])
def test_a_wrong_setting_of_the_operator_is_one_document(name: str, value: str) -> None:
    document = assert_one_document(run_runner(to_bytes(GOOD), "--worker", env={name: value}), code="INTERNAL")

    assert name in document["detail"]


def test_the_numerics_may_have_threads_where_the_operator_wants_them() -> None:
    env: dict[str, str | None] = {"OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    asked = [whole for name, whole in examples() if name in ("minimum_variance", "risk_parity")]
    with talking("--worker", "--jobs", "2", env=env) as talk:
        talk.say(*asked * 2)
        assert [code_of(document) for document in talk.documents(4)] == ["OK"] * 4
