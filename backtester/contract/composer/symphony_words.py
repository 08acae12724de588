"""Composer's words and what they are called here: indicators, comparisons, frequencies, keys, tickers, numbers."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from backtester.contract.schemas import request_schema, strategy_schema

# theirs, ours, and whether theirs is in per cent
INDICATORS = {
    "current-price": ("price", False), "cumulative-return": ("return", True),
    "moving-average-price": ("average", False), "exponential-moving-average-price": ("exponential_average", False),
    "moving-average-return": ("average_return", True), "standard-deviation-return": ("volatility", True),
    "standard-deviation-price": ("deviation_of_price", False), "max-drawdown": ("fall_from_high", True),
    "relative-strength-index": ("rsi", False),
}  # fmt: skip
RELATIONS = {"gt": "above", "gte": "at_least", "lt": "below", "lte": "at_most"}
FREQUENCIES = {
    "daily": "daily", "weekly": "weekly", "monthly": "monthly", "quarterly": "quarterly", "yearly": "annually",
    "none": "daily",  # and traded where a weight has left its corridor
}  # fmt: skip
# keys that change no decision: names, states of the editor, prices of the day on which it was saved
DECORATION = {
    "id", "step", "name", "description", "exchange", "price", "dollar_volume", "has_marketcap", "children-count",
    "collapsed?", "collapsed-specified-weight?", "suppress_incomplete_warnings", "asset-class", "asset-classes",
    "asset_class", "asset_classes", "hashtag", "tags", "color",
}  # fmt: skip
KEYS = {
    "root": {"children", "rebalance", "rebalance-corridor-width", "weight"},
    "group": {"children", "weight"},
    "wt-cash-equal": {"children", "weight", "window-days"},  # the window of another weighting that was chosen before
    "wt-cash-specified": {"children", "weight", "window-days"}, "wt-inverse-vol": {"children", "weight", "window-days"},
    "filter": {
        "children", "weight", "sort-by-fn", "sort-by-fn-params", "sort-by-window-days", "select-fn", "select-n",
        "select?", "sort-by?",
    },
    "if": {"children", "weight"}, "asset": {"ticker", "weight", "children"}, "empty": {"weight", "children"},
    "if-child": {
        "children", "weight", "is-else-condition?", "comparator", "lhs-fn", "lhs-fn-params", "lhs-window-days",
        "lhs-val", "rhs-fn", "rhs-fn-params", "rhs-window-days", "rhs-val", "rhs-fixed-value?", "condition",
    },
}  # fmt: skip


class Limits(NamedTuple):
    """The greatest numbers of a tree of ours."""

    window: int
    picked: int
    items: int  # of a list of children or of conditions
    symbols: int  # that are held
    number: float  # that something is compared with


@functools.cache
def limits() -> Limits:
    """Return what the schemas allow."""
    defs = strategy_schema("rules")["$defs"]
    pick, number = defs["pick"]["properties"], defs["comparison"]["properties"]["right"]["oneOf"][0]
    return Limits(
        window=pick["window"]["maximum"], picked=pick["pick"]["properties"]["count"]["maximum"],
        items=pick["of"]["maxItems"], number=number["maximum"],
        symbols=request_schema(analysis=False)["properties"]["holdings"]["maxItems"],
    )  # fmt: skip


def as_symbol(ticker: Any) -> str | None:
    """Return Yahoo's symbol of a ticker: BRK/B, EQUITIES::TQQQ//USD, CRYPTO::BTC//USD. None: it is not known."""
    if not isinstance(ticker, str):
        return None
    named = re.fullmatch(r"(EQUITIES|CRYPTO)::([A-Za-z0-9./-]{1,15})//USD", ticker)
    symbol = named[2] if named else ticker
    if not re.fullmatch(r"[A-Za-z0-9^][A-Za-z0-9.-]{0,14}(/[A-Za-z]{1,2})?", symbol):
        return None
    symbol = symbol.replace("/", "-").upper()
    return f"{symbol}-USD" if named and named[1] == "CRYPTO" else symbol


def as_number(value: Any) -> float | None:
    """Return a number, or the number that a plain text is."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", value.strip(), re.ASCII):
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
