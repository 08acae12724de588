"""Finds the symbols inside a strategy's parameters, marked by `x-symbol` in its schema.

`holding`: one of the request's holdings. `any`: a signal, which need not be held; its prices are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.codec.decode import child


def symbols_in(schema: dict[str, Any], value: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    """Yield (pointer, symbol upper-cased, "holding" or "any") for every symbol in `value`, valid or not.

    Of a list as many as the schema allows.
    """
    if isinstance(value, str):
        if "x-symbol" in schema:
            yield pointer, value.upper(), schema["x-symbol"]
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value[: schema.get("maxItems")]):
            yield from symbols_in(schema["items"], item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, sub in schema.get("properties", {}).items():
            if key in value:
                yield from symbols_in(sub, value[key], child(pointer, key))
