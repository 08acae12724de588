"""`make help`: what the Makefile says of its targets, in groups."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
GROUPS = ["First steps", "Run", "Check", "Deploy", "Maintain"]


def test_help_lists_every_explained_target_once_under_one_of_five_headings() -> None:
    of_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # `make test` runs this
    environ = {name: value for name, value in os.environ.items() if name not in of_make}
    done = subprocess.run(["make", "help"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    blocks = done.stdout.removesuffix("\n").split("\n\n")
    listed = [re.fullmatch(r"  make (\S+) +(\S.*)", line) for block in blocks for line in block.splitlines()[1:]]

    assert [block.splitlines()[0] for block in blocks] == GROUPS
    assert all(listed)
    assert min(len(block.splitlines()) for block in blocks) >= 2
    explained = re.findall(r"^([a-z0-9-]+):.*## (.+)$", MAKEFILE, re.MULTILINE)
    assert [(match[1], match[2]) for match in listed if match] == explained
    assert len(dict(explained)) == len(explained)
    assert [line.split()[1] for line in blocks[0].splitlines()[1:3]] == ["help", "demo"]


def test_a_target_that_is_no_file_is_phony_and_what_is_phony_exists() -> None:
    explained = set(re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE))
    rules = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split())

    assert explained <= phony <= rules


def test_the_newest_python_is_one_that_runs_and_is_no_older_than_this_one() -> None:
    script = [sys.executable, "-IS", ROOT / "scripts/newest_python.py"]
    found = subprocess.run(script, capture_output=True, text=True, check=True)
    ask = "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.version_info[:3] >= eval(sys.argv[1]))"
    told = subprocess.run(
        [found.stdout.strip(), "-c", ask, str(sys.version_info[:3])], capture_output=True, text=True, check=True
    )

    version, new_enough = told.stdout.split()
    assert new_enough == "True"
    assert found.stderr.startswith(f"Python {version}, ")
    alone = subprocess.run(script, capture_output=True, text=True, check=True, env={"PATH": "", "HOME": "/nowhere"})
    assert "as nothing newer was found" in alone.stderr


def test_ci_runs_the_newest() -> None:
    assert " test-newest" in (ROOT / ".ci/run").read_text()
