"""Canonical JSON, against the tables of RFC 8785."""

from __future__ import annotations

import json
import math
import random
import struct

import pytest

from backtester.codec.canonical import canonical

# RFC 8785, appendix B: IEEE 754 bits and what they are written as.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "expected"), APPENDIX_B)
def test_a_number_is_written_as_the_appendix_has_it(bits, expected):
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "1"),
        (-7, "-7"),
        (0.5, "0.5"),
        (100.0, "100"),
        (123.456, "123.456"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (2**53, "9007199254740992"),
        (10**21, "1e+21"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.0, "0"),
        (0.001, "0.001"),
    ],
)
def test_everyday_numbers_are_written_as_a_browser_does(number, expected):
    assert canonical(number) == expected


def test_any_double_reads_back_as_itself():
    source = random.Random(1)
    for _ in range(5000):
        value = struct.unpack(">d", source.randbytes(8))[0]
        if math.isfinite(value):
            assert float(canonical(value)) == value


def test_keys_are_ordered_by_their_utf_16_units():
    # the example of RFC 8785, section 3.2.3
    document = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical(document))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_rfc_s_own_sample_is_written_as_it_says():
    # section 3.2.2
    document = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    assert canonical(document) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_truth_is_no_number():
    assert canonical([True, 1, False, 0, None]) == "[true,1,false,0,null]"


def test_a_tuple_is_an_array():
    assert canonical((1, "a")) == '[1,"a"]'


def test_order_of_keys_and_spelling_of_numbers_do_not_matter():
    assert canonical({"b": 1.0, "a": [1e2]}) == canonical({"a": [100], "b": 1}) == '{"a":[100],"b":1}'


def test_nothing_is_escaped_that_need_not_be():
    assert canonical("\x7f/é\u2028") == '"\x7f/é\u2028"'
    assert canonical("\b\t\n\f\r\x01\x1f") == '"\\b\\t\\n\\f\\r\\u0001\\u001f"'
