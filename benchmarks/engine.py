"""What the engine costs in a warm process: decide, simulate and measure, by strategy and by size.

    python benchmarks/engine.py [--rounds N] [--large N] [--json]

Made-up prices, 8,313 sessions unless the sessions vary. An exponent is the slope of a straight line through log(CPU)
over log(size): 1 is linear. Small sizes hide in fixed costs, so the slope between the two largest stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the child process has it

from measuring import ROOT, Figure, bare_cpu, clean_environment, figure

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
from backtester.strategies.decisions.decide import decide_weights
from backtester.strategies.table import find_strategy

SESSIONS = 8313
WARM_UP = 300
LARGE = 2000
FREQUENCIES = ("annually", "quarterly", "monthly", "weekly", "daily")
TOP_THREE = {"top_n": 3}
OPTIMISERS = {"minimum_variance": {}, "risk_parity (erc)": {"method": "equal_risk_contribution"}}


class Size(NamedTuple):
    """How much the engine is given."""

    sessions: int = SESSIONS
    symbols: int = 20
    frequency: str = "monthly"


SERIES: dict[str, list[Size]] = {  # one thing grows; the others stay
    "sessions": [Size(sessions=SESSIONS // part, symbols=500) for part in (8, 4, 2, 1)],
    "symbols": [Size(symbols=LARGE // part) for part in (16, 8, 4, 2, 1)],
    "rebalances": [Size(symbols=200, frequency=name) for name in FREQUENCIES],
}


def prices(count: int, length: int = SESSIONS) -> PriceTable:
    """Return made-up prices in column order, as the price stage hands them out."""
    steps = np.random.default_rng(7).normal(0.0003, 0.012, (count, length + WARM_UP))
    close = 50 * np.cumprod(1 + steps, axis=1).T
    days = np.arange(np.datetime64("1985-01-01"), np.datetime64("2030-01-01"))
    sessions = days[np.is_busday(days)][: length + WARM_UP]
    return PriceTable(
        sessions=sessions, symbols=tuple(f"S{n}" for n in range(count)), close=close, open=None, first=WARM_UP,
        benchmark_close=None, benchmark_open=None, provenance={}, limited_by=None,
        calendar=measure_calendar(sessions, previous=None, following=None, end_date=sessions[-1]),
    )  # fmt: skip


def spec_of(strategy: str, parameters: dict[str, Any], table: PriceTable) -> BacktestSpec:
    """Return the spec of a request, widened to the table's symbols: a request has at most 500 holdings."""
    request = {
        "strategy": strategy, "holdings": [{"symbol": "S0", "allocation": 1}], "parameters": parameters,
        "start_date": "1990-01-01", "end_date": "2020-12-31",
    }  # fmt: skip
    count = len(table.symbols)
    spec = replace(
        build_spec(check(request, csv_available=False)),
        symbols=table.symbols, allocations=(1 / count,) * count, expense_ratios=(0.0,) * count,
    )  # fmt: skip
    if strategy == "risk_parity":  # the default bounds are for a handful of holdings
        return replace(spec, parameters={**spec.parameters, "min_weight": 0.0, "max_weight": 1.0})
    return spec


def engine(spec: BacktestSpec, table: PriceTable) -> Callable[[], int]:
    """Return the work: decide, simulate, measure. It returns the number of rebalances."""
    strategy = find_strategy(spec.strategy)

    def work() -> int:
        targets = decide_weights(strategy, table, spec)
        measure(simulate(table, targets, spec), table, spec)
        return len(targets.decision)

    return work


