"""Against a benchmark, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.metrics import relative


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


BENCH = array(0.01, -0.01, 0.03, -0.03)
TWICE = 2 * BENCH + 0.001


def test_twice_the_benchmark_and_a_little_has_beta_two_and_the_little_as_alpha():
    assert relative.beta(TWICE, BENCH) == pytest.approx(2.0)
    assert relative.alpha(TWICE, BENCH, periods=252, risk_free=0.0) == pytest.approx(0.252)


def test_alpha_is_that_of_excess_returns():
    # r - f = a + 2 (b - f): a = 0.001 + 2f - f
    assert relative.alpha(TWICE, BENCH, periods=252, risk_free=0.0001) == pytest.approx(252 * 0.0011)


def test_a_benchmark_that_never_moved_has_no_beta_and_no_alpha():
    assert math.isnan(relative.beta(TWICE, np.full(4, 0.01)))
    assert math.isnan(relative.alpha(TWICE, np.zeros(4), periods=252, risk_free=0.0))


def test_one_return_has_nothing_relative():
    one = array(0.1)
    assert math.isnan(relative.beta(one, one))
    assert math.isnan(relative.tracking_error(one, one, periods=252))
    assert math.isnan(relative.information_ratio(one, one, periods=252))


def test_the_tracking_error_is_the_deviation_of_the_difference():
    # differences 0.01, -0.01: sd √0.0002
    assert relative.tracking_error(array(0.02, 0.0), array(0.01, 0.01), periods=252) == pytest.approx(
        math.sqrt(0.0002 * 252)
    )


def test_the_benchmark_itself_has_no_tracking_error_and_no_information_ratio():
    assert relative.tracking_error(BENCH, BENCH, periods=252) == 0.0
    assert math.isnan(relative.information_ratio(BENCH, BENCH, periods=252))


def test_a_constant_lead_has_no_information_ratio():
    assert math.isnan(relative.information_ratio(BENCH + 0.001, BENCH, periods=252))


def test_the_information_ratio_is_the_lead_over_its_deviation():
    active = array(0.03, 0.01)  # mean 0.02, sd √0.0002
    found = relative.information_ratio(active, array(0.0, 0.0), periods=4)
    assert found == pytest.approx(0.02 * 4 / (math.sqrt(0.0002) * 2))


def test_capture_compares_geometric_means_over_the_benchmark_s_months():
    mine, bench = array(0.21, -0.1, 0.0), array(0.1, -0.2, 0.1)
    assert relative.capture(mine, bench, up=True) == pytest.approx((1.21**0.5 - 1) / 0.1)
    assert relative.capture(mine, bench, up=False) == pytest.approx(0.5)


def test_without_such_a_month_there_is_no_capture():
    assert math.isnan(relative.capture(array(0.1), array(0.1), up=False))
    assert math.isnan(relative.capture(array(0.1), array(-0.1), up=True))


def test_a_flat_month_is_neither_up_nor_down():
    assert math.isnan(relative.capture(array(0.1), array(0.0), up=True))
    assert math.isnan(relative.capture(array(0.1), array(0.0), up=False))
