"""Reads bytes as a result document in which every value has the schema's type.

Required keys and known values are not checked: a document of a later minor version may have more, and a caller may
have left blocks out.
"""

from __future__ import annotations

import functools
from typing import Any

from backtester.model.environment import as_typed_here
from backtester.model.errors import BacktestError
from backtester.report.error import ReportError

MAX_BYTES = 100 * 1024 * 1024
SCHEMA_VERSION = "1"
_RUN_IT = (
    "Run it first: .venv/bin/python -m backtester < request.json | .venv/bin/python -m backtester report -o report.html"
)


def read_result(raw: bytes, *, name: str) -> dict[str, Any]:
    """Return the result document in `raw`. name: its name in messages. ReportError for anything else."""
    from backtester.codec.decode import decode

    if len(raw) > MAX_BYTES:
        raise ReportError(
            f"{name} is larger than {MAX_BYTES // 2**20} MiB, too large for a page. "
            'Leave "decisions" or "weights" out of output.include, or set output.max_points.'
        )
    try:
        document = decode(raw, max_bytes=MAX_BYTES)
    except BacktestError as error:
        raise ReportError(f"{name} is not a result document. {error.detail}") from None
    _refuse_others(document, name)
    _refuse_wrong_types(document, name)
    _refuse_wrong_trades(document, name)
    _refuse_uneven(document, name)
    found: dict[str, Any] = document
    return found


def _refuse_others(document: Any, name: str) -> None:
    """Refuse other JSON: an error document, a request, another version's result."""
    if not isinstance(document, dict):
        raise ReportError(f"{name} is JSON, but not a result document. Give the output of backtest_runner.py.")
    if document.get("success") is False:
        code, detail, remedy = (_line(document.get(key)) for key in ("code", "detail", "remedy"))
        said = f"{name} is an error document, {code or 'without a code'}: {detail.removesuffix('.')}. {remedy}"
        raise ReportError(said.rstrip())
    if "success" not in document and "strategy" in document:
        raise ReportError(f"{name} is a request, not a result. {as_typed_here(_RUN_IT)}")
    if document.get("success") is not True:
        raise ReportError(
            f'{name} is not a result document: it has no "success". Give the output of backtest_runner.py.'
        )
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ReportError(
            f"{name} has schema_version {_line(version) or 'none'}, this program reads {SCHEMA_VERSION}. "
            "Use the version of backtest-runner that wrote it."
        )


def _refuse_wrong_types(document: dict[str, Any], name: str) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(document))
    if error is not None:
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        said = "a value has the wrong type"
        if error.validator == "type":
            said = f"it must be {_line(error.validator_value)}"
        elif error.validator == "required":
            said = _line(error.message)
        raise ReportError(f"{name} is not a result document: at {_line(pointer) or '/'} {said}.")


def _refuse_wrong_trades(document: dict[str, Any], name: str) -> None:
    from backtester.contract.schemas import resolved_schema

    trades = document.get("trades") or []
    for key, schema in resolved_schema("result")["properties"]["trades"]["items"]["properties"].items():
        types = _COLUMNS[_column_kind(schema) or "a list of strings"]
        if not {type(each.get(key)) for each in trades} <= {*types, type(None)}:
            raise ReportError(f"{name} is not a result document: at /trades a {key} has the wrong type.")


def _refuse_uneven(document: dict[str, Any], name: str) -> None:
    """Refuse columns of different lengths: a chart of them would show values under wrong dates."""
    for pointer, size, columns in _column_groups(document):
        for key, column in columns.items():
            if column is not None and len(column) != size:
                sizes = f"{len(column)} items, its dates {size}"
                raise ReportError(f"{name} is not a result document: {pointer}/{_line(key)} has {sizes}.")


