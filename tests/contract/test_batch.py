"""`--batch`: a file of requests in, a file of documents out, and an exit status for the whole of it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document, code_of, document_in, untimed
from tests.support.paths import ROOT, RUNNER
from tests.support.processes import PATIENCE, alive, assert_nobody_left, children, eventually
from tests.support.runner import environment, run_runner
from tests.support.sample_requests import inline, one_holding, request, to_bytes
from tests.support.talk import talking

pytestmark = pytest.mark.full

MEBIBYTE = 1 << 20
GOOD = request(request_id="good")
LATE = request(strategy="spin", limits={"timeout_seconds": 0.7})
FEW_MB = {"memory_mb": 64, "timeout_seconds": 50}


def batch(asked: Any, *flags: str, **options: Any) -> tuple[int, list[bytes], str]:
    """Run a batch; return the exit status, the lines, and what was said on stderr."""
    content = asked if isinstance(asked, bytes) else b"".join(to_bytes(one) + b"\n" for one in asked)
    run = run_runner(content, "--batch", *flags, **{"plug_ins": True, **options})
    assert run.stdout == b"" or run.stdout.endswith(b"\n")
    assert_nobody_left(run.mark)
    return run.exit, run.stdout.splitlines(keepends=True), run.stderr


@pytest.mark.promise("flags1")
@pytest.mark.parametrize("flags", [[], ["--jobs", "1"], ["--jobs=3"]])
def test_every_line_has_its_document_and_a_clean_batch_says_nothing(flags: list[str]) -> None:
    asked = [request(request_id=str(n)) for n in range(50)]
    status, lines, stderr = batch(asked, *flags)

    assert (status, stderr) == (0, "")
    found = {document_in(line)["request_id"]: line for line in lines}
    assert len(lines) == 50
    assert found.keys() == {one["request_id"] for one in asked}
    assert untimed(found["7"]) == untimed(run_runner(asked[7]).stdout)


def test_an_empty_batch_is_a_clean_one() -> None:
    assert batch(b"") == (0, [], "")
    assert batch(b"\n\r\n \n") == (0, [], "")


@pytest.mark.promise
def test_one_bad_line_fails_alone_and_is_named() -> None:
    asked = [*(request(request_id=str(n)) for n in range(6)), b'{"broken', b"", *(request() for _ in range(3))]
    status, lines, stderr = batch(asked, "--jobs", "2")

    assert sorted(code_of(document_in(line)) for line in lines) == ["INVALID_JSON", *["OK"] * 9]
    assert status == 2
    assert stderr == "1 of 10 runs failed, the first in line 7\n"


@pytest.mark.parametrize(
    ("strategies", "status"),
    [
        ({"good": GOOD, "bad": b"{"}, 2),
        ({"bad": b"{", "no prices": request(holdings=one_holding("NOPE"))}, 3),
        ({"no prices": request(holdings=one_holding("NOPE")), "late": LATE}, 4),
        ({"dead": request(strategy="segfault"), "good": GOOD}, 1),
        ({"dead": request(strategy="exit_three"), "internal": request(strategy="fail"), "bad": b"{"}, 2),
    ],
)
def test_the_exit_status_is_the_greatest_code(strategies: dict[str, Any], status: int) -> None:
    assert batch(reversed(strategies.values()))[0] == status


def test_exit_zero_says_nothing_of_the_runs_by_its_status() -> None:
    status, lines, stderr = batch([b"{", GOOD], "--exit-zero")

    assert (status, len(lines)) == (0, 2)
    assert "1 of 2" in stderr


def test_the_first_failing_line_is_the_first_in_the_file_and_not_in_time(tmp_path: Path) -> None:
    asked = [request(strategy="spin", limits={"timeout_seconds": 1}), GOOD, b"[]", b"[]"]
    status, lines, stderr = batch(asked, "--jobs", "2")

    assert (status, len(lines)) == (4, 4)
    assert "3 of 4" in stderr
    assert "line 1\n" in stderr


def test_twenty_thousand_bad_lines_have_twenty_thousand_documents() -> None:
    status, lines, stderr = batch(b"5\n[]\n" * 10_000)

    assert (status, len(lines)) == (2, 20_000)
    assert {json.loads(line)["code"] for line in set(lines)} == {"VALIDATION_FAILED"}
    assert stderr.startswith("20000 of 20000 runs failed, the first in line ")


def test_a_line_of_six_megabytes_between_good_ones_fails_alone() -> None:
    content = to_bytes(GOOD) + b"\n" + b'{"a": "' + b"x" * 6_000_000 + b'"}\n' + to_bytes(GOOD)
    status, lines, stderr = batch(content)

    assert sorted(code_of(document_in(line)) for line in lines) == ["OK", "OK", "REQUEST_TOO_LARGE"]
    assert (status, stderr) == (4, "1 of 3 runs failed, the first in line 2\n")


def test_misbehaving_requests_fail_alone() -> None:
    names = ["segfault", "daemonise_and_crash", "fork_many", "exit_zero", "allocate", "print_much", "honest"]
    asked: list[Any] = [request(strategy=name, request_id=name, limits=FEW_MB) for name in names]
    asked += [request(request_id=str(n)) for n in range(20)]
    status, lines, _ = batch(asked, "--jobs", "2")

    found = {document_in(line)["request_id"]: code_of(document_in(line)) for line in lines}
    assert len(lines) == len(asked)
    assert {name for name, code in found.items() if code == "OK"} == {
        *map(str, range(20)), "fork_many", "print_much", "honest",
    }  # fmt: skip
    assert found["allocate"] == "MEMORY_LIMIT"
    assert status == 4


def test_a_file_gives_the_same_documents_as_a_pipe(tmp_path: Path) -> None:
    asked = [inline({"X": [*range(1, 11)]}, request_id=str(n), initial_capital=n + 1) for n in range(100)]
    content = b"\r\n".join(map(to_bytes, asked))
    (tmp_path / "requests").write_bytes(content)
    with open(tmp_path / "requests", "rb") as source, open(tmp_path / "documents", "wb") as sink:
        done = subprocess.run(
            [sys.executable, RUNNER, "--batch"], stdin=source, stdout=sink, stderr=subprocess.PIPE, cwd=ROOT,
            env=environment(), timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    from_file = sorted(map(untimed, (tmp_path / "documents").read_bytes().splitlines(keepends=True)))
    assert len(from_file) == 100
    assert sorted(map(untimed, batch(content)[1])) == from_file


def test_a_pipe_that_is_written_slowly_is_answered_as_it_comes() -> None:
    with talking("--batch", "--jobs", "2") as talk:
        for n in range(5):
            document = talk.ask(request(request_id=str(n)))
            assert document["request_id"] == str(n)
            time.sleep(0.1)
        assert talk.end() == (0, [])
        assert talk.stderr == ""


def test_progress_may_be_asked_for() -> None:
    status, lines, stderr = batch([GOOD], "--progress")

    assert (status, len(lines)) == (0, 1)
    assert json.loads(stderr.splitlines()[0])["seq"] == 1


# ---- the end


@pytest.mark.promise
def test_a_signal_cancels_what_runs_and_exits_with_five(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with talking("--batch", "--jobs", "1", env={"HOSTILE_STARTED": str(started)}) as talk:
        talk.say(GOOD, request(strategy="sleep", request_id="running"), request(request_id="waiting"))
        assert document_in(talk.hear())["success"]
        assert eventually(started.exists)
        talk.process.send_signal(signal.SIGTERM)
        found = [document_in(line) for line in iter(talk.hear, b"")]
        assert [(one["code"], one["request_id"]) for one in found] == [
            ("CANCELLED", "running"), ("CANCELLED", "waiting"),
        ]  # fmt: skip
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert_nobody_left(talk.mark)


def test_a_batch_started_with_nohup_goes_on_when_its_terminal_hangs_up() -> None:
    command = f'trap "" HUP; exec "{sys.executable}" "{RUNNER}" --batch'
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment()
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(to_bytes(GOOD) + b"\n")
        process.stdin.flush()
        assert document_in(process.stdout.readline())["success"]
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        out, _ = process.communicate(to_bytes(GOOD) + b"\n", timeout=PATIENCE)
    assert (process.returncode, out.count(b"\n")) == (0, 1)


def test_a_reader_that_leaves_ends_the_batch(tmp_path: Path) -> None:
    (tmp_path / "requests").write_bytes((to_bytes(GOOD) + b"\n") * 5000)
    with open(tmp_path / "requests", "rb") as source, talking("--batch", stdin=source) as talk:
        assert talk.hear()
        assert talk.process.stdout is not None
        talk.process.stdout.close()
        assert talk.process.wait(timeout=PATIENCE) == 5
        assert "Traceback" not in talk.stderr
        assert_nobody_left(talk.mark)


def test_the_exit_status_does_not_depend_on_who_reads_stderr() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with talking("--batch", stderr=writing) as talk:
        os.close(writing)
        talk.say(b"{")
        status, lines = talk.end()
    assert (status, len(lines)) == (2, 1)


@pytest.mark.parametrize("flags", ["", "--progress"])
def test_a_batch_without_stderr_is_answered(flags: str) -> None:
    command = ["/bin/sh", "-c", f'exec "$0" "{RUNNER}" --batch {flags} 2>&-', sys.executable]
    done = subprocess.run(command, input=b"{}\n{", capture_output=True, env=environment(), timeout=60, check=False)

    assert (done.returncode, done.stdout.count(b"\n")) == (2, 2)


def test_a_full_disk_under_stdout_is_a_failure_without_a_traceback() -> None:
    command = ["/bin/sh", "-c", f'exec "$0" "{RUNNER}" --batch >/dev/full', sys.executable]
    done = subprocess.run(command, input=b"{}\n", capture_output=True, env=environment(), timeout=60, check=False)

    assert b"Traceback" not in done.stderr
    assert done.returncode not in (0, 2)


def test_memory_stays_bounded_over_a_long_file(tmp_path: Path) -> None:
    with open(tmp_path / "requests", "wb") as file:
        file.writelines([b'{"request_id": "' + b"x" * 10_000 + b'"}\n'] * 4000)  # forty megabytes
    with (
        open(tmp_path / "requests", "rb") as source,
        open(tmp_path / "documents", "wb") as sink,
        talking("--batch", "--exit-zero", stdin=source, stdout=sink) as talk,
    ):
        most = 0
        while talk.process.poll() is None:
            most = max(most, peak_kb(talk.process.pid))
            time.sleep(0.02)
        assert talk.process.returncode == 0
    assert (tmp_path / "documents").read_bytes().count(b"\n") == 4000
    assert 0 < most < 120_000


def peak_kb(pid: int) -> int:
    try:
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


# ---- what a person sees


@contextmanager
def on_a_terminal(
    content: bytes, *flags: str, stdout: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a batch on a file, its stderr on a terminal; yield the process and the terminal's other end."""
    ours, theirs = pty.openpty()
    source = os.memfd_create("requests")
    os.write(source, content)
    os.lseek(source, 0, os.SEEK_SET)
    process = subprocess.Popen(
        [sys.executable, RUNNER, "--batch", *flags], stdin=source, stdout=stdout, stderr=theirs, cwd=ROOT,
        env=environment(),
    )  # fmt: skip
    os.close(theirs)
    os.close(source)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def seen_on(terminal: int) -> str:
    """Return all that was written to a terminal until nobody has it open any more."""
    pieces = []
    while select.select([terminal], [], [], 30)[0]:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces).decode()


