"""Probabilities of a Sharpe ratio: the papers' worked examples, the formulas by hand, and what has no answer."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from backtester.analysis.statistics.significance import (
    SharpeEstimate,
    deflated_hurdle,
    effective_trials,
    estimate,
    expected_maximum,
    min_backtest_years,
    min_track_record_sessions,
    normal_cdf,
    normal_quantile,
    probabilistic_sharpe_ratio,
    standard_error,
    unskilled_deviation,
)

HEDGE_FUND = SharpeEstimate(sharpe=0.036 / 0.079, size=24, skew=-2.448, kurtosis=10.164)  # monthly; paper of 2012
WINNER = SharpeEstimate(sharpe=2.5 / 250**0.5, size=1250, skew=-3, kurtosis=10)  # daily; paper of 2014
SPREAD = (0.5 / 250) ** 0.5  # of its trials


def normal(annual: float, *, periods: int) -> SharpeEstimate:
    return SharpeEstimate(sharpe=annual / periods**0.5, size=periods, skew=0, kurtosis=3)


class TestTheNormalDistribution:
    @pytest.mark.parametrize(
        ("x", "p"),
        [(0, 0.5), (1, 0.841344746068543), (-1, 0.158655253931457), (2, 0.977249868051821), (-8, 6.2209605742718e-16)],
    )
    def test_has_the_tabulated_values(self, x, p):
        assert normal_cdf(x) == pytest.approx(p, rel=1e-14)
        assert normal_quantile(p) == pytest.approx(x, abs=1e-14 / NormalDist().pdf(x) if x > 0 else 1e-14)

    @pytest.mark.parametrize("p", [1e-300, 1e-12, 0.025, 0.3, 0.5, 0.7, 0.95, 0.999])
    def test_the_quantile_is_the_inverse(self, p):
        assert normal_cdf(normal_quantile(p)) == pytest.approx(p, rel=1e-12)


class TestThePapers:
    def test_2012_a_record_of_24_months(self):
        assert probabilistic_sharpe_ratio(HEDGE_FUND) == pytest.approx(0.9127, abs=5e-5)

    @pytest.mark.parametrize(("trials", "hurdle", "probability"), [(100, 0.1132, 0.9004), (46, 0.1004, 0.9505)])
    def test_2014_the_best_of_many(self, trials, hurdle, probability):
        found = deflated_hurdle(SPREAD, trials)
        assert found == pytest.approx(hurdle, abs=5e-5)
        assert probabilistic_sharpe_ratio(WINNER, hurdle=found) == pytest.approx(probability, abs=5e-5)

    @pytest.mark.parametrize(("periods", "years"), [(250, 2.73), (52, 2.83), (12, 3.24)])
    def test_2012_years_to_tell_two_from_one(self, periods, years):
        sessions = min_track_record_sessions(normal(2, periods=periods), confidence=0.95, hurdle=1 / periods**0.5)
        assert sessions / periods == pytest.approx(years, abs=5e-3)

    def test_2012_longer_where_losses_are_larger_than_gains(self):
        found = SharpeEstimate(sharpe=2 / 12**0.5, size=12, skew=-0.72, kurtosis=5.78)
        sessions = min_track_record_sessions(found, confidence=0.95, hurdle=1 / 12**0.5)
        assert sessions / 12 == pytest.approx(4.99, abs=5e-3)

    def test_2014_five_years_bear_no_more_than_45_trials(self):
        assert min_backtest_years(1, 45) < 5 < min_backtest_years(1, 46)


class TestTheEstimate:
    def test_has_bias_corrected_moments_and_a_kurtosis_that_is_not_excess(self):
        found = estimate(np.array([0.01, -0.02, 0.03, 0.02, 0.0]))
        deviations = np.array([2, -28, 22, 12, -8])  # from the mean, 8; thousandths; Σ² 1480
        m2, m3, m4 = ((deviations**power).mean() for power in (2, 3, 4))
        assert found.size == 5
        assert found.sharpe == pytest.approx(8 / (1480 / 4) ** 0.5)
        assert found.skew == pytest.approx(20**0.5 / 3 * m3 / m2**1.5)
        assert found.kurtosis == pytest.approx(3 + 4 / (3 * 2) * (6 * m4 / m2**2 - 12))

    def test_the_standard_error_of_normal_returns_is_that_of_lo(self):
        found = SharpeEstimate(sharpe=0.1, size=101, skew=0, kurtosis=3)
        assert standard_error(found) == pytest.approx(((1 + 0.1**2 / 2) / 100) ** 0.5)

    def test_the_probability_at_the_track_record_length_is_the_confidence(self):
        sessions = min_track_record_sessions(WINNER, confidence=0.9)
        long_enough = SharpeEstimate(sharpe=WINNER.sharpe, size=sessions, skew=-3, kurtosis=10)
        assert probabilistic_sharpe_ratio(long_enough) == pytest.approx(0.9, rel=1e-12)


class TestTheExpectedMaximum:
    @pytest.mark.parametrize(("trials", "off"), [(2, 0.08), (5, 0.03), (10, 0.025), (100, 0.01), (1000, 0.005)])
    def test_is_near_that_of_unit_normals(self, trials, off):
        x = np.linspace(-10, 10, 20_001)
        below = np.array([normal_cdf(value) for value in x])
        exact = (x * trials * below ** (trials - 1) * np.exp(-x * x / 2)).sum() * 0.001 / math.sqrt(2 * math.pi)
        assert expected_maximum(trials) == pytest.approx(exact, rel=off)

    @pytest.mark.parametrize("trials", [0, 0.5, 1, 1.1, 1.28])
    def test_of_one_or_hardly_more_is_zero_never_less(self, trials):
        assert expected_maximum(trials) == 0

    def test_never_falls_with_more_trials(self):
        found = [expected_maximum(trials) for trials in np.linspace(1, 50, 500)]
        assert all(after >= before for before, after in itertools.pairwise(found))

    @pytest.mark.parametrize(("correlation", "expected"), [(0, 40), (1, 1), (0.25, 30.25), (float("nan"), 40)])
    def test_correlated_trials_are_worth_fewer(self, correlation, expected):
        assert effective_trials(40, correlation) == expected


class TestWithoutAnAnswer:
    @pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.2], [0.1, 0.2, 0.1], [0.01] * 50, [0.0] * 50])
    def test_too_few_or_constant_returns_have_no_probability(self, returns):
        found = estimate(np.array(returns, dtype=float))
        assert math.isnan(probabilistic_sharpe_ratio(found))
        assert math.isnan(standard_error(found))
        assert math.isnan(min_track_record_sessions(found, confidence=0.95))

    def test_a_variance_that_is_not_positive_has_none(self):
        assert math.isnan(probabilistic_sharpe_ratio(SharpeEstimate(sharpe=1, size=9, skew=3, kurtosis=2)))

    @pytest.mark.parametrize("sharpe", [0.0, -0.1])
    def test_no_record_is_long_enough_for_a_ratio_that_is_not_above_the_hurdle(self, sharpe):
        found = SharpeEstimate(sharpe=sharpe, size=99, skew=0, kurtosis=3)
        assert math.isnan(min_track_record_sessions(found, confidence=0.95))
        assert math.isnan(min_backtest_years(sharpe, 10))

    def test_a_ratio_that_is_hardly_above_has_no_huge_number(self):
        found = SharpeEstimate(sharpe=1e-200, size=99, skew=0, kurtosis=3)
        assert math.isnan(min_track_record_sessions(found, confidence=0.95))
        assert math.isnan(min_backtest_years(1e-200, 10))

    def test_known_by_their_number_alone_trials_are_spread_as_without_skill(self):
        """Then the hurdle is the Sharpe ratio of which the history is just the shortest backtest."""
        hurdle = deflated_hurdle(unskilled_deviation(1261), 45)
        assert min_backtest_years(hurdle * 252**0.5, 45) == pytest.approx(1260 / 252)
        assert math.isnan(unskilled_deviation(1))

    @pytest.mark.parametrize(("deviation", "trials"), [(0.1, 1), (0.0, 100), (float("nan"), 1)])
    def test_one_trial_or_identical_ones_have_nothing_to_deflate(self, deviation, trials):
        assert deflated_hurdle(deviation, trials) == 0
