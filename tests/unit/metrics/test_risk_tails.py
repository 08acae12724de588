"""Of many returns only the tails are put in order: each metric of them is that of sorted returns, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.metrics import risk

METRICS = (risk.value_at_risk, risk.conditional_value_at_risk, risk.tail_ratio)
RANDOM = np.random.default_rng(7)
RETURNS = {
    "random": RANDOM.normal(0, 0.01, 8313),
    "rounded, so that many are equal": np.round(RANDOM.normal(0, 0.01, 4000), 3),
    "mostly zero": np.where(RANDOM.random(3000) < 0.97, 0.0, RANDOM.normal(0, 0.01, 3000)),
    "equal but for rounding": np.where(RANDOM.random(3000) < 0.3, -1, 1) * (1 + RANDOM.integers(-3, 4, 3000) / 1e15),
    "all the same": np.full(1000, 0.001),
    "one undefined": np.append(RANDOM.normal(0, 0.01, 1200), np.nan),
    "as few as are sorted": RANDOM.normal(0, 0.01, 999),
    "the fewest that are not": RANDOM.normal(0, 0.01, 1000),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", RETURNS)
def test_the_metrics_of_the_tails_are_those_of_sorted_returns(metric, kind):
    returns = RETURNS[kind]
    assert repr(metric(risk.ascending(returns))) == repr(metric(np.sort(returns)))


@pytest.mark.parametrize("kind", RETURNS)
def test_mean_and_deviation_are_those_of_numpy(kind):
    returns = RETURNS[kind]
    assert repr(risk.mean(returns)) == repr(float(returns.mean()))
    assert repr(risk.deviation(returns)) == repr(float(returns.std(ddof=1)))
