"""What was risked, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.metrics import risk


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


HAND = array(0.01, -0.02, 0.03, 0.02)  # mean 0.01; deviations 0, -3, 2, 1 %; Σ² 0.0014; sd √(0.0014 / 3)
SD = math.sqrt(0.0014 / 3)


class TestVolatility:
    def test_is_the_sample_deviation_scaled_by_the_root_of_the_periods(self):
        assert risk.annual_volatility(HAND, periods=252) == pytest.approx(SD * math.sqrt(252))

    def test_takes_two_returns(self):
        assert math.isnan(risk.annual_volatility(array(0.1), periods=252))
        assert risk.annual_volatility(array(0.0, 0.2), periods=1) == pytest.approx(math.sqrt(0.02))

    def test_of_what_never_moved_is_zero(self):
        assert risk.annual_volatility(array(0.0, 0.0), periods=252) == 0.0


class TestSharpe:
    def test_is_mean_over_deviation(self):
        assert risk.sharpe_ratio(HAND, periods=252, risk_free=0.0) == pytest.approx(0.01 / SD * math.sqrt(252))

    def test_is_over_the_risk_free_rate(self):
        assert risk.sharpe_ratio(HAND, periods=12, risk_free=0.004) == pytest.approx(0.006 / SD * math.sqrt(12))

    @pytest.mark.parametrize("returns", [array(0.1), array(0.0, 0.0), array(0.001, 0.001, 0.001), np.full(9, 0.1)])
    def test_of_a_constant_return_is_undefined_not_huge(self, returns):
        assert math.isnan(risk.sharpe_ratio(returns, periods=252, risk_free=0.0))

    def test_of_what_is_constant_but_for_rounding_is_undefined(self):
        values = 100 * 1.001 ** np.arange(1, 500)
        assert math.isnan(risk.sharpe_ratio(values[1:] / values[:-1] - 1, periods=252, risk_free=0.0))

    def test_the_daily_rate_compounds_to_the_annual_one(self):
        assert (1 + risk.periodic_rate(0.05, 252)) ** 252 == pytest.approx(1.05)
        assert risk.periodic_rate(0.0, 252) == 0.0
        assert risk.periodic_rate(0.1, 1) == pytest.approx(0.1)


class TestSortino:
    def test_is_mean_over_downside_of_all_sessions(self):
        # only -2 %: √(0.0004 / 4) = 0.01
        assert risk.sortino_ratio(HAND, periods=252, risk_free=0.0) == pytest.approx(math.sqrt(252))

    def test_measures_both_over_the_risk_free_rate(self):
        # excess 0, -3, 2, 1 %: mean 0
        assert risk.sortino_ratio(HAND, periods=252, risk_free=0.01) == pytest.approx(0.0, abs=1e-12)

    @pytest.mark.parametrize("returns", [array(0.1), array(0.0, 0.0), array(0.1, 0.2)])
    def test_without_a_loss_is_undefined(self, returns):
        assert math.isnan(risk.sortino_ratio(returns, periods=252, risk_free=0.0))


class TestTails:
    def test_a_quantile_lies_between_its_neighbours(self):
        assert risk.quantile(array(0.0, 1.0, 2.0), 0.25) == 0.5
        assert risk.quantile(array(0.0, 1.0, 2.0), 1.0) == 2.0
        assert risk.quantile(array(7.0), 0.05) == 7.0
        assert math.isnan(risk.quantile(array(), 0.05))

    def test_quantiles_are_numpy_s(self):
        values = np.sort(np.random.default_rng(0).normal(size=777))
        for share in (0.05, 0.95, 0.5, 0.0, 1.0):
            assert risk.quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-13)

    def test_value_at_risk_is_the_fifth_percentile(self):
        ordered = np.arange(-10, 11) / 100.0  # 21 values: rank 0.05 · 20 = 1
        assert risk.value_at_risk(ordered) == -0.09

    def test_the_mean_beyond_it_takes_in_the_percentile_itself(self):
        assert risk.conditional_value_at_risk(np.arange(-10, 11) / 100.0) == pytest.approx(-0.095)

    def test_the_mean_beyond_it_is_the_worst_of_few(self):
        assert risk.conditional_value_at_risk(array(-0.2, 0.0, 0.1)) == -0.2

    def test_ties_at_the_percentile_all_count(self):
        ordered = np.array([-0.3, *[-0.1] * 30, *[0.1] * 30])  # 61 values: rank 3 is one of thirty
        assert risk.conditional_value_at_risk(ordered) == pytest.approx((-0.3 - 0.1 * 30) / 31)

    @pytest.mark.parametrize("size", [60, 3000])
    def test_ties_that_differ_by_rounding_alone_all_count(self, size):
        nearly = -0.1 + np.random.default_rng(size).integers(-4, 5, size // 2) * 1e-17
        returns = np.concatenate([np.full(size // 60, -0.3), nearly, np.full(size - size // 60 - size // 2, 0.1)])
        alike = np.round(returns, 12)
        expected = risk.conditional_value_at_risk(np.sort(alike))
        assert risk.conditional_value_at_risk(risk.ascending(returns)) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("size", [21, 41, 61, 81, 101, 121, 1001, 2001])
    def test_a_percentile_that_is_a_return_is_in_its_own_tail(self, size):
        ordered = np.sort(np.random.default_rng(size).normal(size=size))
        assert risk.conditional_value_at_risk(ordered) == pytest.approx(float(ordered[: (size - 1) // 20 + 1].mean()))

    def test_of_a_constant_both_are_the_constant(self):
        assert risk.value_at_risk(array(0.0, 0.0)) == risk.conditional_value_at_risk(array(0.0, 0.0)) == 0.0

    def test_of_one_return_all_are_undefined(self):
        one = array(-0.1)
        assert all(
            map(math.isnan, (risk.value_at_risk(one), risk.conditional_value_at_risk(one), risk.tail_ratio(one)))
        )

    def test_the_tail_ratio_compares_the_best_with_the_worst_days(self):
        assert risk.tail_ratio(np.sort(np.append(np.arange(-10, 10) / 100.0, 0.5))) == pytest.approx(0.09 / 0.09)

    def test_without_a_lower_tail_is_undefined(self):
        assert math.isnan(risk.tail_ratio(array(*[0.0] * 50, 0.1)))


class TestShape:
    def test_of_a_symmetric_sample_is_not_skewed(self):
        assert risk.skew(array(-0.1, 0.0, 0.1)) == pytest.approx(0.0, abs=1e-12)

    def test_skew_is_bias_corrected(self):
        # 0, 0, 3: m2 = 2, m3 = 2; √6 / 1 · 2 / 2^1.5 = √3
        assert risk.skew(array(0.0, 0.0, 3.0)) == pytest.approx(math.sqrt(3))

    def test_kurtosis_is_excess_and_bias_corrected(self):
        # 0, 0, 0, 4: m2 = 3, m4 = 21; 3 / (2 · 1) · (5 · 21 / 9 - 9) = 4
        assert risk.kurtosis(array(0.0, 0.0, 0.0, 4.0)) == pytest.approx(4.0)

    def test_both_are_those_of_pandas(self):
        import pandas

        values = np.random.default_rng(2).standard_t(3, 500) / 100
        assert risk.skew(values) == pytest.approx(pandas.Series(values).skew(), rel=1e-10)
        assert risk.kurtosis(values) == pytest.approx(pandas.Series(values).kurt(), rel=1e-10)

    def test_of_too_few_or_of_a_constant_is_undefined(self):
        assert math.isnan(risk.skew(array(0.1, 0.2)))
        assert math.isnan(risk.kurtosis(array(0.1, 0.2, 0.3)))
        assert math.isnan(risk.skew(np.full(10, 0.1)))
        assert math.isnan(risk.kurtosis(np.full(10, 0.1)))
