"""Both writers of numbers write the same text, and it is the decimal nearest to the double, to the digits asked for."""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.codec.document import written
from backtester.codec.fast_numbers import fastest

pytest.importorskip("orjson", reason="the extra fast")

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIES = st.builds(lambda whole, power: (2 * whole + 1) / 2**power, st.integers(-(10**15), 10**15), st.integers(1, 12))
DIGITS_OF_ONE = st.integers(-(10**17), 10**17)
DECIMALS = st.builds(lambda whole, power: float(f"{whole}e{power}"), DIGITS_OF_ONE, st.integers(-40, 30))
WHOLE = st.integers(-(2**53), 2**53).map(float)
EDGES = st.sampled_from(
    [0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1e-308, 1e308, 1.7976931348623157e308, 1e-4, 1e-5, 9.99999999999995e-5,
     0.1, 0.5, 2.5, 1e5, 1e11, 999999999999.5, 999999999998.5, 1e12, 1e15, 1e16, 1e17, 1e21, 1e22, 1e23]
)  # fmt: skip
NEAR = st.builds(math.nextafter, EDGES | DECIMALS | TIES, st.sampled_from([0.0, math.inf]))
NUMBERS = FINITE | TIES | DECIMALS | WHOLE | EDGES | NEAR.filter(math.isfinite)
COLUMNS = st.lists(NUMBERS, min_size=1, max_size=40)
DIGITS = st.integers(1, 17)
PADDING = [0.1 * number for number in range(100)]  # few numbers are left to the plain writer


@settings(max_examples=400)
@given(COLUMNS, DIGITS)
def test_the_fast_writer_writes_what_the_plain_one_does(values, digits):
    values = values + PADDING
    assert fastest()([values], digits) == written([values], digits)
    assert fastest()([np.array(values[:7]), [], values[7:]], digits) == written([values[:7], [], values[7:]], digits)


@pytest.mark.parametrize("digits", range(1, 18))
@pytest.mark.parametrize("kind", ["any bits", "money", "ties", "decimals", "beside decimals", "zeros and ones"])
def test_the_fast_writer_writes_what_the_plain_one_does_for_many(kind, digits):
    random, size = np.random.default_rng(digits), 2000
    decimals = random.integers(-(10**6), 10**6, size) * 10.0 ** random.integers(-12, 14, size)
    values = {
        "any bits": lambda: random.integers(0, 2**64, size, dtype=np.uint64).view(np.float64),
        "money": lambda: random.normal(size=size) * 10 ** random.uniform(-8, 18, size),
        "ties": lambda: (2 * random.integers(-(10**13), 10**13, size) + 1) / 2.0 ** random.integers(1, 12, size),
        "decimals": lambda: decimals,
        "beside decimals": lambda: np.nextafter(decimals, random.choice([0, np.inf], size)),
        "zeros and ones": lambda: random.choice([0.0, -0.0, 1.0, 1 / 3], size),
    }[kind]()
    values = values[np.isfinite(values)]
    assert fastest()([values], digits) == written([values.tolist()], digits)


@given(NUMBERS, DIGITS)
def test_the_text_is_the_nearest_decimal_and_of_two_the_even_one(value, digits):
    text = written([[value]], digits)[0]
    assert Decimal(text) == Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(Decimal(value))
    assert math.copysign(1, float(text)) == math.copysign(1, value)


@given(NUMBERS, st.integers(1, 15))
def test_the_text_is_the_shortest_that_reads_back_as_the_double_nearest_to_the_decimal(value, digits):
    text = written([[value]], digits)[0]
    if 1e-300 <= abs(value) <= 1e308:  # doubles have fewer digits below; above, the decimal may be no double
        assert len(Decimal(repr(float(text))).normalize().as_tuple().digits) == len(
            Decimal(text).normalize().as_tuple().digits
        )
    assert json.loads(text) == float(text)


@pytest.mark.parametrize("write", [written, fastest()], ids=["plain", "fast"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100000.0, "100000"), (1e-05, "1e-05"), (0.0001, "0.0001"), (1e12, "1e+12"), (999999999999.0, "999999999999"),
        (999999999999.5, "1e+12"), (-0.0, "-0"), (0.0, "0"), (1234567890.125, "1234567890.12"),
        (1234567890.375, "1234567890.38"), (1e-100, "1e-100"), (5e-324, "4.94065645841e-324"), (0.1, "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_before(write, value, text):
    assert write([[value], PADDING], 12)[0] == text


@pytest.mark.parametrize("write", [written, fastest()], ids=["plain", "fast"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(write, value):
    with pytest.raises(ValueError, match="Out of range float"):
        write([PADDING, np.array([value])], 12)
