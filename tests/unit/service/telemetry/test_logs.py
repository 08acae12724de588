"""One JSON object per line on stderr, whichever logger writes, and a stderr that is gone or stuck stops nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[4]
BEGIN = """
import logging, os, sys, threading, time, warnings
import structlog
from backtester.service.service_settings import read_service_settings
from backtester.service.telemetry.logs import configure_logging
flush = configure_logging(read_service_settings(), "api")
log = structlog.get_logger("here")
"""


def run(code: str, *, status: int = 0, **environ: str) -> list[dict[str, Any]]:
    """Run code in a child that has set up its logs; return the lines on stderr, each of which is a JSON object."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, timeout=PATIENCE, cwd=ROOT, check=False,
        env={**os.environ, **environ},
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert done.stdout == b""
    assert done.stderr.isascii()
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    return lines


def test_a_line_says_when_who_how_loud_and_what():
    (line,) = run("log.info('began', jobs=3)")
    assert list(line)[:4] == ["timestamp", "level", "process", "event"]
    assert (line["level"], line["process"], line["event"], line["jobs"]) == ("info", "api", "began", 3)
    assert line["timestamp"].endswith("Z")
    assert "T" in line["timestamp"]


def test_what_is_bound_to_the_request_is_in_every_line_of_it():
    first, second, third = run(
        """
with structlog.contextvars.bound_contextvars(request_id="r1"):
    log.info("ours")
    logging.getLogger("somebody").warning("theirs %s", 1)
log.info("after")
"""
    )
    assert (first["request_id"], second["request_id"], second["event"]) == ("r1", "r1", "theirs 1")
    assert second["logger"] == "somebody"
    assert "request_id" not in third


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "celery.worker", "celery.task", "redis", "socketio.server", "engineio.server", "asyncio"]
)
def test_libraries_speak_the_same_way(name):
    (line,) = run(f"logging.getLogger({name!r}).error('it is %s', 'so')")
    assert (line["event"], line["level"], line["logger"], line["process"]) == ("it is so", "error", name, "api")


def test_socketio_does_not_bring_its_own_stderr():
    lines = run(
        """
import socketio
server = socketio.AsyncServer(async_mode="asgi")
server.logger.error("once")
"""
    )
    assert [line["event"] for line in lines] == ["once"]


@pytest.mark.parametrize(
    ("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)]
)  # fmt: skip
def test_the_level_holds_for_all(level, expected):
    code = """
for each in (log, logging.getLogger("else")):
    each.debug("1"), each.info("2"), each.warning("3"), each.error("4")
"""
    assert len(run(code, BACKTEST_LOG_LEVEL=level)) == 2 * expected


def test_an_exception_is_text_in_one_field():
    lines = run(
        """
try:
    1 / 0
except ZeroDivisionError as error:
    log.exception("ours")
    log.error("given", exc_info=error)
    logging.getLogger("else").exception("theirs")
"""
    )
    assert len(lines) == 3
    for line in lines:
        assert line["exception"].startswith("Traceback")
        assert line["exception"].endswith("ZeroDivisionError: division by zero")


def test_warnings_crashes_and_mistakes_are_lines_too():
    lines = run(
        """
warnings.warn("old")
logging.getLogger("else").info("%d", "no number")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
raise RuntimeError("the end")
""",
        status=1,
    )
    events = [line["event"] for line in lines]
    assert "UserWarning: old" in events[0]
    assert events[1] == "a log record could not be written"
    assert events[2:] == ["a thread ends with an unexpected error", "the process ends with an unexpected error"]
    assert "RuntimeError: the end" in lines[3]["exception"]


def test_no_secret_gets_out_by_any_way():
    secret = "Zq3-_xW" * 6
    lines = run(
        f"""
secret = {secret!r}
key, jwt, url = f"btk_abcdefghijkl_{{secret}}", f"eyJhbGciOiJI.eyJzdWIiOiJh.{{secret}}", f"redis://:{{secret}}@host:6379"
structlog.contextvars.bind_contextvars(token=secret)
for text in (key, jwt, url, f"Authorization: Bearer {{secret}}", f"password={{secret}}"):
    log.info(text, authorization=secret, note=text, headers=[(b"cookie", text.encode())], kwargs={{"password": secret}})
    logging.getLogger("redis").warning("cannot reach %s", text)
    logging.getLogger("uvicorn.error").error(text, extra={{"api_key": secret}})
    try:
        raise ConnectionError(text)
    except ConnectionError:
        log.exception("failed")
        logging.getLogger("celery").exception("failed")
warnings.warn(url)
raise RuntimeError(key)
""",
        status=1,
    )
    assert len(lines) == 5 * 5 + 2
    assert secret not in json.dumps(lines)
    assert "btk_abcdefghijkl_[redacted]" in json.dumps(lines)


def test_a_line_stays_a_line_whatever_is_in_it():
    lines = run("log.info('a\\nb\\r\\u2028\\x00\\ud800', x='\\n')")
    assert lines[0]["event"] == "a\nb\r\u2028\x00\ud800"


def test_a_closed_stderr_stops_nobody():
    code = BEGIN + "for i in range(1000): log.info('x' * 1000)\nos.write(1, b'still here')"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code],
        stdout=subprocess.PIPE, timeout=PATIENCE, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"still here")


