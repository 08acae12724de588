"""Encodes documents as ASCII bytes without NaN, with a newline at the end; the same document gives the same bytes.

A result's computed numbers are written with as many significant digits as `output.precision` asks for. The longest
columns are left as numbers in `parts`, so that both processes of a run share the work of writing them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as quoted  # a tenth of what json.dumps takes for a string
from typing import Any

from backtester.model.errors import BacktestError

COMPUTED = (
    "metrics",
    "metrics_monthly",
    "benchmark",
    "series",
    "weights",
    "trades",
    "final_holdings",
    "final_cash",
    "tables",
    "attribution",
    "decisions",
    "comparison",
    "analysis",
)
_HEAD = b'{"success":true,"schema_version":"1",'  # how every result begins, on one line
_LONG = 16  # shorter lists are written item by item
_ROW = 8  # keys of an object that is written on one line for people
_COLUMN = 256  # shorter columns are written as text at once
Part = str | list[float]


def encode(document: dict[str, Any] | list[Any], *, pretty: bool = False) -> bytes:
    """Write a document on one line, or indented. ValueError for NaN or Infinity."""
    digits = precision_of(document)
    pieces = [part if isinstance(part, str) else _column(part, digits) for part in parts(document, pretty=pretty)]
    return "".join(pieces).encode("ascii")


def encode_error(error: BacktestError, request_id: str | None, *, pretty: bool = False) -> bytes:
    """Write an error's document; without its problems where they hold a value that JSON cannot represent."""
    try:
        return encode(error.as_document(request_id), pretty=pretty)
    except (ValueError, TypeError):
        return encode({**error.as_document(request_id), "errors": []}, pretty=pretty)


def without_request_id(document: bytes, request_id: str | None) -> bytes:
    """Remove the request_id from a result, so that every caller of the same request can receive it."""
    return document if request_id is None else document.replace(_named(request_id), _HEAD, 1)


def with_request_id(document: bytes, request_id: str | None) -> bytes:
    """Insert a request_id into a result without one, in the place where a run would have written it."""
    return document if request_id is None else document.replace(_HEAD, _named(request_id), 1)


def _named(request_id: str) -> bytes:
    return _HEAD + f'"request_id":{quoted(request_id)},'.encode("ascii")


def precision_of(document: Any) -> int | None:
    """Return the significant digits that a document is written with; None: as many as it takes to read back exactly."""
    try:
        digits: int | None = document["request"]["output"]["precision"]
    except (KeyError, TypeError):
        return None  # an error, or a list of strategies
    return digits


def parts(document: Any, *, pretty: bool = False) -> Iterator[Part]:
    """Yield the document in order: text, and long columns of numbers for `text_of` to write."""
    digits = precision_of(document)
    if digits is None or pretty:
        rounded = document if digits is None else _rounded(document, digits)
        yield (_indented(rounded) if pretty else json.dumps(rounded, allow_nan=False, separators=(",", ":"))) + "\n"
        return
    opening = "{"
    for key, value in document.items():
        out: list[Part] = [f"{opening}{quoted(key)}:"]
        if key in COMPUTED:
            _write(value, f"%.{digits}g", out)
        else:
            out.append(json.dumps(value, allow_nan=False, separators=(",", ":")))
        yield from out
        opening = ","
    yield "}\n"


def merged(pieces: Iterator[Part]) -> Iterator[Part]:
    """Join neighbouring texts: the fewer pieces, the fewer frames."""
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
        else:
            yield "".join(texts)
            texts.clear()
            yield piece
    yield "".join(texts)


def text_of(part: Part, digits: int | None) -> bytes:
    """Return a part as it stands in the document. `%g` takes a third of the time of looking for the shortest form."""
    if isinstance(part, str):
        return part.encode("ascii")
    return _column(part, digits).encode("ascii")


def _column(numbers: list[float], digits: int | None) -> str:
    return f"[{_finite(','.join([f'%.{digits}g'] * len(numbers)) % tuple(numbers))}]"


