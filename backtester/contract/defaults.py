"""Fills the defaults of the schemas, their only source, into a copy of a checked request."""

from __future__ import annotations

import copy
from typing import Any

_NOTHING = object()


def fill(schema: dict[str, Any], value: Any) -> Any:
    """Return a copy of a valid `value` with every default filled in, keys in the schema's order.

    Values without properties (a column of inline prices) are shared, not copied: no code writes to them.

    A key with the value that its absence means (`x-absent`) is left out: no request has changed since there is the key.
    Symbols (`x-symbol`) are upper-cased. Whole floats become integers where the schema says integer: 2.0 and 2 are the
    same JSON number.
    """
    if isinstance(value, dict) and "properties" in schema:
        filled: dict[str, Any] = {}
        for key, sub in schema["properties"].items():
            if key in value and value[key] == sub.get("x-absent", _NOTHING):
                continue
            if key in value:
                filled[key] = fill(sub, value[key])
            elif "default" in sub:
                default = sub["default"]
                filled[key] = fill(sub, copy.deepcopy(default) if isinstance(default, (dict, list)) else default)
        return filled
    if isinstance(value, dict) and "anyOf" in schema:
        return fill(next(one for one in schema["anyOf"] if one.get("type") == "object"), value)
    if isinstance(value, list) and isinstance(schema.get("items"), dict) and not schema.get("x-bulk"):
        return [fill(schema["items"], item) for item in value]
    if isinstance(value, str) and "x-symbol" in schema:
        return value.upper()
    if isinstance(value, float) and value.is_integer() and "integer" in schema.get("type", ()):
        return int(value)
    return value
