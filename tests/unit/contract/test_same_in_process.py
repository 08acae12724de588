"""A Python caller gets the very errors that a reader of stdout gets: every bad request, once more, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backtester.commands.golden import answer
from tests.support.paths import ROOT

CASES = sorted(path.parent for path in (ROOT / "tests" / "invalid").glob("*/expected.json"))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_bad_request_raises_its_error(case: Path) -> None:
    [asked] = case.glob("request.*")
    expected = json.loads((case / "expected.json").read_text())
    document = answer(str(asked))
    assert (document["success"], document["code"]) == (False, expected["code"])
    found = [(error["pointer"], error["code"]) for error in document["errors"]]
    if "errors" in expected:
        assert found == [(error["pointer"], error["code"]) for error in expected["errors"]]
    assert {(error["pointer"], error["code"]) for error in expected.get("among", [])} <= set(found)
