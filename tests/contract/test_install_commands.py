"""The packages are on no registry: no file, and so no message, names them where a registry would be asked for them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

OURS = re.compile(r"[\"']?@?backtest[-_.]?runner(?![\w./-]*(?:/|\.tgz|\.whl|\.py\b))", re.IGNORECASE)
INSTALLERS = re.compile(
    r"\b(?:(?:pip|pip3|uv|poetry|pdm|conda|npm|pnpm|yarn|bun)(?: pip| tool)? (?:install|add|i)"
    r"|(?:pipx|uvx|npx|bunx)(?: run| install)?) ([^`;&|#\n]*)"
)  # fmt: skip
WITH_AN_EXTRA = re.compile(r"backtest[-_]runner\[")
REQUIRED = re.compile(r"^[ \t\"'-]*backtest[-_]runner[ \t]*(?:[=<>~!]=|>|<|@ (?!file))", re.MULTILINE)
SKIPPED = {"node_modules", "dist", "__pycache__", "test-results", "golden"}
NO_TEXT = {".gz", ".npz", ".png", ".ico", ".woff2", ".parquet", ".sqlite3", ".pyc", ".tgz", ".zip"}


def promises(text: str) -> Iterator[str]:
    """Yield what asks a registry for our packages: a command, a requirement, an extra of a name that is not there."""
    for command in INSTALLERS.finditer(text):
        if any(OURS.match(word) for word in command[1].split()):
            yield command[0]
    yield from (found[0] for found in WITH_AN_EXTRA.finditer(text))
    yield from (found[0].strip() for found in REQUIRED.finditer(text))


def files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        # what begins with a dot is made here, such as the cache of pytest, which has the examples of this file
        folders[:] = [name for name in folders if name not in SKIPPED and (name == ".ci" or not name.startswith("."))]
        yield from (Path(folder, name) for name in names if Path(name).suffix not in NO_TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "pip install backtest-runner", "pip install 'backtest-runner[report]'", 'pip install -U "backtest_runner"',
        "uv add backtest-runner", "uv pip install --quiet backtest-runner", "pipx run backtest-runner",
        "npm install backtest-runner", "npm i -D typescript backtest-runner", "npx backtest-runner",
        "yarn add backtest-runner@1",
        "needs the extra backtest-runner[optimise]", "numpy\nbacktest-runner==0.1.0", '    "backtest-runner>=0.1",',
    ],
)  # fmt: skip
def test_a_promise_of_a_registry_is_found(text: str) -> None:
    assert [*promises(text)]


@pytest.mark.parametrize(
    "text",
    [
        "pip install '.[report]'", "pip install ../backtest-runner", "npm install ./backtest-runner-0.1.0.tgz",
        "npm i backtest-runner-0.1.0.tgz", "./backtest_runner-0.1-py3.whl",
        "pip install . # the command backtest-runner",
        "docker run backtest-runner/runner:0.1.0", "`pip install .` installs the command `backtest-runner`.",
        "import {BacktestPool} from 'backtest-runner/node'",
    ],
)  # fmt: skip
def test_what_comes_from_the_repository_is_none(text: str) -> None:
    assert not [*promises(text)]


def test_no_file_of_the_repository_promises_a_package_of_a_registry() -> None:
    found = {}
    for path in files():
        text = path.read_bytes().decode("utf-8", "replace")
        if path != Path(__file__) and (said := [*promises(text)]):
            found[path.relative_to(ROOT).as_posix()] = said

    assert found == {}


def test_packages_of_node_take_ours_from_a_folder() -> None:
    for manifest in (ROOT / "examples").glob("*/package.json"):
        for kind in ("dependencies", "devDependencies", "peerDependencies"):
            version = json.loads(manifest.read_text()).get(kind, {}).get("backtest-runner", "file:")
            assert version.startswith("file:"), manifest
