"""Renders the result document: ISO dates, columns, null with a reason where undefined, digests."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester._version import __version__
from backtester.codec.canonical import canonical
from backtester.codec.column_types import IsoDates
from backtester.codec.columns import iso_dates, points, thin, without_nan
from backtester.codec.digest import sha256
from backtester.codec.trades import final_holdings, trades
from backtester.model.records import (
    BAND,
    BacktestSpec,
    FloatArray,
    IntArray,
    Ledger,
    PriceTable,
    Report,
    TargetWeights,
)

ENGINE = {"name": "backtest-runner", "version": __version__}
TRIGGERS = {0: "scheduled", BAND: "band"}
# the reason for nulls inside a block; each metric has its own
NULL_REASONS = {
    "tables": "PERIOD_TOO_SHORT",
    "attribution": "ZERO_DENOMINATOR",
    "decisions": "HISTORY_TOO_SHORT",
    "held_weights": "ZERO_DENOMINATOR",
    "audit": "ZERO_DENOMINATOR",
}


def render(
    spec: BacktestSpec, prices: PriceTable, targets: TargetWeights, ledger: Ledger, report: Report,
    *, identity: str, request_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the result document without `timing_ms`, which the pipeline adds. identity: its result_id."""
    include = set(spec.request["output"]["include"])
    document: dict[str, Any] = {"success": True, "schema_version": "1"}
    if request_id is not None:
        document["request_id"] = request_id
    document |= {
        "result_id": identity,
        "engine": ENGINE,
        "request": echoed_request(spec),
        "period": _period(spec, prices, ledger),
    }
    blocks = _blocks(spec, prices, targets, ledger, report)
    document |= {name: block() for name, block in blocks.items() if name in include}
    if "final_holdings" in include:
        document["final_cash"] = _final_cash(ledger)
    if targets.trace is not None:
        from backtester.codec.rule_trace import counts  # only trees have a trace

        document["rules"] = counts(targets.trace)
    document["audit"] = report.audit
    null_reasons = _replace_nan(document, prices, targets, ledger, report)
    warnings = (*spec.warnings, *prices.warnings, *targets.warnings, *ledger.warnings)
    document["warnings"] = [warning.as_document() for warning in warnings]
    document["null_reasons"] = null_reasons
    document["data"] = {"symbols": prices.provenance}
    return document


def _blocks(
    spec: BacktestSpec, prices: PriceTable, targets: TargetWeights, ledger: Ledger, report: Report
) -> dict[str, Callable[[], Any]]:
    """Return what makes each block that output.include may name, in the document's order."""
    dates = iso_dates(ledger.sessions)
    rows = points(spec.request["output"]["max_points"], *_curves(ledger, report))
    return {
        "metrics": lambda: _metrics(report.metrics),
        "metrics_monthly": lambda: _metrics(report.metrics_monthly),
        "benchmark": lambda: _benchmark(spec, report, rows),
        "series": lambda: _series(ledger, report, dates, rows),
        "weights": lambda: _weights(prices, targets, ledger, dates),
        "held_weights": lambda: _held_weights(spec, prices, ledger, dates),
        "trades": lambda: trades(ledger, prices.symbols, dates, whole=spec.whole_shares),
        "final_holdings": lambda: final_holdings(ledger, prices.symbols, whole=spec.whole_shares),
        "tables": lambda: report.tables,
        "attribution": lambda: report.attribution,
        "decisions": lambda: _decisions(prices, targets, ledger, dates),
    }


def _replace_nan(
    document: dict[str, Any], prices: PriceTable, targets: TargetWeights, ledger: Ledger, report: Report
) -> dict[str, str]:
    """Replace every NaN of the document by None; return the reasons, JSON pointer to code."""
    null_reasons = {at: reason for at, reason in report.null_reasons.items() if at.split("/")[1] in document}
    if "decisions" in document and targets.scores is not None:  # a score over a volatility of 0, known all the same
        endless = np.isinf(targets.scores).any(axis=0)
        null_reasons |= {f"/decisions/scores/{prices.symbols[n]}": "ZERO_DENOMINATOR" for n in np.flatnonzero(endless)}
    short = {"attribution": "TOO_FEW_OBSERVATIONS"} if ledger.sessions.size < 3 else {}
    for name, reason in {**NULL_REASONS, **short}.items():
        if name in document:
            document[name] = without_nan(document[name], f"/{name}", reason, null_reasons)
    if ledger.decision[0] < 0:
        undated = {"weights", "decisions"} & document.keys()
        null_reasons |= {f"/{block}/decided": "HISTORY_TOO_SHORT" for block in sorted(undated)}
    return null_reasons


def echoed_request(spec: BacktestSpec) -> dict[str, Any]:
    """Return the normalised request; inline prices are left out, `data.symbols` holds their digests."""
    request = spec.request
    if "prices" in request["data"]:
        request = {**request, "data": {key: value for key, value in request["data"].items() if key != "prices"}}
    return request


def result_id(spec: BacktestSpec, prices: PriceTable, *, others: dict[str, Any] | None = None) -> str:
    """SHA-256 over the canonical JSON of the normalised request, the digests of the prices, and the version.

    others: the digests of the prices of its variations, by the pointer of the question that they answer.
    """
    digests = {symbol: entry["digest"] for symbol, entry in prices.provenance.items()}
    hashed = {"request": echoed_request(spec), "prices": digests, "engine": __version__}
    content = canonical(hashed if others is None else {**hashed, "variations": others})
    return f"sha256:{sha256(content.encode())}"


