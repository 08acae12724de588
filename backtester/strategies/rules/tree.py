"""The tree as frozen nodes, children before their parents. A use is the very node that it names, not a copy.

So a subtree is decided once however often it is used, and a chain of definitions of any length is a list.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

from backtester.codec.decode import child
from backtester.model.record import Record, replace
from backtester.model.rule_tree import kind_of

Window = int | tuple[int, int] | None


class Value(Record):
    """A number, or an indicator of a symbol."""

    number: float | None
    indicator: str = ""
    symbol: str = ""
    window: Window = None


class Comparison(Record):
    """A comparison of two values. tolerance: of the size of right; tolerance_absolute: an amount."""

    left: Value
    relation: str  # "above" | "below" | "at_least" | "at_most"
    right: Value
    for_sessions: int = 1
    tolerance: float | None = None
    tolerance_absolute: float | None = None

    @property
    def has_state(self) -> bool:
        """Whether it depends on what it was before."""
        return self.tolerance is not None or self.tolerance_absolute is not None


class Combined(Record):
    """all, any or not of other conditions."""

    key: str
    of: tuple[Condition, ...]

    @property
    def has_state(self) -> bool:
        """Whether any of them depends on what it was before."""
        return any(one.has_state for one in self.of)


Condition = Comparison | Combined


class Node(Record):
    """What all nodes have. Children are numbers of nodes that come earlier in the tree's list."""

    pointer: str
    name: str | None = None

    @property
    def children(self) -> tuple[int, ...]:
        """The numbers of the children."""
        return ()


class Hold(Node):
    """One symbol alone; None is cash."""

    symbol: str | None


class Cases(Node):
    """The child of the first condition that is true, and the last child where none is. An if is one of these."""

    conditions: tuple[Condition, ...]
    of: tuple[int, ...]  # one more than there are conditions

    @property
    def children(self) -> tuple[int, ...]:
        """The children of the cases, then that of else."""
        return self.of


class Mix(Node):
    """A mix of children: all of them, or with `count` the first of a ranking."""

    of: tuple[int, ...]
    weights: tuple[float, ...] | None = None  # None: equal, or by volatility
    volatility_window: int | None = None  # None: not by volatility
    by: tuple[str, int] | None = None  # indicator and window of the ranking
    highest: bool = True
    count: int = 0

    @property
    def children(self) -> tuple[int, ...]:
        """The children in their order."""
        return self.of

    @property
    def measures(self) -> tuple[tuple[str, int], ...]:
        """The indicators, with their windows, of which each child is measured."""
        of_risk = () if self.volatility_window is None else (("volatility", self.volatility_window),)
        return (*(() if self.by is None else (self.by,)), *of_risk)


class Tree(Record):
    """A whole tree. The root is the last of the nodes that it needs."""

    nodes: tuple[Node, ...]
    root: int


def parse(parameters: dict[str, Any]) -> Tree:
    """Return the tree of checked parameters."""
    definitions: dict[str, Any] = parameters.get("definitions") or {}
    parser = _TreeReader()
    order = TopologicalSorter({name: {*_uses(node)} for name, node in definitions.items()}).static_order()
    for name in order:
        parser.defined[name] = parser.node(definitions[name], child("/parameters/definitions", name))
    root = parser.node(parameters["tree"], "/parameters/tree")
    return Tree(nodes=tuple(parser.nodes), root=root)


def _uses(value: Any) -> list[str]:
    """Return the names that a tree uses."""
    found, waiting = list[str](), [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("use"), str):
                found.append(one["use"])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


class _TreeReader:
    """Reads one tree after the other into one list."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.defined: dict[str, int] = {}

    def node(self, raw: dict[str, Any], pointer: str) -> int:
        """Append a node after its children; return its number."""
        kind, name = kind_of(raw), raw.get("name")
        if kind == "use":
            number = self.defined[raw["use"]]
            if name is None:
                return number
            return self._add(replace(self.nodes[number], name=name))
        return self._add(self._read(str(kind), raw, pointer, name))

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _read(self, kind: str, raw: dict[str, Any], pointer: str, name: str | None) -> Node:
        if kind in ("hold", "cash"):
            return Hold(pointer=pointer, name=name, symbol=raw["hold"] if kind == "hold" else None)
        if kind == "if":
            of = (self.node(raw["then"], f"{pointer}/then"), self.node(raw["else"], f"{pointer}/else"))
            return Cases(pointer=pointer, name=name, conditions=(condition(raw["if"]),), of=of)
        if kind == "cases":
            cases = raw["cases"]
            then = [self.node(case["then"], f"{pointer}/cases/{i}/then") for i, case in enumerate(cases)]
            last = self.node(raw["else"], f"{pointer}/else")
            conditions = tuple(condition(case["if"]) for case in cases)
            return Cases(pointer=pointer, name=name, conditions=conditions, of=(*then, last))
        return self._mix(kind, raw, pointer, name)

    def _mix(self, kind: str, raw: dict[str, Any], pointer: str, name: str | None) -> Mix:
        of = tuple(self.node(each, f"{pointer}/of/{i}") for i, each in enumerate(raw["of"]))
        weigh = raw.get("weigh", "equal")
        mix = Mix(
            pointer=pointer, name=name, of=of,
            volatility_window=raw["window"] if weigh == "inverse_volatility" else None,
        )  # fmt: skip
        if kind == "pick":
            pick = raw["pick"]
            by = (pick["by"]["indicator"], pick["by"]["window"])
            return replace(mix, by=by, highest=pick["order"] == "highest", count=pick["count"])
        if weigh == "specified":
            total = sum(raw["weights"])
            return replace(mix, weights=tuple(weight / total for weight in raw["weights"]))
        return mix


def condition(raw: dict[str, Any]) -> Condition:
    """Return a condition."""
    for key in ("all", "any"):
        if key in raw:
            return Combined(key=key, of=tuple(condition(each) for each in raw[key]))
    if "not" in raw:
        return Combined(key="not", of=(condition(raw["not"]),))
    return Comparison(
        left=_value(raw["left"]), relation=raw["is"], right=_value(raw["right"]),
        for_sessions=raw.get("for_sessions", 1), tolerance=raw.get("tolerance"),
        tolerance_absolute=raw.get("tolerance_absolute"),
    )  # fmt: skip


def _value(raw: Any) -> Value:
    if not isinstance(raw, dict):
        return Value(number=float(raw))
    window = None if raw["indicator"] == "price" else raw.get("window")
    return Value(
        number=None, indicator=raw["indicator"], symbol=raw["symbol"],
        window=(window[0], window[1]) if isinstance(window, list) else window,
    )  # fmt: skip


def comparisons(conditions: tuple[Condition, ...]) -> list[Comparison]:
    """Return every comparison inside the conditions, in their order."""
    found = list[Comparison]()
    for one in conditions:
        found += [one] if isinstance(one, Comparison) else comparisons(one.of)
    return found
