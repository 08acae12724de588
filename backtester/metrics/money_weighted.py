"""The investor's own return and profit, cash flows included."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR, cagr, total_return
from backtester.model.records import DateArray, FloatArray, Ledger

NAN = float("nan")
_MAX_STEPS = 400


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
    (365 days), and where no rate above -100 % solves it. Several rates may solve it where money goes in and out;
    the one nearest to 0 is returned.
    """
    days = (sessions[-1] - sessions).astype(np.float64)
    if days[0] < 365:
        return NAN
    if flows is None:
        return cagr(total_return(equity, initial), int(days[0]))
    on = np.flatnonzero(flows)
    paid, years = np.append(initial, flows[on]), np.append(days[0], days[on]) / DAYS_A_YEAR

    def short(rate: float) -> float:
        """Return the value that the payments grow to at a log rate, less the value at the end."""
        return float((paid * np.exp(rate * years)).sum() - equity[-1])

    bracket = _bracket(short)
    if bracket is None:
        return NAN
    low, high = bracket
    rising = short(high) > 0
    for _ in range(_MAX_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if (short(middle) > 0) == rising else (middle, high)
    return math.expm1((low + high) / 2)


def _bracket(short: Callable[[float], float]) -> tuple[float, float] | None:
    """Return log rates between which the sign changes, the nearest to 0; None where it never does."""
    steps = np.concatenate([np.linspace(0, 1, 51), np.linspace(1.25, 12, 44)])
    for inner, outer in zip(steps[:-1].tolist(), steps[1:].tolist(), strict=True):
        for low, high in ((inner, outer), (-outer, -inner)):
            if (short(low) > 0) != (short(high) > 0):
                return low, high
    return None
