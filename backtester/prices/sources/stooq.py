"""Prices from Stooq's CSV download: closes and opens alone, without dividends and splits.

Stooq's closes are adjusted for splits and for most dividends, but it does not say for which: they are taken as they
are, with the warning UNADJUSTED_PRICES. Until March 2026 it asked for no key. Since then it may answer with a page that
sends a person to a form for one; the operator puts it into BACKTEST_STOOQ_KEY.
"""

from __future__ import annotations

import csv
import datetime
import time
from typing import Any

from backtester.prices.sources.https import Reply, get
from backtester.prices.sources.source import (
    NOT_FOUND,
    NOT_SET_UP,
    RATE_LIMITED,
    UNAVAILABLE,
    Quotes,
    SourceFailure,
)
from backtester.settings import read_key

ADDRESS = "https://stooq.com/q/d/l/"
KEY = "BACKTEST_STOOQ_KEY"
NO_DATA = "no data"
_NEEDED = ("Date", "Open", "Close")


def fetch(symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float) -> Quotes:
    """Return the quotes of a symbol. SourceFailure.

    It says "No data" of an unknown symbol and of an empty period: which of them, a request without dates tells.
    """
    key = read_key(KEY)
    whole = {"s": _symbol(symbol), "i": "d"} | ({} if key is None else {"apikey": key})
    of_period = whole | {"d1": start.strftime("%Y%m%d"), "d2": end.strftime("%Y%m%d")}
    begun = time.monotonic()
    text = _text(get(ADDRESS, of_period, timeout_seconds=timeout_seconds))
    if text.lower() != NO_DATA:
        return _quotes(text)
    left = max(timeout_seconds - (time.monotonic() - begun), 0.001)
    if _text(get(ADDRESS, whole, timeout_seconds=left)).lower() == NO_DATA:
        raise SourceFailure(NOT_FOUND)
    return Quotes(days=[], close=[])


def _symbol(symbol: str) -> str:
    """Return a symbol as Stooq writes it: US stocks end in .us, others as their market does, indices begin with ^."""
    name = symbol.lower()
    return name if name.startswith("^") or "." in name else f"{name}.us"


def _text(reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace").strip()
    if reply.status == 429 or "exceeded the daily hits limit" in text[:1000].lower():
        raise SourceFailure(RATE_LIMITED, remedy="Its limit is of a day: try again tomorrow.")
    if reply.status != 200:
        raise SourceFailure(UNAVAILABLE, f"it answered with status {reply.status}")
    if "apikey" in text[:4000].lower():
        why = "it asks for a key, or refuses the one it was given"
        raise SourceFailure(NOT_SET_UP, why, remedy=f"The operator sets {KEY}.")
    return text


def _quotes(text: str) -> Quotes:
    head, *rows = csv.reader(text.splitlines())
    if not set(_NEEDED) <= set(head):
        raise SourceFailure(UNAVAILABLE, "its answer could not be read")
    if any(len(row) != len(head) for row in rows):  # cut short
        raise SourceFailure(UNAVAILABLE, "its answer could not be read")
    days, opens, closes = ([row[head.index(name)] for row in rows] for name in _NEEDED)
    return Quotes(days=days, open=[_number(one) for one in opens], close=[_number(one) for one in closes])


def _number(text: str) -> Any:
    return float(text) if text else None
