"""The benchmarks run: what they reach into changes, and a figure nobody can repeat is none. No time is looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.runner import empty_cache

sys.path.append(str(ROOT / "benchmarks"))

import bench
import guard
import targets
from measuring import Figure, figure


@pytest.mark.full
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize(
    "command",
    [
        ("cold_start.py", "--rounds", "1"), ("warm.py", "--runs", "20", "--rounds", "2"),
        ("engine.py", "--rounds", "1", "--large", "40"), ("peers.py", "--rounds", "1"),
        ("sweep_peer.py", "--rounds", "1"), ("rules.py",),
        ("load.py", "--inside", "two holdings, two years", "25"),
    ],
)  # fmt: skip
def test_a_benchmark_comes_to_its_end(command: tuple[str, ...]) -> None:
    env = {**os.environ, "BACKTEST_CACHE_DIR": empty_cache()}
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / command[0]), *command[1:]], input="begin\n", capture_output=True,
        text=True, env=env, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()


FOUND = {
    "cold": {
        "W2": {"cpu": Figure(11.0, 10.8, 11.2, 9), "wall": Figure(9.0, 8.8, 9.4, 9), "peak_mb": [24.0, 38.0]},
        "two holdings, two years": {"cpu": Figure(7.9, 7.5, 8.0, 9), "wall": Figure(8.0, 7.0, 9.0, 9)},
        "an invalid request": {"cpu": Figure(14.5, 13.0, 15.0, 9), "wall": Figure(8.0, 7.0, 9.0, 9)},
    },
    "warm": {
        name: {key: Figure(0.5, 0.4, 0.6, 9) for key in ("cpu", "supervision", "line_ms")}
        for name in ("W2", "two holdings, two years", "the same with other look-backs each time")
    },
    "large": Figure(4.0, 3.9, 4.1, 9),
    "exponents": {
        name: {"sizes": [1, 2], "seconds": [0.1, 0.2], "exponent": 1.0, "between_the_largest": 1.0}
        for name in ("sessions", "symbols", "rebalances")
    },
    "analysis": {name: Figure(0.05, 0.04, 0.06, 3) for name in ("sweep_each", "trust", "pbo")},
    "scale": {
        "sweep_growth": 1.05, "sweep_memory": 90.0, "sweep_silence": 0.3, "sweep_processes": Figure(1.6, 1.5, 1.8, 3),
    },
    "rules": {"rules": Figure(20, 19, 21, 3), "rules_nodes": 1.0, "rules_decisions": 1.0, "rules_symbols": 1.2},
    "sweep_peer": {"vectorbt_numba": Figure(80, 70, 90, 3)},
    "peers": {"missing": ["No peer is installed: `make peers`."], "peers": {}},
}  # fmt: skip
LOAD = {
    "throughput": [
        {"work": work, "workers_1": {"share": 0.8}, "workers_2": {"share": 0.7}}
        for work in ("two holdings, two years", "ten holdings, ten years")
    ],
    "latencies": {"get_p99_ms": 20.0},
    "sweep": {"workers_1": 12.6, "workers_2": 7.0, "ratio": 1.8},
}


def verdicts(*, busy: bool, load: dict | None) -> dict[str, str]:
    lines = bench.table(bench.rows(FOUND, load), busy=busy)[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {target.key: row[-1] for target, row in zip(targets.TARGETS, cells, strict=True)}


class TestTheTargets:
    def test_each_has_a_verdict(self) -> None:
        told = verdicts(busy=False, load=LOAD)
        assert told["w2_cold"] == told["large"] == told["get_p99"] == "met"
        assert told["two_cold"] == "met, the stricter one too"
        assert told["w2_cold_wall"] == told["invalid_cold"] == "MISSED"
        assert told["sweep_workers"] == told["vectorbt_numba"] == told["rules"] == "met"
        assert told["sweep_processes"] == told["rules_symbols"] == "MISSED"
        assert told["vectorbt_rust"] == "not measured"
        assert (told["queue_two_1"], told["queue_two_2"], told["queue_ten_1"]) == ("met", "MISSED", "MISSED")

    def test_a_wall_time_on_a_busy_machine_is_not_judged(self) -> None:
        assert verdicts(busy=True, load=None)["w2_cold_wall"] == "not judged: the cores were busy"

    def test_the_queue_stands_as_not_measured_where_it_was_not(self) -> None:
        told = verdicts(busy=False, load=None)
        assert {key for key, verdict in told.items() if verdict == "not measured"} == {
            "queue_two_1", "queue_two_2", "queue_ten_1", "queue_ten_2", "get_p99", "sweep_workers",
            "vectorbt_rust",  # a peer that is not installed
        }  # fmt: skip

    def test_the_results_and_the_picture_have_every_figure(self) -> None:
        figures = bench.rows(FOUND, LOAD)
        text = bench.results(FOUND, bench.table(figures, busy=False), {"Python": "3.11"})
        assert all(target.work in text for target in targets.TARGETS)
        assert "No peer is installed" in text
        assert "prefers-color-scheme: dark" in bench.picture(figures, {}, busy=False)


def test_a_figure_is_the_median_and_the_quartiles() -> None:
    assert figure([4, 1, 2, 3, 5]) == Figure(3, 2, 4, 5)
    assert figure([7.0]) == Figure(7, 7, 7, 1)


def test_the_guard_refuses_what_costs_more_than_it_allows_and_has_a_figure_of_each_run() -> None:
    stored = json.loads(Path(guard.STORED).read_text(encoding="utf-8"))
    assert set(stored) == set(guard.GUARDED)
    assert guard.dearer(stored, stored) == []
    (sentence,) = guard.dearer({**stored, guard.GUARDED[0]: stored[guard.GUARDED[0]] * guard.ALLOWED * 1.01}, stored)
    assert sentence.startswith(guard.GUARDED[0])
