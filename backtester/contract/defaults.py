"""Fills the defaults of the schemas, their only source, into a copy of a checked request."""

from __future__ import annotations

from typing import Any

_NOTHING = object()
_AS_IT_IS = (int, bool, type(None))  # no schema makes anything else of these


def fill(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None) -> Any:
    """Return a copy of a valid `value` with every default filled in, keys in the schema's order.

    Values without properties (a column of inline prices) are shared, not copied: no code writes to them.

    A key with the value that its absence means (`x-absent`) is left out: no request has changed since there is the key.
    Symbols (`x-symbol`) are upper-cased. Whole floats become integers where the schema says integer: 2.0 and 2 are the
    same JSON number. root: the whole schema, of which `schema` is a part; None: it is the whole.
    """
    root = schema if root is None else root
    if "$ref" in schema or "oneOf" in schema:
        from backtester.contract.alternatives import meant  # only trees have such

        schema = meant(schema, value, root)
    if isinstance(value, dict):
        return _filled(schema, value, root)
    if isinstance(value, list) and isinstance(schema.get("items"), dict) and not schema.get("x-bulk"):
        return [fill(schema["items"], item, root) for item in value]
    if isinstance(value, str) and "x-symbol" in schema:
        return value.upper()
    if isinstance(value, float) and value.is_integer() and "integer" in schema.get("type", ()):
        return int(value)
    return value


def _filled(schema: dict[str, Any], value: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema:
        filled: dict[str, Any] = {}
        for key, sub in schema["properties"].items():
            if key in value and value[key] == sub.get("x-absent", _NOTHING):
                continue
            if key in value:
                item = value[key]
                filled[key] = item if type(item) in _AS_IT_IS else fill(sub, item, root)  # many, without a call
            elif "default" in sub:
                default = sub["default"]  # flat, so that this copies all that `fill` shares
                if type(default) not in _AS_IT_IS:
                    default = fill(sub, default.copy() if isinstance(default, (dict, list)) else default, root)
                filled[key] = default
        return filled
    if "anyOf" in schema:
        return _filled(next(one for one in schema["anyOf"] if one.get("type") == "object"), value, root)
    if isinstance(schema.get("additionalProperties"), dict):
        return {key: fill(schema["additionalProperties"], item, root) for key, item in value.items()}
    return value
