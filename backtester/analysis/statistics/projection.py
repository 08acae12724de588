"""What may become of a portfolio: growth of many paths, a year after the other, and what can be withdrawn from it.

A withdrawal is made at the beginning of a year, and is the same amount every year. Money is in multiples of the initial
value; to have it in today's money, divide the growth by 1 + inflation first. B paths, Y years.
"""

from __future__ import annotations

import numpy as np

from backtester.model.record import Record
from backtester.model.records import BoolArray, FloatArray
from backtester.model.ties import TOLERANCE

_SLICE = 1000  # paths at a time
_RUIN = 1e-9  # the growth of a year or month that lost everything, so that a rate or logarithm can be computed


class Projection(Record):
    """Percentiles over the paths. K percentiles."""

    bands: FloatArray  # (K, Y) value at the end of each year, in multiples of the initial value
    success: FloatArray  # (Y,) share of paths that have paid every withdrawal in full, up to that of this year
    safe_rate: FloatArray  # (K,) the withdrawal that leaves nothing at the end
    perpetual_rate: FloatArray  # (K,) the withdrawal that leaves the initial value; below 0 where it was not earned


def project(growth: FloatArray, *, withdrawal: float, percentiles: FloatArray) -> Projection:
    """Return what becomes of paths of growth (B, Y), V_t / V_{t-1} of each year, with a withdrawal every year.

    withdrawal: a fraction of the initial value. percentiles: (K,) 0 to 100.
    """
    values, paid = _values(growth, withdrawal)
    return Projection(
        bands=np.percentile(values, percentiles, axis=0), success=paid.mean(axis=0),
        safe_rate=np.percentile(withdrawal_rates(growth, left=0.0), percentiles),
        perpetual_rate=np.percentile(withdrawal_rates(growth, left=1.0), percentiles),
    )  # fmt: skip


def withdrawal_rates(growth: FloatArray, *, left: float) -> FloatArray:
    """(Π g - E / V0) / Σ_i Π_{j >= i} g_j of each path (B,): what can be withdrawn every year, to end with E.

    left: E / V0. Suarez, Suarez and Walz (2015): +10 %, 0 and -10 % give 35.48 % for E = 0.
    """
    onward = np.cumprod(np.maximum(growth, _RUIN)[:, ::-1], axis=1)  # Π_{j >= i} g_j, the last year first
    found: FloatArray = (onward[:, -1] - left) / onward.sum(axis=1)
    return found


def _values(growth: FloatArray, withdrawal: float) -> tuple[FloatArray, BoolArray]:
    """Return the value at the end of each year (B, Y), and whether every withdrawal so far was paid in full (B, Y)."""
    values, paid = np.empty(growth.shape), np.empty(growth.shape, dtype=bool)
    rest, solvent = np.ones(len(growth)), np.ones(len(growth), dtype=bool)
    for year in range(growth.shape[1]):
        rest = rest - withdrawal
        solvent &= rest >= -TOLERANCE
        paid[:, year] = solvent
        rest = np.maximum(rest, 0.0) * growth[:, year]
        values[:, year] = rest
    return values, paid


def block_growth(monthly: FloatArray, *, years: int, paths: int, block_months: int, seed: int) -> FloatArray:
    """Return the growth (B, Y) of years that consist of blocks of a history of monthly returns (M,), M >= 1.

    A block begins with any month, each as likely, and the history's end is followed by its beginning: the circular
    block bootstrap of Politis and Romano (1992). Blocks do not keep to the years. seed: of PCG64.
    """
    random, months = np.random.Generator(np.random.PCG64(seed)), 12 * years
    grown = 1 + monthly
    found = np.empty((paths, years))
    for start in range(0, paths, _SLICE):
        count = min(_SLICE, paths - start)
        first = random.integers(monthly.size, size=(count, -(-months // block_months)))
        rows = (first[:, :, None] + np.arange(block_months)) % monthly.size
        drawn = grown[rows.reshape(count, -1)[:, :months]]
        found[start : start + count] = drawn.reshape(count, years, 12).prod(axis=2)
    return found


def yearly_growth(yearly: FloatArray, *, years: int, paths: int, seed: int) -> FloatArray:
    """Return the growth (B, Y) of years drawn from a history of yearly returns (M,), M >= 1, each as likely."""
    random = np.random.Generator(np.random.PCG64(seed))
    found: FloatArray = 1 + yearly[random.integers(yearly.size, size=(paths, years))]
    return found


def normal_growth(monthly: FloatArray, *, years: int, paths: int, seed: int) -> FloatArray:
    """Return e^(12 m + √12 s x) (B, Y), x unit normal: m and s the mean and deviation (ddof 1) of log monthly returns.

    monthly: (M,), M >= 2. By months, since a history has few years. seed: of PCG64.
    """
    random, logs = np.random.Generator(np.random.PCG64(seed)), np.log(np.maximum(1 + monthly, _RUIN))
    drawn = random.standard_normal((paths, years))
    drawn *= 12**0.5 * float(logs.std(ddof=1))
    drawn += 12 * float(logs.mean())
    return np.exp(drawn, out=drawn)
