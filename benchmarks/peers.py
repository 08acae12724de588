"""The same backtest by other backtesters, as whole processes: their answers are compared first, then their cost.

    python benchmarks/peers.py [--rounds N] [--json]

W2 from the first month-end with sixty sessions before it, every order filled at the close it was decided at, as all of
them can. bt and vectorbt read the prices as JSON, the two in Rust from an Arrow file, the fastest that each reads; all
rank by their own means, and write their curve as JSON. None but this runner computes metrics, tables or an audit here.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import ROOT, RUNNER, Case, alternate, clean_environment, compile_bytecode, once, ratios, spread
from work import STOCKS, W2

sys.path.insert(0, str(ROOT))

from backtester.prices import bundled

OURS = "this runner"
FILLS = {  # how each fills with costs; tests/oracle/fill_rules.py reproduces each to the last digits
    "bt": "each order pays its own fee, closings pay none; negative cash is a free loan",
    "vectorbt": "targets are of the value before costs; the last buy pays for all",
    "hawk_backtester": "targets are of the value before costs, which become negative cash, a free loan",
    "polars_backtest": "what is bought is short of its target by a whole fee; cash is left over",
}
RUST = ("hawk_backtester", "polars_backtest")
FIRST, FIRST_ROW, LAST = "1990-03-30", 62, "2022-12-28"
BPS, CAPITAL = 10, 10_000.0
AS_ARROW = "import polars, sys; polars.read_csv(sys.argv[1], try_parse_dates=True).write_ipc(sys.argv[2])"
SAME = 1e-9


def interpreter() -> str | None:
    """Return the interpreter of the peers' environment, if there is one."""
    path = os.environ.get("BACKTEST_PEERS_PYTHON") or str(ROOT / ".venv-peers" / "bin" / "python")
    return path if os.access(path, os.X_OK) else None


def installed(python: str) -> tuple[list[str], list[str]]:
    """Return the peers that are there, and a sentence for each that is not."""
    names = f"[name for name in {list(FILLS)} if find_spec(name)]"
    code = f"import sys; from importlib.util import find_spec; print(*{names}, sys.version.split()[0])"
    *there, version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    missing = [name for name in FILLS if name not in there]
    return there, [f"{name} is left out: it is not installed for Python {version} (`make peers`)." for name in missing]


def ours(bps: int) -> dict[str, Any]:
    """Return our request."""
    return {**W2, "start_date": FIRST, "costs": {"commission_bps": bps}, "execution": {"timing": "same_close"}}


@contextlib.contextmanager
def jobs(python: str, there: list[str]) -> Iterator[dict[str, Any]]:
    """Hand over what a peer is asked, without its run: prices as JSON, or in an Arrow file for those in Rust."""
    histories = bundled.load(STOCKS)
    sessions = [str(day) for day in histories[STOCKS[0]].sessions]
    close = [histories[symbol].close.tolist() for symbol in STOCKS]
    plain = {"sessions": sessions, "symbols": STOCKS, "close": close, "capital": CAPITAL}
    with tempfile.TemporaryDirectory() as folder:
        table, arrow = Path(folder, "close.csv"), Path(folder, "close.arrow")
        rows = zip(sessions, *close, strict=True)
        lines = [",".join(("date", *STOCKS)), *(",".join(map(str, row)) for row in rows)]
        table.write_text("\n".join(lines))
        if set(RUST) & set(there):
            subprocess.run([python, "-c", AS_ARROW, str(table), str(arrow)], check=True)
        in_rust = {"arrow": str(arrow), "capital": CAPITAL}
        yield {name: in_rust if name in RUST else plain for name in there}


def asked(job: dict[str, Any], bps: int) -> dict[str, Any]:
    """Return a job with its one run."""
    run = {
        "strategy": "momentum", "symbols": STOCKS, "first": FIRST_ROW, "frequency": "monthly", "bps": bps,
        "lookback": W2["parameters"]["lookback_period"], "top_n": W2["parameters"]["top_n"],
    }  # fmt: skip
    return {**job, "runs": {"W2": run}}


def equity(name: str, output: bytes) -> list[float]:
    """Return the curve of an answer: a library may print before it."""
    document = json.loads(output[output.index(b"{") :])
    return document["series"]["portfolio_value"] if name == OURS else document["runs"]["W2"]["equity"]


def apart(left: list[float], right: list[float]) -> float:
    """Return the greatest relative difference of two curves. RuntimeError where they have other sessions."""
    if len(left) != len(right):
        raise RuntimeError(f"the curves have {len(left)} and {len(right)} sessions")
    return max(abs(a / b - 1) for a, b in zip(left, right, strict=True))


def cases(python: str, waiting: dict[str, Any], bps: int) -> dict[str, Case]:
    """Return ours and every peer's whole process."""
    scripts = ROOT / "tests" / "oracle"
    theirs = {
        name: Case([str(scripts / f"peer_{name}.py")], asked(job, bps), interpreter=python)
        for name, job in waiting.items()
    }
    return {OURS: Case([RUNNER], ours(bps)), **theirs}


def measure(rounds: int) -> dict[str, Any]:
    """Return `missing`, sentences, and `peers`: each with cpu, wall, and how far its curve is from ours.

    `free` is the difference without costs, `costly` the one with ten basis points. RuntimeError where a peer's curve
    without costs is another than ours: then its time says nothing.
    """
    python = interpreter()
    if python is None:
        return {"missing": ["No peer is installed: `make peers`."], "peers": {}}
    there, missing = installed(python)
    compile_bytecode()
    found: dict[str, Any] = {name: {} for name in (OURS, *there)}
    with clean_environment() as env, jobs(python, there) as waiting:
        for key, bps in (("free", 0), ("costly", BPS)):
            curves = {name: equity(name, once(case, env).output) for name, case in cases(python, waiting, bps).items()}
            for name in there:
                found[name][key] = apart(curves[OURS], curves[name])
        for name in there:
            if found[name]["free"] > SAME:
                raise RuntimeError(f"without costs the curve of {name} is {found[name]['free']:.1e} from ours")
        for name, pairs in alternate(cases(python, waiting, BPS), rounds, env).items():
            found[name] |= ratios(pairs)
    return {"missing": missing, "peers": found}


def table(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines of Markdown, the differences in fill rules below."""
    if not found["peers"]:
        return found["missing"]
    own = found["peers"][OURS]
    lines = [
        "| the same backtest, cold | CPU, x `python -c pass` | quartiles | x ours | wall, x ours "
        f"| apart, free | with {BPS} bps |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, of in found["peers"].items():
        against = [f"{of[key].median / own[key].median:.1f}" for key in ("cpu", "wall")]
        differs = [f"{of[key]:.0e}" if key in of else "" for key in ("free", "costly")]
        lines.append(f"| {name} | {spread(of['cpu'])} | {' | '.join([*against, *differs])} |")
    lines += ["", "With costs the curves differ, because orders are filled by other rules:", ""]
    lines += [f"- {name}: {rule}." for name, rule in FILLS.items() if name in found["peers"]]
    return [*lines, *(f"- {sentence}" for sentence in found["missing"])]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="The same backtest by other backtesters, as whole processes.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="numbers instead of a table")
    options = parser.parse_args()
    found = measure(max(options.rounds, 1))
    print(json.dumps(found, indent=2) if options.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
