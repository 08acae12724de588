"""Runs a request through the stages: contract, prices, strategies, simulation, metrics, result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from backtester.codec.column_types import plain
from backtester.contract.build import build_spec
from backtester.contract.check import CheckedRequest, check, complete_plug_in
from backtester.metrics.measure import measure
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, Progress, WarmUp
from backtester.prices.load import load_prices, sample_suffices
from backtester.result import render, result_id
from backtester.settings import Settings, read_settings
from backtester.simulation.simulate import simulate
from backtester.strategies.decide import decide_weights
from backtester.strategies.protocol import Strategy
from backtester.strategies.table import find_strategy

if TYPE_CHECKING:
    from backtester.prices.sources.source import AskPlugIn


class AlreadyKnownError(Exception):
    """The caller of the run has its result already."""


def always_compute(result_id: str) -> bool:
    """Return True: compute every result."""
    return True


class Plan(Record):
    """The spec and the warm-up that a strategy needs. has_signal: the strategy decides by prices."""

    spec: BacktestSpec
    warm_up: WarmUp
    has_signal: bool


def plan(checked: CheckedRequest) -> Plan:
    """Build the spec and ask the strategy for its warm-up. RequestError where a plug-in's parameters are invalid."""
    spec = build_spec(complete_plug_in(checked))
    strategy = find_strategy(spec.strategy)
    return Plan(spec=spec, warm_up=strategy.warm_up(spec.parameters), has_signal=strategy.HAS_SIGNAL)


class Isolation(Protocol):
    """Separates plug-ins from the rest of their process."""

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan, validated where a plug-in made it."""

    def strategy(self, planned: Plan) -> Strategy:
        """Return the strategy that decides, once the prices are loaded."""

    @property
    def ask_plug_in(self) -> AskPlugIn | None:
        """What asks a plug-in source of prices; None: it is asked in this process."""


class NoIsolation:
    """No separation: the process is the caller's own."""

    ask_plug_in = None

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan, made in this process."""
        return plan(checked)

    def strategy(self, planned: Plan) -> Strategy:
        """Return the strategy itself."""
        return find_strategy(planned.spec.strategy)


def silent(stage: str, completed: int, total: int) -> None:
    """Report no progress."""


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one backtest in this process and return the result document.

    request: as schemas/request.schema.json has it; it is not changed. BacktestError (RequestError, DataError) where
    there is no result; its `as_document()` is the error document. The deadline and the memory limit do not apply,
    since no other process supervises the run.
    """
    from backtester.codec.decode import check_tree  # a spawned run decodes in its supervising process

    settings = read_settings()
    check_tree(request)
    document: dict[str, Any] = plain(
        run_checked(check(request, csv_available=settings.csv_dir is not None), settings=settings)
    )
    return document


def run_checked(
    checked: CheckedRequest, *, settings: Settings, progress: Progress = silent,
    should_compute: Callable[[str], bool] = always_compute, guard: Isolation | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a checked request and return the result document, its columns as arrays, to be encoded or made `plain`.

    DataError, LimitError, RequestError.

    should_compute: called with the result_id after the prices are loaded; AlreadyKnownError where it returns False.
    guard: the isolation of a process that runs plug-ins; None: no isolation.
    """
    clock = _Clock()
    # every stage handles zero denominators and overflow itself; numpy must not warn on stderr as well
    with np.errstate(all="ignore"):
        guard = guard or NoIsolation()
        return _run(
            checked, clock, settings=settings, progress=progress, should_compute=should_compute, guard=guard
        )  # fmt: skip


def _run(
    checked: CheckedRequest, clock: _Clock, *, settings: Settings, progress: Progress,
    should_compute: Callable[[str], bool], guard: Isolation,
) -> dict[str, Any]:  # fmt: skip
    planned = guard.plan(checked)
    spec = planned.spec

    progress("loading_data", 0, len(spec.symbols))
    prices = load_prices(
        spec, planned.warm_up, signal=planned.has_signal, settings=settings, progress=progress,
        ask_plug_in=guard.ask_plug_in,
    )  # fmt: skip
    identity = result_id(spec, prices)
    if not should_compute(identity):
        raise AlreadyKnownError
    clock.lap("loading_data")

    sessions = prices.sessions.size - prices.first
    progress("simulating", 0, sessions)
    targets = decide_weights(guard.strategy(planned), prices, spec, progress)
    ledger = simulate(prices, targets, spec)
    progress("simulating", sessions, sessions)
    clock.lap("simulating")

    progress("measuring", 0, sessions)
    report = measure(ledger, prices, spec)
    document = render(spec, prices, targets, ledger, report, identity=identity, request_id=checked.request_id)
    clock.lap("measuring")
    return {**document, "timing_ms": clock.laps}


def needs_only_the_sample(checked: CheckedRequest, settings: Settings) -> bool:
    """Return whether the run takes all prices from the bundled sample, without a network or a price store."""
    return sample_suffices(build_spec(checked), settings)


class _Clock:
    """Milliseconds by stage, and together."""

    def __init__(self) -> None:
        self.started = self.last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = round((now - self.last) * 1e3, 3)
        self.laps["total"] = round((now - self.started) * 1e3, 3)
        self.last = now
