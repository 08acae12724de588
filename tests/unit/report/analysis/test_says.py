"""What the answers of `analysis` say. The example app runs over the same cases."""

import json

import pytest

from backtester.report import shared
from backtester.report.analysis import says
from backtester.report.lookup import Result
from tests.support.paths import ROOT
from tests.unit.report.documents import ran

CASES = json.loads((ROOT / "tests/support/answers.json").read_text(encoding="utf-8"))
FACTS = {"sweep": says.sweep_facts, "chance": says.chance_facts}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_it_is_said_as_in_the_app(case):
    result = Result(case["document"])
    said = {name: [plain(line) for line in getattr(says, name)(result)] for name in case["sentences"]}
    assert said == case["sentences"]
    facts = {
        name: [[plain(text) for text in (t.label, t.value.text, t.beside, t.value.why)] for t in FACTS[name](result)]
        for name in case["facts"]
    }
    assert facts == case["facts"]
    assert {metric: plain(says.interval(result, metric)) for metric in case["intervals"]} == case["intervals"]


def test_every_sentence_and_every_fact_is_among_the_cases(monkeypatch):
    used = set()
    monkeypatch.setattr(shared, "answer", lambda key, **_: used.add(key) or "")
    monkeypatch.setattr(shared, "fact", lambda key, **_: used.add(key) or ("", ""))
    for case in CASES:
        result = Result(case["document"])
        for name in case["sentences"]:
            getattr(says, name)(result)
        for name in case["facts"]:
            FACTS[name](result)
        says.rivals(result)
    words = json.loads((ROOT / "backtester/report/static/answers.json").read_text(encoding="utf-8"))
    assert used == {*words["answers"], *words["facts"]}


@pytest.mark.parametrize(("bps", "words"), [(125, "rank "), (126, "not among the settings that were tried")])
def test_a_setting_that_a_condition_left_out_was_not_tried(bps, words):
    where = [["/costs/commission_bps", "below", "/parameters/lookback_period"]]
    sweep = {"over": {"/parameters/lookback_period": [126, 252]}, "where": where}
    result = Result(ran("momentum", costs={"commission_bps": bps}, analysis={"sweep": sweep}))
    assert result.at("analysis", "sweep", "left_out") == (bps == 126)
    _, asked, *_ = says.sweep_facts(result)
    assert asked.beside.startswith(words)
    assert not asked.value.why
