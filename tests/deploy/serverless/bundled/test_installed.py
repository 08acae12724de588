"""What the platforms' own builders would make of the examples, by the commands that they run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.serverless.conftest import BUNDLES, contents
from tests.support.documents import assert_fits, untimed
from tests.support.paths import ROOT
from tests.support.runner import run_runner
from tests.support.sample_requests import request
from tests.support.vercel_bridge import Invoked, set_up

WEB = ROOT / "examples/web"


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """Install as @vercel/python does: pip into the project's own folder, the requirements beside it."""
    folder = tmp_path_factory.mktemp("vercel") / "task"
    folder.mkdir()
    shutil.copy(WEB / "requirements.txt", folder)
    wheel = [sys.executable, ROOT / "scripts/bundle.py", "--wheel", folder / "vendor"]
    subprocess.run(wheel, check=True, capture_output=True)
    install = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--target", ".", "--upgrade"]
    subprocess.run([*install, "-r", "requirements.txt"], check=True, capture_output=True, cwd=folder)
    shutil.rmtree(folder / "vendor")
    set_up(folder, WEB / "api/python-backtest.py", "api/python-backtest.py")
    return folder


def test_what_vercel_installs_is_small_enough(task):
    assert sum(size for size, _ in contents(task).values()) < 250e6


def test_what_vercel_installs_is_not_what_its_settings_leave_out(task):
    (function,) = json.loads((WEB / "vercel.json").read_text())["functions"].values()
    left_out = set(function["excludeFiles"].removesuffix("}/**").removeprefix("{").split(","))
    assert not left_out & {path.name for path in task.iterdir()}
    folders = {path.name for path in WEB.iterdir() if path.is_dir()} - {"api"}
    assert folders <= left_out, "the app itself is no part of the function"


def test_what_vercel_installs_runs(task, platform):
    asked = json.dumps(request()).encode()
    function = Invoked(task, platform(str(task)), python=(sys.executable, "-S"))
    try:
        reply = function.ask("POST", asked, {"Content-Type": "application/json"})
        assert reply.status == 200
        assert untimed(reply.body) == untimed(run_runner(asked).stdout)
    finally:
        function.close()


def test_sams_builder_makes_the_same_bundle_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import bundle

    copied = tmp_path / "scratch"  # as sam build does
    shutil.copytree(ROOT / "examples/serverless", copied)
    env = {**os.environ, "ARTIFACTS_DIR": str(tmp_path / "made"), "PYTHON": sys.executable, "FLAGS": "--slim"}
    command = ["make", "-C", str(copied), "build-Backtest"]
    lost = subprocess.run(command, env={**env, "RUNNER": ""}, capture_output=True, text=True, check=False)
    assert lost.returncode != 0
    assert "RUNNER has to be" in lost.stderr
    subprocess.run(command, env={**env, "RUNNER": str(ROOT)}, capture_output=True, check=True)
    bundle.write_zip(tmp_path / "made", tmp_path / "made.zip")
    assert (tmp_path / "made.zip").read_bytes() == Path(f"{BUNDLES['slim']}.zip").read_bytes()
    start = [sys.executable, "-S", "-c", "from app import lambda_handler; import json, sys; "
             "print(json.dumps(lambda_handler(json.load(sys.stdin), None)))"]  # fmt: skip
    done = subprocess.run(
        start, input=json.dumps(request()), capture_output=True, text=True, cwd=tmp_path / "made", check=True,
        env={"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert_fits(document)
    assert document["success"] is True
