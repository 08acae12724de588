"""What scripts/audit.sh makes of what the tools say that it asks: they are stood in for, what they say is theirs."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLEAN = "No known vulnerabilities found"
FOUND = "Found 2 known vulnerabilities in 1 package"
SILENT = "typing-extensions  Dependency not found on PyPI and could not be audited"
NPM_CLEAN = "found 0 vulnerabilities"
NPM_FOUND = "# npm audit report\n\nnext  <16\nSeverity: high\n\n1 vulnerability (1 high)"
NPM_SILENT = "npm warn audit 405 Method Not Allowed\nnpm error audit endpoint returned an error"


def audit(folder, python, npm, **environ):
    for name, (says, status) in {"python": python, "npm": npm}.items():
        tool = folder / name
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {status}\n")
        tool.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **environ}
    command = [str(ROOT / "scripts/audit.sh"), str(folder / "python")]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_known_is_said_and_passes(tmp_path):
    done = audit(tmp_path, (CLEAN, 0), (NPM_CLEAN, 0))
    assert (done.returncode, done.stdout.count("no known vulnerability"), done.stderr) == (0, 4, "")


@pytest.mark.parametrize(("python", "npm"), [((FOUND, 1), (NPM_CLEAN, 0)), ((CLEAN, 0), (NPM_FOUND, 1))])
def test_a_known_vulnerability_fails_and_is_shown(tmp_path, python, npm):
    done = audit(tmp_path, python, npm)
    assert done.returncode == 1
    assert "vulnerab" in done.stderr
    assert "NOT AUDITED" not in done.stderr


def test_a_database_that_is_not_there_is_said_aloud_and_stops_who_asks_for_that(tmp_path):
    done = audit(tmp_path, (SILENT, 1), (NPM_SILENT, 1))
    assert (done.returncode, done.stderr.count("NOT AUDITED")) == (0, 4)
    assert audit(tmp_path, (SILENT, 1), (NPM_SILENT, 1), AUDIT_MUST_ANSWER="1").returncode == 1
