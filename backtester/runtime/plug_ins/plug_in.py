"""What a plug-in is asked and how its answers are read: as data, of which nothing is taken for more than it is.

Two questions, each in a process of its own (`plug_in_process`): the plan, before prices are loaded, and the decisions.
Text is JSON of a limited length, read by the decoder that requests are read by; arrays are blocks of doubles.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.contract.build import build_spec, signals_of
from backtester.contract.check import CheckedRequest
from backtester.contract.schemas import read_schema, strategy_schema
from backtester.model.errors import InternalError, RunWarning
from backtester.model.record import replace
from backtester.model.records import FloatArray, WarmUp
from backtester.pipeline import Plan, plan
from backtester.runtime.frames import COLUMN, PROGRESS, TEXT, MalformedError
from backtester.runtime.plug_ins.plug_in_process import PlugInProcesses, Send
from backtester.runtime.plug_ins.plug_in_text import LONGEST_TEXT, object_in, refuse, say, text_in
from backtester.runtime.progress import LEAST_INTERVAL
from backtester.strategies.decisions.decide import checked_decisions
from backtester.strategies.decisions.history import History, callback_of, with_callback
from backtester.strategies.protocol import Decisions
from backtester.strategies.table import find_strategy

_LONGEST_WARM_UP = 1_000_000  # sessions or months
_MOST_SIGNALS = 500
_MOST_BLOCKS = 1000


def plan_of(checked: CheckedRequest, processes: PlugInProcesses) -> Plan:
    """Return the plan that a plug-in makes of a request. RequestError where its parameters are invalid."""

    def work(send: Send) -> None:
        made = plan(checked)
        request, warm_up = made.spec.request, made.warm_up
        say(send, {
            "parameters": request["parameters"], "signals": signals_of(request),
            "has_signal": bool(made.has_signal), "warm_up": [int(warm_up.sessions), int(warm_up.months)],
        })  # fmt: skip

    said = _one_object(work, processes)
    try:
        return _plan_in(said, checked)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise MalformedError from None


def schema_of(name: str, processes: PlugInProcesses) -> dict[str, Any]:
    """Return the schema that a plug-in has. InternalError with the kind of exception where it cannot be loaded."""

    def work(send: Send) -> None:
        try:
            say(send, {"schema": strategy_schema(name)})
        except (Exception, SystemExit) as error:
            raise InternalError("INTERNAL", type(error).__name__) from None

    found = _one_object(work, processes).get("schema")
    if not isinstance(found, dict):
        raise MalformedError
    return found


def _one_object(work: Callable[[Send], None], processes: PlugInProcesses) -> dict[str, Any]:
    """Return the JSON object that a plug-in's process answers with. MalformedError; the error that it tells of."""
    said: list[dict[str, Any]] = []

    def receive(kind: bytes, payload: bytes) -> None:
        if kind != TEXT or said:
            raise MalformedError
        said.append(object_in(payload))

    processes.ask(work, refuse, receive, longest=LONGEST_TEXT)
    if not said:
        raise MalformedError
    return said[0]


def _plan_in(said: dict[str, Any], checked: CheckedRequest) -> Plan:
    """Return the plan that an answer makes. ValueError, TypeError, KeyError, OverflowError where it makes none."""
    parameters, signals = said["parameters"], said["signals"]
    if not isinstance(parameters, dict) or len(signals) > _MOST_SIGNALS:
        raise ValueError(parameters)
    if parameters.get("rebalance_frequency") not in read_schema("common")["$defs"]["rebalance_frequency"]["enum"]:
        name = checked.request["strategy"]
        detail = f"The strategy {name} has no parameter rebalance_frequency, or none of the known frequencies in it."
        raise InternalError("INTERNAL", detail)
    held = {holding["symbol"] for holding in checked.request["holdings"]}
    for symbol, pointer in signals:
        if _symbol(symbol) in held or symbol != symbol.upper():
            raise ValueError(symbol)
        held.add(symbol)
        text_in(pointer)
    sessions, months = (min(max(int(count), 0), _LONGEST_WARM_UP) for count in said["warm_up"])
    completed = replace(checked, request={**checked.request, "parameters": parameters})
    return Plan(
        spec=build_spec(completed, signals=tuple((symbol, pointer) for symbol, pointer in signals)),
        warm_up=WarmUp(sessions=sessions, months=months), has_signal=said["has_signal"] is True,
    )  # fmt: skip


