"""Run random requests by two versions and compare the documents, so that a faster one is known to say the same.

python scripts/compare_versions.py OLD_CHECKOUT [--requests 1000] [--seed 1] [--keep FILE] [--ignore POINTER ...]

The requests come from the generators of tests/property: every strategy, frequency, cost, band, cash flow, benchmark and
source that needs no network, and some with faults. Each version runs them in one `--batch`, with the packages of this
interpreter; timing_ms is left out. Exit 1 where documents differ: each kind of difference is listed by its pointer.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.property import test_boundary_property as boundary  # noqa: E402
from tests.property import test_engine_property as engine  # noqa: E402
from tests.property import test_mechanics_property as mechanics  # noqa: E402
from tests.property import test_strategy_property as strategies  # noqa: E402

STOCKS, LATE = ["AAPL", "BAC", "GE", "JNJ", "KO", "MSFT", "RRC", "XOM"], ["META", "USMV"]
BLOCKS = ["metrics", "metrics_monthly", "benchmark", "series", "weights", "held_weights", "trades", "final_holdings",
          "tables", "attribution", "decisions"]  # fmt: skip
TIMING = re.compile(rb'"timing_ms":\{[^}]*\}')
SHOWN = 12


class Difference(NamedTuple):
    """Where two documents differ, and how."""

    pointer: str
    old: Any
    new: Any


@st.composite
def bundled(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request on bundled prices: any strategy in any way that it can decide, and anything beside it."""
    pick = random.Random(draw(st.integers(0, 2**32 - 1)))  # hypothesis repeats itself, on purpose
    strategy, parameters = pick.choice(strategies.CASES)
    year = pick.randint(1991, 2020)
    held = pick.sample([*STOCKS, *(LATE if year > 2013 else ())], len(strategies.SYMBOLS))
    names = {**dict(zip(strategies.SYMBOLS, held, strict=True)), strategies.SIGNAL: "^GSPC"}
    shares, cash = pick.choice([(20,) * 5, (10, 30, 25, 15, 20), (5, 5, 30, 30, 30)]), pick.choice([0, 0, 0.2])
    frequency = pick.choice([*mechanics.FREQUENCIES, "semiannually"])
    asked = {
        "strategy": strategy,
        "parameters": {**_renamed(parameters, names), "rebalance_frequency": frequency},
        "holdings": [
            {"symbol": symbol, "allocation": share / 100 * (1 - cash)}
            for symbol, share in zip(held, shares, strict=True)
        ],
        "start_date": f"{year}-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d}",
        "end_date": f"{year + pick.choice([0, 1, 3, 6])}-12-{pick.randint(1, 31):02d}",
        "execution": {
            "timing": pick.choice(["next_close", "same_close"]),
            "shares": pick.choice(["fractional", "fractional", "whole"]),
        },
        "cash": {"allocation": cash, "annual_rate": pick.choice([0, 0.03, -0.01])},
        "benchmark": pick.choice([None, "^GSPC", "AAPL"]),
        "risk_free_rate": pick.choice([0, 0.02]),
        "data": {"source": pick.choice(["bundled", "auto"]), "ended_history": pick.choice(["stop", "cash"])},
    }
    return asked | draw(_extras(asked["start_date"], asked["end_date"]))


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Return parameters with the symbols of the property tests replaced."""
    if isinstance(value, dict):
        return {key: _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


@st.composite
def _extras(draw: st.DrawFn, first: str, last: str) -> dict[str, Any]:
    """Costs, bands, cash flows and the shape of the result, each now and then."""
    some: dict[str, st.SearchStrategy[Any]] = {
        "costs": st.fixed_dictionaries({}, optional={
            "commission_bps": st.integers(0, 50), "slippage_bps": st.floats(0, 20), "expense_ratio": st.floats(0, 0.02),
            "commission_fixed": st.sampled_from([0.5, 1]), "commission_per_share": st.sampled_from([0.005, 0.01]),
            "commission_minimum": st.sampled_from([1, 2.5]),
        }),
        "rebalancing": mechanics.bands() | st.fixed_dictionaries({"offset_sessions": st.sampled_from([0, 1, 5, 40])}),
        "cash_flows": st.lists(mechanics.streams([first] * 16 + [last] * 16, gentle=True), min_size=1, max_size=3),
        "output": st.fixed_dictionaries({}, optional={
            "include": st.lists(st.sampled_from(BLOCKS), unique=True, min_size=1),
            "max_points": st.integers(2, 400), "precision": st.sampled_from([None, 1, 6, 12, 15, 17]),
        }),
        "initial_capital": st.floats(100, 1e7),
    }  # fmt: skip
    return {name: draw(strategy) for name, strategy in some.items() if draw(st.booleans())}


def generate(count: int, number: int) -> list[dict[str, Any]]:
    """Return so many random requests, half on bundled prices; the same for the same number."""
    features = st.lists(st.sampled_from(["expenses", "offset", "bands", "flows", "dividends"]), unique=True)
    inline = features.flatmap(lambda chosen: mechanics.requests(*chosen)) | engine.requests()
    faulty = boundary.mutations(boundary.FULL) | boundary.mutations(boundary.INLINE)
    kinds = st.integers(0, 5).flatmap(lambda kind: (bundled(), bundled(), bundled(), inline, inline, faulty)[kind])
    found: list[dict[str, Any]] = []

    @seed(number)
    @settings(
        max_examples=2 * count, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(kinds)
    def collect(request: dict[str, Any]) -> None:
        request.pop("limits", None)  # a time limit is met or not, whatever the version
        try:
            json.dumps(request, allow_nan=False)
        except ValueError:  # no JSON: such a line has no request_id
            return
        if len(found) < count:
            found.append({**request, "request_id": f"{len(found)}"})

    collect()
    return found


def run(checkout: Path, lines: bytes, folder: str) -> subprocess.Popen[bytes]:
    """Begin to run the lines in a checkout, in order; its answers go to a file in the folder."""
    source = Path(folder, "requests")
    source.write_bytes(lines)
    env = {"PATH": os.defpath, "HOME": folder, "LANG": "C.UTF-8", "BACKTEST_OFFLINE": "1"}
    command = [sys.executable, str(checkout.resolve() / "backtest_runner.py"), "--batch", "--jobs", "1"]
    with source.open("rb") as stdin, Path(folder, "answers").open("wb") as stdout:
        return subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=env, cwd=folder
        )  # it tells there how many runs failed


def answers(checkouts: tuple[Path, Path], requests: list[dict[str, Any]]) -> list[list[bytes]]:
    """Return each version's documents in the order of the requests, without timing_ms; both run at the same time."""
    lines = b"".join(json.dumps(request).encode() + b"\n" for request in requests)
    with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
        pairs = list(zip(checkouts, (old, new), strict=True))
        running = [run(checkout, lines, folder) for checkout, folder in pairs]
        for process in running:
            process.wait()
        return [_documents(Path(folder, "answers"), requests) for _, folder in pairs]


