"""Little room: full and closed outputs, little memory, no request, and a deadline that the check alone exceeds."""

import functools
import json
import os
import signal
import subprocess
import sys

import pytest

from backtester.commands.refuse_by_hand import refuse_without_memory
from backtester.commands.run import COMMANDS
from backtester.model.errors import from_exception
from tests.support.documents import assert_one_document
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE
from tests.support.runner import environment, run_runner, running
from tests.support.sample_requests import request

pytestmark = pytest.mark.full

CASE = "tests/golden/two_symbols_held"
PAGE = f"{CASE}/result.json"
TEXTS = [
    ["--version"], ["--version", "--verbose"], ["--help"], ["--list-strategies"], ["--list-symbols"],
    *([command, "--help"] for command in COMMANDS),
    *(["prices", name, "--help"] for name in ("import", "list", "remove", "check", "fetch")),
    *(["keys", name, "--help"] for name in ("create", "list", "revoke")),
    ["mcp", "--http", "--help"], ["keys", "list", "--json"], ["keys", "create", "--owner", "ann"],
    ["golden", CASE],
    ["report", PAGE],
    ["prices", "list"], ["prices", "list", "--json"], ["prices", "import", "--json"],
    ["convert", "composer", f"{CASE}/request.json"],
]  # fmt: skip
FLOWS = [{"type": "contribution", "amount": 1, "frequency": "monthly"}] * 20
ENDS = [">/dev/full", ">&-", "2>&- >/dev/full", "<&- >&- 2>&-"]


def shell(line, *arguments, asked=b"", env=None):
    command = ["/bin/sh", "-c", line, sys.executable, *arguments]
    return subprocess.run(
        command, input=asked, capture_output=True, env=environment(env), cwd=ROOT, timeout=PATIENCE, check=False
    )


def own_keys(folder):
    return {"BACKTEST_API_KEYS_FILE": str(folder / "keys.json")}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("arguments", TEXTS, ids=" ".join)
def test_an_output_that_nobody_gets_is_no_success_and_no_traceback(arguments, end, tmp_path):
    done = shell(f'exec "$0" -m backtester "$@" {end}', *arguments, env=own_keys(tmp_path))
    assert done.returncode == 5, done
    assert b"Traceback" not in done.stderr + done.stdout
    assert done.stderr.count(b"\n") <= 1


@pytest.mark.parametrize("arguments", TEXTS, ids=" ".join)
def test_a_reader_that_has_gone_is_told_nothing(arguments, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "backtester", *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT,
            env=environment(own_keys(tmp_path)), timeout=PATIENCE, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (5, b""), done


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -f")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["prices", "list", "--json"], ["report", PAGE], ["--list-symbols"]], ids=" ".join
)
def test_an_output_that_takes_a_part_is_no_success(arguments, unbuffered, tmp_path):
    target = tmp_path / "output"
    line = f'ulimit -f 1; exec "$0" -m backtester "$@" >"{target}"'
    own = {"PYTHONUNBUFFERED": unbuffered, "BACKTEST_CACHE_DIR": str(tmp_path)}  # a store that is there is written to
    done = shell(line, *arguments, env=own)
    assert (done.returncode, done.stderr) == (5, b"The output could not be written: file too large.\n")
    assert target.stat().st_size > 0


@pytest.mark.parametrize(
    "arguments", [["keys", "list"], ["keys", "create", "--owner", "ann"], ["prices", "list"]], ids=" ".join
)
@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full"])
def test_a_remark_that_nobody_gets_changes_nothing(arguments, end, tmp_path):
    assert shell(f'exec "$0" -m backtester "$@" {end}', *arguments, env=own_keys(tmp_path)).returncode == 0


@pytest.mark.parametrize("end", ["", *ENDS])
def test_arguments_that_make_no_sense_need_no_stdout(end):
    assert shell(f'exec "$0" -m backtester prices nonsense {end}').returncode == 2


@pytest.mark.parametrize("command", [["convert", "composer"], ["report"], ["golden"]], ids=" ".join)
def test_an_interrupted_command_is_cancelled_without_a_traceback(command, tmp_path):
    named = tmp_path / ("result.json" if command == ["golden"] else "input")
    os.mkfifo(named)
    if command == ["golden"]:
        (tmp_path / "request.json").write_text(json.dumps(request()))
    argument = tmp_path if command == ["golden"] else named
    with subprocess.Popen(
        [sys.executable, "-m", "backtester", *command, str(argument)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment(),
    ) as process:  # fmt: skip
        writing = os.open(named, os.O_WRONLY)  # waits until the command reads it
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)
        os.close(writing)
    assert (process.returncode, *said) == (5, b"", b"")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("kilobytes", [30_000, 60_000, 80_000, *range(100_000, 151_000, 3_000)])
