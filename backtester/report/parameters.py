"""A strategy's parameters in words, as the sentence about the run has them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from backtester.report import written

Schema = dict[str, Any]
Values = dict[str, Any]
_UNNAMED = ("", "holdings", "ratio", "number")  # the title says it already


def in_words(parameters: Values, known: dict[str, Schema]) -> list[str]:
    """Return every number, and what else is not at its default; the frequency of rebalances has its own words.

    known: the schema of each parameter, none for a plug-in. What another parameter makes unused is left out.
    """
    said = []
    for name, value in parameters.items():
        schema = known.get(name, {})
        if name == "rebalance_frequency" or not _is_told(value, schema) or _chooses_unit(schema, known):
            continue
        if any(parameters.get(other) != used for other, used in schema.get("x-used-when", {}).items()):
            continue
        unit = functools.partial(_unit, parameters, known)
        said.append(f"top {value}" if name == "top_n" else _words(name, value, schema, unit))
    return said


def _is_told(value: Any, schema: Schema) -> bool:
    """Tell whether to say it: a number unless it is a default of 0, anything else unless it is its default."""
    if value is None or ("default" in schema and value == schema["default"] and (value == 0 or not _is_number(value))):
        return False
    return isinstance(value, (bool, int, float, str)) or (isinstance(value, list) and bool(value))


def _chooses_unit(schema: Schema, known: dict[str, Schema]) -> bool:
    """Tell whether the parameter is the unit of others, with which it is said."""
    inner = [part for one in known.values() for part in one.get("items", {}).get("properties", {}).values()]
    return any(schema.get("enum") == _choices(one) for one in (*known.values(), *inner))


def _choices(schema: Schema) -> list[str]:
    units = str(schema.get("x-unit", "")).split(" or ")
    return units if len(units) > 1 else []


def _unit(parameters: Values, known: dict[str, Schema], schema: Schema) -> str:
    """Return what a number is measured in; of `sessions or months`, what another parameter says."""
    choices = _choices(schema)
    for name, one in known.items() if choices else ():
        if one.get("enum") == choices:
            return str(parameters.get(name, one.get("default")))
    return str(schema.get("x-unit", ""))


def _words(name: str, value: Any, schema: Schema, unit: Callable[[Schema], str]) -> str:
    label = str(schema.get("title") or name.replace("_", " "))
    label = label[:1].lower() + label[1:]
    if isinstance(value, bool):
        return label if value else f"no {label}"
    values = value if isinstance(value, list) else [value]
    if all(isinstance(one, dict) for one in values):
        parts = schema.get("items", {}).get("properties", {}) or {key: {} for key in values[0]}
        columns = {key: [row.get(key, one.get("default")) for row in values] for key, one in parts.items()}
        told = [key for key, column in columns.items() if any(_is_told(each, parts[key]) for each in column)]
        return f"{label} of {written.listed([_words(key, columns[key], parts[key], unit) for key in told])}"
    if all(_is_number(one) for one in values):
        return f"{label} {_numbers(values, unit(schema))}"
    return f"{label} {written.listed([_word(one, schema) for one in values])}"


def _word(value: Any, schema: Schema) -> str:
    return str(value).replace("_", " ") if "enum" in {**schema, **schema.get("items", {})} else str(value)


def _numbers(values: list[float], unit: str) -> str:
    """Return 1, 3 and 12 months; 12.5 %."""
    if unit.startswith("fraction"):
        return f"{written.listed([_exact(100 * value) for value in values])}{written.SPACE}%"
    if unit.startswith("multiple of "):
        return f"{written.listed([_exact(value) for value in values])} times {unit.removeprefix('multiple of ')}"
    named = unit.removesuffix("s") if values == [1] else unit
    return written.listed([_exact(value) for value in values]) + ("" if unit in _UNNAMED else f" {named}")


def _exact(value: float) -> str:
    return f"{value:,.12g}".replace("-", written.MINUS)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
