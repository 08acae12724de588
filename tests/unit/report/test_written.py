"""Numbers as people read them. The page's scripts and the example app run over the same cases."""

import json

import pytest

from backtester.report import written
from tests.support.paths import ROOT

FORMATS = json.loads((ROOT / "tests/support/formats.json").read_text(encoding="utf-8"))
CASES = [(name, arguments, text) for name, cases in FORMATS.items() for arguments, text in cases]


@pytest.mark.parametrize(("name", "arguments", "text"), CASES)
def test_it_is_written_as_in_the_browser(name, arguments, text):
    said = getattr(written, name)(*arguments)
    assert said.replace(written.SPACE, " ") == text
    if written.SPACE in said:  # a figure and its unit stay on one line
        assert " " not in said


def test_every_unit_of_the_schemas_is_among_the_cases():
    assert {unit for (_, unit), _ in FORMATS["by_unit"]} >= set(written.BY_UNIT)
