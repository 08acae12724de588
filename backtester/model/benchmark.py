"""A benchmark as a spec and a price table of its own: the same stages carry it out."""

from __future__ import annotations

from backtester.model.record import replace
from backtester.model.records import BacktestSpec, Costs, PriceTable, Rebalancing

_FREE = Costs(commission_bps=0.0, commission_fixed=0.0, commission_per_share=0.0, commission_minimum=0.0,
              slippage_bps=0.0)  # fmt: skip


def benchmark_portfolio(spec: BacktestSpec, prices: PriceTable) -> tuple[BacktestSpec, PriceTable]:
    """Return the spec and the prices of the benchmark of a run.

    It has the run's capital and cash flows, no costs and no cash. A portfolio is decided and filled at the same close.
    A symbol is bought with the run, at the open where that is, and its carried prices count as its own: it is a
    yardstick that waits for nothing.
    """
    benchmark = spec.benchmark
    assert benchmark is not None
    assert prices.benchmark_close is not None
    is_symbol = benchmark.name is None
    opens = prices.benchmark_open if is_symbol and spec.timing == "next_open" else None
    own = replace(
        spec, strategy="buy_hold", parameters={"rebalance_frequency": benchmark.rebalance_frequency},
        symbols=benchmark.symbols, allocations=benchmark.allocations, cash_allocation=0.0, cash_annual_rate=0.0,
        benchmark=None, timing="same_close" if opens is None else spec.timing, lag_sessions=0, whole_shares=False,
        costs=_FREE, expense_ratios=(0.0,) * len(benchmark.symbols), dividends_to_cash=False,
        rebalancing=Rebalancing(), signals=(), partial_history=False, ended_history="stop",
    )  # fmt: skip
    table = PriceTable(
        sessions=prices.sessions, symbols=benchmark.symbols, close=prices.benchmark_close, open=opens,
        first=prices.first, benchmark_close=None, benchmark_open=None, provenance={},
        own=None if is_symbol else prices.benchmark_own, limited_by=None, calendar=prices.calendar,
    )  # fmt: skip
    return own, table
