"""The validators made of the schemas and jsonschema say the same of a value: two readers of one truth."""

from __future__ import annotations

import copy
import decimal
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtester.contract.check import accepts
from backtester.contract.refusal import validator
from backtester.contract.schemas import built_in_strategies, resolved_schema, strategy_schema, without_bulk_items
from tests.support.examples import examples
from tests.support.paths import ROOT

FAST = settings(deadline=None, derandomize=True, max_examples=examples(200), suppress_health_check=[*HealthCheck])
SCHEMAS: dict[str | None, Any] = {
    None: without_bulk_items(resolved_schema("request")),
    **{name: strategy_schema(name) for name in built_in_strategies()},
}
TEXTS = [
    "", "x", "AAPL", "aapl", "BRK-B", "^GSPC", "AAPL\n", "\nAAPL", "AAPL\r", "ÄÖ", "ſ", "A A", "A" * 20, "A" * 21,
    "x" * 64, "x" * 65, "x" * 128, "x" * 129, "1", "1.0", "true", "null", "momentum", "monthly", "monthly\n", "MONTHLY",
    "0.5", "2020-01-01", "2020-02-30", "0000-00-00", "0001-01-01", "2020-1-1", "２０２０-01-01",
    "٢٠٢٠-01-01", "2020-01-01\n", "2020-W01-1", "20200101", "2020-01-01T00:00:00", "2020/01/01", "\ud800", "\u0000",
]  # fmt: skip
NUMBERS = [
    0, -0.0, 1, -1, 2, 1.0, 2.0, 0.5, 1.5, True, False, 10**400, -(10**400), 2**63, 2.0**63, 1e16, 1e308, -1e308,
    5e-324, math.nan, math.inf, -math.inf, 1e-9, 1e-12,
]  # fmt: skip
SHAPES: list[Any] = [None, [], {}, [[]], [None], [{}], [1, True], [1, 1.0], ["x", "x"], {"x": 1}, {"": {}}, {"$ref": 1}]
ODD = [
    (), ("AAPL",), decimal.Decimal("0.5"), decimal.Decimal(1), np.float64(0.5), np.int64(1), np.bool_(True),
    np.str_("AAPL"), {1, 2}, {1: 2}, b"AAPL", 1j, object(), frozenset(), range(2), [set()], [(1,), (1,)],
]  # fmt: skip


def numbers_in(schema: Any) -> Iterator[float]:
    """Yield the bounds of a schema and their neighbours."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if isinstance(value, (dict, list)):
            yield from numbers_in(value)
        elif str(key).lower().endswith(("minimum", "maximum")):
            near = float(value)
            yield from (value, near, value + 1, value - 1, math.nextafter(near, math.inf), math.nextafter(near, 0))


def trees() -> Iterator[Any]:
    """Yield the trees of the examples: every kind of node."""
    for path in sorted((ROOT / "examples/requests").glob("rules*.json")):
        parameters = json.loads(path.read_text())["parameters"]
        yield from (parameters["tree"], *parameters.get("definitions", {}).values())


TREES = [*trees()]


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a schema allows."""
    if schema.get("$ref") == "#/$defs/node":
        return st.sampled_from(TREES)
    for key in ("anyOf", "oneOf"):
        if key in schema and "type" not in schema:
            return st.one_of(*map(valid, schema[key]))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type", "string")
    return st.one_of(*(of_type(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)))


def of_type(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "object":
        return an_object(schema)
    if kind == "array":
        few = min(schema.get("maxItems", 3), 3)
        items = valid(schema["items"]) if "items" in schema else st.integers(1, 9)
        return st.lists(
            items, min_size=schema.get("minItems", 0), max_size=max(few, schema.get("minItems", 0)),
            unique_by=repr if schema.get("uniqueItems") else None,
        )  # fmt: skip
    if kind in ("number", "integer"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1))
        most = schema.get("maximum", schema.get("exclusiveMaximum", least + 10))
        middle = int(least) + 1 if kind == "integer" else (least + most) / 2
        return st.sampled_from([middle, float(middle), least, most])
    if kind == "string":
        text = "2020-01-01" if "format" in schema else "AAPL"
        return st.sampled_from([text, "MSFT"] if text == "AAPL" else [text, "2021-12-31"])
    return st.booleans() if kind == "boolean" else st.none()


def an_object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    properties = {key: valid(sub) for key, sub in schema.get("properties", {}).items()}
    required = {key: properties.pop(key) for key in schema.get("required", ())}
    others = schema.get("additionalProperties")
    if not isinstance(others, dict):
        return st.fixed_dictionaries(required, optional=properties)
    return st.dictionaries(st.sampled_from(["AAPL", "MSFT"]), valid(others), min_size=schema.get("minProperties", 0))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container inside a value with a key of it."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from places(item)


def changed(value: Any, changes: list[tuple[int, str, Any]]) -> Any:
    """Return the value with something in it replaced, removed, added or repeated for each change."""
    value = copy.deepcopy(value)
    for number, kind, shared in changes:
        there, junk = [*places(value)], copy.deepcopy(shared)
        if not there:
            return junk
        where, key = there[number % len(there)]
        if kind == "replace":
            where[key] = junk
        elif kind == "remove":
            del where[key]
        elif kind == "add" and isinstance(where, dict):
            where[junk if isinstance(junk, str) else "other"] = junk
        elif isinstance(where, list):
            where.append(copy.deepcopy(where[key]) if kind == "repeat" else junk)
    return value


def changes(name: str | None, *more: Any) -> st.SearchStrategy[list[tuple[int, str, Any]]]:
    junk = [*TEXTS, *NUMBERS, *SHAPES, *numbers_in(SCHEMAS[name]), *more]
    kinds = st.sampled_from(["replace", "replace", "replace", "remove", "add", "repeat"])
    return st.lists(st.tuples(st.integers(0, 200), kinds, st.sampled_from(junk)), max_size=3)


@pytest.mark.parametrize("name", SCHEMAS)
def test_both_accept_and_refuse_the_same(name: str | None) -> None:
    said = {True: 0, False: 0}

    @FAST
    @given(valid(SCHEMAS[name]), changes(name))
    def holds(value: Any, how: list[tuple[int, str, Any]]) -> None:
        asked = changed(value, how)
        said[accepts(asked, name)] += 1
        assert accepts(asked, name) == validator(name).is_valid(asked), asked

    holds()
    assert min(said.values()) > sum(said.values()) / 25, "both were seen often"


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_python_alone_has_is_left_to_jsonschema(name: str | None) -> None:
    @FAST
    @given(valid(SCHEMAS[name]), changes(name), st.integers(0, 200), st.sampled_from(ODD))
    def holds(value: Any, how: list[tuple[int, str, Any]], number: int, odd: Any) -> None:
        asked = changed(value, [*how, (number, "replace", odd)])
        assert not accepts(asked, name) or validator(name).is_valid(asked), asked

    holds()


def test_a_plug_in_called_request_has_parameters_of_its_own() -> None:
    assert not accepts({"strategy": "buy_hold"}, "request")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_depth_of_a_value_changes_nothing(name: str | None) -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert not accepts(deep, name)
    assert not accepts({"parameters": deep, "holdings": deep, "rebalance_frequency": deep}, name)
