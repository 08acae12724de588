"""A file with the name of a standard module, in a folder that is searched before it, is named in a document."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.documents import assert_schema
from tests.support.paths import ROOT, RUNNER
from tests.support.runner import environment
from tests.support.sample_requests import request

REQUEST = json.dumps(request()).encode()
NAMES = ("json", "struct", "re", "typing", "contextlib", "signal", "types", "enum", "collections", "datetime", "math")
SOURCES = {"raises": "raise RuntimeError('x')", "is another": "x = 1", "is no Python": "def ("}


def answers(folder, *arguments, stdin=REQUEST, start=(RUNNER,)):
    ran = subprocess.run(
        [sys.executable, *start, *arguments], input=stdin, capture_output=True, cwd=folder, timeout=60, check=False,
        env=environment({"PYTHONPATH": f"{folder}:{ROOT}"}),
    )  # fmt: skip
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_named(tmp_path, name, source):
    (tmp_path / f"{name}.py").write_text(source)
    status, (document,) = answers(tmp_path)
    assert_schema(document, "error")
    assert (status, document["code"], document["retryable"]) == (1, "ENVIRONMENT", False)
    place = f"The file {tmp_path}/{name}.py stands in the place of the module {name} of the standard library."
    assert document["detail"] == place
    assert document["remedy"].startswith("Rename it")


def test_a_path_that_json_must_escape(tmp_path):
    folder = tmp_path / 'a "quoted" höhe \U0001f600'
    folder.mkdir()
    (folder / "json.py").write_text("x = 1")
    (_, (document,)) = answers(folder)
    assert f"{folder}/json.py" in document["detail"]


def test_every_line_has_its_answer_and_flags_hold(tmp_path):
    (tmp_path / "json.py").write_text("x = 1")
    status, documents = answers(tmp_path, "--worker", stdin=REQUEST + b"\n\n" + REQUEST + b"\n")
    assert (status, [document["code"] for document in documents]) == (0, ["ENVIRONMENT"] * 2)
    status, documents = answers(tmp_path, "--exit-zero")
    assert (status, len(documents)) == (0, 1)
    status, documents = answers(tmp_path, "--version", start=("-m", "backtester"))
    assert (status, len(documents)) == (1, 1)


def test_a_file_that_harms_nothing_is_let_be(tmp_path):
    for name in ("statistics", "calendar", "queue", "logging"):
        (tmp_path / f"{name}.py").write_text("x = 1")
    status, (document,) = answers(tmp_path)
    assert (status, document["success"]) == (0, True)
