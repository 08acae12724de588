"""Expense ratios, offsets, bands, cash flows, dividends, late beginners: against a plain bookkeeper, and by themselves.

The bookkeeper (`tests/reference.py`) goes through the period a day at a time with dictionaries, and shares no line
with the engine. Prices are random walks; sessions are weekdays, or thinner, so that some periods span years.
"""

from __future__ import annotations

import copy
import datetime
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from tests import reference
from tests.oracle.agreement import assert_results_agree

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly", "annually"]
TIMINGS = ["next_close", "next_open", "same_close"]
MONEY = ("final_value", "net_contributions", "total_profit", "total_costs", "dividend_income", "money_weighted_return")
modest = settings(derandomize=True, deadline=None, max_examples=60)
few = settings(derandomize=True, deadline=None, max_examples=25)


def days(size: int, step: int) -> list[str]:
    """Weekdays, every `step`-th of them, from a day in the middle of a month."""
    day, found = datetime.date(2019, 11, 13), []
    while len(found) < size * step:
        if day.weekday() < 5:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    return found[::step]


@st.composite
def streams(draw, dates: list[str], *, gentle: bool = False) -> dict:
    """A cash flow: some 1 % of the money at a time, or, unless gentle, now and then most of it."""
    stream: dict = {
        "type": draw(st.sampled_from(["contribution", "withdrawal"])),
        "frequency": draw(st.sampled_from(FREQUENCIES[2:] + ["semiannually"])),
    }
    most = 0.02 if gentle or draw(st.integers(0, 3)) else 0.6
    if draw(st.booleans()):
        stream["fraction"] = draw(st.floats(0.001, most))
    else:
        stream["amount"] = draw(st.floats(50, 100000 * most))
        stream["growth_rate"] = draw(st.sampled_from([0, 0.03, -0.1]))
    if draw(st.booleans()):
        stream["start_date"], stream["end_date"] = dates[draw(st.integers(0, 15))], dates[-draw(st.integers(1, 15))]
    return stream


@st.composite
def bands(draw) -> dict:
    rules: dict = {"bands_checked": draw(st.sampled_from(["daily", "daily", "at_frequency"]))}
    kind = draw(st.integers(1, 3))
    if kind & 1:
        rules["absolute_band"] = draw(st.sampled_from([1e-6, 0.003, 0.02, 0.1]))
    if kind & 2:
        rules["relative_band"] = draw(st.sampled_from([1e-6, 0.02, 0.1, 0.5]))
    return rules


