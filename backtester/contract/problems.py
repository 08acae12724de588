"""Translates jsonschema's errors into problems: pointer, code, detail and the likely fix."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from backtester.codec.decode import ascii_pointer, child
from backtester.contract.alternatives import keys_of
from backtester.contract.wrong_types import meant_value, wrong_type
from backtester.model.errors import Problem, did_you_mean, echo, nearest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_PROBLEMS = 100
NOT_A_DATE = "The value must be a date, YYYY-MM-DD."
_TINY = 1e-6  # the least capital: a caller who sent 0 has not asked for it
_SURELY_PERCENT = 2  # and more, of a part of a whole
# texts: only a mistake pays for compiling them
_CLASS_OF_SHARE = r"^([A-Za-z]{1,6})[ /]([A-Za-z])$"
_DATES = (
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[T ].*)?",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
    r"(?P<day>1[3-9]|[23]\d)[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})",  # of a day above 12 the order is clear
    r"(?P<month>\d{1,2})[-/.](?P<day>1[3-9]|[23]\d)[-/.](?P<year>\d{4})",
)
_EITHER_ORDER = r"(0?[1-9]|1[0-2])[-/.](0?[1-9]|1[0-2])[-/.](\d{4})"  # month and day, or day and month
# what other programs call a key of ours: a word of theirs, and our names for it
_OTHER_NAMES = {
    "ticker": ("symbol",), "weight": ("allocation",), "window": ("lookback_period", "volatility_window", "ma_period"),
    "assets": ("holdings",), "tickers": ("holdings",), "from": ("start_date",), "to": ("end_date",),
}  # fmt: skip


def from_validation_error(error: ValidationError, prefix: str = "") -> Iterator[Problem]:
    """Translate one error of jsonschema into one or more problems. `prefix` is the pointer of the document's root."""
    pointer = prefix + "".join(_segment(part) for part in error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        pointer = child(pointer, str(error.instance))
    translate = _TRANSLATORS.get(str(error.validator))
    if error.validator == "anyOf":
        yield from _any_of(error, pointer, prefix)
    elif translate is None:
        yield Problem(pointer=pointer, code="INVALID_VALUE", detail="The value does not match the schema.")
    else:
        yield from translate(pointer, error.validator_value, error.instance, error.schema)


def document_order(document: Any) -> Callable[[Problem], tuple[tuple[float, ...], str, str]]:
    """Return a sort key that puts problems in the order of their pointers in the document."""
    places: dict[int, dict[str, int]] = {}  # of the keys of each object on the way of a pointer

    def place(node: dict[str, Any], name: str) -> float:
        if id(node) not in places:
            places[id(node)] = {key: index for index, key in enumerate(node)}
        return places[id(node)].get(name, float("inf"))  # a missing key: after all that is there

    def key(problem: Problem) -> tuple[tuple[float, ...], str, str]:
        position: list[float] = []
        node = document
        for part in problem.pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                position.append(place(node, name))
                if name not in node:
                    break
                node = node[name]
            elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
                position.append(int(name))
                node = node[int(name)]
            else:
                break
        return tuple(position), problem.pointer, problem.code

    return key


def _segment(part: str | int) -> str:
    return f"/{part}" if isinstance(part, int) else child("", part)


def _received(pointer: str, code: str, detail: str, value: Any, suggestion: Any = None) -> Problem:
    shown = echo(value)
    if isinstance(shown, str):
        shown = ascii_pointer(shown)
    return Problem(pointer=pointer, code=code, detail=detail, received=shown, has_received=True, suggestion=suggestion)


def _type(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    wanted = [wanted] if isinstance(wanted, str) else wanted
    meant = meant_value(wanted, value, schema, _accepts)
    yield _received(pointer, "WRONG_TYPE", wrong_type(wanted, value, schema), value, meant)


def _accepts(value: Any, schema: Any) -> bool:
    from jsonschema import Draft202012Validator
    from referencing.exceptions import Unresolvable

    try:
        return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(value)
    except Unresolvable:  # a part of a tree of rules refers to the whole schema
        return False


def _required(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    for name in wanted:
        if name not in value:
            yield Problem(pointer=child(pointer, name), code="REQUIRED", detail=f"{name} is required.")


def _additional(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    known = tuple(schema.get("properties", {}))
    surplus = [key for key in value if key not in known]
    free = tuple(name for name in known if name not in value)
    for key in surplus[:MAX_PROBLEMS]:
        suggestion = meant_key(key, free) or meant_key(key, known)
        hint = did_you_mean(suggestion) if suggestion else f". Known keys: {', '.join(known)}."
        yield Problem(
            pointer=child(pointer, key), code="UNKNOWN_FIELD",
            detail=f"{ascii_pointer(echo(key))!a} is not a known key{hint}", suggestion=suggestion,
        )  # fmt: skip


def meant_key(key: str, known: tuple[str, ...]) -> str | None:
    """Return the known key that is meant: one of another name, one that has `key` as words of its own, or the nearest.

    Of several that begin with `key` the schema's first is the usual one; the end has to be of one key alone.
    """
    word = key.lower()
    named = [name for name in _OTHER_NAMES.get(word, ()) if name in known]
    longer = [name for name in known if name.startswith(f"{word}_")]
    ending = [name for name in known if name.endswith(f"_{word}")]
    return next(iter(named or longer), None) or (ending[0] if len(ending) == 1 else nearest(key, known))


def _enum(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    from backtester.contract.other_words import meant_word  # only a mistake needs it

    names = [name for name in wanted if isinstance(name, str)]
    if isinstance(value, bool) or not isinstance(value, str if names else (int, float)):
        return  # the wrong type is reported by `type`
    suggestion = meant_word(value, names) if isinstance(value, str) else None
    detail = f"The value must be one of {', '.join(map(str, wanted))}{did_you_mean(suggestion)}"
    yield _received(pointer, "INVALID_CHOICE", detail, value, suggestion)


def _const(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    shown = "true" if wanted is True else f"{wanted!a}"
    yield _received(pointer, "INVALID_CHOICE", f"The value must be {shown}.", value, wanted)


def _bound(words: str, *, at_limit: bool) -> Callable[..., Iterator[Problem]]:
    def translate(pointer: str, limit: Any, value: Any, schema: Any) -> Iterator[Problem]:
        unit = f" ({schema['x-unit']})" if "x-unit" in schema else ""
        suggestion: float | None = limit if at_limit and isinstance(limit, int) else None  # 1e-9 is no capital
        if schema.get("x-unit", "").startswith("fraction") and value > 0:
            suggestion = _of_percentage(value, schema["x-unit"])
        detail = f"The value must be {words} {limit:g}{unit}."
        if at_limit and 0 < limit < _TINY and value <= 0:
            detail = f"The value must be above 0{unit}."
        accepted = suggestion is not None and _accepts(suggestion, schema)
        yield _received(pointer, "OUT_OF_RANGE", detail, value, suggestion if accepted else None)

    return translate


def _of_percentage(value: float, unit: str) -> float | None:
    """Return the fraction that is meant where a percentage was sent; None where it may have been none.

    A rate of 1.5 is 1.5 %; a part of 1.5 may be 1.5 % or one and a half.
    """
    return value / 100 if unit == "fraction per year" or value >= _SURELY_PERCENT else None


def _count(words: str, unit: str) -> Callable[..., Iterator[Problem]]:
    def translate(pointer: str, limit: Any, value: Any, schema: Any) -> Iterator[Problem]:
        detail = f"The value must have {words} {limit} {unit}{'' if limit == 1 else 's'}. It has {len(value)}."
        yield _received(pointer, "OUT_OF_RANGE", detail, value)

    return translate


def _pattern(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    detail, suggestion = "The value has the wrong form.", value.strip()
    if "{1,20}" in wanted:
        detail = "A symbol must be 1 to 20 of A-Z a-z 0-9 . ^ = _ - &."
        suggestion = re.sub(_CLASS_OF_SHARE, r"\1-\2", suggestion.removeprefix("$"))  # BRK B, BRK/B: Yahoo's BRK-B
    yield _received(pointer, "INVALID_FORMAT", detail, value, suggestion if re.search(wanted, suggestion) else None)


def _format(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    yield bad_date(pointer, value)


def bad_date(pointer: str, value: str) -> Problem:
    """Return the problem of a string that is not a date, with the likely date as suggestion."""
    suggestion, detail = None, NOT_A_DATE
    match = next(filter(None, (re.fullmatch(form, value[:40].strip(), re.ASCII) for form in _DATES)), None)
    if match:
        import calendar

        year, month, day = (int(match[name]) for name in ("year", "month", "day"))
        with contextlib.suppress(ValueError):
            last = calendar.monthrange(year, month)[1]
            detail = "This date does not exist." if day > last else NOT_A_DATE
            suggestion = datetime.date(year, month, min(day, last)).isoformat()
    elif match := re.fullmatch(_EITHER_ORDER, value[:40].strip(), re.ASCII):
        first, second, year = (int(part) for part in match.groups())
        both = {f"{year:04d}-{one:02d}-{other:02d}" for one, other in ((first, second), (second, first))}
        detail = f"{NOT_A_DATE} This one may be {' or '.join(sorted(both))}."
    return _received(pointer, "INVALID_FORMAT", detail, value, suggestion)


def _unique(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    yield Problem(pointer=pointer, code="DUPLICATE_ITEM", detail="The list names an item twice.")


def _any_of(error: ValidationError, pointer: str, prefix: str) -> Iterator[Problem]:
    """Our anyOf are values of different types, and names that plug-ins add to, whose unknown ones `rules` reports."""
    alternatives: Any = error.validator_value
    if "enum" in alternatives[0]:
        return
    wanted = [one["type"] for one in alternatives]
    kind = {str: "string", list: "array", dict: "object", type(None): "null"}.get(type(error.instance))
    if kind not in wanted:
        yield from _type(pointer, wanted, error.instance, error.schema)
        return
    for inside in error.context or ():
        if inside.relative_schema_path[0] == wanted.index(kind):
            yield from from_validation_error(inside, prefix)


def _one_of(pointer: str, wanted: Any, value: Any, schema: Any) -> Iterator[Problem]:
    """Our oneOf are the kinds of a node, of a condition and of a value; none of them is meant."""
    if not isinstance(value, dict):
        yield from _type(pointer, list(dict.fromkeys(one["type"] for one in wanted)), value, {"oneOf": wanted})
        return
    keys = keys_of(wanted)
    meant = next(((key, near) for key in [*value][:20] if (near := nearest(key, keys))), None)
    what = f"It has exactly one of the keys {', '.join(keys)}." if len(keys) > 1 else f"It needs the key {keys[0]}."
    if meant is None:
        yield Problem(pointer=pointer, code="REQUIRED", detail=f"This object is of no known kind. {what}")
    else:
        detail = f"{ascii_pointer(echo(meant[0]))!a} is not a known key{did_you_mean(meant[1])} {what}"
        yield Problem(pointer=child(pointer, meant[0]), code="UNKNOWN_FIELD", detail=detail, suggestion=meant[1])


_TRANSLATORS: dict[str, Callable[..., Iterator[Problem]]] = {
    "type": _type, "required": _required, "additionalProperties": _additional, "enum": _enum, "const": _const,
    "minimum": _bound("at least", at_limit=True), "exclusiveMinimum": _bound("above", at_limit=False),
    "maximum": _bound("at most", at_limit=True), "minLength": _count("at least", "character"),
    "maxLength": _count("at most", "character"), "minItems": _count("at least", "item"),
    "maxItems": _count("at most", "item"), "minProperties": _count("at least", "key"),
    "maxProperties": _count("at most", "key"), "pattern": _pattern, "format": _format, "uniqueItems": _unique,
    "oneOf": _one_of,
    "not": lambda *_: iter(()),  # it tells a mix from a ranking, which `alternatives` has told before
}  # fmt: skip
