"""Which privileges a child drops before its run begins, and what is locked down before a plug-in's code runs in it.

A plug-in has to be asked for its schema and its look-back before prices can be loaded, and loading them takes the
store and perhaps the network. So it is asked in a process of its own, that can do nothing but answer; its code comes
into this one when the prices are there and everything else is given up.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from typing import TYPE_CHECKING, Any, NoReturn

from backtester.contract.build import build_spec, signals_of
from backtester.contract.schemas import built_in_strategies, runs_plug_in
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import BacktestError, InternalError, Problem
from backtester.model.record import replace
from backtester.model.records import WarmUp
from backtester.pipeline import Plan, plan
from backtester.runtime.limits import within_limits
from backtester.runtime.stdio import explain, log_traceback
from backtester.settings import Settings

if TYPE_CHECKING:
    from backtester.contract.check import CheckedRequest
    from backtester.runtime.sandbox.confine import Step

_LONGEST_ANSWER = 16 << 20
_LONGEST_WARM_UP = 1_000_000  # sessions or months
_FAILED = 70


class Confinement:
    """What this process has given up so far. Its settings say whether, and what where the system lacks a step."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._on = settings.sandbox != "off"
        self._dropped = False
        self._refusal: InternalError | None = None
        self._plug_in = False
        self._seconds = settings.max_timeout_seconds
        self._also: tuple[str, ...] = ()

    def drop_privileges(self, checked: CheckedRequest, *, sample_only: bool = False) -> None:
        """Give up what this one run does not need, once. InternalError where a step is required and lacking.

        sample_only: its prices are in the bundled sample.
        """
        if not self._on or self._has_dropped():
            return
        source = checked.request["data"]["source"]
        asks = not sample_only and source not in ("bundled", "csv", "inline")
        foreign = runs_plug_in(checked.request, self._settings.source)
        folder = source == "csv" or (asks and source == "auto")
        self._drop(store=asks, csv=folder, network=asks, foreign=foreign)

    def drop_privileges_for_many(self) -> None:
        """Give up what no run needs that this process may be given. InternalError as `drop_privileges`."""
        if self._on and not self._has_dropped():
            self._drop(store=True, csv=True, network=True, foreign=bool(plug_in_folders()))

    def _has_dropped(self) -> bool:
        if self._refusal is not None:
            raise self._refusal
        return self._dropped

    def _drop(self, *, store: bool, csv: bool, network: bool, foreign: bool) -> None:
        from backtester.runtime.sandbox.confine import drop_privileges

        self._also = (*plug_in_folders(), *self._settings.sandbox_read) if foreign else ()
        steps = drop_privileges(
            self._settings, store=store, csv=csv, network=network and not self._settings.offline,
            processes=foreign, also=self._also,
        )  # fmt: skip
        self._dropped = True
        self._insist(steps)

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan: of a plug-in, as a process of its own made it, which can do nothing else."""
        self._plug_in = checked.request["strategy"] not in built_in_strategies()
        if not (self._on and self._plug_in and hasattr(os, "fork")):
            return plan(checked)
        self._seconds = within_limits(checked, self._settings)[1]
        return _believed(self._asked_apart(checked), checked)

    def lock_down(self) -> None:
        """Give up everything but thinking, where a plug-in's code comes next."""
        if self._on and self._plug_in:
            from backtester.runtime.sandbox.confine import lock_down

            self._insist(lock_down(seconds=self._seconds, also=self._also))

    def _insist(self, steps: tuple[Step, ...]) -> None:
        lacking = [f"{step.name} ({step.lacking})" for step in steps if step.lacking]
        if lacking and self._settings.sandbox == "require":
            lacks = ", ".join(lacking)
            detail = (
                f"The sandbox is required, and this system lacks {lacks}. The operator may set BACKTEST_SANDBOX=on."
            )
            self._refusal = InternalError("INTERNAL", detail)
            raise self._refusal

    def _asked_apart(self, checked: CheckedRequest) -> dict[str, Any]:
        """Have a child process ask the plug-in. Where it dies, this process ends in the same way."""
        reads, writes = os.pipe()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self._ask(checked, writes, parent)
        os.close(writes)
        answer = bytearray()
        while len(answer) <= _LONGEST_ANSWER and (piece := os.read(reads, 1 << 16)):
            answer += piece
        os.close(reads)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != 0 or not answer:
            _end_like(status)
        try:
            return dict(json.loads(answer))
        except (ValueError, TypeError, RecursionError):
            raise _malformed() from None

    def _ask(self, checked: CheckedRequest, writes: int, parent: int) -> NoReturn:
        """Ask the plug-in, write its answer, and exit."""
        status = _FAILED
        try:
            from backtester.runtime.sandbox.kernel import die_with_parent

            os.closerange(3, writes)
            os.closerange(writes + 1, max(writes + 1, 65536))
            die_with_parent(parent)
            self.lock_down()
            answer = json.dumps(_answer_of(checked)).encode()
            while answer:
                answer = answer[os.write(writes, answer) :]
            status = 0
        except BaseException as error:
            log_traceback(error)
        finally:
            os._exit(status)


