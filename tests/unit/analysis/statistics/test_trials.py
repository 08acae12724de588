"""Many return series at once: equal to what numpy finds of a matrix that is too large in earnest."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.analysis.statistics.trials import fingerprints, first_equal, mean_correlation, sharpe_ratios, unit_sum
from backtester.metrics import risk


@pytest.fixture
def returns() -> np.ndarray:
    """100 series of 500 returns, which have a common part."""
    random = np.random.default_rng(3)
    return 0.0003 + 0.01 * (random.standard_normal((500, 100)) + random.standard_normal((500, 1)))


class TestSharpeRatios:
    def test_are_those_of_each_series(self, returns):
        one_by_one = [risk.sharpe_ratio(column, periods=1, risk_free=0) for column in returns.T]
        assert sharpe_ratios(returns) == pytest.approx(one_by_one, rel=1e-12)

    def test_a_constant_series_and_one_with_a_gap_have_none(self, returns):
        returns[:, 1], returns[:, 2], returns[7, 3] = 0.001, 0.0, np.nan
        assert np.flatnonzero(np.isnan(sharpe_ratios(returns))).tolist() == [1, 2, 3]

    @pytest.mark.parametrize("size", [0, 1])
    def test_take_two_returns(self, size):
        assert np.isnan(sharpe_ratios(np.zeros((size, 2)))).all()


def repeated(marks: np.ndarray) -> dict[int, int]:
    """The series that are not the first of their kind, with the first; -1: failed."""
    return {at: first for at, first in enumerate(first_equal(marks).tolist()) if first != at}


class TestEqualSeries:
    def test_are_known_by_the_first(self, returns):
        returns[:, [5, 40, 99]] = returns[:, [2]]
        returns[:, 77] = returns[:, 63]
        assert repeated(fingerprints(returns)) == {5: 2, 40: 2, 99: 2, 77: 63}

    def test_rounding_does_not_make_a_difference(self, returns):
        returns[:, 9] = (1 + returns[:, 8]) * (1 + 1e-15) - 1
        assert repeated(fingerprints(returns)) == {9: 8}

    def test_one_trade_at_another_price_does(self, returns):
        returns[:, 9] = returns[:, 8]
        returns[250, 9] += 1e-8
        assert repeated(fingerprints(returns)) == {}

    def test_are_found_across_slices(self, returns):
        returns[:, 90] = returns[:, 10]
        marks = np.vstack([fingerprints(returns[:, :37]), fingerprints(returns[:, 37:])])
        assert repeated(marks) == {90: 10}

    def test_do_not_include_failed_ones(self, returns):
        returns[:, 4], returns[3, 7] = np.nan, np.nan
        assert repeated(fingerprints(returns)) == {4: -1, 7: -1}

    def test_may_be_all(self):
        assert first_equal(fingerprints(np.full((50, 30), 0.001))).tolist() == [0] * 30

    def test_may_be_none(self):
        assert first_equal(fingerprints(np.zeros((50, 0)))).tolist() == []


class TestMeanCorrelation:
    def test_is_the_mean_off_the_diagonal(self, returns):
        matrix = np.corrcoef(returns.T)
        expected = matrix[~np.eye(100, dtype=bool)].mean()
        assert mean_correlation(unit_sum(returns), 100) == pytest.approx(expected, rel=1e-12)

    def test_adds_up_over_slices(self, returns):
        total = unit_sum(returns[:, :30]) + unit_sum(returns[:, 30:])
        assert mean_correlation(total, 100) == pytest.approx(mean_correlation(unit_sum(returns), 100), rel=1e-12)

    def test_of_opposites_is_minus_one(self, returns):
        assert mean_correlation(unit_sum(np.stack([returns[:, 0], -returns[:, 0]], axis=1)), 2) == pytest.approx(-1)

    def test_of_one_series_is_not_defined(self, returns):
        assert math.isnan(mean_correlation(unit_sum(returns[:, :1]), 1))
