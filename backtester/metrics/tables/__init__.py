"""The result's tables: years, months, drawdowns, trailing and rolling returns, crises, extremes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from backtester.metrics.returns import simple_returns
from backtester.metrics.tables import calendar_periods as periods
from backtester.metrics.tables.drawdown_episodes import drawdown_episodes
from backtester.metrics.tables.rolling import rolling_returns
from backtester.metrics.tables.stress import stress_periods
from backtester.metrics.tables.trailing import trailing_returns
from backtester.model.calendar import Calendar
from backtester.model.records import DateArray, FloatArray


def build_tables(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None = None, *, calendar: Calendar
) -> dict[str, Any]:
    """Return the result's block `tables`, NaN where a number is not defined, None for an absent benchmark.

    growth: (P,) of the initial capital, without cash flows; benchmark: (P,) the same of the benchmark.
    """
    annual = annual_returns(growth, sessions, initial, benchmark, calendar=calendar)
    monthly = monthly_returns(growth, sessions, initial, benchmark, calendar=calendar)
    return {
        "annual_returns": annual,
        "monthly_returns": monthly,
        "drawdowns": drawdown_episodes(growth, sessions, initial),
        "trailing_returns": trailing_returns(growth, sessions, initial, benchmark),
        "rolling_returns": rolling_returns(growth, sessions, initial, benchmark, calendar=calendar),
        "stress_periods": stress_periods(growth, sessions, initial, benchmark),
        "extremes": extremes(simple_returns(growth, initial), sessions, annual=annual, monthly=monthly),
    }


def annual_returns(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None, *, calendar: Calendar
) -> dict[str, Any]:
    """G at the year's last session / G at that of the year before (the initial capital for the first) - 1.

    Together they compound to the total return. growth, sessions, benchmark: (P,). A year is complete as
    `Calendar.full_periods` has it.
    """
    rows, years, complete = periods.years_of(sessions, calendar)
    return {
        "years": [*years],
        "portfolio": simple_returns(growth[rows], initial).tolist(),
        "benchmark": None if benchmark is None else simple_returns(benchmark[rows], initial).tolist(),
        "complete": [*complete],
    }


def monthly_returns(
    growth: FloatArray, sessions: DateArray, initial: float, benchmark: FloatArray | None, *, calendar: Calendar
) -> dict[str, Any]:
    """G at the month's last session / G at that of the month before (the initial capital for the first) - 1.

    Together they compound to the total return; the first and last month may be incomplete. growth, sessions,
    benchmark: (P,).
    """
    rows, months, complete = periods.months_of(sessions, calendar)
    return {
        "months": [*months],
        "portfolio": simple_returns(growth[rows], initial).tolist(),
        "benchmark": None if benchmark is None else simple_returns(benchmark[rows], initial).tolist(),
        "complete": [*complete],
    }


def extremes(
    daily: FloatArray, sessions: DateArray, *, annual: dict[str, Any], monthly: dict[str, Any]
) -> dict[str, Any]:
    """Return the best and worst day, complete month and complete year, the first of equals, and the share above 0.

    daily, sessions: (P,). Without a complete month or year the best and the worst are None and the share is NaN.
    """
    years, yearly = _complete(annual, "years")
    months, by_month = _complete(monthly, "months")
    best, worst = int(daily.argmax()), int(daily.argmin())
    return {
        "best_day": {"date": str(sessions[best]), "return": float(daily[best])},
        "worst_day": {"date": str(sessions[worst]), "return": float(daily[worst])},
        "best_month": _one(months, by_month, by_month.argmax(), "month") if months else None,
        "worst_month": _one(months, by_month, by_month.argmin(), "month") if months else None,
        "best_year": _one(years, yearly, yearly.argmax(), "year") if years else None,
        "worst_year": _one(years, yearly, yearly.argmin(), "year") if years else None,
        "positive_months": periods.share_positive(by_month),
        "positive_years": periods.share_positive(yearly),
    }


def _one(names: list[Any], returns: FloatArray, at: np.intp, unit: str) -> dict[str, Any]:
    return {unit: names[at], "return": float(returns[at])}


def _complete(table: dict[str, Any], names: str) -> tuple[list[Any], FloatArray]:
    """Return the complete months or years of a table, and the portfolio's return in each."""
    whole = table["complete"]
    return [*itertools.compress(table[names], whole)], np.array([*itertools.compress(table["portfolio"], whole)])
