"""Prices from Tiingo's end-of-day service: closes as traded, adjusted closes, dividends and splits. It needs a key.

US stocks, ETFs and mutual funds, and Chinese stocks. Tiingo writes share classes with a hyphen, as Yahoo does: BRK-B.
"""

from __future__ import annotations

import datetime
import json
from typing import Any
from urllib.parse import quote

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

ADDRESS = "https://api.tiingo.com/tiingo/daily/{symbol}/prices"
KEY = "BACKTEST_TIINGO_KEY"
_LIMIT = "You have run over your"  # requests of the hour, or symbols of the month; the latter with status 200


def fetch(symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float) -> Quotes:
    """Return the quotes of a symbol. SourceFailure. An unknown symbol has status 404."""
    key = read_key(KEY)
    if key is None:
        raise SourceFailure(NOT_SET_UP, "it needs a key", remedy=f"The operator sets {KEY}.")
    if not (key.isascii() and key.isprintable()):  # it goes into a header
        raise SourceFailure(NOT_SET_UP, f"{KEY} holds characters that no key has")
    reply = get(
        ADDRESS.format(symbol=quote(symbol, safe="")), {"startDate": str(start), "endDate": str(end), "format": "json"},
        headers={"Authorization": f"Token {key}"}, timeout_seconds=timeout_seconds,
    )  # fmt: skip
    return _quotes(_rows(reply))


def _rows(reply: Reply) -> list[dict[str, Any]]:
    if reply.status == 429 or _LIMIT.encode() in reply.body:
        step = "Try again after the full hour; the symbols of a month and the requests of a day are limited as well."
        raise SourceFailure(RATE_LIMITED, remedy=step)
    if reply.status in (401, 403):
        raise SourceFailure(NOT_SET_UP, f"it refuses the key in {KEY}, or the key does not cover the symbol")
    found = _json(reply.body)
    if reply.status == 404 and isinstance(found, dict) and "detail" in found:  # the 404 of a proxy or a portal has none
        raise SourceFailure(NOT_FOUND)
    if reply.status != 200:
        raise SourceFailure(UNAVAILABLE, f"it answered with status {reply.status}")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise SourceFailure(UNAVAILABLE, "its answer could not be read")
    return found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _quotes(rows: list[dict[str, Any]]) -> Quotes:
    def column(key: str) -> list[Any]:
        return [row.get(key) for row in rows]

    return Quotes(
        days=[str(row.get("date"))[:10] for row in rows], close=column("close"), adjusted=column("adjClose"),
        open=column("open"), dividends=column("divCash"), splits=column("splitFactor"),
    )  # fmt: skip
