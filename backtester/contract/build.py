"""Builds the BacktestSpec of a checked request."""

from __future__ import annotations

import datetime
from typing import Any

from backtester.contract.check import CheckedRequest
from backtester.contract.schemas import strategy_schema
from backtester.contract.symbols import symbols_in
from backtester.model.records import BacktestSpec, Benchmark, CashFlow, Costs, Rebalancing

Signals = tuple[tuple[str, str], ...]


def build_spec(checked: CheckedRequest, *, signals: Signals | None = None) -> BacktestSpec:
    """Build the spec of a checked request. The allocations are scaled so that with the cash they sum to 1.

    signals: for callers that must not load the strategy's schema; None reads them from it.
    """
    request = checked.request
    cash, execution, data = request["cash"], request["execution"], request["data"]
    raw = [float(holding["allocation"]) for holding in request["holdings"]]
    total = sum(raw) + cash["allocation"]
    return BacktestSpec(
        request=request,
        strategy=request["strategy"],
        parameters=request["parameters"],
        symbols=tuple(holding["symbol"] for holding in request["holdings"]),
        allocations=tuple(share / total for share in raw),
        cash_allocation=cash["allocation"] / total,
        cash_annual_rate=float(cash["annual_rate"]),
        start_date=datetime.date.fromisoformat(request["start_date"]),
        end_date=datetime.date.fromisoformat(request["end_date"]),
        initial_capital=float(request["initial_capital"]),
        benchmark=_benchmark(request["benchmark"]),
        risk_free_rate=float(request["risk_free_rate"]),
        timing=execution["timing"],
        whole_shares=execution["shares"] == "whole",
        costs=Costs(**{name: float(value) for name, value in request["costs"].items() if name != "expense_ratio"}),
        expense_ratios=_expense_ratios(request),
        dividends_to_cash=execution["dividends"] == "cash",
        rebalancing=Rebalancing(**request["rebalancing"]),
        cash_flows=tuple(_cash_flow(flow) for flow in request["cash_flows"]),
        signals=signals_of(request) if signals is None else signals,
        source=data["source"],
        max_gap_sessions=data["max_gap_sessions"],
        partial_history=data["partial_history"],
        refresh=data["refresh"],
        periods_per_year=data.get("periods_per_year"),
        ended_history=data["ended_history"],
        implausible=data["implausible"],
        lag_sessions=execution.get("lag_sessions", 0),
        warnings=checked.warnings,
    )


def _expense_ratios(request: dict[str, Any]) -> tuple[float, ...]:
    general = request["costs"]["expense_ratio"]
    return tuple(float(holding.get("expense_ratio", general)) for holding in request["holdings"])


def _benchmark(asked: Any) -> Benchmark | None:
    if asked is None:
        return None
    if isinstance(asked, str):
        return Benchmark(name=None, symbols=(asked,), allocations=(1.0,), rebalance_frequency="never")
    total = sum(float(holding["allocation"]) for holding in asked["holdings"])
    return Benchmark(
        name=asked["name"], symbols=tuple(holding["symbol"] for holding in asked["holdings"]),
        allocations=tuple(holding["allocation"] / total for holding in asked["holdings"]),
        rebalance_frequency=asked["rebalance_frequency"],
    )  # fmt: skip


def signals_of(request: dict[str, Any]) -> Signals:
    """Return the symbols that the parameters name and that need not be held, each with its pointer."""
    held = {holding["symbol"] for holding in request["holdings"]}
    named = symbols_in(strategy_schema(request["strategy"]), request["parameters"], "/parameters")
    return tuple({symbol: pointer for pointer, symbol, _ in named if symbol not in held}.items())


def _cash_flow(flow: dict[str, Any]) -> CashFlow:
    def date(key: str) -> datetime.date | None:
        return datetime.date.fromisoformat(flow[key]) if key in flow else None

    return CashFlow(
        sign=1 if flow["type"] == "contribution" else -1, amount=flow.get("amount"), fraction=flow.get("fraction"),
        frequency=flow["frequency"], growth_rate=float(flow["growth_rate"]), start_date=date("start_date"),
        end_date=date("end_date"),
    )  # fmt: skip
