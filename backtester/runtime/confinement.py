"""Confines a child: the privileges that it drops before its run, and the processes that work for it.

A strategy has to be asked for its schema and its look-back before prices can be loaded, and loading them takes the
store and perhaps the network. So it is asked twice, each time in a process that can do nothing but answer. A source of
prices is asked in a process that can also connect, once for a symbol. The child itself never runs their code.

Only a process that has more than one core may fork others, and those are for what a request's `analysis` asks.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backtester.contract.schemas import built_in_strategies, runs_plug_in, values_of
from backtester.model.errors import InternalError
from backtester.pipeline import Done, NoIsolation, Piece, Plan, needs_only_the_sample, plan
from backtester.runtime.limits import available_cores, within_limits
from backtester.runtime.process import CAN_FORK, fork
from backtester.settings import Settings
from backtester.strategies.table import find_strategy

if TYPE_CHECKING:
    from backtester.contract.check import CheckedRequest
    from backtester.prices.sources.source import AskPlugIn
    from backtester.runtime.pieces.piece_frames import PieceClient
    from backtester.runtime.plug_ins.plug_in_process import PlugInProcesses
    from backtester.runtime.sandbox.confine import Step
    from backtester.strategies.protocol import Strategy


MOST_SHARED = 4096  # pieces that machines share: each claim looks at all of them


class Confinement:
    """The privileges that this process has dropped so far, and the processes that it may start.

    cores: those that it may use; one that knows its request before it gives anything up finds them itself.
    """

    def __init__(self, settings: Settings, *, cores: int = 1) -> None:
        self._cores = cores
        self._client: PieceClient | None = None
        self._settings = settings
        self._on = settings.sandbox != "off"
        self._dropped = False
        self._refusal: InternalError | None = None
        self._processes: PlugInProcesses | None = None
        self._seconds = settings.max_timeout_seconds
        self._also: tuple[str, ...] = ()

    def drop_privileges(self, checked: CheckedRequest) -> None:
        """Give up what this one run does not need, once. InternalError where a step is required and lacking."""
        if "analysis" in checked.request:
            self._cores = available_cores()
        if not self._on or self._has_dropped():
            return
        sources = values_of(checked.request, "data", "source")
        foreign = runs_plug_in(checked.request, self._settings.source)
        asks = not sources <= {"bundled", "csv", "inline"}
        if asks and not foreign:
            asks = not needs_only_the_sample(checked, self._settings)
        # where the network fails, the error names the folder if that has the prices
        self._drop(store=asks, csv=asks or "csv" in sources, network=asks, foreign=foreign)

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
            processes=foreign or self._cores > 1, also=self._also,
        )  # fmt: skip
        self._dropped = True
        self._insist(steps)

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan: of a plug-in, as a process of its own made it, which can do nothing else."""
        self._processes = None
        if not CAN_FORK or not runs_plug_in(checked.request, self._settings.source):
            return plan(checked)
        from backtester.runtime.plug_ins.plug_in_process import PlugInProcesses

        self._seconds = within_limits(checked, self._settings)[1]
        self._processes = PlugInProcesses(self.lock_down)
        if checked.request["strategy"] in built_in_strategies():
            return plan(checked)
        from backtester.runtime.plug_ins.plug_in import plan_of

        return plan_of(checked, self._processes)

    def strategy(self, planned: Plan) -> Strategy:
        """Return the strategy: a plug-in decides in a process of its own."""
        if self._processes is None or planned.spec.strategy in built_in_strategies():
            return find_strategy(planned.spec.strategy)
        from backtester.runtime.plug_ins.plug_in import PlugInStrategy

        return PlugInStrategy(planned, self._processes)

    @property
    def ask_plug_in(self) -> AskPlugIn | None:
        """What asks a plug-in source, each time in a process of its own; None where this one has to."""
        return None if self._processes is None else _asking(self._processes)

    def share(self, client: PieceClient | None) -> None:
        """Share the pieces of questions with other machines; None: no more."""
        self._client = client

    def each(
        self, work: Callable[[Piece, Done], Any], pieces: Sequence[Piece], *, done: Done, question: str | None = None
    ) -> Iterator[Any]:
        """Yield the result of the work on each piece, in their order, computed on these cores and by who may help."""
        from backtester.runtime.sandbox.kernel import reuse_freed_memory

        reuse_freed_memory()
        if question is not None and self._client is not None and 1 < len(pieces) <= MOST_SHARED:
            from backtester.runtime.pieces.shared_pieces import shared_out

            return shared_out(
                work, pieces, done=done, processes=self._cores, client=self._client, question=question
            )  # fmt: skip
        if self._cores == 1 or len(pieces) < 2:
            return NoIsolation().each(work, pieces, done=done)
        from backtester.runtime.pieces.pieces import in_order

        return in_order(work, pieces, done=done, processes=min(self._cores, len(pieces)))

    def lock_down(self, *, network: bool) -> None:
        """Give up everything but thinking, and the network for a source of prices, in the process of a plug-in."""
        if self._on:
            from backtester.runtime.sandbox.confine import lock_down

            self._insist(lock_down(seconds=self._seconds, also=self._also, network=network))

    def _insist(self, steps: tuple[Step, ...]) -> None:
        lacking = [f"{step.name} ({step.lacking})" for step in steps if step.lacking]
        if lacking and self._settings.sandbox == "require":
            lacks = ", ".join(lacking)
            detail = f"The sandbox is required, and this system lacks {lacks}."
            remedy = "The operator may set BACKTEST_SANDBOX=on, which does without."
            self._refusal = InternalError("INTERNAL", detail, remedy=remedy)
            raise self._refusal


def processes_for_plug_ins(settings: Settings, *, ends: float = math.inf) -> PlugInProcesses:
    """Return the processes for plug-ins of a process that has given up nothing. ends: as PlugInProcesses has it.

    They may take as long as the longest request.
    """
    from backtester.runtime.plug_ins.plug_in_process import PlugInProcesses

    guard = Confinement(settings)
    guard._also = (*plug_in_folders(), *settings.sandbox_read)
    return PlugInProcesses(guard.lock_down, ends=ends)


def asking_for_command(settings: Settings) -> AskPlugIn | None:
    """Return what asks a plug-in source in processes of their own, None where this one has to."""
    return _asking(processes_for_plug_ins(settings)) if CAN_FORK else None


def _asking(processes: PlugInProcesses) -> AskPlugIn:
    # not in a thread: one that is forked would wait for it
    from backtester.runtime.plug_ins.plug_in_source import quotes_of

    return functools.partial(quotes_of, processes)


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
    child = fork()
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
