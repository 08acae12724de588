"""Whatever the child process does, or has done to it: one document, in time, and no process left behind."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_discreet, assert_one_document, parse, problems, untimed, warning_codes
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE, alive, assert_nobody_left, eventually
from tests.support.runner import MARGIN, Run, environment, finish, run_runner, running
from tests.support.sample_requests import inline, request

pytestmark = pytest.mark.full

# The supervisor as it works where there is no fork: the same, but the child process is a subprocess.
WITHOUT_FORK = (
    "-c",
    "import os, sys; sys.path.insert(0, os.getcwd())\n"
    "from backtester.commands.run import deliver, take_stdout\n"
    "from backtester.runtime.progress import Events\n"
    "from backtester.settings import read_settings\n"
    "from backtester.runtime.single_run import supervise\n"
    "stdout = take_stdout()\n"
    "answer = supervise(read_settings(), Events(None), source=0, caller=stdout, fork=False)\n"
    "answer.document is not None and deliver(stdout, answer.document)\n"
    "os._exit(answer.exit_code)\n",
)


def hostile(strategy: str, **changes: Any) -> dict[str, Any]:
    return request(strategy=strategy, request_id="r-1", **changes)


def run_hostile(strategy: str, **changes: Any) -> Run:
    run = run_runner(hostile(strategy, **changes), plug_ins=True)
    assert_nobody_left(run.mark)
    return run


def worker_of(started: Path) -> int:
    """Wait until the strategy decides, and return the process that it decides in."""
    assert eventually(started.exists), "the strategy was never asked"
    return int(started.read_text())


# ---- the child process ends, or never does


@pytest.mark.promise
def test_an_honest_plug_in_is_run() -> None:
    run = run_hostile("honest")
    built_in = run_runner(request(strategy="buy_hold", request_id="r-1"))

    document = assert_one_document(run, code="OK")

    assert document["metrics"] == built_in.document["metrics"]
    assert document["request"]["parameters"] == {"rebalance_frequency": "never", "size": 1}


@pytest.mark.promise
def test_a_killed_worker_still_answers(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep"), env={"HOSTILE_STARTED": str(started)}) as process:
        os.kill(worker_of(started), signal.SIGKILL)
        run = finish(process, timeout=MARGIN)

    document = assert_one_document(run, code="WORKER_CRASHED")

    assert document["request_id"] == "r-1"
    assert "SIGKILL" in document["detail"]
    assert_nobody_left(run.mark)


@pytest.mark.promise("segfault-SIGSEGV", "exit_zero-0")
@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("segfault", "SIGSEGV"), ("abort", "SIGABRT"), ("kill_itself", "SIGKILL"), ("exit_three", "3"),
        ("exit_zero", "0"), ("import_exits", ""), ("system_exit", ""), ("interrupt", ""), ("close_everything", ""),
    ],
)  # fmt: skip
def test_a_worker_that_dies_is_answered_for(strategy: str, said: str) -> None:
    run = run_hostile(strategy)

    quiet = strategy in ("segfault", "kill_itself", "exit_three")
    document = assert_one_document(run, code="WORKER_CRASHED", quiet=quiet)

    assert said in document["detail"]
    assert document["request_id"] == "r-1"


@pytest.mark.promise("allocate")
@pytest.mark.parametrize("strategy", ["allocate", "grow", "hoard"])
def test_a_worker_out_of_memory_is_told_so(strategy: str) -> None:
    run = run_hostile(strategy, limits={"memory_mb": 64})

    document = assert_one_document(run, code="MEMORY_LIMIT")

    assert document["request_id"] == "r-1"


@pytest.mark.promise("spin")
@pytest.mark.parametrize(
    "strategy", ["spin", "sleep_deaf", "long_call", "long_regex", "stop_itself", "daemonise_and_spin"]
)
def test_a_runaway_is_stopped_at_the_deadline(strategy: str) -> None:
    run = run_hostile(strategy, limits={"timeout_seconds": 1})

    document = assert_one_document(run, code="TIMEOUT")

    assert document["request_id"] == "r-1"
    assert "1 second" in document["detail"]


def test_the_operators_deadline_holds_where_the_request_names_none() -> None:
    run = run_runner(hostile("spin"), plug_ins=True, env={"BACKTEST_TIMEOUT_SECONDS": "0.7"})

    assert "0.7 second" in assert_one_document(run, code="TIMEOUT")["detail"]


@pytest.mark.promise
def test_the_operators_cap_holds_where_the_request_asks_for_more() -> None:
    run = run_runner(
        hostile("spin", limits={"timeout_seconds": 600}), plug_ins=True, env={"BACKTEST_MAX_TIMEOUT_SECONDS": "0.7"}
    )

    assert "0.7 second" in assert_one_document(run, code="TIMEOUT")["detail"]


@pytest.mark.parametrize("timeout", [1e-9, 5e-324, 0.001])
def test_a_deadline_that_nobody_can_meet_is_answered_with_timeout(timeout: float) -> None:
    run = run_runner(hostile("sleep", limits={"timeout_seconds": timeout}), plug_ins=True)

    assert_one_document(run, code="TIMEOUT")
    assert_nobody_left(run.mark)


# ---- what the work says, and to whom


def test_what_a_strategy_prints_never_reaches_stdout() -> None:
    run = run_hostile("print_much")

    document = assert_one_document(run, code="OK", quiet=False)

    assert document["success"] is True
    for said in ("printed", "put", "echoed"):
        assert said in run.stderr


def test_what_a_plug_in_prints_at_import_never_reaches_stdout() -> None:
    assert_one_document(run_hostile("import_prints"), code="OK", quiet=False)


@pytest.mark.promise
def test_a_strategy_that_writes_to_every_descriptor_does_not_reach_stdout() -> None:
    run = run_hostile("write_everywhere", limits={"timeout_seconds": 5})

    assert_one_document(run, quiet=False)


def test_a_strategy_that_floods_stderr_is_answered() -> None:
    assert_one_document(run_hostile("flood_stderr"), code="OK", quiet=False)


@pytest.mark.promise("fail")
@pytest.mark.parametrize(
    "strategy", ["fail", "fail_unprintably", "recurse", "return_none", "broken", "missing_name", "without_schema"]
)
def test_an_exception_is_reported_to_the_operator_and_not_to_the_caller(strategy: str) -> None:
    run = run_hostile(strategy)

    document = assert_one_document(run, code="INTERNAL", quiet=False)

    assert "Traceback" in run.stderr
    assert document["request_id"] == "r-1"
    assert "secret" not in run.stdout.decode()
    assert "library" not in run.stdout.decode()
    assert len(run.stdout) < 2000


@pytest.mark.parametrize(
    "strategy", ["wrong_columns", "wrong_rows", "one_dimension", "words", "infinite", "negative", "above_one"]
)
def test_weights_that_make_no_sense_are_never_simulated(strategy: str) -> None:
    run = run_hostile(strategy)

    document = assert_one_document(run, code="INTERNAL", quiet=False)

    assert document["request_id"] == "r-1"


def test_weights_of_nan_mean_a_history_that_is_too_short() -> None:
    document = assert_one_document(run_hostile("not_a_number"), code="OK")

    assert "WARM_UP_INCOMPLETE" in warning_codes(document)
    assert document["weights"]["symbols"]["AAPL"][0] == 0.5


def test_weights_may_be_whole_numbers() -> None:
    document = assert_one_document(run_hostile("whole_numbers"), code="OK")

    assert document["weights"]["symbols"] == {"AAPL": [1.0], "MSFT": [0.0]}


def test_a_plug_in_cannot_take_a_built_in_name() -> None:
    assert_one_document(run_hostile("buy_hold"), code="OK")


def test_a_plug_ins_parameters_are_checked_against_its_own_schema() -> None:
    document = assert_one_document(run_hostile("honest", parameters={"size": 11, "sise": 1}), code="VALIDATION_FAILED")

    assert problems(document) == [("/parameters/size", "OUT_OF_RANGE"), ("/parameters/sise", "UNKNOWN_FIELD")]
    assert document["errors"][1]["suggestion"] == "size"


# ---- nobody is left


@pytest.mark.promise("daemonise")
@pytest.mark.parametrize("strategy", ["daemonise", "fork_many", "start_threads"])
def test_what_a_strategy_starts_does_not_outlive_the_run(strategy: str) -> None:
    run = run_hostile(strategy)

    assert_one_document(run, code="OK")


def test_what_a_crashed_strategy_started_does_not_outlive_the_run() -> None:
    run = run_hostile("daemonise_and_crash")

    assert_one_document(run, code="WORKER_CRASHED")


# ---- the caller goes away


@pytest.mark.promise
def test_the_work_ends_when_nobody_reads_stdout_any_more(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep"), env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        assert process.stdout is not None
        process.stdout.close()
        run = finish(process, timeout=MARGIN)

    assert (run.exit, run.stderr) == (5, "")
    assert_nobody_left(run.mark)


def test_a_daemonised_process_ends_too_when_the_caller_goes_away(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("daemonise_and_spin"), env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        assert eventually(lambda: len(alive(process.mark)) == 4)  # type: ignore[attr-defined]
        assert process.stdout is not None
        process.stdout.close()
        run = finish(process, timeout=MARGIN)

    assert (run.exit, run.stderr) == (5, "")
    assert_nobody_left(run.mark)


def test_a_document_that_nobody_reads_is_dropped_in_silence() -> None:
    with running(None) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.close()
        process.stdin.write(b"{}")
        process.stdin.close()
        run = finish(process)

    assert (run.exit, run.stderr) == (5, "")


@pytest.mark.parametrize("size", [1, 200], ids=["small", "larger than a pipe"])
def test_a_reader_that_leaves_in_the_middle_of_the_document_is_survived(size: int) -> None:
    with running(request(end_date="2022-12-28", start_date="1990-01-02" if size > 1 else "2022-01-03")) as process:
        assert process.stdout is not None
        assert process.stdout.read(size)
        process.stdout.close()
        run = finish(process)

    assert run.stderr == ""
    assert run.exit == (5 if size > 1 else 0)
    assert_nobody_left(run.mark)


@pytest.mark.promise("Signals.SIGTERM", "15")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_cancels_the_run_and_is_answered(number: signal.Signals, tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep_deaf"), env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        process.send_signal(number)
        run = finish(process, timeout=MARGIN)

    document = assert_one_document(run, code="CANCELLED")

    assert document["request_id"] == "r-1"
    assert_nobody_left(run.mark)


def test_a_second_signal_does_not_spoil_the_answer(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep_deaf"), env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        for _ in range(20):
            process.send_signal(signal.SIGTERM)
        run = finish(process, timeout=MARGIN)

    assert_one_document(run, code="CANCELLED")
    assert_nobody_left(run.mark)


def test_a_signal_to_the_whole_group_is_answered(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep"), env={"HOSTILE_STARTED": str(started)}, start_new_session=True) as process:
        worker_of(started)
        os.killpg(process.pid, signal.SIGINT)
        run = finish(process, timeout=MARGIN)

    assert_one_document(run, code="CANCELLED")
    assert_nobody_left(run.mark)


def test_a_signal_while_the_request_is_awaited_is_answered() -> None:
    with running(None) as process:
        assert eventually(lambda: len(alive(process.mark)) == 2)  # type: ignore[attr-defined]
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        run = finish(process, timeout=MARGIN)

    assert_one_document(run, code="CANCELLED")
    assert_nobody_left(run.mark)


@pytest.mark.promise
def test_a_killed_runner_takes_its_worker_with_it(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep_deaf"), env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        process.kill()
        run = finish(process)

        assert run.exit == -signal.SIGKILL
        assert_nobody_left(run.mark)


def test_a_runner_killed_while_it_waits_for_its_request_leaves_nobody() -> None:
    with running(None) as process:
        assert eventually(lambda: len(alive(process.mark)) == 2)  # type: ignore[attr-defined]
        process.kill()
        process.wait()

        assert_nobody_left(process.mark)  # type: ignore[attr-defined]


# ---- stdin and the descriptors


def test_a_request_that_begins_and_never_ends_is_answered_with_timeout() -> None:
    with running(b'{"strategy": ', close_stdin=False, env={"BACKTEST_TIMEOUT_SECONDS": "1"}) as process:
        run = finish_unended(process)

    assert_one_document(run, code="TIMEOUT")
    assert_nobody_left(run.mark)


def test_a_request_that_trickles_for_ever_is_answered_with_timeout() -> None:
    with running(b"{", close_stdin=False, env={"BACKTEST_TIMEOUT_SECONDS": "1"}) as process:
        assert process.stdin is not None
        trickle = process.stdin.fileno()
        assert eventually(lambda: process.poll() is not None or not written(trickle, b" "), every=0.05)
        run = finish_unended(process)

    assert_one_document(run, code="TIMEOUT")


def written(descriptor: int, piece: bytes) -> bool:
    """Write; False where nobody reads any more."""
    with contextlib.suppress(BrokenPipeError):
        return os.write(descriptor, piece) > 0
    return False


def finish_unended(process: subprocess.Popen[bytes]) -> Run:
    """Wait for the end of a runner without ending its stdin."""
    stdin, process.stdin = process.stdin, None
    try:
        return finish(process, timeout=PATIENCE)
    finally:
        process.stdin = stdin


def test_a_request_that_comes_in_pieces_is_whole() -> None:
    with running(None) as process:
        assert process.stdin is not None
        for byte in b'{"strategy": "buy_hold"}':
            os.write(process.stdin.fileno(), bytes([byte]))
            time.sleep(0.001)
        process.stdin.close()
        document = assert_one_document(finish(process), code="VALIDATION_FAILED")

    assert len(document["errors"]) == 3


def test_a_runner_may_be_started_long_before_its_request() -> None:
    with running(None, env={"BACKTEST_TIMEOUT_SECONDS": "4"}) as process:
        time.sleep(4.5)
        assert process.stdin is not None
        process.stdin.write(b"[]")
        process.stdin.close()
        assert_one_document(finish(process), code="VALIDATION_FAILED")


def shell(redirections: str, asked: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the runner through a shell that opens and closes its descriptors."""
    command = ["/bin/sh", "-c", f'exec "$0" backtest_runner.py {redirections}', sys.executable]
    env = environment(plug_ins=True)
    return subprocess.run(command, input=asked, capture_output=True, env=env, cwd=ROOT, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null"])
def test_a_runner_without_stdin_answers(redirection: str) -> None:
    done = shell(redirection)

    assert b'"code":"INVALID_JSON"' in done.stdout, done
    assert done.stdout.count(b"\n") == 1
    assert done.returncode == 2


@pytest.mark.parametrize("flag", ["", "--progress"])
@pytest.mark.parametrize("strategy", ["honest", "print_much", "fail"])
def test_a_runner_without_stderr_keeps_its_stdout_for_the_document(strategy: str, flag: str) -> None:
    done = shell(f"{flag} 2>&-", json.dumps(hostile(strategy)).encode())

    document = parse(done.stdout)

    assert isinstance(document, dict), done.stdout[:300]
    assert (done.returncode, document.get("code")) == ((1, "INTERNAL") if strategy == "fail" else (0, None))


@pytest.mark.parametrize("asked", [b"{}", b"x", json.dumps(request()).encode()])
def test_a_runner_without_stdout_says_so_by_its_exit_status(asked: bytes) -> None:
    done = shell(">&-", asked)

    assert done.returncode == 5
    assert done.stderr == b""


def test_a_full_disk_under_stdout_is_a_failure() -> None:
    done = shell(">/dev/full", b"{}")

    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


def test_a_stdout_that_does_not_block_is_written_to_the_end() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, fcntl.fcntl(writing, fcntl.F_GETFL) | os.O_NONBLOCK)
    asked = request(start_date="1990-01-02", end_date="2022-12-28")
    with running(asked, stdout=writing) as process:
        os.close(writing)
        time.sleep(1.0)  # the pipe is full by now
        pieces = []
        while piece := os.read(reading, 1 << 16):
            pieces.append(piece)
        assert process.wait(timeout=PATIENCE) == 0
    os.close(reading)

    assert b"".join(pieces).endswith(b"}\n")
    assert sum(map(len, pieces)) > 1 << 16