def _metrics(metrics: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _period(spec: BacktestSpec, prices: PriceTable, ledger: Ledger) -> dict[str, Any]:
    first, last = ledger.sessions[[0, -1]].tolist()
    return {
        "requested": {"start": spec.start_date.isoformat(), "end": spec.end_date.isoformat()},
        "effective": {"start": first.isoformat(), "end": last.isoformat()},
        "sessions": int(ledger.sessions.size),
        "limited_by": prices.limited_by,
        "periods_per_year": prices.calendar.periods_per_year,
    }


def _curves(ledger: Ledger, report: Report) -> list[tuple[FloatArray, FloatArray]]:
    """Return value and drawdown of the portfolio and of the benchmark: what is drawn, whichever blocks are included."""
    curves = [(ledger.equity, report.drawdown)]
    if report.benchmark_equity is not None and report.benchmark_drawdown is not None:
        curves.append((report.benchmark_equity, report.benchmark_drawdown))
    return curves


def _series(ledger: Ledger, report: Report, dates: IsoDates, rows: IntArray | None) -> dict[str, Any]:
    return {
        "dates": dates if rows is None else [dates[row] for row in rows],
        "portfolio_value": thin(ledger.equity, rows),
        "returns": thin(report.returns, rows),
        "drawdown": thin(report.drawdown, rows),
        "cash_flows": None if ledger.flows is None else thin(ledger.flows, rows),
    }


def _benchmark(spec: BacktestSpec, report: Report, rows: IntArray | None) -> dict[str, Any] | None:
    if report.benchmark_equity is None or report.benchmark_returns is None or report.benchmark_drawdown is None:
        return None
    benchmark = spec.benchmark
    assert benchmark is not None
    return {
        **({"symbol": benchmark.symbols[0]} if benchmark.name is None else {"name": benchmark.name}),
        "metrics": _metrics(report.benchmark_metrics),
        "series": {
            "portfolio_value": thin(report.benchmark_equity, rows),
            "returns": thin(report.benchmark_returns, rows),
            "drawdown": thin(report.benchmark_drawdown, rows),
        },
    }


def _weights(prices: PriceTable, targets: TargetWeights, ledger: Ledger, dates: IsoDates) -> dict[str, Any]:
    events = ledger.rebalances
    weights = targets.weights[ledger.target[events]]
    return {
        "dates": [dates[row] for row in ledger.execution[events].tolist()],
        "decided": _decided(prices, ledger.decision[events], dates),
        "triggers": [TRIGGERS[kind] for kind in ledger.kind[events].tolist()],
        "symbols": _by_symbol(prices, weights),
        "cash": _in_cash(weights),
    }


def _held_weights(spec: BacktestSpec, prices: PriceTable, ledger: Ledger, dates: IsoDates) -> dict[str, Any]:
    from backtester.codec.held_weights import held_weights  # most runs do not need it

    return held_weights(ledger, prices.symbols, dates, spec.request["output"]["max_points"])


def _decisions(prices: PriceTable, targets: TargetWeights, ledger: Ledger, dates: IsoDates) -> dict[str, Any]:
    """Return indicators, scores and weights by rebalance; a rebalance by a band repeats the decision in force."""
    events = ledger.rebalances
    row = ledger.target[events]
    weights = targets.weights[row]
    seen = {
        name: {"portfolio": values[row].tolist()} if values.ndim == 1 else _by_symbol(prices, values[row])
        for name, values in targets.seen.items()
    }
    scores = places = None
    if targets.scores is not None:
        from backtester.model.ties import ranks  # only rankings need it

        scores, places = targets.scores[row], ranks(targets.scores)[row]
    path = {}
    if targets.trace is not None:
        from backtester.codec.rule_trace import paths  # only trees have a trace

        path["path"] = paths(targets.trace, row)
    return {
        "decided": _decided(prices, ledger.decision[events], dates),
        "executed": [dates[at] for at in ledger.execution[events].tolist()],
        "trigger": [TRIGGERS[kind] for kind in ledger.kind[events].tolist()],
        "seen": seen,
        "scores": None if scores is None else _by_symbol(prices, np.where(np.isfinite(scores), scores, np.nan)),
        "ranks": None if places is None else _by_symbol(prices, places),
        "weights": _by_symbol(prices, weights),
        "cash": _in_cash(weights),
        **path,
    }


def _decided(prices: PriceTable, rows: IntArray, dates: IsoDates) -> list[str | None]:
    """Return the decision dates; None where there was no session before the first. dates: of the run's sessions."""
    first, found = prices.first, list[str | None]()
    for row in rows.tolist():
        found.append(dates[row - first] if row >= first else str(prices.sessions[row]) if row >= 0 else None)
    return found


def _by_symbol(prices: PriceTable, values: Any) -> dict[str, Any]:
    """Return the columns of `values` (n, N) by symbol; numbers stay arrays."""
    columns = np.ascontiguousarray(values.T)
    return dict(zip(prices.symbols, columns if columns.dtype == np.float64 else columns.tolist(), strict=True))


def _in_cash(weights: FloatArray) -> list[float]:
    cash = np.maximum(1 - weights.sum(axis=1), 0.0)
    cash[cash < 1e-12] = 0.0
    left: list[float] = cash.tolist()
    return left


def _final_cash(ledger: Ledger) -> dict[str, float]:
    value, equity = float(ledger.cash[-1]), float(ledger.equity[-1])
    return {"value": value, "weight": value / equity if equity else 0.0}
