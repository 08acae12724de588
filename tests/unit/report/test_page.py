import base64
import contextlib
import gzip
import json
import re
from html.parser import HTMLParser

import pytest

import backtester
from backtester.contract.schemas import resolved_schema
from backtester.report import page as page_module
from backtester.report import shared, written
from backtester.report.error import ReportError
from backtester.report.lookup import Result
from backtester.report.page import render
from backtester.report.plain_words import humanised, in_plain_words
from backtester.report.read import read_result
from backtester.report.sections.steadiness import months_table
from tests.unit.report.documents import EVERYTHING, HOSTILE, hostile, ran, result


class Reader(HTMLParser):
    """What a browser would see: elements, their attributes, and the text outside scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").split())


def reader(document) -> Reader:
    return Reader(render(document))


@pytest.fixture(scope="module")
def whole() -> Reader:
    return reader(result("momentum"))


def test_a_part_of_a_month_or_year_is_in_brackets(whole):
    document = result("momentum")
    months, years = document["tables"]["monthly_returns"], document["tables"]["annual_returns"]
    assert (months["complete"][0], months["complete"][-1], years["complete"][-1]) == (True, False, False)
    table = months_table(Result(document))
    last, first = table.rows[0], table.rows[-1]
    assert last[12].text == f"({100 * months['portfolio'][-1]:.1f})".replace("-", "\u2212")
    assert last[13].text.startswith("(")
    assert not any(cell.text.startswith("(") for cell in (*last[1:12], *first))
    assert "In brackets: a part of a month or year, which no other figure counts." in whole.text


def test_no_name_of_the_pages_program_is_declared_twice():
    declared = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.M)
    of_all = declared.findall("\n".join(page_module._read(f"{name}.js") for name in page_module._SCRIPTS))
    assert len(of_all) > 50
    assert sorted(of_all) == sorted(set(of_all))


def test_the_first_sentence_says_what_was_run(whole):
    assert (
        "Momentum (look-back 126 sessions, top 3) on 10 holdings (AAPL, AMD, BAC, CVX and 6 more), 3 Jan 1995 to "
        "28 Dec 2022, rebalanced monthly, from $10,000, 5 bps commission and 2 bps slippage, against S&P 500 (^GSPC)."
        in whole.text
    )


def test_every_section_is_there_with_one_heading_for_each(whole):
    headings = [tag for tag, _ in whole.elements if tag in ("h1", "h2")]
    sections = [attributes["id"] for tag, attributes in whole.elements if tag == "section" and "id" in attributes]
    assert sections == [key for key in shared.of("sections") if key not in ("worth", "compared")]
    assert headings == ["h1", *["h2"] * len(sections)]
    links = [attributes.get("href") for tag, attributes in whole.elements if tag == "a"]
    assert links[1:] == [f"#{key}" for key in sections]
    asked = reader(result("asked"))
    assert [attributes["id"] for tag, attributes in asked.elements if tag == "section" and "id" in attributes] == list(
        shared.of("sections")
    )
    charts = {attributes["id"] for _, attributes in whole.elements if attributes.get("class") == "plot"}
    assert charts == {f"chart-{key}" for key in ("growth", "weights", "years", "rolling", "profit", "risk")}


def test_every_chart_has_a_text_alternative(whole):
    for _, attributes in whole.elements:
        if attributes.get("class") == "plot":
            assert attributes["role"] == "img"
            assert len(attributes["aria-label"]) > 40


def test_every_metric_of_the_schema_is_listed_with_its_definition(whole):
    document = result("momentum")
    shown = whole.text
    for key, schema in resolved_schema("result")["properties"]["metrics"]["properties"].items():
        if key in document["metrics"] and key not in [*shared.of("metrics_hidden_at_zero"), "money_weighted_return"]:
            assert schema["title"] in shown, key
            assert " ".join(in_plain_words(schema["description"]).split()) in shown, key


def test_no_metric_of_the_document_is_left_out_even_an_unknown_one():
    document = result("drift")
    document["metrics"]["novel_ratio"] = 1.5
    assert "Novel ratio" in reader(document).text


def test_the_page_carries_the_document_unchanged_and_asks_no_host_for_anything():
    document = result("momentum")
    page = render(document)
    packed = re.search(r'id="document">([^<]*)<', page).group(1)
    assert json.loads(gzip.decompress(base64.b64decode(packed))) == document
    seen = Reader(page)
    for tag, attributes in seen.elements:
        for name in ("src", "href", "action", "data"):
            if attributes.get(name):
                assert attributes[name].startswith(("#", "data:")), (tag, attributes)
    assert "url(" not in page.replace("url(data:", "")
    assert "@import" not in page


def test_the_same_document_makes_the_same_page():
    assert render(result("drift")) == render(result("drift"))


def test_nothing_that_the_document_says_becomes_markup(whole):
    spoilt = reader(hostile())
    clean = whole
    for tag in ("img", "script", "b", "iframe", "a", "link", "meta"):
        mine = sum(found == tag for found, _ in spoilt.elements)
        assert mine == sum(found == tag for found, _ in clean.elements), tag
    names = {name for _, attributes in spoilt.elements for name in attributes}
    assert not [name for name in names if name.startswith("on")], "no handler in an attribute"
    assert HOSTILE in spoilt.text


def test_the_policy_lets_only_our_own_scripts_run(whole):
    metas = [attributes for tag, attributes in whole.elements if tag == "meta"]
    policy = next(each["content"] for each in metas if each.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    scripts = re.search(r"script-src ([^;]*);", policy).group(1)
    assert "unsafe" not in scripts
    assert scripts.count("sha256-") == 3


@pytest.mark.parametrize(
    "block", ["metrics", "series", "weights", "trades", "final_holdings", "tables", "attribution", "decisions"]
)
def test_a_block_that_was_left_out_is_said_with_its_remedy(block):
    document = result("momentum")
    del document[block]
    document["request"]["output"]["include"].remove(block)
    text = reader(document).text
    assert f"Choose “{humanised(block)}” under “Output, Blocks”, and run it again." in text


@pytest.mark.parametrize(
    "block", ["benchmark", "metrics_monthly", "final_cash", "audit", "data", "warnings", "timing_ms", "null_reasons"]
)
def test_a_page_is_made_without_the_small_blocks_too(block):
    document = result("momentum")
    del document[block]
    assert "All metrics" in reader(document).text


def test_a_document_with_nothing_but_its_name_still_makes_a_page():
    kept = ("success", "schema_version", "result_id", "engine", "request", "period")
    document = {key: value for key, value in result("drift").items() if key in kept}
    text = reader(document).text
    assert text.count("under “Output, Blocks”") + text.count("the version of the program that made it") >= 6


def paths(value, *before):
    for key in value if isinstance(value, dict) else range(min(1, len(value))) if isinstance(value, list) else ():
        yield (*before, key)
        if len(before) < 2:
            yield from paths(value[key], *before, key)


def test_whatever_is_missing_there_is_a_page_or_a_sentence(monkeypatch):
    monkeypatch.setattr(page_module, "_plotly", lambda: "")
    whole = result("short")
    for path in paths(whole):
        if path[:1] == ("request",) and len(path) > 2:
            continue
        document = result("short")
        part = document
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]
        with contextlib.suppress(ReportError):
            assert render(read_result(json.dumps(document).encode(), name="it"))


def test_an_empty_request_and_period_make_a_page():
    document = {**result("drift"), "request": {}, "period": {}, "engine": {}}
    assert "Provenance" in reader(document).text


def test_a_thinned_series_says_so():
    document = ran("drift", output={"max_points": 50})
    shown, sessions = len(document["series"]["dates"]), document["period"]["sessions"]
    assert shown < 60
    assert f"Drawn from {shown} of {sessions:,} sessions, the highest" in reader(document).text


def test_an_undefined_figure_is_a_dash_with_its_reason():
    page = reader(result("short"))
    reasons = {attributes.get("data-tip") for _, attributes in page.elements if attributes.get("class") == "undefined"}
    assert "Not defined: the period is under one year." in reasons
    assert None not in reasons


def test_cash_flows_bring_the_figures_about_money():
    text = reader(result("flows")).text
    assert "Money-weighted return" in text
    assert "paid in" in text
    assert "Money-weighted return" not in reader(result("drift")).text


def test_trades_that_are_left_out_are_counted():
    text = reader(result("momentum")).text
    count = len(result("momentum")["trades"])
    assert f"{count:,} trades on" in text
    assert f"{count - 400:,} trades are left out here; trades.csv has all {count:,}." in text


def said_of_the_weights(page):
    return next(each["aria-label"] for _, each in page.elements if each.get("id") == "chart-weights")


def test_the_weights_that_were_held_are_drawn_with_the_targets_as_marks(whole):
    assert "areas of the weights of 10 holdings and cash as they were held" in said_of_the_weights(whole)
    tables = [each["data-table"] for tag, each in whole.elements if tag == "details" and "data-table" in each]
    assert tables[:3] == ["series", "held_weights", "weights"]
    assert "held_weights.csv" in whole.text


def test_a_document_without_them_has_its_targets_drawn_and_says_so():
    document = result("momentum")
    del document["held_weights"]
    page = reader(document)
    assert said_of_the_weights(page).startswith("Stacked areas of the target weights from")
    assert "The weights that were held:" in page.text
    assert "held_weights.csv" not in page.text


def test_weights_that_drift_from_one_purchase_are_drawn():
    document = ran("drift", output={"include": ["held_weights", "weights"]})
    assert "with the targets of 1 rebalances" in said_of_the_weights(reader(document))


def test_a_benchmark_without_dividends_has_a_mark_at_its_figures_and_a_sentence_below():
    page = reader(result("flows"))
    assert "S&P 500\u2020 " in page.text
    assert "\u2020 S&P 500 is counted without dividends, the portfolio with them." in page.text


@pytest.mark.parametrize("benchmark", ["KO", None])
def test_a_benchmark_with_dividends_has_none(benchmark):
    assert "\u2020" not in reader(ran("flows", benchmark=benchmark)).text


def test_a_portfolio_with_an_index_in_it_has_the_mark_too():
    held = [{"symbol": "^GSPC", "allocation": 0.6}, {"symbol": "KO", "allocation": 0.4}]
    page = reader(ran("flows", benchmark={"name": "60/40", "holdings": held}))
    assert "60/40\u2020 " in page.text
    assert "\u2020 S&P 500 is counted without dividends" in page.text


def test_an_index_beside_holdings_that_are_without_dividends_too_has_none():
    index = [{"symbol": "^GSPC", "allocation": 1}]
    assert "\u2020" not in reader(ran("flows", holdings=index)).text


def test_the_benchmark_ends_with_the_money_that_the_portfolio_was_paid():
    document = result("flows")
    paid = written.money(document["metrics"]["net_contributions"])
    final = written.money(document["benchmark"]["metrics"]["final_value"])
    text = reader(document).text
    assert f"S&P 500\u2020 {final}, both from $10,000 and {paid} paid in" in text
    assert "S&P 500 has the same cash flows." in text
    assert "the initial capital alone" not in text


def test_one_purchase_shows_the_first_target_beside_what_became_of_it():
    text = reader(result("drift")).text
    assert "First target" in text
    assert "chart-weights" not in {a.get("id") for _, a in reader(result("drift")).elements}


def test_a_crowd_of_warnings_does_not_push_the_figures_away():
    document = result("drift")
    document["warnings"] = [{"code": "X", "severity": "info", "detail": f"note {n}"} for n in range(500)]
    assert "495 more" in reader(document).text


def test_every_reason_of_the_schema_has_a_sentence():
    known = resolved_schema("result")["properties"]["null_reasons"]["additionalProperties"]["enum"]
    assert set(shared.of("null_reasons")) == set(known)


def test_the_reason_of_a_null_is_that_of_the_nearest_part_around_it():
    document = {"request": {}, "null_reasons": {"/a/b~1c": "ZERO_DENOMINATOR", "/d": "NOVEL"}}
    found = Result(document)
    assert found.why("a", "b/c") == "Not defined: it would be a division by zero."
    assert found.why("a", "b/c", 3) == "Not defined: it would be a division by zero."
    assert found.why("d", "e") == "Not defined: NOVEL."
    assert "nor a reason" in found.why("f")


def test_an_ampersand_in_a_symbol_is_text_and_nothing_else():
    days = [f"2024-01-{day:02}" for day in range(2, 30)]
    document = backtester.run({
        "strategy": "buy_hold", "start_date": days[0], "end_date": days[-1], "output": {"include": EVERYTHING},
        "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in ("M&M.NS", "A&LT")],
        "data": {"source": "inline", "prices": {"dates": days, "close": {
            "M&M.NS": [100 + n % 5 for n in range(28)], "A&LT": [100 + n % 7 for n in range(28)],
        }}},
    })  # fmt: skip
    page = render(document)
    shown = Reader(page)
    assert "M&M.NS" in shown.text
    assert "A&LT" in shown.text
    outside = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", page)
    assert "M&amp;M.NS" in outside
    assert not re.search(r"&(?![a-z]+;|#)", outside), "every ampersand of a text is escaped"
