"""The commission at which the advantage of a run over something simpler is gone."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from backtester.analysis.nulls import Nulls
from backtester.analysis.statistics.roots import crossing
from backtester.analysis.trust.variants import Curve, Variants
from backtester.model.errors import DataError, InternalError, RequestError
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, Progress, TargetWeights
from backtester.model.ties import TOLERANCE
from backtester.strategies import buy_hold
from backtester.strategies.decisions.decide import decide_weights

MOST_BPS = 1000.0
_RUIN = -1e3  # log growth of a run whose money was used up: below that of any double
_TOLERANCE = 1e-7  # basis points
_RUNS = 40  # about as many, for the progress


def break_even(variants: Variants, nulls: Nulls, progress: Progress) -> dict[str, Any]:
    """Return, for each of three rivals, the `commission_bps` at which the run grows as much as it.

    `ahead_above` names those that the run is ahead of above the commission, not below it.
    """
    done = 0

    def told(curve: Curve | None) -> float:
        nonlocal done
        done += 1
        progress("simulating", min(done, _RUNS), _RUNS)
        return _RUIN if curve is None else max(curve.log_growth, _RUIN)

    @functools.cache
    def own(bps: float) -> float:
        return told(variants.simulate(_costing(variants.spec, bps), variants.targets))

    answer: dict[str, Any] = {}
    above: list[str] = []
    benchmark = variants.report.benchmark_metrics.get("total_return", math.nan)
    answer["benchmark"] = None
    if math.isfinite(benchmark):
        free = math.log1p(benchmark) if benchmark > -1 else _RUIN
        answer["benchmark"] = _solved("benchmark", lambda bps: own(bps) - free, nulls, above)
    else:
        nulls.nothing("/break_even/benchmark", "NO_BENCHMARK")
    rival = _equal_weights(variants)
    answer["equal_weight"] = None
    if rival is None:
        nulls.nothing("/break_even/equal_weight", "VARIATION_FAILED")
    else:
        spec, targets = rival
        answer["equal_weight"] = _solved(
            "equal_weight", lambda bps: own(bps) - told(variants.simulate(_costing(spec, bps), targets)), nulls, above
        )
    answer["zero"] = _solved("zero", own, nulls, above)
    return {**answer, "ahead_above": above}


def _solved(name: str, ahead: Callable[[float], float], nulls: Nulls, above: list[str]) -> float | None:
    """Return where the log growth ahead of the rival is 0, between 0 and 1,000 bps; None with a reason.

    It is looked for where one of the two is ahead at 0 and the other at 1,000. above: takes the name of a rival that
    the run is ahead of at 1,000.
    """
    low, high = ahead(0.0), ahead(MOST_BPS)
    reason = "NO_SOLUTION"
    if abs(low) <= TOLERANCE:
        if abs(high) > TOLERANCE:
            above += [name] if high > 0 else []
            return 0.0
        reason = "MULTIPLE_SOLUTIONS"  # they are the same at any commission
    elif low < 0 and high <= TOLERANCE:
        reason = "BEHIND_WITHOUT_COMMISSION"
    elif low > 0 and high > TOLERANCE:
        reason = "AHEAD_AT_ANY_COMMISSION"
    else:
        above += [name] if low < 0 else []
        known = {0.0: low, MOST_BPS: high if low < 0 else min(high, 0.0)}
        at = crossing(lambda bps: known[bps] if bps in known else ahead(bps), 0.0, MOST_BPS, tolerance=_TOLERANCE)
        return nulls.number(f"/break_even/{name}", at, reason)
    nulls.nothing(f"/break_even/{name}", reason)
    return None


def _costing(spec: BacktestSpec, bps: float) -> BacktestSpec:
    return replace(spec, costs=replace(spec.costs, commission_bps=bps))


def _equal_weights(variants: Variants) -> tuple[BacktestSpec, TargetWeights] | None:
    """Return the same holdings at equal weights, restored at the run's frequency; None where that cannot be decided."""
    spec, count = variants.spec, len(variants.spec.symbols)
    own = replace(
        spec, strategy="buy_hold", parameters={"rebalance_frequency": spec.parameters["rebalance_frequency"]},
        allocations=((1 - spec.cash_allocation) / count,) * count,
    )  # fmt: skip
    try:
        return own, decide_weights(buy_hold, variants.prices, own)
    except (RequestError, DataError, InternalError):
        return None