# ---- the operator's settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKTEST_TIMEOUT_SECONDS", "abc"), ("BACKTEST_TIMEOUT_SECONDS", "0"), ("BACKTEST_TIMEOUT_SECONDS", "nan"),
        ("BACKTEST_MAX_TIMEOUT_SECONDS", "-1"), ("BACKTEST_MEMORY_MB", "1.5"), ("BACKTEST_MAX_REQUEST_BYTES", "inf"),
        ("BACKTEST_PROGRESS_FD", "two"),
    ],
)  # fmt: skip
def test_a_wrong_setting_of_the_operator_is_one_document(name: str, value: str) -> None:
    run = run_runner(request(), env={name: value})

    document = assert_one_document(run, code="INTERNAL")

    assert name in document["detail"]


@pytest.mark.promise
def test_limits_above_the_operators_are_capped_with_a_warning() -> None:
    asked = request(limits={"timeout_seconds": 1e9, "memory_mb": 1048576})
    run = run_runner(asked, env={"BACKTEST_MAX_TIMEOUT_SECONDS": "20", "BACKTEST_MEMORY_MB": "512"})

    document = assert_one_document(run, code="OK")

    warnings = {warning["code"]: warning for warning in document["warnings"]}
    assert warnings["TIMEOUT_CAPPED"]["pointer"] == "/limits/timeout_seconds"
    assert warnings["MEMORY_CAPPED"]["pointer"] == "/limits/memory_mb"
    assert "20" in warnings["TIMEOUT_CAPPED"]["detail"]
    assert "512" in warnings["MEMORY_CAPPED"]["detail"]


