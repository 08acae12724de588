"""The run begun in each month instead: whether its advantage over the benchmark depends on where it begins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.analysis.benchmark_growth import benchmark_growth
from backtester.analysis.nulls import Nulls
from backtester.analysis.trust.variants import Curve, Variants, reason_of
from backtester.metrics import returns as rt
from backtester.model.record import replace
from backtester.model.records import FloatArray, PriceTable, Progress
from backtester.model.ties import TOLERANCE

_MOST = 120  # starts


def start_rows(prices: PriceTable) -> list[int]:
    """Return the rows of the starts: the period's first, then that of each later month; at most 120, spread evenly.

    A month begins on its first session on which every holding has a price of its own; with partial histories, one.
    """
    sessions = prices.sessions[prices.first :]
    priced = ~np.isnan(prices.close[prices.first :])
    if prices.own is not None:
        priced &= prices.own[prices.first :]
    usable = priced.any(axis=1) if prices.partial_history else priced.all(axis=1)
    if prices.benchmark_own is not None:
        usable &= prices.benchmark_own[prices.first :].all(axis=1)
    rows, months = np.flatnonzero(usable), sessions.astype("datetime64[M]")
    _, first = np.unique(months[rows], return_index=True)
    begins = [0, *(row for row in rows[first].tolist() if months[row] > months[0])]
    some = min(len(begins), _MOST)
    return [prices.first + begins[step * len(begins) // some] for step in range(some)]


def start_dates(variants: Variants, rows: list[int], nulls: Nulls, progress: Progress) -> dict[str, Any]:
    """Return the answer. A start that leaves less than a year has no yearly growth."""
    curves: list[Curve | None] = []
    rivals: list[float] = []
    for number, row in enumerate(rows):
        progress("simulating", number, len(rows))
        prices = replace(variants.prices, first=row)
        curve = variants.run(variants.spec, prices=prices) if number else variants.asked
        curves.append(curve)
        rivals.append(math.nan if curve is None else _benchmark_cagr(variants, prices, curve))
    own = [math.nan if curve is None else curve.cagr for curve in curves]
    reasons = [reason_of("cagr", curve) for curve in curves]
    return {
        "starts": [str(variants.prices.sessions[row]) for row in rows],
        "cagr": nulls.column("/start_dates/cagr", own, reasons),
        **_excess(variants, np.array(own) - np.array(rivals), reasons, nulls),
    }


def _excess(variants: Variants, excess: FloatArray, reasons: list[str], nulls: Nulls) -> dict[str, Any]:
    """Return the growth of the starts ahead of the benchmark's; null without one."""
    if variants.spec.benchmark is None:
        for name in ("excess", "share_above", "worst"):
            nulls.nothing(f"/start_dates/{name}", "NO_BENCHMARK")
        return {"excess": None, "share_above": None, "worst": None}
    known = excess[np.isfinite(excess)]
    above, worst = (float((known > TOLERANCE).mean()), float(known.min())) if known.size else (math.nan, math.nan)
    return {
        "excess": nulls.column("/start_dates/excess", excess.tolist(), reasons),
        "share_above": nulls.number("/start_dates/share_above", above, "PERIOD_UNDER_ONE_YEAR"),
        "worst": nulls.number("/start_dates/worst", worst, "PERIOD_UNDER_ONE_YEAR"),
    }


def _benchmark_cagr(variants: Variants, prices: PriceTable, curve: Curve) -> float:
    """Return the yearly growth of the benchmark, bought with the run; NaN without one."""
    growth = benchmark_growth(variants.spec, prices, size=curve.sessions.size)
    return math.nan if growth is None else rt.cagr(rt.total_return(growth, variants.spec.initial_capital), curve.days)
