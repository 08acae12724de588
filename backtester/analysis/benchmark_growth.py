"""The growth of the benchmark beside a run."""

from __future__ import annotations

from backtester.metrics.measure import benchmark_curves
from backtester.model.records import BacktestSpec, FloatArray, PriceTable
from backtester.pipeline import benchmark_ledger


def benchmark_growth(spec: BacktestSpec, prices: PriceTable, *, size: int) -> FloatArray | None:
    """Return the growth (size,) of the initial capital in the benchmark, bought with the run; None without one."""
    if spec.benchmark is None:
        return None
    ledger = None if spec.benchmark.name is None else benchmark_ledger(spec, prices)
    sessions = prices.sessions[prices.first : prices.first + size]
    _, growth, _, _ = benchmark_curves(prices, spec, ledger, sessions=sessions)
    return growth
