"""The bounds of a price stand once: the schema, inline prices and files have the same."""

from __future__ import annotations

import pytest

from backtester.contract.inline_prices import check_inline_prices
from backtester.contract.schemas import resolved_schema
from backtester.model.price_range import LARGEST_PRICE, LEAST_PRICE
from backtester.prices.csv.parse import parse
from backtester.prices.csv.unreadable import UnreadableError


@pytest.mark.parametrize("block", ["close", "open", "traded"])
def test_the_schema_has_the_bounds(block):
    prices = resolved_schema("request")["properties"]["data"]["properties"]["prices"]["properties"]
    items = prices[block]["additionalProperties"]["items"]
    assert (items["minimum"], items["maximum"]) == (LEAST_PRICE, LARGEST_PRICE)


@pytest.mark.parametrize(
    ("price", "is_taken"),
    [(LEAST_PRICE, True), (LARGEST_PRICE, True), (0.99 * LEAST_PRICE, False), (1.01 * LARGEST_PRICE, False)],
)
def test_a_file_takes_the_prices_that_inline_takes(price, is_taken):
    prices = {"dates": ["2024-05-13"], "close": {"SPY": [price]}}
    assert (not list(check_inline_prices(prices, {}, needs_open=False))) == is_taken
    content = f"date,close\n2024-05-13,{price!r}\n".encode()
    if is_taken:
        assert parse(content, "SPY").close.tolist() == [price]
    else:
        with pytest.raises(UnreadableError, match=r"^line 2: close is out of range$"):
            parse(content, "SPY")
