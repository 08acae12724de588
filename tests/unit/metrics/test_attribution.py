"""Where the profit and the risk come from, by hand, and against a loop that goes through every session."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from backtester.metrics import trading
from backtester.metrics.attribution import attribution, correlation, costs, profit, risk
from backtester.metrics.money_weighted import total_profit
from backtester.metrics.risk import annual_volatility
from backtester.model.record import replace
from tests.unit.metrics.ledger_builder import INITIAL, LedgerBuilder, busy_ledger, column, returns_of

SHAPES = [pytest.param(4, 4, id="all held"), pytest.param(40, 3, id="few of many held")]


def names(count: int) -> tuple[str, ...]:
    return tuple(f"S{n}" for n in range(count))


def session_profits(builder: LedgerBuilder) -> np.ndarray:
    """Return the profit (P, N) of every holding on every session, from one value to the next."""
    profits = np.zeros(builder.price.shape)
    units = np.zeros(builder.count)
    for row in range(builder.size):
        value = units * builder.price[row - 1] if row else np.zeros(builder.count)
        if row and builder.dividend is not None:
            profits[row] += units * builder.dividend[row] * builder.price[row - 1]
        for at, _, trades, _ in builder.events:
            for n, (amount, fill, commission) in trades.items() if at == row else ():
                units[n] += amount
                profits[row, n] -= amount * fill + commission
        profits[row] += units * builder.price[row] - value
    return profits


class TestProfit:
    def test_is_what_came_out_less_what_went_in(self):
        # A: 10 bought at 10 with 2 commission, 4 sold at 13 with 1, 6 worth 14: 84 + 52 - 100 - 3 = 33
        builder = (
            LedgerBuilder([[10, 5], [13, 5], [14, 4]]).trade(0, {0: (10, 10, 2), 1: (20, 5)}).trade(1, {0: (-4, 13, 1)})
        )
        assert profit(builder.ledger(), ("A", "B")) == {
            "symbols": {"A": pytest.approx(33), "B": pytest.approx(-20)}, "interest": 0.0, "total": pytest.approx(13),
        }  # fmt: skip

    def test_counts_dividends_and_the_interest_on_cash(self):
        # 50 units of 10: 500 in cash earn 5; then 1 % of 10 on each unit
        builder = LedgerBuilder([[10], [10]], rate=0.01, dividend=[[0], [0.01]]).trade(0, {0: (50, 10)})
        assert profit(builder.ledger(), ("A",)) == {"symbols": {"A": 5.0}, "interest": 5.0, "total": 10.0}

    def test_of_what_was_never_held_is_zero(self):
        builder = LedgerBuilder([[10, 5], [11, 6]]).trade(0, {0: (1, 10)})
        assert profit(builder.ledger(), ("A", "B"))["symbols"]["B"] == 0.0

    def test_without_any_trade_is_the_interest(self):
        ledger = LedgerBuilder([[10], [11]], rate=0.01).trade(0, {}).ledger()
        assert profit(ledger, ("A",)) == {"symbols": {"A": 0.0}, "interest": 10.0, "total": 10.0}

    @pytest.mark.parametrize(("holdings", "held"), SHAPES)
    def test_adds_up_to_what_the_equity_gained_beside_the_flows(self, holdings, held):
        ledger = busy_ledger(holdings=holdings, held=held).ledger()
        found = profit(ledger, names(holdings))
        assert ledger.flows is not None
        assert found["total"] == pytest.approx(total_profit(ledger, INITIAL), abs=1e-9)
        assert sum(found["symbols"].values()) + found["interest"] == pytest.approx(found["total"], abs=1e-12)

    def test_is_the_sum_of_every_sessions(self):
        builder = busy_ledger(holdings=4, held=2)
        found = profit(builder.ledger(), names(4))["symbols"]
        assert [*found.values()] == pytest.approx(session_profits(builder).sum(axis=0).tolist())


class TestRisk:
    def measured(self, builder: LedgerBuilder, **parts) -> dict:
        ledger = builder.ledger()
        given = {
            "initial": builder.initial,
            "periods": 252,
            "returns": returns_of(ledger),
            "dividend": builder.dividend,
        }
        return risk(ledger, names(builder.count), **given | parts)

    def test_of_two_equal_halves_is_a_half_each(self):
        builder = LedgerBuilder([[10, 20], [11, 22], [9, 18], [12, 24]]).trade(0, {0: (50, 10), 1: (25, 20)})
        found = self.measured(builder)
        assert found["symbols"]["S0"] == pytest.approx(found["total"] / 2)
        assert found["symbols"]["S1"] == pytest.approx(found["total"] / 2)
        assert found["other"] == pytest.approx(0, abs=1e-15)

    def test_by_hand(self):
        # 100 in A, 100 in B of 200: A +10, -11; B 0, +11: returns 0, 0.05, 0
        # c_A = 0, 0.05, -11/210; c_B = 0, 0, 11/210
        builder = LedgerBuilder([[10, 10], [11, 10], [9.9, 11.1]], initial=200).trade(0, {0: (10, 10), 1: (10, 10)})
        found = self.measured(builder, returns=returns_of(builder.ledger(), 200), periods=4)
        deviation = (0.05**2 / 3) ** 0.5  # √(Σ(r - r̄)² / 2) with r̄ = 0.05 / 3
        mean = 0.05 / 3
        c_a = (0.05 * (0.05 - mean) + -11 / 210 * -mean) / 2
        assert found["total"] == pytest.approx(2 * deviation)
        assert found["symbols"]["S0"] == pytest.approx(c_a / deviation * 2)
        assert found["symbols"]["S1"] == pytest.approx(11 / 210 * -mean / 2 / deviation * 2)

    def test_of_a_hedge_is_below_zero(self):
        builder = LedgerBuilder([[10, 10], [12, 9.5], [9, 10.5], [12, 9.4]]).trade(0, {0: (60, 10), 1: (40, 10)})
        found = self.measured(builder)
        assert found["symbols"]["S1"] < 0 < found["symbols"]["S0"]

    @pytest.mark.parametrize(("holdings", "held"), SHAPES)
    def test_is_the_covariance_with_what_each_holding_earned(self, holdings, held):
        builder = busy_ledger(holdings=holdings, held=held)
        ledger = builder.ledger()
        returns = returns_of(ledger)
        before = np.concatenate([[INITIAL], ledger.equity[:-1]])
        earned = session_profits(builder) / before[:, None]
        assert earned.sum(axis=1) + ledger.interest / before == pytest.approx(returns)
        wanted = [np.cov(each, returns)[0, 1] / returns.std(ddof=1) * 252**0.5 for each in earned.T]
        found = self.measured(builder)
        assert [*found["symbols"].values()] == pytest.approx(wanted, abs=1e-12)
        rest = np.cov(ledger.interest / before, returns)[0, 1] / returns.std(ddof=1) * 252**0.5
        assert found["other"] == pytest.approx(rest, abs=1e-12)

    @pytest.mark.parametrize(("holdings", "held"), SHAPES)
    def test_adds_up_to_the_volatility(self, holdings, held):
        builder = busy_ledger(holdings=holdings, held=held)
        found = self.measured(builder)
        assert sum(found["symbols"].values()) + found["other"] == pytest.approx(found["total"], abs=1e-15)
        assert found["total"] == annual_volatility(returns_of(builder.ledger()), periods=252)

    def test_the_block_size_does_not_matter(self, monkeypatch):
        builder = busy_ledger(holdings=40, held=3)
        whole = self.measured(builder)
        monkeypatch.setattr("backtester.metrics.positions._BLOCK", 7)
        assert self.measured(builder)["symbols"] == pytest.approx(whole["symbols"], abs=1e-14)

    def test_of_what_is_filled_at_the_open_is_from_there_to_the_close(self):
        builder = LedgerBuilder([[10], [11], [12]]).trade(0, {0: (50, 8)}).trade(1, {0: (-50, 10.5)})
        returns = returns_of(builder.ledger())
        assert returns == pytest.approx([100 / 1000, 25 / 1100, 0])
        assert self.measured(builder)["symbols"]["S0"] == pytest.approx(returns.std(ddof=1) * 252**0.5)

    def test_is_not_defined_where_nothing_moved(self):
        found = self.measured(LedgerBuilder([[10, 5]] * 5).trade(0, {0: (1, 10)}))
        assert found["total"] == 0.0
        assert all(math.isnan(value) for value in [*found["symbols"].values(), found["other"]])

    def test_is_not_defined_for_one_session(self):
        found = self.measured(LedgerBuilder([[10, 5]]).trade(0, {0: (1, 10)}))
        assert all(math.isnan(value) for value in [*found["symbols"].values(), found["other"], found["total"]])

    def test_of_cash_alone_is_other(self):
        builder = LedgerBuilder([[10]] * 3, rate=0.01).trade(0, {})
        found = self.measured(builder, returns=returns_of(builder.ledger()))
        assert found["symbols"] == {"S0": 0.0}
        assert found["other"] == pytest.approx(found["total"])


class TestCorrelation:
    def matrix(self, *columns) -> list[list[float]]:
        return correlation(np.array(columns, dtype=float).T, names(len(columns)))["matrix"]

    def test_of_what_moves_together_or_apart(self):
        found = self.matrix([10, 11, 11], [5, 5.5, 5.5], [20, 18, 18])
        assert np.array(found) == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]))
        assert [found[n][n] for n in range(3)] == [1.0, 1.0, 1.0]

    def test_is_that_of_pandas(self):
        close = busy_ledger(holdings=5, held=1).price
        found = correlation(close, names(5))
        assert found["symbols"] == list(names(5))
        assert np.array(found["matrix"]) == pytest.approx(pd.DataFrame(close).pct_change().corr().to_numpy())

    def test_of_histories_that_begin_later_is_that_of_pandas_too(self):
        close = busy_ledger(holdings=5, held=1).price.copy()
        close[:30, 1] = close[:70, 3] = np.nan
        wanted = pd.DataFrame(close).pct_change(fill_method=None).corr().to_numpy()
        assert np.array(correlation(close, names(5))["matrix"]) == pytest.approx(wanted)

    def test_leaves_the_prices_alone(self):
        close = busy_ledger(holdings=3, held=1).price.copy()
        close[:30, 1] = np.nan
        before = close.copy()
        correlation(close, names(3))
        assert np.array_equal(close, before, equal_nan=True)

    def test_is_not_defined_for_what_never_moved(self):
        found = self.matrix([10, 11, 9, 12], [5, 5, 5, 5])
        assert found[0][0] == 1.0
        assert all(math.isnan(found[a][b]) for a, b in ((0, 1), (1, 0), (1, 1)))

    def test_is_not_defined_for_what_did_not_move_while_both_had_prices(self):
        found = self.matrix([10, 11, 9, 9, 9, 9], [None, None, 5, 6, 7, 5])
        assert (found[0][0], found[1][1]) == (1.0, 1.0)
        assert math.isnan(found[0][1])

    def test_is_not_defined_for_fewer_than_two_common_sessions(self):
        found = self.matrix([10, 11, 9, 12], [None, None, 5, 6])
        assert found[0][0] == 1.0
        assert all(math.isnan(found[a][b]) for a, b in ((0, 1), (1, 0), (1, 1)))
        assert math.isnan(self.matrix([10])[0][0])
        assert math.isnan(self.matrix([10, 11])[0][0])

    def test_is_left_out_for_more_than_fifty_holdings(self):
        close = np.ones((3, 51))
        assert correlation(close, names(51)) is None
        assert correlation(close[:, :50], names(50)) is not None


def test_costs_are_the_total_costs():
    ledger = replace(busy_ledger(holdings=4, held=2).ledger(), expense_paid=column(1, 2, 3, 4))
    found = costs(ledger)
    assert found["expense_ratio"] == 10
    assert found["total"] == pytest.approx(trading.total_costs(ledger))
    assert found["commission"] + found["slippage"] + 10 == pytest.approx(found["total"])


def test_the_block_has_its_parts_in_order():
    builder = busy_ledger(holdings=4, held=2)
    ledger = builder.ledger()
    found = attribution(
        ledger, builder.price, symbols=names(4), initial=INITIAL, periods=252, returns=returns_of(ledger),
        dividend=builder.dividend,
    )  # fmt: skip
    assert list(found) == ["profit", "risk", "correlation", "costs"]
