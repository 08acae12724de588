"""Decodes bytes to one JSON document, more strictly than `json.loads`.

`json.loads` takes NaN, Infinity, 1e999, repeated keys, lone surrogates and UTF-16. Parsers disagree on
their meaning, so they are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from backtester.model.errors import LimitError, Problem, RequestError, echo

MAX_DEPTH = 32
_LARGEST = 1.7976931348623157e308


def decode(raw: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:
    """Decode the request document.

    raw: UTF-8 without a byte order mark, at most max_bytes, nested at most max_depth levels.
    LimitError REQUEST_TOO_LARGE, RequestError INVALID_JSON.
    """
    if len(raw) > max_bytes:
        raise too_large(max_bytes)
    text = _decode_text(raw)
    repeated: dict[int, list[str]] = {}

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    repeated.setdefault(id(made), []).append(key)
                seen.add(key)
        return made

    try:
        document = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        raise _invalid(f"The document is nested deeper than {max_depth} levels.") from None
    except ValueError:  # an integer of more digits than Python converts
        raise _invalid("A number is too large for a double.") from None
    check_tree(document, repeated, max_depth=max_depth)
    return document


def check_tree(
    document: Any, repeated: dict[int, list[str]] | None = None, *, max_depth: int = MAX_DEPTH
) -> None:  # fmt: skip
    """Refuse values that only Python accepts as JSON. `repeated`: id of an object -> the keys it repeats.

    RequestError INVALID_JSON. A dict given to `run` is checked here too.
    """
    problems = [*_walk(document, "", max_depth, repeated or {})]
    if problems:
        raise RequestError("INVALID_JSON", problems[0].detail, problems=tuple(problems[:20]))


def too_large(max_bytes: int) -> LimitError:
    """Return the error for a document over the limit."""
    return LimitError("REQUEST_TOO_LARGE", f"The request is larger than {max_bytes} bytes.")


def _decode_text(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw[:3] == b"\xef\xbb\xbf":
        raise _invalid(
            "The document starts with a byte order mark. Send UTF-8 without one.",
            remedy="Save the file as UTF-8 without a byte order mark (BOM), or leave the mark out where it is written.",
        )
    if b"\x00" in raw[:4]:
        raise _invalid("The document looks like UTF-16 or UTF-32. Send UTF-8.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(f"The document is not UTF-8 at byte {error.start}.") from None
    if not text.strip(" \t\r\n"):
        raise _invalid(
            "The document is empty. Send one JSON object.",
            remedy="Send a request, one JSON object. docs/reference/request.md has its keys and an example.",
        )
    return text


def _invalid(detail: str, *, remedy: str | None = None) -> RequestError:
    return RequestError("INVALID_JSON", detail, remedy=remedy)


def _not_json(text: str, error: json.JSONDecodeError) -> RequestError:
    if text.lstrip().startswith("[object "):  # what JavaScript makes of an object where it wants a text
        return _invalid("The document is the text of a JavaScript object, not its JSON. Use JSON.stringify.")
    fault = error.msg.removesuffix(" at")
    return _invalid(f"The document is not JSON: {fault} at line {error.lineno}, column {error.colno}.")


def _refuse_constant(name: str) -> NoReturn:
    raise _invalid(f"{name} is not a JSON number.")


def _walk(value: Any, pointer: str, levels: int, repeated: dict[int, list[str]]) -> Iterator[Problem]:
    """Yield the problems that json.loads accepts: depth, surrogates, overflow, repeated keys, and what is no JSON.

    levels: that are left.
    """
    if isinstance(value, (dict, list)) and levels < 1:
        detail = f"The document is nested deeper than {pointer.count('/')} levels."
        yield Problem(pointer=pointer, code="TOO_DEEP", detail=detail)
    elif isinstance(value, dict):
        yield from _walk_object(value, pointer, levels, repeated)
    elif isinstance(value, list):
        if not _plain_numbers(value):
            for index, item in enumerate(value):
                yield from _walk(item, f"{pointer}/{index}", levels - 1, repeated)
    elif isinstance(value, str):
        yield from _check_text(value, pointer)
    elif isinstance(value, (int, float)) and not abs(value) <= _LARGEST:
        yield Problem(pointer=pointer, code="NUMBER_TOO_LARGE", detail="A number is too large for a double.")
    elif value is not None and not isinstance(value, (int, float)):  # from Python: a date, a tuple, a scalar of numpy
        kind = type(value)  # with its module: numpy has a `bool` that is none
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        detail = f"JSON has no {name} of Python. Send a str, int, float, bool, None, list or dict."
        yield Problem(pointer=pointer, code="WRONG_TYPE", detail=detail)


def _walk_object(value: dict[str, Any], pointer: str, levels: int, repeated: dict[int, list[str]]) -> Iterator[Problem]:
    for key in repeated.get(id(value), ()):
        yield Problem(pointer=child(pointer, key), code="DUPLICATE_KEY", detail=f"The key {echo(key)!a} is repeated.")
    for key, item in value.items():
        if not isinstance(key, str):
            yield Problem(pointer=pointer, code="WRONG_TYPE", detail=f"The key {echo(str(key))!a} must be a string.")
            continue
        yield from _check_text(key, pointer)
        yield from _walk(item, child(pointer, key), levels - 1, repeated)


def _plain_numbers(values: list[Any]) -> bool:
    """Return whether a list holds only finite numbers and nulls, at the speed of built-ins."""
    if not set(map(type, values)) <= {float, int, type(None)}:
        return False
    numbers = [value for value in values if value is not None]
    return not numbers or (min(numbers) >= -_LARGEST and max(numbers) <= _LARGEST)


def _check_text(text: str, pointer: str) -> Iterator[Problem]:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            detail = "A string holds half a surrogate pair."
            yield Problem(pointer=ascii_pointer(pointer), code="LONE_SURROGATE", detail=detail)


def child(pointer: str, key: str) -> str:
    """Extend a JSON pointer (RFC 6901) by one key, cut so that a message never echoes much input."""
    escaped = key.replace("~", "~0").replace("/", "~1")
    return ascii_pointer(f"{pointer}/{escaped if len(escaped) <= 100 else escaped[:99] + '…'}")


def ascii_pointer(pointer: str) -> str:
    """Replace what cannot be encoded as UTF-8."""
    return pointer if pointer.isascii() else pointer.encode("utf-8", "replace").decode("utf-8")
