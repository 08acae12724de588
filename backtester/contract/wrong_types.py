"""Says what a value of the wrong type should be, and reads what is meant by it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from backtester.codec.decode import decode
from backtester.model.errors import RequestError

_NUMBER = (  # a text: only a mistake pays for compiling it
    r"(?P<number>[+-]?(?:(?P<grouped>[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?|\d+(?:_\d+)*(?:[.,]\d+)?))\s*(?P<percent>%)?"
)
_TYPE_NAMES = {
    "object": "an object", "array": "an array", "string": "a string", "number": "a number",
    "integer": "a whole number", "boolean": "true or false", "null": "null",
}  # fmt: skip

_LONGEST = 500  # characters of JSON: a suggestion repeats what was sent

Schema = dict[str, Any]


def wrong_type(wanted: list[str], value: Any, schema: Schema) -> str:
    """Return the sentence that says which types are wanted, which came, and what an object must have."""
    is_date = schema.get("format") == "date"
    names = " or ".join("a date, YYYY-MM-DD" if is_date and name == "string" else _TYPE_NAMES[name] for name in wanted)
    if not {"object", "array"}.isdisjoint(wanted) and encoded_twice(value) is not None:
        return f"The value must be {names}, not a string of JSON. Send what the string holds: it was encoded twice."
    return f"The value must be {names}, not {_name_of(value)}{_keys_wanted(schema)}."


def encoded_twice(value: Any) -> Any:
    """Return the object or array whose JSON a string holds; None where it holds none."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    raw = value.encode("utf-8", "surrogatepass")
    try:
        return decode(raw, max_bytes=len(raw))
    except RequestError:
        return None


def _keys_wanted(schema: Schema) -> str:
    """Return the end of a sentence: the keys of an object, or of the objects of an array."""
    many = isinstance(schema.get("items"), dict)
    of = schema["items"] if many else schema
    if of.get("type") != "object":
        return ""
    if "required" in of:
        return f". {'Each item' if many else 'It'} is an object with {' and '.join(of['required'])}"
    return f". It may have the keys {', '.join(of['properties'])}" if of.get("properties") else ""


def _name_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "a number" if isinstance(value, int) or value.is_integer() else "a number with decimals"
    return "a string" if isinstance(value, str) else "an array" if isinstance(value, list) else "an object"


def as_number(text: str) -> float | int | None:
    """Return the number that a text such as `0.5`, `10,000`, `0,5` or `50 %` means; None where that is not clear."""
    match = re.fullmatch(_NUMBER, text[:40].strip(), re.ASCII)
    if match is None:
        return None
    digits, percent = match["number"], match["percent"]
    digits = digits.replace(",", "" if match["grouped"] else ".").replace("_", "")
    number = float(digits) / (100 if percent else 1)
    return int(number) if number.is_integer() else number


def meant_value(wanted: list[str], value: Any, schema: Schema, accepts: Callable[[Any, Schema], bool]) -> Any:
    """Return the value as it is meant: as a number, in an array, out of one, or under a key. None: it is not clear.

    accepts: says whether a value is valid by a schema.
    """
    likely: list[Any] = []
    if isinstance(value, str) and {"number", "integer"} & set(wanted):
        likely.append(as_number(value))
    elif value in ("true", "false") and "boolean" in wanted:
        likely.append(value == "true")
    elif isinstance(value, float) and "integer" in wanted and abs(value) < 1e15:
        likely.append(round(value))
    if value is not None and len(json.dumps(value)) <= _LONGEST:
        likely += _reshaped(wanted, value, schema, accepts)
    return next((one for one in likely if one is not None and accepts(one, schema)), None)


def _reshaped(wanted: list[str], value: Any, schema: Schema, accepts: Callable[[Any, Schema], bool]) -> Iterator[Any]:
    if isinstance(value, list) and len(value) == 1:
        yield value[0]
    yield encoded_twice(value)
    if not isinstance(value, list) and "array" in wanted:
        yield [value]
    # a number may be valid under one key by its size alone
    if "object" in wanted and isinstance(value, (str, list)) and len(schema.get("required", ())) < 2:
        keys = [key for key, one in schema.get("properties", {}).items() if accepts(value, _built_in(one))]
        if len(keys) == 1:
            yield {keys[0]: value}


def _built_in(schema: Schema) -> Schema:
    """Return the schema without the names that plug-ins may add, which accept every text."""
    return {**schema, "anyOf": schema["anyOf"][:1]} if "anyOf" in schema else schema
