"""A request is refused here in the words of the REST API, whose framework is not installed where this runs."""

import asyncio
import json

import pytest
from starlette.requests import Request

from backtester.adapters.serverless.responses import answer, check_head, check_length, refusal, wants_all_or_nothing
from backtester.codec.document import encode_error
from backtester.model.errors import BacktestError, RequestError
from backtester.service.http.body import read_body
from backtester.service.http.problem import problem

HEADERS = [
    {}, {"content-type": ""}, {"content-type": "application/json"}, {"content-type": "APPLICATION/JSON; charset=utf-8"},
    {"content-type": "application/vnd.x+json"}, {"content-type": "text/json"}, {"content-type": "x" * 300},
    {"content-type": "application/json", "content-encoding": "gzip"},
    {"content-type": "application/json", "content-encoding": "identity"},
    {"content-type": "application/json", "content-length": "101"},
    {"content-type": "application/json", "content-length": "9" * 40},
    {"content-type": "application/json", "content-length": "-1"}, {"content-type": "appl\u0131cation/json"},
]  # fmt: skip


def refused_by_rest(headers):
    sent = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]

    async def receive():
        return {"type": "http.request", "body": b"{}", "more_body": False}

    request = Request({"type": "http", "headers": sent, "method": "POST"}, receive)
    try:
        asyncio.run(read_body(request, max_bytes=100, seconds=5))
    except BacktestError as error:
        return encode_error(error, None)
    return None


def refused_here(headers):
    read = {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in headers.items()}
    try:
        check_head("POST", read)
        check_length(read, max_bytes=100)
    except BacktestError as error:
        return refusal(error)
    return None


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_the_same_requests_are_refused_in_the_same_words(headers):
    assert refused_here(headers) == refused_by_rest(headers)


@pytest.mark.parametrize("code", ["TIMEOUT", "RATE_LIMITED", "TOO_MANY_REQUESTS", "VALIDATION_FAILED", "INTERNAL"])
def test_an_error_is_answered_as_the_rest_api_answers_it(code):
    ours, theirs = answer(refusal(BacktestError(code, "x"))), problem(BacktestError(code, "x"))
    assert (ours.status, ours.document) == (theirs.status_code, theirs.body)
    same = ("content-type", "cache-control", "retry-after")
    headers = {name.lower(): value for name, value in ours.headers.items()}
    assert {name: headers.get(name) for name in same} == {name: theirs.headers.get(name) for name in same}


def test_another_method_is_told_which_one_there_is():
    with pytest.raises(RequestError) as caught:
        check_head("PUT", {})
    made = answer(refusal(caught.value))
    assert (made.status, made.headers["Allow"]) == (405, "POST")
    assert json.loads(made.document)["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("prefer", "strict"),
    [("", False), ("handling=strict", True), ("Handling = Strict", True), ('return=x; y, handling="strict"', True),
     ("handling=lenient", False), ("handling=stricter", False), ("xhandling=strict", False)],
)  # fmt: skip
def test_a_preference_is_read_as_its_rfc_writes_it(prefer, strict):
    assert wants_all_or_nothing({"prefer": prefer}) is strict
