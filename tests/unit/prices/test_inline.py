"""Prices that travel with the request: what of their dividends is refused, and what they become."""

from __future__ import annotations

import pytest

from backtester.contract.inline_prices import check_inline_prices
from backtester.prices import inline

DATES = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
CLOSE = {"A": [10.0, 11.0, 12.0, 13.0], "b": [20.0, None, 22.0, 23.0]}


def faults(dividends, needs_dividends=(), **parts) -> list[tuple[str, str]]:
    prices = {"dates": DATES, "close": CLOSE, "dividends": dividends} | parts
    wanted = {"A": "/holdings/0/symbol", "B": "/holdings/1/symbol"}
    found = check_inline_prices(prices, wanted, needs_open=False, needs_dividends=needs_dividends)
    return [(problem.pointer, problem.code) for problem in found]


def test_shares_from_zero_to_below_one_and_nulls_are_fine():
    assert faults({"a": [0, 0.0, None, 0.999], "B": [None] * 4}, ["A", "B"]) == []


@pytest.mark.parametrize(
    ("column", "place", "code"),
    [
        ([0, 0, 0], "", "WRONG_LENGTH"),
        ([0, 0, 0, 0, 0], "", "WRONG_LENGTH"),
        ([0, -0.01, 0, 0], "/1", "OUT_OF_RANGE"),
        ([0, 0, 1, 0], "/2", "OUT_OF_RANGE"),
        ([0, 0, 0, 1.5], "/3", "OUT_OF_RANGE"),
        ([0, "0.01", 0, 0], "/1", "WRONG_TYPE"),
        ([0, 0, True, 0], "/2", "WRONG_TYPE"),
        ([0, [], 0, 0], "/1", "WRONG_TYPE"),
    ],
)
def test_a_column_that_is_no_column_of_shares_is_refused_at_its_place(column, place, code):
    assert faults({"A": column}) == [(f"/data/prices/dividends/A{place}", code)]


def test_a_symbol_has_one_column_in_whatever_case():
    assert faults({"A": [0] * 4, "a": [0] * 4}) == [("/data/prices/dividends/a", "DUPLICATE_SYMBOL")]


def test_a_dividend_where_the_symbol_has_no_close_is_refused_and_not_lost():
    assert faults({"B": [0, 0.01, 0.5, 0]}) == [("/data/prices/dividends/B/1", "NO_PRICES")]
    assert faults({"B": [0, 0, 0.5, 0], "A": [0.1] * 4}) == []


def test_who_is_paid_in_cash_needs_a_column():
    assert faults({"A": [0] * 4}, ["A", "B"]) == [("/holdings/1/symbol", "MISSING_DIVIDENDS")]
    assert faults({"A": [0] * 4}, ["A"]) == []
    prices = {"dates": DATES, "close": CLOSE}
    found = check_inline_prices(prices, {"A": "/holdings/0/symbol"}, needs_open=False, needs_dividends=["A"])
    assert [(problem.pointer, problem.code) for problem in found] == [("/holdings/0/symbol", "MISSING_DIVIDENDS")]


def test_too_many_columns_are_left_to_the_schema():
    assert faults({f"S{n}": ["bad"] for n in range(601)}) == []


def test_dividends_are_cut_to_the_sessions_that_have_a_close():
    prices = {"dates": DATES, "close": CLOSE, "dividends": {"B": [None, 0, 0.02, None]}}
    found = inline.load(prices, ["A", "B"])
    assert found["A"].dividend is None
    assert found["B"].sessions.astype(str).tolist() == [DATES[0], DATES[2], DATES[3]]
    assert found["B"].dividend.tolist() == [0, 0.02, 0]
