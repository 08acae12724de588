"""Result documents to make pages of: real runs on the bundled prices, kept for the session, and copies to spoil."""

from __future__ import annotations

import copy
import functools
from typing import Any

import backtester

EVERYTHING = [
    "metrics", "metrics_monthly", "benchmark", "series", "weights", "held_weights", "trades", "final_holdings",
    "tables", "attribution", "decisions",
]  # fmt: skip
TEN = ("AAPL", "AMD", "BAC", "CVX", "GE", "JNJ", "JPM", "KO", "MSFT", "XOM")
HOSTILE = '</script><img src=x onerror="window.hurt=1"><b>%{x}</b>'


def holdings(*symbols: str) -> list[dict[str, Any]]:
    return [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols]


REQUESTS: dict[str, dict[str, Any]] = {
    "momentum": {
        "request_id": "a report",
        "strategy": "momentum",
        "holdings": holdings(*TEN),
        "start_date": "1995-01-01",
        "end_date": "2022-12-28",
        "benchmark": "^GSPC",
        "parameters": {"lookback_period": 126, "top_n": 3},
        "costs": {"commission_bps": 5, "slippage_bps": 2},
        "data": {"source": "bundled"},
        "output": {"include": EVERYTHING},
    },
    "flows": {
        "strategy": "buy_hold",
        "holdings": holdings("MTUM", "QUAL", "USMV", "VLUE"),
        "start_date": "2015-01-01",
        "end_date": "2022-12-28",
        "benchmark": "^GSPC",
        "parameters": {"rebalance_frequency": "quarterly"},
        "cash_flows": [{"type": "contribution", "amount": 200, "frequency": "monthly"}],
        "data": {"source": "bundled"},
    },
    "drift": {
        "strategy": "buy_hold",
        "holdings": holdings("AAPL", "KO"),
        "start_date": "2018-01-01",
        "end_date": "2022-12-28",
        "data": {"source": "bundled"},
    },
    "asked": {
        "strategy": "momentum",
        "holdings": holdings("GE", "JNJ", "KO", "MSFT", "XOM"),
        "start_date": "2012-01-03",
        "end_date": "2019-12-31",
        "benchmark": "^GSPC",
        "parameters": {"lookback_period": 126, "top_n": 2},
        "costs": {"commission_bps": 10},
        "data": {"source": "bundled"},
        "compare": [{"name": "Quarterly", "patch": {"parameters": {"rebalance_frequency": "quarterly"}}}],
        "analysis": {
            "sweep": {"over": {"/parameters/lookback_period": [63, 126, 252], "/parameters/top_n": [1, 2, 3]}},
            "walk_forward": {"over": {"/parameters/lookback_period": [63, 126, 252]}},
            "trust": {"paths": 200},
            "projection": {"paths": 200},
        },
    },
    "short": {
        "strategy": "momentum",
        "holdings": holdings("AAPL", "KO", "MSFT"),
        "start_date": "2022-03-01",
        "end_date": "2022-09-30",
        "parameters": {"top_n": 1},
        "data": {"source": "bundled"},
    },
}  # fmt: skip


@functools.cache
def _ran(name: str) -> dict[str, Any]:
    return backtester.run(REQUESTS[name])


def result(name: str) -> dict[str, Any]:
    """Return the result of a request, a copy that a test may spoil."""
    return copy.deepcopy(_ran(name))


def ran(name: str, **changes: Any) -> dict[str, Any]:
    """Run a request with some keys changed."""
    return backtester.run({**REQUESTS[name], **changes})


def swept(rows: int, columns: int) -> dict[str, Any]:
    """Return a result whose sweep has a grid of such a size, the last setting the best."""
    document = result("asked")
    sweep = document["analysis"]["sweep"]
    for axis, length in zip(sweep["axes"], (rows, columns), strict=True):
        axis["values"] = list(range(1, length + 1))
    runs = rows * columns
    sweep |= {"runs": runs, "metrics": {"sharpe_ratio": [n / runs for n in range(runs)]}}
    sweep["best"]["index"] = runs - 1
    return document


def hostile(name: str = "momentum") -> dict[str, Any]:
    """Return a result whose every free text is markup, with a holding and a benchmark named so."""
    document = result(name)
    first = document["request"]["holdings"][0]["symbol"]

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {HOSTILE if k == first else k: spoil(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(item, key) for item in value]
        free = ("symbol", "detail", "code", "name", "digest", "source", "reason", "side", "request_id", "result_id")
        return HOSTILE if isinstance(value, str) and (value == first or key in free) else value

    spoilt: dict[str, Any] = spoil(document)
    spoilt["request"]["strategy"] = HOSTILE
    spoilt["request"]["benchmark"] = HOSTILE
    spoilt["decisions"]["trigger"] = [HOSTILE] * len(spoilt["decisions"]["trigger"])
    spoilt["decisions"]["seen"][HOSTILE] = next(iter(spoilt["decisions"]["seen"].values()))
    spoilt["warnings"].append({"code": HOSTILE, "severity": "warning", "detail": HOSTILE})
    return spoilt
