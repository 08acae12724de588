"""A result's name can be taken out and put in, and nothing else of it changes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from backtester.codec.document import with_request_id, without_request_id
from tests.support.runner import run_runner
from tests.support.sample_requests import request


@given(st.text(min_size=1, max_size=128))
def test_a_name_is_taken_out_and_put_back(name):
    anybodys = b'{"success":true,"schema_version":"1","result_id":"x","a":"\\"request_id\\""}\n'
    named = with_request_id(anybodys, name)
    assert json.loads(named)["request_id"] == name
    assert without_request_id(named, name) == anybodys
    assert with_request_id(anybodys, None) == without_request_id(anybodys, None) == anybodys


def test_the_runner_writes_names_where_they_are_looked_for():
    named, nameless = (run_runner(request(**given)).stdout for given in ({"request_id": 'a"b\u00e9'}, {}))
    cut = [document.split(b'"timing_ms"')[0] for document in (without_request_id(named, 'a"b\u00e9'), nameless)]
    assert cut[0] == cut[1]
