"""The words of a rule tree: its kinds of nodes, its indicators, and the limits that hold for strangers' trees."""

from __future__ import annotations

from typing import Any

KINDS = ("hold", "cash", "if", "cases", "pick", "weigh", "use")  # pick before weigh, which it may have as well
MAX_NODES = 5000  # with every definition in the place of its use
MAX_INDICATORS = 500  # distinct (indicator, symbol, window)
MAX_COMPOSITES = 64  # children that are measured on a growth of their own, with every definition in place
MAX_OBJECTS = 50_000  # of the JSON document: nodes, conditions and values
WARM_UP = 25  # times the window: the closes from which a recursive indicator begins

# of total-return prices, whose scale later dividends change
SCALE_DEPENDENT = ("price", "average", "exponential_average", "deviation_of_price", "macd")
RECURSIVE = ("exponential_average", "rsi", "macd")
OF_RETURNS = ("return", "average_return", "volatility", "rsi")  # need a close more than they have returns
OF_TWO = ("volatility", "deviation_of_price", "z_score")  # a deviation of one value is none


def kind_of(node: Any) -> str | None:
    """Return the kind of a node, None for what is none."""
    return next((kind for kind in KINDS if kind in node), None) if isinstance(node, dict) else None


def sessions_before(indicator: str, window: int) -> int:
    """Return the sessions before a decision that an indicator reaches back: one less than the closes it needs.

    Of a recursive one from where it begins. window: the slow one of `macd`, 1 of `price`.
    """
    closes = window * WARM_UP if indicator in RECURSIVE else window
    return closes + (indicator in OF_RETURNS) - 1


def longest(window: Any) -> int:
    """Return the window of an indicator, of `macd` the slow one, of `price` 1."""
    return int(max(window)) if isinstance(window, (list, tuple)) else 1 if window is None else int(window)
