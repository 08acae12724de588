"""Runs the configurations of a group on one price table: side by side where that is exact, else one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from backtester.analysis.batch.configurations import Configurations
from backtester.analysis.batch.curve_metrics import Frame, metrics_of, returns_of
from backtester.analysis.batch.curves import Curves, Schedule, fill_when_due, schedule_of, simulate_many, simulates
from backtester.metrics.returns import full_months
from backtester.model.errors import BacktestError, DataError, InternalError, RequestError
from backtester.model.record import Record, replace
from backtester.model.records import BacktestSpec, FloatArray, IntArray, Report
from backtester.pipeline import Clock, Loaded, carry_out, silent
from backtester.simulation.accounting import AccountingPrices, accounting_prices
from backtester.strategies.decisions.decide import decide_each

MOST = 128  # configurations of a piece: the returns of a sweep's are held until its end
_CELLS = 200_000  # weights at a time: 1.6 megabytes an array
_MOST = 64  # configurations at a time

Failed = dict[int, BacktestError]  # by index in the grid


class Runs(Record):
    """The runs of K configurations over P sessions."""

    indices: tuple[int, ...]  # (K,) in the grid
    metrics: dict[str, FloatArray]  # (K,) by name; NaN where undefined
    returns: FloatArray  # (K, P) series.returns
    failed: Failed = {}  # noqa: RUF012  beside them
    used_up: dict[int, FloatArray] = {}  # noqa: RUF012  of the failed: (p,) returns until a withdrawal took the last money


class Piece(Record):
    """Configurations that are computed together: of one group, in its order."""

    group: int
    indices: tuple[int, ...]

    @property
    def runs(self) -> int:
        """The configurations."""
        return len(self.indices)


def pieces_of(groups: Iterable[tuple[int, ...]]) -> list[Piece]:
    """Return the pieces of the groups: always the same ones, so that an answer does not depend on who computes."""
    return [
        Piece(group=group, indices=indices[at : at + MOST])
        for group, indices in enumerate(groups)
        for at in range(0, len(indices), MOST)
    ]


class PieceRuns:
    """Runs the pieces of a grid. What a group shares is made once for pieces that follow each other."""

    def __init__(self, configurations: Configurations, loaded: list[Loaded]) -> None:
        """Take the configurations of the grid, and a run of each group over the period of all."""
        self._configurations, self._loaded = configurations, loaded
        self._last: tuple[int, GroupRuns] | None = None

    def run(self, piece: Piece) -> Iterator[Runs]:
        """Run the configurations of a piece, some at a time."""
        if self._last is None or self._last[0] != piece.group:
            self._last = piece.group, GroupRuns(self._configurations, self._loaded[piece.group])
        return self._last[1].run(piece.indices)


class GroupRuns:
    """Runs the configurations of one group, on prices that begin where all of them can."""

    def __init__(self, configurations: Configurations, loaded: Loaded) -> None:
        """Take the configurations of the grid, and a run of the group over the period of all."""
        self._configurations = configurations
        self._loaded = loaded
        self._market: AccountingPrices | None = None
        self._frame: Frame | None = None
        self._schedule: Schedule | None = None  # of the last configurations: those of one frequency follow each other

    @property
    def sessions(self) -> int:
        """P, the sessions of the period."""
        return int(self._loaded.prices.sessions.size - self._loaded.prices.first)

    def run(self, indices: tuple[int, ...]) -> Iterator[Runs]:
        """Run configurations, which stand by frequency and rule, some at a time."""
        for specs in _alike({index: self._in_period(self._configurations.spec(index)) for index in indices}):
            yield from self._side_by_side(specs) if self._stands(specs) else self._one_by_one(specs)

    def _in_period(self, spec: BacktestSpec) -> BacktestSpec:
        own = self._loaded.spec
        return replace(spec, request=own.request, start_date=own.start_date, end_date=own.end_date)

    def _stands(self, specs: dict[int, BacktestSpec]) -> bool:
        """Return whether these configurations can be simulated beside one another."""
        prices = self._loaded.prices
        carried = prices.own is not None or prices.benchmark_own is not None
        return not carried and simulates(self._accounting(), next(iter(specs.values())))

    def _accounting(self) -> AccountingPrices:
        if self._market is None:
            self._market = accounting_prices(self._loaded.prices, self._loaded.spec)
        return self._market

    def _shared(self) -> Frame:
        if self._frame is None:
            spec, prices = self._loaded.spec, self._loaded.prices
            sessions = prices.sessions[prices.first :]
            self._frame = Frame(
                sessions=sessions, initial=spec.initial_capital, periods=prices.calendar.periods_per_year,
                risk_free=spec.risk_free_rate, months=full_months(sessions, prices.calendar),
                benchmark=None if spec.benchmark is None else self._evaluate(spec).benchmark_equity,
            )  # fmt: skip
        return self._frame

    def _evaluate(self, spec: BacktestSpec) -> Report:
        """Run one configuration through the stages."""
        return carry_out(replace(self._loaded, spec=spec), silent, Clock()).report

    def _used_up(self, size: int) -> DataError:
        """Return the error of a run that ends after some sessions of the period: it cannot be ranked with others."""
        last = self._loaded.prices.sessions[self._loaded.prices.first + size - 1]
        detail = f"The withdrawal of {last} took the last of the money, and the run ends before the period does."
        return DataError("NO_DATA_IN_RANGE", detail)

    def _side_by_side(self, specs: dict[int, BacktestSpec]) -> Iterator[Runs]:
        """Run configurations of one schedule. Those that cannot stand beside others after all follow one by one."""
        market, frame = self._accounting(), self._shared()
        indices = [*specs]
        for places, schedule, targets in self._targets(specs):
            costs = [specs[indices[place]].costs for place in places]
            curves = simulate_many(market, schedule, targets, costs, initial=frame.initial)
            sound = np.isfinite(curves.values).all(axis=1) & (curves.values > 0).all(axis=1)
            chosen = np.flatnonzero(sound & fill_when_due(market, schedule.rows, targets))
            if chosen.size:
                values = curves.values if chosen.size == len(places) else curves.values[chosen]
                returns = returns_of(values, frame.initial)
                columns, _ = metrics_of(values, returns, frame)
                columns |= _money(curves, columns, chosen, frame)
                some = tuple(indices[places[c]] for c in chosen.tolist())
                yield Runs(indices=some, metrics=columns, returns=returns)
            others = sorted({*places} - {places[c] for c in chosen})
            yield from self._one_by_one({indices[place]: specs[indices[place]] for place in others})

    def _targets(self, specs: dict[int, BacktestSpec]) -> Iterator[tuple[list[int], Schedule, FloatArray]]:
        """Yield places among the specs, their schedule, and their target weights (C, R, N).

        Configurations that differ in their costs alone share a decision.
        """
        each = [*specs.values()]
        rules = [repr(spec.parameters) for spec in each]
        distinct = {rule: spec.parameters for rule, spec in zip(rules, each, strict=True)}
        prices = self._loaded.prices
        _, execution, weights = decide_each(self._loaded.strategy, prices, each[0], [*distinct.values()])
        decided = dict(zip(distinct, weights, strict=True))
        rows = execution - prices.first
        if self._schedule is None or not np.array_equal(self._schedule.rows, rows):
            self._schedule = schedule_of(self._accounting(), rows)
        most = max(_CELLS // weights[0].size, 1)
        for start in range(0, len(each), most):
            places = [*range(start, min(start + most, len(each)))]
            yield places, self._schedule, np.stack([decided[rules[place]] for place in places])

    def _one_by_one(self, specs: dict[int, BacktestSpec]) -> Iterator[Runs]:
        none = Runs(indices=(), metrics={}, returns=np.empty((0, self.sessions)))
        for index, spec in specs.items():
            try:
                report = self._evaluate(spec)
            except (RequestError, DataError, InternalError) as error:
                yield replace(none, failed={index: error})
                continue
            size = report.returns.size
            if size < self.sessions:
                yield replace(none, failed={index: self._used_up(size)}, used_up={index: report.returns})
                continue
            columns = {name: np.array([_known(value)]) for name, value in report.metrics.items()}
            yield Runs(indices=(index,), metrics=columns, returns=report.returns[None])


def _known(value: float) -> float:
    """Return a metric; NaN where it is not a number, whatever the reason."""
    return value if np.isfinite(value) else np.nan


def _alike(specs: dict[int, BacktestSpec]) -> Iterator[dict[int, BacktestSpec]]:
    """Yield the configurations by schedule, some at a time."""
    for _, group in itertools.groupby(specs.items(), key=lambda item: item[1].parameters["rebalance_frequency"]):
        items = [*group]
        for at in range(0, len(items), _MOST):
            yield dict(items[at : at + _MOST])


def _money(curves: Curves, columns: dict[str, FloatArray], chosen: IntArray, frame: Frame) -> dict[str, FloatArray]:
    """Return the metrics of the money, of runs without cash flows and dividends in cash."""
    nothing = np.zeros(chosen.size)
    return {
        "turnover_per_year": curves.turnover_per_year[chosen],
        "total_costs": curves.total_costs[chosen],
        "exposure": curves.exposure[chosen],
        "money_weighted_return": columns["cagr"],
        "net_contributions": nothing,
        "total_profit": columns["final_value"] - frame.initial,
        "dividend_income": nothing,
        "interest_income": curves.interest_income[chosen],
    }
