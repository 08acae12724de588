"""Finds the symbols inside a strategy's parameters, marked by `x-symbol` in its schema.

`holding`, and `held` in a tree: one of the request's holdings. `any`: a signal, which need not be held; its prices are
loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.codec.decode import child


def symbols_in(
    schema: dict[str, Any], value: Any, pointer: str, root: dict[str, Any] | None = None
) -> Iterator[tuple[str, str, str]]:
    """Yield (pointer, symbol upper-cased, "holding", "held" or "any") for every symbol in `value`, valid or not.

    Of a list as many as the schema allows. root: the whole schema, of which `schema` is a part; None: it is the whole.
    """
    root = schema if root is None else root
    if "$ref" in schema or "oneOf" in schema:
        from backtester.contract.alternatives import meant  # only trees have such

        schema = meant(schema, value, root)
    if isinstance(value, str):
        if "x-symbol" in schema:
            yield pointer, value.upper(), schema["x-symbol"]
        return
    for key, sub, item in _inside(schema, value):
        yield from symbols_in(sub, item, child(pointer, key), root)


def _inside(schema: dict[str, Any], value: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield the key, the schema and the value of each part of an array or an object."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value[: schema.get("maxItems")]):
            yield f"{index}", schema["items"], item
    elif isinstance(value, dict):
        for key, sub in schema.get("properties", {}).items():
            if key in value:
                yield key, sub, value[key]
        if isinstance(others := schema.get("additionalProperties"), dict):
            for key, item in value.items():
                yield key, others, item
