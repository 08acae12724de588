"""Runs a request through the stages: contract, prices, strategies, simulation, metrics, result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from backtester.contract.build import build_spec
from backtester.contract.check import CheckedRequest, complete_plug_in
from backtester.metrics.measure import measure
from backtester.model.record import Record
from backtester.model.records import (
    BacktestSpec,
    Ledger,
    PriceQuery,
    PriceTable,
    Progress,
    Report,
    TargetWeights,
    WarmUp,
)
from backtester.prices.load import load_prices, price_query, sample_suffices
from backtester.result import render, result_id
from backtester.settings import Settings
from backtester.simulation.simulate import simulate
from backtester.strategies.decisions.decide import decide_weights
from backtester.strategies.protocol import Strategy
from backtester.strategies.table import find_strategy

if TYPE_CHECKING:
    from backtester.prices.sources.source import AskPlugIn


Piece = TypeVar("Piece")
Done = Callable[[int], None]  # called with how many more runs are done
Tables = dict[tuple[str, PriceQuery], PriceTable]  # by source and query


class AlreadyKnownError(Exception):
    """The caller of the run has its result already."""


def always_compute(result_id: str) -> bool:
    """Return True: compute every result."""
    return True


class Loaded(Record):
    """A run whose prices are at hand."""

    spec: BacktestSpec
    prices: PriceTable
    strategy: Strategy


class Measured(Record):
    """A run that has been carried out."""

    targets: TargetWeights
    ledger: Ledger
    report: Report


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
    """Separates plug-ins from the rest of their process, and says which processes compute what can be shared out."""

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan, validated where a plug-in made it."""

    def strategy(self, planned: Plan) -> Strategy:
        """Return the strategy that decides, once the prices are loaded."""

    @property
    def ask_plug_in(self) -> AskPlugIn | None:
        """What asks a plug-in source of prices; None: it is asked in this process."""

    def each(
        self, work: Callable[[Piece, Done], Any], pieces: Sequence[Piece], *, done: Done, question: str | None = None
    ) -> Iterator[Any]:
        """Yield the result of the work on each piece, in their order.

        work: may be done in other processes; it loads no prices. It is given a Done of its own. Its result: as
        `codec.arrays.pack` takes it; arrays in it cannot be written. question: the pointer of the question whose
        `pieces` and `work` these are, where other machines may answer; None: this one alone does.
        """


class NoIsolation:
    """No separation: the process is the caller's own."""

    ask_plug_in = None

    def plan(self, checked: CheckedRequest) -> Plan:
        """Return the plan, made in this process."""
        return plan(checked)

    def strategy(self, planned: Plan) -> Strategy:
        """Return the strategy itself."""
        return find_strategy(planned.spec.strategy)

    def each(
        self, work: Callable[[Piece, Done], Any], pieces: Sequence[Piece], *, done: Done, question: str | None = None
    ) -> Iterator[Any]:
        """Yield the result of the work on each piece, one after the other, in this process."""
        return (work(piece, done) for piece in pieces)


def uncounted(runs: int) -> None:
    """Report nothing of how many runs are done."""


def silent(stage: str, completed: int, total: int) -> None:
    """Report no progress."""