class PlugInStrategy:
    """A plug-in as the pipeline sees it: it decides in a process of its own."""

    def __init__(self, made: Plan, processes: PlugInProcesses) -> None:
        self.HAS_SIGNAL = made.has_signal
        self._plan = made
        self._processes = processes

    def warm_up(self, parameters: dict[str, Any]) -> WarmUp:
        """Return what the plan has."""
        return self._plan.warm_up

    def decide(self, history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
        """Return the plug-in's decisions. InternalError where they are none, or its process ended."""
        name, rows = self._plan.spec.strategy, history.shape[0]

        def work(send: Send) -> None:
            watched = with_callback(history, lambda decision: send(PROGRESS, str(int(decision)).encode()))
            made = find_strategy(name).decide(watched, allocations, parameters)
            _send_decisions(checked_decisions(made, history.shape, name), send)

        answer = _Answer(history.shape, callback_of(history))
        self._processes.ask(work, refuse, answer.receive, longest=max(LONGEST_TEXT, rows * history.shape[1] * 8))
        return checked_decisions(answer.decisions(), history.shape, name)


def _send_decisions(made: Decisions, send: Send) -> None:
    """Send decisions: what there is, as text, then each array as a block of doubles."""
    say(send, {
        "scores": made.scores is not None, "seen": [[name, array.ndim] for name, array in made.seen.items()],
        "warnings": [[each.code, each.detail, each.pointer, each.symbol] for each in made.warnings],
    })  # fmt: skip
    for block in (made.weights, *(() if made.scores is None else (made.scores,)), *made.seen.values()):
        send(COLUMN, np.ascontiguousarray(block, dtype=np.float64).tobytes())


class _Answer:
    """Decisions as they arrive."""

    def __init__(self, shape: tuple[int, int], report: Callable[[int], None] | None) -> None:
        self._shape = shape
        self._report_to = report
        self._said: dict[str, Any] | None = None
        self._shapes: list[tuple[int, ...]] = []
        self._blocks: list[FloatArray] = []
        self._reported = time.monotonic()

    def receive(self, kind: bytes, payload: bytes) -> None:
        """Take in a frame. MalformedError, or the error that the plug-in ended in."""
        try:
            if kind == PROGRESS:
                self._report(int(payload))
            elif kind == TEXT and self._said is None:
                self._said = object_in(payload)
                dimensions = [2, *([2] if self._said["scores"] is True else []), *(n for _, n in self._said["seen"])]
                if len(dimensions) > _MOST_BLOCKS:
                    raise ValueError(len(dimensions))
                self._shapes = [self._shape[:count] for count in dimensions]
            elif kind == COLUMN and len(self._blocks) < len(self._shapes):
                self._blocks.append(np.frombuffer(payload).reshape(self._shapes[len(self._blocks)]))
            else:
                raise MalformedError
        except (ValueError, TypeError, KeyError):
            raise MalformedError from None

    def decisions(self) -> Decisions:
        """Return the decisions that have arrived. MalformedError where something is missing."""
        if self._said is None or len(self._blocks) != len(self._shapes):
            raise MalformedError
        try:
            warnings = tuple(
                RunWarning(
                    code=code, detail=detail, pointer=pointer, symbol=None if symbol is None else _symbol(symbol)
                )
                for code, detail, pointer, symbol in self._said["warnings"]
            )
            weights, *rest = self._blocks
            scores = rest.pop(0) if self._said["scores"] is True else None
            seen = {name: block for (name, _), block in zip(self._said["seen"], rest, strict=True)}
        except (ValueError, TypeError, KeyError):
            raise MalformedError from None
        return Decisions(weights=weights, scores=scores, seen=seen, warnings=warnings)

    def _report(self, decision: int) -> None:
        """Pass progress on, no more often than it is shown."""
        if not 0 <= decision < self._shape[0]:
            raise ValueError(decision)
        now = time.monotonic()
        if self._report_to is not None and now - self._reported >= LEAST_INTERVAL:
            self._reported = now
            self._report_to(decision)


def _symbol(said: str) -> str:
    """Return a symbol that may stand in a document, and in the name of a file. ValueError, TypeError."""
    if not re.search(read_schema("common")["$defs"]["symbol"]["pattern"], said):
        raise ValueError(said)
    return said
