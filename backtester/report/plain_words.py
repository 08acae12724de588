"""What documents call by key, pointer or code, in the words of the form, for people who read no JSON.

The example app's lib/plain-words.ts does the same; both are held to tests/support/plain_words.json.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]
_OF_A_RESULT = ("result", "metrics", "period", "weights")
_FILES = (".csv", ".html", ".json", ".md", ".txt")
_POINTER = re.compile(r"(^|[\s(“])/([a-z_]+)((?:/[\w^.=&~-]*[\w^=&-])*)")
_DOTTED = re.compile(r"\b([a-z][a-z_]*)((?:\.[a-z][a-z_]*)+)\b")
_KEY = re.compile(r"\b[a-z][a-z0-9]+(?:_[a-z0-9]+)+\b")
_SETTING = re.compile(r" \(BACKTEST_\w+(?:=\w+)?\)")  # of the operator
_CODE = re.compile(r"(\bthe )?(\bwarning )?( \()?\b([A-Z]+(?:_[A-Z0-9]+)+)\b(\))?")


class Parts(NamedTuple):
    """A description: its first sentence, for everybody, and the exact definition, which may be empty."""

    plain: str
    exact: str


def parts(description: str) -> Parts:
    """Return the two parts of a description."""
    plain, end, exact = description.partition(". ")
    return Parts(plain + end.strip(), exact)


def in_plain_words(text: str, strategy: str = "") -> str:
    """Return a text without keys, pointers and codes. strategy: the one whose parameters the text may name."""
    roots = _request()["properties"]

    def called(pointer: str) -> str:
        return f"“{name_of(pointer, strategy)}”"

    def pointed(match: re.Match[str]) -> str:
        before, root, rest = match.groups()
        return f"{before}{called(f'/{root}{rest}')}" if root in roots else match[0]

    def dotted(match: re.Match[str]) -> str:
        root, rest = match.groups()
        if match[0].endswith(_FILES):
            return match[0]
        if root in roots:
            return called(f"/{root}{rest.replace('.', '/')}")
        return _key_in_words(rest.rpartition(".")[2], strategy) if root in _OF_A_RESULT else match[0]

    text = _DOTTED.sub(dotted, _POINTER.sub(pointed, _SETTING.sub("", text.replace("`", ""))))
    return _CODE.sub(_code_in_words, _KEY.sub(lambda match: _key_in_words(match[0], strategy), text))


def name_of(pointer: str, strategy: str = "") -> str:
    """Return what the form calls a place in a request: Holding 2, Allocation."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    titles = [schema.get("title") for schema in _along(keys, strategy)]
    names = []
    for n, key in enumerate(keys):
        if key.startswith("/"):
            names.append(name_of(key, strategy))
        elif key.isdigit():
            names.append(f"{titles[n] or titles[n - 1] or humanised(keys[n - 1])} {int(key) + 1}")
        elif key != "parameters" and not (n + 1 < len(keys) and keys[n + 1].isdigit()):
            names.append(titles[n] or humanised(key))
    return ", ".join(names)


def humanised(key: str) -> str:
    """Return `next_close` as Next close."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _along(keys: list[str], strategy: str) -> list[Schema]:
    """Return the schema of each place on the way; empty ones where the schemas know nothing."""
    found: list[Schema] = []
    for n, key in enumerate(keys):
        at_root = n == 0 and key == "parameters"
        found.append(_parameters(strategy) if at_root else _within(found[-1] if n else _request(), key))
    return found


def _within(schema: Schema, key: str) -> Schema:
    own: Schema | None = schema.get("properties", {}).get(key) or (schema.get("items") if key.isdigit() else None)
    if own is not None:
        return own
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if part := _within(one, key):
            return part
    more = schema.get("additionalProperties")
    return more if isinstance(more, dict) else {}


def _key_in_words(key: str, strategy: str) -> str:
    """Return what a key is called: the field of the form, the choice in one, or else its own words."""
    found = _named(key, strategy)
    return key.replace("_", " ") if found is None else f"“{found}”"


@functools.cache
def _named(key: str, strategy: str) -> str | None:
    """Return the title of a metric, of the nearest property, or a choice's name; None where no schema has it."""
    metric = _result()["metrics"]["properties"].get(key)
    if metric is not None:
        return str(metric["title"])
    level = [_parameters(strategy), _request()]
    while level:
        for schema in level:
            title = schema.get("properties", {}).get(key, {}).get("title")
            if title is not None:
                return str(title)
            if key in schema.get("enum", ()):
                return humanised(key)
        level = [part for schema in level for part in _parts_within(schema)]
    return None


def _parts_within(schema: Schema) -> Iterator[Schema]:
    yield from schema.get("properties", {}).values()
    yield from (schema[key] for key in ("items",) if key in schema)
    yield from schema.get("anyOf", ())
    if isinstance(schema.get("additionalProperties"), dict):
        yield schema["additionalProperties"]


def _code_in_words(match: re.Match[str]) -> str:
    """Return `a warning` for what a document has a code for; nothing for a code in parentheses."""
    the, warning, start, code, end = (group or "" for group in match.groups())
    if code not in _codes():
        return match[0]
    if start and end:
        return ""
    return f"{start}{'a warning' if warning else the + code.replace('_', ' ').lower()}{end}"


@functools.cache
def _codes() -> frozenset[str]:
    """Return the codes of warnings and of undefined values."""
    reasons = _result()["null_reasons"]["additionalProperties"]["enum"]
    return frozenset([*_result()["warnings"]["items"]["properties"]["code"]["enum"], *reasons])


def _result() -> Schema:
    from backtester.contract.schemas import resolved_schema

    known: Schema = resolved_schema("result")["properties"]
    return known


def _request() -> Schema:
    from backtester.contract.schemas import resolved_schema

    return resolved_schema("request")


def _parameters(strategy: str) -> Schema:
    """Return the schema of a strategy's parameters; empty for a plug-in, since a document must not load code."""
    from backtester.contract.schemas import built_in_strategies, strategy_schema

    return strategy_schema(strategy) if strategy in built_in_strategies() else {}
