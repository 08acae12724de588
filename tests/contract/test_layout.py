"""The layout of the package: few files at its top, and one name for one thing."""

import ast
import collections
from pathlib import Path

from tests.support.paths import ROOT

PACKAGE = ROOT / "backtester"
SOURCES = sorted(PACKAGE.rglob("*.py"))


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


def test_the_tests_of_units_mirror_the_package():
    folders = {path.parent.relative_to(ROOT / "tests/unit") for path in (ROOT / "tests/unit").rglob("test_*.py")}
    assert folders <= {Path("."), *(path.parent.relative_to(PACKAGE) for path in SOURCES)}
