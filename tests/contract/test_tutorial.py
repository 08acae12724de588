"""The tutorial works as it stands: its files are saved, its commands run, their output compared."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text()
STEP = re.compile(
    r"(?:Save this\s+as `(?P<file>[^`]+)`:\n\n```\w+\n(?P<content>.*?)```)"
    r"|(?:```sh\n(?P<commands>.*?)```(?:\n\n```text\n(?P<output>.*?)```)?)",
    re.DOTALL,
)
STEPS = list(STEP.finditer(PAGE))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment of its own that sees this one's packages and the checkout, as a reader's would; no network."""
    folder = tmp_path_factory.mktemp("tutorial")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "ours.pth").write_text("\n".join([str(ROOT), *ours]) + "\n")
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV", "PYTEST"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    (folder / "work").mkdir()
    return folder / "work", {**keep, **offline, "PATH": path}


def test_every_block_of_the_tutorial_works(environment):
    folder, env = environment
    for step in STEPS:
        if step["file"]:
            (folder / step["file"]).write_text(step["content"])
            continue
        command = ["bash", "-euo", "pipefail", "-c", step["commands"]]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, step["commands"] + done.stdout + done.stderr
        if step["output"] is not None:
            assert done.stdout == step["output"], step["commands"]


def test_no_block_of_the_tutorial_is_left_out():
    assert sum(step[0].count("```") for step in STEPS) == PAGE.count("```")
