"""Tells which way a tree went at each decision, and the values that it compared."""

from __future__ import annotations

import itertools

import numpy as np

from backtester.model.decision_trace import RuleStep, RuleTrace
from backtester.model.records import BoolArray, FloatArray, IntArray
from backtester.strategies.rules.evaluate import Evaluation
from backtester.strategies.rules.needs import below
from backtester.strategies.rules.tree import Cases, Hold, Mix, Node, Tree, Value, Window, comparisons

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
            for value in _compared(node):
                add(_called(value.symbol, value.indicator, value.window), evaluation.value(value))
        elif isinstance(node, Mix):
            for child, (indicator, window) in itertools.product(node.of, node.measures):
                name = _called(subjects[child], indicator, window)
                add(name, evaluation.measured(child, indicator, window, begin))
    return found


def _compared(node: Cases) -> list[Value]:
    """Return the indicators that the conditions compare."""
    return [side for one in comparisons(node.conditions) for side in (one.left, one.right) if side.number is None]


def _subjects(tree: Tree, numbers: list[int]) -> dict[int, str]:
    """Return what the values of each child that is measured are called: by its symbol, or its name, else its pointer.

    Groups often share a name, or have that of a symbol, which then says nothing: each of these has its pointer.
    """
    nodes = [tree.nodes[number] for number in numbers]
    symbols = [value.symbol for node in nodes if isinstance(node, Cases) for value in _compared(node)]
    children = {n: tree.nodes[n] for node in nodes if isinstance(node, Mix) and node.measures for n in node.of}
    holds = {n: one.symbol or "cash" for n, one in children.items() if isinstance(one, Hold)}
    others = {n: one for n, one in children.items() if n not in holds}
    named = [*dict.fromkeys([*symbols, *holds.values()]), *(one.name for one in others.values())]
    return holds | {
        n: one.name if one.name is not None and named.count(one.name) == 1 else one.pointer for n, one in others.items()
    }


def _called(subject: str, indicator: str, window: Window) -> str:
    """Return a name such as `SPY rsi(10)`, `SPY price`, `SPY macd(12, 26)`."""
    windows = () if window is None else window if isinstance(window, tuple) else (window,)
    return f"{subject} {indicator}" + (f"({', '.join(map(str, windows))})" if windows else "")
