"""From targets to a ledger, on tables small enough to add up."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from backtester.model.calendar import measure_calendar
from backtester.model.held import in_places
from backtester.model.records import BacktestSpec, Costs, Ledger, PriceTable, Rebalancing, TargetWeights
from backtester.simulation.simulate import position_values, simulate

COSTS = (
    "commission_bps",
    "commission_fixed",
    "commission_per_share",
    "commission_minimum",
    "slippage_bps",
)


def run(
    close,
    weights,
    *,
    rows=(0,),
    opens=None,
    first=0,
    capital=1000.0,
    costs=None,
    whole=False,
    cash=0.0,
    rate=0.0,
    timing="next_close",
    dates=None,
    ratios=None,
    dividends=None,
) -> Ledger:
    close = np.array(close, dtype=np.float64)
    symbols = tuple("ABCDEFGH"[: close.shape[1]])
    sessions = (
        np.datetime64("2024-01-01") + np.arange(len(close)) if dates is None else np.array(dates, dtype="datetime64[D]")
    )
    table = PriceTable(
        sessions=sessions,
        symbols=symbols,
        close=close,
        open=None if opens is None else np.array(opens, dtype=np.float64),
        first=first,
        benchmark_close=None,
        benchmark_open=None,
        provenance={},
        limited_by=None,
        calendar=measure_calendar(sessions, end_date=sessions[-1]),
        dividend=None if dividends is None else np.array(dividends, dtype=np.float64),
        partial_history=bool(np.isnan(close).any()),
    )
    execution = np.array(rows, dtype=np.intp)
    targets = TargetWeights(decision=execution, execution=execution, weights=np.array(weights, dtype=np.float64))
    spec = BacktestSpec(
        request={},
        strategy="buy_hold",
        parameters={},
        symbols=symbols,
        allocations=(1 / len(symbols),) * len(symbols),
        cash_allocation=cash,
        cash_annual_rate=rate,
        start_date=datetime.date(2024, 1, 1),
        end_date=datetime.date(2024, 12, 31),
        initial_capital=capital,
        benchmark=None,
        risk_free_rate=0.0,
        timing=timing,
        whole_shares=whole,
        costs=Costs(**(dict.fromkeys(COSTS, 0.0) | {k: v for k, v in (costs or {}).items() if k in COSTS})),
        expense_ratios=ratios or ((costs or {}).get("expense_ratio", 0.0),) * len(symbols),
        dividends_to_cash=dividends is not None,
        rebalancing=Rebalancing(),
        cash_flows=(),
        signals=(),
        source="inline",
        max_gap_sessions=5,
        partial_history=False,
        refresh=False,
    )
    return simulate(table, targets, spec)


class TestUnits:
    def test_are_bought_at_the_first_close_and_drift_with_the_price(self):
        ledger = run([[10, 20], [11, 20], [12, 10]], [[0.5, 0.5]])
        assert ledger.units.tolist() == [[50.0, 25.0]]
        assert ledger.equity.tolist() == [1000.0, 1050.0, 850.0]
        assert ledger.cash.tolist() == [0.0, 0.0, 0.0]

    def test_are_restored_to_the_targets_at_a_rebalance(self):
        ledger = run([[10, 10], [30, 10], [30, 10]], [[0.5, 0.5], [0.5, 0.5]], rows=(0, 1))
        assert ledger.units.tolist() == [[50.0, 50.0], pytest.approx([100 / 3, 100.0])]
        assert ledger.equity.tolist() == pytest.approx([1000, 2000, 2000])

    def test_count_from_the_first_session_of_the_period(self):
        ledger = run([[1], [10], [20]], [[1.0]], rows=(1,), first=1)
        assert ledger.equity.tolist() == [1000.0, 2000.0]
        assert ledger.execution.tolist() == [0]

    def test_filled_at_the_open_gain_from_the_open_to_the_close(self):
        ledger = run([[10], [12]], [[1.0]], opens=[[8], [11]], timing="next_open")
        assert ledger.trade_price.tolist() == [8.0]
        assert ledger.equity.tolist() == [1250.0, 1500.0]


class TestTrades:
    def test_are_listed_by_rebalance_and_then_by_holding(self):
        ledger = run([[10, 10], [30, 10]], [[0.5, 0.5], [0.5, 0.5]], rows=(0, 1))
        assert ledger.trade_event.tolist() == [0, 0, 1, 1]
        assert ledger.trade_holding.tolist() == [0, 1, 0, 1]
        assert ledger.trade_units.tolist() == pytest.approx([50, 50, -50 / 3, 50])
        assert ledger.equity_before.tolist() == [1000.0, 2000.0]

    def test_are_none_where_the_targets_are_held_already(self):
        ledger = run([[10, 10], [20, 20]], [[0.3, 0.7], [0.3, 0.7]], rows=(0, 1), costs={"commission_fixed": 1.0})
        assert ledger.trade_event.tolist() == [0, 0]

    def test_of_a_holding_without_weight_are_none(self):
        ledger = run([[10, 10], [20, 20]], [[1.0, 0.0], [1.0, 0.0]], rows=(0, 1))
        assert ledger.trade_holding.tolist() == [0]


class TestCash:
    def test_is_what_the_targets_leave_and_earns_interest_by_the_day(self):
        ledger = run([[10]] * 3, [[0.5]], rate=0.365, cash=0.5, dates=["2024-01-05", "2024-01-08", "2024-01-09"])
        cash = [500 * 1.365 ** (days / 365) for days in (0, 3, 4)]
        assert ledger.cash.tolist() == pytest.approx(cash)
        assert ledger.equity.tolist() == pytest.approx([500 + held for held in cash])

    def test_earns_interest_up_to_the_rebalance_that_spends_it(self):
        ledger = run([[10]] * 3, [[0.0], [1.0]], rows=(0, 1), rate=0.365)
        grown = 1000 * 1.365 ** (1 / 365)
        assert ledger.equity_before.tolist() == pytest.approx([1000.0, grown])
        assert ledger.equity.tolist() == pytest.approx([1000, grown, grown])

    def test_alone_is_held_where_nothing_is_wanted(self):
        ledger = run([[10], [20]], [[0.0]])
        assert (ledger.equity.tolist(), ledger.trade_units.size) == ([1000.0, 1000.0], 0)


class TestCosts:
    def test_in_basis_points_come_out_of_the_money_that_is_invested(self):
        ledger = run([[10], [10]], [[1.0]], capital=1001.0, costs={"commission_bps": 10})
        assert ledger.equity.tolist() == pytest.approx([1000, 1000])
        assert ledger.trade_commission.tolist() == pytest.approx([1.0])

    def test_fixed_are_paid_for_each_trade(self):
        ledger = run([[10, 20]], [[0.5, 0.5]], capital=1010.0, costs={"commission_fixed": 5})
        assert ledger.units.tolist() == [pytest.approx([50.0, 25.0])]
        assert ledger.cash.tolist() == pytest.approx([0.0], abs=1e-9)

    def test_per_share_solve_for_the_shares_that_can_be_paid(self):
        ledger = run([[10]], [[1.0]], capital=1010.0, costs={"commission_per_share": 0.1})
        assert ledger.units[0].tolist() == pytest.approx([100.0])

    def test_per_share_above_the_price_are_solved_too(self):
        ledger = run([[1]], [[1.0]], capital=1010.0, costs={"commission_per_share": 100})
        assert ledger.units[0].tolist() == pytest.approx([10.0])
        assert ledger.cash.min() >= 0

    def test_slippage_is_inside_the_fill_price_and_beside_it(self):
        ledger = run([[100]], [[1.0]], capital=1010.0, costs={"slippage_bps": 100})
        assert ledger.trade_price.tolist() == pytest.approx([101.0])
        assert ledger.trade_slippage.tolist() == pytest.approx([10.0])
        assert ledger.equity.tolist() == pytest.approx([1000.0])

    def test_expenses_lower_the_price_day_by_day(self):
        ledger = run(
            [[100], [100], [100]],
            [[1.0]],
            costs={"expense_ratio": 0.365},
            dates=["2024-01-05", "2024-01-08", "2024-01-09"],
        )
        assert ledger.equity.tolist() == pytest.approx([1000, 997, 997 * 0.999])
        assert ledger.expense_paid.sum() == pytest.approx(1000 - 997 * 0.999)

    def test_expenses_over_years_without_a_session_leave_something(self):
        ledger = run([[10], [10]], [[1.0]], costs={"expense_ratio": 0.5}, dates=["2000-01-03", "2003-01-03"])
        assert ledger.equity.min() > 0
        assert ledger.price.min() > 0

    def test_negative_interest_over_years_without_a_session_leaves_something(self):
        ledger = run([[10], [10]], [[0.0]], rate=-0.5, dates=["2000-01-03", "2003-01-03"])
        assert ledger.cash.min() >= 0


class TestCostsThatCannotBePaid:
    @pytest.mark.parametrize("costs", [{"commission_fixed": 10}, {"commission_minimum": 10}])
    def test_leave_the_first_purchase_undone_and_say_so(self, costs):
        ledger = run([[1], [1]], [[1.0]], capital=5.0, costs=costs)
        assert ledger.equity.tolist() == [5.0, 5.0]
        assert ledger.trade_units.size == 0
        assert [warning.code for warning in ledger.warnings] == ["REBALANCE_SKIPPED"]

    def test_leave_what_is_held_as_it_is_and_say_so(self):
        # 25 buys 1.5 A at 10 with a fee of 10; to switch would take two fees, 20, of 15
        ledger = run([[10, 10], [10, 10]], [[1, 0], [0, 1]], rows=(0, 1), capital=25.0, costs={"commission_fixed": 10})
        assert ledger.units.tolist() == [[pytest.approx(1.5), 0.0], [pytest.approx(1.5), 0.0]]
        assert ledger.equity.tolist() == pytest.approx([15.0, 15.0])
        assert [warning.code for warning in ledger.warnings] == ["REBALANCE_SKIPPED"]

    def test_are_paid_where_they_just_can_be(self):
        ledger = run([[10, 10], [10, 10]], [[1, 0], [0, 1]], rows=(0, 1), capital=31.0, costs={"commission_fixed": 10})
        assert ledger.units[1].tolist() == pytest.approx([0.0, 0.1])
        assert ledger.warnings == ()

    def test_of_a_sale_into_cash_are_paid_from_the_sale(self):
        ledger = run([[10], [10]], [[1.0], [0.0]], rows=(0, 1), capital=110.0, costs={"commission_fixed": 10})
        assert ledger.equity.tolist() == pytest.approx([100.0, 90.0])


class TestWholeShares:
    def test_leave_the_rest_in_cash(self):
        ledger = run([[30, 7]], [[0.5, 0.5]], whole=True)
        assert ledger.units.tolist() == [[16.0, 71.0]]
        assert ledger.cash.tolist() == [1000.0 - 480 - 497]

    def test_that_fit_exactly_are_all_bought(self):
        ledger = run([[0.1, 0.7]], [[0.3, 0.7]], whole=True)
        assert ledger.units.tolist() == [[3000.0, 1000.0]]

    def test_are_fewer_by_what_the_commission_takes(self):
        ledger = run([[100]], [[1.0]], whole=True, costs={"commission_fixed": 10})
        assert ledger.units.tolist() == [[9.0]]
        assert ledger.cash.tolist() == pytest.approx([90.0])

    def test_never_overdraw_the_cash(self):
        random = np.random.default_rng(3)
        for _ in range(50):
            close = np.exp(random.normal(3, 1, (1, 4))) * np.exp(np.cumsum(random.normal(0, 0.05, (30, 4)), axis=0))
            weights = random.dirichlet(np.ones(4), 30)
            costs = {
                "commission_fixed": random.uniform(0, 5),
                "commission_per_share": random.uniform(0, 0.1),
                "commission_minimum": random.uniform(0, 5),
                "slippage_bps": 10.0,
            }
            ledger = run(close, weights, rows=range(30), whole=True, capital=5000.0, costs=costs)
            assert ledger.cash.min() >= 0
            assert (ledger.units == np.floor(ledger.units)).all()


class TestThePositionsValue:
    @pytest.mark.parametrize("held", [1, 2, 7, 8])
    def test_is_the_same_however_few_are_held(self, held):
        random = np.random.default_rng(held)
        units = np.zeros((3, 8))
        for row in units:
            row[random.permutation(8)[:held]] = random.uniform(1, 2, held)
        close, segment = random.uniform(1, 2, (9, 8)), np.repeat([0, 1, 2], 3)
        expected = [sum(close[t, n] * units[segment[t], n] for n in range(8)) for t in range(9)]
        assert position_values(in_places(units), close, segment).tolist() == pytest.approx(expected, rel=1e-14)

    def test_of_nothing_is_nothing(self):
        assert position_values(in_places(np.zeros((1, 4))), np.ones((2, 4)), np.array([0, 0])).tolist() == [0.0, 0.0]


def test_a_tiny_trade_pays_its_commission_only_if_it_is_listed():
    """Cash and the list of trades agree, whatever rounding leaves of a trade."""
    random = np.random.default_rng(8)
    for _ in range(30):
        close = np.exp(np.cumsum(random.normal(0, 0.05, (20, 3)), axis=0)) * 10
        ledger = run(
            close, random.dirichlet(np.ones(3), 20), rows=range(20), capital=1e4, costs={"commission_fixed": 1.0}
        )
        spent = np.zeros(20)
        paid = ledger.trade_units * ledger.trade_price + ledger.trade_commission
        np.add.at(spent, ledger.trade_event, paid)
        assert (1e4 - np.cumsum(spent)).tolist() == pytest.approx(ledger.cash.tolist(), abs=1e-7)


def test_a_holding_that_need_not_be_traded_pays_no_commission():
    """Two fees of 100 leave 400 and 400; A gains 200. With 200 of A sold for one fee, B is on its target already."""
    ledger = run(
        [[1, 1], [1.5, 1]], [[0.5, 0.5], [0.5, 0.5]], rows=(0, 1), capital=1000.0, costs={"commission_fixed": 100}
    )
    assert ledger.equity_before[1] == pytest.approx(1000)
    paid = ledger.trade_commission[ledger.trade_event == 1].sum()
    assert ledger.equity[1] == pytest.approx(1000 - paid)  # what is gone is what the listed trades cost
