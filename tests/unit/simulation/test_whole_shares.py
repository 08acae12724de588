"""Whole shares solve the trades that are made: nothing is sold that stands at or below its target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.model.records import Costs
from backtester.simulation.costs import trade_costs
from backtester.simulation.rebalance import rebalance


def costs(**given: float) -> Costs:
    none = dict.fromkeys(Costs._fields, 0.0)
    return Costs(**(none | given))


def test_a_holding_below_its_target_is_not_sold_for_a_fee():
    units, fill = np.array([22.0, 40.0]), np.array([227.44, 122.06])
    cash = 10000 - 22 * 225.35 - 40 * 122.03 - 20
    equity = cash + float(units @ fill)
    bought = rebalance(units, equity, np.array([0.5, 0.5]), fill, costs(commission_fixed=10), whole_shares=True)
    assert bought is not None
    assert bought.tolist() == [22, 41]


def test_a_purchase_that_its_own_fee_prevents_is_not_made():
    units, fill = np.array([9.0]), np.array([100.0])  # 1000 in all: a tenth share leaves nothing for the fee
    bought = rebalance(units, 1000.0, np.array([1.0]), fill, costs(commission_fixed=5), whole_shares=True)
    assert bought is not None
    assert bought.tolist() == [9]


def test_a_fraction_that_dividends_have_added_stays_when_whole_shares_are_traded():
    units, fill = np.array([10.3, 4.0]), np.array([100.0, 100.0])
    bought = rebalance(units, 2000.0, np.array([0.5, 0.5]), fill, costs(), whole_shares=True)
    assert bought is not None
    assert bought.round(9).tolist() == [9.3, 10.0]


@pytest.mark.parametrize("price", [0.01, 0.0101, 0.0105, 0.011, 0.02, 0.5])
@pytest.mark.parametrize("per_share", [0.005, 0.01, 0.02])
def test_a_commission_that_rivals_the_price_leaves_less_than_a_share(price, per_share):
    bought = rebalance(
        np.zeros(1), 10000.0, np.ones(1), np.array([price]), costs(commission_per_share=per_share), whole_shares=True
    )
    assert bought is not None
    assert 0 <= 10000 - bought[0] * (price + per_share) < price + per_share


def test_two_penny_shares_with_a_commission_per_share_are_bought_by_their_weights():
    fill = np.array([0.0105, 0.0087])
    charged = costs(commission_per_share=0.01)
    bought = rebalance(np.zeros(2), 10000.0, np.array([0.3, 0.7]), fill, charged, whole_shares=True)
    assert bought is not None
    after = 10000 - float(bought.sum()) * 0.01
    assert np.abs(bought * fill - after * np.array([0.3, 0.7])).max() < 0.05


@pytest.mark.parametrize(
    ("units", "equity", "weights", "fill", "charged", "expected"),
    [
        (
            [1, 8], 155.58868772046725, [0.74847208, 0.25152792], [5.6471217, 16.6933217],
            {"commission_per_share": 1}, [17, 2],
        ),
        (
            [34, 6], 1103.9647295742652, [0.26146111, 0.73853889], [27.40875635, 28.05968279],
            {"commission_fixed": 5, "commission_per_share": 1}, [10, 27],
        ),
        ([19], 509.1614126720847, [1], [1.26921083], {"commission_fixed": 1, "commission_per_share": 1}, [232]),
        (
            [19, 39], 1914.6304066207751, [0.72290999, 0.27709001], [6.30092517, 46.02325145],
            {"commission_bps": 300, "slippage_bps": 50}, [209, 11],
        ),
    ],
)  # fmt: skip
def test_of_several_solutions_the_one_that_leaves_the_most(units, equity, weights, fill, charged, expected):
    units, weights, fill = np.array(units, dtype=float), np.array(weights, dtype=float), np.array(fill)
    bought = rebalance(units, equity, weights, fill, costs(**charged), whole_shares=True)
    assert bought is not None
    assert bought.tolist() == expected


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_units_are_those_of_the_equity_that_their_own_trades_leave(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    units = np.array(data.draw(st.lists(st.integers(0, 60), min_size=count, max_size=count)), dtype=float)
    fill = np.array(data.draw(st.lists(st.floats(1, 300), min_size=count, max_size=count)))
    raw = np.array(data.draw(st.lists(st.floats(0.01, 1), min_size=count, max_size=count)))
    weights = raw / raw.sum() * data.draw(st.sampled_from([1.0, 0.9]))
    charged = costs(
        commission_fixed=data.draw(st.sampled_from([0.0, 1.0, 10.0])),
        commission_bps=data.draw(st.sampled_from([0.0, 10.0])),
        commission_per_share=data.draw(st.sampled_from([0.0, 0.1])),
        slippage_bps=data.draw(st.sampled_from([0.0, 5.0])),
    )
    equity = float(units @ fill) + data.draw(st.floats(100, 5000))
    bought = rebalance(units, equity, weights, fill, charged, whole_shares=True)
    if bought is None:
        return
    spent = trade_costs(bought - units, fill, charged)
    after = equity - spent
    assert ((bought - units).round(9) % 1 == 0).all()
    assert float(bought @ fill) + spent <= equity * (1 + 1e-9)
    sold, target = bought < units - 1e-9, after * weights / fill
    assert not (sold & (units <= target * (1 + 1e-12))).any()
    assert (bought <= np.maximum(target * (1 + 1e-9), 0)).all()
