"""How long each strategy takes: deciding, and the whole engine, against one pass over the same prices.

    python benchmarks/strategies.py [--rounds N] [--large N] [--json]

Made-up prices of 8,313 sessions, monthly decisions, everything at its defaults (the names of holdings as the table
below has them). `decide` is the strategy alone, `engine` is decide + simulate + measure. A pass is one sum over the
price table: what it costs to read it once. With N symbols and 10 times as many the ratio shows whether the work is
linear.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the working process has it

from cold_start import ROOT

sys.path.insert(0, str(ROOT))

import numpy as np

from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.contract.schemas import built_in_strategies
from backtester.metrics.measure import measure
from backtester.model.calendar import measure_calendar
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, PriceTable
from backtester.simulation.simulate import simulate
from backtester.strategies.decide import decide_weights
from backtester.strategies.table import find_strategy

SESSIONS = 8313
WARM_UP = 300
OPTIMISERS = {"minimum_variance": {}, "risk_parity (erc)": {"method": "equal_risk_contribution"}}
TARGETS_MS = {20: 5.0, 2000: 50.0}


def prices(count: int) -> PriceTable:
    """Return made-up prices in column order, as the price stage hands them out."""
    steps = np.random.default_rng(7).normal(0.0003, 0.012, (count, SESSIONS + WARM_UP))
    close = 50 * np.cumprod(1 + steps, axis=1).T
    days = np.arange(np.datetime64("1985-01-01"), np.datetime64("2030-01-01"))
    sessions = days[np.is_busday(days)][: SESSIONS + WARM_UP]
    return PriceTable(
        sessions=sessions, symbols=tuple(f"S{n}" for n in range(count)), close=close, open=None, first=WARM_UP,
        benchmark_close=None, benchmark_open=None, provenance={}, limited_by=None,
        calendar=measure_calendar(sessions, previous=None, following=None, end_date=sessions[-1]),
    )  # fmt: skip


def spec_of(strategy: str, parameters: dict[str, Any], table: PriceTable) -> BacktestSpec:
    """Return the spec of a request, widened to the table's symbols: a request has at most 500 holdings."""
    request = {
        "strategy": strategy, "holdings": [{"symbol": "S0", "allocation": 1}], "parameters": parameters,
        "start_date": "1990-01-01", "end_date": "2020-12-31", "output": {"include": ["metrics"]},
    }  # fmt: skip
    count = len(table.symbols)
    return replace(
        build_spec(check(request, csv_available=False)),
        symbols=table.symbols, allocations=(1 / count,) * count, expense_ratios=(0.0,) * count,
    )  # fmt: skip


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Return the least milliseconds of a piece of work, after one round that is not counted."""
    work()
    laps = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        laps.append((time.perf_counter() - started) * 1e3)
    return min(laps)


def lines(count: int, rounds: int) -> list[dict[str, Any]]:
    """Time every strategy on `count` symbols."""
    table = prices(count)
    one_pass = timed(table.close.sum, rounds)
    # a tree has no defaults: benchmarks/rules.py
    runs = {name: (name, {}) for name in built_in_strategies() if name not in ("minimum_variance", "rules")}
    if count <= 50:
        runs |= {name: (name.split(" ")[0], parameters) for name, parameters in OPTIMISERS.items()}
    print(f"one pass over {count} symbols: {one_pass:.2f} ms", file=sys.stderr)
    found = []
    for name, (strategy, parameters) in runs.items():
        spec, module = spec_of(strategy, parameters, table), find_strategy(strategy)
        if strategy == "risk_parity":  # the default bounds are for a handful of holdings
            spec = replace(spec, parameters={**spec.parameters, "min_weight": 0.0, "max_weight": 1.0})

        def engine(spec: BacktestSpec = spec, module: Any = module) -> None:
            ledger = simulate(table, decide_weights(module, table, spec), spec)
            measure(ledger, table, spec)

        optimises = name in OPTIMISERS
        repeats = 1 if optimises else rounds
        decide_ms = timed(lambda spec=spec, module=module: decide_weights(module, table, spec), repeats)
        engine_ms = timed(engine, repeats)
        found.append({
            "strategy": name, "symbols": count, "decide_ms": round(decide_ms, 2), "engine_ms": round(engine_ms, 2),
            "passes": round(engine_ms / one_pass, 1), "optimises": optimises,
        })  # fmt: skip
    return found


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--large", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small = lines(20, options.rounds)
    large = lines(options.large, max(2, options.rounds // 3))
    if options.json:
        print(json.dumps([*small, *large], indent=1))
        return
    wide = {row["strategy"]: row for row in large}
    print(f"{'strategy':22} {'decide':>9} {'engine':>9} {'passes':>7}   {'decide':>9} {'engine':>9} {'passes':>7}")
    print(f"{'':22} {'20 symbols, ms':>27}   {f'{options.large} symbols, ms':>27}")
    for row in small:
        other = wide.get(row["strategy"])
        right = f"{other['decide_ms']:9.1f} {other['engine_ms']:9.1f} {other['passes']:7.1f}" if other else ""
        print(f"{row['strategy']:22} {row['decide_ms']:9.2f} {row['engine_ms']:9.2f} {row['passes']:7.1f}   {right}")
    plain = [row["engine_ms"] for row in small if not row["optimises"]]
    print(f"20 symbols: median {statistics.median(plain):.1f} ms, most {max(plain):.1f} ms (target {TARGETS_MS[20]:g})")
    most = max(row["engine_ms"] for row in large)
    print(f"{options.large} symbols: most {most:.0f} ms (target {TARGETS_MS[2000]:g} for 2000)")


if __name__ == "__main__":
    main()
