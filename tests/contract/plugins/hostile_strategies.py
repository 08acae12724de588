"""Strategies that misbehave, each in its own way, while they decide.

Each first writes its process id to the file named by HOSTILE_STARTED, where that is set.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.model.records import WarmUp
from backtester.strategies.protocol import Decisions

SCHEMA = {
    "title": "Hostile",
    "description": "Misbehaves on purpose.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "rebalance_frequency": {"type": "string", "enum": ["never", "monthly"], "default": "never"},
        "size": {"type": "integer", "minimum": 0, "maximum": 10, "default": 1},
    },
}


class Hostile:
    """A strategy whose decision is `act(weights)`; None from it means the weights as they were."""

    HAS_SIGNAL = False
    schema = SCHEMA

    def __init__(self, act: Callable[[Any], Any]) -> None:
        self.act = act

    def warm_up(self, parameters: dict[str, Any]) -> WarmUp:
        return WarmUp()

    def decide(self, history: Any, allocations: Any, parameters: dict[str, Any]) -> Any:
        if "HOSTILE_STARTED" in os.environ:
            with open(os.environ["HOSTILE_STARTED"] + ".part", "w", encoding="ascii") as file:
                file.write(str(os.getpid()))
            os.rename(os.environ["HOSTILE_STARTED"] + ".part", os.environ["HOSTILE_STARTED"])
        weights = np.tile(allocations, (history.shape[0], 1))
        made = self.act(weights)
        return Decisions(weights=weights) if made is None else made


@Hostile
def honest(weights):
    """Decides what it is given."""


@Hostile
def sleep(weights):
    time.sleep(600)


@Hostile
def sleep_deaf(weights):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(600)


@Hostile
def segfault(weights):
    ctypes.string_at(0)


@Hostile
def abort(weights):
    os.abort()


@Hostile
def exit_three(weights):
    os._exit(3)


@Hostile
def exit_zero(weights):
    os._exit(0)


@Hostile
def system_exit(weights):
    raise SystemExit(0)


@Hostile
def kill_itself(weights):
    os.kill(os.getpid(), signal.SIGKILL)


@Hostile
def stop_itself(weights):
    os.kill(os.getpid(), signal.SIGSTOP)


@Hostile
def allocate(weights):
    np.ones(1 << 30).sum()


@Hostile
def grow(weights):
    grown = []
    while True:
        grown.append(bytearray(1000))


held = None


@Hostile
def hoard(weights):
    global held
    while True:
        held = [held]  # small pieces, so that no room is left, and nothing is free when this function has ended


@Hostile
def recurse(weights):
    def deeper(level):
        return deeper(level + 1)

    deeper(0)


@Hostile
def spin(weights):
    while True:
        pass


@Hostile
def long_call(weights):
    np.linalg.eigvals(np.random.default_rng(0).random((3000, 3000)))


@Hostile
def long_regex(weights):
    re.match(r"(a+)+$", "a" * 64 + "b")


@Hostile
def print_much(weights):
    print("printed")
    sys.stdout.flush()
    os.write(1, b'{"success": true}\n')
    c = ctypes.CDLL(None)
    c.puts(b"put")
    c.fflush(None)
    subprocess.run(["/bin/echo", "echoed"], check=True)


@Hostile
def write_everywhere(weights):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b'{"success": true}\n')
        except OSError:
            continue


@Hostile
def close_everything(weights):
    os.closerange(0, 256)


@Hostile
def flood_stderr(weights):
    for _ in range(2000):
        os.write(2, b"noise " * 200 + b"\n")


@Hostile
def fail(weights):
    raise ValueError("the secret of the house " * 50_000)


class Unprintable(Exception):
    """An exception that cannot be shown."""

    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


@Hostile
def fail_unprintably(weights):
    raise Unprintable


@Hostile
def interrupt(weights):
    raise KeyboardInterrupt


@Hostile
def return_none(weights):
    return 0


@Hostile
def wrong_columns(weights):
    return Decisions(weights=np.ones((weights.shape[0], weights.shape[1] + 1)) / 10)


@Hostile
def wrong_rows(weights):
    return Decisions(weights=np.ones((weights.shape[0] + 1, weights.shape[1])) / 10)


@Hostile
def one_dimension(weights):
    return Decisions(weights=weights[0])


@Hostile
def words(weights):
    return Decisions(weights=np.full(weights.shape, "much"))


@Hostile
def not_a_number(weights):
    return Decisions(weights=np.full(weights.shape, np.nan))


@Hostile
def infinite(weights):
    return Decisions(weights=np.full(weights.shape, np.inf))


@Hostile
def negative(weights):
    signs = np.ones(weights.shape[1])
    signs[0] = -1
    return Decisions(weights=weights * signs)


@Hostile
def above_one(weights):
    return Decisions(weights=weights * 3)


@Hostile
def whole_numbers(weights):
    made = np.zeros(weights.shape, dtype=np.int64)
    made[:, 0] = 1
    return Decisions(weights=made)


def leave_behind() -> None:
    """Start a process that belongs to nobody: forked twice, in a session of its own, holding every descriptor."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()


@Hostile
def daemonise(weights):
    leave_behind()


@Hostile
def daemonise_and_crash(weights):
    leave_behind()
    os._exit(3)


@Hostile
def daemonise_and_spin(weights):
    leave_behind()
    while True:
        pass


@Hostile
def fork_many(weights):
    for _ in range(20):
        leave_behind()


@Hostile
def start_threads(weights):
    import threading

    for _ in range(4):
        threading.Thread(target=time.sleep, args=(600,)).start()


without_schema = object()
