"""Finds the schema that a value is meant to be of: references followed, and one of several alternatives chosen.

An alternative is told by its first required key, and where that key has one of several words, by its word. So the
problems of a value are those of what it was meant to be, not of everything that it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def meant(schema: Schema, value: Any, root: Schema) -> Schema:
    """Return the schema of `value` without `$ref` and `oneOf`. root: the whole schema, which has the `$defs`.

    Where no alternative is meant, the schema with its `oneOf`.
    """
    while "$ref" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
            continue
        found = alternative(schema["oneOf"], value)
        if found is None:
            return schema
        schema = found
    return schema


def alternative(alternatives: list[Schema], value: Any) -> Schema | None:
    """Return the alternative that a value is meant to be, None where that is not clear."""
    if not isinstance(value, dict):
        return next((one for one in alternatives if one["type"] != "object" and not isinstance(value, list)), None)
    keyed = [one for one in alternatives if one["type"] == "object" and one["required"][0] in value]
    return next((one for one in keyed if _has_word(one, value)), keyed[0] if keyed else None)


def keys_of(alternatives: list[Schema]) -> list[str]:
    """Return the keys that tell the alternatives, each once."""
    return list(dict.fromkeys(one["required"][0] for one in alternatives if one["type"] == "object"))


def words_of(alternatives: list[Schema], key: str) -> list[str]:
    """Return the words by which a key tells several alternatives; none where it tells one."""
    told = [one["properties"][key] for one in alternatives if one["type"] == "object" and one["required"][0] == key]
    return [word for one in told for word in one.get("enum", [one.get("const")])] if len(told) > 1 else []


def _has_word(one: Schema, value: dict[str, Any]) -> bool:
    key = one["required"][0]
    wanted = one["properties"][key]
    return value[key] in wanted.get("enum", [wanted.get("const", value[key])])


def one_of(validator: Any, alternatives: list[Schema], instance: Any, schema: Schema) -> Iterator[Any]:
    """Yield jsonschema's errors of the alternative that a value is meant to be: `oneOf` of our validator."""
    from jsonschema.exceptions import ValidationError

    found = alternative(alternatives, instance)
    if found is None:
        yield ValidationError("none of the alternatives is meant")
        return
    key = found["required"][0] if isinstance(instance, dict) else ""
    words = words_of(alternatives, key) if key else []
    if words and isinstance(instance[key], str) and instance[key] not in words:
        yield ValidationError(
            "none of the words", path=[key], validator="enum", validator_value=words, instance=instance[key], schema={}
        )
    else:
        yield from validator.descend(instance, found)
