"""What a run costs once everything is imported and the prices are mapped: `run()`, its stages, and the peers.

    python benchmarks/in_process.py [--rounds N] [--json]

The peers (where .venv-peers is there, or BACKTEST_PEERS_PYTHON names their interpreter) are timed as whole processes
on the same work, beside our own whole process; warm, each also says how long the run alone took.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from cold_start import ROOT, RUNNER, STOCKS, W2_REQUEST, clean_environment, compile_bytecode

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the working process has it
sys.path.insert(0, str(ROOT))

from backtester import run
from backtester.codec.decode import decode
from backtester.codec.document import encode
from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.metrics.measure import measure
from backtester.pipeline import silent
from backtester.prices import bundled
from backtester.prices.load import load_prices
from backtester.result import render, result_id
from backtester.settings import read_settings
from backtester.simulation.simulate import simulate
from backtester.strategies.decide import decide_weights
from backtester.strategies.table import find_strategy

TARGET_MS = 2.0
PEERS = ("bt", "vectorbt")
PEER_ROUNDS = 3
CANONICAL: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": "SPY", "allocation": 0.5}, {"symbol": "QQQ", "allocation": 0.5}],
    "start_date": "2022-01-01",
    "end_date": "2023-12-31",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
}
# The same shape on prices that are there without a network: two holdings, the sample's last two years.
TWO_HOLDINGS: dict[str, Any] = {
    **CANONICAL,
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2021-01-01",
    "end_date": "2022-12-28",
    "data": {"source": "bundled"},
}


def timed(work: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Return the median and the least milliseconds of a piece of work, after one round that is not counted."""
    work()
    laps = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        laps.append((time.perf_counter() - started) * 1e3)
    return {"median_ms": statistics.median(laps), "least_ms": min(laps)}


def stages(request: dict[str, Any], rounds: int) -> dict[str, dict[str, float]]:
    """Time every stage of a run on the same inputs, prices loaded; the stages of `run()` first, then the bytes."""
    settings = read_settings()
    raw = json.dumps(request).encode()
    checked = check(request, csv_available=False)
    spec = build_spec(checked)
    strategy = find_strategy(spec.strategy)

    def load() -> Any:
        return load_prices(
            spec, strategy.warm_up(spec.parameters), signal=strategy.HAS_SIGNAL, settings=settings, progress=silent
        )

    prices = load()
    targets = decide_weights(strategy, prices, spec)
    ledger = simulate(prices, targets, spec)
    report = measure(ledger, prices, spec)
    identity = result_id(spec, prices)
    result = {**render(spec, prices, targets, ledger, report, identity=identity), "timing_ms": {}}
    work: dict[str, Callable[[], Any]] = {
        "run(), all of it": lambda: run(request),
        "- check": lambda: check(request, csv_available=False),
        "- build": lambda: build_spec(checked),
        "- load (warm)": load,
        "- decide": lambda: decide_weights(strategy, prices, spec),
        "- simulate": lambda: simulate(prices, targets, spec),
        "- measure": lambda: measure(ledger, prices, spec),
        "- result_id": lambda: result_id(spec, prices),
        "- render": lambda: render(spec, prices, targets, ledger, report, identity=identity),
        "decode the request": lambda: decode(raw, max_bytes=settings.max_request_bytes),
        "encode the result": lambda: encode(result),
    }
    return {name: timed(piece, rounds) for name, piece in work.items()}


def peers_interpreter() -> str | None:
    """Return the interpreter of the peers' environment, if there is one."""
    path = os.environ.get("BACKTEST_PEERS_PYTHON") or str(ROOT / ".venv-peers" / "bin" / "python")
    return path if os.access(path, os.X_OK) else None


def against_peers(rounds: int) -> dict[str, dict[str, float]]:
    """Time whole processes on W2: ours from request to result, theirs from JSON prices to a JSON curve."""
    interpreter = peers_interpreter()
    if interpreter is None:
        return {}
    histories = bundled.load(STOCKS)
    sessions = histories[STOCKS[0]].sessions
    first = 62  # 1990-03-30, the first month-end with sixty sessions before it
    job = {
        "sessions": [str(day) for day in sessions],
        "symbols": STOCKS,
        "close": [histories[symbol].close.tolist() for symbol in STOCKS],
        "capital": 10_000.0,
        "runs": {
            "W2": {
                "strategy": "momentum",
                "symbols": STOCKS,
                "first": first,
                "frequency": "monthly",
                "lookback": 60,
                "top_n": 3,
                "bps": 10,
            }
        },
    }
    scripts = ROOT / "tests" / "oracle"
    commands = {"this runner": ([sys.executable, RUNNER], json.dumps(W2_REQUEST).encode())}
    asked = json.dumps(job).encode()
    commands |= {peer: ([interpreter, str(scripts / f"peer_{peer}.py")], asked) for peer in PEERS}
    with tempfile.TemporaryDirectory() as home:
        env = clean_environment(home)
        walls: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, (command, stdin) in commands.items():
                started = time.perf_counter()
                subprocess.run(command, input=stdin, stdout=subprocess.PIPE, env=env, check=True)
                if number:
                    walls[name].append((time.perf_counter() - started) * 1e3)
    return {name: {"median_ms": statistics.median(laps), "least_ms": min(laps)} for name, laps in walls.items()}


def markdown(found: dict[str, Any]) -> str:
    """Return the numbers as tables, the target beside."""
    lines = [f"Python {found['python']}, {found['rounds']} rounds"]
    titles = {"W2": "W2: momentum, 20 stocks, 33 years", "two holdings": "momentum, 2 holdings, 2 years"}
    for key, title in titles.items():
        lines += ["", f"| {title} | median ms | least ms | target |", "|---|---:|---:|---|"]
        for name, times in found[key].items():
            target = f"<= {TARGET_MS:g} ms" if key == "W2" and name.startswith("run()") else ""
            lines.append(f"| {name} | {times['median_ms']:.3f} | {times['least_ms']:.3f} | {target} |")
    if found["peers"]:
        lines += ["", "| W2 as a whole process | median ms | least ms | x this runner |", "|---|---:|---:|---:|"]
        least = found["peers"]["this runner"]["median_ms"]
        for name, times in found["peers"].items():
            ratio = times["median_ms"] / least
            lines.append(f"| {name} | {times['median_ms']:.0f} | {times['least_ms']:.0f} | {ratio:.1f} |")
    else:
        lines += ["", "The peers are not installed: `make peers`."]
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What a run costs in a process that is warm, and what peers take.")
    parser.add_argument("--rounds", type=int, default=200, help="rounds of each piece of work (default 200)")
    parser.add_argument("--json", action="store_true", help="numbers instead of tables")
    options = parser.parse_args()
    compile_bytecode()
    rounds = max(options.rounds, 1)
    found = {
        "python": sys.version.split()[0],
        "rounds": rounds,
        "W2": stages(W2_REQUEST, rounds),
        "two holdings": stages(TWO_HOLDINGS, rounds),
        "peers": against_peers(min(rounds, PEER_ROUNDS)),
    }
    print(json.dumps(found, indent=2) if options.json else markdown(found))


if __name__ == "__main__":
    main()
