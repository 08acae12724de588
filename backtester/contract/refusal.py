"""Asks jsonschema what is wrong with a value. Imported only where something may be: it takes fifty milliseconds.

It is the authority on what a schema allows. It looks at no more items and keys than the schema allows, so that a
hostile document costs no more than a large valid one: `uniqueItems` alone would compare each item with each.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend

from backtester.contract.alternatives import one_of
from backtester.contract.iso_dates import is_date
from backtester.contract.problems import MAX_PROBLEMS, from_validation_error
from backtester.contract.schemas import resolved_schema, strategy_schema, without_bulk_items
from backtester.contract.wrong_shapes import shape_problems
from backtester.model.errors import Problem

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def schema_problems(value: Any, strategy: str | None) -> Iterator[Problem]:
    """Yield the problems of a request; with a strategy, those of its parameters."""
    pointer = "" if strategy is None else "/parameters"
    of_parts = [*shape_problems(value)] if strategy is None else []
    yield from of_parts
    parts = tuple(f"{problem.pointer}/" for problem in of_parts)
    for error in itertools.islice(validator(strategy).iter_errors(value), 10 * MAX_PROBLEMS):
        if not "/".join(["", *map(str, error.absolute_path), ""]).startswith(parts):
            yield from from_validation_error(error, pointer)


@functools.cache
def validator(strategy: str | None) -> Validator:
    """Return jsonschema's validator of a request; with a strategy, that of its parameters."""
    schema = without_bulk_items(resolved_schema("request")) if strategy is None else strategy_schema(strategy)
    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or is_date(value))
    made: Validator = _bounded_validator()(schema, format_checker=formats)
    return made


@functools.cache
def _bounded_validator() -> type[Validator]:
    keywords = Draft202012Validator.VALIDATORS
    bounded = ("items", "uniqueItems", "additionalProperties", "propertyNames")
    extended: Callable[..., type[Validator]] = extend
    return extended(Draft202012Validator, {"oneOf": one_of, **{name: _bounded(keywords[name]) for name in bounded}})


def _bounded(keyword: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def look(validator: Any, wanted: Any, instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
        if isinstance(instance, list) and len(instance) > schema.get("maxItems", len(instance)):
            instance = instance[: schema["maxItems"]]
        elif isinstance(instance, dict) and len(instance) > schema.get("maxProperties", len(instance)):
            instance = dict(itertools.islice(instance.items(), schema["maxProperties"]))
        yield from keyword(validator, wanted, instance, schema) or ()

    return look
