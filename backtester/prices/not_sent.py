"""The warnings about what a source did not send: sessions without a usable price, and dividends."""

from __future__ import annotations

import datetime

from backtester.model.errors import RunWarning


class DroppedPrices(RunWarning):
    """PRICES_DROPPED with the sessions it is about, so that it can be stored and cut to a period."""

    days: tuple[datetime.date, ...]


def dropped_prices(symbol: str, days: tuple[datetime.date, ...], *, source: str) -> DroppedPrices:
    """Return the warning that `days`, at least one, ascending, were left out of the history of `symbol`.

    source: as it stands in a sentence.
    """
    span = f"on {days[0]}" if len(days) == 1 else f"between {days[0]} and {days[-1]}"
    count = "1 session" if len(days) == 1 else f"{len(days)} sessions"
    left = "It was" if len(days) == 1 else "They were"
    detail = f"{source} sent {count} {span} without a usable price of {symbol}. {left} left out."
    return DroppedPrices(code="PRICES_DROPPED", detail=detail, symbol=symbol, days=days)


def unadjusted_prices(symbol: str, *, source: str) -> RunWarning:
    """Return the warning about a source that sends neither adjusted closes nor dividends."""
    detail = (
        f"{source} sends neither adjusted closes nor dividends of {symbol}. Its closes are taken as they are: where "
        "they are not adjusted for dividends, the returns leave these out."
    )
    return RunWarning(code="UNADJUSTED_PRICES", detail=detail, symbol=symbol)
