"""Which source is asked, in which order, and what is said when none has a symbol."""

from __future__ import annotations

import pytest

import backtester
from backtester.model.errors import DataError
from tests.support.stored import SESSIONS, fill_store


def request(*symbols: str, source: str = "auto", **changes) -> dict:
    holdings = [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols]
    whole = {"strategy": "buy_hold", "holdings": holdings, "start_date": "2020-02-03", "end_date": "2020-06-30"}
    return {**whole, "data": {"source": source}, **changes}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("BACKTEST_OFFLINE", "1")
    return tmp_path


def sources(result: dict) -> dict[str, str]:
    return {symbol: entry["source"] for symbol, entry in result["data"]["symbols"].items()}


def test_auto_takes_the_store_before_the_sample_and_the_sample_before_yahoo(cache):
    fill_store(cache, "AAPL", "ZZZ")
    result = backtester.run(request("AAPL", "MSFT", "ZZZ"))
    assert sources(result) == {"AAPL": "yahoo", "MSFT": "bundled", "ZZZ": "yahoo"}
    assert {warning["code"] for warning in result["warnings"]} == {"PRICE_CARRIED_FORWARD"}, (
        "made-up prices on holidays"
    )


def test_auto_without_a_store_takes_the_sample(cache):
    assert sources(backtester.run(request("AAPL", "MSFT"))) == {"AAPL": "bundled", "MSFT": "bundled"}
    assert not list(cache.iterdir()), "nothing was written"


def test_auto_falls_back_on_a_sample_that_ends_too_early_and_says_so(cache):
    result = backtester.run(request("AAPL", start_date="2022-06-01", end_date="2023-06-30"))
    assert [warning["code"] for warning in result["warnings"]] == ["STALE_PRICES", "END_CLIPPED"]
    assert result["period"]["effective"]["end"] == "2022-12-28"


def test_yahoo_is_served_from_the_store_and_never_from_the_sample(cache):
    fill_store(cache, "ZZZ")
    assert sources(backtester.run(request("ZZZ", source="yahoo"))) == {"ZZZ": "yahoo"}
    with pytest.raises(DataError) as raised:
        backtester.run(request("AAPL", source="yahoo"))
    assert raised.value.code == "DATA_SOURCE_UNAVAILABLE"


def test_every_symbol_that_is_not_to_be_had_is_named_at_its_place(cache):
    with pytest.raises(DataError) as raised:
        backtester.run(request("AAPL", "NOPE", "NADA", benchmark="NIX"))
    assert raised.value.code == "DATA_SOURCE_UNAVAILABLE"
    pointers = [problem.pointer for problem in raised.value.problems]
    assert pointers == ["/holdings/1/symbol", "/holdings/2/symbol", "/benchmark"]
    with pytest.raises(DataError) as raised:
        backtester.run(request("AAPL", "APPL", "QQQQQ", source="bundled"))
    assert raised.value.code == "SYMBOL_NOT_FOUND"
    assert [problem.suggestion for problem in raised.value.problems] == ["AAPL", None]


def test_a_store_that_cannot_be_used_is_warned_of_and_done_without(cache, monkeypatch):
    in_the_way = cache / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(in_the_way))
    result = backtester.run(request("AAPL", data={"source": "auto", "refresh": True}))
    assert {warning["code"] for warning in result["warnings"]} == {"STORE_UNAVAILABLE", "STALE_PRICES"}


def test_csv_files_are_read_from_the_operators_folder(cache, monkeypatch):
    monkeypatch.setenv("BACKTEST_CSV_DIR", str(cache))
    rows = [f"{day},{10 + at % 5}" for at, day in enumerate(SESSIONS)]
    (cache / "ABC.csv").write_text("\n".join(["date,adj_close,close", *(f"{row},{row.split(',')[1]}" for row in rows)]))
    assert sources(backtester.run(request("ABC", source="csv"))) == {"ABC": "csv"}
    with pytest.raises(DataError, match="XYZ is not in the CSV folder"):
        backtester.run(request("ABC", "XYZ", source="csv"))


@pytest.mark.parametrize(("unit", "lookback"), [("sessions", 200), ("months", 10)])
def test_the_warm_up_before_the_period_is_asked_for_too(cache, unit, lookback):
    fill_store(cache, "ZZZ")
    parameters = {"lookback_period": lookback, "lookback_unit": unit}
    result = backtester.run(request("ZZZ", strategy="momentum", parameters=parameters))
    assert result["warnings"][0]["code"] == "TOP_N_EXCEEDS_HOLDINGS"
    assert result["data"]["symbols"]["ZZZ"]["first"] < "2019-05-01"


def test_the_first_day_there_is_does_not_fall_off_the_calendar(cache):
    with pytest.raises(DataError):
        backtester.run(request("AAPL", source="bundled", start_date="0001-01-01", end_date="0001-12-31"))
