"""Timing luck: what the run would have been, had it been rebalanced some sessions later.

Hoffstein, Sibears and Faber (2019), "Rebalance Timing Luck: The Difference between Hired and Fired", Journal of Index
Investing 10(1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.analysis.nulls import Nulls
from backtester.analysis.trust.variants import FAILED, FIGURES, Curve, Variants, reason_of, together
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, FloatArray, Progress
from backtester.model.ties import tolerance_of
from backtester.simulation.costs import is_proportional

_A_YEAR = {"weekly": 52, "monthly": 12, "quarterly": 4, "semiannually": 2, "annually": 1}
_MOST = 63  # offsets


def offsets_of(spec: BacktestSpec, periods: int) -> list[int]:
    """Return the offsets, from the request's own on: one for each session of a rebalancing period, at most 63.

    None where the run rebalances daily or never.
    """
    frequency = spec.parameters["rebalance_frequency"]
    if frequency not in _A_YEAR:
        return []
    count = max(round(periods / _A_YEAR[frequency]), 1)
    some = min(count, _MOST)
    return [spec.rebalancing.offset_sessions + step * count // some for step in range(some)]


def timing_luck(variants: Variants, offsets: list[int], nulls: Nulls, progress: Progress) -> dict[str, Any] | None:
    """Return the answer; null for a run that rebalances daily or never."""
    if not offsets:
        nulls.nothing("/timing_luck", "DOES_NOT_APPLY")
        return None
    curves: list[Curve | None] = []
    for number, offset in enumerate(offsets):
        progress("simulating", number, len(offsets))
        own = replace(variants.spec, rebalancing=replace(variants.spec.rebalancing, offset_sessions=offset))
        curves.append(variants.run(own) if number else variants.asked)
    figures = [variants.figures(curve) for curve in curves]
    columns = {
        name: nulls.column(
            f"/timing_luck/{name}", [each[name] for each in figures], [reason_of(name, curve) for curve in curves]
        )
        for name in FIGURES
    }
    return {
        "offsets": offsets, **columns,
        "summary": {
            name: _summary(name, variants, np.array([each[name] for each in figures]), nulls) for name in FIGURES
        },
        "tranches": _tranches(variants, offsets, curves, nulls),
    }  # fmt: skip


def _summary(name: str, variants: Variants, values: FloatArray, nulls: Nulls) -> dict[str, float | None]:
    """Return deviation, bounds and percentile. values: (m,), the first is that of the run as asked."""
    known = values[np.isfinite(values)]
    own, count = values[0], known.size
    tolerance = tolerance_of(own)
    below, equal = (known < own - tolerance).sum(), (np.abs(known - own) <= tolerance).sum()
    found = {
        "sd": float(known.std(ddof=1)) if count > 1 else math.nan,
        "minimum": float(known.min()) if count else math.nan,
        "maximum": float(known.max()) if count else math.nan,
        "percentile": float(below + equal / 2) / count if math.isfinite(own) else math.nan,
    }
    at = f"/timing_luck/summary/{name}"
    why = "TOO_FEW_OBSERVATIONS" if count else reason_of(name, variants.asked)
    return {key: nulls.number(f"{at}/{key}", value, why) for key, value in found.items()}


def _tranches(
    variants: Variants, offsets: list[int], curves: list[Curve | None], nulls: Nulls
) -> dict[str, float | None]:
    """Return the figures of the same share of the money on each offset.

    Where all costs are in proportion, a share of the money fares as the whole does.
    """
    spec = variants.spec
    if not is_proportional(spec.costs) or spec.whole_shares:
        curves = [variants.run(_share(spec, offset, len(offsets))) for offset in offsets]
    runs = [curve for curve in curves if curve is not None]
    whole = together(runs) if len(runs) == len(offsets) else None
    figures = variants.figures(whole)
    return {
        name: nulls.number(f"/timing_luck/tranches/{name}", figures[name], reason_of(name, whole) if whole else FAILED)
        for name in FIGURES
    }


def _share(spec: BacktestSpec, offset: int, count: int) -> BacktestSpec:
    """Return the spec of one of `count` equal tranches."""
    flows = tuple(
        replace(flow, amount=None if flow.amount is None else flow.amount / count) for flow in spec.cash_flows
    )
    return replace(
        spec, initial_capital=spec.initial_capital / count, cash_flows=flows,
        rebalancing=replace(spec.rebalancing, offset_sessions=offset),
    )  # fmt: skip
