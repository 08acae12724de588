"""Tells which way a tree went at each decision, and the values that it compared."""

from __future__ import annotations

import itertools

import numpy as np

from backtester.model.decision_trace import RuleStep, RuleTrace
from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.strategies.rules.evaluate import Evaluation
from backtester.strategies.rules.needs import below
from backtester.strategies.rules.tree import Cases, Hold, Mix, Node, Tree, Window, comparisons

MOST_SEEN = 500  # values by name


def trace(tree: Tree, reached: dict[int, BoolArray], unknown: BoolArray) -> RuleTrace:
    """Return the trace. reached: (R,) by the number of a node, of those that were reached at all; unknown: (R,)."""
    nothing = np.zeros(unknown.size, dtype=bool)
    numbers = below(tree, tree.root)
    places = {number: place for place, number in enumerate(numbers)}
    return RuleTrace(
        steps=tuple(_step(tree.nodes[number], places) for number in numbers),
        reached=np.array([reached.get(number, nothing) for number in numbers]),
        unknown=unknown,
    )


def _step(node: Node, places: dict[int, int]) -> RuleStep:
    holds = (node.symbol or "cash") if isinstance(node, Hold) else None
    children = tuple(places[child] for child in node.children)
    return RuleStep(pointer=node.pointer, name=node.name, holds=holds, children=children)


def seen(evaluation: Evaluation, rows: IntArray, begin: int) -> dict[str, FloatArray]:
    """Return the values (R,) that the tree compared, and by which it ranked and weighed, by name; NaN where unknown."""
    tree, found = evaluation.tree, dict[str, FloatArray]()

    def add(name: str, values: FloatArray) -> None:
        if len(found) < MOST_SEEN and name not in found:
            found[name] = np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)

    numbers = below(tree, tree.root)
    subjects = _subjects(tree, numbers)
    for number in numbers:
        node = tree.nodes[number]
        if isinstance(node, Cases):
            for one in comparisons(node.conditions):
                for value in filter(lambda side: side.number is None, (one.left, one.right)):
                    add(_called(value.symbol, value.indicator, value.window), evaluation.value(value))
        elif isinstance(node, Mix):
            for child, (indicator, window) in itertools.product(node.of, node.measures):
                name = _called(subjects[child], indicator, window)
                add(name, evaluation.measured(child, indicator, window, begin))
    return found


def _subjects(tree: Tree, numbers: list[int]) -> dict[int, str]:
    """Return what the values of each child that is measured are called: by its symbol, or its name, else its pointer.

    Groups often share a name, which then says nothing: each of these has its pointer.
    """
    mixes = [node for number in numbers if isinstance(node := tree.nodes[number], Mix) and node.measures]
    children = {child: tree.nodes[child] for mix in mixes for child in mix.of}
    holds = {n: one.symbol or "cash" for n, one in children.items() if isinstance(one, Hold)}
    others = {n: one for n, one in children.items() if n not in holds}
    named = [*dict.fromkeys(holds.values()), *(one.name for one in others.values())]
    return holds | {
        n: one.name if one.name is not None and named.count(one.name) == 1 else one.pointer for n, one in others.items()
    }


def _called(subject: str, indicator: str, window: Window) -> str:
    """Return a name such as `SPY rsi(10)`, `SPY price`, `SPY macd(12, 26)`."""
    windows = () if window is None else window if isinstance(window, tuple) else (window,)
    return f"{subject} {indicator}" + (f"({', '.join(map(str, windows))})" if windows else "")
