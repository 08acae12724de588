"""What a warm process remembers between runs is exact: other prices or sessions are computed anew."""

from __future__ import annotations

import numpy as np

from backtester.metrics.attribution import _correlations, correlation
from backtester.metrics.tables import annual_returns, monthly_returns
from backtester.metrics.tables.rolling import rolling_returns
from backtester.model.calendar import measure_calendar
from tests.unit.metrics.ledger_builder import days

SYMBOLS = ("A", "B", "C")


def fixed(seed: int, sessions: int = 60) -> np.ndarray:
    """Return closes that cannot change, as `AlignedPrices` has them."""
    table = np.exp(np.random.default_rng(seed).normal(0, 0.01, (3, sessions)).cumsum(axis=1))
    table.flags.writeable = False
    return table.T


def test_correlations_of_fixed_closes_are_those_of_their_numbers():
    for seed in range(20):  # each at a place in memory that one before may have had
        close = fixed(seed)
        for view in (close, close[10:], close[:, :2], close[10:]):
            found = correlation(view, SYMBOLS[: view.shape[1]])
            assert found is not None
            assert found["matrix"] == _correlations(view).tolist()


def test_correlations_of_closes_that_change_follow_them():
    close = fixed(1).copy()
    before = correlation(close[5:], SYMBOLS)
    close[20:] = fixed(2)[20:]
    assert correlation(close[5:], SYMBOLS) != before


def test_a_caller_may_change_a_matrix_that_it_received():
    close = fixed(3)
    first = correlation(close, SYMBOLS)
    assert first is not None
    first["matrix"][0][1] = 7.0
    assert correlation(close, SYMBOLS) != first


def test_a_caller_may_change_a_table_that_it_received():
    sessions = days(800, "2019-12-30")
    calendar = measure_calendar(sessions, end_date=sessions[-1])
    growth = np.linspace(100, 200, 800)
    for build in (annual_returns, monthly_returns, rolling_returns):
        first, second = (build(growth, sessions, 100.0, None, calendar=calendar) for _ in range(2))
        assert repr(first) == repr(second)
        for block in first if isinstance(first, list) else [first]:
            for column in block.values():
                if isinstance(column, list):
                    column.clear()
        assert repr(build(growth, sessions, 100.0, None, calendar=calendar)) == repr(second)


def test_the_same_sessions_in_another_calendar_are_other_periods():
    sessions = days(60, "2024-01-01")
    ended, running = (measure_calendar(sessions, end_date=sessions[-1] + np.timedelta64(more, "D")) for more in (30, 0))
    growth = np.linspace(100, 120, 60)
    tables = [monthly_returns(growth, sessions, 100.0, None, calendar=calendar) for calendar in (ended, running)]
    assert [table["complete"][-1] for table in tables] == [True, False]
