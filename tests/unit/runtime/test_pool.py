"""The pool's own promises, with real processes: what is free, what is answered, what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from tests.support.paths import ROOT
from tests.support.processes import MARK, assert_nobody_left
from tests.support.runner import environment
from tests.support.sample_requests import request

OPENING = """
import json, os, select, signal, sys, time
from backtester.model.errors import CancelledError, LimitError, cancelled_by
from backtester.runtime.limits import id_in
from backtester.runtime.pool import Pool
from backtester.settings import read_settings
from backtester.runtime.process import CallerGoneError

settings = read_settings()

def wait_for(pool, count):
    done = []
    while len(done) < count:
        pool.wait()
        done += pool.finished()
    return done

def code(finished):
    document = json.loads(finished.document)
    return "OK" if document["success"] else document["code"]

def pids():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return sorted(map(int, file.read().split()))
"""
GOOD = json.dumps(request(request_id="good")).encode()
SPIN = json.dumps(request(strategy="spin", request_id="spin")).encode()


def inside(program: str, **env: str) -> None:
    """Run a program that has a pool to itself: it forks, which pytest's process had better not."""
    given = environment(dict(env), plug_ins=True)
    code = OPENING + f"GOOD = {GOOD!r}\nSPIN = {SPIN!r}\n" + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    assert_nobody_left(given[MARK])


def test_a_pool_is_free_then_busy_then_free_again():
    inside("""
    pool = Pool(settings, jobs=2)
    assert (pool.free, pool.running) == (2, 0)
    pool.submit(7, GOOD)
    assert (pool.free, pool.running) == (1, 1)
    pool.submit(8, b"{")
    assert (pool.free, pool.running) == (0, 2)
    done = wait_for(pool, 2)
    assert sorted((one.number, one.exit_code, code(one)) for one in done) == [(7, 0, "OK"), (8, 2, "INVALID_JSON")]
    assert (pool.free, pool.running, pool.finished()) == (2, 0, [])
    pool.close()
    """)


def test_what_is_refused_is_finished_at_once_and_waiting_returns():
    inside("""
    pool = Pool(settings, jobs=1)
    pool.refuse(3, LimitError("REQUEST_TOO_LARGE", "no"), request_id="a")
    pool.wait()
    [one] = pool.finished()
    assert (one.number, one.exit_code, json.loads(one.document)["request_id"]) == (3, 4, "a")
    pool.close()
    """)


def test_a_process_is_replaced_after_so_many_runs_and_no_run_is_lost():
    inside("""
    pool = Pool(settings, jobs=1, recycle_after=3)
    seen = []
    for number in range(10):
        seen.append(tuple(pids()))
        pool.submit(number, GOOD)
        [one] = wait_for(pool, 1)
        assert (one.number, one.exit_code) == (number, 0)
    assert len(set(seen)) == 4 and all(len(one) == 1 for one in seen), seen
    pool.close()
    """)


def test_cancelling_by_id_stops_those_runs_and_no_other():
    inside("""
    pool = Pool(settings, jobs=3)
    pool.submit(1, SPIN)
    pool.submit(2, SPIN.replace(b'"spin"}', b'"other"}'))
    pool.submit(3, SPIN)
    pool.cancel("nobody", cancelled_by("x"))
    pool.cancel(None, cancelled_by("x"))
    assert (pool.running, pool.finished()) == (3, [])
    pool.cancel("spin", cancelled_by("x"))
    assert sorted((one.number, code(one)) for one in pool.finished()) == [(1, "CANCELLED"), (3, "CANCELLED")]
    assert (pool.running, pool.free) == (1, 2)
    pool.cancel_all(cancelled_by("x"))
    assert [(one.number, json.loads(one.document)["request_id"]) for one in pool.finished()] == [(2, "other")]
    pool.close()
    """)


def test_a_deadline_is_kept_by_waiting():
    inside("""
    pool = Pool(settings, jobs=2)
    pool.submit(1, SPIN)
    pool.submit(2, GOOD)
    assert [(one.number, code(one)) for one in wait_for(pool, 2)] == [(2, "OK"), (1, "TIMEOUT")]
    pool.close()
    """, BACKTEST_TIMEOUT_SECONDS="0.7")  # fmt: skip


def test_descriptors_that_are_ready_are_told_and_no_other():
    inside("""
    pool = Pool(settings, jobs=1)
    (r, w), (empty, full) = os.pipe(), os.pipe()
    os.write(w, b"x")
    assert pool.wait(read=[r, empty]) == {r}
    assert pool.wait(write=[w], read=[empty]) == {w}
    pool.submit(1, GOOD)
    while not pool.finished():
        assert pool.wait(read=[empty]) == set()
    pool.close()
    """)


LISTENER = """
class Listener:
    def __init__(self, needed):
        self.needed = needed
    def progress(self, stage, completed, total):
        pass
    def should_compute(self, result_id):
        time.sleep(0.3 * (not self.needed))  # the run is over by then, and awaits the reply
        return self.needed
"""


