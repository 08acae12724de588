"""A result that is too large is thinned from what is missed least, and what is left stays as it was written."""

import json

import pytest

import backtester
from backtester.adapters.serverless.size_limit import limit_size, size
from backtester.codec.document import encode
from tests.support.documents import assert_fits
from tests.support.sample_requests import request

DAILY = request(
    strategy="momentum", request_id="mine", start_date="2012-01-01", end_date="2020-12-31", benchmark="^GSPC",
    parameters={"lookback_period": 20, "top_n": 1, "rebalance_frequency": "daily"},
)  # fmt: skip
ALL = [*("metrics", "metrics_monthly", "benchmark", "series", "weights", "held_weights", "trades", "final_holdings"),
       *("tables", "attribution", "decisions")]  # fmt: skip


def written(**changes):
    return encode(backtester.run({**DAILY, **changes}))


@pytest.fixture(scope="module")
def everything():
    return written(output={"include": ALL})


def blocks(document):
    return {name: json.dumps(value) for name, value in json.loads(document).items()}


def without(document, *names):
    return {name: text for name, text in blocks(document).items() if name not in names}


def test_what_fits_is_left_alone_to_the_byte(everything):
    assert limit_size(everything, most=len(everything), form="plain") is everything


def test_an_error_is_never_thinned():
    error = b'{"success":false,"code":"TIMEOUT"}\n'
    assert limit_size(error, most=5, form="plain") is error


def test_less_and_less_is_left_and_each_is_a_result(everything):
    seen, most = [], len(everything) - 1
    while (thinned := limit_size(everything, most=most, form="plain")).startswith(b'{"success":true'):
        assert len(thinned) <= most
        document = json.loads(thinned)
        assert_fits(document)
        seen.append(document["warnings"][-1]["detail"].partition("thinned: ")[2].partition(". ")[0])
        most = len(thinned) - 1
    assert seen == [
        "decisions left out",
        "decisions and trades left out",
        "decisions and trades and held_weights left out",
        "decisions and trades and held_weights left out, series thinned to 1000 points",
        "decisions and trades and held_weights and weights left out, series thinned to 1000 points",
        "decisions and trades and held_weights and weights left out, series thinned to 100 points",
    ]
    refused = json.loads(thinned)
    assert_fits(refused)
    assert (refused["code"], refused["status"], refused["request_id"]) == ("RESULT_TOO_LARGE", 422, "mine")


def test_what_is_left_is_what_a_request_for_less_would_have_brought(everything):
    fewer = [name for name in ALL if name not in ("decisions", "trades", "held_weights")]
    less = written(output={"include": fewer, "max_points": 1000})
    thinned = limit_size(everything, most=len(less) + 2000, form="plain")
    own = ("request", "result_id", "warnings", "timing_ms")
    assert without(thinned, *own) == without(less, *own)
    for name in ("series", "benchmark"):  # to the letter of every number
        assert between(thinned, name) == between(less, name)
    asked = json.loads(everything)
    assert (json.loads(thinned)["request"], json.loads(thinned)["result_id"]) == (asked["request"], asked["result_id"])


def between(document, name):
    text = document.decode()
    begins = text.index(f'"{name}":')
    return text[begins : json.JSONDecoder().raw_decode(text, begins + len(name) + 3)[1]]


@pytest.mark.parametrize("precision", [None, 3, 17])
def test_numbers_stay_as_they_were_written_at_every_precision(precision):
    whole = written(output={"precision": precision})
    thinned = limit_size(whole, most=len(whole) - 1, form="plain")
    assert "trades" not in json.loads(thinned)
    for name in ("metrics", "series", "weights", "tables"):
        assert between(thinned, name) == between(whole, name)


def test_the_reasons_of_what_is_left_out_go_with_it(everything):
    assert any(at.startswith("/decisions/") for at in json.loads(everything)["null_reasons"]) or "decisions" in ALL
    thinned = json.loads(limit_size(everything, most=len(everything) - 1, form="plain"))
    assert not [at for at in thinned["null_reasons"] if at.startswith("/decisions/")]


def test_the_last_of_what_was_asked_for_is_not_left_out():
    only = written(output={"include": ["trades"]})
    refused = json.loads(limit_size(only, most=len(only) - 1, form="plain"))
    assert refused["code"] == "RESULT_TOO_LARGE"
    two = written(output={"include": ["trades", "weights"]})
    left = json.loads(limit_size(two, most=len(two) - 1, form="plain"))
    assert ("trades" in left, "weights" in left) == (False, True)


def test_who_wants_all_or_nothing_gets_nothing(everything):
    refused = json.loads(limit_size(everything, most=len(everything) - 1, form="plain", strict=True))
    assert refused["code"] == "RESULT_TOO_LARGE"
    assert "handling=strict" in refused["detail"]


def test_a_name_in_the_request_that_is_a_blocks_is_no_block():
    document = json.loads(written())
    document["request"]["parameters"]["trades"] = [1, {"decisions": '","trades":['}]
    raw = json.dumps(document, separators=(",", ":")).encode() + b"\n"
    thinned = json.loads(limit_size(raw, most=len(raw) - 1, form="plain"))
    assert thinned["request"] == document["request"]
    assert "trades" not in thinned


def test_the_size_inside_a_json_string_is_exact(everything):
    for document in (everything, b'{"success":true,"a":"\\\\ \\" \\n"}\n'):
        assert size(document, "string") == len(json.dumps(document.decode()))
        assert size(document, "plain") == len(document)


@pytest.mark.parametrize("precision", [None, 3, 12])
def test_the_size_of_what_is_written_anew_is_never_more_than_was_thought(precision):
    simplejson = pytest.importorskip("simplejson", reason="awslambdaric brings it")
    for changes in ({}, {"initial_capital": 1e11}, {"initial_capital": 1e14}):
        document = written(output={"include": ALL, "precision": precision}, **changes)
        anew = simplejson.dumps(json.loads(document))
        assert len(anew) <= size(document, "parsed") <= 1.15 * len(anew)
