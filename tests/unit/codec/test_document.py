"""Documents as bytes: what is written reads back as what it was."""

import json
from pathlib import Path

import pytest

import backtester
from backtester.codec.document import COMPUTED, encode

ROOT = Path(__file__).resolve().parents[3]
REQUEST = json.loads((ROOT / "examples/requests/momentum.json").read_text()) | {"output": {}}


def rounded(value, digits):
    if isinstance(value, float):
        return value if digits is None else float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    return [rounded(item, digits) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("precision", [None, 1, 6, 12, 15, 17])
@pytest.mark.parametrize("pretty", [False, True])
def test_a_result_reads_back_as_itself_to_the_digits_that_were_asked_for(precision, pretty):
    result = backtester.run(REQUEST | {"output": {"precision": precision}})
    written = encode(result, pretty=pretty)
    expected = {key: rounded(value, precision) if key in COMPUTED else value for key, value in result.items()}
    assert json.loads(written) == expected
    assert written.isascii()
    assert written.endswith(b"}\n")
    assert written.count(b"\n") == 1 or pretty


def test_the_request_is_echoed_exactly_whatever_the_precision():
    request = REQUEST | {"initial_capital": 1234567.0123456789, "output": {"precision": 3}}
    assert json.loads(encode(backtester.run(request)))["request"]["initial_capital"] == 1234567.0123456789


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("length", [1, 20, 300])
def test_no_computed_number_is_written_that_is_none(value, length):
    document = {"request": {"output": {"precision": 12}}, "series": {"returns": [1.0] * (length - 1) + [value]}}
    with pytest.raises(ValueError, match="Out of range float"):
        encode(document)
    document["series"] = [{"date": "2020-01-01", "price": value}] * length
    with pytest.raises(ValueError, match="Out of range float"):
        encode(document)


def test_nan_is_refused_rather_than_written():
    with pytest.raises(ValueError, match="Out of range float"):
        encode({"x": float("nan")})


def test_ten_years_of_ten_holdings_stay_under_a_mebibyte():
    symbols = ["AAPL", "MSFT", "JNJ", "XOM", "GE", "KO", "PG", "PFE", "WMT", "JPM"]
    holdings = [{"symbol": symbol, "allocation": 0.1} for symbol in symbols]
    request = REQUEST | {"holdings": holdings, "parameters": {"top_n": 5}, "start_date": "2013-01-01", "output": {}}
    assert len(encode(backtester.run(request))) < 2**20
