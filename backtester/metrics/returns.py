"""Metrics of return. Returns are simple; a metric that is not defined is NaN."""

from __future__ import annotations

from typing import Literal

import numpy as np

from backtester.model.calendar import Calendar, by_sessions
from backtester.model.records import DateArray, FloatArray, IntArray

DAYS_A_YEAR = 365.25
LEAST_DAYS = 365  # calendar days, from which on a yearly rate is defined
NO_MOVE = 1e-12  # smaller returns are rounding errors
NAN = float("nan")


def simple_returns(equity: FloatArray, initial: float, flows: FloatArray | None = None) -> FloatArray:
    """(V_t - F_t) / V_{t-1} - 1 (P,), time-weighted; the first against the initial capital, so that its costs count.

    flows: (P,) paid in at the close (out: < 0), currency; None: no flows.
    """
    previous = np.concatenate([[initial], equity[:-1]])
    result: FloatArray = (equity if flows is None else equity - flows) / previous - 1
    return result


def growth(returns: FloatArray, initial: float) -> FloatArray:
    """Return initial · Π(1 + r) (P,), currency.

    0 from the first r of -1 or less on: investing a cash flow can cost more than the portfolio was worth before it.
    """
    curve: FloatArray = initial * np.multiply.accumulate(np.maximum(1 + returns, 0.0))
    return curve


def total_return(equity: FloatArray, initial: float) -> float:
    """V_end / initial - 1, of the growth of the initial capital: time-weighted where there are cash flows."""
    return float(equity[-1] / initial - 1)


def cagr(total: float, calendar_days: int) -> float:
    """(1 + total)^(365.25 / calendar days) - 1; NaN under one year (365 days).

    ffn counts calendar days as well; empyrical counts sessions / 252.
    """
    return (1 + total) ** (DAYS_A_YEAR / calendar_days) - 1 if calendar_days >= LEAST_DAYS else NAN


def best(returns: FloatArray) -> float:
    """Max r."""
    return float(returns.max()) if returns.size else NAN


def worst(returns: FloatArray) -> float:
    """Min r."""
    return float(returns.min()) if returns.size else NAN


def win_rate(returns: FloatArray) -> float:
    """Share of r > 0 among r ≠ 0; NaN where no return differs from 0."""
    moved = int(np.count_nonzero(np.abs(returns) > NO_MOVE))
    return int(np.count_nonzero(returns > NO_MOVE)) / moved if moved else NAN


def profit_factor(equity: FloatArray, initial: float, flows: FloatArray | None = None) -> float:
    """Σ gains / Σ losses of the daily profit in money, V_t - V_{t-1} - F_t; NaN without a loss."""
    profit = equity - np.concatenate([[initial], equity[:-1]])
    profit = profit if flows is None else profit - flows
    losses = -float(profit[profit < 0].sum())
    return float(profit[profit > 0].sum()) / losses if losses > NO_MOVE * initial else NAN


def omega_ratio(returns: FloatArray) -> float:
    """Σ r⁺ / Σ r⁻, about 0; NaN without a loss. As empyrical with required_return 0."""
    losses = -float(returns[returns < 0].sum())
    return float(returns[returns > 0].sum()) / losses if losses > NO_MOVE else NAN


def month_end_rows(sessions: DateArray) -> IntArray:
    """Return the rows of each month's last session within the period; a month that is cut short has one too."""
    return last_rows(sessions, "M")


@by_sessions
def full_months(sessions: DateArray, calendar: Calendar) -> IntArray:
    """Return the rows (M + 1,) of the value before the first full month of sessions (P,), and of the end of each.

    The first is -1, the initial capital, where the period begins with a full month, else the end of the stub before.
    """
    rows = month_end_rows(sessions)
    full = calendar.full_periods(sessions, rows, "monthly")
    found: IntArray = np.concatenate([[-1 if full[0] else rows[0]], rows[full]])
    return found


def last_rows(sessions: DateArray, unit: Literal["M", "Y"]) -> IntArray:
    """Return the rows of the last session of each month ("M") or year ("Y") that has one.

    Found by the first day of the next one: the month of every session takes longer than the rest of a table.
    """
    first, last = sessions[[0, -1]].astype(f"datetime64[{unit}]").astype(np.int64).tolist()
    begins = np.arange(first + 1, last + 1).astype(f"datetime64[{unit}]").astype("datetime64[D]")
    rows: IntArray = np.full(begins.size + 1, sessions.size)
    rows[:-1] = sessions.searchsorted(begins)
    rows -= 1
    repeated = rows[1:] == rows[:-1]
    return np.append(rows[:-1][~repeated], rows[-1]) if repeated.any() else rows
