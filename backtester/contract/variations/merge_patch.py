"""JSON merge patches (RFC 7396): how a variation is made of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """Return the target with the patch applied. Neither is changed; what is not patched is shared."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def patch_of(document: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patch that gives a document these values, by JSON pointer; None leaves the key out.

    A list in the document is patched as a whole. IndexError, ValueError for an item that it does not have.
    """
    patch: dict[str, Any] = {}
    for pointer, value in settings.items():
        _set(patch, document, parts_of(pointer), value)
    return patch


def parts_of(pointer: str) -> list[str]:
    """Return the keys of a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _set(patch: dict[str, Any], document: Any, parts: list[str], value: Any) -> None:
    key, *rest = parts
    inside = document.get(key) if isinstance(document, dict) else None
    if not rest:
        patch[key] = value
    elif isinstance(inside, list):
        patch[key] = _with_item(patch.get(key, inside), rest, value)
    else:
        _set(patch.setdefault(key, {}), inside, rest, value)


def _with_item(node: Any, parts: list[str], value: Any) -> Any:
    """Return a copy of what stands inside a list, with one value set."""
    if not parts:
        return value
    key, *rest = parts
    if isinstance(node, list):
        index = int(key)
        return [*node[:index], _with_item(node[index], rest, value), *node[index + 1 :]]
    others = {name: one for name, one in (node or {}).items() if name != key}
    return others if value is None and not rest else {**others, key: _with_item((node or {}).get(key), rest, value)}
