"""Follows the suggestions of an error, as a form would that has a button for each."""

from __future__ import annotations

import copy
from typing import Any


def followed(asked: dict[str, Any], problems: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the request with every suggestion taken.

    A suggestion is the value for its pointer, but of an unknown key its right name, and of a wrong sum the allocations.
    """
    mended = copy.deepcopy(asked)
    for problem in problems:
        if "suggestion" not in problem:
            continue
        pointer, suggestion = problem["pointer"], problem["suggestion"]
        if problem["code"] == "ALLOCATION_SUM":
            for holding, allocation in zip(mended["holdings"], suggestion, strict=True):
                holding["allocation"] = allocation
        elif problem["code"] == "UNKNOWN_FIELD":
            node, key = _place(mended, pointer)
            node.setdefault(suggestion, node.pop(key))
        else:
            node, key = _place(mended, pointer)
            node[key] = suggestion
    return mended


def _place(document: Any, pointer: str) -> tuple[Any, Any]:
    *way, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    node = document
    for part in way:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    return node, int(last) if isinstance(node, list) else last
