"""Documents as bytes: ASCII, no NaN, a newline at the end; the same bytes for the same document, whoever writes it.

A result's computed numbers are written with as many significant digits as `output.precision` asks for. The longest
columns are left as numbers in `parts`, so that the two processes of a run can share the work of writing them.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

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
)
_LONG = 16  # lists shorter than this are not worth a way of their own
_ROW = 8  # keys of an object that is written on one line for people
_COLUMN = 256  # and columns shorter than this not worth a frame of their own
Part = str | list[float]


def encode(document: dict[str, Any] | list[Any], *, pretty: bool = False) -> bytes:
    """Write a document on one line, or indented. ValueError for NaN or Infinity, which never get here."""
    digits = precision_of(document)
    return b"".join(text_of(part, digits) for part in parts(document, pretty=pretty))


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
        yield f"{opening}{json.dumps(key)}:"
        if key in COMPUTED:
            yield from _write(value, f"%.{digits}g")
        else:
            yield json.dumps(value, allow_nan=False, separators=(",", ":"))
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
    text = ",".join([f"%.{digits}g"] * len(part)) % tuple(part)
    if "n" in text:  # nan and inf are the only numbers with a letter n
        raise ValueError("Out of range float values are not JSON compliant")
    return f"[{text}]".encode("ascii")


def _write(value: Any, number: str) -> Iterator[Part]:
    """Yield a computed block."""
    if isinstance(value, dict):
        opening = "{"
        for key, item in value.items():
            yield f"{opening}{json.dumps(key)}:"
            yield from _write(item, number)
            opening = ","
        yield "}" if value else "{}"
    elif isinstance(value, float):
        yield text_of([value], int(number[2:-1]))[1:-1].decode("ascii")
    elif isinstance(value, list) and len(value) > _LONG:
        yield from _write_long(value, number)
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _write(item, number)
        yield "]"
    else:
        yield json.dumps(value, allow_nan=False)


def _write_long(values: list[Any], number: str) -> Iterator[Part]:
    kinds = set(map(type, values))
    if kinds == {float}:
        yield values if len(values) > _COLUMN else text_of(values, int(number[2:-1])).decode("ascii")
    elif kinds == {str}:
        text = '","'.join(values)
        plain = text.isascii() and text.isprintable() and "\\" not in text and text.count('"') == 2 * len(values) - 2
        yield f'["{text}"]' if plain else json.dumps(values, separators=(",", ":"))
    elif kinds <= {float, type(None)}:
        texts = ["null" if value is None else number % value for value in values]
        if any("n" in text and text != "null" for text in texts):
            raise ValueError("Out of range float values are not JSON compliant")
        yield f"[{','.join(texts)}]"
    elif kinds == {dict} and all(value.keys() == values[0].keys() for value in values) and _are_rows(values):
        yield _write_rows(values, number)
    else:
        yield "["
        for index, item in enumerate(values):
            yield "," if index else ""
            yield from _write(item, number)
        yield "]"


def _are_rows(values: list[dict[str, Any]]) -> bool:
    """Tell whether objects have the same plain types in the same order, so that one template writes them all."""
    types = [*map(type, values[0].values())]
    return {*types} <= {str, float, int} and all([*map(type, value.values())] == types for value in values)


def _write_rows(rows: list[dict[str, Any]], number: str) -> str:
    """Write rows of the same keys and types by one template."""
    types = [*map(type, rows[0].values())]
    template = ",".join(
        f"{json.dumps(key)}:{number if kind is float else '%s'}" for key, kind in zip(rows[0], types, strict=True)
    )
    columns = [[row[key] for row in rows] for key in rows[0]]
    for at, kind in enumerate(types):
        if kind is str:  # the same few strings again and again
            quoted = {text: json.dumps(text) for text in set(columns[at])}
            columns[at] = [quoted[text] for text in columns[at]]
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
