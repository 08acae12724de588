"""The rules of a tree that its schema cannot express: what is held, scales, names, sums and limits.

They are checked of any JSON value, valid or not, in one walk over the document; a definition is looked at once
however often it is used.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from backtester.codec.decode import child
from backtester.contract.alternatives import words_of
from backtester.contract.problems import MAX_PROBLEMS
from backtester.contract.rules import is_number, sums_to
from backtester.contract.schemas import strategy_schema
from backtester.contract.tree_summary import Summary, circle, summed
from backtester.model.errors import Problem, did_you_mean, echo, nearest
from backtester.model.rule_tree import (
    KINDS,
    MAX_COMPOSITES,
    MAX_INDICATORS,
    MAX_NODES,
    MAX_OBJECTS,
    OF_TWO,
    SCALE_DEPENDENT,
    kind_of,
)

_TREE, _DEFINITIONS = "/parameters/tree", "/parameters/definitions"
_MOST_COMPARED = 500  # names that an unknown one is compared with
_AMOUNT = "is an amount in a scale that later dividends change"


def problems(
    parameters: dict[str, Any], held: set[str], of_schema: Callable[[], Iterator[Problem]]
) -> Iterator[Problem]:
    """Yield the problems of the parameters. held: the holdings. of_schema: yields those that the schema finds."""
    if _objects(parameters) > MAX_OBJECTS:  # nothing else is asked of a document that takes seconds to read
        detail = f"The tree and its definitions have at most {MAX_OBJECTS} objects."
        yield Problem(pointer=_TREE, code="OUT_OF_RANGE", detail=detail)
        return
    definitions = parameters.get("definitions")
    definitions = definitions if isinstance(definitions, dict) else {}
    walk = _Walk(held, definitions)
    own = [*itertools.islice(walk.of(parameters), 10 * MAX_PROBLEMS)]
    better = {problem.pointer for problem in own}  # they say more of the same place
    yield from (problem for problem in of_schema() if problem.pointer not in better)
    yield from own


def _objects(value: Any) -> int:
    """Return the number of objects in a JSON value, no more than needed."""
    count, open_values = 0, [value]
    while open_values and count <= MAX_OBJECTS:
        one = open_values.pop()
        if isinstance(one, dict):
            count += 1
            open_values += one.values()
        elif isinstance(one, list):
            count += len(one) // 100  # empty places cost as well
            open_values += one
    return count


class _Walk:
    """One look at a tree and its definitions. of: yields the problems."""

    def __init__(self, held: set[str], definitions: dict[str, Any]) -> None:
        self.held, self.definitions = held, definitions
        self.summary = Summary()

    def of(self, parameters: dict[str, Any]) -> Iterator[Problem]:
        """Yield the problems of every tree, then of all together."""
        summaries = {}
        for name, tree in self.definitions.items():
            summaries[name] = self.summary = Summary()
            yield from self._node(tree, child(_DEFINITIONS, name))
        root = self.summary = Summary()
        tree = parameters.get("tree")
        yield from self._node(tree, _TREE)
        found = circle(summaries)
        if found:
            detail = f"The definitions use each other in a circle: {' -> '.join(echo(name) for name in found)}."
            yield Problem(pointer=summaries[found[0]].uses[found[1]], code="CIRCULAR_USE", detail=detail)
            return
        yield from _limits(summed(root, summaries, self.definitions))
        if parameters.get("when_unknown") == "else" and kind_of(self._target(tree)) not in ("if", "cases", None):
            detail = "The tree's root has no else. Set when_unknown to cash or allocations."
            yield Problem(pointer="/parameters/when_unknown", code="UNEXPECTED", detail=detail)

    def _target(self, node: Any) -> Any:
        """Return the node that a use stands for; circles have been refused."""
        while kind_of(node) == "use" and isinstance(node["use"], str) and node["use"] in self.definitions:
            node = self.definitions[node["use"]]
        return node

    def _node(self, node: Any, pointer: str) -> Iterator[Problem]:
        kind = kind_of(node)
        if kind is None:
            return
        self.summary.nodes += kind != "use"
        others = [key for key in KINDS if key in node and key != kind and not (kind == "pick" and key == "weigh")]
        for other in others:
            detail = f"A node has exactly one kind. This one has {kind} and {other}."
            yield Problem(pointer=child(pointer, other), code="UNEXPECTED", detail=detail)
        if kind == "hold":
            yield from self._hold(node["hold"], f"{pointer}/hold")
        elif kind == "use":
            yield from self._use(node["use"], f"{pointer}/use")
        elif kind == "if":
            yield from self._condition(node["if"], f"{pointer}/if")
            yield from self._node(node.get("then"), f"{pointer}/then")
            yield from self._node(node.get("else"), f"{pointer}/else")
        elif kind == "cases":
            for index, case in enumerate(_list(node["cases"])):
                if isinstance(case, dict):
                    yield from self._condition(case.get("if"), f"{pointer}/cases/{index}/if")
                    yield from self._node(case.get("then"), f"{pointer}/cases/{index}/then")
            yield from self._node(node.get("else"), f"{pointer}/else")
        elif kind in ("pick", "weigh"):
            yield from self._children(node, kind, pointer)

    def _hold(self, symbol: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(symbol, str) or symbol.upper() in self.held:
            return
        suggestion = nearest(symbol.upper(), sorted(self.held))
        held = sorted(self.held)
        among = f"{', '.join(echo(each) for each in held[:20])}{', ...' if len(held) > 20 else ''}"
        yield Problem(
            pointer=pointer, code="SYMBOL_NOT_HELD", received=echo(symbol), has_received=True, suggestion=suggestion,
            detail=f"{echo(symbol)!a} is not one of the holdings ({among}){did_you_mean(suggestion)}",
        )  # fmt: skip

    def _use(self, name: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(name, str):
            return
        if name in self.definitions:
            self.summary.use(name, pointer)
            return
        suggestion = nearest(name, [*itertools.islice(self.definitions, _MOST_COMPARED)])
        yield Problem(
            pointer=pointer, code="INVALID_CHOICE", received=echo(name), has_received=True, suggestion=suggestion,
            detail=f"There is no definition {echo(name)!a}{did_you_mean(suggestion)}",
        )  # fmt: skip

    def _children(self, node: dict[str, Any], kind: str, pointer: str) -> Iterator[Problem]:
        of = _list(node.get("of"))
        for index, each in enumerate(of):
            yield from self._node(each, f"{pointer}/of/{index}")
        by = node["pick"].get("by") if kind == "pick" and isinstance(node["pick"], dict) else None
        if isinstance(by, dict):
            yield from _of_two(by, f"{pointer}/pick/by")
            if _is_scaled(by):
                detail = f"{by['indicator']} {_AMOUNT}, so it cannot rank. Use return or z_score."
                yield Problem(pointer=f"{pointer}/pick/by/indicator", code="SCALE_DEPENDENT", detail=detail)
            else:
                self.summary.measure(by.get("indicator"), by.get("window"), of)
        weigh = node.get("weigh", "equal")
        if weigh == "inverse_volatility":
            self.summary.measure("volatility", node.get("window"), of)
        yield from _goes_with(node, "window", weigh, "inverse_volatility", pointer)
        if kind == "weigh":
            yield from _goes_with(node, "weights", weigh, "specified", pointer)
            if weigh == "specified":
                yield from _weights(node.get("weights"), of, f"{pointer}/weights")

    def _condition(self, condition: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(condition, dict):
            return
        for key in ("all", "any"):
            for index, each in enumerate(_list(condition.get(key))):
                yield from self._condition(each, f"{pointer}/{key}/{index}")
        if "not" in condition:
            yield from self._condition(condition["not"], f"{pointer}/not")
        if "left" in condition and "right" in condition:
            yield from self._comparison(condition, pointer)

    def _comparison(self, condition: dict[str, Any], pointer: str) -> Iterator[Problem]:
        for side in ("left", "right"):
            value = condition[side]
            if isinstance(value, dict):
                self.summary.see(value.get("indicator"), value.get("symbol"), value.get("window"))
                yield from _of_two(value, f"{pointer}/{side}")
                yield from _fast_and_slow(value, f"{pointer}/{side}/window")
        yield from _scales(condition, pointer)
        if "tolerance" in condition and "tolerance_absolute" in condition:
            detail = "A comparison has tolerance or tolerance_absolute, not both."
            yield Problem(pointer=f"{pointer}/tolerance_absolute", code="UNEXPECTED", detail=detail)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_scaled(value: Any) -> bool:
    return isinstance(value, dict) and value.get("indicator") in SCALE_DEPENDENT


def _scales(condition: dict[str, Any], pointer: str) -> Iterator[Problem]:
    """Yield SCALE_DEPENDENT for an amount that is compared with anything but an amount of the same symbol."""
    left, right = condition["left"], condition["right"]
    scaled = [side for side in ("left", "right") if _is_scaled(condition[side])]
    if not scaled:
        return
    name = condition[scaled[0]]["indicator"]
    if "tolerance_absolute" in condition:
        detail = f"{name} {_AMOUNT}, so an absolute tolerance has no fixed meaning. Use tolerance, a fraction."
        yield Problem(pointer=f"{pointer}/tolerance_absolute", code="SCALE_DEPENDENT", detail=detail)
    if len(scaled) == 2:
        symbols = [value.get("symbol") for value in (left, right)]
        if not all(isinstance(symbol, str) for symbol in symbols) or symbols[0].upper() == symbols[1].upper():
            return
        other = "one of another symbol"
    else:
        value = right if scaled == ["left"] else left
        if name == "macd" and is_number(value) and value == 0:
            return
        if not is_number(value) and not (isinstance(value, dict) and value.get("indicator") in _indicators()):
            return  # no value that is known: the schema's problem
        other = str(echo(value.get("indicator"))) if isinstance(value, dict) else "a number"
    detail = f"{name} {_AMOUNT}, so it cannot be compared with {other}. Use return or z_score"
    detail += ", or compare it with 0." if name == "macd" else ", or an amount of the same symbol."
    yield Problem(pointer=f"{pointer}/{scaled[0]}", code="SCALE_DEPENDENT", detail=detail)


@functools.cache
def _indicators() -> tuple[str, ...]:
    """Return every indicator of a comparison."""
    values = strategy_schema("rules")["$defs"]["value"]["oneOf"]
    return tuple(words_of(values, "indicator"))


def _of_two(value: dict[str, Any], pointer: str) -> Iterator[Problem]:
    if value.get("indicator") in OF_TWO and is_number(value.get("window")) and value["window"] == 1:
        detail = f"The window of {value['indicator']} must be at least 2: one value has no deviation."
        yield Problem(pointer=f"{pointer}/window", code="OUT_OF_RANGE", received=1, has_received=True, suggestion=2,
                      detail=detail)  # fmt: skip


def _fast_and_slow(value: dict[str, Any], pointer: str) -> Iterator[Problem]:
    windows = value.get("window")
    if value.get("indicator") != "macd" or not isinstance(windows, list) or len(windows) != 2:
        return
    if all(map(is_number, windows)) and windows[0] >= windows[1]:
        detail = f"The first window must be below the second ({windows[1]}): fast, then slow."
        yield Problem(pointer=f"{pointer}/0", code="OUT_OF_RANGE", received=windows[0], has_received=True,
                      detail=detail)  # fmt: skip


def _goes_with(node: dict[str, Any], key: str, weigh: Any, wanted: str, pointer: str) -> Iterator[Problem]:
    """Yield a problem where a key is missing, or there without the weighting that it belongs to."""
    if key in node and weigh != wanted:
        detail = f"{key} goes with weigh {wanted} only."
        yield Problem(pointer=f"{pointer}/{key}", code="UNEXPECTED", detail=detail)
    elif key not in node and weigh == wanted:
        yield Problem(pointer=f"{pointer}/{key}", code="REQUIRED", detail=f"weigh {wanted} needs {key}.")


def _weights(weights: Any, of: list[Any], pointer: str) -> Iterator[Problem]:
    if not isinstance(weights, list) or not all(map(is_number, weights)):
        return
    if len(weights) != len(of):
        detail = f"There are {len(weights)} weights for {len(of)} children."
        yield Problem(pointer=pointer, code="OUT_OF_RANGE", detail=detail)
        return
    total = float(sum(weights))
    if not sums_to(1, total) and abs(total) < float("inf"):
        fix = "They look like percentages: divide each by 100." if sums_to(100, total) else "Scale them to sum to 1."
        suggestion = [round(weight / total, 10) for weight in weights] if total > 0 and len(weights) <= 20 else None
        yield Problem(pointer=pointer, code="WEIGHT_SUM", received=total, has_received=True, suggestion=suggestion,
                      detail=f"The weights sum to {total:.10g}, not 1. {fix}")  # fmt: skip


def _limits(whole: Summary) -> Iterator[Problem]:
    """Yield a problem for each limit that the tree, with every definition in place, exceeds."""
    for count, most, what in (
        (whole.nodes, MAX_NODES, "nodes, with every definition in the place of its use"),
        (len(whole.indicators), MAX_INDICATORS, "distinct indicators of a symbol and a window"),
        (whole.composites, MAX_COMPOSITES, "children of rankings and of inverse_volatility that are no single holding"),
    ):
        if count > most:
            has = f"{count}" if count < 10**9 else "more than a billion"
            detail = f"The tree has at most {most} {what}. It has {has}."
            yield Problem(pointer=_TREE, code="OUT_OF_RANGE", detail=detail)
