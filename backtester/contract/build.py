"""A finished request to the noun that the stages share."""

from __future__ import annotations

import datetime

from backtester.contract.check import CheckedRequest
from backtester.model import BacktestSpec, Costs


def build_spec(checked: CheckedRequest) -> BacktestSpec:
    """Build the spec of a checked request. The allocations are scaled so that with the cash they sum to 1."""
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
        benchmark=request["benchmark"],
        risk_free_rate=float(request["risk_free_rate"]),
        timing=execution["timing"],
        whole_shares=execution["shares"] == "whole",
        costs=Costs(**{name: float(value) for name, value in request["costs"].items()}),
        source=data["source"],
        max_gap_sessions=data["max_gap_sessions"],
        refresh=data["refresh"],
        warnings=checked.warnings,
    )
