"""Strategies for the tests of the queue: one that runs for as long as the test wants, some that end a process.

FAULT_FOLDER is where they say that they have begun (a file `began-<process id>`) and look for what they wait for.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backtester.model.records import WarmUp
from backtester.strategies.protocol import Decisions

SCHEMA = {
    "title": "Fault",
    "description": "Runs for as long as a test wants, or ends a process.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "rebalance_frequency": {"type": "string", "enum": ["never", "monthly"], "default": "never"},
        "gate": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 0},
    },
}


class Strategy:
    """Holds what it is given, after `act(folder, gate)`."""

    HAS_SIGNAL = False
    schema = SCHEMA

    def __init__(self, act: Callable[[Path, int], None]) -> None:
        self.act = act

    def warm_up(self, parameters: dict[str, Any]) -> WarmUp:
        return WarmUp()

    def decide(self, history: Any, allocations: Any, parameters: dict[str, Any]) -> Any:
        folder = Path(os.environ["FAULT_FOLDER"])
        (folder / f"began-{parameters['gate']}-{os.getpid()}").touch()
        self.act(folder, parameters["gate"])
        return Decisions(weights=np.tile(allocations, (history.shape[0], 1)))


@Strategy
def gated(folder, gate):
    while not (folder / f"open-{gate}").exists():
        time.sleep(0.01)


@Strategy
def deadly(folder, gate):
    os.kill(os.getpid(), signal.SIGKILL)


@Strategy
def deadly_once(folder, gate):
    if len([*folder.glob(f"began-{gate}-*")]) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@Strategy
def deadly_above(folder, gate):
    """Kill the parent of this process: the child of Celery's worker, or the worker of `serve`."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