def test_a_file_opened_after_stderr_was_closed_does_not_get_the_logs(tmp_path):
    code = BEGIN + "log.info('lost'); file = open(sys.argv[1], 'w'); log.info('lost too'); flush(); file.write('mine')"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" "$2" 2>&-', sys.executable, code, tmp_path / "file"],
        timeout=PATIENCE, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == "mine"


def test_a_stderr_whose_reader_has_left_stops_nobody():
    reading, writing = os.pipe()
    os.close(reading)
    code = BEGIN + "for i in range(1000): log.info('x' * 1000)\nos.write(1, b'still here')"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=writing, timeout=PATIENCE, cwd=ROOT, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, b"still here")


def test_a_stderr_that_nobody_reads_stops_nobody_and_what_was_dropped_is_counted():
    reading, writing = os.pipe()
    code = BEGIN + "for i in range(9000): log.info('x' * 1000)\nos.write(1, b'done'); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writing, cwd=ROOT
    )
    os.close(writing)
    assert child.stdin is not None
    assert child.stdout is not None
    with child, os.fdopen(reading, "rb") as stderr:
        assert child.stdout.read(4) == b"done"  # nine megabytes, and nobody has read any
        child.stdin.close()
        lines = [json.loads(line) for line in stderr]
    dropped = [line["count"] for line in lines if line["event"] == "log lines were dropped"]
    assert len(lines) - len(dropped) + sum(dropped) == 9000
    assert sum(dropped) > 1000


def test_a_process_ends_in_time_though_its_stderr_is_stuck():
    reading, writing = os.pipe()
    code = BEGIN + "for i in range(1000): log.info('x' * 1000)"
    with subprocess.Popen([sys.executable, "-c", code], stderr=writing, cwd=ROOT) as child:
        assert child.wait(PATIENCE) == 0
    os.close(writing)
    os.close(reading)


def test_a_forked_child_speaks_for_itself():
    lines = run(
        """
log.info("before")
pid = os.fork()
log.info("both")
logging.getLogger("else").info("both")
flush()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
"""
    )
    assert sorted(line["event"] for line in lines) == ["before", "both", "both", "both", "both"]
    assert len({line["pid"] for line in lines}) == 2


def test_lines_of_many_threads_do_not_mix():
    lines = run(
        """
def speak(name):
    for i in range(200):
        log.info("x" * 3000, name=name, i=i)
threads = [threading.Thread(target=speak, args=(n,)) for n in range(5)]
[t.start() for t in threads]; [t.join() for t in threads]
flush(60)
"""
    )
    assert len(lines) == 1000
    for name in range(5):
        assert [line["i"] for line in lines if line["name"] == name] == list(range(200))


def test_a_stderr_made_non_blocking_by_somebody_else_loses_nothing():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    code = BEGIN + "for i in range(500): log.info('x' * 1000, i=i)\nflush(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stderr=writing, cwd=ROOT)
    os.close(writing)
    with child, os.fdopen(reading, "rb") as stderr:
        time.sleep(0.5)
        assert [json.loads(line)["i"] for line in stderr] == list(range(500))