def test_little_memory_is_a_memory_limit_wherever_it_ends(kilobytes, unmeasured):
    done = shell(
        f'ulimit -v {kilobytes}; exec "$0" backtest_runner.py', asked=json.dumps(request(request_id="mine")).encode()
    )
    if done.returncode != 0:  # on another system it may suffice
        assert (done.returncode, json.loads(done.stdout)["code"]) == (4, "MEMORY_LIMIT"), done
        assert done.stdout.count(b"\n") == 1
        assert "ulimit -v" in json.loads(done.stdout)["remedy"], "not the limit of the request, which is far"
    assert b"Traceback" not in done.stderr
    assert b"OpenBLAS" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("mode", ["", "--worker"])
def test_where_the_request_sets_the_lower_limit_that_one_is_named(mode):
    asked = request(limits={"memory_mb": 16}, data={"source": "auto"}, request_id="mine")
    asked["holdings"] = [{"symbol": "ZZQQ", "allocation": 1}]
    line = f'ulimit -v 4000000; exec "$0" backtest_runner.py {mode}'
    done = shell(line, asked=json.dumps(asked).encode() + b"\n", env={"BACKTEST_OFFLINE": "0"})
    document = json.loads(done.stdout)
    assert document["detail"] == "The run needed more memory than its limit of 16 MiB allows."
    assert document["remedy"].startswith("Raise `limits.memory_mb`")


