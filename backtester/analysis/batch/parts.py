"""What a part of a grid comes to: its metrics, and sums that the statistics of the whole grid are made of.

A part is the same wherever it is computed, and the parts joined in order are the same however they were shared out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from backtester.analysis.batch.runs import Runs
from backtester.analysis.statistics.overfitting import BlockSums, block_sums, join, only
from backtester.analysis.statistics.trials import fingerprints, first_equal, unit_sum
from backtester.model.errors import BacktestError
from backtester.model.record import Record, replace
from backtester.model.records import BoolArray, FloatArray, IntArray

_COUNTED = np.empty(0)  # in place of units that are in the sum


class Part(Record):
    """K configurations of a grid, in the order of their indices. T sessions, S blocks."""

    indices: IntArray  # (K,)
    metrics: dict[str, FloatArray]  # (K,) by name; NaN where undefined
    sharpe: FloatArray  # (K,) per session; NaN where undefined
    marks: FloatArray  # (K, 3) fingerprints of the returns
    sums: BlockSums  # of the excess returns, K settings
    units: FloatArray  # (T,) Σ unit vectors of the returns of `counted`
    counted: BoolArray  # (K,) those that vary, each series once
    failed: dict[int, tuple[str, str]] = {}  # noqa: RUF012  code and detail by index

    def packable(self) -> dict[str, Any]:
        """Return it as `codec.arrays.pack` takes it."""
        failed = [[index, *error] for index, error in self.failed.items()]
        return {**self.as_dict(), "sums": self.sums.as_dict(), "failed": failed}


def part_in(packed: dict[str, Any]) -> Part:
    """Return the part of which `packable` made this."""
    failed = {index: (code, detail) for index, code, detail in packed["failed"]}
    return Part(**{**packed, "sums": BlockSums(**packed["sums"]), "failed": failed})


def part_of(
    runs: Iterable[Runs], *, names: tuple[str, ...], sessions: int, elsewhere: bool, periods: float, rate: float,
    blocks: int,
) -> Part:  # fmt: skip
    """Return the part of some runs.

    names: the metrics that are retained; `sharpe_ratio` and `total_return` must be there. sessions: T, of the whole
    grid. elsewhere: whether the runs are over others, however many; then only their fingerprints count. periods: P.
    rate: the risk-free rate of a session. blocks: S.
    """
    found, marks, sums, failed = [], [], [], {}
    for each in runs:
        marks.append(fingerprints(each.returns.T))  # at once, while the processor's cache has the returns
        found.append(_uncounted(each, sessions) if elsewhere else each)
        sums.append(block_sums(found[-1].returns.T, blocks))
        failed.update({index: described(error) for index, error in each.failed.items()})
    if not found:
        return nothing(names, sessions, blocks)
    indices = np.array([index for each in found for index in each.indices], dtype=np.int64)
    order = np.argsort(indices)
    metrics = {name: np.concatenate([_metric(each, name) for each in found])[order] for name in names}
    sharpe = np.full(order.size, np.nan) if elsewhere else metrics["sharpe_ratio"] / periods**0.5
    ordered = np.concatenate(marks)[order]
    counted = np.isfinite(sharpe) & (first_equal(ordered) == np.arange(len(ordered)))
    whole = only(join(sums), order)
    return Part(
        indices=indices[order], metrics=metrics, sharpe=sharpe, marks=ordered,
        sums=replace(whole, mean=whole.mean - rate), units=_units(found, counted[np.argsort(order)]), counted=counted,
        failed=failed,
    )  # fmt: skip


def _uncounted(runs: Runs, sessions: int) -> Runs:
    """Return runs over other sessions than the whole grid's as ones without returns that compare with the others."""
    return replace(runs, returns=np.full((len(runs.indices), sessions), np.nan))


def _metric(runs: Runs, name: str) -> FloatArray:
    return runs.metrics.get(name, np.full(len(runs.indices), np.nan))


def _units(runs: list[Runs], counted: BoolArray) -> FloatArray:
    """Σ unit vectors (T,) of the returns that are counted, in the order of the runs."""
    ends = np.cumsum([len(each.indices) for each in runs])
    of_each = zip(runs, np.split(counted, ends[:-1]), strict=True)
    found: FloatArray = np.sum(
        [unit_sum((each.returns if some.all() else each.returns[some]).T) for each, some in of_each], axis=0
    )
    return found


def described(error: BacktestError) -> tuple[str, str]:
    """Return the code of an error and one sentence: of its first problem, where it has some."""
    return error.code, error.problems[0].detail if error.problems else error.detail


def joined(parts: Iterable[Part]) -> Part | None:
    """Return the parts as one, in the order of the grid; None where there are none.

    Its `counted` and `units` still have each part's own.
    """
    found: list[Part] = []
    failed: dict[int, tuple[str, str]] = {}
    for part in parts:
        failed |= part.failed
        if not found:
            units = part.units
        elif part.indices.size:
            units = units + part.units  # here: those of all the parts of a large sweep take much memory
        found.append(replace(part, units=_COUNTED))
    if not found:
        return None
    indices = np.concatenate([part.indices for part in found])
    order = np.argsort(indices, kind="stable")
    return Part(
        indices=indices[order],
        metrics={name: np.concatenate([part.metrics[name] for part in found])[order] for name in found[0].metrics},
        sharpe=np.concatenate([part.sharpe for part in found])[order],
        marks=np.concatenate([part.marks for part in found])[order],
        sums=only(join([part.sums for part in found]), order),
        units=units,
        counted=np.concatenate([part.counted for part in found])[order],
        failed=failed,
    )


def nothing(names: tuple[str, ...], sessions: int, blocks: int) -> Part:
    """Return the part of no run."""
    empty = Runs(indices=(), metrics={}, returns=np.empty((0, sessions)))
    return part_of([empty], names=names, sessions=sessions, elsewhere=False, periods=1, rate=0.0, blocks=blocks)
