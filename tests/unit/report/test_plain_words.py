"""What people read has the words of the form. The example app has the same cases."""

import json
import re
from pathlib import Path

import pytest

from backtester.commands.golden import answer
from backtester.model.codes import ERROR_CODES, WARNING_CODES
from backtester.report import written
from backtester.report.lookup import Result
from backtester.report.notices import notices
from backtester.report.page import render
from backtester.report.plain_words import in_plain_words, parts
from tests.unit.report.documents import REQUESTS, ran, result
from tests.unit.report.test_page import Reader

CASES = json.loads((Path(__file__).parents[2] / "support/plain_words.json").read_text(encoding="utf-8"))
TECHNICAL = re.compile(
    r"\b[a-z][a-z0-9]+_[a-z0-9_]+|\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b|(?<![\w/])/[a-z_]+/|\b(?:data|output|costs|limits)\.[a-z]"
)


@pytest.mark.parametrize("case", CASES, ids=[case["plain"] for case in CASES])
def test_keys_pointers_and_codes_become_the_words_of_the_form(case):
    assert in_plain_words(case["text"], case["strategy"]) == case["plain"]


def test_a_description_has_a_sentence_for_everybody_and_a_definition():
    assert parts("How far it fell. min(V / max V − 1), 0.05 at most.") == (
        "How far it fell.", "min(V / max V − 1), 0.05 at most.",
    )  # fmt: skip
    assert parts("The largest of 0.5 and x.") == ("The largest of 0.5 and x.", "")


ROOT = Path(__file__).parents[3]
REFUSED = sorted(path.parent for path in ROOT.glob("tests/invalid/*/expected.json"))


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_a_refusal_is_said_without_keys_pointers_and_codes(case):
    [asked] = case.glob("request.*")
    error = answer(str(asked))
    for text in (error["detail"], error["remedy"], *(one["detail"] for one in error["errors"])):
        said = in_plain_words(text)
        assert TECHNICAL.findall(said) == []
        assert "`" not in said


@pytest.mark.parametrize("code", [*ERROR_CODES, *WARNING_CODES])
def test_what_a_code_means_is_said_without_keys(code):
    texts = WARNING_CODES[code][1:] if code in WARNING_CODES else ERROR_CODES[code][3:]
    for text in texts:
        said = in_plain_words(text)
        assert "`" not in said
        assert not re.search(r"\b[a-z][a-z0-9]+_[a-z0-9_]+", said)


def told(document) -> str:
    """Return what a reader of the page sees: its text without the request and the marks of digests, and its tips."""
    page = re.sub(r"<pre.*?</pre>", "", render(document), flags=re.DOTALL)
    reader = Reader(page)
    tips = [value for _, attributes in reader.elements for key, value in attributes.items() if key == "data-tip"]
    return re.sub(r"\b\w+\.csv\b", "", "\n".join([reader.text, *map(str, tips)]))


@pytest.mark.parametrize("name", REQUESTS)
def test_the_report_shows_no_key_no_pointer_and_no_code(name):
    assert TECHNICAL.findall(told(result(name))) == []


def test_a_report_of_what_was_left_out_names_the_blocks_as_the_form_does():
    said = told(ran("drift", output={"include": ["metrics"]}))
    assert TECHNICAL.findall(said) == []
    assert "Choose “Final holdings” under “Output, Blocks”" in said


def with_warnings(*warnings):
    return Result({**result("drift"), "warnings": list(warnings)})


def stale(symbol):
    detail = f"Yahoo could not be reached. Stored prices were used for {symbol}. It runs from 2010-01-04 to 2020-01-02."
    return {"code": "STALE_PRICES", "severity": "warning", "symbol": symbol, "detail": detail}


def test_ten_stale_symbols_are_one_warning_that_says_each():
    (found,) = notices(with_warnings(*(stale(symbol) for symbol in "ABCDEFGHIJ")))
    assert found.detail.endswith("Stored or bundled prices were used instead: A, B, C, D, E, F, G, H and 2 more.")
    assert len(found.each) == 10
    assert "used for J." in found.each[-1]


def test_one_stale_symbol_says_what_the_document_says_with_dates_as_elsewhere():
    (found,) = notices(with_warnings(stale("A")))
    assert found.each == ()
    assert found.detail.replace(written.SPACE, " ") == (
        "Yahoo could not be reached. Stored prices were used for A. It runs from 4 Jan 2010 to 2 Jan 2020."
    )


def test_a_warning_names_the_fields_of_the_form():
    detail = "/rebalancing/bands_checked changes nothing. Set absolute_band."
    (found,) = notices(with_warnings({"code": "NO_EFFECT", "severity": "warning", "detail": detail}))
    assert found.detail == "“Rebalancing, When bands are checked” changes nothing. Set “Absolute band”."


def test_an_index_has_its_name_and_its_symbol():
    page = told(result("momentum"))
    assert "against S&P 500 (^GSPC)." in page
    assert "Value of the portfolio and S&P 500" in page
    assert "The bundled S&P 500 (^GSPC) is a price index." in page
