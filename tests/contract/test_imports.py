"""Start-up time is a feature: what a run may import is a list, and a new entry is a decision."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stored import fill_store

ROOT = Path(__file__).resolve().parents[2]
# The third-party list holds for every Python; the standard library's own imports differ between versions, so that
# list is held on the oldest one that is supported, where CI runs.
ALLOWED = set(Path(__file__).with_name("allowed_modules.txt").read_text().split())
STDLIB = set(Path(__file__).with_name("allowed_stdlib.txt").read_text().split())
if sys.version_info[:2] != (3, 11):
    STDLIB |= set(sys.stdlib_module_names) - {"asyncio", "argparse", "logging", "subprocess", "email", "http", "ssl"}


FOR_THE_STORE = {"sqlite3", "_sqlite3", "fcntl"}


def imported(request: bytes, cache: Path, *flags: str) -> tuple[set[str], str]:
    """Run the real runner under -X importtime, which the forked worker inherits; return all that both imported."""
    env = {"PATH": os.environ["PATH"], "BACKTEST_CACHE_DIR": str(cache), "BACKTEST_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "backtest_runner.py"), *flags],
        input=request,
        capture_output=True,
        env=env,
        check=False,
        timeout=60,
    )
    assert b'"success":true' in done.stdout[:40], done.stdout[:500]
    names = re.findall(r"^import time:.*\|\s+([\w.]+)$", done.stderr.decode(), re.MULTILINE)
    return {name for name in names if name != "cumulative"}, done.stderr.decode()


def top_level(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def test_a_bundled_run_imports_nothing_outside_the_allowed_list(tmp_path):
    names, _ = imported((ROOT / "examples/requests/momentum.json").read_bytes(), tmp_path)
    assert {"numpy", "backtester.codec.decode"} <= names, "both processes are seen"
    made = {name for name in names if name.startswith("backtester.contract.validators")}
    assert {name.rpartition(".")[2] for name in made} == {"validators", "valid_request", "valid_momentum"}
    surplus = top_level(names) - ALLOWED - STDLIB - site_modules()
    assert not surplus, f"new imports on the path of every run: {sorted(surplus)}"


def test_only_a_tree_of_rules_pays_for_one(tmp_path):
    of_trees = {
        "backtester.contract.rule_trees", "backtester.strategies.rules.tree", "backtester.codec.rule_trace", "graphlib",
    }  # fmt: skip
    names, _ = imported((ROOT / "examples/requests/momentum.json").read_bytes(), tmp_path)
    assert not names & of_trees
    names, _ = imported((ROOT / "examples/requests/rules.json").read_bytes(), tmp_path)
    assert of_trees <= names
    assert not top_level(names) - ALLOWED - STDLIB - site_modules() - {"graphlib"}


def test_a_summary_adds_nothing_from_outside(tmp_path):
    request = (ROOT / "examples/requests/momentum.json").read_bytes()
    imported(request, tmp_path, "--summary")  # compiles what has no bytecode yet, which imports unicodedata
    (plain, _), (summed, _) = imported(request, tmp_path), imported(request, tmp_path, "--summary")
    names = ("summary", "overview", "parameters", "lookup", "plain_words", "shapes", "shared", "written")
    added = {f"backtester.report.{each}" for each in names}
    assert summed - plain == {"textwrap", "backtester.commands.terminal", "backtester.report", *added}


def test_a_sweep_draws_nothing_at_random_and_so_imports_none_of_it(tmp_path):
    names, _ = imported((ROOT / "examples/requests/sweep.json").read_bytes(), tmp_path)
    assert "backtester.analysis.statistics.overfitting" in names
    assert "numpy.random" not in names


def test_a_stored_run_adds_sqlite_and_nothing_heavy(tmp_path):
    fill_store(tmp_path, "ZZZA", "ZZZB")
    request = (
        b'{"strategy":"buy_hold","holdings":[{"symbol":"ZZZA","allocation":0.5},{"symbol":"ZZZB","allocation":0.5}],'
        b'"start_date":"2020-02-03","end_date":"2020-06-30"}'
    )
    names, _ = imported(request, tmp_path)
    assert "sqlite3" in names
    surplus = top_level(names) - ALLOWED - STDLIB - site_modules() - FOR_THE_STORE
    assert not surplus, f"new imports on the path of a stored run: {sorted(surplus)}"


HEAVY = ["pandas", "yfinance", "requests", "importlib.metadata", "asyncio", "argparse", "numpy.ma", "scipy", "clarabel"]


@pytest.mark.parametrize("example", ["buy_hold", "momentum", "rotation", "trend_following", "target_volatility"])
def test_a_bundled_run_never_imports_what_is_heavy(example, tmp_path):
    names, _ = imported((ROOT / f"examples/requests/{example}.json").read_bytes(), tmp_path)
    assert "backtester.metrics.tables" in names
    assert not names & set(HEAVY)


def test_the_optimiser_comes_alone_and_only_where_it_solves(tmp_path):
    names, _ = imported((ROOT / "examples/requests/minimum_variance.json").read_bytes(), tmp_path)
    assert "clarabel" in names
    assert not names & {"scipy", "pandas", "cvxpy"}


def site_modules() -> set[str]:
    """Return what this environment imports before any of our code runs: .pth files of tools such as coverage."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        capture_output=True,
        check=True,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )
    return {name.split(".")[0] for name in re.findall(r"\|\s+([\w.]+)$", done.stderr.decode(), re.MULTILINE)}
