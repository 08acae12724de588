"""The trace of a tree of rules as a document has it: the path of each decision, and how often each leaf was held."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from backtester.model.decision_trace import RuleTrace
from backtester.model.records import BoolArray, IntArray

LONGEST_PATH = 100  # nodes


def paths(trace: RuleTrace, rows: IntArray) -> list[list[str]]:
    """Return for each of the decisions `rows` the names, or pointers, of the nodes that it reached, the root first.

    Decisions that went the same way share one list. A node whose name a sibling has too is there by its pointer.
    """
    words = _words(trace)
    ways = np.packbits(trace.reached.T, axis=1)  # (R, bytes)
    found: dict[bytes, list[str]] = {}
    listed = []
    for row in rows.tolist():
        way = ways[row].tobytes()
        if way not in found:
            found[way] = _path(trace, words, trace.reached[:, row])
        listed.append(found[way])
    return listed


def _words(trace: RuleTrace) -> list[str]:
    """Return what each node (M,) is called in a path."""
    shared = set[int]()
    for step in trace.steps:
        named = Counter(trace.steps[place].name for place in set(step.children))
        shared.update(place for place in step.children if named[trace.steps[place].name] > 1)
    return [
        step.pointer if step.name is None or place in shared else step.name for place, step in enumerate(trace.steps)
    ]


def _path(trace: RuleTrace, words: list[str], reached: BoolArray) -> list[str]:
    """Return the first nodes that were reached (M,), each after its parent."""
    path, waiting, seen = list[str](), [0], set[int]()
    while waiting and len(path) < LONGEST_PATH:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        step = trace.steps[place]
        path += [words[place]] if reached[place] else []
        # where the root was unknown, its else may have been taken in its place
        waiting += reversed(step.children if reached[place] or place == 0 else ())
    return path


def counts(trace: RuleTrace) -> dict[str, Any]:
    """Return how often each leaf was held, and how many decisions were unknown."""
    decisions = trace.unknown.size
    leaves: dict[tuple[str, str | None, str], BoolArray] = {}
    for step, reached in zip(trace.steps, trace.reached, strict=True):
        if step.holds is not None:
            leaf = step.pointer, step.name, step.holds  # of a definition, each use that has the name
            leaves[leaf] = leaves[leaf] | reached if leaf in leaves else reached
    return {
        "decisions": decisions, "unknown": int(trace.unknown.sum()),
        "leaves": [
            {"pointer": pointer, "name": name, "holds": holds, "decisions": (held := int(reached.sum())),
             "share": held / decisions}
            for (pointer, name, holds), reached in leaves.items()
        ],
    }  # fmt: skip
