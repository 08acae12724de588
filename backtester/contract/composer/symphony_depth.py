"""Keeps a tree under the nesting limit of a request: what has too many levels becomes a definition."""

from __future__ import annotations

from typing import Any

from backtester.model.rule_tree import kind_of

Json = dict[str, Any]
_DEEPEST = 20  # levels of objects and arrays inside a tree; a condition and the request around it need the rest


def within_depth(tree: Json) -> tuple[Json, dict[str, Json]]:
    """Return the tree and the definitions that it needs."""
    definitions: dict[str, Json] = {}

    def shortened(node: Json) -> tuple[Json, int]:
        """Return the node with its deep parts as uses, and the levels that it has."""
        made, depth = dict(node), 1
        for key, value in node.items():
            if key in ("of", "cases"):
                parts = [case(one) if key == "cases" else shortened(one) for one in value]
                made[key] = [part for part, _ in parts]
                depth = max(depth, 2 + max(levels for _, levels in parts))
            elif key in ("then", "else"):
                made[key], levels = shortened(value)
                depth = max(depth, 1 + levels)
        return used(made, depth)

    def case(one: Json) -> tuple[Json, int]:
        then, levels = shortened(one["then"])
        return {**one, "then": then}, 1 + levels

    def used(node: Json, depth: int) -> tuple[Json, int]:
        if depth <= _DEEPEST or kind_of(node) is None:
            return node, depth
        name = f"part {len(definitions) + 1}"
        definitions[name] = node
        return {"use": name}, 1

    root, _ = shortened(tree)
    return root, definitions
