"""The warning about sessions that Yahoo Finance sent without a usable price."""

from __future__ import annotations

import datetime

from backtester.model.errors import RunWarning


class DroppedPrices(RunWarning):
    """PRICES_DROPPED with the sessions it is about, so that it can be stored and cut to a period."""

    days: tuple[datetime.date, ...]


def dropped_prices(symbol: str, days: tuple[datetime.date, ...]) -> DroppedPrices:
    """Return the warning that `days`, at least one, ascending, were left out of the history of `symbol`."""
    span = f"on {days[0]}" if len(days) == 1 else f"between {days[0]} and {days[-1]}"
    count = "1 session" if len(days) == 1 else f"{len(days)} sessions"
    left = "It was" if len(days) == 1 else "They were"
    detail = f"Yahoo Finance sent {count} {span} without a usable price of {symbol}. {left} left out."
    return DroppedPrices(code="PRICES_DROPPED", detail=detail, symbol=symbol, days=days)
