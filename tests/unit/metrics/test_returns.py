"""What was earned, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.metrics import returns as rt


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_the_first_return_is_against_the_initial_capital():
    assert rt.simple_returns(array(99.0, 108.9), 100.0).tolist() == pytest.approx([-0.01, 0.1])


def test_one_value_has_one_return():
    assert rt.simple_returns(array(99.0), 100.0).tolist() == pytest.approx([-0.01])


def test_the_total_return_is_the_end_over_the_initial_capital():
    assert rt.total_return(array(90.0, 121.0), 100.0) == pytest.approx(0.21)


def test_growth_of_21_percent_in_two_years_is_10_percent_a_year():
    assert rt.cagr(0.21, 730) == pytest.approx(1.21 ** (365.25 / 730) - 1)
    assert rt.cagr(1.21**2 - 1, 4 * 365 + 1) == pytest.approx(0.1, rel=1e-12)  # 1461 days are four years


@pytest.mark.parametrize(("length", "defined"), [(0, False), (364, False), (365, True), (366, True)])
def test_growth_a_year_takes_a_year(length, defined):
    assert math.isfinite(rt.cagr(0.1, length)) is defined


def test_losing_everything_is_minus_one_a_year():
    assert rt.cagr(-1.0, 1000) == -1.0


def test_the_best_and_the_worst_day():
    assert (rt.best(array(0.1, -0.2, 0.05)), rt.worst(array(0.1, -0.2, 0.05))) == (0.1, -0.2)
    assert (rt.best(array(-0.1)), rt.worst(array(0.1))) == (-0.1, 0.1)


def test_days_without_a_move_count_neither_as_won_nor_as_lost():
    assert rt.win_rate(array(0.0, 0.1, 0.2, -0.1, 0.0)) == pytest.approx(2 / 3)


def test_a_curve_that_never_moved_has_no_win_rate():
    assert math.isnan(rt.win_rate(array(0.0, 0.0)))


def test_a_curve_that_only_lost_has_a_win_rate_of_nothing():
    assert rt.win_rate(array(-0.1, -0.2)) == 0.0


def test_the_profit_factor_is_money_won_over_money_lost():
    # +10, -5, +15 from 100
    assert rt.profit_factor(array(110.0, 105.0, 120.0), 100.0) == pytest.approx(25 / 5)


def test_the_first_day_s_costs_are_a_loss_in_the_profit_factor():
    assert rt.profit_factor(array(99.0, 104.0), 100.0) == pytest.approx(5.0)


def test_without_a_loss_there_is_no_profit_factor_and_no_omega():
    assert math.isnan(rt.profit_factor(array(100.0, 110.0), 100.0))
    assert math.isnan(rt.omega_ratio(array(0.0, 0.1)))


def test_without_a_gain_both_are_zero():
    assert rt.profit_factor(array(90.0, 80.0), 100.0) == 0.0
    assert rt.omega_ratio(array(-0.1)) == 0.0


def test_omega_is_returns_won_over_returns_lost():
    assert rt.omega_ratio(array(0.1, -0.05, 0.2)) == pytest.approx(6.0)


def test_month_ends_are_the_last_sessions_of_months_and_the_last_of_all():
    sessions = days("2024-01-30", "2024-01-31", "2024-02-01", "2024-02-28", "2024-03-04")
    assert rt.month_end_rows(sessions).tolist() == [1, 3, 4]


def test_the_same_month_of_another_year_is_another_month():
    assert rt.month_end_rows(days("2023-01-31", "2024-01-31")).tolist() == [0, 1]


def test_a_single_session_is_its_month_s_end():
    assert rt.month_end_rows(days("2024-01-02")).tolist() == [0]