def test_a_result_that_is_not_needed_is_not_written_and_its_process_answers_the_next_request():
    inside(LISTENER + textwrap.dedent("""
    pool = Pool(settings, jobs=1)
    before, seen = pids(), []
    for number, needed in enumerate([True, False, True, False, True]):
        pool.submit(number, GOOD, Listener(needed))
        [one] = wait_for(pool, 1)
        seen.append((one.number, one.exit_code, code(one) if one.document else ""))
    assert seen == [(0, 0, "OK"), (1, 0, ""), (2, 0, "OK"), (3, 0, ""), (4, 0, "OK")]
    assert pids() == before
    pool.close()
    """))


def test_progress_is_reported_to_a_pool_that_passes_it_on_and_to_no_other():
    inside("""
    class Watching(Pool):
        def _receive(self, worker, kind, payload):
            kinds.append(kind)
            super()._receive(worker, kind, payload)

    (r, w) = os.pipe()
    for progress_fd, expected in ((None, False), (w, True)):
        kinds = []
        pool = Watching(settings, jobs=1, progress_fd=progress_fd)
        pool.submit(1, GOOD)
        [one] = wait_for(pool, 1)
        assert code(one) == "OK"
        assert (b"P" in kinds) is expected, kinds
        pool.close()
    """)


def test_a_caller_that_goes_away_is_noticed_while_nothing_else_happens():
    inside("""
    pool = Pool(settings, jobs=1)
    r, w = os.pipe()
    os.close(r)
    try:
        pool.wait(caller=w)
    except CallerGoneError:
        pass
    else:
        raise AssertionError
    pool.close()
    """)


def test_closing_ends_every_process_and_leaves_no_descriptor():
    inside("""
    Pool(settings, jobs=1).close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        pool = Pool(settings, jobs=3)
        pool.submit(1, SPIN)
        pool.close()
        assert pids() == []
    assert len(os.listdir("/proc/self/fd")) == before
    """)


def test_a_process_that_cannot_be_started_takes_no_descriptor_with_it():
    inside("""
    import resource
    pool = Pool(settings, jobs=1)
    [child] = pids()
    nothing = os.open(os.devnull, os.O_RDONLY)  # always ready
    descriptors = len(os.listdir("/proc/self/fd"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.kill(child, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors - 1, hard))  # room for one pipe, not for two
    for _ in range(5):
        pool.wait()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert pool.wait(read=[nothing]) == {nothing}
    assert len(os.listdir("/proc/self/fd")) == descriptors, (len(os.listdir("/proc/self/fd")), descriptors)
    pool.submit(1, GOOD)
    assert [code(one) for one in wait_for(pool, 1)] == ["OK"]
    pool.close()
    """)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_dies_answers_for_its_run_and_is_replaced(number):
    inside(f"""
    pool = Pool(settings, jobs=1)
    pool.submit(5, SPIN)
    pool.wait()  # until it has said whose request it is
    os.kill(pids()[0], {int(number)})
    [one] = wait_for(pool, 1)
    document = json.loads(one.document)
    assert (one.number, one.exit_code, document["code"], document["request_id"]) == (5, 1, "WORKER_CRASHED", "spin")
    assert pool.free == 1
    pool.submit(6, GOOD)
    assert code(wait_for(pool, 1)[0]) == "OK"
    pool.close()
    """)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"request_id": "a"}', "a"), (b'{"request_id": ""}', None), (b"{", None), (b"[]", None), (b"\xff", None),
        (b'{"request_id": 5}', None), (b'{"request_id": "' + b"x" * 129 + b'"}', None), (b"[" * 100_000, None),
        (b'{"request_id": "\\ud800"}', None), (b'{"request_id": "a", "request_id": "b"}', None), (b"9" * 10_000, None),
    ],
)  # fmt: skip
def test_the_id_of_a_request_that_nobody_has_read_is_what_its_answer_would_carry(raw, expected):
    from backtester.runtime.limits import id_in
    from backtester.settings import read_settings

    assert id_in(raw, read_settings({"HOME": os.devnull})) == expected


def test_what_waited_for_a_slow_reader_is_run_once_it_has_read(tmp_path):
    """Its documents fill the buffer, and then all of them are written at once: nothing else will wake the server."""
    inside("""
    from backtester.adapters.ndjson.line_server import LineServer
    from backtester.runtime.signals import StopFlag

    source, writing = os.pipe()
    os.write(writing, GOOD + b"\\n")
    os.close(writing)
    sink = os.open(os.environ["SINK"], os.O_RDWR | os.O_CREAT)
    stop = StopFlag()
    stop.open()
    server = LineServer(Pool(settings, jobs=1), settings, stop, source=source, sink=sink)
    server.reader.fill()
    server._take_lines()
    server.reader.fill()
    assert server.reader.ended
    server._writer.unsent += b" " * (2 << 20)
    signal.alarm(30)  # a hang is an end by this signal
    seen = []
    assert server.serve(seen.append)
    assert [code(one) for one in seen] == ["OK"]
    """, SINK=str(tmp_path / "documents"))
