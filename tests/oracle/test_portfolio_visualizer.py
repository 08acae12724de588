"""The conventions of Portfolio Visualizer: month-end total returns and nothing between them.

Its models see one price a month, trade at it, and look back in months. The model below does the same with pandas on
the month-ends of the bundled sample. We trade on daily prices, and are the same to rounding where the request says what
those conventions mean: `same_close`, look-backs in months, rebalancing at the ends of calendar periods, and a start at
a month-end. A start on the first trading day of the month leaves out the return from the month-end before to that day,
and nothing else.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import backtester
from backtester.prices import bundled

CAPITAL = 10_000.0
FIRST, LAST = "1999-12-31", "2019-12-31"  # month-ends, 240 months apart
STOCKS = ("AAPL", "BAC", "JNJ", "KO", "MSFT", "WMT", "XOM")
SHARES = {"AAPL": 0.1, "JNJ": 0.3, "KO": 0.2, "WMT": 0.15, "XOM": 0.25}
REFUGE, ABSOLUTE = "PG", "^GSPC"
FREQUENCIES = {"monthly": 1, "quarterly": 3, "annually": 12, "never": 0}


@functools.cache
def closes() -> pd.DataFrame:
    histories = bundled.load((*STOCKS, REFUGE, ABSOLUTE))
    return pd.DataFrame(
        {symbol: pd.Series(history.close, pd.DatetimeIndex(history.sessions)) for symbol, history in histories.items()}
    )


@functools.cache
def month_ends() -> pd.DataFrame:
    """All that the model ever sees: the last close of each month, by month."""
    return closes().groupby(closes().index.to_period("M")).last()


def balances(weights: pd.DataFrame, *, every: int = 1, first: str = FIRST, last: str = LAST) -> pd.Series:
    """The balance at every month-end: the weights of a month-end are bought there, every so many months of the year.

    0 buys the first weights alone. What is missing to 1 is cash, which earns nothing.
    """
    months = pd.period_range(first, last, freq="M")
    prices = month_ends().loc[months, list(weights.columns)]
    units, cash, found = None, CAPITAL, []
    for month in months:
        value = cash + (0.0 if units is None else float(units @ prices.loc[month]))
        found.append(value)
        if units is None or (every and month.month % every == 0):
            units = value * weights.loc[month] / prices.loc[month]
            cash = value * (1 - weights.loc[month].sum())
    return pd.Series(found, months)


def always(shares: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame([shares] * len(month_ends()), month_ends().index)


def best(scores: pd.DataFrame, count: int) -> pd.DataFrame:
    """Equal weights of the `count` highest scores of every month."""
    return (scores.rank(axis=1, ascending=False) <= count).astype(float) / count


def growth(months: int, symbols: tuple[str, ...] = STOCKS) -> pd.DataFrame:
    """Return over so many months, up to each month-end."""
    ends = month_ends()[list(symbols)]
    return ends / ends.shift(months) - 1


def run(strategy: str, shares: dict[str, float], start: str = FIRST, last: str = LAST, **parameters: Any) -> pd.Series:
    """Our value at every month-end."""
    result = backtester.run({
        "strategy": strategy, "parameters": parameters, "initial_capital": CAPITAL,
        "holdings": [{"symbol": symbol, "allocation": share} for symbol, share in shares.items()],
        "start_date": start, "end_date": last, "execution": {"timing": "same_close"},
        "cash": {"allocation": max(0.0, 1 - sum(shares.values()))},
        "data": {"source": "bundled"}, "output": {"precision": None, "include": ["series"]},
    })  # fmt: skip
    assert {warning["code"] for warning in result["warnings"]} <= {"UNADJUSTED_PRICES", "NO_HOLDING_CHOSEN"}
    daily = pd.Series(result["series"]["portfolio_value"], pd.DatetimeIndex(result["series"]["dates"]))
    return daily.groupby(daily.index.to_period("M")).last()


def evenly(*symbols: str) -> dict[str, float]:
    return dict.fromkeys(symbols, 1 / len(symbols))


def assert_same(ours: pd.Series, model: pd.Series) -> None:
    assert ours.index.equals(model.index)
    assert np.abs(ours / model - 1).max() < 1e-9
    assert ours.iloc[-1] != pytest.approx(CAPITAL, rel=0.1)  # something happened


class TestFromMonthEndToMonthEnd:
    @pytest.mark.parametrize("frequency", FREQUENCIES)
    def test_a_portfolio_of_fixed_weights_has_the_models_balance_at_every_month_end(self, frequency):
        ours = run("buy_hold", SHARES, rebalance_frequency=frequency)
        assert_same(ours, balances(always(SHARES), every=FREQUENCIES[frequency]))

    def test_so_has_one_with_cash(self):
        shares = {"JNJ": 0.4, "XOM": 0.3}
        assert_same(run("buy_hold", shares, rebalance_frequency="annually"), balances(always(shares), every=12))

    @pytest.mark.parametrize("months", [3, 12])
    @pytest.mark.parametrize("count", [1, 3])
    def test_momentum_on_month_ends(self, months, count):
        ours = run("momentum", evenly(*STOCKS), lookback_period=months, lookback_unit="months", top_n=count,
                   weighting="equal", rebalance_frequency="monthly")  # fmt: skip
        assert_same(ours, balances(best(growth(months), count)))

    def test_momentum_that_leaves_out_the_latest_month(self):
        ours = run("momentum", evenly(*STOCKS), lookback_period=12, skip_period=1, lookback_unit="months", top_n=2,
                   weighting="equal", rebalance_frequency="monthly")  # fmt: skip
        ends = month_ends()[list(STOCKS)]
        assert_same(ours, balances(best(ends.shift(1) / ends.shift(12) - 1, 2)))

    def test_momentum_decided_every_quarter(self):
        ours = run("momentum", evenly(*STOCKS), lookback_period=6, lookback_unit="months", top_n=2,
                   weighting="equal", rebalance_frequency="quarterly")  # fmt: skip
        assert_same(ours, balances(best(growth(6), 2), every=3))

    def test_momentum_over_several_look_backs(self):
        looks = [{"period": period, "weight": weight} for period, weight in ((1, 12), (3, 4), (6, 2), (12, 1))]
        ours = run("momentum", evenly(*STOCKS), lookbacks=looks, lookback_unit="months", top_n=2,
                   weighting="equal", rebalance_frequency="monthly")  # fmt: skip
        score = sum(weight * growth(period) for period, weight in ((1, 12), (3, 4), (6, 2), (12, 1)))
        assert_same(ours, balances(best(score / 19, 2)))

    def test_dual_momentum_against_nothing(self):
        ours = run("dual_momentum", evenly(*STOCKS, REFUGE), lookback_period=12, lookback_unit="months", top_n=1,
                   refuge_symbol=REFUGE, weighting="equal", rebalance_frequency="monthly")  # fmt: skip
        assert_same(ours, balances(self.dual(12, pd.Series(0.0, month_ends().index))))

    def test_dual_momentum_against_a_symbol_that_is_not_held(self):
        ours = run("dual_momentum", evenly("KO", "WMT", "JNJ", REFUGE), lookback_period=12, lookback_unit="months",
                   top_n=1, refuge_symbol=REFUGE, absolute_symbol=ABSOLUTE, weighting="equal",
                   rebalance_frequency="monthly")  # fmt: skip
        hurdle = growth(12, (ABSOLUTE,))[ABSOLUTE]
        model = self.dual(12, hurdle, ("KO", "WMT", "JNJ"))
        assert 0.03 < model.loc[FIRST[:7]:LAST[:7], REFUGE].mean() < 0.9  # both sides of the test occur
        assert_same(ours, balances(model))

    @staticmethod
    def dual(months: int, hurdle: pd.Series, symbols: tuple[str, ...] = STOCKS) -> pd.DataFrame:
        scores = growth(months, symbols)
        weights = best(scores, 1).where(scores.gt(hurdle, axis=0), 0.0)
        weights[REFUGE] = 1 - weights.sum(axis=1)
        return weights

    @pytest.mark.parametrize("months", [10, 3])
    def test_timing_by_the_average_of_the_last_month_ends(self, months):
        shares = evenly("AAPL", "JNJ", "XOM", "WMT")
        ends = month_ends()[list(shares)]
        # in February 2001 AAPL is at its average of three months to the digit, which is not above it
        above = (ends / ends.rolling(months).mean() - 1 > 1e-9).astype(float)
        ours = run("trend_following", shares, ma_period=months, ma_unit="months", rebalance_frequency="monthly")
        assert_same(ours, balances(above / 4))

    def test_timing_of_one_asset_by_another_and_into_a_third(self):
        ends = month_ends()
        good = ends[ABSOLUTE] > ends[ABSOLUTE].rolling(10).mean()
        model = pd.DataFrame({"AAPL": good.astype(float), REFUGE: 1 - good.astype(float)})
        ours = run("tactical_allocation", evenly("AAPL", REFUGE), indicator="moving_average", signal_symbol=ABSOLUTE,
                   risk_on_symbols=["AAPL"], risk_on_allocation=1, risk_off_allocation=0, ma_period=10,
                   ma_unit="months", rebalance_frequency="monthly")  # fmt: skip
        assert_same(ours, balances(model))

    def test_the_months_make_the_monthly_metrics(self):
        result = backtester.run({
            "strategy": "buy_hold", "parameters": {"rebalance_frequency": "annually"}, "initial_capital": CAPITAL,
            "holdings": [{"symbol": symbol, "allocation": share} for symbol, share in SHARES.items()],
            "start_date": FIRST, "end_date": LAST, "execution": {"timing": "same_close"},
            "data": {"source": "bundled"}, "output": {"precision": None},
        })  # fmt: skip
        model = balances(always(SHARES), every=12)
        returns = model.pct_change().dropna()
        metrics = result["metrics_monthly"]
        assert metrics["annual_volatility"] == pytest.approx(returns.std() * 12**0.5, rel=1e-9)
        assert metrics["sharpe_ratio"] == pytest.approx(returns.mean() / returns.std() * 12**0.5, rel=1e-9)
        assert metrics["var_95"] == pytest.approx(returns.quantile(0.05), rel=1e-9)
        assert result["tables"]["extremes"]["positive_months"] == pytest.approx((returns > 0).mean(), rel=1e-9)
        assert metrics["max_drawdown"] == pytest.approx((model / model.cummax() - 1).min(), rel=1e-9)


class TestFromTheFirstTradingDayOfTheMonth:
    """Portfolio Visualizer's January 2001 begins at the last close of 2000; a request's, at its first session's."""

    STARTS = ("2001-01-02", "2003-05-01", "2006-08-01", "2010-06-01")  # quiet days: no more than 0.3 % is left out

    @staticmethod
    def before(start: str) -> str:
        return str(closes().index[closes().index < start][-1].date())

    @pytest.mark.parametrize("frequency", ["monthly", "quarterly", "annually"])
    @pytest.mark.parametrize("start", STARTS)
    def test_fixed_weights_differ_by_the_first_days_return_and_nothing_else(self, start, frequency):
        before, every = self.before(start), FREQUENCIES[frequency]
        ours = run("buy_hold", SHARES, start, rebalance_frequency=frequency)
        model = balances(always(SHARES), every=every, first=before)
        weights, prices = pd.Series(SHARES), closes()[list(SHARES)]
        months = pd.period_range(start, LAST, freq="M")
        reset = next(month for month in months if month.month % every == 0)
        end = month_ends()[list(SHARES)].loc[reset]
        left_out = float(weights @ (end / prices.loc[before])) / float(weights @ (end / prices.loc[start]))
        assert ours.iloc[-1] * left_out == pytest.approx(model.iloc[-1], rel=1e-9)
        assert ours.iloc[-1] == pytest.approx(model.iloc[-1], rel=3e-3)

    @pytest.mark.parametrize("start", STARTS)
    def test_so_does_momentum_where_the_first_day_chooses_as_the_month_end_did(self, start):
        before = self.before(start)
        chosen = best(growth(12), 3)
        ours = run("momentum", evenly(*STOCKS), start, lookback_period=12, lookback_unit="months", top_n=3,
                   weighting="equal", rebalance_frequency="monthly")  # fmt: skip
        model = balances(chosen, first=before)
        weights, prices = chosen.loc[before[:7]], closes()[list(STOCKS)]
        end = month_ends()[list(STOCKS)].loc[start[:7]]
        left_out = float(weights @ (end / prices.loc[before])) / float(weights @ (end / prices.loc[start]))
        assert ours.iloc[-1] * left_out == pytest.approx(model.iloc[-1], rel=1e-9)
        assert ours.iloc[-1] == pytest.approx(model.iloc[-1], rel=3e-3)