def cpu_of(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that a piece of work takes in this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def multiple(work: Callable[[], Any], rounds: int, env: dict[str, str]) -> Figure:
    """Return the CPU of a piece of work as multiples of a bare Python's, run for run; the first is not counted."""
    work()
    return figure(cpu_of(work) / bare_cpu(env) for _ in range(rounds))


def large(rounds: int, symbols: int = LARGE) -> Figure:
    """Return the CPU of the largest universe: monthly momentum, top three."""
    table = prices(symbols)
    with clean_environment() as env:
        return multiple(engine(spec_of("momentum", TOP_THREE, table), table), rounds, env)


def exponents(rounds: int) -> dict[str, dict[str, Any]]:
    """Return for sessions, symbols and rebalances the sizes, the least CPU seconds, and the slopes."""
    found = {}
    for name, sizes in SERIES.items():
        lengths, seconds = [], []
        for size in sizes:
            table = prices(size.symbols, size.sessions)
            work = engine(spec_of("momentum", {**TOP_THREE, "rebalance_frequency": size.frequency}, table), table)
            lengths.append({"sessions": size.sessions, "symbols": size.symbols, "rebalances": work()}[name])
            seconds.append(min(cpu_of(work) for _ in range(rounds)))
        x, y = np.log(lengths), np.log(seconds)
        found[name] = {
            "sizes": lengths,
            "seconds": seconds,
            "exponent": float(np.polyfit(x, y, 1)[0]),
            "between_the_largest": float((y[-1] - y[-2]) / (x[-1] - x[-2])),
        }
    return found


def strategies(symbols: int, rounds: int) -> dict[str, dict[str, Figure]]:
    """Return for every strategy its figures `decide` and `engine`, with everything at its defaults."""
    table = prices(symbols)
    # a tree has no defaults: rules.py
    runs = {name: (name, {}) for name in built_in_strategies() if name not in ("minimum_variance", "rules")}
    if symbols <= 50:
        runs |= {name: (name.split(" ")[0], parameters) for name, parameters in OPTIMISERS.items()}
    found = {}
    with clean_environment() as env:
        for name, (strategy, parameters) in runs.items():
            spec, module = spec_of(strategy, parameters, table), find_strategy(strategy)
            repeats = 1 if name in OPTIMISERS else rounds
            decide = multiple(lambda spec=spec, module=module: decide_weights(module, table, spec), repeats, env)
            found[name] = {"decide": decide, "engine": multiple(engine(spec, table), repeats, env)}
    return found


def exponent_table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the exponents as lines of Markdown."""
    lines = [
        "| what grows | from | to | CPU ms | exponent | between the two largest |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for name, of in found.items():
        spent = ", ".join(f"{1e3 * one:.1f}" for one in of["seconds"])
        first, last = of["sizes"][0], of["sizes"][-1]
        slopes = f"{of['exponent']:.2f} | {of['between_the_largest']:.2f}"
        lines.append(f"| {name} | {first:,} | {last:,} | {spent} | {slopes} |")
    return lines


def strategy_table(small: dict[str, dict[str, Figure]], wide: dict[str, dict[str, Figure]], symbols: int) -> list[str]:
    """Return the strategies as lines of Markdown."""
    lines = [
        f"| CPU, x `python -c pass` | decide, 20 symbols | engine | decide, {symbols:,} symbols | engine |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, of in small.items():
        shown = [f"{one.median:.2f}" for one in (*of.values(), *wide.get(name, {}).values())]
        lines.append(f"| {name} | {' | '.join(shown + [''] * (4 - len(shown)))} |")
    return lines


def main() -> None:
    """Print tables, or JSON."""
    parser = argparse.ArgumentParser(description="What decide, simulate and measure cost, by strategy and by size.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--large", type=int, default=LARGE, help="symbols of the wide universe")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small, wide = strategies(20, options.rounds), strategies(options.large, max(2, options.rounds // 3))
    slopes = exponents(options.rounds)
    if options.json:
        print(json.dumps({"20": small, str(options.large): wide, "exponents": slopes}, indent=1))
        return
    print("\n".join([*strategy_table(small, wide, options.large), "", *exponent_table(slopes)]))
    middle = statistics.median(of["engine"].median for name, of in small.items() if name not in OPTIMISERS)
    print(f"\nengine, 20 symbols, the optimisers aside: {middle:.2f} x at the median")


if __name__ == "__main__":
    main()
