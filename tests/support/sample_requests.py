"""Requests that the tests send: small and valid, on bundled or on inline prices."""

from __future__ import annotations

import json
from typing import Any

CANONICAL: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": "SPY", "allocation": 0.5}, {"symbol": "QQQ", "allocation": 0.5}],
    "start_date": "2022-01-01",
    "end_date": "2023-12-31",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
}


def request(**changes: Any) -> dict[str, Any]:
    """Return a small valid request on bundled prices, with some keys changed; `...` drops a key."""
    whole = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
        "start_date": "2020-01-01",
        "end_date": "2020-12-31",
        "data": {"source": "bundled"},
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def one_holding(symbol: str = "AAPL") -> list[dict[str, Any]]:
    return [{"symbol": symbol, "allocation": 1}]


def inline(close: dict[str, Any], dates: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a request that carries its prices: ten weekdays from 2024-01-01 unless `dates` are given."""
    days = dates if dates is not None else WEEKDAYS
    opens = {"open": changes.pop("open")} if "open" in changes else {}
    data = {"source": "inline", "prices": {"dates": days, "close": close, **opens}, **changes.pop("data", {})}
    share = 1 / max(len(close), 1)
    holdings = [{"symbol": symbol, "allocation": share} for symbol in close] or one_holding("X")
    return request(
        **{"holdings": holdings, "start_date": "2024-01-01", "end_date": "2024-01-12", "data": data, **changes}
    )


WEEKDAYS = [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
RISING = [100.0, 101.0, 102.0, 101.5, 103.0, 104.0, 103.5, 105.0, 106.0, 107.0]


def to_bytes(asked: Any) -> bytes:
    return asked if isinstance(asked, bytes) else json.dumps(asked).encode()
