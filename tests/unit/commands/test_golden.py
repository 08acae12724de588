"""`python -m backtester golden DIR`: golden files for anyone's CI."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backtester.commands.golden import differences

ROOT = Path(__file__).resolve().parents[3]


def golden(*arguments: str, ci: bool = False) -> subprocess.CompletedProcess:
    env = {key: value for key, value in os.environ.items() if key != "CI"} | ({"CI": "true"} if ci else {})
    return subprocess.run(
        [sys.executable, "-m", "backtester", "golden", *arguments], capture_output=True, text=True, cwd=ROOT, env=env,
        check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, request in (("good", "inline.json"), ("other", "buy_hold.json")):
        (tmp_path / name).mkdir()
        shutil.copy(ROOT / "examples/requests" / request, tmp_path / name / "request.json")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/request.json").write_text('{"strategy": "momentun", "request_id": "mine"}')
    assert golden(str(tmp_path), "--update").returncode == 0
    return tmp_path


def test_our_own_golden_cases_agree():
    done = golden("tests/golden")
    assert done.returncode == 0, done.stdout


def test_results_that_were_just_written_agree_errors_among_them(folder):
    done = golden(str(folder))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "3 passed, 0 failed")
    assert json.loads((folder / "bad/result.json").read_text())["code"] == "UNKNOWN_STRATEGY"


def test_a_difference_is_printed_as_a_json_pointer_and_fails(folder):
    path = folder / "good/result.json"
    result = json.loads(path.read_text())
    result["metrics"]["final_value"] *= 1 + 1e-6
    result["trades"][0]["side"] = "sell"
    del result["series"]["dates"][0]
    path.write_text(json.dumps(result))
    done = golden(str(folder))
    assert done.returncode == 1
    for pointer in ("/metrics/final_value: expected", "/trades/0/side: expected", "/series/dates: 4 items expected"):
        assert pointer in done.stdout
    assert "2 passed, 1 failed" in done.stdout


def test_volatile_fields_and_rounding_are_left_out(folder):
    path = folder / "good/result.json"
    result = json.loads(path.read_text())
    result |= {
        "timing_ms": {"total": 1},
        "result_id": "sha256:" + "0" * 64,
        "engine": {"name": "other", "version": "9"},
    }
    result["metrics"]["final_value"] *= 1 + 1e-11
    path.write_text(json.dumps(result))
    assert golden(str(folder / "good")).returncode == 0


def test_update_is_refused_in_ci(folder):
    before = (folder / "good/result.json").read_text()
    done = golden(str(folder), "--update", ci=True)
    assert done.returncode == 2
    assert "refused where CI is set" in done.stderr
    assert (folder / "good/result.json").read_text() == before


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["tests/golden", "--frobnicate"]])
def test_wrong_usage_is_told(arguments):
    done = golden(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-m backtester golden DIR" in done.stderr


def test_a_folder_without_cases_is_no_success(tmp_path):
    assert golden(str(tmp_path)).returncode == 2
    assert golden(str(tmp_path / "absent")).returncode == 2


@pytest.mark.parametrize("text", [None, "{", "", "[" * 100_000])
def test_a_result_that_cannot_be_read_fails_its_case_alone(folder, text):
    path = folder / "good/result.json"
    path.unlink() if text is None else path.write_text(text)
    done = golden(str(folder))
    assert done.returncode == 1
    assert "2 passed, 1 failed" in done.stdout


def test_a_result_that_cannot_be_written_fails_its_case_alone(folder):
    (folder / "good/result.json").unlink()
    (folder / "good/result.json").symlink_to("/dev/full")
    done = golden(str(folder), "--update")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 passed, 1 failed")
    assert "FAILED good\n  result.json cannot be written: no space left on device\n" in done.stdout
    assert done.stderr == ""


def test_a_request_that_cannot_be_read_fails_its_case_alone_and_leaves_the_result(folder):
    (folder / "good/request.json").unlink()
    (folder / "good/request.json").symlink_to("/proc/self/mem")  # a file that opens, and no more
    before = (folder / "good/result.json").read_bytes()
    done = golden(str(folder), "--update")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 passed, 1 failed")
    assert "FAILED good\n  request.json cannot be read: input/output error\n" in done.stdout
    assert (folder / "good/result.json").read_bytes() == before


def test_wrong_settings_are_told_in_a_line(folder, monkeypatch):
    monkeypatch.setenv("BACKTEST_OFFLINE", "perhaps")
    done = golden(str(folder))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("golden: The operator's settings are wrong. BACKTEST_OFFLINE must be 0 or 1.")


@pytest.mark.parametrize(
    ("expected", "actual", "lines"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["/a: expected 1, found true"]),
        ({"a": None}, {"a": 0}, ["/a: expected null, found 0"]),
        ({"a": 1}, {}, ["/a: expected 1, found nothing"]),
        ({}, {"a/b": 1}, ["/a~1b: expected nothing, found 1"]),
        ([1, 2], [1], [": 2 items expected, 1 found"]),
        ({"a": "x"}, {"a": "y"}, ['/a: expected "x", found "y"']),
        ({"timing_ms": 1}, {"timing_ms": 2}, []),
    ],
)
def test_differences(expected, actual, lines):
    assert list(differences(expected, actual)) == lines


def test_an_extra_that_is_missing_is_said_before_anything_is_run(folder, tmp_path_factory):
    for name in ("minimum_variance", "risk_parity_equal"):
        (folder / name).mkdir()
        asked = json.loads((ROOT / "examples/requests/minimum_variance.json").read_text())
        if name != "minimum_variance":
            asked |= {"strategy": "risk_parity", "parameters": {"method": "equal_risk_contribution"}}
        (folder / name / "request.json").write_text(json.dumps(asked))
    packages = tmp_path_factory.mktemp("no_solver")
    (packages / "sitecustomize.py").write_text(
        "import importlib.util as u\nf = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'clarabel' else f(name, package)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "backtester", "golden", str(folder)], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(packages)}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    said, needed, end = done.stderr.splitlines()
    assert said.startswith(f"The module clarabel is not installed for {sys.executable} (Python 3.")
    assert "clarabel>=" in said, "the command that installs it"
    assert (needed, end) == ("Needed by: minimum_variance, risk_parity_equal", "Nothing was run.")
    assert not (folder / "minimum_variance/result.json").exists()
