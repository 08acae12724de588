"""Reads the schemas, once, and resolves their references.

They lie in the package in a wheel (`backtester/schemas`), beside it in a checkout or an editable install.
importlib.resources would find them too, but takes ten milliseconds of every start.
"""

from __future__ import annotations

import copy
import functools
import json
import os
from collections.abc import Iterable
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@functools.cache
def schema_dir() -> str:
    """Return the folder of the schema files."""
    inside = os.path.join(_PACKAGE, "schemas")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(_PACKAGE), "schemas")


@functools.cache
def read_schema(name: str) -> dict[str, Any]:
    """Read `schemas/<name>.schema.json` as it is written. KeyError for a name that has no file."""
    path = os.path.join(schema_dir(), *f"{name}.schema.json".split("/"))
    try:
        with open(path, encoding="utf-8") as file:
            schema: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        raise KeyError(name) from None
    return schema


@functools.cache
def resolved_schema(name: str) -> dict[str, Any]:
    """Return a schema with every `$ref` replaced by its target; keys beside the `$ref` take precedence.

    A reader needs one document only. A reference to what contains itself (`x-recursive`, in the `$defs` of the schema)
    stays: `alternatives.meant` follows it.
    """
    resolved: dict[str, Any] = _resolve(read_schema(name), name)
    return resolved


@functools.cache
def request_schema(*, analysis: bool) -> dict[str, Any]:
    """Return the resolved schema of a request; without `analysis`, a third of it, where a request has none."""
    if analysis:
        return resolved_schema("request")
    whole = read_schema("request")
    properties = {key: value for key, value in whole["properties"].items() if key != "analysis"}
    resolved: dict[str, Any] = _resolve({**whole, "properties": properties}, "request")
    return resolved


def _resolve(node: Any, base: str) -> Any:
    if isinstance(node, list):
        return [_resolve(item, base) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {key: _resolve(value, base) for key, value in node.items()}
    file, _, fragment = node["$ref"].partition("#")
    name = base
    if file:
        name = os.path.normpath(os.path.join(os.path.dirname(base), file)).replace(os.sep, "/")
        name = name.removesuffix(".schema.json")
    target: Any = read_schema(name)
    for part in fragment.strip("/").split("/") if fragment.strip("/") else []:
        target = target[part]
    beside = {key: _resolve(value, base) for key, value in node.items() if key != "$ref"}
    if target.get("x-recursive"):
        return {"$ref": node["$ref"], **beside}
    found = {key: value for key, value in _resolve(target, name).items() if not key.startswith("$")}
    return {**found, **beside}


@functools.cache
def built_in_strategies() -> tuple[str, ...]:
    """Return the names of the strategies that have a schema file, sorted."""
    suffix = ".schema.json"
    folder = os.path.join(schema_dir(), "strategies")
    return tuple(sorted(name.removesuffix(suffix) for name in os.listdir(folder) if name.endswith(suffix)))


def metric_names() -> tuple[str, ...]:
    """Return the names of the metrics of a run."""
    return tuple(read_schema("common")["$defs"]["metric"]["enum"])


def built_in_sources() -> tuple[str, ...]:
    """Return the values of `data.source` that need no plug-in."""
    source = read_schema("request")["properties"]["data"]["properties"]["source"]
    return tuple(source["anyOf"][0]["enum"])


def plug_ins(kind: str = "strategies") -> tuple[str, ...]:
    """Return the names of third-party strategies, or sources: the entry points of the group `backtester.<kind>`.

    One that takes the name of a built-in one is left out.
    """
    from importlib.metadata import entry_points  # ten milliseconds, spent only for plug-ins and unknown names

    ours = built_in_sources() if kind == "sources" else built_in_strategies()
    return tuple(sorted({point.name for point in entry_points(group=f"backtester.{kind}")}.difference(ours)))


def runs_plug_in(request: dict[str, Any], network_source: str) -> bool:
    """Return whether a checked request, or a variation of it, may run code that is not ours.

    network_source: what `auto` ends with.
    """
    strategies, sources = values_of(request, "strategy"), values_of(request, "data", "source")
    used = {network_source if source == "auto" else source for source in sources}
    return not (strategies.issubset(built_in_strategies()) and used.issubset(built_in_sources()))


def values_of(request: dict[str, Any], *keys: str) -> set[str]:
    """Return the texts that a setting of a checked request has, in the request and in its variations.

    A patch may leave it out, which gives it its default.
    """
    found = [_at(request, keys)]
    found += [_at(variation["patch"], keys) for variation in request.get("compare", ())]
    for question in request.get("analysis", {}).values():
        given = question.get("over", {}).get("/".join(["", *keys]))
        found += given if isinstance(given, list) else []
    default = _at(read_schema("request"), [part for key in keys for part in ("properties", key)])
    return {default.get("default") if value is None else value for value in found if isinstance(value, str | None)}


def _at(node: Any, keys: Iterable[str]) -> Any:
    """Return what stands at the keys; None where an object on the way is null, an empty list where a key is absent."""
    for key in keys:
        if not isinstance(node, dict):
            return None
        if key not in node:
            return []
        node = node[key]
    return node


@functools.cache
def strategy_schema(name: str) -> dict[str, Any]:
    """Return the resolved schema of a strategy's parameters. KeyError when there is no such strategy."""
    if name in built_in_strategies():
        return resolved_schema(f"strategies/{name}")
    from importlib.metadata import entry_points

    for point in entry_points(group="backtester.strategies", name=name):
        schema: dict[str, Any] = copy.deepcopy(point.load().schema)
        return schema
    raise KeyError(name)


def without_bulk_items(schema: Any) -> Any:
    """Return the schema without `items` where it says `x-bulk`.

    jsonschema takes five microseconds an item, so half a million inline prices would take seconds;
    `contract.inline_prices` checks the same with built-ins.
    """
    if isinstance(schema, list):
        return [without_bulk_items(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bulk = schema.get("x-bulk") is True
    return {key: without_bulk_items(value) for key, value in schema.items() if not (bulk and key == "items")}
