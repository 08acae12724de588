"""Which branch of a tree was held. The example app has the same examples of paths."""

import itertools
import json

import pytest

import backtester
from backtester.report.lookup import Result
from backtester.report.page import render
from backtester.report.rules.branches import band, branches, label_of, spans_table
from tests.support.paths import ROOT

SUPPORT = ROOT / "tests/support"
PATHS = [
    (example["parameters"], one["path"], one["label"])
    for example in json.loads((SUPPORT / "rule_branches.json").read_text(encoding="utf-8"))
    for one in example["paths"]
]
RULES = json.loads((ROOT / "examples/requests/rules.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document():
    return backtester.run(RULES)


@pytest.mark.parametrize(("parameters", "path", "label"), PATHS)
def test_a_path_is_named_by_where_it_comes_together(parameters, path, label):
    assert label_of(parameters, tuple(path)) == label


def test_the_branches_are_counted_as_the_runner_counts_the_leaves(document):
    held, spans = branches(Result(document))
    counted = {(leaf["name"] and f"{leaf['name']}: {leaf['holds']}") or leaf["holds"]: leaf["share"]
               for leaf in document["rules"]["leaves"]}  # fmt: skip
    assert {one.label: one.share for one in held} == counted
    assert [one.share for one in held] == sorted((one.share for one in held), reverse=True)
    assert spans[0].start == document["decisions"]["executed"][0]
    assert spans[-1].end == document["period"]["effective"]["end"]
    for one, after in itertools.pairwise(spans):
        assert one.end == after.start
        assert one.branch != after.branch


def test_the_band_covers_the_period_and_says_itself_in_words(document):
    drawn = band(Result(document))
    assert drawn.spans[0].left == 0
    assert drawn.spans[-1].left + drawn.spans[-1].width == pytest.approx(1000, abs=1)
    assert "trend: MSFT at 71.6\N{NO-BREAK SPACE}% of the decisions" in drawn.alternative
    assert [label for _, label, _ in drawn.legend] == ["trend: MSFT", "KO", "PG", "oversold: MSFT"]
    page = render(document)
    assert page.count("<rect class=") == len(drawn.spans)
    assert "else if the close of ^GSPC is above the 200-session average of ^GSPC" in page


def test_many_branches_share_a_colour(document):
    symbols = ["KO", "PG", "MSFT", "JNJ", "XOM", "JPM", "PEP", "WMT"]
    ranked = {"pick": {"by": {"indicator": "return", "window": 20}, "order": "highest", "count": 1},
              "of": [{"hold": one} for one in symbols]}  # fmt: skip
    asked = {**RULES, "holdings": [{"symbol": one, "allocation": 0.125} for one in symbols],
             "parameters": {"tree": ranked, "rebalance_frequency": "monthly"}}  # fmt: skip
    held, spans = branches(Result(backtester.run(asked)))
    assert len(held) == 6
    assert held[-1].label == "3 others"
    assert sum(one.share for one in held) == pytest.approx(1)
    assert {span.branch for span in spans} == set(range(6))


def test_a_result_without_a_trace_has_no_band(document):
    without = {**document, "decisions": None}
    assert band(Result(without)) is None
    assert spans_table(Result(without)) is None
    assert band(Result({**document, "request": {**document["request"], "strategy": "momentum"}})) is None
