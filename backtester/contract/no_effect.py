"""Finds settings of a complete request that change nothing, whatever the prices are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.model.errors import RunWarning

_ROUNDING = 1e-12  # of a sum of allocations
_WITHOUT_REFRESH = ("inline", "bundled", "csv")


def without_effect(request: dict[str, Any], parameters: dict[str, Any]) -> Iterator[RunWarning]:
    """Yield NO_EFFECT for each. request: every default filled in. parameters: the schema of the strategy's."""
    yield from _unused_parameters(request["parameters"], parameters.get("properties", {}))
    yield from _bands(request)
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
    if request["output"]["max_points"] is not None and not _has_series(request):
        yield _warning("/output/max_points", "The result has no daily series. Add series to include.")


def _unused_parameters(given: dict[str, Any], schemas: dict[str, Any]) -> Iterator[RunWarning]:
    """Yield the parameters that differ from their defaults and that another parameter switches off."""
    for name, schema in schemas.items():
        for other, wanted in schema.get("x-used-when", {}).items():
            if given.get(name) != schema.get("default") and given[other] != wanted:
                needed = "null" if wanted is None else wanted
                yield _warning(f"/parameters/{name}", f"{name} is used only while {other} is {needed}.")
                break


def _bands(request: dict[str, Any]) -> Iterator[RunWarning]:
    rules, frequency = request["rebalancing"], request["parameters"].get("rebalance_frequency")
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
        return
    targets = _fixed_targets(request)
    for name in bands:
        if targets is not None and len(targets) == 1:
            yield _warning(f"/rebalancing/{name}", "One holding without cash is the whole portfolio and never drifts.")
        elif _is_never_broken(name, rules[name], targets):
            yield _warning(f"/rebalancing/{name}", "No weight can drift so far from its target.")


def _fixed_targets(request: dict[str, Any]) -> list[float] | None:
    """Return the targets above zero of holdings and cash; None where they change, or other money may lie in cash."""
    execution, data = request["execution"], request["data"]
    if request["strategy"] != "buy_hold" or request["cash_flows"] or execution["shares"] == "whole":
        return None
    if execution["dividends"] == "cash" or data["partial_history"] or data["ended_history"] == "cash":
        return None
    parts = [*(holding["allocation"] for holding in request["holdings"]), request["cash"]["allocation"]]
    total = sum(parts)
    return [part / total for part in parts if part > 0]


def _is_never_broken(name: str, band: float, targets: list[float] | None) -> bool:
    """Return whether weights from 0 to 1 always lie within the band; a weight of 0 or 1 is never reached."""
    if name == "absolute_band":
        farthest = 1.0 if targets is None else max(max(target, 1 - target) for target in targets)
        return band >= farthest - _ROUNDING
    return targets is not None and band >= 1 and all(band * target >= 1 - target - _ROUNDING for target in targets)


def _has_series(request: dict[str, Any]) -> bool:
    """Return whether the result has a block that max_points thins."""
    blocks = {"series", "held_weights", *(["benchmark"] if request["benchmark"] is not None else [])}
    analysis = request.get("analysis") or {}
    return not blocks.isdisjoint(request["output"]["include"]) or bool(
        request.get("compare") or analysis.get("walk_forward")
    )


def _warning(pointer: str, reason: str) -> RunWarning:
    return RunWarning(code="NO_EFFECT", detail=f"{pointer} changes nothing. {reason}", pointer=pointer)
