"""What the examples repeat of other files is what these say."""

import json
import re

import pytest

from backtester.settings import SETTINGS
from tests.support.paths import ROOT

pytestmark = pytest.mark.full

TEMPLATE = (ROOT / "examples/serverless/template.yaml").read_text()


def test_the_templates_settings_are_ours_and_a_run_ends_before_lambda_would_end_it():
    assert set(re.findall(r"BACKTEST_\w+", TEMPLATE)) <= set(SETTINGS)
    timeout, most = (
        int(re.search(rf"{name}:\n.*\n    Default: (\d+)", TEMPLATE)[1]) for name in ("TimeoutSeconds", "MaxRunSeconds")
    )
    assert most == timeout - 2
    memory, of_a_run = (
        int(re.search(rf'{name}: "?(\d+)', TEMPLATE)[1]) for name in ("MemorySize", "BACKTEST_MEMORY_MB")
    )
    assert of_a_run < memory


def test_vercels_function_is_the_file_that_is_configured():
    (name,) = json.loads((ROOT / "examples/web/vercel.json").read_text())["functions"]
    assert (ROOT / "examples/web" / name).is_file()


def test_a_result_that_is_thinned_and_one_that_is_refused_are_in_the_docs():
    page = (ROOT / "docs/how-to/serverless.md").read_text()
    assert "RESULT_THINNED" in page
    assert "RESULT_TOO_LARGE" in page