@st.composite
def requests(draw, *features: str, costs: bool = True, whole: bool = False) -> dict:
    """A request with inline prices: one to four symbols, a few dozen sessions, the features asked for."""
    count, size, step = draw(st.integers(1, 4)), draw(st.integers(50, 110)), draw(st.sampled_from([1, 1, 3, 8]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    swing = draw(st.sampled_from([0.005, 0.03]))
    close = np.exp(np.cumsum(random.normal(0.0003, swing, (size, count)), axis=0) + random.normal(3, 1, count))
    opens = close * np.exp(random.normal(0, 0.01, close.shape))
    with_cash = draw(st.booleans())
    shares = random.dirichlet(np.full(count + 1, 3.0))
    shares = shares[:count] if with_cash else shares[:count] / shares[:count].sum()
    symbols, dates = [f"S{n}" for n in range(count)], days(size, step)
    prices = {
        "dates": dates,
        "close": dict(zip(symbols, close.T.tolist(), strict=True)),
        "open": dict(zip(symbols, opens.T.tolist(), strict=True)),
    }
    request: dict = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": s, "allocation": a} for s, a in zip(symbols, shares.tolist(), strict=True)],
        "start_date": dates[draw(st.integers(0, 8))],
        "end_date": dates[-1],
        "parameters": {"rebalance_frequency": draw(st.sampled_from(FREQUENCIES))},
        "initial_capital": 100000,
        "execution": {"timing": draw(st.sampled_from(TIMINGS))},
        "cash": {
            "allocation": 1 - float(shares.sum()) if with_cash else 0,
            "annual_rate": draw(st.sampled_from([0, 0.05])),
        },
        "data": {"source": "inline", "prices": prices},
        "output": {"precision": None},
    }
    if draw(st.integers(0, 3)) == 0:
        request["strategy"] = "momentum"
        request["parameters"] |= {"lookback_period": draw(st.integers(2, 6)), "top_n": draw(st.integers(1, 3))}
        request["parameters"]["positive_returns_only"] = draw(st.booleans())
    if costs:
        request["costs"] = {
            "commission_bps": draw(st.sampled_from([0, 10, 100])),
            "slippage_bps": draw(st.sampled_from([0, 15])),
            "commission_fixed": draw(st.sampled_from([0, 0, 1.5])),
            "commission_per_share": draw(st.sampled_from([0, 0, 0.01])),
            "commission_minimum": draw(st.sampled_from([0, 0, 2])),
        }
    if whole:
        request["execution"]["shares"] = "whole"
    if "expenses" in features:
        request.setdefault("costs", {})["expense_ratio"] = draw(st.sampled_from([0, 0.02]))
        for holding in request["holdings"]:
            if draw(st.booleans()):
                holding["expense_ratio"] = draw(st.sampled_from([0, 0.005, 0.1, 0.5]))
    if "offset" in features:
        request["rebalancing"] = {"offset_sessions": draw(st.sampled_from([0, 1, 2, 5, 13, 40, 250]))}
        request["start_date"] = dates[0]  # see TestOffsets for a period that ends before the first session
    if "bands" in features:
        request["rebalancing"] = {**request.get("rebalancing", {}), **draw(bands())}
    if "flows" in features or "gentle flows" in features:
        flows = streams(dates, gentle="gentle flows" in features)
        request["cash_flows"] = draw(st.lists(flows, min_size=1, max_size=3))
    if "dividends" in features:
        request["execution"]["dividends"] = "cash"
        payouts = np.where(random.random(close.shape) < 0.1, random.uniform(0, 0.05, close.shape), 0.0)
        prices["dividends"] = dict(zip(symbols, payouts.T.tolist(), strict=True))
    return request


def agreed(request: dict) -> dict:
    """Our result, once the bookkeeper's has been found to be the same."""
    result = backtester.run(request)
    theirs = reference.run(request, request["data"]["prices"])
    if np.std(theirs["returns"]) < 1e-6:  # next to nothing moved: a ratio of two roundings says nothing
        theirs["metrics"] = {name: theirs["metrics"][name] for name in MONEY}
        theirs["metrics_monthly"] = {}
    if len({stream["type"] for stream in request.get("cash_flows", [])}) == 2:
        del theirs["metrics"]["money_weighted_return"]  # in and out: more than one rate may be right
    assert_results_agree(result, theirs)
    return result


def values(result: dict) -> list[float]:
    return result["series"]["portfolio_value"]


class TestAgainstThePlainBookkeeper:
    @modest
    @given(requests("expenses"))
    def test_expense_ratios_of_each_holding(self, request_):
        agreed(request_)

    @modest
    @given(requests("offset"))
    def test_decisions_so_many_sessions_after_a_period_ends(self, request_):
        agreed(request_)

    @settings(modest, max_examples=150)
    @given(requests("bands"))
    def test_bands_checked_daily_or_when_a_rebalance_is_due(self, request_):
        agreed(request_)

    @settings(modest, max_examples=150)
    @given(requests("flows"))
    def test_money_paid_in_and_taken_out(self, request_):
        agreed(request_)

    @modest
    @given(requests("dividends"))
    def test_dividends_paid_to_cash(self, request_):
        agreed(request_)

    @settings(modest, max_examples=150)
    @given(requests("expenses", "offset", "bands", "flows", "dividends"))
    def test_all_of_them_at_once(self, request_):
        agreed(request_)

    @modest
    @given(requests("expenses", "bands", "dividends", whole=True))
    def test_bands_and_dividends_in_whole_shares(self, request_):
        agreed(request_)

    @modest
    @given(requests("offset", "gentle flows", "dividends", whole=True))
    def test_money_paid_in_and_taken_out_in_whole_shares(self, request_):
        agreed(request_)
