"""The configurations of a grid: the request with other settings, grouped by the prices that they are run on."""

from __future__ import annotations

from typing import Any

from backtester.analysis.variations import Variations
from backtester.codec.canonical import canonical
from backtester.contract.build import build_spec
from backtester.contract.check import CheckedRequest
from backtester.contract.defaults import fill
from backtester.contract.schemas import built_in_strategies, strategy_schema
from backtester.contract.variations.grid import Grid
from backtester.contract.variations.merge_patch import parts_of
from backtester.model.errors import BacktestError, DataError, InternalError, RequestError
from backtester.model.record import Record, replace
from backtester.model.records import BacktestSpec, WarmUp
from backtester.strategies.table import find_strategy

PROPORTIONAL = ("commission_bps", "slippage_bps")  # the costs that configurations of one group may differ in
REPORTED = 100  # configurations, or groups, of which the preparation reports one
_MOST_BASES = 1000  # that are cached: some kilobytes each
_RANK_COUNT = "/parameters/top_n"  # strategies that rank make one ranking for every number of holdings


class SettableAxis(Record):
    """An axis whose values can be put into a spec without a request of their own."""

    block: str  # "parameters" or "costs"
    name: str
    values: tuple[Any, ...]  # as the spec has them


class Base(Record):
    """What the configurations have in common whose values differ on settable axes alone."""

    spec: BacktestSpec
    shared: str  # that of its group
    rule: str


class Group(Record):
    """Configurations that differ in parameters and proportional costs alone, and so share prices and calendar."""

    first: int  # the first of them in the grid
    indices: tuple[int, ...]  # in the grid, those of one frequency and one rule after the other
    warm_ups: dict[int, WarmUp | BacktestError]  # of each; empty for a plug-in, which is asked where it is loaded


class Configurations:
    """The configurations of a grid, made when they are asked for: a hundred thousand at once would fill the memory."""

    def __init__(self, variations: Variations, grid: Grid) -> None:
        """Take the variations of a request and the grid of one of its questions."""
        self.grid = grid
        self.wanted = tuple(grid.wanted(variations.checked.request))
        self._variations = variations
        self._settable = self._settable_axes(build_spec(variations.patched({})))
        self._ruling = [axis for axis in self._settable if grid.pointers[axis] != _RANK_COUNT]
        self._others = [axis for axis in range(len(grid.pointers)) if axis not in self._settable]
        self._bases: dict[tuple[int, ...], Base] = {}

    def checked(self, index: int) -> CheckedRequest:
        """Return the request of one configuration."""
        return self._variations.patched(self.patch(index))

    def patch(self, index: int) -> dict[str, Any]:
        """Return the merge patch that makes a configuration of the request."""
        return self._variations.patch_of(self.grid.settings(index))

    def spec(self, index: int) -> BacktestSpec:
        """Return the spec of one configuration."""
        places = self.grid.places(index)
        base, parameters, costs = self._base(places).spec, self._set("parameters", places), self._set("costs", places)
        charged = replace(base.costs, **costs) if costs else base.costs
        return replace(base, parameters={**base.parameters, **parameters}, costs=charged)

    def groups(self) -> list[Group]:
        """Return the groups, in the order of their first configurations. Reports how many configurations are in one."""
        found: dict[str, list[tuple[str, str, int]]] = {}
        warm_ups: dict[str, dict[int, WarmUp | BacktestError]] = {}
        for done, index in enumerate(self.wanted):
            if done % REPORTED == 0:
                self._variations.preparing("loading_data", done, len(self.wanted))
            places = self.grid.places(index)
            base = self._base(places)
            own = repr([self.grid.values[axis][places[axis]] for axis in self._ruling])
            found.setdefault(base.shared, []).append((base.rule, own, index))
            if base.spec.strategy in built_in_strategies():
                parameters = {**base.spec.parameters, **self._set("parameters", places)}
                warm_ups.setdefault(base.shared, {})[index] = _warm_up(base.spec.strategy, parameters)
        return [
            Group(
                first=members[0][2], indices=tuple(index for *_, index in sorted(members)),
                warm_ups=warm_ups.get(shared, {}),
            )
            for shared, members in found.items()
        ]  # fmt: skip

    def _base(self, places: list[int]) -> Base:
        """Return the base of a configuration: the request with its values on the axes that are not settable."""
        key = tuple(places[axis] for axis in self._others)
        if key not in self._bases:
            if len(self._bases) >= _MOST_BASES:
                self._bases.clear()
            values = {self.grid.pointers[axis]: self.grid.values[axis][places[axis]] for axis in self._others}
            spec = build_spec(self._variations.patched(self._variations.patch_of(values)))
            self._bases[key] = Base(spec=spec, shared=_shared(spec), rule=_rule(spec))
        return self._bases[key]

    def _set(self, block: str, places: list[int]) -> dict[str, Any]:
        """Return what a configuration sets in a block of its base."""
        return {axis.name: axis.values[places[n]] for n, axis in self._settable.items() if axis.block == block}

    def _settable_axes(self, asked: BacktestSpec) -> dict[int, SettableAxis]:
        """Return the axes that set a parameter or a cost, by their places.

        A request for each configuration takes a tenth of a millisecond, which is a sixth of its run.
        """
        built_in = asked.strategy in built_in_strategies() and "/strategy" not in self.grid.pointers
        known = strategy_schema(asked.strategy)["properties"] if built_in else {}
        axes = {}
        for n, (pointer, values) in enumerate(zip(self.grid.pointers, self.grid.values, strict=True)):
            block, *rest = parts_of(pointer)
            if len(rest) != 1 or None in values or not built_in:
                continue
            if block == "costs" and rest[0] in PROPORTIONAL:
                axes[n] = SettableAxis(block=block, name=rest[0], values=tuple(map(float, values)))
            elif block == "parameters" and "x-symbol" not in known[rest[0]]:
                filled = tuple(fill(known[rest[0]], value) for value in values)
                axes[n] = SettableAxis(block=block, name=rest[0], values=filled)
        return axes


def _warm_up(strategy: str, parameters: dict[str, Any]) -> WarmUp | BacktestError:
    """Return the history that a built-in strategy needs, or the error where its parameters exclude each other."""
    try:
        return find_strategy(strategy).warm_up(parameters)
    except (RequestError, DataError, InternalError) as error:
        return error


def _rule(spec: BacktestSpec) -> str:
    """Return what the ranking of a configuration depends on: those with the same stand together."""
    return canonical({name: value for name, value in spec.parameters.items() if f"/parameters/{name}" != _RANK_COUNT})


def _shared(spec: BacktestSpec) -> str:
    """Return what a group has in common. A configuration of a plug-in stands alone: only it knows its look-back."""
    own = () if spec.strategy in built_in_strategies() else ("parameters",)
    request = {name: value for name, value in spec.request.items() if name not in ("parameters", "data")}
    request |= {name: spec.request[name] for name in own}
    request["costs"] = {name: value for name, value in request["costs"].items() if name not in PROPORTIONAL}
    request["data"] = {name: value for name, value in spec.request["data"].items() if name != "prices"}
    return canonical([request, spec.signals])
