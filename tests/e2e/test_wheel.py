"""What is shipped works as what is developed: the wheel, built from the sdist, installed away from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.service_stack import Stack

pytestmark = pytest.mark.full

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("pyproject.toml", "backtest_runner.py", "backtester", "schemas", "README.md", "LICENSE", "NOTICE")
REQUEST = (ROOT / "examples/requests/momentum.json").read_bytes()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build from a copy: the builder walks the whole checkout, in which other tests make and remove files meanwhile."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)], check=True)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Unpack the wheel into a folder of its own, which is what installing a pure-Python wheel does."""
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    return target


def run(installed: Path, cwd: Path, *command: str) -> dict:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(installed),
        "BACKTEST_OFFLINE": "1",
        "BACKTEST_CACHE_DIR": str(cwd),
    }
    done = subprocess.run([sys.executable, *command], input=REQUEST, capture_output=True, env=env, cwd=cwd, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def test_the_wheel_holds_the_schemas_the_sample_and_the_notices(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "backtester/schemas/request.schema.json" in names
    assert "backtester/schemas/strategies/momentum.schema.json" in names
    assert "backtester/contract/validators/valid_request.py" in names
    assert "backtester/prices/sample.bin" in names
    assert "backtester/metrics/tables/stress_periods.json" in names
    assert "backtest_runner.py" in names
    scripts = {path.name for path in (ROOT / "backtester/service/jobs/scripts").glob("*.lua")}
    assert {name.rpartition("/")[2] for name in names if name.endswith(".lua")} == scripts
    assert [name for name in names if name.endswith("NOTICE")]
    assert not [name for name in names if name.startswith(("tests/", "deploy/", "schemas/"))]


def test_the_installed_wheel_gives_the_checkouts_result(installed, tmp_path):
    here = subprocess.run(
        [sys.executable, str(ROOT / "backtest_runner.py")], input=REQUEST, capture_output=True, check=True, cwd=tmp_path
    )
    expected = json.loads(here.stdout)
    for command in (("-m", "backtester"), (str(installed / "backtest_runner.py"),)):
        result = run(installed, tmp_path, *command)
        assert result | {"timing_ms": 0} == expected | {"timing_ms": 0}


def test_the_installed_wheel_lists_its_strategies(installed, tmp_path):
    listed = run(installed, tmp_path, "-m", "backtester", "--list-strategies")
    here = {path.name.removesuffix(".schema.json") for path in (ROOT / "schemas/strategies").iterdir()}
    assert [entry["name"] for entry in listed] == sorted(here)


def test_the_installed_wheel_serves(installed, tmp_path):
    service = Stack(tmp_path, redis=None, environ={"PYTHONPATH": str(installed)})
    service.cwd = tmp_path
    try:
        service.start_local()
        answer = service.post("/backtest", REQUEST)
        assert answer.status_code == 200
        assert answer.json()["success"] is True
        assert service.get("/openapi.json").json()["components"]["schemas"]["BacktestRequest"]["properties"]
        assert service.get("/schemas/strategies/momentum").status_code == 200
    finally:
        service.close()
