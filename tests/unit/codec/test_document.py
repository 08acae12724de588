"""Documents as bytes: what is written reads back as what it was."""

import json
from pathlib import Path

import numpy as np
import pytest

import backtester
from backtester.codec.column_types import ColumnarRows, IsoDates, plain
from backtester.codec.document import COMPUTED, encode, encoded, written
from backtester.codec.fast_numbers import fastest

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


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("precision", [3, 12])
def test_axis_values_and_patches_stand_as_asked_whatever_the_precision(precision, pretty):
    thresholds = [0.0512345678901234, 0.07000000000000123]
    over = {"/parameters/deviation_threshold": thresholds}
    result = backtester.run(REQUEST | {
        "strategy": "mean_reversion", "parameters": {}, "output": {"precision": precision},
        "analysis": {"sweep": {"over": over}, "walk_forward": {"over": over, "train_months": 6, "test_months": 6}},
    })  # fmt: skip
    kept = [] if pretty else [b"".join(encoded(result, write=fastest()))]
    for document in (encode(result, pretty=pretty), *kept):
        sweep, walk = (json.loads(document)["analysis"][name] for name in ("sweep", "walk_forward"))
        assert sweep["axes"] == [{"pointer": "/parameters/deviation_threshold", "values": thresholds}]
        patches = [sweep["best"]["patch"], walk["next"], walk["stability"]["most_chosen"], *walk["windows"]["patch"]]
        patches += [walk["yardsticks"][name]["patch"] for name in ("best_in_hindsight", "median_setting")]
        assert {patch["parameters"]["deviation_threshold"] for patch in patches} <= set(thresholds)
        assert sweep["metrics"] == rounded(result["analysis"]["sweep"]["metrics"], precision)


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


def in_columns(size: int) -> dict:
    """Return a result as a run has it before it is written, of columns of so many rows."""
    numbers = np.linspace(-1e-5, 1e6, size) ** 3
    dates = IsoDates(f"2020-01-{day % 28 + 1:02d}" for day in range(size))
    with_null = [None if row % 3 else number for row, number in enumerate(numbers.tolist())]
    return {
        "success": True,
        "request": {"output": {"precision": 12}, "holdings": [{"allocation": 1e-05}]},
        "metrics": {"cagr": 0.1 + 0.2, "sharpe_ratio": None, "trades": 3},
        "series": {"dates": dates, "portfolio_value": numbers, "returns": numbers.tolist(), "cash_flows": None},
        "weights": {"symbols": {"A": numbers, 'B "quoted" é': numbers[::-1]}, "cash": with_null, "none": []},
        "trades": ColumnarRows(date=dates, symbol=["A\n", "B"] * (size // 2), units=numbers, price=-numbers),
        "tables": {"complete": [True, False] * size, "rows": [{"year": 1, "return": x} for x in with_null]},
    }


@pytest.mark.parametrize("size", [0, 2, 200, 10_000])
def test_columns_are_written_as_the_lists_and_objects_that_they_stand_for(size):
    document = in_columns(size)
    text = encode(plain(document))
    expected = {key: rounded(value, 12) if key in COMPUTED else value for key, value in plain(document).items()}
    assert json.loads(text) == expected
    assert encode(document) == text
    assert encode(document, pretty=True) == encode(plain(document), pretty=True)


@pytest.mark.parametrize("write", [written, fastest()], ids=["plain", "fast"])
@pytest.mark.parametrize("size", [0, 2, 200, 10_000])
def test_pieces_are_the_document_whatever_writes_its_numbers(size, write):
    document = in_columns(size)
    pieces = [*encoded(document, write=write)]
    assert b"".join(pieces) == encode(document)
    assert len(pieces) == 1 or size > 200
    assert all(pieces)


@pytest.mark.parametrize("block", ["series", "trades"])
def test_a_column_with_a_number_that_is_none_is_refused_whatever_holds_it(block):
    document = in_columns(200)
    numbers = np.full(200, np.nan)
    document[block] = ColumnarRows(symbol=["A"] * 200, units=numbers) if block == "trades" else {"returns": numbers}
    for write in (written, fastest()):
        with pytest.raises(ValueError, match="Out of range float"):
            b"".join(encoded(document, write=write))