def test_a_terminal_shows_how_far_it_is_and_ends_with_the_figures() -> None:
    asked = (to_bytes(GOOD) + b"\n") * 300
    with on_a_terminal(asked, "--jobs", "2") as (process, terminal):
        seen = seen_on(terminal)
        assert process.wait(timeout=PATIENCE) == 0
    assert "[#" in seen
    shares = [int(share) for share in re.findall(r"(\d+)%", seen)]
    assert shares == sorted(shares)
    assert shares[-1] <= 100
    last = seen.replace("\x1b[K", "").rstrip().rpartition("\r")[2]
    assert last.startswith("300 runs, "), repr(seen[-300:])
    assert "failed" not in seen


def test_a_terminal_is_told_what_failed() -> None:
    with on_a_terminal(b"{}\n" * 5) as (process, terminal):
        seen = seen_on(terminal)
        assert process.wait(timeout=PATIENCE) == 2
    assert "5 of 5 runs failed, the first in line " in seen
    assert "Traceback" not in seen


def test_a_terminal_that_stands_still_stops_no_run(tmp_path: Path) -> None:
    """As after Ctrl-S: nothing can be written to it until Ctrl-Q."""
    documents = tmp_path / "documents"
    with open(documents, "wb") as sink, on_a_terminal(b"{}\n" * 2000, stdout=sink.fileno()) as (process, terminal):
        os.write(terminal, b"\x13")
        all_there = eventually(lambda: documents.read_bytes().count(b"\n") == 2000)
        os.write(terminal, b"\x11")
        seen_on(terminal)
        assert process.wait(timeout=PATIENCE) == 2
    assert all_there, "nothing was answered while the terminal stood still"


def test_a_terminal_that_is_closed_spoils_nothing() -> None:
    with on_a_terminal(b"{}\n" * 3000) as (process, terminal):
        assert eventually(lambda: len(children(process.pid)) > 0)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), terminal)
        assert process.wait(timeout=PATIENCE) == 2


def test_the_processes_of_a_batch_are_as_many_as_asked_for() -> None:
    with talking("--batch", "--jobs", "3") as talk:
        assert talk.ask(GOOD)["success"]
        assert len(alive(talk.mark)) == 4


@pytest.mark.parametrize("flags", [["--jobs", "0"], ["--jobs", "two"], ["--jobs"], ["--pretty"], ["--job", "2"]])
def test_flags_that_make_no_sense_are_one_document(flags: list[str]) -> None:
    run = run_runner(to_bytes(GOOD), "--batch", *flags)

    assert_one_document(run, code="VALIDATION_FAILED")
