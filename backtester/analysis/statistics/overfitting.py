"""The probability of backtest overfitting: whether the winner of half of the sessions is good on the other half.

Combinatorially symmetric cross-validation, Bailey, Borwein, López de Prado and Zhu (2017): the sessions are cut into S
contiguous blocks, and each choice of half of them is once the sample that picks the winner. T sessions, N settings.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backtester.analysis.statistics.trials import varies
from backtester.model.record import Record
from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.model.ties import TOLERANCE
from backtester.pipeline import Done, NoIsolation, uncounted

Each = Callable[..., Iterator[Any]]  # Isolation.each
in_turn: Each = NoIsolation().each
NAN = float("nan")
BLOCKS = 16
_LEAST_ROWS = 30  # of a block
_LEAST_BLOCKS = 4
_CELLS = 250_000  # Sharpe ratios at a time
_LEAST_HALVES = 4  # at a time, however many settings: all sums are read for each of these products


class BlockSums(Record):
    """What a half's Sharpe ratio is computed from: sums of r and r² of each block and setting.

    Both are centred, so that a small deviation about a large mean keeps its digits. d = r - mean(r).
    """

    rows: int  # sessions of a block
    mean: FloatArray  # (N,) of all blocks
    first: FloatArray  # (S, N) Σ d
    within: FloatArray  # (S, N) Σ (d - mean of the block's d)²


class Overfitting(Record):
    """How the winners of one half did on the other; NaN where it is not defined."""

    settings: int  # N, those that have a Sharpe ratio on every half
    blocks: int  # S; 0: too few sessions
    pbo: float  # share of halves whose winner is in the lower half on the other: ln(w / (1 - w)) <= 0
    loss_probability: float  # share of halves whose winner has a Sharpe ratio below 0 on the other
    degradation_slope: float  # of the winner's Sharpe ratio on the other half on that on its own, least squares
    mean_relative_rank: float  # mean w: 1 is the best, 0.5 is what chance gives


def block_count(sessions: int, wanted: int = BLOCKS) -> int:
    """Return S: as many as wanted, else the largest even number of blocks of at least 30 sessions; 0 under four."""
    most = min(wanted, sessions // _LEAST_ROWS)
    most -= most % 2
    return most if most >= _LEAST_BLOCKS else 0


def block_sums(excess: FloatArray, blocks: int) -> BlockSums:
    """Return the sums of excess returns (T, N); the last T mod S sessions are left out. blocks: S, or 0 for no sums."""
    rows, count = len(excess) // blocks if blocks else 0, excess.shape[1]
    if not rows:
        nothing = np.zeros((blocks, count))
        return BlockSums(rows=0, mean=np.zeros(count), first=nothing, within=nothing)
    whole = excess[: rows * blocks].T
    mean = whole.mean(axis=1)
    centred = np.subtract(whole, mean[:, None], order="C").reshape(count, blocks, rows)  # a block lies in one piece
    first = centred @ np.ones(rows)
    centred -= (first / rows)[:, :, None]
    return BlockSums(rows=rows, mean=mean, first=first.T, within=np.vecdot(centred, centred).T)


def join(parts: list[BlockSums]) -> BlockSums:
    """Return the sums of all settings, in the order of the slices of a sweep. ValueError where their blocks differ."""
    if len({(part.rows, len(part.first)) for part in parts}) != 1:
        raise ValueError("the slices have blocks of different sizes")
    return BlockSums(
        rows=parts[0].rows, mean=np.concatenate([part.mean for part in parts]),
        first=np.hstack([part.first for part in parts]), within=np.hstack([part.within for part in parts]),
    )  # fmt: skip


def overfitting(sums: BlockSums, *, each: Each = in_turn, done: Done = uncounted) -> Overfitting:
    """Return how the winners in sample, by Sharpe ratio, did out of sample, over all C(S, S/2) halves.

    Winner in sample: the first of equals. w = rank out of sample / (N + 1), equals share their mean rank. A setting
    with a NaN, or constant within half of the blocks, has no Sharpe ratio on some half and is left out; ffn has no
    answer then. Under two settings there is no choice, hence no answer; likewise without blocks.

    each: `Isolation.each`; computes some halves at a time. done: called with 0 after each of them.
    """
    blocks = len(sums.first)
    ranked = np.flatnonzero(_has_sharpe_ratios(sums))
    if ranked.size < 2:
        return Overfitting(
            settings=ranked.size, blocks=blocks, pbo=NAN, loss_probability=NAN, degradation_slope=NAN,
            mean_relative_rank=NAN,
        )  # fmt: skip
    whole = ranked.size == sums.mean.size  # of a large sweep a copy takes much memory
    inside, outside, rank = _winners(sums if whole else only(sums, ranked), each, done)
    centred = inside - inside.mean()
    spread = float(centred @ centred)
    return Overfitting(
        settings=ranked.size, blocks=blocks,
        pbo=float((2 * rank <= ranked.size + 1).mean()),  # w <= 1/2, without its rounding
        loss_probability=float((outside < -TOLERANCE).mean()),
        degradation_slope=float(centred @ outside) / spread if spread > TOLERANCE**2 * inside.size else NAN,
        mean_relative_rank=float(rank.mean() / (ranked.size + 1)),
    )  # fmt: skip


def _has_sharpe_ratios(sums: BlockSums) -> BoolArray:
    """Return whether a setting is finite, and varies within more than half of the blocks (N,)."""
    deviation = np.sqrt(sums.within / max(sums.rows - 1, 1))
    constant = (~varies(deviation, sums.mean + sums.first / sums.rows)).sum(axis=0)
    found: BoolArray = np.isfinite(sums.mean) & (2 * constant < len(sums.first))
    return found


def only(sums: BlockSums, settings: IntArray) -> BlockSums:
    """Return the sums of some settings, in the order that is given."""
    return BlockSums(
        rows=sums.rows, mean=sums.mean[settings], first=sums.first[:, settings], within=sums.within[:, settings]
    )


def _winners(sums: BlockSums, each: Each, done: Done) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the winner's Sharpe ratio in and out of sample, and its rank out of sample; each (C,), of every half.

    The halves that have the first block, then the complement of each.
    """
    blocks, count = sums.first.shape
    chosen = np.array([(0, *rest) for rest in itertools.combinations(range(1, blocks), blocks // 2 - 1)])
    pairs = len(chosen)
    member = np.zeros((pairs, blocks))
    np.put_along_axis(member, chosen, 1.0, axis=1)
    size = sums.rows * blocks // 2
    first, second = sums.first / size, (sums.within + sums.first**2 / sums.rows) / (size - 1)  # Σ d, Σ d²

    def followed(some: FloatArray, report: Done) -> FloatArray:
        one, other = (_sharpe_ratios(sums.mean, first, second, half, size) for half in (some, 1 - some))
        report(0)
        return np.array([_follow(one, other), _follow(other, one)])  # (2, 3, C)

    step = max(_CELLS // count, _LEAST_HALVES)
    slices = [member[start : start + step] for start in range(0, pairs, step)]
    found = np.concatenate([*each(followed, slices, done=done)], axis=2)
    inside, outside, rank = found.swapaxes(0, 1).reshape(3, 2 * pairs)
    return inside, outside, rank


def _sharpe_ratios(
    base: FloatArray, first: FloatArray, second: FloatArray, member: FloatArray, size: int
) -> FloatArray:
    """Return mean / sd (ddof 1) on each half (C, N), of `size` sessions. member: (C, S), 1 where a block is in it.

    base: (N,) the mean of all. first: (S, N) Σ d / size, d from that mean. second: (S, N) Σ d² / (size - 1).
    """
    mean = member @ first
    variance = member @ second
    variance -= size / (size - 1) * mean * mean
    mean += base
    np.sqrt(variance, out=variance)
    mean /= variance
    return mean


def _follow(picking: FloatArray, judging: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Sharpe ratio of each row's winner, its own on the other half, and its rank there. Both (C, N)."""
    rows = np.arange(len(picking))
    best = picking.max(axis=1)
    winner = (picking >= (best - _tolerance(best))[:, None]).argmax(axis=1)
    own = judging[rows, winner]
    tolerance = _tolerance(own)
    below = np.count_nonzero(judging < (own - tolerance)[:, None], axis=1)
    not_above = np.count_nonzero(judging <= (own + tolerance)[:, None], axis=1)
    return picking[rows, winner], own, (below + not_above + 1) / 2


def _tolerance(value: FloatArray) -> FloatArray:
    found: FloatArray = TOLERANCE * np.maximum(np.abs(value), 1.0)
    return found