def test_the_longest_timeout_that_a_double_holds_is_capped() -> None:
    document = assert_one_document(run_runner(request(limits={"timeout_seconds": 1.7e308})), code="OK")

    assert warning_codes(document) == ["TIMEOUT_CAPPED"]


def test_a_cap_of_months_is_no_trouble() -> None:
    run = run_runner(request(limits={"timeout_seconds": 1e8}), env={"BACKTEST_MAX_TIMEOUT_SECONDS": "1e9"})

    assert warning_codes(assert_one_document(run, code="OK")) == []


def test_a_cache_folder_that_cannot_be_made_is_no_trouble() -> None:
    assert_one_document(run_runner(request(), env={"BACKTEST_CACHE_DIR": "/proc/none"}), code="OK")


def test_a_home_that_is_nowhere_is_no_trouble() -> None:
    env = {"BACKTEST_CACHE_DIR": None, "HOME": None, "XDG_CACHE_HOME": None}

    assert_one_document(run_runner(request(data=...), env=env), code="OK")


# ---- where there is no fork


@pytest.mark.parametrize(
    "asked",
    [
        request(request_id="r-1"), request(strategy="momentum", holdings=[{"symbol": "AAPL", "allocation": 1}]),
        request(end_date="2023-12-31"), inline({"X": [1.0, 2.0, None, 3, 4, 5, 6, 7, 8, 9]}),
        request(data={"source": "yahoo"}),
        {}, b"", b"{", request(start_date="2030-01-01", end_date="2031-01-01"), request(strategy="honest"),
    ],
)  # fmt: skip
def test_without_fork_the_bytes_are_the_same(asked: Any) -> None:
    forked = run_runner(asked, plug_ins=True)
    spawned = run_runner(asked, plug_ins=True, entry=WITHOUT_FORK)

    document = assert_one_document(spawned)

    assert (spawned.exit, spawned.stderr) == (forked.exit, forked.stderr)
    if document["success"]:
        assert untimed(spawned.stdout) == untimed(forked.stdout)
    else:
        assert spawned.stdout == forked.stdout
    assert_nobody_left(spawned.mark)


