"""What a tool returns of a document: figures first, at most 8 kB, with addresses of the blocks that it leaves out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

MOST_BYTES = 8000
# Blocks that are read as resources. The excerpt has the others, or the parts of them that matter.
BLOCKS = (
    "request", "period", "metrics", "metrics_monthly", "benchmark", "series", "weights", "held_weights", "trades",
    "final_holdings", "tables", "attribution", "decisions", "audit", "warnings", "null_reasons", "data",
)  # fmt: skip
COMPARED = (
    "final_value", "total_return", "cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown",
    "max_drawdown_days", "turnover_per_year", "total_costs",
)  # fmt: skip
_MOST_DETAIL = 300


def uri_of(key: str, block: str) -> str:
    """Return the address of a block of a result. key: the result's, of its runner."""
    return f"backtest://results/{key}/{block}"


def block_of(uri: str) -> tuple[str, str] | None:
    """Return the key and the block of an address; None for another address."""
    prefix, _, rest = uri.partition("://results/")
    key, _, block = rest.partition("/")
    return (key, block) if prefix == "backtest" and key and block in BLOCKS else None


def result_excerpt(document: dict[str, Any], key: str) -> dict[str, Any]:
    """Return period, metrics, those of the benchmark, warnings and addresses of a result."""
    benchmark = document.get("benchmark")
    excerpt = {
        "success": True,
        "result_id": document["result_id"],
        "period": document["period"],
        "metrics": document.get("metrics"),
        "benchmark": benchmark and {key: benchmark[key] for key in ("symbol", "name", "metrics") if key in benchmark},
        "warnings": [_shortened(warning) for warning in document["warnings"]],
        "resources": {block: uri_of(key, block) for block in BLOCKS if document.get(block) is not None},
    }
    return _within(excerpt, "warnings")


def error_excerpt(document: dict[str, Any]) -> dict[str, Any]:
    """Return an error document (RFC 9457) with as many of its problems as there is room for."""
    return _within(document, "errors")


def check_excerpt(request: dict[str, Any], warnings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a check of a valid request found: the request with its defaults, and the warnings."""
    excerpt = {"valid": True, "request": request, "warnings": [_shortened(warning) for warning in warnings]}
    if _size(excerpt) > MOST_BYTES:
        holdings = request["holdings"]
        excerpt["request"] = {**request, "holdings": holdings[:10], "data": {"source": request["data"]["source"]}}
        excerpt["holdings"] = f"The first 10 of {len(holdings)} are shown."
    return _within(excerpt, "warnings")


def comparison(documents: Sequence[dict[str, Any]], keys: Sequence[str | None]) -> dict[str, Any]:
    """Return a row for each request: its name, period and main metrics, or its error; and the best of each metric."""
    rows = []
    for at, (document, key) in enumerate(zip(documents, keys, strict=True)):
        row: dict[str, Any] = {"request": at, "success": document["success"]}
        if document.get("request_id") is not None:
            row["request_id"] = document["request_id"]
        if key is None:
            row["error"] = {"code": document["code"], "detail": document["detail"][:_MOST_DETAIL]}
        else:
            metrics = document.get("metrics") or {}
            row |= {"result_id": document["result_id"], "strategy": document["request"]["strategy"]}
            row |= {
                "period": document["period"]["effective"],
                "metrics": {name: metrics.get(name) for name in COMPARED},
            }
            row |= {"warnings": [warning["code"] for warning in document["warnings"]][:10]}
            row["resource"] = uri_of(key, "metrics")
        rows.append(row)
    periods = {json.dumps(row["period"]) for row in rows if "period" in row}
    return {"results": rows, "same_period": len(periods) <= 1}


def listed(name: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return entries under a name, as many as there is room for, and how many were left out."""
    return _within({name: [*entries]}, name)


def _shortened(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "detail": entry["detail"][:_MOST_DETAIL]}


def _size(content: dict[str, Any]) -> int:
    return len(json.dumps(content))


def _within(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Shorten the list under a name until the content fits, and say how many entries were left out."""
    entries = content.get(name) or []
    if _size(content) <= MOST_BYTES or not entries:
        return content
    room = MOST_BYTES - _size({**content, name: [], f"{name}_left_out": len(entries)})
    kept = 0
    for entry in entries:
        room -= len(json.dumps(entry)) + 2
        if room < 0:
            break
        kept += 1
    return {**content, name: entries[:kept], f"{name}_left_out": len(entries) - kept}
