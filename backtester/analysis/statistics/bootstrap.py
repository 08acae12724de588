"""What other histories of the same kind would have given: the stationary bootstrap of Politis and Romano (1994).

A path of T sessions is put together from blocks of the history: each begins anywhere, and ends after a session with
probability 1 / mean block; the history's end is followed by its beginning. T sessions, B paths.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backtester.analysis.statistics.trials import varies
from backtester.metrics.returns import DAYS_A_YEAR
from backtester.metrics.risk import negligible
from backtester.model.record import Record
from backtester.model.records import FloatArray, IntArray
from backtester.model.ties import TOLERANCE

NAN = float("nan")
LEAST_BLOCK = 21.0  # sessions
_RUIN = 1e-300  # the growth of a session that lost everything, so that its logarithm is finite
_CELLS = 131_072  # sessions of paths at a time: they stay in the processor's cache


class Bootstrap(Record):
    """The same statistics of every path, each (B,); NaN where a path has none."""

    mean_block: float  # sessions
    sharpe_ratio: FloatArray  # annual
    cagr: FloatArray  # NaN under one year
    max_drawdown: FloatArray  # <= 0
    probability_below_benchmark: float  # share of paths that grow less than the benchmark on the same rows


def bootstrap(
    returns: FloatArray, *, benchmark: FloatArray | None = None, risk_free: float, periods: float, calendar_days: int,
    paths: int, seed: int, mean_block: float | None = None, reached: Callable[[int], None] = lambda done: None,
) -> Bootstrap:  # fmt: skip
    """Resample a run's returns (T,), T >= 1, and measure every path as a run is.

    benchmark: (T,) its returns on the same sessions. risk_free: of one session. periods: P. calendar_days: of the
    period, and so of every path. mean_block: sessions, at least 1; None: `mean_block_length`. seed: of PCG64.
    reached: called now and then with the number of paths that are done.
    """
    mean_block = mean_block_length(returns) if mean_block is None else mean_block
    random = np.random.Generator(np.random.PCG64(seed))
    grown = _log_growth(returns)
    ahead = None if benchmark is None else grown - _log_growth(benchmark)
    sharpe, total, deepest, excess = np.empty((4, paths))
    step = max(_CELLS // returns.size, 1)
    for start in range(0, paths, step):
        reached(start)
        some = slice(start, min(start + step, paths))
        blocks = resample(random, size=returns.size, paths=some.stop - start, mean_block=mean_block)
        sharpe[some] = _sharpe_ratios(returns - risk_free, blocks)
        total[some], deepest[some] = _growth_and_drawdown(grown, blocks)
        if ahead is not None:
            excess[some] = _path_sums(ahead, blocks)
    return Bootstrap(
        mean_block=mean_block, sharpe_ratio=sharpe * periods**0.5,
        cagr=np.expm1(total * (DAYS_A_YEAR / calendar_days)) if calendar_days >= 365 else np.full(paths, NAN),
        max_drawdown=deepest,
        probability_below_benchmark=NAN if ahead is None else float((excess < -TOLERANCE).mean()),
    )  # fmt: skip


def interval(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the percentiles (1 - c)/2 and (1 + c)/2 of the paths that have a value; NaN where none has."""
    defined = values[np.isfinite(values)]
    if not defined.size:
        return NAN, NAN
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


class Blocks(Record):
    """The blocks that paths consist of, one path after the other: K blocks, B · T sessions."""

    size: int  # T
    begins: IntArray  # (K,) where a block begins, among the sessions of all paths; each path begins a block
    first: IntArray  # (K,) the row of the history that it begins with
    length: IntArray  # (K,) at most T

    def rows(self) -> IntArray:
        """Return the rows (B, T) of the history that each path consists of."""
        rows: IntArray = np.repeat(self.first - self.begins, self.length)
        rows += np.arange(rows.size)
        rows[rows >= self.size] -= self.size
        return rows.reshape(-1, self.size)


def resample(random: np.random.Generator, *, size: int, paths: int, mean_block: float) -> Blocks:
    """Draw the blocks of paths over a history of `size` sessions.

    They are drawn as one stream, which the beginning of a path cuts: what is left of a geometric length is again
    geometric, so each path is as if it were drawn alone.
    """
    cells, last = size * paths, 0
    begun = np.zeros(cells, dtype=bool)
    begun[::size] = True
    while last < cells:
        ends = np.cumsum(random.geometric(1 / mean_block, size=int(cells / mean_block) + 10)) + last
        begun[ends[: np.searchsorted(ends, cells)]] = True
        last = int(ends[-1])
    begins = np.flatnonzero(begun)
    return Blocks(
        size=size, begins=begins, first=random.integers(size, size=begins.size), length=np.diff(begins, append=cells)
    )


