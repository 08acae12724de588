"""What deciding a tree of rules costs, as a multiple of momentum's decisions at the same dates.

python benchmarks/rules.py

A tree of 50 nodes over 20 symbols at 8,313 daily decisions, CPU time, medians of alternating runs; and how the time
grows with the nodes, the decisions and the symbols: the exponent of a line through logarithms, 1 where it is linear.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from measuring import Figure, figure

from backtester.strategies import momentum, rules
from backtester.strategies.decisions.history import History

MOST = 40
INDICATORS = ("rsi", "return", "average_return", "volatility", "fall_from_high", "z_score", "percentile_rank")


def history(sessions: int, symbols: int) -> History:
    """Return random prices, decided on at every session."""
    steps = np.random.default_rng(1).normal(0.0004, 0.012, (symbols, sessions))
    close = 100 * np.exp(np.cumsum(steps, axis=1)).T
    days = np.datetime64("1990-01-01") + np.arange(sessions)
    names = tuple(f"S{n}" for n in range(symbols))
    return History(sessions=days, close=close, decisions=np.arange(sessions), symbols=names)


def tree(nodes: int, symbols: int) -> dict[str, Any]:
    """Return a tree of so many nodes: questions one after the other, each with another indicator, and rankings."""
    leaf = [{"hold": f"S{n % symbols}"} for n in range(nodes)]
    cases = []
    for n in range(max((nodes - 2) // 4, 1)):
        value = {"indicator": INDICATORS[n % 7], "symbol": f"S{n % symbols}", "window": 5 + n % 60}
        asked = {"left": value, "is": "above", "right": 0.9, **({"tolerance": 0.01} if n % 3 == 0 else {})}
        by = {"indicator": INDICATORS[n % 7], "window": 20}
        pick = {"pick": {"by": by, "order": "highest", "count": 1}, "of": leaf[4 * n % symbols :][:3] or leaf[:3]}
        cases.append({"if": asked, "then": pick})
    made = {"tree": {"cases": cases, "else": {"cash": True}}, "definitions": {}, "when_unknown": "cash"}
    return {**made, "rebalance_frequency": "daily"}


MOMENTUM = {
    "lookback_period": 126, "lookback_unit": "sessions", "lookbacks": None, "skip_period": 0, "score": "return",
    "top_n": 3, "positive_returns_only": False, "weighting": "equal",
}  # fmt: skip


def cpu(work: Callable[[], Any], runs: int = 9) -> float:
    """Return the median CPU seconds of a call."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def seconds(nodes: int, sessions: int, symbols: int) -> float:
    """Return the CPU seconds of one decision of a tree over all sessions."""
    of, parameters, shares = history(sessions, symbols), tree(nodes, symbols), np.full(symbols, 1 / symbols)
    return cpu(lambda: rules.decide(of, shares, parameters))


def growth() -> dict[str, dict[str, Any]]:
    """Return sizes, seconds and the fitted exponent over nodes, decisions and symbols."""
    sizes = {
        "nodes": {n: (n, 2000, 20) for n in (50, 200, 800, 3200)},
        "decisions": {n: (50, n, 20) for n in (1000, 4000, 16000)},
        "symbols": {n: (50, 2000, n) for n in (20, 80, 320)},
    }
    found = {}
    for name, cases in sizes.items():
        measured = [seconds(*case) for case in cases.values()]
        slope = float(np.polyfit(np.log([*cases]), np.log(measured), 1)[0])
        found[name] = {"sizes": [*cases], "seconds": measured, "exponent": slope}
    return found


def multiple(rounds: int) -> Figure:
    """Return the CPU of 50 nodes over 20 symbols at 8,313 daily decisions as a multiple of momentum's."""
    of, shares, ratios = history(8313, 20), np.full(20, 0.05), []
    for _ in range(rounds):
        base = cpu(lambda: momentum.decide(of, shares, MOMENTUM), 3)
        ratios.append(cpu(lambda: rules.decide(of, shares, tree(50, 20)), 1) / base)
    return figure(ratios)


def measure(rounds: int) -> dict[str, Figure | float]:
    """Return the figures by name."""
    exponents = {f"rules_{name}": of["exponent"] for name, of in growth().items()}
    return {"rules": multiple(rounds), **exponents}


def main() -> int:
    """Print the multiple and the exponents; 1 where the multiple is above MOST."""
    of = multiple(7)
    print(f"50 nodes, 20 symbols, 8,313 daily decisions: {of.median:.1f} times momentum (at most {MOST})")
    for name, grown in growth().items():
        each = "  ".join(f"{n}: {s * 1e3:.1f} ms" for n, s in zip(grown["sizes"], grown["seconds"], strict=True))
        print(f"  {name:10} {each}   exponent {grown['exponent']:.2f}")
    return 0 if of.median <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
