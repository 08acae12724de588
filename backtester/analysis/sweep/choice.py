"""What the choice of the best of many settings is worth: the answer `overfitting` of a sweep."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.analysis.statistics.overfitting import BlockSums, Each, in_turn, overfitting
from backtester.analysis.statistics.significance import (
    SharpeEstimate,
    deflated_hurdle,
    effective_trials,
    probabilistic_sharpe_ratio,
    unskilled_deviation,
)
from backtester.analysis.sweep.statement import statement
from backtester.model.records import FloatArray, IntArray
from backtester.pipeline import Done, uncounted


def judge(
    best: SharpeEstimate, *, sharpe: FloatArray, first: IntArray, correlation: float, sums: BlockSums,
    profitable: int, trials_before: int, periods: float, by_sharpe: bool, each: Each = in_turn, done: Done = uncounted,
) -> dict[str, Any]:  # fmt: skip
    """Return the figures and the statement by the names of the result, NaN where one is not defined.

    best: of the setting that was chosen. sharpe: (N,) of all settings, per session; NaN: failed or constant.
    first: (N,) the first setting with equal returns, -1: failed (`trials.first_equal`). correlation: the mean one of
    the distinct settings that have a Sharpe ratio. profitable: how many settings made money. periods: P.
    by_sharpe: whether the best was chosen by Sharpe ratio.
    each, done: as `overfitting` takes them.
    """
    own = first == np.arange(first.size)
    distinct, ranked = int(np.count_nonzero(own)), sharpe[own & np.isfinite(sharpe)]
    deviation = float(ranked.std(ddof=1)) if ranked.size > 1 else unskilled_deviation(best.size)
    trials = distinct + trials_before
    effective = effective_trials(trials, correlation)
    hurdle = deflated_hurdle(deviation, trials)
    deflated = probabilistic_sharpe_ratio(best, hurdle=hurdle)
    found = overfitting(sums, each=each, done=done)
    return {
        "trials": trials,
        "effective_trials": effective,
        "expected_max_sharpe": hurdle * periods**0.5,
        "dsr": deflated,
        "dsr_effective": probabilistic_sharpe_ratio(best, hurdle=deflated_hurdle(deviation, effective)),
        "pbo": found.pbo,
        "loss_probability": found.loss_probability,
        "degradation_slope": found.degradation_slope,
        "mean_relative_rank": found.mean_relative_rank,
        "statement": statement(
            runs=int(np.count_nonzero(first >= 0)), profitable=profitable,
            distinct=distinct, trials=trials, deflated=deflated, pbo=found.pbo if ranked.size > 1 else math.nan,
            by_sharpe=by_sharpe,
        ),
    }  # fmt: skip
