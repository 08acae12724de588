"""`python -m backtester prices` as a process: what a machine without a network can then run, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import ROOT
from tests.support.runner import environment, run_runner

MODULE = ("-m", "backtester")
DAYS = np.arange(np.datetime64("2021-06-01"), np.datetime64("2024-02-01"))
DAYS = DAYS[np.is_busday(DAYS)]


def write(folder: Path, name: str, seed: int) -> Path:
    prices = 100 * np.cumprod(1 + np.random.default_rng(seed).normal(0.0004, 0.01, DAYS.size))
    lines = [f"{day},{price:.4f},{price:.4f}" for day, price in zip(DAYS, prices, strict=True)]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(["Date,Close,Adj Close", *lines]))
    return folder / name


def prices(*arguments: object, cache: Path, **env: str):
    settings = {"BACKTEST_CACHE_DIR": str(cache), **env}
    return run_runner(b"", "prices", *map(str, arguments), env=settings, entry=MODULE)


@pytest.mark.promise
def test_after_importing_two_csv_files_the_canonical_request_runs_offline_verbatim(tmp_path):
    request = (ROOT / "examples/requests/canonical.json").read_bytes()
    offline = {"BACKTEST_CACHE_DIR": str(tmp_path / "cache"), "BACKTEST_OFFLINE": "1"}
    before = run_runner(request, env=offline)
    assert (before.exit, before.document["code"]) == (3, "DATA_SOURCE_UNAVAILABLE")
    files = [write(tmp_path / "files", "SPY.csv", 1), write(tmp_path / "files", "QQQ.csv", 2)]
    imported = prices("import", *files, cache=tmp_path / "cache")
    assert imported.exit == 0
    run = run_runner(request, env=offline)
    assert (run.exit, run.stderr) == (0, "")
    assert {entry["source"] for entry in run.document["data"]["symbols"].values()} == {"csv"}
    assert [warning["code"] for warning in run.document["warnings"]] == ["TOP_N_EXCEEDS_HOLDINGS"]
    folder = {"BACKTEST_CACHE_DIR": str(tmp_path / "none"), "BACKTEST_CSV_DIR": str(tmp_path / "files")}
    same = run_runner(request, env=folder)
    assert same.document | {"timing_ms": 0} == run.document | {"timing_ms": 0}, "result_id and digests included"


def test_many_imports_at_once_into_no_store_all_succeed(tmp_path):
    names = [f"S{number}" for number in range(6)]
    files = [write(tmp_path / "files", f"{name}.csv", seed) for seed, name in enumerate(names)]
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(len(files)) as pool:
        ended = list(pool.map(lambda path: prices("import", path, files[0], "--json", cache=cache), files))
    assert [(run.exit, run.document["errors"], run.stderr) for run in ended] == [(0, [], "")] * len(files)
    listed = prices("list", "--json", cache=cache).document
    assert [entry["symbol"] for entry in listed if entry["place"] == "store"] == names


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
def test_a_store_that_cannot_grow_is_told_and_leaves_what_it_had(tmp_path):
    cache = tmp_path / "cache"
    assert prices("import", write(tmp_path / "a", "OLD.csv", 1), cache=cache).exit == 0
    size = sum(path.stat().st_size for path in cache.iterdir())
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "from backtester.__main__ import main; main()"
    )
    files = [write(tmp_path / "b", f"N{number}.csv", number) for number in range(8)]
    full = run_runner(
        b"", "prices", "import", *map(str, files), "--json", env={"BACKTEST_CACHE_DIR": str(cache)}, entry=("-c", code)
    )
    assert (full.exit, full.stderr) == (3, "")
    assert {error["code"] for error in full.document["errors"]} == {"STORE_UNAVAILABLE"}
    listed = prices("list", "--json", cache=cache).document
    stored = [entry["symbol"] for entry in listed if entry["place"] == "store"]
    assert stored == [*(entry["symbol"] for entry in full.document["imported"]), "OLD"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_cannot_be_written_is_told(tmp_path):
    cache = tmp_path / "cache"
    assert prices("import", write(tmp_path / "a", "OLD.csv", 1), cache=cache).exit == 0
    for path in (*cache.iterdir(), cache):
        path.chmod(0o500 if path.is_dir() else 0o400)
    run = prices("import", write(tmp_path / "b", "NEW.csv", 2), "--json", cache=cache)
    cache.chmod(0o700)
    assert (run.exit, run.stderr) == (3, "")
    assert [error["code"] for error in run.document["errors"]] == ["STORE_UNAVAILABLE"]


def test_a_reader_that_goes_away_and_a_full_disk_leave_no_traceback(tmp_path):
    script = f"{sys.executable} -m backtester prices list"
    env = environment({"BACKTEST_CACHE_DIR": str(tmp_path)})
    for end in ("| true", ">/dev/full", ">&-"):
        if end == ">/dev/full" and not os.path.exists("/dev/full"):
            continue
        done = subprocess.run(["/bin/sh", "-c", f"{script} {end}"], cwd=ROOT, env=env, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr


WRONG = [
    ("import",), ("remove",), (), ("nonsense",), ("list", "--nonsense"), ("check", "SPY", "--source", "yahoo"),
    ("fetch", "SPY", "--start", "20200101"), ("fetch", "SPY", "--end", "2020-W10-1"),
    ("fetch", "SPY", "--end", "20-1-1"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_arguments_are_one_document(tmp_path, arguments):
    run = prices(*arguments, "--json", cache=tmp_path)
    assert (run.exit, run.stderr, run.document["success"]) == (2, "", False)
    assert [error["code"] for error in run.document["errors"]] == ["VALIDATION_FAILED"]
    person = prices(*arguments, cache=tmp_path)
    assert (person.exit, person.stdout) == (2, b"")
    assert person.stderr.startswith("usage: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("module", ["numpy", "backtester.commands.prices.command", "backtester.prices.listing"])
def test_a_signal_while_modules_are_imported_is_one_document(tmp_path, number, module):
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
class Find:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Find())
sys.argv = ["prices", "prices", "list", "--json"]
from backtester.__main__ import main
main()
"""
    run = run_runner(b"", env={"BACKTEST_CACHE_DIR": str(tmp_path)}, entry=("-c", code))
    assert (run.exit, run.stderr) == (5, "")
    assert [error["code"] for error in run.document["errors"]] == ["CANCELLED"]
    assert number.name in run.document["errors"][0]["detail"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_import_names_what_it_has_stored(tmp_path, number):
    files = [write(tmp_path / "files", f"S{each}.csv", each) for each in range(3)]
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from backtester.commands.prices import import_files
read = import_files.read_file
def read_until(path, *rest):
    if path.endswith("S2.csv"):
        os.kill(os.getpid(), {int(number)})
    return read(path, *rest)
import_files.read_file = read_until
sys.argv = ["prices", "prices", "import", *{list(map(str, files))!r}, "--json"]
from backtester.__main__ import main
main()
"""
    run = run_runner(b"", env={"BACKTEST_CACHE_DIR": str(tmp_path / "cache")}, entry=("-c", code))
    assert (run.exit, run.stderr) == (5, "")
    assert [entry["symbol"] for entry in run.document["imported"]] == ["S0", "S1"]
    assert [error["code"] for error in run.document["errors"]] == ["CANCELLED"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_an_interrupted_import_ends_with_the_exit_status_of_the_cancelled(tmp_path):
    fifo_free = [write(tmp_path / "files", f"S{number}.csv", number) for number in range(40)]
    env = environment({"BACKTEST_CACHE_DIR": str(tmp_path / "cache")})
    process = subprocess.Popen(
        [sys.executable, *MODULE, "prices", "import", *map(str, fifo_free), "--json"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while process.poll() is None and not (tmp_path / "cache" / "prices.sqlite3").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    document = json.loads(out)
    assert b"Traceback" not in err
    assert process.returncode in (0, 5), "it may have been faster"
    assert (process.returncode == 5) == ("CANCELLED" in [error["code"] for error in document["errors"]])
    listed = prices("list", "--json", cache=tmp_path / "cache").document
    stored = {entry["symbol"] for entry in listed if entry["place"] == "store"}
    assert {entry["symbol"] for entry in document["imported"]} <= stored
