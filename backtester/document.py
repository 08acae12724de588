"""Documents as bytes: ASCII, no NaN, a newline at the end; the same bytes for the same document, whoever writes it."""

from __future__ import annotations

import itertools
import json
from typing import Any

_LONG = 16  # lists shorter than this are not worth a way of their own


def encode(document: dict[str, Any] | list[Any], *, pretty: bool = False) -> bytes:
    """Write a document on one line, or indented. ValueError for NaN or Infinity, which never get here.

    A result that is rounded to so many digits (output.precision) has its columns written with that many: repr
    would look for the shortest form at three times the cost, and find the same number.
    """
    if pretty:
        text = json.dumps(document, allow_nan=False, indent=2)
    else:
        text = _write(document, _number_format(document))
    return text.encode("ascii") + b"\n"


def _number_format(document: Any) -> str | None:
    try:
        precision = document["request"]["output"]["precision"]
    except (KeyError, TypeError):
        return None  # an error, or a list of strategies
    return None if precision is None else f"%.{precision}g"


def _write(value: Any, number: str | None) -> str:
    if number is not None and isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_write(item, number)}" for key, item in value.items()) + "}"
    if number is not None and isinstance(value, list) and len(value) > _LONG:
        kind = type(value[0])
        if kind is float and set(map(type, value)) == {float}:
            return f"[{','.join([number] * len(value)) % tuple(value)}]"
        if kind is dict:
            return _write_rows(value, number)
        if kind is str and set(map(type, value)) == {str}:
            text = '","'.join(value)
            plain = text.isascii() and text.isprintable() and "\\" not in text
            if plain and text.count('"') == 2 * (len(value) - 1):
                return f'["{text}"]'
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _write_rows(rows: list[dict[str, Any]], number: str) -> str:
    """Write rows of the same keys and types by one template."""
    keys, types = [*rows[0]], [*map(type, rows[0].values())]
    if not set(types) <= {str, float} or any([*row] != keys for row in rows):
        return json.dumps(rows, allow_nan=False, separators=(",", ":"))
    kinds = [*zip(keys, types, strict=True)]
    template = ",".join(f"{json.dumps(key)}:{number if kind is float else '%s'}" for key, kind in kinds)
    columns = [[row[key] for row in rows] for key in keys]
    for at, kind in enumerate(types):
        if kind is str:  # the same few strings again and again
            quoted = {text: json.dumps(text) for text in set(columns[at])}
            columns[at] = [quoted[text] for text in columns[at]]
    values = tuple(itertools.chain.from_iterable(zip(*columns, strict=True)))
    return f"[{','.join([f'{{{template}}}'] * len(rows)) % values}]"