def _write(value: Any, number: str, out: list[Part]) -> None:
    """Append a computed block to `out`. One list and no generators: most of it is a thousand small pieces."""
    kind = type(value)
    if kind is dict:
        opening = "{"
        for key, item in value.items():
            out.append(f"{opening}{quoted(key)}:")
            _write(item, number, out)
            opening = ","
        out.append("}" if value else "{}")
    elif kind is float:
        out.append(_finite(number % value))
    elif kind is str:
        out.append(quoted(value))
    elif kind is int:
        out.append(str(value))
    elif kind is list and len(value) > _LONG:
        _write_long(value, number, out)
    elif kind is list:
        _write_items(value, number, out)
    else:  # null, true, false
        out.append(json.dumps(value, allow_nan=False))


def _write_items(values: list[Any], number: str, out: list[Part]) -> None:
    opening = "["
    for item in values:
        out.append(opening)
        _write(item, number, out)
        opening = ","
    out.append("]" if values else "[]")


def _finite(text: str) -> str:
    if "n" in text:  # nan and inf are the only numbers with a letter n
        raise ValueError("Out of range float values are not JSON compliant")
    return text


def _write_long(values: list[Any], number: str, out: list[Part]) -> None:
    kinds = set(map(type, values))
    if kinds == {float}:
        out.append(values if len(values) > _COLUMN else _column(values, int(number[2:-1])))
    elif kinds == {str}:
        text = '","'.join(values)
        plain = text.isascii() and text.isprintable() and "\\" not in text and text.count('"') == 2 * len(values) - 2
        out.append(f'["{text}"]' if plain else json.dumps(values, separators=(",", ":")))
    elif kinds <= {float, type(None)}:
        texts = ["null" if value is None else _finite(number % value) for value in values]
        out.append(f"[{','.join(texts)}]")
    elif kinds == {dict} and all(value.keys() == values[0].keys() for value in values) and _are_rows(values):
        out.append(_write_rows(values, number))
    else:
        _write_items(values, number, out)


def _are_rows(values: list[dict[str, Any]]) -> bool:
    """Return whether objects have the same plain types in the same order, so that one template writes them all."""
    types = [*map(type, values[0].values())]
    return {*types} <= {str, float, int} and all([*map(type, value.values())] == types for value in values)


def _write_rows(rows: list[dict[str, Any]], number: str) -> str:
    """Write rows of the same keys and types by one template."""
    types = [*map(type, rows[0].values())]
    template = ",".join(
        f"{quoted(key)}:{number if kind is float else '%s'}" for key, kind in zip(rows[0], types, strict=True)
    )
    columns = [[row[key] for row in rows] for key in rows[0]]
    for at, kind in enumerate(types):
        if kind is str:  # the same few strings again and again
            forms = {text: quoted(text) for text in set(columns[at])}
            columns[at] = [forms[text] for text in columns[at]]
    values = tuple(itertools.chain.from_iterable(zip(*columns, strict=True)))
    text = f"[{','.join([f'{{{template}}}'] * len(rows)) % values}]"
    if any(f":{word}" in text for word in ("nan", "inf", "-inf")):
        raise ValueError("Out of range float values are not JSON compliant")
    return text


def _indented(value: Any, margin: str = "") -> str:
    """Write for people: a column of numbers or a row of a table takes one line, not one for each of its items."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    flat = not any(isinstance(item, (dict, list)) for item in items)
    if flat and (not isinstance(value, dict) or (margin and len(value) <= _ROW)):
        return json.dumps(value, allow_nan=False)
    inner = margin + "  "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + _indented(item, inner) for item in value) + f"\n{margin}]"


def _rounded(document: dict[str, Any], digits: int) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.{digits}g}")
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return [rounded(item) for item in value] if isinstance(value, list) else value

    return {key: rounded(value) if key in COMPUTED else value for key, value in document.items()}