def _documents(written: Path, requests: list[dict[str, Any]]) -> list[bytes]:
    lines = [TIMING.sub(b'"timing_ms":{}', line) for line in written.read_bytes().splitlines()]
    for request, line in zip(requests, lines, strict=True):  # one process answers in order
        if json.loads(line).get("request_id", request["request_id"]) != request["request_id"]:
            raise RuntimeError(f"request {request['request_id']} is answered by {line[:200]!r}")
    return lines


def differences(old: Any, new: Any, pointer: str = "") -> Iterator[Difference]:
    """Yield where two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield from differences(old.get(key, "(absent)"), new.get(key, "(absent)"), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{pointer}/{index}")
    elif old != new or type(old) is not type(new):
        yield Difference(pointer, old, new)


def compare(old: bytes, new: bytes) -> list[Difference]:
    """Return how two documents differ; the pointer of the whole document where only their text does."""
    if old == new:
        return []
    found = list(differences(json.loads(old), json.loads(new)))
    return found or [Difference("", "(the same values)", "(written otherwise)")]


def listing(found: dict[str, list[Difference]]) -> list[str]:
    """Return lines for people: each kind of difference once, most frequent first, with one example."""
    kinds: dict[str, dict[str, Difference]] = collections.defaultdict(dict)
    for number, several in found.items():
        for one in several:
            kinds[re.sub(r"/\d+(?=/|$)", "/*", one.pointer)].setdefault(number, one)
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    lines = []
    for kind, examples in ordered[:SHOWN]:
        number, one = next(iter(examples.items()))
        lines.append(f"{kind or '(the whole)'}: {len(examples)} requests; in {number}: {_shown(one)}")
    return lines + [f"and {len(ordered) - SHOWN} more pointers"] * (len(ordered) > SHOWN)


def _shown(one: Difference) -> str:
    old, new = (json.dumps(value)[:60] for value in (one.old, one.new))
    numbers = [value for value in (one.old, one.new) if isinstance(value, float)]
    apart = f" (by {abs(numbers[1] / numbers[0] - 1):.1g})" if len(numbers) == 2 and math.prod(numbers) else ""
    return f"{old} is {new}{apart}"


def main() -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Compare the documents of two versions on random requests.")
    parser.add_argument("old", type=Path, help="a checkout of the version before")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the requests that differ to this file, one a line")
    parser.add_argument("--ignore", nargs="*", default=[], metavar="POINTER", help="pointers that may differ")
    options = parser.parse_args()
    requests = generate(options.requests, options.seed)
    old, new = answers((options.old, ROOT), requests)
    found = {
        request["request_id"]: kept
        for request, *pair in zip(requests, old, new, strict=True)
        if (kept := [one for one in compare(*pair) if one.pointer not in options.ignore])
    }
    codes = collections.Counter(json.loads(line).get("code", "result") for line in new)
    print(f"{len(requests)} requests: {', '.join(f'{count} {code}' for code, count in codes.most_common())}")
    print("\n".join(listing(found)) or "No document differs.")
    if options.keep and found:
        kept_ = (json.dumps(request) + "\n" for request in requests if request["request_id"] in found)
        options.keep.write_text("".join(kept_), encoding="utf-8")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
