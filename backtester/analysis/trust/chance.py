"""How likely the figures of a run are to be chance: the probabilities of its Sharpe ratio, and resampled histories."""

from __future__ import annotations

import math
from typing import Any

from backtester.analysis.nulls import Nulls
from backtester.analysis.statistics.bootstrap import bootstrap, interval
from backtester.analysis.statistics.significance import (
    deflated_hurdle,
    estimate,
    min_backtest_years,
    min_track_record_sessions,
    probabilistic_sharpe_ratio,
    standard_error,
    unskilled_deviation,
)
from backtester.analysis.trust.variants import FIGURES, Variants, reason_of
from backtester.metrics.risk import periodic_rate
from backtester.model.records import Progress

_LEAST_RETURNS = 4  # of the moments


def significance(variants: Variants, *, trials: int, confidence: float, nulls: Nulls) -> dict[str, float | None]:
    """Return the answer, of the Sharpe ratio of all returns less the risk-free rate."""
    periods, returns = variants.periods, variants.report.returns
    found = estimate(returns - periodic_rate(variants.spec.risk_free_rate, periods))
    hurdle = deflated_hurdle(unskilled_deviation(found.size), trials)
    deflated = probabilistic_sharpe_ratio(found, hurdle=hurdle) if trials > 1 else math.nan
    reason = "TOO_FEW_OBSERVATIONS" if found.size < _LEAST_RETURNS else "ZERO_DENOMINATOR"
    unlike = "NOT_ABOVE_ZERO" if found.sharpe <= 0 else reason
    known = {
        "psr": (probabilistic_sharpe_ratio(found), reason),
        "dsr": (deflated, reason if trials > 1 else "DOES_NOT_APPLY"),
        "standard_error": (standard_error(found) * periods**0.5, reason),
        "min_track_record_years": (min_track_record_sessions(found, confidence=confidence) / periods, unlike),
        "min_backtest_years": (min_backtest_years(found.sharpe * periods**0.5, trials), unlike),
    }
    return {name: nulls.number(f"/significance/{name}", value, why) for name, (value, why) in known.items()}


def resampled(
    variants: Variants, *, paths: int, confidence: float, seed: int, nulls: Nulls, progress: Progress
) -> dict[str, Any]:
    """Return the answer `bootstrap`: intervals over histories that are put together anew from the run's own."""
    report, asked = variants.report, variants.asked
    found = bootstrap(
        report.returns, benchmark=report.benchmark_returns, periods=variants.periods, calendar_days=asked.days,
        risk_free=periodic_rate(variants.spec.risk_free_rate, variants.periods), paths=paths, seed=seed,
        reached=lambda done: progress("simulating", done, paths),
    )  # fmt: skip
    intervals = {name: interval(getattr(found, name), confidence) for name in FIGURES}
    shown: dict[str, Any] = {
        name: nulls.column(f"/bootstrap/{name}", bounds, [reason_of(name, asked)] * 2)
        for name, bounds in intervals.items()
    }
    shown["probability_below_benchmark"] = nulls.number(
        "/bootstrap/probability_below_benchmark", found.probability_below_benchmark, "NO_BENCHMARK"
    )
    return {**shown, "mean_block_sessions": float(found.mean_block)}
