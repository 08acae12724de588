"""What is installed is named in pyproject.toml alone and pinned in the locks; `make lock-check` resolves them anew."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backtester._version import __version__
from tests.support.paths import ROOT

PIN = re.compile(r"([a-z0-9.-]+)==([\w.!]+)(?: ; .+)?")
LOCK, APART = ROOT / "deploy/constraints.txt", ROOT / "deploy/constraints-apart.txt"
VERCEL = ROOT / "examples/web/requirements.txt"


def pins(path):
    """Return the versions by name. Every line is a pin or a comment: none names a registry."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith(("#", "./vendor/"))]
    return dict(PIN.fullmatch(line).groups() for line in lines)


def command(*arguments):
    script = [sys.executable, "-IS", ROOT / "scripts/requirements.py"]  # nothing that is installed is imported
    return subprocess.run([*script, *arguments], capture_output=True, text=True, check=False)


def needed(*names):
    """Return the requirements of the names and all that they need here, as the installed packages say."""
    found, left = set(), [(Requirement(line), "") for line in command("list", *names).stdout.splitlines()]
    while left:
        each, asked = left.pop()
        name = canonicalize_name(each.name)
        if each.marker is not None and not each.marker.evaluate({"extra": asked}):
            continue
        for extra in {"", *each.extras} - {extra for known, extra in found if known == name}:
            found.add((name, extra))
            left += [(Requirement(line), extra) for line in metadata.requires(name) or []]
    return {name for name, _ in found}


def test_every_package_of_an_environment_is_pinned():
    names = needed("core", "optimise", "report", "service", "telemetry", "test", "lint")
    assert {"numpy", "clarabel", "celery", "pytest", "mypy"} <= names
    assert not names - set(pins(LOCK))


def test_vercels_requirements_are_what_a_run_needs_as_pinned_and_the_wheel():
    theirs = pins(VERCEL)
    assert set(theirs) == needed("core")
    assert theirs.items() <= pins(LOCK).items()
    assert f"./vendor/backtest_runner-{__version__}-py3-none-any.whl" in VERCEL.read_text().splitlines()


def test_what_decides_numbers_is_the_same_in_both_locks():
    ours, apart = pins(LOCK), pins(APART)
    for name in ("numpy", "pandas", "scipy", "clarabel"):
        assert ours[name] == apart[name]


NAMES = ["core", "report", "service", "test", "test-core", "lint", "peers", "k8s", "compose", "sam"]


@pytest.mark.parametrize("name", NAMES)
def test_requirements_are_listed_by_a_bare_python(name):
    listed = [Requirement(line) for line in command("list", name).stdout.splitlines()]
    lock = pins(APART if name in ("peers", "sam") else LOCK)
    assert listed
    for each in listed:
        assert lock[canonicalize_name(each.name)] in each.specifier


@pytest.mark.parametrize("arguments", [[], ["list"], ["list", "cores"], ["remove", "core"]])
def test_a_name_that_is_not_there_is_refused_with_those_that_are(arguments):
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "core optimise report service" in done.stderr
