"""Finds settings of a complete request that change nothing, whatever the prices are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.model.errors import RunWarning

_WITHOUT_REFRESH = ("inline", "bundled", "csv")


def without_effect(request: dict[str, Any], parameters: dict[str, Any]) -> Iterator[RunWarning]:
    """Yield NO_EFFECT for each. request: every default filled in. parameters: the schema of the strategy's."""
    yield from _unused_parameters(request["parameters"], parameters.get("properties", {}))
    yield from _bands(request["rebalancing"], request["parameters"].get("rebalance_frequency"))
    costs, data = request["costs"], request["data"]
    if 0 < costs["commission_minimum"] <= costs["commission_fixed"]:
        yield _warning(
            "/costs/commission_minimum",
            f"The minimum of {costs['commission_minimum']:g} is never above commission_fixed of "
            f"{costs['commission_fixed']:g}, which every trade is charged.",
        )
    if costs["expense_ratio"] and all("expense_ratio" in holding for holding in request["holdings"]):
        yield _warning("/costs/expense_ratio", "Every holding has an expense_ratio of its own.")
    if data["refresh"] and data["source"] in _WITHOUT_REFRESH:
        yield _warning("/data/refresh", f"The source {data['source']} is read anew in every run.")


def _unused_parameters(given: dict[str, Any], schemas: dict[str, Any]) -> Iterator[RunWarning]:
    """Yield the parameters that differ from their defaults and that another parameter switches off."""
    for name, schema in schemas.items():
        for other, wanted in schema.get("x-used-when", {}).items():
            if given.get(name) != schema.get("default") and given[other] != wanted:
                needed = "null" if wanted is None else wanted
                yield _warning(f"/parameters/{name}", f"{name} is used only while {other} is {needed}.")
                break


def _bands(rules: dict[str, Any], frequency: str | None) -> Iterator[RunWarning]:
    bands = [name for name in ("absolute_band", "relative_band") if rules[name] is not None]
    if rules["bands_checked"] == "at_frequency" and not bands:
        yield _warning("/rebalancing/bands_checked", "There is no band to check. Set absolute_band or relative_band.")
    if rules["bands_checked"] == "daily" and frequency == "daily":
        for name in bands:
            yield _warning(
                f"/rebalancing/{name}",
                "The weights are restored at every session, so that none drifts. Set bands_checked to at_frequency to "
                "leave out the rebalances within the bands.",
            )
    elif rules["absolute_band"] == 1:
        yield _warning("/rebalancing/absolute_band", "No weight can drift by more than the whole portfolio.")


def _warning(pointer: str, reason: str) -> RunWarning:
    return RunWarning(code="NO_EFFECT", detail=f"{pointer} changes nothing. {reason}", pointer=pointer)
