"""How far down and for how long, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.metrics import drawdown as dd


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def calendar(size: int, first: str = "2024-01-01") -> np.ndarray:
    return np.datetime64(first) + np.arange(size)


def fall_days(*equity: float, initial: float = 100.0, sessions: np.ndarray | None = None) -> float:
    below = dd.drawdowns(array(*equity), initial)
    return dd.max_drawdown_days(below, calendar(len(equity)) if sessions is None else sessions)


def test_a_drawdown_is_from_the_highest_value_so_far():
    assert dd.drawdowns(array(100, 120, 90, 130, 65), 100.0).tolist() == pytest.approx([0, 0, -0.25, 0, -0.5])


def test_the_first_peak_is_the_initial_capital():
    assert dd.drawdowns(array(90, 95), 100.0).tolist() == pytest.approx([-0.1, -0.05])


def test_the_deepest_is_the_maximum_drawdown():
    assert dd.max_drawdown(array(0, -0.25, -0.1)) == -0.25
    assert dd.max_drawdown(array(0, 0)) == 0.0


def test_its_days_run_from_the_peak_to_the_recovery():
    assert fall_days(100, 120, 90, 100, 121, 130) == 3


def test_its_days_are_calendar_days():
    sessions = np.array(["2024-01-05", "2024-01-08", "2024-02-01"], dtype="datetime64[D]")
    assert fall_days(100, 50, 100, sessions=sessions) == 27


def test_its_days_run_to_the_end_without_a_recovery():
    assert fall_days(100, 120, 90, 100, 119) == 3


def test_its_days_begin_at_the_last_session_at_the_peak():
    assert fall_days(100, 100, 100, 50, 100) == 2


def test_its_days_are_those_of_the_deepest_not_of_the_longest():
    assert fall_days(100, 99, 98, 99, 100, 50, 100) == 2


def test_its_days_begin_with_the_period_where_first_costs_began_it():
    assert fall_days(99, 98, 101) == 2


def test_there_are_none_without_a_drawdown():
    assert fall_days(100, 101, 102) == 0.0
    assert fall_days(100) == 0.0


def test_a_first_value_that_rounding_left_below_the_capital_is_no_drawdown():
    below = math.nextafter(100.0, 0)
    assert fall_days(below, below, below, below) == 0


def test_a_recovery_is_one_although_rounding_left_it_below_the_peak():
    below = math.nextafter(100.0, 0)
    assert fall_days(below, 50, below, below, below, below) == 2


def test_the_calmar_ratio_is_growth_over_the_deepest_drawdown():
    assert dd.calmar_ratio(0.1, -0.2) == pytest.approx(0.5)
    assert dd.calmar_ratio(-0.1, -0.2) == pytest.approx(-0.5)


def test_without_a_drawdown_there_is_no_calmar_ratio():
    assert math.isnan(dd.calmar_ratio(0.1, 0.0))
    assert math.isnan(dd.calmar_ratio(0.1, -2e-16))


def test_without_growth_a_year_there_is_no_calmar_ratio():
    assert math.isnan(dd.calmar_ratio(math.nan, -0.2))


def test_the_ulcer_index_is_the_root_mean_square():
    assert dd.ulcer_index(array(0, -0.3, -0.4, 0)) == pytest.approx(0.25)
    assert dd.ulcer_index(array(0, 0)) == 0.0
