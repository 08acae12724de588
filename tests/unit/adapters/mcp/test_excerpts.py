"""What a tool returns is at most 8 kB, says what it leaves out, and every block of a result has an address."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtester.adapters.mcp.excerpts import (
    COMPARED,
    MOST_BYTES,
    block_of,
    blocks,
    check_excerpt,
    comparison,
    error_excerpt,
    result_excerpt,
    strategy_excerpt,
    strategy_of,
    uri_of,
)
from backtester.codec.decode import decode
from backtester.contract.check import check
from backtester.contract.schemas import built_in_strategies, metric_names, read_schema, strategy_schema
from backtester.model.errors import Problem, RequestError
from tests.support.paths import ROOT

SCALARS = {"success", "schema_version", "request_id", "result_id"}
EXAMPLES = sorted((ROOT / "examples" / "requests").glob("*.json"))
WIDE = "\U0001f4c8"  # twelve bytes of ASCII JSON


def size(content) -> int:
    return len(json.dumps(content))


def at(node, pointer: str):
    for part in pointer.split("/")[1:]:
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def without(node, pointers: list[str]):
    copy = json.loads(json.dumps(node))
    for pointer in pointers:
        parent, _, name = pointer.rpartition("/")
        del at(copy, parent)[name.replace("~1", "/").replace("~0", "~")]
    return copy


def rules_with(cases: int) -> dict:
    request = json.loads((ROOT / "examples" / "requests" / "rules.json").read_text())
    tree = request["parameters"]["tree"]
    tree["cases"] = [{**tree["cases"][0], "then": {"hold": "MSFT", "name": f"case {n}"}} for n in range(cases)]
    return request


def holdings(count: int) -> dict:
    equal = [{"symbol": f"S{n}", "allocation": 1 / count} for n in range(count)]
    return {"strategy": "buy_hold", "holdings": equal, "start_date": "2015-01-02", "end_date": "2016-12-30"}


def normalised(request: dict) -> dict:
    return check(decode(json.dumps(request).encode(), max_bytes=5 << 20), csv_available=True).request


def test_every_property_of_a_result_but_its_single_values_is_a_block():
    properties = read_schema("result")["properties"].keys()
    assert {*blocks()} == properties - SCALARS
    for block in blocks():
        assert block_of(uri_of("job_1", block)) == ("job_1", block)
    for name in (*SCALARS, "secret", ""):
        assert block_of(uri_of("job_1", name)) is None


def test_every_block_that_a_result_has_is_among_its_resources():
    document = {"result_id": "sha256:0", **{block: {} for block in blocks()}, "warnings": []}
    assert {*result_excerpt(document, "k")["resources"]} == {*blocks()}


@pytest.mark.parametrize("name", built_in_strategies())
def test_a_strategy_comes_with_its_parameters_or_with_their_address(name):
    entry = {"name": name, "description": strategy_schema(name)["description"], "parameters": strategy_schema(name)}
    content = strategy_excerpt(entry)
    (shown,) = content["strategies"]
    assert shown["name"] == name
    assert shown["description"] == entry["description"]
    assert shown.get("parameters") == entry["parameters"] or strategy_of(shown["parameters_resource"]) == name
    assert size(content) <= MOST_BYTES


def test_a_strategy_whose_description_is_a_book_is_listed_all_the_same():
    content = strategy_excerpt({"name": "mine", "description": WIDE * 5000, "parameters": {}})
    assert content["strategies"][0]["name"] == "mine"
    assert size(content) <= MOST_BYTES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_check_of_an_example_leaves_nothing_out(path):
    request = normalised(json.loads(path.read_text()))
    if size(request) < MOST_BYTES - 100:
        assert check_excerpt(request, []) == {"valid": True, "request": request, "warnings": []}


@pytest.mark.parametrize("warned", [0, 1, 500])
@pytest.mark.parametrize(
    "request_",
    [
        rules_with(10), rules_with(60), rules_with(200), holdings(100), holdings(500),
        {**holdings(2), "benchmark": {"name": WIDE * 64, "holdings": holdings(500)["holdings"]}},
        {**holdings(2), "compare": [{"name": f"{n}", "patch": {"holdings": holdings(60)["holdings"]}} for n in "abc"]},
        {**holdings(2), "data": {"source": "inline", "prices": {
            "dates": [f"2015-{n // 28 + 1:02}-{n % 28 + 1:02}" for n in range(330)],
            "close": {"S0": [1.5] * 330, "S1": [2.5] * 330}}}},
    ],
    ids=["10", "60", "200 cases", "100", "500 holdings", "benchmark", "compare", "prices"],
)  # fmt: skip
def test_a_check_is_bounded_and_says_what_of_the_request_it_leaves_out(request_, warned):
    request = normalised(request_)
    warnings = [{"code": "X", "severity": "info", "detail": WIDE * 400, "symbol": f"S{n}"} for n in range(warned)]
    content = check_excerpt(request, warnings)
    assert size(content) <= MOST_BYTES
    assert content["request"] == without(request, content.get("request_left_out", []))
    assert content["request"]["strategy"] == request["strategy"]
    assert len(content["warnings"]) + content.get("warnings_left_out", 0) == warned
    assert warned == 0 or content["warnings"]


def test_of_a_large_tree_the_other_parameters_are_shown():
    content = check_excerpt(normalised(rules_with(200)), [])
    assert content["request_left_out"] == ["/parameters/tree/cases"]
    assert content["request"]["parameters"]["when_unknown"] == "allocations"


_NAMES = st.text("ab/~\u20ac", max_size=4)
_JSON = st.recursive(
    st.integers(0, 4000).map("x".__mul__), lambda child: st.dictionaries(_NAMES, child, max_size=5), max_leaves=12
)


@given(st.dictionaries(_NAMES, _JSON, max_size=12))
def test_any_request_is_bounded(request_):
    content = check_excerpt(request_, [])
    assert size(content) <= MOST_BYTES
    assert content["request"] == without(request_, content.get("request_left_out", []))


def result(request_id: str | None, *, warned: int) -> dict:
    metrics = dict.fromkeys(metric_names(), -0.12345678901234567)
    return {
        "success": True, "result_id": f"sha256:{'0' * 64}", "request": {"strategy": "target_volatility"},
        "period": {"effective": {"start": "2015-01-02", "end": "2016-12-30"}}, "metrics": metrics,
        "warnings": [{"code": "TOP_N_EXCEEDS_HOLDINGS", "severity": "warning", "detail": WIDE * 400}] * warned,
        **({} if request_id is None else {"request_id": request_id}),
    }  # fmt: skip


FAILED = {"success": False, "code": "VALIDATION_FAILED", "detail": WIDE * 4000, "request_id": WIDE * 128}


@pytest.mark.parametrize(
    ("documents", "left_out"),
    [
        ([result(None, warned=1)] * 2, None),
        ([result("mine", warned=1)] * 5, None),
        ([result("m" * 128, warned=10)] * 10, {"warnings"}),
        ([result(WIDE * 128, warned=10)] * 10, {"warnings", "request_id"}),
        ([FAILED] * 10, {"warnings", "request_id"}),
        ([FAILED] * 5 + [result(WIDE * 128, warned=10)] * 5, {"warnings", "request_id"}),
    ],
)
@pytest.mark.parametrize("key", ["sha256:" + "0" * 64, "k" * 128])
def test_a_comparison_is_bounded_and_says_what_its_rows_do_without(documents, left_out, key):
    content = comparison(documents, [key if document["success"] else None for document in documents])
    assert size(content) <= MOST_BYTES
    assert [row["request"] for row in content["results"]] == [*range(len(documents))]
    assert (left_out or set()) <= {*content.get("left_out", [])}
    assert left_out is not None or "left_out" not in content
    for row, document in zip(content["results"], documents, strict=True):
        assert row["success"] or row["error"]["code"] == document["code"]
        assert not row["success"] or "metrics" in content.get("left_out", []) or row["metrics"].keys() == {*COMPARED}


def test_a_problem_with_five_hundred_suggestions_is_told_without_them():
    problem = Problem(pointer="/holdings", code="ALLOCATION_SUM", detail="They sum to 2.", suggestion=[1 / 501] * 500)
    document = RequestError("VALIDATION_FAILED", WIDE * 4000, problems=(problem,)).as_document()
    content = error_excerpt(document)
    assert size(content) <= MOST_BYTES
    (told,) = content["errors"]
    assert (told["pointer"], told["code"], told["left_out"]) == ("/holdings", "ALLOCATION_SUM", ["/suggestion"])
