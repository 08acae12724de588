"""Curves side by side are those of the pipeline's own simulation, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtester.analysis.batch.curves import fill_when_due, schedule_of, simulate_many, simulates
from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.metrics import trading
from backtester.model.record import replace
from backtester.model.records import TargetWeights, WarmUp
from backtester.pipeline import silent
from backtester.prices.load import load_prices
from backtester.settings import read_settings
from backtester.simulation.accounting import accounting_prices
from backtester.simulation.simulate import simulate
from tests.support.sample_requests import request

SYMBOLS = ["AAPL", "MSFT", "JNJ", "XOM", "KO"]


def prepared(**changes):
    holdings = [{"symbol": symbol, "allocation": 0.2} for symbol in SYMBOLS]
    asked = request(strategy="buy_hold", parameters={"rebalance_frequency": "monthly"}, holdings=holdings,
                    start_date="2004-01-05", end_date="2009-12-30", **changes)  # fmt: skip
    spec = build_spec(check(asked, csv_available=False))
    prices = load_prices(spec, WarmUp(), signal=False, settings=read_settings(), progress=silent)
    return spec, prices, accounting_prices(prices, spec)


def drawn_weights(count, rebalances, *, seed, cash):
    """Return weights (C, R, N): some holdings at 0, rows that repeat, and whole rows in cash where there is any."""
    draw = np.random.Generator(np.random.PCG64(seed))
    weights = draw.random((count, rebalances, len(SYMBOLS))) * (draw.random((count, rebalances, len(SYMBOLS))) > 0.4)
    total = weights.sum(axis=2, keepdims=True)
    weights = np.divide(weights, total, out=np.full_like(weights, 1 / len(SYMBOLS)), where=total > 0)
    weights[:, 1::3] = weights[:, : weights[:, 1::3].shape[1]]
    if cash:
        weights *= draw.choice([0.0, 0.5, 1.0], (count, rebalances, 1))
    return weights


@given(
    seed=st.integers(0, 999), rebalances=st.integers(1, 60), cash=st.booleans(), bps=st.sampled_from([0, 7.5, 40]),
    slippage=st.sampled_from([0, 5]), rate=st.sampled_from([0, 0.03]), ratio=st.sampled_from([0, 0.01]),
    timing=st.sampled_from(["next_close", "same_close"]),
)  # fmt: skip
def test_each_curve_is_that_of_its_own_simulation(seed, rebalances, cash, bps, slippage, rate, ratio, timing):
    changes = {"cash": {"annual_rate": rate}, "execution": {"timing": timing}}
    if ratio:
        changes["costs"] = {"expense_ratio": ratio}
    spec, prices, market = prepared(**changes)
    assert simulates(market, spec)
    draw = np.random.Generator(np.random.PCG64(seed))
    later = np.sort(draw.choice(np.arange(1, market.sessions.size), rebalances - 1, replace=False))
    rows = np.concatenate([[0], later]).astype(np.int64)
    weights = drawn_weights(3, rows.size, seed=seed, cash=cash)
    costs = [replace(spec.costs, commission_bps=bps * c, slippage_bps=slippage) for c in range(3)]
    assert fill_when_due(market, rows, weights).all()
    many = simulate_many(market, schedule_of(market, rows), weights, costs, initial=spec.initial_capital)
    assert many.values.flags.c_contiguous  # one curve after the other: what passes over them relies on it
    for c in range(3):
        execution = rows + prices.first
        targets = TargetWeights(decision=execution - 1, execution=execution, weights=weights[c])
        ledger = simulate(prices, targets, replace(spec, costs=costs[c]))
        days = int((market.sessions[-1] - market.sessions[0]).astype(int))
        np.testing.assert_allclose(many.values[c], ledger.equity, rtol=1e-12)
        assert many.turnover_per_year[c] == pytest.approx(trading.turnover_per_year(ledger, days), rel=1e-11, abs=1e-12)
        assert many.total_costs[c] == pytest.approx(trading.total_costs(ledger), rel=1e-11, abs=1e-9)
        assert many.exposure[c] == pytest.approx(trading.exposure(ledger), rel=1e-12, abs=1e-12)
        assert many.interest_income[c] == pytest.approx(float(ledger.interest.sum()), rel=1e-11, abs=1e-9)