def _answer_of(checked: CheckedRequest) -> dict[str, Any]:
    """Return what a plug-in says of itself, or what is wrong with its parameters, as JSON can carry it."""
    try:
        planned = plan(checked)
        request, warm_up = planned.spec.request, planned.warm_up
        return {
            "parameters": request["parameters"], "signals": signals_of(request),
            "has_signal": bool(planned.has_signal), "warm_up": [int(warm_up.sessions), int(warm_up.months)],
        }  # fmt: skip
    except Exception as error:
        found = explain(error)
        return {"error": [found.code, found.detail, [problem.as_dict() for problem in found.problems]]}


def _believed(answer: dict[str, Any], checked: CheckedRequest) -> Plan:
    """Return the plan that an answer makes, or raise what it says: nothing in it is taken for more than it is."""
    try:
        if "error" in answer:
            raise _error(*answer["error"])
        parameters = answer["parameters"]
        signals = tuple((str(symbol), str(pointer)) for symbol, pointer in answer["signals"])
        sessions, months = (min(max(int(count), 0), _LONGEST_WARM_UP) for count in answer["warm_up"])
        if not isinstance(parameters, dict):
            raise TypeError
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _malformed() from None
    completed = replace(checked, request={**checked.request, "parameters": parameters})
    spec = build_spec(completed, signals=signals)
    return Plan(
        spec=spec, warm_up=WarmUp(sessions=sessions, months=months), has_signal=answer.get("has_signal") is True
    )


def _malformed() -> InternalError:
    return InternalError("WORKER_CRASHED", "The strategy's process sent a malformed answer.")


def _error(code: Any, detail: Any, problems: Any) -> BacktestError:
    if code not in ERROR_CODES:
        raise ValueError(code)
    return BacktestError(code, str(detail), problems=tuple(Problem(**problem) for problem in problems))


def _end_like(status: int) -> NoReturn:
    """End this process as its child ended, so that its supervisor reports what happened."""
    if status < 0:
        with contextlib.suppress(OSError):
            os.kill(os.getpid(), -status)
    os._exit(status if status > 0 else 0)


@functools.cache
def plug_in_folders() -> tuple[str, ...]:
    """Return where the code of the plug-ins lies; importers of editable installs keep it outside `sys.path`."""
    from importlib.metadata import entry_points  # ten milliseconds, paid where there may be a plug-in
    from importlib.util import find_spec

    folders: dict[str, None] = {}
    for point in (*entry_points(group="backtester.strategies"), *entry_points(group="backtester.sources")):
        found = None
        with contextlib.suppress(ImportError, ValueError, AttributeError):
            found = find_spec(point.module.partition(".")[0])
        if found is not None:
            folders |= dict.fromkeys(found.submodule_search_locations or filter(None, [found.origin]))
    return tuple(folders)


def probe_sandbox(settings: Settings) -> list[list[str | None]]:
    """Take every step in a process of its own, and return the steps: name, what is lacking, detail."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.write(writes, json.dumps(_steps(settings)).encode())
        finally:
            os._exit(0)
    os.close(writes)
    answer = os.read(reads, 1 << 16)
    os.close(reads)
    os.waitpid(child, 0)
    steps: list[list[str | None]] = json.loads(answer or b"[]")
    return steps


def _steps(settings: Settings) -> list[tuple[str, str | None, str]]:
    from backtester.runtime.sandbox.confine import drop_privileges, lock_down

    first = drop_privileges(settings, store=False, csv=True, network=not settings.offline, processes=False)
    second = lock_down(seconds=settings.timeout_seconds)
    return [(one.name, one.lacking or two.lacking, one.detail) for one, two in zip(first, second, strict=True)]
