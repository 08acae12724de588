"""Holdings that trade on different days against the bookkeeper: what is compared, ranked and weighed by own prices."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

import backtester
from tests.support import reference

DAYS = [datetime.date(2022, 1, 3) + datetime.timedelta(days=n) for n in range(628)]  # to a Friday
COMPARED = ("beta", "alpha", "tracking_error", "information_ratio")


def prices(seed: int) -> dict:
    """Return a stock of five days, a coin of seven, and an index of five that has holidays of its own."""
    random = np.random.default_rng(seed)
    walks = 50 * np.cumprod(
        1 + random.normal(0.0005, 0.012, (3, len(DAYS))) + random.normal(0, 0.006, len(DAYS)), axis=1
    )
    closed = random.random(len(DAYS)) < 0.05
    closed[[0, -1]] = False
    close = {
        "STOCK": [p if d.weekday() < 5 else None for p, d in zip(walks[0].tolist(), DAYS, strict=True)],
        "COIN": walks[1].tolist(),
        "INDEX": [
            p if d.weekday() < 5 and not shut else None
            for p, d, shut in zip(walks[2].tolist(), DAYS, closed.tolist(), strict=True)
        ],
    }
    return {"dates": [day.isoformat() for day in DAYS], "close": close}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("held", [("STOCK",), ("COIN",), ("STOCK", "COIN")], ids="+".join)
@pytest.mark.parametrize("strategy", ["buy_hold", "momentum"])
def test_what_is_compared_with_a_benchmark_agrees(seed, held, strategy):
    table = prices(seed)
    request = {
        "strategy": strategy, "holdings": [{"symbol": s, "allocation": 1 / len(held)} for s in held],
        "start_date": DAYS[200].isoformat(), "end_date": DAYS[-1].isoformat(), "benchmark": "INDEX",
        "risk_free_rate": 0.02, "execution": {"timing": "same_close"}, "output": {"include": ["metrics", "weights"]},
    }  # fmt: skip
    if strategy == "momentum":
        request["parameters"] = {"lookback_period": 60, "top_n": 2, "weighting": "inverse_volatility"}
    found = backtester.run({**request, "data": {"source": "inline", "prices": table}})
    wanted = reference.run(request, table)
    for name in COMPARED:
        assert found["metrics"][name] == pytest.approx(wanted["metrics"][name], rel=1e-9, abs=1e-12), name
    for row, rebalance in enumerate(wanted["rebalances"]):
        for symbol, weight in rebalance["weights"].items():
            assert found["weights"]["symbols"][symbol][row] == pytest.approx(weight, abs=1e-9)