def run_checked(
    checked: CheckedRequest, *, settings: Settings, progress: Progress = silent,
    should_compute: Callable[[str], bool] = always_compute, guard: Isolation | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a checked request, without the analysis that it asks for, and return the result document.

    Its columns are arrays, to be encoded or made `plain`.

    DataError, LimitError, RequestError.

    should_compute: called with the result_id after the prices are loaded; AlreadyKnownError where it returns False.
    guard: the isolation of a process that runs plug-ins; None: no isolation.
    """
    clock = Clock()
    # every stage handles zero denominators and overflow itself; numpy must not warn on stderr as well
    with np.errstate(all="ignore"):
        guard = guard or NoIsolation()
        return _run(
            checked, clock, settings=settings, progress=progress, should_compute=should_compute, guard=guard
        )  # fmt: skip


def _run(
    checked: CheckedRequest, clock: Clock, *, settings: Settings, progress: Progress,
    should_compute: Callable[[str], bool], guard: Isolation,
) -> dict[str, Any]:  # fmt: skip
    loaded = load(checked, settings=settings, progress=progress, guard=guard)
    identity = result_id(loaded.spec, loaded.prices)
    if not should_compute(identity):
        raise AlreadyKnownError
    clock.lap("loading_data")
    document = rendered(loaded, carry_out(loaded, progress, clock), identity=identity, request_id=checked.request_id)
    clock.lap("measuring")
    return {**document, "timing_ms": clock.laps}


def load(
    checked: CheckedRequest, *, settings: Settings, progress: Progress, guard: Isolation,
    warm_up: WarmUp | None = None, known: Tables | None = None,
) -> Loaded:  # fmt: skip
    """Plan a run and load its prices. DataError, LimitError, RequestError.

    warm_up: the history that others need of the same prices; None: the run's own. known: tables that earlier runs of
    the same settings and inline prices have loaded, to be used again; this run's is added.
    """
    planned = guard.plan(checked)
    spec = planned.spec
    progress("loading_data", 0, len(spec.symbols))
    history = warm_up or planned.warm_up
    query = None if known is None else price_query(spec, history, signal=planned.has_signal)
    prices = None if known is None or query is None else known.get((spec.source, query))
    if prices is None:
        prices = load_prices(
            spec, history, signal=planned.has_signal, settings=settings, progress=progress,
            ask_plug_in=guard.ask_plug_in,
        )  # fmt: skip
    if known is not None and query is not None:
        known[spec.source, query] = prices
    return Loaded(spec=spec, prices=prices, strategy=guard.strategy(planned))


def carry_out(loaded: Loaded, progress: Progress, clock: Clock) -> Measured:
    """Decide, simulate and measure. RequestError, LimitError; InternalError of a plug-in."""
    spec, prices = loaded.spec, loaded.prices
    sessions = prices.sessions.size - prices.first
    progress("simulating", 0, sessions)
    targets = decide_weights(loaded.strategy, prices, spec, progress)
    ledger = simulate(prices, targets, spec)
    progress("simulating", sessions, sessions)
    clock.lap("simulating")
    progress("measuring", 0, sessions)
    return Measured(targets=targets, ledger=ledger, report=report_of(loaded, ledger))


def report_of(loaded: Loaded, ledger: Ledger) -> Report:
    """Measure a ledger, beside the benchmark where the request has one."""
    spec, prices = loaded.spec, loaded.prices
    benchmark = spec.benchmark
    held = benchmark is not None and (benchmark.name is not None or bool(spec.cash_flows))  # else its price says it all
    return measure(ledger, prices, spec, benchmark=benchmark_ledger(spec, prices) if held else None)


def rendered(loaded: Loaded, outcome: Measured, *, identity: str, request_id: str | None) -> dict[str, Any]:
    """Return the result document without `timing_ms`."""
    return render(
        loaded.spec, loaded.prices, outcome.targets, outcome.ledger, outcome.report, identity=identity,
        request_id=request_id,
    )  # fmt: skip


def benchmark_ledger(spec: BacktestSpec, prices: PriceTable) -> Ledger:
    """Carry out a benchmark by the same stages."""
    from backtester.model.benchmark import benchmark_portfolio  # most runs do not need it

    own, table = benchmark_portfolio(spec, prices)
    return simulate(table, decide_weights(find_strategy(own.strategy), table, own), own)


def needs_only_the_sample(checked: CheckedRequest, settings: Settings) -> bool:
    """Return whether the run takes all prices from the bundled sample, without a network or a price store.

    Of a request with variations it is not known.
    """
    return checked.document is None and sample_suffices(build_spec(checked), settings)


class Clock:
    """Milliseconds by stage, and together."""

    def __init__(self) -> None:
        self.started = self.last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.laps[stage] = round((now - self.last) * 1e3, 3)
        self.laps["total"] = round((now - self.started) * 1e3, 3)
        self.last = now
