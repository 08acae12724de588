"""What is said of bytes that are no JSON."""

import datetime
import decimal
import json

import numpy as np
import pytest

import backtester
from backtester.codec.decode import decode
from backtester.model.errors import RequestError
from tests.support.sample_requests import request


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'{"a": "b\x00"}', "Invalid control character at line 1, column 9."),
        (b'{\n"a": "b', "Unterminated string starting at line 2, column 6."),
        (b'{"a": }', "Expecting value at line 1, column 7."),
        (b"{} {}", "Extra data at line 1, column 4."),
    ],
)
def test_the_fault_and_its_place_are_a_sentence(raw, fault):
    with pytest.raises(RequestError) as raised:
        decode(raw, max_bytes=100)
    assert raised.value.detail == f"The document is not JSON: {fault}"


@pytest.mark.parametrize("raw", [b"[object Object]", b" [object Promise]\n"])
def test_an_object_of_javascript_as_text_is_told_as_that(raw):
    with pytest.raises(RequestError) as raised:
        decode(raw, max_bytes=100)
    assert "JSON.stringify" in raised.value.detail


@pytest.mark.parametrize("place", ["start_date", "initial_capital", "costs", "holdings", "colour"])
@pytest.mark.parametrize(
    "value",
    [datetime.date(2020, 1, 2), decimal.Decimal(1), np.int64(1), np.ones(2), (1, 2), {1}, b"x", {1: 2}, object()],
    ids=lambda value: type(value).__name__,
)
def test_what_python_has_and_json_has_not_is_refused_at_its_place(place, value):
    with pytest.raises(RequestError) as raised:
        backtester.run(request(**{place: value}))
    document = json.loads(json.dumps(raised.value.as_document()))
    assert [(one["pointer"], one["code"]) for one in document["errors"]] == [(f"/{place}", "WRONG_TYPE")]


@pytest.mark.parametrize(
    ("value", "name"),
    [((1, 2), "tuple"), (datetime.date(2020, 1, 2), "datetime.date"), (np.bool_(True), "numpy.bool")],
)
def test_what_json_has_not_is_named_with_its_module(value, name):
    with pytest.raises(RequestError) as raised:
        backtester.run(request(initial_capital=value))
    assert raised.value.problems[0].detail.startswith(f"JSON has no {name} of Python.")
