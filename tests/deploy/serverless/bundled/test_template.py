"""The SAM template and the files around it: right as they are, and each seeded fault is found."""

import json
import subprocess

import pytest

from tests.deploy.serverless.test_lambda import REQUEST, body_of, document_of
from tests.support.paths import ROOT

FOLDER = ROOT / "examples/serverless"
TEMPLATE = (FOLDER / "template.yaml").read_text()
FAULTS = {  # one that SAM's transformation refuses, and one that the linter finds in what comes of it
    "an event that is none": ("Type: HttpApi\n", "Type: HtpApi\n"),
    "too little storage": ("Size: 512", "Size: 100"),
}


def check(path):
    command = [ROOT / ".venv-sam/bin/python", FOLDER / "check_template.py", path]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_template_is_right():
    done = check(FOLDER / "template.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_template_is_found(fault, tmp_path):
    old, new = FAULTS[fault]
    assert old in TEMPLATE
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace(old, new))
    done = check(tmp_path / "template.yaml")
    assert done.returncode == 1, done
    assert done.stdout.strip(), "it does not say what"


def test_the_example_events_are_answered(start):
    environment = start()
    direct = document_of(environment.invoke((FOLDER / "event-direct.json").read_bytes()))
    for name in ("event-http.json", "event-http-base64.json"):
        status, _, body = body_of(environment.invoke((FOLDER / name).read_bytes()))
        document = json.loads(body)
        assert (status, document | {"timing_ms": 0}) == (200, direct | {"timing_ms": 0})
    assert direct["success"] is True
    assert REQUEST["request_id"] not in direct