@pytest.mark.promise("segfault-WORKER_CRASHED")
@pytest.mark.parametrize(
    ("strategy", "code"),
    [
        ("segfault", "WORKER_CRASHED"), ("exit_three", "WORKER_CRASHED"), ("spin", "TIMEOUT"),
        ("allocate", "MEMORY_LIMIT"), ("fail", "INTERNAL"), ("daemonise", "OK"), ("print_much", "OK"),
        ("import_prints", "OK"), ("write_everywhere", None),
    ],
)  # fmt: skip
def test_without_fork_a_misbehaving_worker_is_answered_for_the_same_way(strategy: str, code: str | None) -> None:
    asked = hostile(strategy, limits={"timeout_seconds": 2 if code == "TIMEOUT" else 30, "memory_mb": 64})
    run = run_runner(asked, plug_ins=True, entry=WITHOUT_FORK)

    assert_one_document(run, code=code, quiet=strategy in ("segfault", "exit_three", "spin", "allocate", "daemonise"))

    assert_nobody_left(run.mark)


def test_without_fork_a_signal_cancels_the_run(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep_deaf"), entry=WITHOUT_FORK, env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        process.send_signal(signal.SIGTERM)
        run = finish(process, timeout=MARGIN)

    assert_one_document(run, code="CANCELLED")
    assert_nobody_left(run.mark)


def test_without_fork_a_killed_runner_takes_its_worker_with_it(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with running(hostile("sleep_deaf"), entry=WITHOUT_FORK, env={"HOSTILE_STARTED": str(started)}) as process:
        worker_of(started)
        process.kill()
        process.wait()

        assert_nobody_left(process.mark)  # type: ignore[attr-defined]


# ---- a caller that writes


def test_a_caller_that_writes_fifty_megabytes_gets_its_answer_and_no_broken_pipe() -> None:
    with running(None) as process:
        assert process.stdin is not None
        piece = b'{"strategy": "' + b"x" * (1 << 20)
        try:
            for _ in range(50):
                process.stdin.write(piece)
            process.stdin.close()
        except OSError as error:
            pytest.fail(f"the writer got {errno.errorcode[error.errno or 0]}")
        run = finish(process)

    document = assert_one_document(run, code="REQUEST_TOO_LARGE")

    assert_discreet(document)
    assert_nobody_left(run.mark)
