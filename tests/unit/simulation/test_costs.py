"""What a trade costs, and what a rebalance leaves."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from backtester.model.records import Costs
from backtester.simulation.costs import (
    commissions,
    fill_prices,
    is_proportional,
    proportional_rates,
    remaining_fraction,
    trade_costs,
)


def costs(**given: float) -> Costs:
    names = (
        "commission_bps",
        "commission_fixed",
        "commission_per_share",
        "commission_minimum",
        "slippage_bps",
    )
    return Costs(**(dict.fromkeys(names, 0.0) | given))


def left(targets, held, *, buy, sell) -> float:
    return float(remaining_fraction(np.array([targets]), np.array([held]), buy=buy, sell=sell)[0])


class TestCommissions:
    def test_in_basis_points_is_a_share_of_the_value_filled(self):
        assert commissions(np.array([10.0]), np.array([50.0]), costs(commission_bps=20))[0] == pytest.approx(1.0)

    def test_is_the_same_for_a_sale(self):
        assert commissions(np.array([-10.0]), np.array([50.0]), costs(commission_bps=20))[0] == pytest.approx(1.0)

    def test_adds_its_parts(self):
        given = costs(commission_bps=20, commission_fixed=3, commission_per_share=0.1)
        assert commissions(np.array([10.0]), np.array([50.0]), given)[0] == pytest.approx(5.0)

    def test_comes_to_the_minimum_at_least(self):
        given = costs(commission_bps=20, commission_minimum=4)
        assert commissions(np.array([10.0, 100.0]), np.array([50.0, 50.0]), given).tolist() == pytest.approx(
            [4.0, 10.0]
        )

    def test_is_nothing_where_nothing_is_traded(self):
        given = costs(commission_fixed=3, commission_minimum=4)
        assert commissions(np.array([0.0]), np.array([50.0]), given).tolist() == [0.0]


class TestSlippage:
    def test_raises_what_is_bought_and_lowers_what_is_sold(self):
        filled = fill_prices(np.array([1.0, -1.0, 0.0]), np.array([100.0, 100.0, 100.0]), costs(slippage_bps=50))
        assert filled.tolist() == pytest.approx([100.5, 99.5, 100.0])

    def test_is_counted_with_the_commission_on_the_fill(self):
        given = costs(slippage_bps=100, commission_bps=100)
        assert trade_costs(np.array([10.0]), np.array([100.0]), given) == pytest.approx(10 + 10.1)
        assert trade_costs(np.array([-10.0]), np.array([100.0]), given) == pytest.approx(10 + 9.9)

    def test_and_commission_compound_in_the_rates(self):
        buy, sell = proportional_rates(costs(slippage_bps=100, commission_bps=100))
        assert (buy, sell) == pytest.approx((0.0201, 1 - 0.99 * 0.99))


class TestProportionalCosts:
    @pytest.mark.parametrize("name", ["commission_fixed", "commission_per_share", "commission_minimum"])
    def test_are_not_those_of_a_trade_or_a_share(self, name):
        assert not is_proportional(costs(**{name: 0.01}))

    def test_are_those_of_value(self):
        assert is_proportional(costs(commission_bps=1, slippage_bps=2))


class TestWhatARebalanceLeaves:
    def test_is_all_of_it_without_costs(self):
        assert left([1.0, 0.0], [0.0, 1.0], buy=0.0, sell=0.0) == 1.0

    def test_of_a_first_purchase_is_exactly_one_over_one_plus_the_rate(self):
        assert left([0.5, 0.5], [0.0, 0.0], buy=0.001, sell=0.001) == pytest.approx(
            float(1 / (1 + Fraction(1, 1000))), rel=1e-15
        )

    def test_of_a_sale_into_cash_is_one_less_the_rate(self):
        assert left([0.0], [1.0], buy=0.001, sell=0.001) == pytest.approx(0.999, rel=1e-15)

    def test_of_a_whole_switch_pays_both_ways(self):
        # all of A sold leaves 0.99; bought into B with 2 %: 0.99 / 1.02
        assert left([0.0, 1.0], [1.0, 0.0], buy=0.02, sell=0.01) == pytest.approx(0.99 / 1.02, rel=1e-15)

    def test_is_all_of_it_where_the_targets_are_held(self):
        assert left([0.4, 0.6], [0.4, 0.6], buy=0.01, sell=0.01) == pytest.approx(1.0, rel=1e-15)

    def test_solves_its_equation_for_any_weights(self):
        random = np.random.default_rng(1)
        for _ in range(200):
            targets, held = random.dirichlet(np.ones(5))[:4], random.dirichlet(np.ones(5))[:4]
            buy, sell = random.uniform(0, 0.2, 2)
            x = left(targets, held, buy=buy, sell=sell)
            gap = x * targets - held
            paid = buy * gap[gap > 0].sum() - sell * gap[gap < 0].sum()
            assert x + paid == pytest.approx(1.0, abs=1e-14)
            assert 0 < x <= 1

    def test_is_found_at_the_highest_rates_that_a_request_may_ask_for(self):
        buy, sell = proportional_rates(costs(commission_bps=1000, slippage_bps=1000))
        assert left([0.0, 1.0], [1.0, 0.0], buy=buy, sell=sell) == pytest.approx(0.81 / 1.21, rel=1e-15)
