"""What a platform unpacks: complete, small enough, nothing compiled at start."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from tests.deploy.serverless.conftest import BUNDLES, contents
from tests.support.documents import assert_fits, untimed
from tests.support.paths import ROOT
from tests.support.runner import run_runner
from tests.support.sample_requests import one_holding, request

LIMITS = {"full": 250e6, "slim": 120e6}
EXAMPLES = sorted((ROOT / "examples/requests").glob("*.json"))


def run(kind, asked, tmp_path, *flags, **env):
    """Run the bundle's own command line with nothing else to import from."""
    raw = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    kernels = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    environ = {**kernels, "PATH": os.defpath, "PYTHONPATH": str(BUNDLES[kind]), "HOME": "/nonexistent"}
    environ |= {"BACKTEST_CACHE_DIR": str(tmp_path), "BACKTEST_OFFLINE": "1", **env}
    return subprocess.run(
        [sys.executable, "-S", *flags, "-m", "backtester"], input=raw, capture_output=True, env=environ, cwd=tmp_path,
        check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("kind", BUNDLES)
def test_a_bundle_is_within_its_limit(kind):
    assert sum(size for size, _ in contents(BUNDLES[kind]).values()) < LIMITS[kind]


@pytest.mark.parametrize("kind", BUNDLES)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_stripped_bundle_runs_every_example_as_the_checkout_does(kind, path, tmp_path):
    done = run(kind, path.read_bytes(), tmp_path)
    expected = run_runner(path.read_bytes())
    assert (done.returncode, done.stderr) == (expected.exit, b"")
    if expected.document["success"]:
        assert untimed(done.stdout) == untimed(expected.stdout)
    else:
        assert done.stdout == expected.stdout


def test_only_the_full_bundle_has_what_yahoo_needs():
    names = {kind: {path.name for path in folder.iterdir()} for kind, folder in BUNDLES.items()}
    assert {"yfinance", "pandas", "curl_cffi"} <= names["full"]
    assert not {"yfinance", "pandas", "curl_cffi", "scipy"} & names["slim"]
    assert "scipy" not in names["full"]


def test_the_full_bundles_yfinance_can_be_imported_and_asked(tmp_path):
    unreachable = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "BACKTEST_OFFLINE": "0"}
    done = run("full", request(holdings=one_holding("ZZZZ"), data={"source": "yahoo"}), tmp_path, **unreachable)
    document = json.loads(done.stdout)
    assert (document["code"], done.stderr) == ("DATA_SOURCE_UNAVAILABLE", b"")
    assert "without yfinance" not in document["detail"]
    assert "could not be asked" in document["detail"]


@pytest.mark.parametrize("source", ["yahoo", "auto"])
def test_the_slim_bundle_says_what_it_comes_without(source, tmp_path):
    asked = request(holdings=one_holding("ZZZZ"), data={"source": source})
    document = json.loads(run("slim", asked, tmp_path, BACKTEST_OFFLINE="0").stdout)
    assert_fits(document)
    assert document["code"] == "DATA_SOURCE_UNAVAILABLE"
    assert "this installation comes without yfinance" in document["detail"]
    assert "`inline`" in document["remedy"]


@pytest.mark.parametrize("kind", BUNDLES)
def test_bytecode_counts_whatever_the_times_of_the_files_are(kind, tmp_path):
    """A zip and its unpacking change times; bytecode that is checked by them would be made anew at every start."""
    for source in BUNDLES[kind].joinpath("backtester").rglob("*.py"):
        made = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        assert made.read_bytes()[4:8] == (1).to_bytes(4, "little"), f"{made}: not an unchecked hash"
    done = run(kind, EXAMPLES[0].read_bytes(), tmp_path, "-v")
    # the path of bytecode stands in quotes, that of a source that was compiled does not
    assert b"# code object from '" in done.stderr
    compiled = [line for line in done.stderr.splitlines() if line.startswith(b"# code object from /")]
    assert not compiled


@pytest.mark.parametrize("kind", BUNDLES)
def test_licences_and_versions_come_along(kind):
    folder = BUNDLES[kind]
    for info in folder.glob("*.dist-info"):
        assert (info / "METADATA").is_file()
    assert [*folder.glob("backtest_runner-*.dist-info/licenses/NOTICE")]
    assert [*folder.glob("numpy-*.dist-info/licenses/LICENSE.txt")]


def test_a_zip_has_no_times_and_can_be_read_by_everybody():
    with zipfile.ZipFile(f"{BUNDLES['slim']}.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(entry.external_attr >> 16 & 0o444 == 0o444 for entry in archive.infolist())


def test_a_bundle_over_its_limit_is_refused(monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import bundle

    folder = BUNDLES["slim"]
    assert bundle.report(folder, slim=True)
    monkeypatch.setattr(bundle, "SLIM_BYTES", 50_000_000)
    assert not bundle.report(folder, slim=True)
    assert "OVER the limit of 50 MB" in capsys.readouterr().out
