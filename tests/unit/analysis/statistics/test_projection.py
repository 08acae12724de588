"""Projections: the closed form of the withdrawal, and what the paths are made of."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.analysis.statistics.projection import (
    block_growth,
    normal_growth,
    project,
    withdrawal_rates,
    yearly_growth,
)

UP_FLAT_DOWN = np.array([[1.1, 1.0, 0.9]])


def months(size: int = 240) -> np.ndarray:
    return np.random.default_rng(2).normal(0.007, 0.04, size)


def end(growth: np.ndarray, withdrawal: float) -> float:
    """What is left of 1, by the years."""
    value = 1.0
    for year in growth:
        value = (value - withdrawal) * year
    return value


class TestWithdrawalRates:
    def test_the_papers_three_years(self):
        assert withdrawal_rates(UP_FLAT_DOWN, left=0) == pytest.approx([0.3548], abs=5e-5)

    @pytest.mark.parametrize("left", [0.0, 0.5, 1.0])
    def test_leave_what_is_to_be_left(self, left):
        growth = block_growth(months(), years=30, paths=200, block_months=12, seed=1)
        for path, rate in zip(growth, withdrawal_rates(growth, left=left), strict=True):
            assert end(path, rate) == pytest.approx(left, abs=1e-9)

    def test_the_order_of_the_years_matters(self):
        assert withdrawal_rates(UP_FLAT_DOWN[:, ::-1], left=0) < withdrawal_rates(UP_FLAT_DOWN, left=0)

    def test_without_growth_a_year_pays_its_share(self):
        assert withdrawal_rates(np.ones((1, 25)), left=0) == pytest.approx([0.04])
        assert withdrawal_rates(np.ones((1, 25)), left=1) == pytest.approx([0.0])

    def test_what_was_not_earned_would_have_to_be_paid_in(self):
        assert withdrawal_rates(np.full((1, 5), 0.9), left=1)[0] < 0

    def test_a_total_loss_before_the_last_year_pays_nothing(self):
        assert 0 <= withdrawal_rates(np.array([[1.1, 0.0, 1.2]]), left=0)[0] < 1e-8


class TestProject:
    def test_follows_one_path_year_by_year(self):
        found = project(UP_FLAT_DOWN, withdrawal=0.1, percentiles=np.array([50.0]))
        assert found.bands[0] == pytest.approx([0.9 * 1.1, 0.89, 0.79 * 0.9])
        assert found.success.tolist() == [1, 1, 1]

    def test_the_safe_rate_is_paid_to_the_last_year_and_a_higher_one_is_not(self):
        growth = yearly_growth(np.array([0.2, -0.1, 0.05]), years=20, paths=1, seed=3)
        rate = withdrawal_rates(growth, left=0)[0]
        assert project(growth, withdrawal=rate, percentiles=np.array([50.0])).success[-1] == 1
        found = project(growth, withdrawal=rate * 1.001, percentiles=np.array([50.0]))
        assert found.success.tolist() == [1] * 19 + [0]
        assert found.bands[0, -1] == 0

    def test_success_is_the_share_of_paths_whose_safe_rate_is_as_high(self):
        growth = block_growth(months(), years=30, paths=1000, block_months=12, seed=1)
        found = project(growth, withdrawal=0.05, percentiles=np.array([10.0, 50.0]))
        assert found.success[-1] == (withdrawal_rates(growth, left=0) >= 0.05).mean()
        assert 0.5 < found.success[-1] < 1
        assert (np.diff(found.success) <= 0).all()

    def test_percentiles_are_in_order_and_the_perpetual_rate_is_below_the_safe_one(self):
        growth = block_growth(months(), years=30, paths=500, block_months=12, seed=1)
        found = project(growth, withdrawal=0.04, percentiles=np.array([10.0, 25, 50, 75, 90]))
        assert found.bands.shape == (5, 30)
        assert (np.diff(found.bands, axis=0) >= 0).all()
        assert (np.diff(found.safe_rate) > 0).all()
        assert (found.perpetual_rate < found.safe_rate).all()

    def test_without_a_withdrawal_money_grows_with_the_years(self):
        growth = yearly_growth(np.array([0.2, -0.1]), years=3, paths=9, seed=3)
        found = project(growth, withdrawal=0.0, percentiles=np.array([50.0]))
        assert found.bands[0] == pytest.approx(np.median(growth.cumprod(axis=1), axis=0))

    def test_inflation_divides_the_growth_where_a_withdrawal_keeps_its_worth(self):
        """In money of the day the amount grows by inflation; what is left is the same purchasing power."""
        value = 1.0
        for year, growth in enumerate(UP_FLAT_DOWN[0]):
            value = (value - 0.2 * 1.03**year) * growth
        found = project(UP_FLAT_DOWN / 1.03, withdrawal=0.2, percentiles=np.array([50.0]))
        assert found.bands[0, -1] == pytest.approx(value / 1.03**3)


class TestBlocks:
    def test_of_a_history_that_counts_are_consecutive_and_wrap_around(self):
        counted = np.arange(1, 31) * 1e-3
        found = block_growth(counted, years=2, paths=500, block_months=24, seed=1)
        wrapped = 1 + np.concatenate([counted, counted])
        possible = np.array([wrapped[first : first + 24].reshape(2, 12).prod(axis=1) for first in range(30)])
        nearest = np.abs(found[:, None, :] - possible).max(axis=2)
        assert nearest.min(axis=1).max() < 1e-12
        assert len(set(nearest.argmin(axis=1).tolist())) == 30

    @pytest.mark.parametrize("block", [1, 5, 12, 100])
    def test_of_any_length_keep_the_mean(self, block):
        found = block_growth(months(), years=10, paths=4000, block_months=block, seed=1)
        assert np.log(found).mean() == pytest.approx(12 * np.log1p(months()).mean(), abs=0.005)

    def test_longer_blocks_than_the_history_repeat_it(self):
        found = block_growth(np.array([0.01, 0.02]), years=1, paths=3, block_months=60, seed=1)
        assert found == pytest.approx(1.01**6 * 1.02**6)


class TestOtherModels:
    def test_years_are_drawn_as_they_were(self):
        found = yearly_growth(np.array([0.1, -0.2]), years=10, paths=100, seed=1)
        assert set(found.ravel().tolist()) == {1.1, 0.8}
        assert (found == 1.1).mean() == pytest.approx(0.5, abs=0.08)

    def test_normal_years_have_the_mean_and_deviation_of_the_months(self):
        found, logs = np.log(normal_growth(months(), years=30, paths=4000, seed=1)), np.log1p(months())
        assert found.mean() == pytest.approx(12 * logs.mean(), abs=0.002)
        assert found.std() == pytest.approx(12**0.5 * logs.std(ddof=1), rel=0.01)

    def test_of_months_that_never_vary_are_all_the_same(self):
        assert normal_growth(np.full(24, 0.01), years=2, paths=3, seed=1) == pytest.approx(1.01**12)

    @pytest.mark.parametrize("draw", [normal_growth, yearly_growth])
    def test_the_same_seed_gives_the_same_paths(self, draw):
        once, again, other = (draw(months(), years=3, paths=9, seed=seed) for seed in (7, 7, 8))
        assert (once == again).all()
        assert (once != other).any()
