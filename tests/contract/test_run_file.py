"""`run FILE` and `--summary`: the same document as of stdin, and the lines for a person."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.support.documents import assert_one_document, untimed
from tests.support.paths import ROOT, RUNNER
from tests.support.processes import PATIENCE, eventually
from tests.support.runner import environment, run_runner
from tests.support.sample_requests import request, to_bytes

SUMMARY = "Maximum drawdown"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "request.json"
    path.write_bytes(to_bytes(request()))
    return path


def on_a_terminal(
    *arguments: str, stdin: bytes = b"", env: dict[str, str | None] | None = None
) -> tuple[int, str, str]:
    """Run with stdout on a terminal; return the exit status, what the terminal shows, and stderr."""
    ours, theirs = pty.openpty()
    known: dict[str, str | None] = {"NO_COLOR": None, "FORCE_COLOR": None, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        [sys.executable, RUNNER, *arguments], stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.PIPE,
        env=environment({**known, **(env or {})}),
    ) as child:  # fmt: skip
        os.close(theirs)
        assert child.stdin is not None
        child.stdin.write(stdin)
        child.stdin.close()
        shown = b""
        while piece := _read(ours):
            shown += piece
        assert child.stderr is not None
        said = child.stderr.read().decode()
    os.close(ours)
    return child.returncode, shown.decode().replace("\r\n", "\n"), said


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # how Linux tells that nobody has the other end open
        return b""


@pytest.mark.parametrize("entry", [None, ("-m", "backtester")], ids=["script", "module"])
@pytest.mark.parametrize("asked", [request(), request(holdings=[]), b"{", b""])
def test_a_file_gives_the_bytes_of_stdin(tmp_path: Path, asked: object, entry: tuple[str, ...] | None) -> None:
    path = tmp_path / "a request.json"
    path.write_bytes(to_bytes(asked))
    told = {"entry": entry} if entry else {}

    of_stdin, of_file = run_runner(asked), run_runner(b"ignored", "run", str(path), **told)
    named_as_stdin = run_runner(asked, "run", "-", **told)

    for run in (of_file, named_as_stdin):
        assert (run.exit, run.stderr) == (of_stdin.exit, "")
        same = untimed if of_stdin.document["success"] else bytes
        assert same(run.stdout) == same(of_stdin.stdout)


def test_flags_stand_before_and_after_the_file(file: Path) -> None:
    run = run_runner(b"", "run", "--exit-zero", str(file), "--pretty", "--progress")

    assert_one_document(run, code="OK", quiet=False)
    assert run.stdout.startswith(b'{\n  "success": true')
    assert json.loads(run.stderr.splitlines()[-1])["stage"] == "completed"


def test_a_file_that_cannot_be_read_is_a_document_that_says_why(file: Path) -> None:
    folder = file.parent
    (folder / "bytes").write_bytes(b"\xff\xff{}")
    (folder / "large").write_bytes(b" " * (5 * 1024 * 1024 + 1))
    cases = {
        "reqest.json": ("VALIDATION_FAILED", "There is no file", "Did you mean"),
        "request.jsn": ("VALIDATION_FAILED", "There is no file", "Did you mean"),
        "request.json/x": ("VALIDATION_FAILED", "There is no file", ""),
        "absent/request.json": ("VALIDATION_FAILED", "There is no file", ""),
        "": ("VALIDATION_FAILED", "is a folder", ""),
        "n" * 300: ("VALIDATION_FAILED", "cannot be read: file name too long", ""),
        "bytes": ("INVALID_JSON", "not UTF-8 at byte 0", ""),
        "large": ("REQUEST_TOO_LARGE", "larger than 5242880 bytes", ""),
    }
    for name, (code, *said) in cases.items():
        run = run_runner(request(), "run", f"{folder}/{name}")
        document = assert_one_document(run, code=code, asked=os.fsencode(f"{folder}/{name}"))
        assert all(each in document["detail"] for each in said), document["detail"]
        assert len(document["detail"]) < 300
        named = document["remedy"] == "Name a file that holds one request, or - for stdin."
        assert named is (code == "VALIDATION_FAILED")


@pytest.mark.parametrize(("there", "asked"), [("canon.json", "nope.json"), ("shadow", "shadow2"), ("a.csv", "a.json")])
def test_a_file_of_another_name_or_of_no_request_is_not_suggested(tmp_path: Path, there: str, asked: str) -> None:
    (tmp_path / there).write_text("{}")
    document = assert_one_document(run_runner(b"", "run", f"{tmp_path}/{asked}"), code="VALIDATION_FAILED")
    assert document["detail"].endswith(f"{asked}'.")


@pytest.mark.parametrize("name", ["SPY.csv", "SPY.csv.gz", "spy.PARQUET"])
def test_a_file_of_prices_is_no_request(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("date,close\n")
    document = assert_one_document(run_runner(b"", "run", f"{tmp_path}/{name}"), code="VALIDATION_FAILED")
    assert "is a file of prices" in document["detail"]
    assert "`prices import`" in document["remedy"]


def test_a_list_on_a_terminal_has_lines() -> None:
    status, shown, _ = on_a_terminal("--list-symbols")
    assert (status, json.loads(shown)) == (0, run_runner(b"", "--list-symbols").document)
    assert max(map(len, shown.splitlines())) < 200


@pytest.mark.parametrize("command", [(), ("prices",), ("report",), ("golden",), ("convert",), ("mcp",), ("serve",)])
def test_help_names_the_interpreter_that_it_was_asked_of(command: tuple[str, ...]) -> None:
    for folder in (ROOT, Path("/")):
        done = subprocess.run(
            [sys.executable, "-m", "backtester", *command, "--help"], cwd=folder, text=True, capture_output=True,
            env=environment({"PYTHONPATH": str(ROOT), "COLUMNS": "300"}), timeout=PATIENCE, check=False,
        )  # fmt: skip
        named = [line.split(" -m backtester")[0].split()[-1] for line in done.stdout.splitlines() if " -m b" in line]
        assert (done.returncode, bool(named)) == (0, True), done.stderr
        for each in named:
            assert (folder / each).samefile(sys.executable)


def test_pretty_indents_the_refusal_of_a_file_too() -> None:
    assert run_runner(b"", "run", "/absent", "--pretty").stdout.startswith(b'{\n  "success": false,\n')


def test_what_opens_but_cannot_be_read_is_a_document() -> None:
    run = run_runner(b"", "run", "/proc/self/mem")  # its first page is never there

    document = assert_one_document(run, code="INVALID_JSON")
    assert document["detail"] == "The request cannot be read: input/output error."


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_a_document(file: Path) -> None:
    file.chmod(stat.S_IWUSR)

    document = assert_one_document(run_runner(b"", "run", str(file)), code="VALIDATION_FAILED")
    assert "permission denied" in document["detail"]


def test_a_fifo_is_waited_for_and_read_as_a_pipe_is(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [sys.executable, RUNNER, "run", fifo], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment(),
    ) as child:  # fmt: skip
        fifo.write_bytes(to_bytes(request()))  # waits for its reader
        out, _ = child.communicate(timeout=PATIENCE)

    assert untimed(out) == untimed(run_runner(request()).stdout)


def test_a_run_that_waits_for_a_fifo_can_be_cancelled(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([sys.executable, RUNNER, "run", fifo], stdout=subprocess.PIPE, env=environment()) as child:
        writer = os.open(fifo, os.O_WRONLY)
        os.write(writer, b"{")
        assert eventually(lambda: fcntl.ioctl(writer, termios.FIONREAD, bytes(4)) == bytes(4)), "the run has read it"
        child.send_signal(signal.SIGTERM)
        out, _ = child.communicate(timeout=PATIENCE)
    os.close(writer)

    assert (child.returncode, json.loads(out)["code"]) == (5, "CANCELLED")


def test_a_pipe_of_the_shell_is_a_file() -> None:
    command = f'exec "$0" {RUNNER} run <(cat {ROOT}/examples/requests/buy_hold.json)'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable], capture_output=True, env=environment(), timeout=PATIENCE, check=False
    )

    assert (done.returncode, done.stdout[:15]) == (0, b'{"success":true')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "one FILE, or - for stdin, not 0"), (["run", "a", "b"], "not 2"),
        (["run", "a", "--prety"], "'--pretty'"), (["run", "a", "--list-symbols"], "does not go with run"),
        (["run", "a", "--worker"], "run does not go with --worker"), (["run", "--jobs"], "--worker or --batch only"),
        (["runn", "a"], "Did you mean 'run'?"), (["reprot"], "Did you mean 'report'?"),
        (["nonsense", "--help"], "'nonsense'"), (["prices.csv", "--help"], "'prices.csv'"),
        (["--summary", "--batch"], "--summary does not go with --batch"),
        (["--batch", "--worker"], "--batch does not go with --worker"),
        (["--worker", "--pretty"], "--pretty does not go with --worker"), (["--pretty", "keys"], "stand first"),
        (["price", "list"], "Did you mean 'prices'?"), (["absent.json"], "no such command and no such file"),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_a_document(arguments: list[str], said: str) -> None:
    document = assert_one_document(run_runner(request(), *arguments), code="VALIDATION_FAILED")

    assert said in document["detail"]


@pytest.mark.parametrize("name", ["request.json", "two words.json"])
def test_an_argument_that_is_a_file_is_told_both_ways_to_read_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(to_bytes(request()))
    code = "import os, sys; os.chdir(sys.argv[1]); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
    quoted = name if " " not in name else f"'{name}'"

    run = run_runner(request(), str(tmp_path), RUNNER, name, entry=("-c", code))

    document = assert_one_document(run, code="VALIDATION_FAILED")
    assert f"Did you mean `< {quoted}`, or `run {quoted}`?" in document["detail"]
    assert document["remedy"] == "Name the file after `run`, or after the shell's `<`."


def test_on_a_terminal_the_summary_takes_the_documents_place(file: Path) -> None:
    for arguments, stdin in ((["run", str(file)], b""), ([], file.read_bytes())):
        status, shown, said = on_a_terminal(*arguments, "--summary", stdin=stdin)
        assert (status, said) == (0, "")
        assert SUMMARY in shown
        assert '"success"' not in shown
        assert shown.splitlines()[-1] == "Document            not shown on a terminal; > result.json writes it"
        assert "" not in shown.splitlines(), "no blank line"


def test_without_summary_a_terminal_gets_the_document(file: Path) -> None:
    status, shown, _ = on_a_terminal("run", str(file))

    assert (status, json.loads(shown)["success"]) == (0, True)


def test_on_a_terminal_an_error_is_told_with_its_problems_and_its_remedy() -> None:
    status, shown, said = on_a_terminal("--summary", stdin=b'{"strategy": "momentum"}', env={"NO_COLOR": "1"})
    document = run_runner(b'{"strategy": "momentum"}').document

    assert (status, said) == (2, "")
    lines = shown.splitlines()
    assert lines[0].startswith(f"VALIDATION_FAILED: {document['detail']}")
    for problem in document["errors"]:
        assert any(line.startswith(problem["pointer"]) and problem["detail"] in line for line in lines)
    assert document["remedy"] in " ".join(lines)
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "0"}, False), ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)  # fmt: skip
def test_a_terminal_has_colours_unless_it_is_asked_for_none(file: Path, env: dict[str, str], coloured: bool) -> None:
    _, shown, _ = on_a_terminal("run", str(file), "--summary", env={**env})

    assert ("\x1b[" in shown) is coloured


@pytest.mark.parametrize(("env", "coloured"), [({}, False), ({"TERM": "xterm"}, False), ({"FORCE_COLOR": "1"}, True)])
def test_a_pipe_has_colours_only_where_they_are_forced(file: Path, env: dict[str, str], coloured: bool) -> None:
    run = run_runner(b"", "run", str(file), "--summary", env={"NO_COLOR": None, "FORCE_COLOR": None, **env})

    assert ("\x1b[" in run.stderr) is coloured
    assert b"\x1b" not in run.stdout
    assert_one_document(run, code="OK", quiet=False)


def test_a_list_has_no_summary() -> None:
    run = run_runner(b"", "--list-strategies", "--summary")

    assert (run.exit, run.stderr) == (0, "")
    assert len(run.document) > 5
