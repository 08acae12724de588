"""Judge return series with ffn, skfolio, arch and scipy, by their own functions.

For the peers' own interpreter: a job in JSON on stdin, numbers in JSON on stdout. Sharpe ratios are per session.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import ffn
import numpy as np
import pandas as pd
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from scipy import stats
from skfolio import measures as skfolio


def of_ffn(job: dict[str, Any], excess: np.ndarray) -> dict[str, Any]:
    """Return the deflated Sharpe ratio of the best trial, and the probability of backtest overfitting by blocks."""
    trials = pd.DataFrame(excess, index=pd.bdate_range("2000-01-03", periods=len(excess)))
    sharpe = trials.mean() / trials.std(ddof=1)
    overfitting = {
        blocks: ffn.core.calc_prob_backtest_overfitting(trials.iloc[:rows], int(blocks), full_output=True)
        for blocks, rows in job["rows"].items()
    }
    return {
        "deflated": ffn.core.calc_deflated_sharpe_ratio(
            trials[sharpe.idxmax()], sharpe, nperiods=252, annualized_trials=False
        ),
        "pbo": {blocks: found["pbo"] for blocks, found in overfitting.items()},
        "mean_relative_rank": {blocks: found["mean_oos_rank"] for blocks, found in overfitting.items()},
    }


def of_skfolio(excess: np.ndarray) -> dict[str, Any]:
    """Return the probabilistic and deflated Sharpe ratios. Its moments are the population's, which are here too."""
    sharpe = excess.mean(axis=0) / excess.std(axis=0, ddof=1)
    best = excess[:, sharpe.argmax()]
    return {
        "probabilistic": skfolio.probabilistic_sharpe_ratio(excess).tolist(),
        "deflated": skfolio.deflated_sharpe_ratio(best, sharpe),
        "skew": skfolio.skew(excess).tolist(),
        "kurtosis": skfolio.kurtosis(excess).tolist(),
    }


def of_arch(job: dict[str, Any], excess: np.ndarray) -> dict[str, Any]:
    """Return optimal block lengths, and annual Sharpe ratios, growth and drawdowns of stationary bootstrap paths."""

    def measure(path: np.ndarray) -> np.ndarray:
        curve = np.concatenate([[1.0], np.cumprod(1 + path)])
        drawdown = (curve / np.maximum.accumulate(curve)).min() - 1
        return np.array([path.mean() / path.std(ddof=1) * 252**0.5, curve[-1], drawdown])

    found = StationaryBootstrap(job["mean_block"], excess[:, 0], seed=1).apply(measure, job["paths"])
    return {
        "block_length": [optimal_block_length(np.array(series))["stationary"].iloc[0] for series in job["series"]],
        "paths": found.T.tolist(),
    }


def of_scipy(job: dict[str, Any]) -> dict[str, Any]:
    """Return the normal distribution and its quantiles."""
    return {"cdf": stats.norm.cdf(job["x"]).tolist(), "quantile": stats.norm.ppf(job["p"]).tolist()}


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    excess = np.array(job["excess"]).T
    answers = {
        "ffn": of_ffn(job, excess), "skfolio": of_skfolio(excess), "arch": of_arch(job, excess), "scipy": of_scipy(job),
    }  # fmt: skip
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
