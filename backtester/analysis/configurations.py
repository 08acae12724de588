"""The configurations of a grid: the request with other settings, grouped by the prices that they are run on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtester.codec.canonical import canonical
from backtester.contract.build import build_spec
from backtester.contract.check import CheckedRequest, complete
from backtester.contract.defaults import fill
from backtester.contract.grid import Grid
from backtester.contract.merge_patch import merged, parts_of, patch_of
from backtester.contract.schemas import strategy_schema
from backtester.model.record import Record, replace
from backtester.model.records import BacktestSpec

PROPORTIONAL = ("commission_bps", "slippage_bps")  # costs that configurations of one group may differ in
_RANK_COUNT = "top_n"  # strategies that rank make one ranking for every number of holdings


class Group(Record):
    """Configurations that differ in parameters and proportional costs alone, and so share prices and calendar."""

    spec: BacktestSpec  # of the first
    indices: tuple[int, ...]  # in the grid, those of one rule after the other


def configured(checked: CheckedRequest, settings: dict[str, Any]) -> CheckedRequest:
    """Return the request with other settings, by JSON pointer. They are known to be valid."""
    assert checked.document is not None
    patched = merged(checked.document, patch_of(checked.document, settings))
    made = complete(patched)
    prices = checked.request["data"].get("prices")
    if prices is not None:
        made = replace(made, request={**made.request, "data": {**made.request["data"], "prices": prices}})
    return made


class Configurations:
    """The configurations of a grid, made when they are asked for: a hundred thousand at once would fill the memory."""

    def __init__(self, checked: CheckedRequest, grid: Grid) -> None:
        """Take a checked request and the grid of one of its questions."""
        self.grid = grid
        self.wanted = tuple(grid.wanted(checked.request))
        self._checked = checked
        self._base = build_spec(configured(checked, {}))
        self._setters = self._shortcut()

    def spec(self, index: int) -> BacktestSpec:
        """Return the spec of one configuration."""
        settings = self.grid.settings(index)
        if self._setters is None:
            return build_spec(configured(self._checked, settings))
        parameters, costs = dict(self._base.parameters), {}
        for pointer, (name, value_of) in self._setters.items():
            if value_of is None:
                costs[name] = float(settings[pointer])
            else:
                parameters[name] = value_of(settings[pointer])
        return replace(self._base, parameters=parameters, costs=replace(self._base.costs, **costs))

    def groups(self) -> list[Group]:
        """Return the groups, in the order of their first configurations."""
        found: dict[str, list[tuple[str, int]]] = {}
        first: dict[str, BacktestSpec] = {}
        for index in self.wanted:
            spec = self.spec(index)
            key = "" if self._setters is not None else _shared(spec)
            first.setdefault(key, spec)
            found.setdefault(key, []).append((_rule(spec), index))
        return [Group(spec=first[key], indices=tuple(i for _, i in sorted(found[key]))) for key in found]

    def _shortcut(self) -> dict[str, tuple[str, Callable[[Any], Any] | None]] | None:
        """Return how each axis sets a parameter or a cost; None where a request has to be made of each configuration.

        It spares a tenth of a millisecond each, which is a sixth of their run.
        """
        setters: dict[str, tuple[str, Callable[[Any], Any] | None]] = {}
        known = strategy_schema(self._base.strategy).get("properties", {})
        for pointer, values in zip(self.grid.pointers, self.grid.values, strict=True):
            top, *rest = parts_of(pointer)
            if len(rest) != 1 or None in values:
                return None
            if top == "costs" and rest[0] in PROPORTIONAL:
                setters[pointer] = rest[0], None
            elif top == "parameters" and rest[0] in known and "x-symbol" not in known[rest[0]]:
                setters[pointer] = rest[0], _filler(known[rest[0]])
            else:
                return None
        return setters


def _filler(schema: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda value: fill(schema, value)


def _rule(spec: BacktestSpec) -> str:
    """Return what the ranking of a configuration depends on: those with the same stand together."""
    rule = {name: value for name, value in spec.parameters.items() if name != _RANK_COUNT}
    return canonical({"frequency": rule.pop("rebalance_frequency"), **rule})


def _shared(spec: BacktestSpec) -> str:
    """Return what the configurations of a group have in common."""
    request = {name: value for name, value in spec.request.items() if name not in ("parameters", "data")}
    request["costs"] = {name: value for name, value in request["costs"].items() if name not in PROPORTIONAL}
    request["data"] = {name: value for name, value in spec.request["data"].items() if name != "prices"}
    return canonical([request, spec.signals])
