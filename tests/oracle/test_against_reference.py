"""The engine against a second, plain implementation of the conventions, on the bundled sample."""

from __future__ import annotations

import datetime
import functools

import numpy as np
import pytest

import backtester
from backtester.prices import bundled
from tests.oracle.agreement import WITH_HELD_WEIGHTS, assert_results_agree
from tests.support import reference

STOCKS = [
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
]
WITH_OPENS = ["META", "AMZN", "NFLX", "NVDA", "GOOG"]
INDEX = "^GSPC"


@functools.cache
def bundled_prices(symbols: tuple[str, ...]) -> dict:
    """The sample's columns as plain lists, None where a symbol has no price."""
    histories = bundled.load(symbols)
    days = sorted({day for history in histories.values() for day in history.sessions.tolist()})
    prices: dict = {"dates": [day.isoformat() for day in days], "close": {}, "open": {}}
    for symbol, history in histories.items():
        known = history.sessions.tolist()
        for field in ("close", "open"):
            column = getattr(history, field)
            if column is not None:
                values = dict(zip(known, column.tolist(), strict=True))
                prices[field][symbol] = [values.get(day) for day in days]
    return prices


def momentum_request(timing: str = "next_close", symbols: list[str] = STOCKS, **parts) -> dict:
    request = {
        "strategy": "momentum",
        "holdings": [{"symbol": s, "allocation": 1 / len(symbols)} for s in symbols],
        "start_date": "1990-06-01",
        "end_date": "2022-12-28",
        "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
        "costs": {"commission_bps": 10},
        "execution": {"timing": timing},
        "data": {"source": "bundled"},
        "output": {"precision": None, "include": WITH_HELD_WEIGHTS},
    }
    return request | parts


def assert_agree(request: dict) -> dict:
    """Run both and compare everything that both have."""
    symbols = [holding["symbol"] for holding in request["holdings"]]
    bench = request.get("benchmark")
    theirs = reference.run(request, bundled_prices(tuple(dict.fromkeys([*symbols, *([bench] if bench else [])]))))
    ours = backtester.run(request)
    assert_results_agree(ours, theirs)
    return ours


class TestMomentumOnTwentyStocks:
    @pytest.mark.parametrize("timing", ["next_close", "same_close"])
    def test_thirty_three_years_agree_in_every_number(self, timing):
        ours = assert_agree(momentum_request(timing, benchmark=INDEX, risk_free_rate=0.02))
        assert len(ours["series"]["dates"]) > 8000

    def test_the_whole_of_the_sample_agrees_with_its_warm_up_incomplete(self):
        ours = assert_agree(momentum_request(start_date="1990-01-01"))
        assert "WARM_UP_INCOMPLETE" in [warning["code"] for warning in ours["warnings"]]

    def test_fills_at_the_open_agree(self):
        request = momentum_request(
            "next_open", WITH_OPENS, start_date="2014-01-01", end_date="2023-09-21", benchmark="GOOG"
        )
        assert_agree(request)

    @pytest.mark.parametrize("frequency", ["never", "daily", "weekly", "quarterly", "semiannually", "annually"])
    def test_every_frequency_agrees(self, frequency):
        parameters = {"lookback_period": 60, "top_n": 3, "rebalance_frequency": frequency}
        assert_agree(momentum_request(start_date="2015-01-01", end_date="2019-12-31", parameters=parameters))

    @pytest.mark.parametrize("weighting", ["allocation", "equal", "inverse_volatility"])
    @pytest.mark.parametrize("unit", ["sessions", "months"])
    def test_every_weighting_and_look_back_agrees(self, weighting, unit):
        parameters = {
            "lookback_period": 12,
            "lookback_unit": unit,
            "skip_period": 1,
            "top_n": 4,
            "positive_returns_only": True,
            "weighting": weighting,
            "rebalance_frequency": "monthly",
        }
        assert_agree(momentum_request(start_date="2005-01-15", end_date="2010-06-15", parameters=parameters))

    def test_months_looked_back_from_the_middle_of_a_month_agree(self):
        parameters = {"lookback_period": 3, "lookback_unit": "months", "top_n": 2, "rebalance_frequency": "weekly"}
        assert_agree(momentum_request(start_date="2008-02-13", end_date="2009-08-19", parameters=parameters))

    def test_unequal_allocations_and_cash_agree(self):
        shares = [0.4, 0.2, 0.1, 0.05, 0.05]
        holdings = [{"symbol": s, "allocation": share} for s, share in zip(STOCKS, shares, strict=False)]
        request = momentum_request(start_date="2000-01-01", end_date="2004-12-31", holdings=holdings)
        assert_agree(request | {"cash": {"allocation": 0.2, "annual_rate": 0.03}})


