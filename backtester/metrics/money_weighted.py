"""The investor's own return and profit, cash flows included."""

from __future__ import annotations

import math

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR, LEAST_DAYS, cagr, total_return
from backtester.model.records import DateArray, FloatArray, Ledger

NAN = float("nan")
MULTIPLE, NONE = math.inf, -math.inf
_WIDEST = 50.0  # a log rate: e^50 a year
_NARROWEST = 1e-10
_SAME = 1e-6  # log rates so near are one: where the sum only touches 0, rounding may make several of it
_MAX_STEPS = 200


def net_contributions(ledger: Ledger) -> float:
    """Σ F: money paid in less money taken out, after the start, currency."""
    return 0.0 if ledger.flows is None else float(ledger.flows.sum())


def total_profit(ledger: Ledger, initial: float) -> float:
    """V_end - initial - Σ F, currency."""
    return float(ledger.equity[-1]) - initial - net_contributions(ledger)


def money_weighted_return(
    equity: FloatArray, initial: float, sessions: DateArray, flows: FloatArray | None = None
) -> float:
    """Solve initial · (1 + x)^Y_end + Σ F_t · (1 + x)^(Y_end - Y_t) = V_end for x, Y in years of 365.25 days.

    The internal rate of return a year (XIRR, which counts 365 days); without flows it is the cagr. NaN under one year
    (365 days). NONE where no rate above -100 % solves it. Where money goes in and out, several may: MULTIPLE, since
    none of them is the investor's return.
    """
    days = (sessions[-1] - sessions).astype(np.float64)
    if days[0] < LEAST_DAYS:
        return NAN
    if flows is None:
        return cagr(total_return(equity, initial), int(days[0]))
    on = np.flatnonzero(flows)
    amounts = np.concatenate([[initial], flows[on], [-equity[-1]]])
    years = np.concatenate([days[:1], days[on], [0.0]]) / DAYS_A_YEAR
    found = _log_rates(amounts, years)
    if len(found) == 1:
        return math.expm1(found[0])
    return MULTIPLE if found else NONE


def _log_rates(amounts: FloatArray, years: FloatArray) -> list[float]:
    """Return every log rate x with Σ amount · e^(x · years) = 0, between -50 and 50, ascending.

    It is searched for downwards and upwards from 0, there in units of the longest term, so that no term grows.
    """
    below = [-x for x in _zeros(amounts, years)]
    above = _zeros(amounts, years[0] - years)
    found = sorted([*below, *above])
    groups = np.split(np.array(found), np.flatnonzero(np.diff(found) > _SAME) + 1)
    return [float(group.mean()) for group in groups if group.size]


def _zeros(amounts: FloatArray, rates: FloatArray) -> list[float]:
    """Return every t from 0 to 50 with Σ amount · e^(-rate · t) = 0; rates >= 0.

    The positive and the negative terms fall with t, so the sum and its derivative are bounded on an interval by their
    values at its ends. An interval is halved until one of the two cannot be 0 in it: then it holds no zero, or one that
    a change of sign shows. Where both may be 0 down to 1e-10 the sum touches 0 there.
    """
    found: list[float] = []
    edges = np.linspace(0.0, _WIDEST, 65)
    starts, ends = edges[:-1], edges[1:]
    while starts.size:
        least, most = _bounds(amounts, rates, starts, ends)
        may = (least <= 0) & (most >= 0)
        starts, ends = starts[may], ends[may]
        slope_least, slope_most = _bounds(amounts * -rates, rates, starts, ends)
        monotone = (slope_least > 0) | (slope_most < 0)
        for start, end in zip(starts[monotone].tolist(), ends[monotone].tolist(), strict=True):
            found += _crossing(amounts, rates, start, end)
        narrow = ~monotone & (ends - starts <= _NARROWEST)
        found += starts[narrow].tolist()
        wide = ~monotone & ~narrow
        starts, ends = starts[wide], ends[wide]
        middle = (starts + ends) / 2
        starts, ends = np.concatenate([starts, middle]), np.concatenate([middle, ends])
    return found


def _bounds(
    amounts: FloatArray, rates: FloatArray, starts: FloatArray, ends: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return bounds (K,) of Σ amount · e^(-rate · t) for t from start to end."""
    rising, falling = np.maximum(amounts, 0.0), np.minimum(amounts, 0.0)
    first, last = np.exp(-np.outer(starts, rates)), np.exp(-np.outer(ends, rates))
    return last @ rising + first @ falling, first @ rising + last @ falling


def _crossing(amounts: FloatArray, rates: FloatArray, start: float, end: float) -> list[float]:
    """Return the zero between start and end, where the sum is monotone; empty without one."""

    def value(t: float) -> float:
        return float((amounts * np.exp(-rates * t)).sum())

    positive = value(start) > 0
    if positive == (value(end) > 0):
        return [edge for edge in (start, end) if value(edge) == 0]
    for _ in range(_MAX_STEPS):
        middle = (start + end) / 2
        if middle in (start, end):
            break
        start, end = (middle, end) if (value(middle) > 0) == positive else (start, middle)
    return [(start + end) / 2]