@functools.cache
def kilobytes_of_python():
    status = subprocess.run(
        [sys.executable, "-c", "print(open('/proc/self/status').read())"], capture_output=True, text=True, check=True
    ).stdout
    return int(status.partition("VmPeak:")[2].split()[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("more", [3_000, 3_500, 4_000, 5_000, 6_000, 8_000, 20_000])
@pytest.mark.parametrize(("arguments", "status"), [([], 4), (["--worker"], 0), (["--batch"], 4), (["--exit-zero"], 0)])
def test_so_it_is_among_the_first_imports(arguments, status, more, unmeasured):
    line = f'ulimit -v {kilobytes_of_python() + more}; exec "$0" backtest_runner.py "$@"'
    done = shell(line, *arguments, asked=json.dumps(request()).encode() + b"\n")
    document = json.loads(done.stdout)
    assert (done.returncode, document["code"]) == (status, "MEMORY_LIMIT"), done
    assert "ulimit -v" in document["remedy"]
    assert done.stderr == b""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("more", range(4_000, 12_000, 400))
def test_the_document_is_on_stdout_wherever_memory_ends(more, unmeasured):
    line = f'ulimit -v {kilobytes_of_python() + more}; exec "$0" backtest_runner.py --list-strategies'
    done = shell(line)
    document = json.loads(done.stdout)
    assert done.returncode == 0 or (done.returncode, document["code"]) == (4, "MEMORY_LIMIT"), done
    assert done.stderr == b""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("mode", ["--worker", "--batch"])
def test_a_line_that_the_process_has_no_memory_for_is_no_success_and_no_silence(mode, unmeasured):
    asked = json.dumps(request()).encode() + b"\n" + b" " * (300 << 20)
    line = f'ulimit -v 400000; exec "$0" backtest_runner.py {mode}'
    done = shell(line, asked=asked, env={"BACKTEST_MAX_REQUEST_BYTES": str(1 << 30)})
    assert done.returncode == 4, done
    assert all("success" in json.loads(document) for document in done.stdout.splitlines())
    assert done.stderr.startswith(b"The process needed more memory than it may have.")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v")
@pytest.mark.parametrize("kilobytes", [20_000, 40_000, *range(90_000, 151_000, 20_000)])
@pytest.mark.parametrize(
    "arguments",
    [["--list-strategies"], ["--list-symbols"], ["--version", "--verbose"], ["prices", "list"],
     ["golden", CASE], ["convert", "composer", f"{CASE}/request.json"]],
    ids=" ".join,
)  # fmt: skip
def test_so_it_is_of_what_runs_in_one_process(arguments, kilobytes, unmeasured):
    done = shell(f'ulimit -v {kilobytes}; exec "$0" -m backtester "$@"', *arguments)
    assert done.returncode in (4, 2 if arguments[0] == "convert" else 0), done
    assert b"Traceback" not in done.stderr
    assert b"OpenBLAS" not in done.stderr
    if arguments == ["--list-symbols"] and done.returncode == 4:
        assert json.loads(done.stdout)["code"] == "MEMORY_LIMIT"


def test_what_is_said_by_hand_is_what_the_ladder_says(capsysbinary):
    assert refuse_without_memory([]) == 4
    document = json.loads(capsysbinary.readouterr().out)
    assert document == from_exception(MemoryError()).as_document()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -n")
@pytest.mark.parametrize("files", [5, 6, 7, 8, 10])
@pytest.mark.parametrize(("arguments", "status"), [([], 1), (["--worker"], 0), (["--batch"], 1)])
def test_too_few_open_files_are_a_fault_of_the_environment(arguments, status, files):
    line = f'ulimit -n {files}; exec "$0" backtest_runner.py "$@"'
    done = shell(line, *arguments, asked=json.dumps(request()).encode() + b"\n")
    document = json.loads(done.stdout)
    if not document["success"] or arguments:  # a single run needs fewer
        assert (done.returncode, document["code"], document["retryable"]) == (status, "ENVIRONMENT", False), done
        assert "ulimit -n" in document["remedy"]
    assert done.stderr == b""


def run_by_one_who_ignores_children(*arguments, asked=b"", env=None):
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    command = [sys.executable, "-m", "backtester", *arguments]
    return subprocess.run(
        command, input=asked, capture_output=True, env=env or environment(), cwd=ROOT, timeout=PATIENCE, check=False,
        preexec_fn=ignore,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="SIGCHLD")
@pytest.mark.parametrize("mode", [[], ["--worker"]], ids=["single", "worker"])
def test_a_caller_that_ignores_children_is_told_how_the_runs_process_ended(mode):
    asked = json.dumps(request(strategy="kill_itself")).encode() + b"\n"
    done = run_by_one_who_ignores_children(*mode, asked=asked, env=environment(plug_ins=True))
    document = json.loads(done.stdout)
    assert (document["code"], "SIGKILL" in document["detail"]) == ("WORKER_CRASHED", True), document


@pytest.mark.skipif(os.name == "nt", reason="SIGCHLD")
def test_what_the_sandbox_can_do_is_said_to_it_too():
    done = run_by_one_who_ignores_children("--version", "--verbose")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_request_that_never_comes_is_a_timeout_where_the_operator_says_so():
    with running(None, env={"BACKTEST_STDIN_SECONDS": "0.2"}, close_stdin=False) as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.read())
        assert process.wait(PATIENCE) == 4
    assert document["code"] == "TIMEOUT"
    assert "BACKTEST_STDIN_SECONDS" in document["detail"]


@pytest.mark.parametrize("mode", [[], ["--worker"]], ids=["single", "worker"])
@pytest.mark.parametrize(
    "name",
    ["BACKTEST_TIMEOUT_SECONDS", "BACKTEST_STDIN_SECONDS", "BACKTEST_MEMORY_MB", "BACKTEST_MAX_REQUEST_BYTES"],
)
def test_the_largest_settings_are_no_limit_that_a_run_meets(name, mode):
    asked = json.dumps(request(limits={"timeout_seconds": 1e300, "memory_mb": 1 << 20})).encode() + b"\n"
    done = run_runner(asked, *mode, env={"BACKTEST_MAX_TIMEOUT_SECONDS": "1e12", name: str(10**12)})
    assert done.document["success"], done


def test_a_requests_own_deadline_binds_its_check():
    """It is invalid as well: without a deadline of its own the check would say so."""
    wrong = request(request_id="mine", limits={"timeout_seconds": 1e-6}, initial_capital=-1)
    document = assert_one_document(run_runner(wrong), code="TIMEOUT")
    assert document["request_id"] == "mine"
    assert "after 1e-06 seconds" in document["detail"]


def test_so_it_does_in_a_worker():
    wrong = request(request_id="mine", limits={"timeout_seconds": 1e-6}, cash_flows=FLOWS)
    run = run_runner(json.dumps(wrong).encode() + b"\n", "--worker")
    document = json.loads(run.stdout)
    assert (document["code"], document["request_id"]) == ("TIMEOUT", "mine")
    assert "after 1e-06 seconds" in document["detail"]
