"""The settings that an analysis varies, in words: the name of a pointer into the request, and its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.contract.variations.merge_patch import parts_of
from backtester.report import written
from backtester.report.lookup import Result


def setting(result: Result, pointer: str) -> dict[str, Any]:
    """Return what the schemas say of a setting; empty where they know nothing of it."""
    from backtester.contract.schemas import built_in_strategies, resolved_schema, strategy_schema

    path = parts_of(pointer)
    node: dict[str, Any] = resolved_schema("request")
    if path[:1] == ["parameters"]:
        name = str(result.request.get("strategy"))
        node, path = (strategy_schema(name) if name in built_in_strategies() else {}), path[1:]
    for part in path:
        options = [node, *node.get("anyOf", ())]
        found = [each["properties"][part] for each in options if part in each.get("properties", {})]
        node = found[0] if found else (node.get("items") or {}) if part.isdigit() else {}
    return node


def asked(result: Result, pointer: str) -> Any:
    """Return the value that the request as asked has for a setting; None where it has none."""
    return result.at("request", *(int(part) if part.isdigit() else part for part in parts_of(pointer)))


def title(result: Result, pointer: str) -> str:
    """Return what a setting is called; of a holding also its symbol."""
    last = pointer.rsplit("/", 1)[-1]
    name = str(setting(result, pointer).get("title") or last.replace("_", " ").capitalize())
    path = pointer.split("/")
    if path[1:2] == ["holdings"] and len(path) > 2 and path[2].isdigit():
        return f"{name} of {result.at('request', 'holdings', int(path[2]), 'symbol')}"
    return name


def value(result: Result, pointer: str, of: Any) -> str:
    """Return a value of a setting in words."""
    if of is None:
        return "not set"
    if isinstance(of, bool):
        return "yes" if of else "no"
    schema = setting(result, pointer)
    if isinstance(of, (int, float)):
        fraction = str(schema.get("x-unit", "")).startswith("fraction")
        return f"{written.plain(100 * of if fraction else of, 10).rstrip('0').rstrip('.')}" + (
            f"{written.SPACE}%" if fraction else ""
        )
    return str(of).replace("_", " ") if "enum" in schema else str(of)


def in_words(result: Result, patch: Any) -> str:
    """Return the settings of a merge patch: Look-back 63 and top 3."""
    said: list[str] = []
    for pointer, of in values(patch):
        name = title(result, pointer)
        name = name if not said else name[:1].lower() + name[1:]
        top = "Top" if not said else "top"
        said.append(f"{top} {of}" if pointer == "/parameters/top_n" else f"{name} {value(result, pointer, of)}")
    return written.listed(said)


def values(patch: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the pointer and the value of every setting of a merge patch."""
    if not isinstance(patch, dict):
        yield at, patch
        return
    for name, of in patch.items():
        yield from values(of, f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}")
