"""The first screen. The example app runs over the same cases."""

import copy
import json

import pytest

from backtester.report import overview
from backtester.report.lookup import Result
from backtester.report.notices import notices
from backtester.report.sections import sources
from tests.support.paths import ROOT
from tests.unit.report.documents import result

CASES = json.loads((ROOT / "tests/support/overviews.json").read_text(encoding="utf-8"))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_first_screen_says_what_it_says_in_the_app(case):
    found = Result(case["document"])
    assert plain(overview.sentence(found)) == case["sentence"]
    assert [[each.code, plain(each.detail)] for each in notices(found)] == case["warnings"]
    assert [plain(note) for note in overview.benchmark_notes(found)] == case["notes"]
    tiles = overview.tiles(found)
    assert [[plain(text) for text in (t.label, t.value.text, t.beside, t.interval)] for t in tiles] == case["tiles"]


def test_a_period_other_than_the_one_asked_for_is_a_note_when_no_warning_says_so():
    document = result("drift")
    document["period"]["requested"] = {"start": "2010-01-01", "end": "2022-12-28"}
    found = overview.warnings(Result(document))
    assert [each["code"] for each in found] == ["PERIOD"]
    document["warnings"] = [{"code": "START_DELAYED", "severity": "warning", "detail": "later"}]
    assert [each["code"] for each in overview.warnings(Result(document))] == ["START_DELAYED"]
    document["period"]["requested"] = {"start": "whenever", "end": None}
    assert overview.warnings(Result(document))


def test_of_settings_that_are_all_alike_none_is_the_best_of_many():
    documents = (case["document"] for case in CASES)
    document = copy.deepcopy(next(each for each in documents if "sweep" in each.get("analysis", {})))
    assert "BEST_OF_MANY" in [each["code"] for each in overview.warnings(Result(document))]
    document["analysis"]["sweep"]["distinct"] = 1
    assert "BEST_OF_MANY" not in [each["code"] for each in overview.warnings(Result(document))]


def test_cash_is_among_the_holdings_as_asked_for():
    document = result("drift")
    document["request"]["cash"] = {"allocation": 0.1}
    assert [row[0].text for row in overview.holdings_asked(Result(document)).rows] == ["AAPL", "KO", "Cash"]


def test_a_holding_that_was_sold_to_the_last_unit_is_worth_nothing():
    document = result("drift")
    weights = {"dates": document["weights"]["dates"][:1]}
    weights["symbols"] = {symbol: shares[:1] for symbol, shares in document["weights"]["symbols"].items()}
    weights["cash"] = document["weights"]["cash"][:1]
    table = sources.holdings_table(Result({**document, "weights": weights, "final_holdings": []}))
    sold = [[cell.text for cell in row[-4:]] for row in table.rows[:-1]]
    assert sold
    assert [[plain(text) for text in row] for row in sold] == [["0.0 %", "$0", "0", ""]] * len(sold)
