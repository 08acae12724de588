"""The tools: names, descriptions and input schemas, which are the contract's own."""

from __future__ import annotations

import functools
import json
from typing import Any

import mcp_types as types

from backtester.codec.decode import child
from backtester.contract.schemas import built_in_strategies, resolved_schema
from backtester.model.errors import RequestError, did_you_mean, echo, invalid_at, nearest
from backtester.prices.listing import listing
from backtester.runtime.plug_ins.strategy_listing import listing_by_command
from backtester.settings import Settings

_MOST_COMPARED = 10
_FOR_FORMS = ("title", "examples")
_NAME = {
    "type": "string",
    "description": "One strategy's name: its description with the schema of its parameters, or with the address of it.",
}
_QUERY = {"type": "string", "description": "A part of a symbol or of its description; all symbols when left out."}
_DATA_ONLY = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, destructive_hint=False)


@functools.cache
def tools() -> tuple[types.Tool, ...]:
    """Return the tools."""
    request = _request_schema()
    # the whole schema stands once: the list of tools takes room in an assistant's memory
    one = {
        "type": "object",
        "description": "A request, as the input of run_backtest has it.",
        "required": request["required"],
    }
    requests = {"type": "array", "items": one, "minItems": 2, "maxItems": _MOST_COMPARED}
    return (
        _tool("list_strategies", "List the strategies, or the parameters of one.", _object(name=_NAME)),
        _tool("list_symbols", "List the symbols whose prices are at hand, with their dates.", _object(query=_QUERY)),
        _tool(
            "check_request",
            "Check a request without running it: the request with every default, or every problem with a pointer. "
            "The input is that of run_backtest.",
            one,
        ),
        _tool(
            "run_backtest",
            "Run a backtest: metrics, period, warnings, and the addresses of series, weights, trades and tables. "
            "`parameters` are those that list_strategies describes.",
            request,
            open_world=True,
        ),
        _tool(
            "compare_backtests",
            f"Run 2 to {_MOST_COMPARED} backtests and return their main metrics side by side. "
            "The best of several is partly luck: the more are compared, the more.",
            {**_object(requests=requests), "required": ["requests"]},
            open_world=True,
        ),
    )


@functools.cache
def strategies() -> list[dict[str, Any]]:
    """Return name, description and parameter schema of every strategy, plug-ins included."""
    found: list[dict[str, Any]] = json.loads(listing_by_command())
    return found


def strategy_named(name: str) -> dict[str, Any]:
    """Return name, description and parameter schema of a strategy. RequestError UNKNOWN_STRATEGY."""
    entries = {entry["name"]: entry for entry in strategies()}
    if name in entries:
        return entries[name]
    suggestion = nearest(name, [*entries])
    detail = f"There is no strategy {echo(name)!a}{did_you_mean(suggestion)} Known strategies: {', '.join(entries)}."
    raise RequestError("UNKNOWN_STRATEGY", detail, pointer="/name", suggestion=suggestion)


def strategy_name(arguments: dict[str, Any]) -> str | None:
    """Return the strategy that is asked for; None: all are. RequestError VALIDATION_FAILED."""
    return _text_of(arguments, "name")


def symbols(arguments: dict[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """Return the symbols with prices on this machine that match. RequestError."""
    query = (_text_of(arguments, "query") or "").casefold()
    found = [
        entry
        for entry in listing(settings)
        if query in entry["symbol"].casefold() or query in entry["description"].casefold()
    ]
    return sorted(found, key=lambda entry: not entry["symbol"].casefold().startswith(query))


def compared_requests(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requests to compare. RequestError VALIDATION_FAILED."""
    requests = arguments.get("requests")
    if not isinstance(requests, list) or not all(isinstance(request, dict) for request in requests):
        raise invalid_at("/requests", "WRONG_TYPE", "`requests` is a list of requests.")
    if not 2 <= len(requests) <= _MOST_COMPARED:
        detail = f"Send 2 to {_MOST_COMPARED} requests, not {len(requests)}."
        raise invalid_at("/requests", "OUT_OF_RANGE", detail)
    return requests


def _text_of(arguments: dict[str, Any], name: str) -> str | None:
    """Return the one argument of a tool that has no other. RequestError VALIDATION_FAILED."""
    value = arguments.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid_at(f"/{name}", "WRONG_TYPE", f"`{name}` is a text.")
    for key in arguments:
        if key != name:
            raise invalid_at(child("", key), "UNKNOWN_FIELD", f"The only argument is `{name}`.")
    return value


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


@functools.cache
def _request_schema() -> dict[str, Any]:
    """Return the request's schema without what only forms use."""
    schema: dict[str, Any] = _without_hints(resolved_schema("request"))
    schema["properties"]["strategy"]["examples"] = [*built_in_strategies()]
    return schema


def _without_hints(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_hints(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = (key for key in node if not key.startswith(("x-", "$")) and not (key in _FOR_FORMS and "type" in node))
    return {key: _without_hints(node[key]) for key in kept}


def _tool(name: str, description: str, schema: dict[str, Any], *, open_world: bool = False) -> types.Tool:
    annotations = _DATA_ONLY.model_copy(update={"open_world_hint": open_world})
    return types.Tool(name=name, description=description, input_schema=schema, annotations=annotations)
