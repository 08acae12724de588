"""Refuse a start that has become dearer: the CPU of a cold run against the stored multiple of `python -c pass`.

    python benchmarks/guard.py            exit 1 where a run costs a fifth more than guard.json says
    python benchmarks/guard.py --renew    measure, and store

tests/contract/test_imports.py holds the list of modules; this notices what they have come to cost. Another machine has
another multiple, and a busy one a noisy one: hence the fifth, and three measurements before it is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from cold_start import CASES
from measuring import alternate, clean_environment, compile_bytecode, ratios

STORED = Path(__file__).with_name("guard.json")
GUARDED = ("two holdings, two years", "an invalid request")
ALLOWED = 1.2
ATTEMPTS, ROUNDS = 3, 9
RENEWED_BY = 25  # rounds


def measure(rounds: int) -> dict[str, float]:
    """Return the CPU of each guarded run as a multiple of a bare Python's, the median of so many rounds."""
    with clean_environment() as env:
        found = alternate({name: CASES[name] for name in GUARDED}, rounds, env)
    return {name: round(ratios(pairs)["cpu"].median, 2) for name, pairs in found.items()}


def dearer(found: dict[str, float], stored: dict[str, float]) -> list[str]:
    """Return a sentence for each run that costs more than is allowed."""
    return [
        f"{name}: {value:.1f} x the CPU of `python -c pass`, the stored figure is {stored[name]:.1f}"
        for name, value in found.items()
        if value > ALLOWED * stored[name]
    ]


def main() -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Refuse a start that has become dearer.")
    parser.add_argument("--renew", action="store_true", help="measure, and store")
    options = parser.parse_args()
    compile_bytecode()
    if options.renew:
        STORED.write_text(json.dumps(measure(RENEWED_BY), indent=2) + "\n", encoding="utf-8")
        print(STORED.read_text(encoding="utf-8"), end="")
        return 0
    stored, refused = json.loads(STORED.read_text(encoding="utf-8")), []
    for _ in range(ATTEMPTS):
        found = measure(ROUNDS)
        refused = dearer(found, stored)
        if not refused:
            print("; ".join(f"{name}: {value:.1f} x, stored {stored[name]:.1f}" for name, value in found.items()))
            return 0
    print("\n".join(refused), file=sys.stderr)
    print("See what is imported: python -X importtime. Where it is worth it: make bench-renew.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
