"""What the caller reads: ISO dates, null with a reason for what is undefined, digests."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester._version import __version__
from backtester.canonical import canonical
from backtester.digest import sha256
from backtester.model import BacktestSpec, FloatArray, IntArray, Ledger, PriceTable, Report, TargetWeights

ENGINE = {"name": "backtest-runner", "version": __version__}
_DAYS = [f"-{day:02d}" for day in range(1, 32)]


def render(
    spec: BacktestSpec, prices: PriceTable, targets: TargetWeights, ledger: Ledger, report: Report,
    *, request_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the result document, without `timing_ms`, which is not the engine's to know."""
    request = echoed_request(spec)
    include = set(spec.request["output"]["include"])
    document: dict[str, Any] = {"success": True, "schema_version": "1"}
    if request_id is not None:
        document["request_id"] = request_id
    document |= {
        "result_id": result_id(request, prices),
        "engine": ENGINE,
        "request": request,
        "period": _period(spec, prices, ledger),
    }
    points = _points(ledger.sessions.size, spec.request["output"]["max_points"])
    dates = iso_dates(ledger.sessions)
    blocks: dict[str, Callable[[], Any]] = {
        "metrics": lambda: _metrics(report.metrics),
        "metrics_monthly": lambda: _metrics(report.metrics_monthly),
        "benchmark": lambda: _benchmark(spec, report, points),
        "series": lambda: {
            "dates": [dates[row] for row in points] if points is not None else dates,
            "portfolio_value": _thin(ledger.equity, points).tolist(),
            "returns": _thin(report.returns, points).tolist(),
            "drawdown": _thin(report.drawdown, points).tolist(),
        },
        "weights": lambda: _weights(prices, targets, ledger, dates),
        "trades": lambda: _trades(prices, ledger, dates),
        "final_holdings": lambda: _final_holdings(prices, ledger),
    }
    document |= {name: block() for name, block in blocks.items() if name in include}
    if "final_holdings" in include:
        cash = [float(ledger.cash[-1]), float(ledger.cash[-1] / ledger.equity[-1])]
        document["final_cash"] = dict(zip(("value", "weight"), cash, strict=True))
    warnings = (*spec.warnings, *prices.warnings, *targets.warnings, *ledger.warnings)
    document["warnings"] = [warning.as_document() for warning in warnings]
    document["null_reasons"] = {
        pointer: reason for pointer, reason in report.null_reasons.items() if pointer.split("/")[1] in include
    }
    document["data"] = {"symbols": prices.provenance}
    return document


def echoed_request(spec: BacktestSpec) -> dict[str, Any]:
    """Return the normalised request; inline prices are left out, `data.symbols` holds their digests."""
    request = spec.request
    if "prices" in request["data"]:
        request = {**request, "data": {key: value for key, value in request["data"].items() if key != "prices"}}
    return request


def result_id(request: dict[str, Any], prices: PriceTable) -> str:
    """SHA-256 over the canonical JSON of the normalised request, the digests of the prices, and the version."""
    digests = {symbol: entry["digest"] for symbol, entry in prices.provenance.items()}
    content = canonical({"request": request, "prices": digests, "engine": __version__})
    return f"sha256:{sha256(content.encode())}"


def iso_dates(sessions: Any) -> list[str]:
    """Return datetime64[D] sessions (P,) as YYYY-MM-DD. Remembered: a warm process writes the same ones again."""
    return list(_iso_dates(sessions.tobytes()))


@functools.lru_cache(maxsize=4)
def _iso_dates(days: bytes) -> tuple[str, ...]:
    sessions = np.frombuffer(days, dtype="datetime64[D]")
    months = sessions.astype("datetime64[M]")
    names = np.arange(months[0], months[-1] + 1).astype(str).tolist()
    month = (months - months[0]).astype(np.int64).tolist()
    day = (sessions - months.astype("datetime64[D]")).astype(np.int64).tolist()
    return tuple([names[m] + _DAYS[d] for m, d in zip(month, day, strict=True)])


def _points(size: int, most: int | None) -> IntArray | None:
    """Return the rows that a thinned series keeps, first and last among them; None for all."""
    if most is None or most >= size:
        return None
    return np.unique(np.round(np.linspace(0, size - 1, most)).astype(np.intp))


def _thin(values: FloatArray, points: IntArray | None) -> FloatArray:
    return values if points is None else values[points]


def _metrics(metrics: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _period(spec: BacktestSpec, prices: PriceTable, ledger: Ledger) -> dict[str, Any]:
    first, last = ledger.sessions[[0, -1]].tolist()
    return {
        "requested": {"start": spec.start_date.isoformat(), "end": spec.end_date.isoformat()},
        "effective": {"start": first.isoformat(), "end": last.isoformat()},
        "sessions": int(ledger.sessions.size),
        "limited_by": prices.limited_by,
        "periods_per_year": prices.periods_per_year,
    }


def _benchmark(spec: BacktestSpec, report: Report, points: IntArray | None) -> dict[str, Any] | None:
    if report.benchmark_equity is None or report.benchmark_returns is None or report.benchmark_drawdown is None:
        return None
    return {
        "symbol": spec.benchmark,
        "metrics": _metrics(report.benchmark_metrics),
        "series": {
            "portfolio_value": _thin(report.benchmark_equity, points).tolist(),
            "returns": _thin(report.benchmark_returns, points).tolist(),
            "drawdown": _thin(report.benchmark_drawdown, points).tolist(),
        },
    }


def _weights(prices: PriceTable, targets: TargetWeights, ledger: Ledger, dates: list[str]) -> dict[str, Any]:
    cash = np.maximum(1 - targets.weights.sum(axis=1), 0.0)
    cash[cash < 1e-12] = 0.0
    return {
        "dates": [dates[row] for row in ledger.execution.tolist()],
        "symbols": dict(zip(prices.symbols, targets.weights.T.tolist(), strict=True)),
        "cash": cash.tolist(),
    }


def _trades(prices: PriceTable, ledger: Ledger, dates: list[str]) -> list[dict[str, Any]]:
    units = np.abs(ledger.trade_units)
    rows = ledger.execution[ledger.trade_rebalance].tolist()
    price = ledger.trade_price
    money = np.array([units, price, units * price, ledger.trade_commission, ledger.trade_slippage])
    columns = zip(rows, ledger.trade_holding.tolist(), (ledger.trade_units > 0).tolist(), *money.tolist(), strict=True)
    symbols = prices.symbols
    return [
        {
            "date": dates[row], "symbol": symbols[holding], "side": "buy" if bought else "sell", "units": size,
            "price": price, "value": value, "commission": commission, "slippage": slippage,
        }
        for row, holding, bought, size, price, value, commission, slippage in columns
    ]  # fmt: skip


def _final_holdings(prices: PriceTable, ledger: Ledger) -> list[dict[str, Any]]:
    units, price = ledger.units[-1], ledger.price[-1]
    held = np.flatnonzero(units).tolist()
    values = units * price
    columns = (units, price, values, values / ledger.equity[-1])
    return [
        {"symbol": prices.symbols[n], **dict(zip(("units", "price", "value", "weight"), row, strict=True))}
        for n, row in zip(held, zip(*(column[held].tolist() for column in columns), strict=True), strict=True)
    ]
