"""Documents as bytes: what is written reads back as what it was."""

import json
from pathlib import Path

import pytest

import backtester
from backtester.document import encode

ROOT = Path(__file__).resolve().parents[2]
REQUEST = json.loads((ROOT / "examples/requests/momentum.json").read_text())


@pytest.mark.parametrize("precision", [None, 1, 6, 12, 15, 17])
@pytest.mark.parametrize("pretty", [False, True])
def test_a_result_reads_back_as_itself(precision, pretty):
    result = backtester.run(REQUEST | {"output": {"precision": precision}})
    written = encode(result, pretty=pretty)
    assert json.loads(written) == result
    assert written.isascii()
    assert written.endswith(b"}\n")
    assert written.count(b"\n") == 1 or pretty


def test_nan_is_refused_rather_than_written():
    with pytest.raises(ValueError, match="Out of range float"):
        encode({"x": float("nan")})


def test_ten_years_of_ten_holdings_stay_under_a_mebibyte():
    symbols = ["AAPL", "MSFT", "JNJ", "XOM", "GE", "KO", "PG", "PFE", "WMT", "JPM"]
    holdings = [{"symbol": symbol, "allocation": 0.1} for symbol in symbols]
    request = REQUEST | {"holdings": holdings, "parameters": {"top_n": 5}}
    assert len(encode(backtester.run(request))) < 2**20
