"""What the examples repeat of other files is what these say."""

import json
import re

from backtester._version import __version__
from tests.support.runs import ROOT

PINS = re.compile(r"^[\w.-]+==[\w.]+$", re.MULTILINE)


def test_vercels_requirements_are_the_runners_pins_and_its_wheel():
    text = (ROOT / "examples/web/requirements.txt").read_text()
    assert PINS.findall(text) == PINS.findall((ROOT / "deploy/requirements.txt").read_text())
    assert f"./vendor/backtest_runner-{__version__}-py3-none-any.whl" in text.splitlines()


def test_vercels_function_is_the_file_that_is_configured():
    (name,) = json.loads((ROOT / "examples/web/vercel.json").read_text())["functions"]
    assert (ROOT / "examples/web" / name).is_file()


def test_a_result_that_is_thinned_and_one_that_is_refused_are_in_the_docs():
    page = (ROOT / "docs/serverless.md").read_text()
    assert "RESULT_THINNED" in page
    assert "RESULT_TOO_LARGE" in page
