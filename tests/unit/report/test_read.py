import json

import pytest

from backtester.report.error import ReportError
from backtester.report.read import MAX_BYTES, read_result
from tests.unit.report.documents import result


def refused(document) -> str:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(ReportError) as caught:
        read_result(raw, name="it.json")
    assert caught.value.exit_code == 2
    said = str(caught.value)
    assert said.isprintable(), "one line, which a terminal shows as it is"
    assert len(said) < 1000
    return said


def test_a_real_result_is_let_through_whole():
    document = result("momentum")
    assert read_result(json.dumps(document).encode(), name="it") == document


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"), (b"hello", "not JSON"), (b'{"success": tru', "not JSON"), (b'{"a": NaN}', "NaN"),
        (b"\xff\xfe{\x00", "byte order mark"), (b"[" * 5000 + b"]" * 5000, "nested"), (b'{"a": 1e999}', "double"),
        (b"[1]", "not a result"),
        (b"null", "not a result"), (b"{}", 'no "success"'), (b'{"success": "yes"}', "success"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_said_in_a_sentence(raw, said):
    assert said in refused(raw)


def test_the_answer_of_a_failed_run_is_told_with_its_remedy():
    from backtester import BacktestError, run

    with pytest.raises(BacktestError) as caught:
        run({"strategy": "momentun"})
    said = refused(caught.value.as_document())
    assert "VALIDATION_FAILED" in said or "UNKNOWN_STRATEGY" in said
    assert caught.value.as_document()["remedy"] in said


def test_a_request_is_told_to_be_run_first():
    assert "python -m backtester < request.json | " in refused(result("drift")["request"])


def test_a_result_of_another_contract_names_both_versions():
    said = refused({**result("drift"), "schema_version": "2"})
    assert "schema_version 2" in said
    assert "reads 1" in said


def test_a_document_too_large_for_a_browser_names_what_to_ask_for():
    assert "output.max_points" in refused(b" " * (MAX_BYTES + 1))


def changed(name, path, value):
    document = result(name)
    part = document
    for key in path[:-1]:
        part = part[key]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("series", "portfolio_value"), "much"), (("series", "dates"), [1, 2]), (("series", "drawdown"), [[0]]),
        (("metrics",), [1]), (("metrics", "cagr"), "12 %"), (("trades", 0), "sold"), (("trades", 0, "price"), {}),
        (("trades", 0, "date"), 3), (("trades",), {}),
        (("tables", "annual_returns", "complete"), [1]), (("tables", "drawdowns"), {}), (("request",), "momentum"),
        (("request", "holdings"), "AAPL"), (("request", "holdings", 0), "AAPL"), (("request", "costs"), 5),
        (("benchmark", "series", "returns"), [True]), (("benchmark", "metrics"), []), (("warnings",), {}),
        (("null_reasons",), []), (("weights", "symbols", "AAPL"), 1), (("attribution", "correlation", "matrix"), [1]),
        (("request",), ...), (("period",), ...), (("engine",), ...), (("result_id",), ...), (("audit",), 3),
        (("decisions", "seen"), [1]), (("data", "symbols"), []), (("request", "parameters"), []),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_before_the_page_meets_it(path, value):
    assert "not a result document" in refused(changed("momentum", path, value))


@pytest.mark.parametrize(
    "path",
    [
        ("series", "returns"), ("benchmark", "series", "returns"), ("weights", "cash"), ("weights", "symbols", "AAPL"),
        ("decisions", "weights", "AAPL"), ("decisions", "seen", "lookback_return", "AAPL"),
        ("tables", "annual_returns", "portfolio"), ("tables", "rolling_returns", 0, "portfolio"),
    ],
)  # fmt: skip
def test_columns_of_different_lengths_are_refused(path):
    assert "items" in refused(changed("momentum", path, [0.5]))


def test_a_later_minor_version_may_have_more():
    document = result("drift")
    document["metrics"]["novel_ratio"] = 1.5
    document["novelty"] = {"a": 1}
    document["warnings"].append({"code": "NOVEL", "severity": "novel", "detail": "new", "more": 1})
    assert read_result(json.dumps(document).encode(), name="it") == document
