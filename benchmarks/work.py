"""The requests that the benchmarks run: on bundled prices, so that no network and no store is measured."""

from __future__ import annotations

from typing import Any

STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)
W2: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": symbol, "allocation": 1 / len(STOCKS)} for symbol in STOCKS],
    "start_date": "1990-01-01",
    "end_date": "2022-12-28",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
    "costs": {"commission_bps": 10},
    "data": {"source": "bundled"},
}
# The canonical request's shape, on prices that are there without a network: the sample's last two years.
TWO_HOLDINGS: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2021-01-01",
    "end_date": "2022-12-28",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
    "data": {"source": "bundled"},
}
INVALID: dict[str, Any] = {**TWO_HOLDINGS, "holdings": [{"symbol": "AAPL", "allocation": 50}]}


def with_lookback(sessions: int) -> dict[str, Any]:
    """Return the request of two holdings with another look-back, as a sweep or a varied batch asks."""
    return {**TWO_HOLDINGS, "parameters": {**TWO_HOLDINGS["parameters"], "lookback_period": sessions}}