def _log_growth(returns: FloatArray) -> FloatArray:
    grown: FloatArray = np.log(np.maximum(1 + returns, _RUIN))
    return grown


def _growth_and_drawdown(grown: FloatArray, blocks: Blocks) -> tuple[FloatArray, FloatArray]:
    """Return Σ log growth, and min (V / running max (V, initial capital) - 1), of each path (B,)."""
    path = grown[blocks.rows()]
    np.cumsum(path, axis=1, out=path)
    total = path[:, -1].copy()
    path -= np.maximum(np.maximum.accumulate(path, axis=1), 0.0)
    return total, np.expm1(path.min(axis=1))


def _path_sums(values: FloatArray, blocks: Blocks) -> FloatArray:
    """Σ of each path's values (B,), from running sums: a block is the difference of two."""
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values]))])
    by_block = running[blocks.first + blocks.length] - running[blocks.first]
    sums: FloatArray = np.add.reduceat(by_block, np.flatnonzero(blocks.begins % blocks.size == 0))
    return sums


def _sharpe_ratios(excess: FloatArray, blocks: Blocks) -> FloatArray:
    """Return mean / sd (ddof 1) of each path (B,); NaN for one that is constant."""
    size, centre = excess.size, excess.mean()
    centred = excess - centre
    mean = _path_sums(centred, blocks) / size
    variance = (_path_sums(centred * centred, blocks) - size * mean * mean) / max(size - 1, 1)
    deviation = np.sqrt(np.maximum(variance, 0.0))
    mean += centre
    found = np.full(mean.size, NAN)
    np.divide(mean, deviation, out=found, where=varies(deviation, mean))
    return found


def mean_block_length(returns: FloatArray) -> float:
    """Return max(21, the optimal length of Politis and White (2004), corrected by Patton, in 2009), at most T."""
    found = optimal_block_length(returns)
    return min(max(LEAST_BLOCK, 0.0 if math.isnan(found) else found), float(returns.size))


def optimal_block_length(series: FloatArray) -> float:
    """(G² / LR²)^(1/3) · T^(1/3), at most min(3 √T, T / 3): the mean block of the stationary bootstrap, sessions.

    G = Σ h(k/m) |k| c_k and LR = Σ h(k/m) c_k over -m <= k <= m, c_k the autocovariance, h(x) = min(1, 2 (1 - |x|)).
    m is twice the first lag from which max(5, log10 T) autocorrelations in a row are within ±2 √(log10 T / T). As
    `arch.bootstrap.optimal_block_length`. NaN under 9 values, and for a series that does not vary.
    """
    size = series.size
    if size < 9 or negligible(float(series.std()), float(series.mean())):
        return NAN
    centred = series - series.mean()
    quiet = max(5, int(np.log10(size)))
    most = int(np.ceil(size**0.5)) + quiet
    products = np.array([centred[lag:] @ centred[: size - lag] for lag in range(most + 1)])
    m = _bandwidth(centred, products, quiet=quiet, most=most)
    lags = np.arange(1, m + 1)
    weighted = np.minimum(1.0, 2 * (1 - lags / m)) * products[1 : m + 1] / size
    spread = products[0] / size + 2 * float(weighted.sum())
    slope = 2 * float((weighted * lags).sum())
    return float(min(abs(slope / spread) ** (2 / 3) * size ** (1 / 3), np.ceil(min(3 * size**0.5, size / 3))))


def _bandwidth(centred: FloatArray, products: FloatArray, *, quiet: int, most: int) -> int:
    """Return m. The autocorrelation is scaled by the deviations of the two ends that it is of, as in arch."""
    size = centred.size
    squares = np.cumsum(centred * centred)
    lags = np.arange(most + 1)
    late = squares[-1] - squares[lags]  # without the first lag + 1
    early = squares[size - 2 - lags]  # without the last lag + 1
    quiet_band = 2 * (np.log10(size) / size) ** 0.5
    within = np.abs(products) < quiet_band * np.sqrt(late * early)
    for lag in range(most - quiet + 1):
        if within[lag : lag + quiet].all():
            return min(2 * max(lag, 1), most)
    return most
