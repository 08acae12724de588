"""Pieces of work in forked processes: their order, their errors, their memory, and that none of them is left."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time

import numpy as np
import pytest

from backtester.model.errors import LimitError
from backtester.pipeline import uncounted
from backtester.runtime.child import limit_memory, memory_left
from backtester.runtime.pieces.pieces import as_completed, in_order
from tests.support.processes import apart, children, eventually, is_running

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")


def done_in(processes, work, pieces, done=uncounted):
    return [*in_order(work, pieces, done=done, processes=processes)]


def squared(piece, done):
    done(1)
    return {"square": piece**2, "pid": os.getpid(), "of": np.full(2, float(piece))}


def test_results_come_in_the_order_of_the_pieces_whichever_is_first():
    def late(piece, done):
        time.sleep(0.05 * (piece % 3 == 0))
        return squared(piece, done)

    def work():
        found = done_in(3, late, range(10))
        assert [each["square"] for each in found] == [piece**2 for piece in range(10)]
        assert [each["of"].tolist() for each in found] == [[piece, piece] for piece in range(10)]
        pids = {each["pid"] for each in found}
        return [1 < len(pids) <= 3, os.getpid() in pids, children(os.getpid())]

    assert apart(work) == [True, False, []]


@pytest.mark.parametrize("processes", [0, 1])
def test_one_core_computes_them_here(processes):
    def work():
        return [each["pid"] == os.getpid() for each in done_in(processes, squared, range(4))]

    assert apart(work) == [True] * 4


def test_the_runs_of_all_are_counted_those_of_a_piece_that_is_repeated_once():
    counted = []

    def work():
        first = os.getpid()

        def dies_once(piece, done):
            done(5)
            if piece == 2 and os.getpid() != first:
                time.sleep(0.05)
                os._exit(1)
            done(5)
            return piece

        assert done_in(2, dies_once, range(4), counted.append) == [0, 1, 2, 3]
        return sum(counted)

    assert apart(work) == 40


def test_an_error_is_the_one_that_the_work_raises_and_ends_all():
    def work():
        def fails(piece, done):
            if piece == 3:
                raise LimitError("TIMEOUT", "The third piece.")
            return piece

        try:
            done_in(2, fails, range(6))
        except LimitError as error:
            return [error.detail, children(os.getpid())]

    assert apart(work) == ["The third piece.", []]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_piece_of_a_killed_process_is_computed_here(number):
    def work():
        first = os.getpid()

        def killed(piece, done):
            if piece == 1 and os.getpid() != first:
                os.kill(os.getpid(), number)
            return [piece, os.getpid() == first]

        return [done_in(2, killed, range(5)), children(first)]

    assert apart(work) == [[[0, False], [1, True], [2, False], [3, False], [4, False]], []]


def test_together_they_have_no_more_memory_than_this_process_has_left():
    def work():
        limit_memory(1000)
        before = memory_left()

        def left(piece, done):
            time.sleep(0.05)
            return memory_left()

        return [before, *done_in(3, left, range(3))]

    before, *each = apart(work)
    assert sum(each) <= before
    assert min(each) > 200


def test_a_piece_that_needs_more_memory_than_its_share_is_computed_alone():
    def work():
        limit_memory(1000)
        first = os.getpid()

        def large(piece, done):
            return [float(np.ones((600 << 20) // 8).sum()) > 0, os.getpid() == first]

        return done_in(3, large, range(2))

    assert apart(work) == [[True, True], [True, True]]


def test_little_memory_means_few_processes():
    def work():
        limit_memory(300)
        return [each["pid"] == os.getpid() for each in done_in(8, squared, range(4))]

    assert apart(work) == [True] * 4


def test_they_hold_no_descriptor_but_the_standard_three_and_their_own():
    def work():
        reads, writes = os.pipe()
        found = done_in(2, lambda piece, done: [*map(int, os.listdir("/proc/self/fd"))], range(2))
        return [reads in each or writes in each or len(each) for each in found]

    # the listing itself takes one
    assert apart(work) == [6, 6]


def test_they_die_with_the_process_that_forked_them(tmp_path):
    def hangs(piece, done):
        (tmp_path / str(os.getpid())).touch()
        time.sleep(60)

    first = os.fork()
    if first == 0:
        done_in(2, hangs, range(2))
        os._exit(0)
    assert eventually(lambda: len([*tmp_path.iterdir()]) == 2)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert eventually(lambda: not any(map(is_running, pids)))


def test_who_stops_reading_ends_them():
    def work():
        results = as_completed(squared_number, iter(range(100)), done=uncounted, processes=2)
        next(results)
        busy = len(children(os.getpid()))
        results.close()
        return [busy, children(os.getpid())]

    assert apart(work) == [2, []]


def squared_number(number, done):
    return number**2


def test_where_none_may_be_forked_they_are_computed_here():
    def work():
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), 64))
        return [each["pid"] == os.getpid() for each in done_in(4, squared, range(4))]

    assert apart(work) == [True] * 4
