import copy
import json
import re

import pytest

import backtester
from backtester.report.summary import WIDTH, sparkline, summary
from tests.support.paths import ROOT
from tests.unit.report.documents import REQUESTS, result


def test_a_result_is_told_in_ten_lines():
    document = result("momentum")
    lines = summary(document).splitlines()
    assert re.sub(r"\s+", " ", " ".join(lines[:2])).startswith("Momentum: 10 holdings (AAPL, AMD, BAC, CVX and 6 more)")
    heading = next(place for place, line in enumerate(lines) if line.split() == ["portfolio", "S&P", "500"])
    names = ["Final value", "CAGR a year", "Volatility a year", "Sharpe ratio", "Maximum drawdown", "Value"]
    for name, line in zip(names, lines[heading + 1 :], strict=False):
        assert line.startswith(name + " ")
    assert f"${document['metrics']['final_value']:,.0f}" in lines[heading + 1]
    assert f"${document['benchmark']['metrics']['final_value']:,.0f}" in lines[heading + 1]
    assert lines[heading + 5].count("−") == 2, "drawdowns are negative, the benchmark's too"
    assert sum("Warning: " in line or "Info: " in line for line in lines) == len(document["warnings"])
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= 12


def test_figures_end_in_one_column():
    lines = summary(result("momentum")).splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("Final value"))
    assert len({len(line) for line in lines[first - 1 : first + 5]}) == 1


def test_a_figure_that_is_not_defined_says_why():
    text = summary(result("short"))
    assert re.search(r"CAGR a year +—   Not defined: the period is under one year\.\n", text)


def test_a_run_without_a_benchmark_has_one_column():
    document = result("drift")
    assert "portfolio" not in summary(document)
    assert f"${document['metrics']['final_value']:,.0f}\n" in summary(document)


def test_no_line_is_blank_and_none_is_wider_than_a_terminal():
    long = refused(detail="The document is not JSON: " + "expecting a property name " * 5)
    bare = refused(remedy="", errors=[])
    for document in (result("momentum"), result("drift"), result("short"), refused(), long, bare):
        lines = summary(document).splitlines()
        assert "" not in lines
        assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize(("block", "said"), [("metrics", "The document has no “metrics”"), ("series", "Final value")])
def test_a_block_that_was_left_out_takes_its_lines_along(block, said):
    document = {key: value for key, value in result("drift").items() if key != block}
    document["request"] = copy.deepcopy(document["request"])
    document["request"]["output"]["include"].remove(block)
    text = summary(document)
    assert said in text
    assert ("Final value" in text) is (block == "series")
    assert ("\nValue " in text) is (block == "metrics")


def test_ascii_alone_has_the_same_lines():
    document = result("momentum")
    text = summary(document, unicode=False)
    assert text.isascii()
    assert "?" not in text
    beginnings = [[line.split()[0] for line in each.splitlines()] for each in (text, summary(document))]
    assert beginnings[0] == beginnings[1]


