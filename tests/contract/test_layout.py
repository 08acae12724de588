"""The layout of the package: few files at its top, and one name for one thing."""

import ast
import collections
import re
import tomllib
from pathlib import Path

import pytest

from backtester.contract.schemas import built_in_strategies
from tests.support.paths import ROOT
from tests.support.replaced_words import REPLACED

PACKAGE = ROOT / "backtester"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TEXTS = {".py", ".json", ".ts", ".tsx", ".js", ".mjs", ".html", ".css", ".lua", ".toml", ".yaml"}
WORDED = (
    "backtester", "benchmarks", "clients/typescript/src", "clients/typescript/tests", "deploy", "pyproject.toml",
    "schemas", "scripts", "tests",
)  # fmt: skip


def test_six_files_stand_at_the_top_of_the_package():
    assert sorted(path.stem for path in PACKAGE.glob("*.py")) == [
        "__init__", "__main__", "_version", "pipeline", "result", "settings",
    ]  # fmt: skip


def test_no_class_name_stands_twice():
    where = collections.defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(str(path.relative_to(PACKAGE)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_no_file_name_stands_twice():
    counts = collections.Counter(path.stem for path in SOURCES if path.stem != "__init__")
    assert {name: count for name, count in counts.items() if count > 1} == {}


def contract(name):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(one for one in contracts if one["name"] == name)


def test_the_contract_of_the_core_has_all_of_it():
    """What may know the web and the queue stands above it; everything else at the top of the package is the core."""
    above = {"__init__", "__main__", "_version", "adapters", "commands", "service"}
    core = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - above
    listed = contract("The core knows no web framework and no queue")["source_modules"]
    assert {*listed} == {f"backtester.{name}" for name in core} | {"backtester.commands.run"}


def test_the_contract_of_the_strategies_has_every_one():
    listed = contract("Strategies do not know each other")["modules"]
    assert {*listed} == {f"backtester.strategies.{name}" for name in built_in_strategies()}


@pytest.mark.parametrize("part", WORDED)
def test_names_comments_and_sentences_use_the_words_of_the_glossary(part):
    found = [ROOT / part, *sorted((ROOT / part).rglob("*"))]
    files = [path for path in found if "__pycache__" not in path.parts]  # it has files of names that are gone
    read = {path: path.read_text() for path in files if path.is_file() and path.suffix in TEXTS}
    read.pop(ROOT / "tests/support/replaced_words.py", None)  # which names them
    assert read
    names = [path for path in files if REPLACED.search(path.relative_to(ROOT).as_posix())]
    assert names == []
    assert {str(path): words for path, text in read.items() if (words := REPLACED.findall(text))} == {}


def test_the_files_that_comments_of_the_package_name_exist():
    for path in SOURCES:
        for name in re.findall(r"\b(?:[a-z_]+/)+[a-z_]+\.py\b", path.read_text()):
            assert any((folder / name).exists() for folder in path.parents), (path, name)


def test_the_tests_of_units_mirror_the_package():
    folders = {path.parent.relative_to(ROOT / "tests/unit") for path in (ROOT / "tests/unit").rglob("test_*.py")}
    assert folders <= {Path("."), *(path.parent.relative_to(PACKAGE) for path in SOURCES)}
