"""`make bench`: measure everything, print what the targets make of it, write benchmarks/RESULTS.md and its picture.

    python benchmarks/bench.py [--rounds N] [--load FILE] [--results DIR]

--load names what `python benchmarks/load.py --json` printed: the rows of the queue, which need Redis. Without it they
stand as not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import analysis
import cold_start
import engine
import peers
import rules
import sweep_peer
import warm
from measuring import ROOT, Figure, conditions
from picture import Bar, Panel, draw
from targets import TARGETS, Target, asked, shown, used, verdict

HERE = Path(__file__).resolve().parent
BUSY = 0.5  # a load average from which on the cores are not free
OF_LOAD = {"two": "two holdings, two years", "ten": "ten holdings, ten years"}


def measure(rounds: int) -> dict[str, Any]:
    """Measure everything but the queue, one kind after the other."""
    work = {
        "cold": lambda: cold_start.measure(rounds),
        "warm": lambda: warm.measure_all(4 * rounds),
        "large": lambda: engine.large(rounds),
        "exponents": lambda: engine.exponents(max(rounds // 3, 3)),
        "analysis": lambda: analysis.measure(max(rounds // 3, 3)),
        "scale": lambda: analysis.at_scale(max(rounds // 3, 3)),
        "rules": lambda: rules.measure(max(rounds // 3, 3)),
        "sweep_peer": lambda: sweep_peer.measure_all(max(rounds // 3, 3)),
        "peers": lambda: peers.measure(max(rounds // 3, 3)),
    }
    found = {}
    for name, one in work.items():
        print(f"measuring {name} ...", file=sys.stderr)
        found[name] = one()
    return found


def rows(found: dict[str, Any], load: dict[str, Any] | None) -> dict[str, Figure | float]:
    """Return the figure of each target's key, those of the queue where there are any."""
    cold, of_warm = found["cold"], found["warm"]
    two, lookbacks = "two holdings, two years", "the same with other look-backs each time"
    return {
        "w2_cold": cold["W2"]["cpu"],
        "w2_cold_wall": cold["W2"]["wall"],
        "two_cold": cold[two]["cpu"],
        "invalid_cold": cold["an invalid request"]["cpu"],
        "memory": max(cold["W2"]["peak_mb"]),
        "w2_warm": of_warm["W2"]["cpu"],
        "two_warm": of_warm[two]["cpu"],
        "lookbacks_warm": of_warm[lookbacks]["cpu"],
        "large": found["large"],
        **found["analysis"],
        **found["scale"],
        **found["rules"],
        **found["sweep_peer"],
        **{f"exponent_{name}": of["exponent"] for name, of in found["exponents"].items()},
        **(of_queue(load) if load else {}),
    }


def of_queue(load: dict[str, Any]) -> dict[str, float]:
    """Return the rows of what load.py printed."""
    by_work = {one["work"]: one for one in load["throughput"]}
    shares = {
        f"queue_{key}_{workers}": by_work[work][f"workers_{workers}"]["share"]
        for key, work in OF_LOAD.items()
        for workers in (1, 2)
    }
    return {**shares, "get_p99": load["latencies"]["get_p99_ms"], "sweep_workers": load["sweep"]["ratio"]}


def middle(figure: Any) -> Any:
    """Return the one number of a figure, where there is one."""
    return figure.median if isinstance(figure, Figure) else figure


def table(figures: dict[str, Figure | float], *, busy: bool) -> list[str]:
    """Return the targets and what was measured as lines of Markdown."""
    lines = ["| work | before | target | measured | quartiles | |", "|---|---|---|---:|---:|---|"]
    for target in TARGETS:
        figure = figures.get(target.key)
        value = middle(figure)
        cells = [
            target.work,
            target.before,
            asked(target),
            "" if value is None else shown(value, target.unit),
            f"{figure.low:.3g} to {figure.high:.3g}" if isinstance(figure, Figure) else "",
            verdict(target, value, busy=busy),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def picture(figures: dict[str, Figure | float], of_peers: dict[str, Any], *, busy: bool) -> str:
    """Return the SVG: how much of its target each figure that is judged uses, and the peers."""
    judged = [target for target in TARGETS if target.key in figures and not (busy and target.free_cores)]
    bars = [_bar(target, middle(figures[target.key])) for target in judged]
    panels = [Panel("Of what the target allows (the line)", bars, bound=1.0)]
    if of_peers:
        cpu = {name: of["cpu"].median for name, of in of_peers.items()}
        bars = [Bar(name, value, shown(value, "x")) for name, value in cpu.items()]
        panels.append(Panel("The same backtest, cold: CPU as a multiple of python -c pass", bars))
    return draw(panels)


def _bar(target: Target, value: float) -> Bar:
    part = used(target, value)
    work = target.work if len(target.work) < 66 else f"{target.work[:64]}…"
    return Bar(work, part, shown(value, target.unit), part <= 1)


def results(found: dict[str, Any], summary: list[str], machine: dict[str, str]) -> str:
    """Return RESULTS.md."""
    return "\n".join([
        "<!-- made by `make bench`; do not edit -->", "", "# Results", "",
        "[How it is measured](README.md). CPU is that of all processes together, as a multiple of `python -c pass`, "
        "which runs before each measured run; medians and quartiles of the ratios.", "",
        *(f"- {name}: {value}" for name, value in machine.items()), "",
        "`make bench LOAD=load.json`, after `python benchmarks/load.py --json > load.json`, which measures the queue; "
        "without it those rows stand as not measured. In brackets: the target where numpy's import is trimmed.", "",
        *summary, "",
        "![How much of its target each figure uses, and the peers](results.svg)", "",
        "## Cold", "", "`python benchmarks/cold_start.py`", "", *cold_start.table(found["cold"]), "",
        "## Warm", "", "`python benchmarks/warm.py`", "", *warm.table(found["warm"]), "",
        "## Sizes", "", "`python benchmarks/engine.py`", "", *engine.exponent_table(found["exponents"]), "",
        "## Peers", "", "`python benchmarks/peers.py`", "", *peers.table(found["peers"]), "",
    ])  # fmt: skip


def version() -> str:
    """Return the last commit that changed the product, where git knows it."""
    command = ["git", "log", "-1", "--format=%h", "--", "backtester", "schemas"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure everything, and hold it against the targets.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--load", type=Path, metavar="FILE", help="what load.py --json printed")
    parser.add_argument("--results", type=Path, default=HERE, metavar="DIR", help="where RESULTS.md goes")
    options = parser.parse_args()
    load = json.loads(options.load.read_text(encoding="utf-8")) if options.load else None
    busy = os.getloadavg()[0] > BUSY
    machine = {"commit": version(), **conditions()}
    found = measure(max(options.rounds, 1))
    figures = rows(found, load)
    summary = table(figures, busy=busy)
    print("\n".join(summary))
    text = results(found, summary, machine)
    (options.results / "RESULTS.md").write_text(text, encoding="utf-8")
    drawn = picture(figures, found["peers"]["peers"], busy=busy)
    (options.results / "results.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
