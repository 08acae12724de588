"""What a tool returns of a document: figures first, at most 8 kB, with addresses of the blocks that it leaves out."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from backtester.contract.schemas import resolved_schema

MOST_BYTES = 8000
COMPARED = (
    "final_value", "total_return", "cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown",
    "max_drawdown_days", "turnover_per_year", "total_costs",
)  # fmt: skip
_MOST_DETAIL_BYTES = 300
# What the rows of a comparison do without, in this order, where they are too large: a row has the number of its
# request, and the address of its metrics.
_DISPENSABLE = ("warnings", "request_id", "metrics")
_RESULTS = "backtest://results/"
_SCHEMAS = "backtest://schemas/strategies/"


@functools.cache
def blocks() -> tuple[str, ...]:
    """Return the names of a result's blocks, each of them a resource: its properties that are more than one value."""
    properties = resolved_schema("result")["properties"]
    return tuple(
        name for name, schema in properties.items() if "const" not in schema and schema.get("type") != "string"
    )


def uri_of(key: str, block: str) -> str:
    """Return the address of a block of a result. key: the result's, of its runner."""
    return f"{_RESULTS}{key}/{block}"


def block_of(uri: str) -> tuple[str, str] | None:
    """Return the key and the block of an address; None for another address."""
    key, _, block = uri.removeprefix(_RESULTS).partition("/")
    return (key, block) if uri.startswith(_RESULTS) and key and block in blocks() else None


def strategy_of(uri: str) -> str | None:
    """Return the strategy whose schema has this address; None for another address."""
    return uri.removeprefix(_SCHEMAS) if uri.startswith(_SCHEMAS) else None


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
        "resources": {block: uri_of(key, block) for block in blocks() if document.get(block) is not None},
    }
    return _within(excerpt, "warnings")


def error_excerpt(document: dict[str, Any]) -> dict[str, Any]:
    """Return an error document (RFC 9457) with as many of its problems as there is room for.

    `left_out` of a problem has the pointers of what it does without: 500 suggested allocations, for example.
    """
    problems = []
    for problem in document.get("errors", ()):
        shown, left_out = _without_the_largest(problem, MOST_BYTES // 4)
        problems.append({**shown, "left_out": left_out} if left_out else problem)
    return _within({**document, "detail": _cut(document["detail"], MOST_BYTES // 4), "errors": problems}, "errors")


def check_excerpt(request: dict[str, Any], warnings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a check of a valid request found: the request with its defaults, and the warnings.

    A large request has up to half of the room, and more where the warnings leave more; `request_left_out` has the
    pointers of the members that are left out, the largest of them.
    """
    excerpt = {"valid": True, "request": request, "warnings": [_shortened(warning) for warning in warnings]}
    room = max(MOST_BYTES // 2, MOST_BYTES - _size({**excerpt, "request": {}, "request_left_out": []}))
    shown, left_out = _without_the_largest(request, room)
    if left_out:
        excerpt |= {"request": shown, "request_left_out": left_out}
    return _within(excerpt, "warnings")


def comparison(documents: Sequence[dict[str, Any]], keys: Sequence[str | None]) -> dict[str, Any]:
    """Return a row for each request: its name, period and main metrics, or its error.

    `left_out` names what the rows do without where they are too large.
    """
    rows = [_row(at, document, key) for at, (document, key) in enumerate(zip(documents, keys, strict=True))]
    periods = {json.dumps(row["period"]) for row in rows if "period" in row}
    compared: dict[str, Any] = {"results": rows, "same_period": len(periods) <= 1}
    left_out: list[str] = []
    for name in _DISPENSABLE:
        if _size(compared) <= MOST_BYTES:
            break
        left_out.append(name)
        rows = [_without(row, name) for row in rows]
        compared |= {"results": rows, "left_out": left_out}
    return _within(compared, "results")


def _row(at: int, document: dict[str, Any], key: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"request": at, "success": document["success"]}
    if document.get("request_id") is not None:
        row["request_id"] = document["request_id"]
    if key is None:
        return {**row, "error": _shortened({name: document[name] for name in ("code", "detail")})}
    metrics = document.get("metrics") or {}
    return {
        **row,
        "result_id": document["result_id"],
        "strategy": document["request"]["strategy"],
        "period": document["period"]["effective"],
        "metrics": {name: metrics.get(name) for name in COMPARED},
        "warnings": [warning["code"] for warning in document["warnings"]][:10],
        "resource": uri_of(key, "metrics"),
    }


def strategy_list(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return names and descriptions of strategies, as many as there is room for, and how many were left out."""
    return listed("strategies", [{name: entry[name] for name in ("name", "description")} for entry in entries])


def strategy_excerpt(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a strategy with the schema of its parameters, or with the address of a schema that is too large."""
    described = {"strategies": [entry]}
    if _size(described) <= MOST_BYTES:
        return described
    about = {"name": entry["name"], "description": _cut(entry["description"], MOST_BYTES // 2)}
    return {"strategies": [{**about, "parameters_resource": f"{_SCHEMAS}{entry['name']}"}]}


def listed(name: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return entries under a name, as many as there is room for, and how many were left out."""
    return _within({name: [*entries]}, name)


def _shortened(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "detail": _cut(entry["detail"], _MOST_DETAIL_BYTES)}


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text that takes at most so many bytes: a character is up to twelve of JSON's."""
    while _size(text) > most:
        text = text[: min(len(text) - 1, len(text) * most // _size(text))]
    return text


def _size(content: Any) -> int:
    return len(json.dumps(content))


def _without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


def _without_the_largest(members: dict[str, Any], room: int) -> tuple[dict[str, Any], list[str]]:
    """Return what there is room for of an object, and the pointers of the members that are left out.

    The largest member goes first, or of an object in it as little as suffices.
    """
    left_out: list[str] = []
    while members and (excess := _size(members) + _size(left_out) - room) > 0:
        path = [*_path_to_the_largest(members, excess)]
        members = _without_path(members, path)
        left_out.append("".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in path))
    return members, left_out


def _path_to_the_largest(members: dict[str, Any], excess: int) -> Iterable[str]:
    """Yield the names that lead to the largest member, and on into it while what they lead to takes the excess."""
    node: Any = members
    while isinstance(node, dict) and node:
        name = max(node, key=lambda name: _size(node[name]))
        if node is not members and _size(node[name]) < excess:
            return
        yield name
        node = node[name]


def _without_path(members: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    first, *rest = path
    return {**members, first: _without_path(members[first], rest)} if rest else _without(members, first)


def _within(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Shorten the list under a name until the content fits, and say how many entries were left out."""
    entries = content.get(name) or []
    if _size(content) <= MOST_BYTES or not entries:
        return content
    room = MOST_BYTES - _size({**content, name: [], f"{name}_left_out": len(entries)})
    taken = 0
    for entry in entries:
        room -= _size(entry) + 2
        if room < 0:
            break
        taken += 1
    return {**content, name: entries[:taken], f"{name}_left_out": len(entries) - taken}
