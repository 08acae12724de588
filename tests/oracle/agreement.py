"""What it means that a result of the runner and one of the plain reference say the same."""

from __future__ import annotations

import math
from typing import Any

import pytest

from backtester.contract.schemas import resolved_schema

_METRICS = resolved_schema("result")["properties"]["metrics"]["properties"]
_INCLUDE = resolved_schema("request")["properties"]["output"]["properties"]["include"]
WITH_HELD_WEIGHTS = [*_INCLUDE["default"], "held_weights"]
MONEY = frozenset(name for name, schema in _METRICS.items() if schema.get("x-unit") == "currency")


def assert_results_agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Compare a result document with what `reference.run` returned for the same request, number by number."""
    assert_series_agree(ours, theirs)
    assert_rebalances_agree(ours, theirs)
    assert_trades_agree(ours, theirs)
    if "held_weights" in ours:
        assert_held_weights_agree(ours, theirs)
    for block in ("metrics", "metrics_monthly"):
        assert_metrics_agree(ours[block], theirs[block], block)
    if "benchmark_equity" in theirs:
        largest = max(theirs["benchmark_equity"])
        close = pytest.approx(theirs["benchmark_equity"], rel=1e-9, abs=1e-9 * largest)
        assert ours["benchmark"]["series"]["portfolio_value"] == close
        assert_metrics_agree(ours["benchmark"]["metrics"], theirs["benchmark_metrics"], "benchmark")


def assert_series_agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    series = ours["series"]
    assert series["dates"] == [day.isoformat() for day in theirs["dates"]]
    largest = max(theirs["equity"])
    assert series["portfolio_value"] == pytest.approx(theirs["equity"], rel=1e-9, abs=1e-12 * largest)
    assert series["returns"] == pytest.approx(theirs["returns"], abs=1e-9)
    assert series["drawdown"] == pytest.approx(theirs["drawdown"], abs=1e-9)
    flows = series.get("cash_flows") or [0.0] * len(theirs["flows"])
    assert flows == pytest.approx(theirs["flows"], rel=1e-9, abs=1e-9 * largest)
    assert ours["final_cash"]["value"] == pytest.approx(theirs["cash"][-1], rel=1e-9, abs=1e-9 * largest)
    held = {entry["symbol"]: entry["units"] for entry in ours["final_holdings"]}
    assert held == pytest.approx({s: n for s, n in theirs["units"][-1].items() if n}, rel=1e-9)
    depleted = "PORTFOLIO_DEPLETED" in [warning["code"] for warning in ours["warnings"]]
    assert depleted == (theirs["depleted"] is not None)


def assert_held_weights_agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Compare the weights that were held with units · price / equity of the bookkeeper's days, and add them up."""
    held, sessions = ours["held_weights"], [day.isoformat() for day in theirs["dates"]]
    assert (held["dates"][0], held["dates"][-1]) == (sessions[0], sessions[-1])
    columns = {**held["symbols"], "cash": held["cash"]}
    for place, session in enumerate(held["dates"]):
        day = sessions.index(session)
        equity, units, prices = (theirs[name][day] for name in ("equity", "units", "prices"))
        found = {symbol: column[place] for symbol, column in columns.items()}
        if equity == 0:
            assert set(found.values()) == {None}
            continue
        wanted = {symbol: units[symbol] * prices[symbol] / equity for symbol in units}
        assert found == pytest.approx({**wanted, "cash": theirs["cash"][day] / equity}, rel=1e-7, abs=1e-9)
        assert math.fsum(found.values()) == pytest.approx(1, abs=1e-9)


def assert_rebalances_agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    wanted, weights = theirs["rebalances"], ours["weights"]
    assert weights["dates"] == [r["executed"].isoformat() for r in wanted]
    assert weights["triggers"] == [r["trigger"] for r in wanted]
    assert weights["decided"] == [None if r["decided"] is None else r["decided"].isoformat() for r in wanted]
    for symbol, column in weights["symbols"].items():
        assert column == pytest.approx([r["weights"][symbol] for r in wanted], abs=1e-12), symbol


def assert_trades_agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    label = ("date", "symbol", "side", "reason")
    wanted = [{**t, "date": t["date"].isoformat()} for t in theirs["trades"]]
    assert [tuple(t[k] for k in label) for t in ours["trades"]] == [tuple(t[k] for k in label) for t in wanted]
    for key in ("units", "price", "value", "commission", "slippage"):
        # a small trade is the difference of two large positions, so its error goes with the equity
        scale = max((t["value"] for t in wanted), default=1.0) if key in ("units", "value") else 0.0
        assert [t[key] for t in ours["trades"]] == pytest.approx(
            [t[key] for t in wanted], rel=1e-7, abs=max(1e-10 * scale, 1e-9)
        ), key


def assert_metrics_agree(ours: dict[str, Any], theirs: dict[str, float], block: str) -> None:
    missing = {name for name, value in theirs.items() if math.isnan(value)}
    assert {name for name, value in ours.items() if value is None and name in theirs} == missing, block
    assert set(theirs) <= set(ours)
    # fifty that are paid into 1e17 are below its last digit: what becomes of money is known to that much of all of it
    least = 1e-15 * abs(theirs.get("final_value", 0.0))
    for name in theirs.keys() - missing:
        close = pytest.approx(theirs[name], rel=1e-8, abs=max(1e-10, least if name in MONEY else 0.0))
        assert ours[name] == close, (block, name)
