"""A result that fits where it has to go: thinned, with a warning that says how, or an error that says so.

What is left is written byte for byte as it was; a thinned result is a result, by its schema too. Its `request` and
`result_id` stay those of what was asked and computed: the warning says what was not delivered.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Literal

from backtester.codec.document import encode_error
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import LimitError, RunWarning

# How the platform carries a document: as it is; inside a JSON string; parsed, and written anew by its own JSON writer.
Form = Literal["plain", "string", "parsed"]
# From what is missed least to what is missed most: the trace of decisions; trades, which weights and prices tell; how
# weights drift; days between points of a chart; weights. Metrics, tables and attribution are small, and always there.
_STEPS: tuple[str | int, ...] = ("decisions", "trades", "held_weights", 1000, "weights", 100)
_MEGABYTE = 1e6


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def size(document: bytes, form: Form) -> int:
    """Return the bytes that the document takes; at most so many, where it is parsed."""
    if form == "plain":
        return len(document)
    if form == "string":
        return len(document) + sum(map(document.count, (b'"', b"\\", b"\n"))) + 2
    # a space after each comma and colon, and 1.5e+15 with all its digits
    return len(document) + document.count(b",") + document.count(b":") + 14 * document.count(b"e+1")


def limit_size(document: bytes, *, most: int, form: Form, strict: bool = False) -> bytes:
    """Return the document if it takes at most so many bytes, else thinned to that, else RESULT_TOO_LARGE's document.

    strict: never thinned.
    """
    if size(document, form) <= most or not document.startswith(b'{"success":true'):
        return document
    blocks = _blocks(document.decode("ascii"))
    limit = f"The result is larger than the platform's limit of {most / _MEGABYTE:.1f} MB"
    thinned: list[str | int] = []
    for step in () if strict else _STEPS:
        if not _apply(step, blocks):
            continue
        thinned = [*(done for done in thinned if isinstance(done, str) or isinstance(step, str)), step]
        warned = _joined({**blocks, "warnings": _warned(blocks["warnings"], thinned, limit)})
        if size(warned, form) <= most:
            return warned
    why, remedy = "Thinning it does not suffice", None
    if strict:
        why = "The request forbids thinning it (Prefer: handling=strict)"
        remedy = f"{ERROR_CODES['RESULT_TOO_LARGE'].remedy} Without that header the result is thinned."
    error = LimitError("RESULT_TOO_LARGE", f"{limit}. {why}.", remedy=remedy, pointer="/output")
    return encode_error(error, json.loads(blocks["request_id"]) if "request_id" in blocks else None)


def _blocks(text: str) -> dict[str, str]:
    """Return the document's members, each as it is written."""
    decoder = json.JSONDecoder()
    blocks: dict[str, str] = {}
    at = 1
    while text[at - 1] != "}":
        key, end = decoder.raw_decode(text, at)
        begins = end + 1
        end = decoder.raw_decode(text, begins)[1]  # one block at a time: what was read of it is let go
        blocks[key] = text[begins:end]
        at = end + 1
    return blocks


def _joined(blocks: dict[str, str]) -> bytes:
    members = ",".join(f"{quoted(key)}:{text}" for key, text in blocks.items())
    return f"{{{members}}}\n".encode("ascii")


def _apply(step: str | int, blocks: dict[str, str]) -> bool:
    """Take one step; False where there is nothing to take it with."""
    if isinstance(step, int):
        return _thin(step, blocks)
    asked = json.loads(blocks["request"])["output"]["include"]
    if step not in blocks or sum(name in blocks for name in asked) < 2:
        return False  # an answer without anything that was asked for is none
    del blocks[step]
    reasons = json.loads(blocks["null_reasons"])
    left = {at: reason for at, reason in reasons.items() if at.split("/")[1] != step}
    blocks["null_reasons"] = json.dumps(left, separators=(",", ":"))
    return True


def _thin(most: int, blocks: dict[str, str]) -> bool:
    """Keep so many points of the series, those that `output.max_points` keeps; False where they have no more."""
    import numpy as np

    from backtester.codec.columns import points

    read = {
        name: json.loads(blocks[name], parse_float=_Number, parse_int=_Number)
        for name in ("series", "benchmark")
        if blocks.get(name, "null") != "null"
    }
    series = [block["series"] if name == "benchmark" else block for name, block in read.items()]
    curves = [(np.array(one["portfolio_value"], float), np.array(one["drawdown"], float)) for one in series]
    rows = points(most, *curves) if curves else None
    if rows is None:
        return False
    for one in series:
        one |= {key: [column[row] for row in rows.tolist()] for key, column in one.items() if column is not None}
    blocks.update({name: _written(block) for name, block in read.items()})
    return True


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(key)}:{_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)


def _warned(warnings: str, thinned: list[str | int], said: str) -> str:
    """Return the warnings with one that says how the result was thinned."""
    left_out = [step for step in thinned if isinstance(step, str)]
    points = [f"series thinned to {step} points" for step in thinned if isinstance(step, int)]
    parts = [*([f"{' and '.join(left_out)} left out"] if left_out else []), *points]
    detail = f"{said}. It was thinned: {', '.join(parts)}. Set output.include or output.max_points."
    warning = RunWarning(code="RESULT_THINNED", detail=detail, pointer="/output").as_document()
    return json.dumps([*json.loads(warnings), warning], separators=(",", ":"))
