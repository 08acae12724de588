"""What a tree has, counted without putting its definitions into their places: that could take for ever."""

from __future__ import annotations

from typing import Any

from backtester.model.rule_tree import kind_of

Indicator = tuple[Any, ...]


class Summary:
    """The counts of one tree: of its own nodes, and what it uses."""

    def __init__(self) -> None:
        self.nodes = 0
        self.composites = 0
        self.uses: dict[str, str] = {}  # by name: the pointer of the first use
        self.times: dict[str, int] = {}
        self.indicators: set[Indicator] = set()
        self.measured: list[tuple[Any, Any, Any]] = []  # indicator, window and child of a ranking or a mix

    def use(self, name: str, pointer: str) -> None:
        """Count a use."""
        self.uses.setdefault(name, pointer)
        self.times[name] = self.times.get(name, 0) + 1

    def see(self, indicator: Any, symbol: Any, window: Any) -> None:
        """Count an indicator of a symbol, where it is one."""
        window = None if indicator == "price" else tuple(window) if isinstance(window, list) else window
        if isinstance(indicator, str) and isinstance(symbol, str) and _plain(window):
            self.indicators.add((indicator, symbol.upper(), window))

    def measure(self, indicator: Any, window: Any, children: list[Any]) -> None:
        """Count an indicator of each child: of a holding, or of the growth of a composite."""
        self.measured += [(indicator, window, one) for one in children]


def _plain(window: Any) -> bool:
    parts = window if isinstance(window, tuple) else (window,)
    return all(part is None or isinstance(part, (int, float)) for part in parts)


def circle(summaries: dict[str, Summary]) -> list[str]:
    """Return the names of a circle of uses, the first again at its end; none where there is none."""
    from graphlib import CycleError, TopologicalSorter

    try:
        TopologicalSorter({name: one.uses for name, one in summaries.items()}).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]
        return names[::-1]  # graphlib has each after what uses it
    return []


def summed(root: Summary, summaries: dict[str, Summary], definitions: dict[str, Any]) -> Summary:
    """Return the counts of the root's tree with every definition in the place of its use. No circles."""
    from graphlib import TopologicalSorter

    order = [*TopologicalSorter({name: one.uses for name, one in summaries.items()}).static_order()]
    targets = _targets(order, definitions)
    nodes, composites = dict[str, int](), dict[str, int]()
    for name in order:  # what is used before what uses it
        one = summaries[name]
        _resolve(one, targets)
        nodes[name] = one.nodes + sum(nodes[used] * times for used, times in one.times.items())
        composites[name] = one.composites + sum(composites[used] * times for used, times in one.times.items())
    _resolve(root, targets)
    whole = Summary()
    whole.nodes = root.nodes + sum(nodes[used] * times for used, times in root.times.items())
    whole.composites = root.composites + sum(composites[used] * times for used, times in root.times.items())
    reached, waiting = set[str](), [*root.uses]
    whole.indicators |= root.indicators
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += summaries[name].uses
            whole.indicators |= summaries[name].indicators
    return whole


def _targets(order: list[str], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the node that each definition is, a use of another followed."""
    targets: dict[str, Any] = {}
    for name in order:
        node = definitions[name]
        followed = kind_of(node) == "use" and isinstance(node["use"], str)
        targets[name] = targets.get(node["use"], node) if followed else node
    return targets


def _resolve(one: Summary, targets: dict[str, Any]) -> None:
    """Count the measured children of a tree: holdings by their indicator, composites by themselves."""
    for indicator, window, node in one.measured:
        if kind_of(node) == "use" and isinstance(node["use"], str):
            node = targets.get(node["use"], node)
        kind = kind_of(node)
        if kind == "hold":
            one.see(indicator, node["hold"], window)
        elif kind not in ("cash", None):
            one.composites += 1
