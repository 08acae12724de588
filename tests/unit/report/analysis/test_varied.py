"""Settings that an analysis varies, in words. The example app runs over the same cases."""

import json

import pytest

from backtester.report.analysis import varied
from backtester.report.lookup import Result
from tests.support.paths import ROOT

CASES = json.loads((ROOT / "tests/support/settings_in_words.json").read_text(encoding="utf-8"))["settings"]
ASKED = {"strategy": "momentum", "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in ("SPY", "QQQ")]}


@pytest.mark.parametrize(("patch", "words"), CASES)
def test_a_setting_is_said_as_in_the_app(patch, words):
    assert varied.in_words(Result({"request": ASKED}), patch).replace("\u00a0", " ") == words
