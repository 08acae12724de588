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

MOST = 128  # configurations of a part: their returns are held until its end


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
    runs: Iterable[Runs], *, names: tuple[str, ...], sessions: int, periods: float, rate: float, blocks: int
) -> Part:
    """Return the part of some runs.

    names: the metrics that are kept; `sharpe_ratio` and `total_return` must be there. sessions: T, of the whole grid;
    runs over others count in no statistic. periods: P. rate: the risk-free rate of a session. blocks: S.
    """
    measured = [*runs]
    kept = [each for each in measured if each.indices]
    indices = np.array([index for each in kept for index in each.indices], dtype=np.int64)
    order = np.argsort(indices)
    place = np.argsort(order)
    returns = np.empty((indices.size, sessions))
    at = 0
    for each in kept:
        rows = place[at : at + len(each.indices)]
        returns[rows] = each.returns if each.returns.shape[1] == sessions else np.nan
        at += rows.size
    metrics = {
        name: np.concatenate([each.metrics.get(name, np.full(len(each.indices), np.nan)) for each in kept])[order]
        if kept else np.empty(0)
        for name in names
    }  # fmt: skip
    sharpe = np.where(np.isnan(returns[:, -1]), np.nan, metrics["sharpe_ratio"] / periods**0.5)
    marks = fingerprints(returns.T)
    counted = np.isfinite(sharpe) & (first_equal(marks) == np.arange(len(marks)))
    sums = block_sums(returns.T, blocks)
    return Part(
        indices=indices[order], metrics=metrics, sharpe=sharpe, marks=marks,
        sums=replace(sums, mean=sums.mean - rate), units=unit_sum(returns[counted].T), counted=counted,
        failed={index: described(error) for each in measured for index, error in each.failed.items()},
    )  # fmt: skip


def described(error: BacktestError) -> tuple[str, str]:
    """Return the code of an error and one sentence: of its first problem, where it has some."""
    return error.code, error.problems[0].detail if error.problems else error.detail


def joined(parts: list[Part]) -> Part:
    """Return the parts as one, in the order of the grid; its `counted` and `units` still have each part's own."""
    indices = np.concatenate([part.indices for part in parts])
    order = np.argsort(indices, kind="stable")
    return Part(
        indices=indices[order],
        metrics={name: np.concatenate([part.metrics[name] for part in parts])[order] for name in parts[0].metrics},
        sharpe=np.concatenate([part.sharpe for part in parts])[order],
        marks=np.concatenate([part.marks for part in parts])[order],
        sums=only(join([part.sums for part in parts]), order),
        units=np.sum([part.units for part in parts], axis=0),
        counted=np.concatenate([part.counted for part in parts])[order],
        failed={index: error for part in parts for index, error in part.failed.items()},
    )  # fmt: skip


def nothing(names: tuple[str, ...], sessions: int, blocks: int) -> Part:
    """Return the part of no run."""
    return part_of((), names=names, sessions=sessions, periods=1, rate=0.0, blocks=blocks)