class TestFewOfAHundredHoldings:
    """What is held is kept in a column for each place, not for each holding."""

    @pytest.mark.parametrize(
        "parts",
        [
            {"costs": {"commission_bps": 20, "slippage_bps": 5}},
            {"costs": {"expense_ratio": 0.02}, "cash": {"annual_rate": 0.04}},
            {"execution": {"timing": "next_close", "dividends": "cash"}, "costs": {"commission_bps": 3}},
            {"execution": {"timing": "next_open"}, "costs": {"slippage_bps": 30}},
            {"costs": {"commission_fixed": 2}},
            {"execution": {"shares": "whole"}},
            {"rebalancing": {"absolute_band": 0.02}},
            {"cash_flows": [{"type": "contribution", "amount": 100, "frequency": "monthly"}]},
        ],
        ids=lambda parts: "+".join(parts),
    )
    @pytest.mark.parametrize("frequency", ["monthly", "daily"])
    def test_every_number_agrees(self, parts, frequency):
        prices = hundred_holdings()
        if "dividends" not in parts.get("execution", {}):
            prices = {name: block for name, block in prices.items() if name != "dividends"}
        parameters = {"lookback_period": 20, "top_n": 3, "rebalance_frequency": frequency}
        request = momentum_request(
            symbols=list(prices["close"]), start_date=prices["dates"][30], end_date=prices["dates"][-1],
            parameters=parameters, data={"source": "inline", "prices": prices}, **parts,
        )  # fmt: skip
        ours = backtester.run(request)
        assert_results_agree(ours, reference.run(request, prices))
        assert ours["audit"]["equity_residual"] < 1e-12
        assert ours["audit"]["attribution_residual"] < 1e-12
        assert sum(ours["attribution"]["profit"]["symbols"].values()) == pytest.approx(
            ours["attribution"]["profit"]["total"] - ours["attribution"]["profit"]["interest"]
        )


@functools.cache
def hundred_holdings() -> dict:
    random = np.random.default_rng(5)
    days = np.busday_offset("2021-01-04", np.arange(160))
    close = 50 * np.exp(np.cumsum(random.normal(0.0005, 0.02, (100, days.size)), axis=1))
    columns = {
        "close": close, "open": close * random.uniform(0.99, 1.01, close.shape),
        "dividends": np.where(random.random(close.shape) < 0.02, 0.01, 0.0),
    }  # fmt: skip
    symbols = [f"S{n}" for n in range(100)]
    return {
        "dates": days.astype(str).tolist(),
        **{name: dict(zip(symbols, block.tolist(), strict=True)) for name, block in columns.items()},
    }


class TestBuyAndHoldOfFiveStocks:
    @pytest.mark.parametrize(
        "frequency", ["never", "daily", "weekly", "monthly", "quarterly", "semiannually", "annually"]
    )
    @pytest.mark.parametrize("timing", ["next_close", "next_open", "same_close"])
    def test_every_frequency_and_timing_agrees(self, frequency, timing):
        assert_agree(
            {**self.request(), "parameters": {"rebalance_frequency": frequency}, "execution": {"timing": timing}}
        )

    @pytest.mark.parametrize(
        "costs",
        [
            {"commission_bps": 25},
            {"slippage_bps": 40},
            {"commission_bps": 10, "slippage_bps": 15},
            {"commission_fixed": 4.95},
            {"commission_per_share": 0.35},
            {"commission_minimum": 7, "commission_bps": 30},
            {"commission_fixed": 1, "commission_per_share": 0.01, "commission_minimum": 2, "slippage_bps": 5},
            {"expense_ratio": 0.02},
            {"expense_ratio": 0.01, "commission_bps": 10, "slippage_bps": 5},
        ],
        ids=lambda costs: "+".join(costs),
    )
    @pytest.mark.parametrize("shares", ["fractional", "whole"])
    def test_costs_of_every_kind_agree(self, costs, shares):
        request = self.request() | {"costs": costs, "execution": {"shares": shares}}
        assert_agree(request | {"parameters": {"rebalance_frequency": "monthly"}})

    def test_interest_on_the_cash_beside_the_holdings_agrees(self):
        holdings = [{"symbol": s, "allocation": 0.15} for s in WITH_OPENS]
        request = {**self.request(), "holdings": holdings, "cash": {"allocation": 0.25, "annual_rate": 0.05}}
        assert_agree(request | {"parameters": {"rebalance_frequency": "quarterly"}, "costs": {"commission_bps": 10}})

    @staticmethod
    def request() -> dict:
        return {
            "strategy": "buy_hold",
            "holdings": [{"symbol": s, "allocation": 0.2} for s in WITH_OPENS],
            "start_date": "2020-01-15",
            "end_date": "2022-03-31",
            "initial_capital": 250000,
            "benchmark": "NVDA",
            "data": {"source": "bundled"},
            "output": {"precision": None, "include": WITH_HELD_WEIGHTS},
        }