def test_colour_is_nothing_but_colour():
    for document in (result("momentum"), refused()):
        coloured = summary(document, colour=True)
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[\d+m", "", coloured) == summary(document)


def test_bars_go_from_the_least_value_to_the_greatest():
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([10, 0], 4) == "██▁▁"
    assert sparkline([5, 5, 5], 3) == "▁▁▁"
    assert len(sparkline(list(range(5000)), 40)) == 40


def refused(**changes):
    problems = [{"pointer": "/end_date", "code": "REQUIRED", "detail": "end_date is required"}]
    return {
        "success": False, "code": "VALIDATION_FAILED", "detail": "1 problem", "remedy": "Mend it.", "errors": problems,
        **changes,
    }  # fmt: skip


def test_a_refusal_names_code_detail_pointers_and_remedy():
    assert summary(refused()).splitlines() == [
        "VALIDATION_FAILED: 1 problem",
        "/end_date           end_date is required",
        "Mend it.",
    ]


@pytest.mark.parametrize(
    ("suggestion", "said", "line"),
    [
        (None, "ABC has no prices.", "/holdings/0/symbol"),
        ("ABD", "ABC has no prices. Did you mean 'ABD'?", "/holdings/0/symbol"),
        ("ABD", "ABC has no prices.", "/holdings/0/symbol  Try ABD."),
        ({"timing": "next_open"}, "No object.", '/holdings/0/symbol  Try {"timing": "next_open"}.'),
    ],
)
def test_a_sentence_of_a_refusal_is_told_once(suggestion, said, line):
    problem = {"pointer": "/holdings/0/symbol", "detail": said, "suggestion": suggestion}
    lines = summary(refused(detail=said, errors=[problem])).splitlines()
    assert lines == [f"VALIDATION_FAILED: {said}", line, "Mend it."]


def test_no_path_or_flag_is_broken_at_a_hyphen():
    python = "/home/ann/my-first-backtester/.venv/bin/python"
    remedy = f"Run `{'x' * 50} {python} -m pip install 'charset-normalizer>=3.4'`."
    said = summary(refused(remedy=remedy, detail=remedy, errors=[{"pointer": "/a", "detail": f"1. {remedy}"}]))
    assert said.split().count(python) == 3
    assert said.split().count("'charset-normalizer>=3.4'`.") == 3


def test_one_session_is_one():
    document = result("drift")
    document["period"]["sessions"] = 1
    assert summary(document).splitlines()[0].endswith("1\xa0session") or "1 session\n" in summary(document)


def test_of_many_problems_and_warnings_the_first_are_listed():
    many = [{"pointer": f"/holdings/{row}/allocation", "detail": "must be a number"} for row in range(1204)]
    lines = summary(refused(errors=many)).splitlines()
    assert lines[1:3] == ["/holdings/0/allocation", " " * 20 + "must be a number"]
    assert "And 1,199 more problems in the document" in lines
    document = {**result("drift"), "warnings": [{"severity": "info", "detail": f"no. {row}"} for row in range(7)]}
    assert "And 2 more warnings in the document" in summary(document)


def test_nothing_in_a_document_controls_the_terminal():
    hostile = "\x1b[2J\x07\r\n\u202e"
    document = {**result("drift"), "warnings": [{"severity": "warning", "detail": f"a{hostile}b"}]}
    for text in (summary(document), summary(refused(detail=hostile, errors=[{"pointer": hostile, "detail": hostile}]))):
        assert not set(hostile) - {"\n", "[", "2", "J"} & set(text)


def test_compared_runs_have_a_line_each():
    held = [{"symbol": "KO", "allocation": 1}]
    patches = {"Held " + "x" * 50: {"holdings": held}, "Unknown": {"holdings": [{"symbol": "NOPE", "allocation": 1}]}}
    variations = [{"name": name, "patch": patch} for name, patch in patches.items()]
    asked = {**REQUESTS["drift"], "compare": variations, "output": {"include": ["metrics"]}}
    document = backtester.run(asked)
    lines = summary(document).splitlines()
    heading = next(place for place, line in enumerate(lines) if line.endswith("Maximum drawdown"))
    asked_line, held_line, failed = lines[heading + 1 : heading + 4]
    assert asked_line.startswith("As asked ")
    assert held_line.startswith("Held xxx")
    assert "…" in held_line
    assert document["comparison"]["errors"]["Unknown"]["code"] == "SYMBOL_NOT_FOUND"
    assert failed.split(maxsplit=1) == ["Unknown", "A symbol has no prices"]
    assert {len(line) for line in lines[heading : heading + 4]} == {WIDTH}


def test_a_tree_is_told_in_sentences():
    request = json.loads((ROOT / "examples/requests/rules.json").read_text())
    lines = summary(backtester.run(request)).splitlines()
    assert "if the 10-session RSI of ^GSPC is below 30: oversold: MSFT" in lines
    assert "else: defence" in lines
    assert max(map(len, lines)) <= WIDTH


def test_of_a_large_tree_the_first_lines_are_told():
    document = copy.deepcopy(result("momentum"))
    question = {"left": 1, "is": "above", "right": 2}
    cases = [{"if": question, "then": {"cash": True}}] * 100
    parameters = {"tree": {"cases": cases, "else": {"cash": True}}, "definitions": {}}
    document["request"] |= {"strategy": "rules", "parameters": parameters}
    assert "And 61 more lines of the tree" in summary(document)
