"""Portfolios of random holdings: the strategy's weights, each on a holding that is at hand, drawn evenly."""

import numpy as np
import pytest

from backtester.analysis.batch.curves import schedule_of
from backtester.analysis.trust import random_holdings
from backtester.analysis.trust.variants import Variants
from backtester.contract.check import check
from backtester.pipeline import Clock, NoIsolation, carry_out, load, silent
from backtester.settings import read_settings
from backtester.simulation.accounting import accounting_prices
from tests.unit.analysis.asked import momentum

WEIGHTS = np.array([[0.5, 0.3, 0.2, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0], [0.0] * 5])


def generator():
    return np.random.Generator(np.random.PCG64(1))


@pytest.mark.parametrize("at_hand", [None, np.ones(WEIGHTS.shape, dtype=bool)], ids=["always all", "all"])
def test_each_decision_keeps_its_weights_and_every_holding_is_as_likely(at_hand):
    found = random_holdings.drawn(generator(), WEIGHTS, at_hand, 4000)
    assert (np.sort(found, axis=2) == np.sort(WEIGHTS, axis=1)).all()
    shares = (found[:, 0] == 0.5).mean(axis=0)
    assert shares == pytest.approx([0.2] * 5, abs=0.03)
    # the draws of one decision say nothing about those of another
    both = (found[:, 0, 0] == 0.5) & (found[:, 1, 0] == 1)
    assert both.mean() == pytest.approx(0.04, abs=0.02)


def test_a_holding_that_is_not_at_hand_is_never_drawn():
    at_hand = np.array([[True, True, True, True, False], [True, False, False, False, True], [False] * 5])
    found = random_holdings.drawn(generator(), WEIGHTS, at_hand, 500)
    assert (np.sort(found, axis=2) == np.sort(WEIGHTS, axis=1)).all()
    assert not (found[:, ~at_hand] > 0).any()
    assert (found[:, 1, 0] == 1).mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("changes", [{}, {"cash": {"allocation": 0.2, "annual_rate": 0.03}}, {"risk_free_rate": 0.02}])
def test_side_by_side_they_are_as_one_by_one(changes):
    if "cash" in changes:
        changes["holdings"] = [{"symbol": symbol, "allocation": 0.2} for symbol in ("AAPL", "MSFT", "JNJ", "KO")]
    checked = check(momentum(start_date="2008-01-02", **changes), csv_available=False)
    loaded = load(checked, settings=read_settings(), progress=silent, guard=NoIsolation())
    variants = Variants(loaded, carry_out(loaded, silent, Clock()))
    weights = random_holdings.drawn(generator(), variants.targets.weights, None, 20)
    market = accounting_prices(variants.prices, variants.spec)
    schedule = schedule_of(market, variants.targets.execution - variants.prices.first)
    together = random_holdings._side_by_side(variants, market, schedule, weights)
    assert together == pytest.approx(random_holdings._one_by_one(variants, weights), rel=1e-10)
    own = random_holdings._one_by_one(variants, variants.targets.weights[None])[0] * 252**0.5
    assert own == pytest.approx(variants.report.metrics["sharpe_ratio"], rel=1e-12)
