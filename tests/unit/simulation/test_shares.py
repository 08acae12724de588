"""Shares at what they cost on the day, in numbers that can be added up by hand."""

from __future__ import annotations

import pytest

import backtester

DAYS = [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10)]


def run(close, traded, *, timing="same_close", whole=True, capital=1000, opens=None, **parts):
    prices = {"dates": DAYS[: len(close)], "close": {"A": close}, "traded": {"A": traded}}
    if opens is not None:
        prices["open"] = {"A": opens}
    if "dividends" in parts:
        prices["dividends"] = {"A": parts.pop("dividends")}
    execution = {"timing": timing, "shares": "whole" if whole else "fractional", **parts.pop("execution", {})}
    return backtester.run({
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": DAYS[0],
        "end_date": DAYS[len(close) - 1], "initial_capital": capital, "execution": execution, **parts,
        "data": {"source": "inline", "prices": prices}, "output": {"precision": None},
    })  # fmt: skip


def held(result):
    return [(h["units"], pytest.approx(h["price"])) for h in result["final_holdings"]]


def test_seven_for_one_and_four_for_one():
    result = run([25, 25, 25, 25, 26], [700, 700, 100, 100, 26], costs={"commission_per_share": 1})
    assert [(t["units"], t["price"], t["commission"]) for t in result["trades"]] == [(1, 700, 1)]
    assert held(result) == [(28, 26)]
    assert result["final_cash"]["value"] == pytest.approx(299)
    assert result["metrics"]["final_value"] == pytest.approx(28 * 26 + 299)


def test_the_half_share_that_three_for_two_leaves_is_paid_at_that_close_and_is_no_trade():
    result = run([20, 20, 20, 22], [30, 30, 20, 22], capital=160)  # 5 shares at 30, 7.5 at 20
    assert held(result) == [(7, 22)]
    assert result["final_cash"]["value"] == pytest.approx(10 + 0.5 * 20)
    assert len(result["trades"]) == 1
    assert result["series"]["portfolio_value"] == pytest.approx([160, 160, 160, 20 + 154])
    assert result["audit"]["equity_residual"] < 1e-12
    assert result["audit"]["attribution_residual"] < 1e-12
    assert result["metrics"]["turnover_per_year"] == 0
    assert result["weights"]["dates"] == [DAYS[0]]


def test_one_for_ten_pays_three_tenths_of_a_share():
    result = run([50, 50, 50, 60], [5, 5, 50, 60], capital=116)  # 23 shares at 5, 2.3 at 50
    assert held(result) == [(2, 60)]
    assert result["final_cash"]["value"] == pytest.approx(1 + 0.3 * 50)


def test_fractional_shares_keep_the_fraction():
    result = run([20, 20, 20, 22], [30, 30, 20, 22], capital=160, whole=False)
    assert held(result) == [(pytest.approx(8), 22)]
    assert result["final_cash"]["value"] == 0


def test_a_fill_at_the_open_of_the_split_comes_before_the_fraction_is_paid():
    prices = {"opens": [30, 20, 21, 20], "timing": "next_open"}
    result = run([20, 20, 20, 20], [30, 30, 20, 20], capital=240, **prices)
    # bought on the first session at 30 · 30 / 20 = 45: five shares for 225; 7.5 at 20 on the third
    assert [(t["units"], t["price"]) for t in result["trades"]] == [(5, pytest.approx(45))]
    assert held(result) == [(7, 20)]
    assert result["final_cash"]["value"] == pytest.approx(15 + 10)


def test_dividends_to_cash_leave_the_count_and_reinvested_they_add_to_it():
    close, traded, dividends = [90, 90, 90, 99], [100, 100, 90, 99], [0, 0, 0.1, 0]
    paid = run(close, traded, dividends=dividends, execution={"dividends": "cash"})
    assert held(paid) == [(10, 99)]
    assert paid["final_cash"]["value"] == pytest.approx(10 * 10)
    put_back = run(close, traded, dividends=dividends)
    assert held(put_back) == [(pytest.approx(10 / 0.9), 99)]


def test_a_spin_off_that_is_no_ratio_of_shares_is_a_dividend():
    close, traded = [100 / 1.37, 100 / 1.37, 100 / 1.37], [100, 100, 100 / 1.37]
    result = run(close, traded, dividends=[0, 0, 1 - 1 / 1.37], execution={"dividends": "cash"})
    assert held(result) == [(10, 100 / 1.37)]
    assert result["final_cash"]["value"] == pytest.approx(1000 * (1 - 1 / 1.37))


def test_a_special_dividend_and_a_split_on_one_day():
    # 120 a share; two for one and 10 a new share
    result = run([50, 50, 50], [120, 120, 50], dividends=[0, 0, 1 / 6], capital=1000, execution={"dividends": "cash"})
    assert held(result) == [(16, 50)]
    assert result["final_cash"]["value"] == pytest.approx(40 + 8 * 20)


def test_expenses_lower_the_price_of_a_share_and_leave_the_count():
    result = run([20, 20, 20, 20], [40, 40, 20, 20], costs={"expense_ratio": 0.365})
    assert held(result) == [(50, 20 * 0.999**3)]


@pytest.mark.parametrize("end", [2, 3, 4, 5, 6, 7])
def test_the_purchase_and_its_fee_are_the_same_wherever_the_period_ends(end):
    prices = {
        "dates": DAYS, "close": {"A": [90, 91, 92, 90, 91, 90, 93, 90]},
        "dividends": {"A": [0, 0.01, 0, 0.02, 0, 0.03, 0, 0.04]},
    }  # fmt: skip
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": DAYS[0],
        "end_date": DAYS[end], "initial_capital": 1000, "costs": {"commission_per_share": 0.1},
        "execution": {"timing": "same_close", "shares": "whole", "dividends": "cash"},
        "data": {"source": "inline", "prices": prices},
    }  # fmt: skip
    (trade,) = backtester.run(request)["trades"]
    cost = 90 / (0.99 * 0.98 * 0.97 * 0.96)
    assert (trade["units"], trade["price"]) == (10, pytest.approx(cost))
    assert trade["commission"] == pytest.approx(1)
