"""What the examples repeat of other files is what these say."""

import json

from tests.support.runs import ROOT


def test_vercels_function_is_the_file_that_is_configured():
    (name,) = json.loads((ROOT / "examples/web/vercel.json").read_text())["functions"]
    assert (ROOT / "examples/web" / name).is_file()


def test_a_result_that_is_thinned_and_one_that_is_refused_are_in_the_docs():
    page = (ROOT / "docs/how-to/serverless.md").read_text()
    assert "RESULT_THINNED" in page
    assert "RESULT_TOO_LARGE" in page