def _column_groups(document: dict[str, Any]) -> list[tuple[str, int, dict[str, Any]]]:
    """Return (pointer, number of dates, the columns that share them)."""
    found: list[tuple[str, int, dict[str, Any]]] = []

    def add(where: str, index: str, block: Any, *more: tuple[str, Any]) -> None:
        if isinstance(block, dict):
            dates = block.get(index)
            size = len(dates) if isinstance(dates, list) else 0
            found.append((where, size, {k: v for k, v in block.items() if isinstance(v, list)}))
            found.extend((where + path, size, columns or {}) for path, columns in more)

    series, tables = (document.get(key) or {} for key in ("series", "tables"))
    benchmark = document.get("benchmark") or {}
    add("/series", "dates", series or None, ("/benchmark", benchmark.get("series") if series else None))
    for name in ("weights", "held_weights"):
        weights = document.get(name) or {}
        add(f"/{name}", "dates", weights or None, ("/symbols", weights.get("symbols")))
    decisions = document.get("decisions") or {}
    nested = [(f"/{key}", decisions.get(key)) for key in ("scores", "ranks", "weights")]
    nested += [(f"/seen/{key}", columns) for key, columns in (decisions.get("seen") or {}).items()]
    add("/decisions", "executed", decisions or None, *nested)
    for key, index in (("annual_returns", "years"), ("monthly_returns", "months"), ("trailing_returns", "periods")):
        add(f"/tables/{key}", index, tables.get(key))
    for row, window in enumerate(tables.get("rolling_returns") or []):
        add(f"/tables/rolling_returns/{row}", "dates", window)
    return found


@functools.cache
def _validator() -> Any:
    """Return a validator of types alone, which checks long columns with built-ins: a hundred times as fast."""
    from jsonschema import Draft202012Validator, validators

    from backtester.contract.schemas import resolved_schema

    checker = Draft202012Validator.TYPE_CHECKER
    for kind, types in _COLUMNS.items():
        checker = checker.redefine(kind, functools.partial(_is_column, types=types))
    schema = _types_only(resolved_schema("result"))
    schema["properties"]["trades"] = {"type": "a list of objects"}  # there are thousands: _refuse_wrong_trades
    schema["properties"]["request"] = _types_only(resolved_schema("request"), top=False)
    extend: Any = validators.extend
    return extend(Draft202012Validator, type_checker=checker)(schema)


_COLUMNS: dict[str, tuple[type, ...]] = {
    "a list of numbers": (int, float, type(None)),
    "a list of strings": (str, type(None)),
    "a list of true and false": (bool,),
    "a list of objects": (dict,),
}
_OF_ITEMS = {"number": "a list of numbers", "integer": "a list of numbers", "string": "a list of strings"}
_TYPE_KEYS = ("type", "properties", "additionalProperties", "items", "anyOf", "const")
_NEEDED = ("result_id", "request", "period", "engine")


def _is_column(_: Any, value: Any, *, types: tuple[type, ...]) -> bool:
    return isinstance(value, list) and set(map(type, value)) <= set(types)


def _types_only(schema: Any, *, top: bool = True) -> dict[str, Any]:
    """Return the schema with types, and the few keys that the page requires."""
    if schema.get("type") == "array" and (kind := _column_kind(schema.get("items", {}))):
        return {"type": kind}
    reduced: dict[str, Any] = {key: schema[key] for key in _TYPE_KEYS if key in schema}
    if "properties" in reduced:
        reduced["properties"] = {key: _types_only(value, top=False) for key, value in reduced["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(reduced.get(key), dict):
            reduced[key] = _types_only(reduced[key], top=False)
    if reduced.get("additionalProperties") is False:
        del reduced["additionalProperties"]
    if "anyOf" in reduced:
        reduced["anyOf"] = [_types_only(value, top=False) for value in reduced["anyOf"]]
    if top:
        reduced["required"] = list(_NEEDED)
    return reduced


def _column_kind(items: dict[str, Any]) -> str | None:
    kinds = items.get("type")
    if kinds == "boolean":
        return "a list of true and false"
    names = [kinds] if isinstance(kinds, str) else list(kinds or [])
    if "anyOf" in items:
        names = [name for each in items["anyOf"] for name in [each.get("type")] if isinstance(name, str)]
    known = {_OF_ITEMS.get(name) for name in names if name != "null"}
    return known.pop() if len(known) == 1 else None


def _line(value: Any) -> str:
    """Return a value of the document as one short line that is safe on a terminal."""
    text = " or ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
