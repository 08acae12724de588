"""Buy and hold."""

from __future__ import annotations

import numpy as np

from backtester.strategies import buy_hold
from backtester.strategies.decisions.history import History
from backtester.strategies.table import find_strategy


def test_it_is_found_by_its_name():
    assert find_strategy("buy_hold") is buy_hold


def test_it_looks_at_no_price_at_all():
    warm_up = buy_hold.warm_up({"rebalance_frequency": "never"})
    assert (warm_up.sessions, warm_up.months, buy_hold.HAS_SIGNAL) == (0, 0, False)


def test_it_holds_the_allocations_at_every_decision():
    sessions = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    history = History(sessions=sessions, close=np.ones((4, 2)), decisions=np.array([0, 2, 3]))
    decisions = buy_hold.decide(history, np.array([0.3, 0.7]), {})
    assert decisions.weights.tolist() == [[0.3, 0.7]] * 3
    assert decisions.scores is None
    assert decisions.warnings == ()
