"""What a spawned run costs, from spawn to last byte: CPU of all its processes, wall time, memory of each process.

    python benchmarks/cold_start.py [--rounds N] [--against DIR] [--json]

--against names another checkout, whose W2 is run among the others.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from measuring import BARE, ROOT, RUNNER, Case, alternate, clean_environment, compile_bytecode, peaks, ratios, spread
from work import INVALID, TWO_HOLDINGS, W2

MEMORY_ROUNDS = 5
RUN = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from backtester import run
run(json.load(sys.stdin))
"""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # as the child has it
# As little as a supervised run can do that has numpy in its child.
FLOOR = """
import os
child = os.fork()
if child == 0:
    import numpy
    os._exit(0)
os.waitpid(child, 0)
os._exit(0)
"""
CASES = {
    "python -c pass, once more": BARE,  # its ratio would be 1 without noise
    "W2": Case([RUNNER], W2),
    "two holdings, two years": Case([RUNNER], TWO_HOLDINGS),
    "an invalid request": Case([RUNNER], INVALID, exit=2),
    "W2, sandbox off": Case([RUNNER], W2, environment={"BACKTEST_SANDBOX": "off"}),
    "W2 as backtester.run in one process, unwritten": Case(["-c", RUN], W2, environment=ONE_THREAD),
    "floor: a fork, numpy in the child": Case(["-c", FLOOR], environment=ONE_THREAD),
    "import numpy": Case(["-c", "import numpy"], environment=ONE_THREAD),
    "import jsonschema": Case(["-c", "import jsonschema"]),
    "import pandas": Case(["-c", "import pandas"]),
}
WITH_MEMORY = ("W2", "two holdings, two years", "an invalid request")


def measure(rounds: int, against: str | None = None) -> dict[str, dict[str, Any]]:
    """Return for each case its figures `cpu` and `wall` and, for runs, `peak_mb` of each process."""
    cases = dict(CASES)
    compile_bytecode()
    if against is not None:
        compile_bytecode(Path(against))
        cases["W2 of the other checkout"] = Case([str(Path(against).resolve() / "backtest_runner.py")], W2)
    with clean_environment() as env:
        found: dict[str, dict[str, Any]] = {
            name: dict(ratios(pairs)) for name, pairs in alternate(cases, rounds, env).items()
        }
        for name in WITH_MEMORY:
            every = [peaks(cases[name], env) for _ in range(MEMORY_ROUNDS)]
            found[name]["peak_mb"] = [max(column) for column in zip(*every, strict=False)]
    return found


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the figures as lines of Markdown."""
    lines = [
        "| a whole run, cold | CPU, x `python -c pass` | quartiles | wall, x | peak MB, each process |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, of in found.items():
        memory = " + ".join(f"{size:.0f}" for size in of.get("peak_mb", []))
        lines.append(f"| {name} | {spread(of['cpu'])} | {of['wall'].median:.2f} | {memory} |")
    return lines


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What a spawned run costs, in whole processes.")
    parser.add_argument("--rounds", type=int, default=15, help="rounds, each case once in each (default 15)")
    parser.add_argument("--json", action="store_true", help="numbers instead of a table")
    parser.add_argument("--against", metavar="DIR", help="another checkout, to be compared with in the same run")
    options = parser.parse_args()
    found = measure(max(options.rounds, 1), options.against)
    print(json.dumps(found, indent=2) if options.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
