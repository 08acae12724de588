"""What is said of bytes that are no JSON."""

import pytest

from backtester.codec.decode import decode
from backtester.model.errors import RequestError


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