class TestMechanicsOnFiveStocks:
    SAVING = (
        {"type": "contribution", "amount": 2000, "frequency": "monthly", "growth_rate": 0.03},
        {"type": "withdrawal", "fraction": 0.03, "frequency": "annually", "start_date": "2008-01-01"},
    )
    LIVING = ({"type": "withdrawal", "amount": 2500, "frequency": "monthly", "growth_rate": 0.02},)
    COSTS = {"commission_bps": 10, "commission_fixed": 5, "slippage_bps": 5, "expense_ratio": 0.001}  # noqa: RUF012

    @pytest.mark.parametrize("timing", ["next_close", "same_close"])
    @pytest.mark.parametrize(
        ("frequency", "rebalancing", "flows"),
        [
            ("never", {"absolute_band": 0.05}, SAVING),
            ("annually", {"relative_band": 0.25, "absolute_band": 0.04}, ()),
            ("monthly", {"relative_band": 0.1, "bands_checked": "at_frequency"}, SAVING),
            ("quarterly", {"offset_sessions": 5}, LIVING),
            ("monthly", {"offset_sessions": 25, "absolute_band": 0.03}, LIVING),
        ],
    )
    def test_fifteen_years_with_money_coming_and_going_agree(self, timing, frequency, rebalancing, flows):
        ours = assert_agree(
            self.request(timing) | {"parameters": {"rebalance_frequency": frequency}, "rebalancing": rebalancing,
            "cash_flows": [*flows]}
        )  # fmt: skip
        assert len(ours["weights"]["dates"]) > 3

    def test_momentum_with_money_coming_and_going_in_whole_shares_agrees(self):
        parameters = {"lookback_period": 60, "top_n": 2, "rebalance_frequency": "monthly"}
        request = self.request("next_close") | {"strategy": "momentum", "parameters": parameters}
        assert_agree(request | {"cash_flows": [*self.SAVING], "execution": {"shares": "whole"}})

    def test_a_portfolio_lived_off_until_nothing_is_left_agrees(self):
        much = [{"type": "withdrawal", "amount": 30000, "frequency": "quarterly"}]
        ours = assert_agree(self.request("next_close") | {"cash_flows": much})
        assert ours["series"]["portfolio_value"][-1] == 0

    def request(self, timing: str) -> dict:
        ratios = (0.0, 0.0003, None, 0.0075, None)
        return {
            "strategy": "buy_hold",
            "holdings": [
                {"symbol": symbol, "allocation": share, **({} if ratio is None else {"expense_ratio": ratio})}
                for symbol, share, ratio in zip(STOCKS[:5], (0.15, 0.1, 0.2, 0.2, 0.25), ratios, strict=True)
            ],
            "cash": {"allocation": 0.1, "annual_rate": 0.02},
            "start_date": "2003-02-10",
            "end_date": "2017-11-20",
            "initial_capital": 250000,
            "execution": {"timing": timing},
            "costs": self.COSTS,
            "benchmark": INDEX,
            "data": {"source": "bundled"},
            "output": {"precision": None, "include": WITH_HELD_WEIGHTS},
        }


def test_the_growth_of_the_run_that_the_conventions_quote_is_the_one_they_quote():
    request = momentum_request("same_close", start_date="1990-03-30", output={"include": ["metrics"]})
    growth = backtester.run(request)["metrics"]["total_return"] + 1
    assert growth == pytest.approx(2494.06, abs=0.005)


def test_the_reference_counts_weeks_as_the_calendar_does():
    monday_to_friday = [datetime.date(2020, 12, 21) + datetime.timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9)]
    calendar = reference.Calendar(monday_to_friday, end=datetime.date(2020, 12, 31))
    assert calendar.period_key(datetime.date(2021, 1, 3), "weekly") == datetime.date(2020, 12, 28)
