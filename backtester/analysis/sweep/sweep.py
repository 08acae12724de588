"""`analysis.sweep`: every combination of some settings, the best of them, and what being the best of many is worth."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from backtester.analysis.batch.configurations import Configurations
from backtester.analysis.batch.parts import Part, described, joined, nothing, part_in, part_of
from backtester.analysis.batch.runs import Piece, PieceRuns, Runs, pieces_of
from backtester.analysis.common_period import ready
from backtester.analysis.question import Answer, reporting
from backtester.analysis.statistics.overfitting import block_count
from backtester.analysis.statistics.significance import SharpeEstimate
from backtester.analysis.statistics.trials import first_equal, highest, mean_correlation
from backtester.analysis.sweep.choice import judge
from backtester.analysis.variations import Variations
from backtester.contract.schemas import metric_names
from backtester.contract.variations.grid import grid_of
from backtester.metrics.measure import undefined_reason
from backtester.metrics.returns import LEAST_DAYS
from backtester.metrics.risk import periodic_rate
from backtester.model.records import DateArray, FloatArray, IntArray, PriceTable, Progress
from backtester.model.ties import TOLERANCE
from backtester.pipeline import Done, Measured

QUESTION = "/analysis/sweep"
_MANY = 10_000  # combinations, above which only some metrics are retained
_FEW = ("total_return", "cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown")
_FAILED = "VARIATION_FAILED"
_NEEDED = ("sharpe_ratio", "total_return", "skew", "kurtosis")  # by the statistics


class Sweep:
    """The question `analysis.sweep`, its prices loaded."""

    def __init__(self, variations: Variations, asked: dict[str, Any]) -> None:
        self._variations = variations
        self._asked = asked
        self._request = variations.checked.request
        self._run_as_asked = variations.asked
        self._grid = grid_of(asked)
        self._configurations = Configurations(variations, self._grid)
        self._ready = ready(self._configurations, variations)
        self._runs = PieceRuns(self._configurations, [loaded for _, loaded in self._ready.runs])
        self._shown, self._retained = self._metrics()

    @property
    def digests(self) -> Any:
        """The digests of the prices of each group."""
        return self._ready.digests

    @property
    def runs(self) -> int:
        """The combinations."""
        return len(self._configurations.wanted)

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return `result.analysis.sweep`."""
        report = reporting(progress, self.runs)
        computed = self._variations.each(self.work, self.pieces, done=report, question=QUESTION)
        return self.rendered(joined(map(part_in, computed)), report)

    @functools.cached_property
    def pieces(self) -> list[Piece]:
        """The pieces of the whole."""
        return pieces_of(indices for indices, _ in self._ready.runs)

    def work(self, piece: Piece, done: Done) -> dict[str, Any]:
        """Compute a piece; return its part as `codec.arrays.pack` takes it. done: as `Isolation.each`."""
        return self._part(piece, done).packable()

    def _part(self, piece: Piece, done: Done) -> Part:
        loaded = self._ready.runs[piece.group][1]
        prices, periods = loaded.prices, loaded.prices.calendar.periods_per_year
        return part_of(
            _counted(self._runs.run(piece), done), names=self._retained, sessions=self._sessions.size,
            elsewhere=not np.array_equal(prices.sessions[prices.first :], self._sessions), periods=periods,
            rate=periodic_rate(loaded.spec.risk_free_rate, periods), blocks=self._blocks,
        )  # fmt: skip

    @property
    def _sessions(self) -> DateArray:
        """The sessions of the first group; a run on another calendar is a trial without a part in the statistics."""
        return self._prices.sessions[self._prices.first :]

    @property
    def _prices(self) -> PriceTable:
        return (self._ready.runs[0][1] if self._ready.runs else self._run_as_asked).prices

    @property
    def _blocks(self) -> int:
        return block_count(self._sessions.size, self._asked["blocks"])

    def _metrics(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the metrics that are shown, and those that are retained for the statistics as well."""
        known = metric_names()
        wanted = {*self._asked.get("metrics", _FEW if self._grid.size > _MANY else known), self._asked["rank_by"]}
        shown = tuple(name for name in known if name in wanted)
        return shown, (*shown, *(name for name in _NEEDED if name not in shown))

    # -- the document

    def rendered(self, whole: Part | None, done: Done) -> Answer:
        """Return the answer of all parts together. done: called with 0 while it takes long."""
        failed = {index: described(error) for index, error in self._ready.failed.items()}
        if whole is not None:
            failed |= whole.failed
            whole = whole if whole.indices.size else None
        first = np.empty(0, dtype=np.int64) if whole is None else first_equal(whole.marks)
        best = None if whole is None else self._best(whole)
        block = {
            "axes": [
                {"pointer": pointer, "values": [*values]}
                for pointer, values in zip(self._grid.pointers, self._grid.values, strict=True)
            ],
            "period": self._period(),
            "runs": 0 if whole is None else int(whole.indices.size),
            "distinct": int(np.count_nonzero(first == np.arange(first.size))),
            "left_out": self._grid.size - self.runs,
            "failed": [{"index": i, "code": failed[i][0], "detail": failed[i][1]} for i in sorted(failed)],
            "rank_by": self._asked["rank_by"],
            "metrics": {name: self._column(whole, name) for name in self._shown},
            "best": None if whole is None or best is None else self._shown_best(whole, best),
            "overfitting": self._overfitting(whole, first, best, done),
        }
        return Answer(block=block, null_reasons=self._reasons(block, whole))

    def _period(self) -> dict[str, Any]:
        sessions = self._sessions
        return {
            "start": str(sessions[0]), "end": str(sessions[-1]), "sessions": int(sessions.size),
            "limited_by": self._ready.limited_by,
        }  # fmt: skip

    def _column(self, whole: Part | None, name: str) -> list[float | None]:
        """Return a metric of every combination of the grid, None where there is none."""
        column: list[float | None] = [None] * self._grid.size
        if whole is not None:
            for index, value in zip(whole.indices.tolist(), whole.metrics[name].tolist(), strict=True):
                column[index] = value if value == value else None
        return column

    def _reasons(self, block: dict[str, Any], whole: Part | None) -> dict[str, str]:
        """Return why there are nulls, by pointer into the block."""
        best = block["best"]
        reasons = {
            f"/metrics/{name}": self._reason(whole, name) for name, column in block["metrics"].items() if None in column
        }
        reasons |= {
            f"/overfitting/{name}": self._reason_of_choice(name, block, whole)
            for name, value in block["overfitting"].items() if value is None
        }  # fmt: skip
        if best is None:
            reasons["/best"] = self._reason(whole, self._asked["rank_by"])
        elif best["neighbours_mean"] is None:
            near, failed = {*self._grid.neighbours(best["index"])}, {each["index"] for each in block["failed"]}
            ran = whole is not None and not near.isdisjoint(whole.indices.tolist())
            alone = "DOES_NOT_APPLY" if near.isdisjoint(failed) else _FAILED  # the first: none, or all left out
            reasons["/best/neighbours_mean"] = self._reason(whole, self._asked["rank_by"]) if ran else alone
        return reasons

    def _reason(self, whole: Part | None, name: str) -> str:
        """Return why a column has nulls: a metric that is not defined, else combinations that failed."""
        undefined = whole is not None and bool(np.isnan(whole.metrics[name]).any())
        return self._undefined(name) if undefined else _FAILED

    def _reason_of_choice(self, name: str, block: dict[str, Any], whole: Part | None) -> str:
        """Return why a figure of `overfitting` is null."""
        if whole is None:
            return _FAILED
        elsewhere = np.isfinite(whole.metrics["sharpe_ratio"]) & np.isnan(whole.sharpe)  # runs on another calendar
        if name in ("dsr", "dsr_effective"):
            if block["best"] is None:
                return self._undefined(self._asked["rank_by"])
            alone = elsewhere[np.searchsorted(whole.indices, block["best"]["index"])]
            return "DOES_NOT_APPLY" if alone else self._undefined("kurtosis")
        if block["runs"] < 2 or (self._blocks and elsewhere.any()):
            return "DOES_NOT_APPLY"  # there was no choice, or not on the same sessions
        return "ZERO_DENOMINATOR" if self._blocks else "TOO_FEW_OBSERVATIONS"

    def _undefined(self, name: str) -> str:
        """Return why a metric is not defined for a combination that ran."""
        sessions, axes = self._sessions, dict(zip(self._grid.pointers, self._grid.values, strict=True))
        return undefined_reason(
            name, math.nan, yearly=int((sessions[-1] - sessions[0]).astype(int)) >= LEAST_DAYS,
            observations=sessions.size,
            benchmark=None not in axes.get("/benchmark", [self._request["benchmark"]]),
        )  # fmt: skip

    def _best(self, whole: Part) -> int | None:
        """Return the place in the whole of the highest rank_by, the first of equals; None where none is defined."""
        return highest(whole.metrics[self._asked["rank_by"]], whole.indices)

    def _shown_best(self, whole: Part, best: int) -> dict[str, Any]:
        index = int(whole.indices[best])
        values = dict(zip(whole.indices.tolist(), whole.metrics[self._asked["rank_by"]].tolist(), strict=True))
        near = [
            values[other] for other in self._grid.neighbours(index) if values.get(other, math.nan) == values.get(other)
        ]
        return {
            "index": index, "patch": self._configurations.patch(index),
            "neighbours_mean": sum(near) / len(near) if near else None,
        }  # fmt: skip

    def _overfitting(self, whole: Part | None, first: IntArray, best: int | None, done: Done) -> dict[str, Any]:
        periods, size = self._prices.calendar.periods_per_year, self._sessions.size
        if whole is None:
            whole = nothing(self._retained, size, self._blocks)
        chosen = SharpeEstimate(sharpe=math.nan, size=size, skew=math.nan, kurtosis=math.nan)
        if best is not None:
            metrics = {name: float(column[best]) for name, column in whole.metrics.items()}
            chosen = SharpeEstimate(
                sharpe=float(whole.sharpe[best]), size=size, skew=metrics["skew"], kurtosis=metrics["kurtosis"] + 3
            )
        judged = judge(
            chosen, sharpe=whole.sharpe, first=first, sums=whole.sums,
            correlation=self._correlation(whole, first, done),
            profitable=int(np.count_nonzero(whole.metrics["total_return"] > TOLERANCE)),
            trials_before=self._asked["trials_before"], periods=periods,
            by_sharpe=self._asked["rank_by"] == "sharpe_ratio", each=self._variations.each, done=done,
        )  # fmt: skip
        return {
            name: value if isinstance(value, str) or math.isfinite(value) else None for name, value in judged.items()
        }

    def _correlation(self, whole: Part, first: IntArray, done: Done) -> float:
        """Return the mean correlation of the distinct series that vary.

        A series that two pieces have is counted in both; it is computed again and taken off once.
        """
        own = np.arange(first.size)
        twice = np.flatnonzero(whole.counted & (first != own))
        units = whole.units.copy()
        again = {int(whole.indices[place]) for place in twice}
        pieces = [
            Piece(group=piece.group, indices=indices) for piece in (self.pieces if again else ())
            if (indices := tuple(index for index in piece.indices if index in again))
        ]  # fmt: skip

        def repeated(piece: Piece, report: Done) -> FloatArray:
            return self._part(piece, lambda runs: report(0)).units

        for once in self._variations.each(repeated, pieces, done=done):
            units -= once
        return mean_correlation(units, int(np.count_nonzero(whole.counted & (first == own))))


def _counted(measured: Iterable[Runs], done: Done) -> Iterator[Runs]:
    """Yield the runs, each counted."""
    for runs in measured:
        yield runs
        done(len(runs.indices) + len(runs.failed))
