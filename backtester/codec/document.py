"""Encodes documents as ASCII bytes without NaN, with a newline at the end; the same document gives the same bytes.

A result's computed numbers are written with as many significant digits as `output.precision` asks for, as
docs/decisions/0006-twelve-significant-digits.md has it. The longest columns are left as numbers in `parts`, so that
both processes of a run share the work of writing them; a warm process has a faster writer (`fast_numbers`).
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring_ascii as quoted  # a tenth of what json.dumps takes for a string
from typing import Any

from backtester.codec.column_types import ColumnarRows, IsoDates, is_array, plain
from backtester.model.errors import BacktestError

COMPUTED = (
    "metrics",
    "metrics_monthly",
    "benchmark",
    "series",
    "weights",
    "held_weights",
    "trades",
    "final_holdings",
    "final_cash",
    "tables",
    "attribution",
    "decisions",
    "comparison",
    "analysis",
)
ASKED = ("axes", "patch", "next", "most_chosen")  # keys in `analysis` of what the request says: it is not computed
_HEAD = b'{"success":true,"schema_version":"1",'  # how every result begins, on one line
_ROW = 8  # keys of an object that is written on one line for people
_COLUMN = 256  # shorter columns are written as text at once
_PIECE = 1 << 17  # bytes that are worth a frame
_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_TEXTS: dict[type, Callable[[Any], str]] = {  # what writes a value of each type but float
    str: quoted,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}
Column = Any  # numbers: a list, or an array (n,)
Part = str | Column
Writer = Callable[[Sequence[Column], int], list[str]]  # `written`, or what does the same


def written(columns: Sequence[Column], digits: int) -> list[str]:
    """Return each column as text, with commas between its numbers. ValueError for NaN or Infinity."""
    number = f"%.{digits}g"
    lists = [column if type(column) is list else column.tolist() for column in columns]
    return [_finite(",".join([number] * len(values)) % tuple(values)) for values in lists]


def _finite(text: str) -> str:
    """Return the numbers that were written. ValueError where one of them is NaN or Infinity."""
    if "n" in text:  # no other has a letter n
        raise ValueError("Out of range float values are not JSON compliant")
    return text


def encode(document: dict[str, Any] | list[Any], *, pretty: bool = False) -> bytes:
    """Write a document on one line, or indented. ValueError for NaN or Infinity."""
    return b"".join(encoded(document, pretty=pretty))


def encoded(document: dict[str, Any] | list[Any], *, pretty: bool = False, write: Writer = written) -> Iterator[bytes]:
    """Yield the bytes of a document in pieces, as they are ready. ValueError for NaN or Infinity.

    write: what writes its columns.
    """
    texts: list[str] = []
    size = 0
    for text in parts(document, pretty=pretty, write=write, longest=sys.maxsize):
        texts.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(texts).encode("ascii")
            texts.clear()
            size = 0
    yield "".join(texts).encode("ascii")


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


def parts(document: Any, *, pretty: bool = False, write: Writer = written, longest: int = _COLUMN) -> Iterator[Part]:
    """Yield the document in order: text, and columns of more than `longest` numbers for `text_of` to write."""
    digits = precision_of(document)
    if digits is None or pretty:
        exact = plain(document)
        rounded = exact if digits is None else _rounded(exact, digits)
        yield (_indented(rounded) if pretty else _json(rounded)) + "\n"
        return
    opening = "{"
    for key, value in document.items():
        yield f"{opening}{quoted(key)}:"
        if key in COMPUTED:
            yield from _Block(digits, write, longest, exact=_exact_in(key)).parts(value)
        else:
            text = _TEXTS.get(type(value), _json)  # an encoder takes microseconds to make
            yield text(value)
        opening = ","
    yield "}\n"


def _exact_in(block: str) -> tuple[str, ...]:
    """Return the keys in a computed block of what is written exactly."""
    return ASKED if block == "analysis" else ()


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


def text_of(column: Column, digits: int) -> bytes:
    """Return a long column as it stands in the document. ValueError for NaN or Infinity."""
    return f"[{written([column], digits)[0]}]".encode("ascii")


class _Block:
    """A computed block on its way to text. The numbers of its columns are gathered, to be written all at once."""

    def __init__(self, digits: int, write: Writer, longest: int, *, exact: tuple[str, ...]) -> None:
        number = f"%.{digits}g"
        self._texts: dict[type, Callable[[Any], str]] = {**_TEXTS, float: lambda value: _finite(number % value)}
        self._digits = digits
        self._writer = write
        self._longest = longest
        self._exact = exact
        self._has_long = False
        self._columns: list[Column] = []
        self._out: list[Part | int] = []  # a number: which of the columns stands there

    def parts(self, value: Any) -> list[Part]:
        """Return the parts of the block. ValueError for NaN or Infinity."""
        self._write("", value)
        texts = self._writer(self._columns, self._digits)
        parts: list[Any] = [texts[part] if type(part) is int else part for part in self._out]
        return parts if self._has_long else ["".join(parts)]

    def _write(self, before: str, value: Any) -> None:
        """Append a value, after the text that belongs before it."""
        kind = type(value)
        if kind in self._texts:
            self._out.append(before + self._texts[kind](value))
        elif kind is dict:
            self._write_object(before, value)
        elif kind is list:
            self._write_list(before, value)
        elif kind is ColumnarRows:
            self._write_rows(before, value)
        elif kind is IsoDates:
            dates = '","'.join(value)
            self._out.append(f'{before}["{dates}"]' if value else before + "[]")
        elif is_array(value):
            self._write_column(before, value)
        else:
            self._out.append(before + _json(value))

    def _write_object(self, before: str, value: dict[str, Any]) -> None:
        opening = before + "{"
        for key, item in value.items():
            name = f"{opening}{quoted(key)}:"
            text = self._texts.get(type(item))
            if text is not None:  # most items, without a call of `_write`
                self._out.append(name + text(item))
            elif key in self._exact:
                self._out.append(name + _json(item))
            else:
                self._write(name, item)
            opening = ","
        self._out.append("}" if value else opening + "}")

    def _write_column(self, before: str, values: Column) -> None:
        if len(values) > self._longest:
            self._has_long = True
            self._out += [before, values]
        else:
            self._out += [before + "[", len(self._columns), "]"]
            self._columns.append(values)

    def _write_list(self, before: str, values: list[Any]) -> None:
        kinds = set(map(type, values))
        if kinds == {float}:
            self._write_column(before, values)
        elif kinds == {float, type(None)}:
            known = self._writer([[value for value in values if value is not None]], self._digits)[0]
            numbers = iter(known.split(","))
            items = ["null" if value is None else next(numbers) for value in values]
            self._out.append(f"{before}[{','.join(items)}]")
        elif len(kinds) == 1 and (text := self._texts.get(*kinds)) is not None:
            self._out.append(f"{before}[{','.join(map(text, values))}]")
        else:
            opening = before + "["
            for item in values:
                self._write(opening, item)
                opening = ","
            self._out.append("]" if values else opening + "]")

    def _write_rows(self, before: str, rows: ColumnarRows) -> None:
        """Write every column at once, then row by row what stands in it."""
        numbers = iter(self._writer([*filter(is_array, rows.columns.values())], self._digits))
        pieces: list[Iterable[str]] = []
        opening = "{"
        for key, column in rows.columns.items():
            name = f"{opening}{quoted(key)}:"
            if is_array(column):
                pieces += [itertools.repeat(name), next(numbers).split(",")]
            else:  # the same few strings again and again
                forms = {text: name + quoted(text) for text in set(column)}
                pieces.append(map(forms.__getitem__, column))
            opening = ","
        ends = itertools.repeat("},", len(rows))
        text = "".join(itertools.chain.from_iterable(zip(*pieces, ends, strict=False)))
        self._out.append(f"{before}[{text[:-1]}]")


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
    def rounded(value: Any, exact: tuple[str, ...]) -> Any:
        if isinstance(value, float):
            return float(f"{value:.{digits}g}")
        if isinstance(value, dict):
            return {key: item if key in exact else rounded(item, exact) for key, item in value.items()}
        return [rounded(item, exact) for item in value] if isinstance(value, list) else value

    return {key: rounded(value, _exact_in(key)) if key in COMPUTED else value for key, value in document.items()}
