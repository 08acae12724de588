"""Which source is asked, in which order, and what is said when none has a symbol."""

from __future__ import annotations

import numpy as np
import pytest

import backtester
from backtester.model.errors import DataError, RequestError
from tests.support.runner import run_runner
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


@pytest.mark.parametrize(
    ("start", "end"), [("1980-01-02", "2022-12-28"), ("2022-06-01", "2023-06-30")], ids=["too early", "too late"]
)
def test_the_sample_that_stands_in_is_told_with_both_its_ends_and_not_as_missing(cache, start, end):
    result = backtester.run(request("AAPL", start_date=start, end_date=end))
    detail = result["warnings"][0]["detail"]
    assert detail == (
        "Yahoo Finance is switched off. The bundled sample was used for AAPL. "
        "It runs from 1990-01-02 to 2022-12-28."
    )


@pytest.mark.parametrize(
    ("start", "end", "around"),
    [
        ("2020-01-04", "2020-01-05", ("2020-01-03", "2020-01-06")),
        ("2019-12-25", "2019-12-25", ("2019-12-24", "2019-12-26")),
    ],
    ids=["a weekend", "a holiday"],
)
def test_a_period_without_a_session_is_told_from_one_outside_the_history(cache, start, end, around):
    with pytest.raises(DataError) as raised:
        backtester.run(request("AAPL", start_date=start, end_date=end))
    before, after = around
    assert raised.value.code == "NO_DATA_IN_RANGE"
    assert f"It has no session in this period: the ones around it are {before} and {after}." in raised.value.detail
    assert raised.value.remedy == f"Set `start_date` to {before}, or `end_date` to {after}."
    with pytest.raises(DataError) as raised:
        backtester.run(request("AAPL", source="bundled", start_date="1980-01-04", end_date="1981-01-05"))
    assert "Its history runs from 1990-01-02 to 2022-12-28." in raised.value.detail
    assert raised.value.remedy == "Move the period into the symbol's history."


def test_a_request_for_the_csv_folder_where_none_is_set_is_told_that_auto_reads_imports(cache):
    with pytest.raises(RequestError) as raised:
        backtester.run(request("AAPL", source="csv"))
    (problem,) = raised.value.problems
    assert problem.suggestion == "auto"
    assert "BACKTEST_CSV_DIR" in problem.detail
    assert problem.detail.endswith("`auto` reads imported files.")


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
        backtester.run(request("KO", "APPL", "QQQQQ", source="bundled"))
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


@pytest.mark.parametrize(("seconds", "asked"), [(60.0, ["YYY", "ZZZ"]), (-1.0, [])])
def test_checks_of_many_symbols_do_not_take_the_time_of_a_run(cache, monkeypatch, seconds, asked):
    fill_store(cache, "YYY", "ZZZ")
    plain = backtester.run(request("YYY", "ZZZ"))
    found = []

    def refuse(source, symbol, *_, **__):
        found.append(symbol)
        raise DataError("DATA_SOURCE_UNAVAILABLE", "down")

    monkeypatch.setattr("backtester.prices.sources.asking.fetch_history", refuse)
    monkeypatch.setattr("backtester.prices.market._CHECKING_SECONDS", seconds)
    monkeypatch.setenv("BACKTEST_OFFLINE", "0")
    monkeypatch.setenv("BACKTEST_STORE_CHECK_DAYS", "0")
    checked = backtester.run(request("YYY", "ZZZ"))
    assert found == asked
    assert checked | {"timing_ms": 0} == plain | {"timing_ms": 0}


def write_csv(folder, symbol: str, sessions=SESSIONS) -> None:
    rows = [f"{day},{10 + at % 5},{10 + at % 5}" for at, day in enumerate(sessions)]
    (folder / f"{symbol}.csv").write_text("\n".join(["date,adj_close,close", *rows]))


@pytest.fixture
def csv_folder(cache, monkeypatch):
    folder = cache / "csv"
    folder.mkdir()
    monkeypatch.setenv("BACKTEST_CSV_DIR", str(folder))
    return folder


def chosen(result: dict) -> list[str]:
    return [warning["detail"] for warning in result["warnings"] if warning["code"] == "SOURCE_CHOSEN"]


def test_auto_takes_the_store_before_the_csv_folder_and_that_before_the_sample(cache, csv_folder):
    write_csv(csv_folder, "AAPL")
    write_csv(csv_folder, "OWN")
    assert sources(backtester.run(request("AAPL", "OWN", "MSFT"))) == {"AAPL": "csv", "OWN": "csv", "MSFT": "bundled"}
    assert not (cache / "prices.sqlite3").exists(), "nothing was written"
    fill_store(cache, "ZZZ", "OWN")
    result = backtester.run(request("AAPL", "OWN", "MSFT", "ZZZ"))
    assert sources(result) == {"AAPL": "csv", "OWN": "yahoo", "MSFT": "bundled", "ZZZ": "yahoo"}
    assert chosen(result) == [
        "OWN is in the price store and in the CSV folder. The price store was used. "
        "Set data.source to csv or yahoo to take one or the other."
    ]
    for source in ("csv", "yahoo"):
        one = backtester.run(request("OWN", source=source))
        assert (sources(one), chosen(one)) == ({"OWN": source}, [])


def test_auto_says_too_that_it_took_the_csv_file_where_the_store_lacks_the_period(cache, csv_folder):
    fill_store(cache, "OWN")
    write_csv(csv_folder, "OWN", SESSIONS + np.timedelta64(1000, "D"))
    result = backtester.run(request("OWN", start_date="2022-02-01", end_date="2022-06-30"))
    assert sources(result) == {"OWN": "csv"}
    assert "The CSV file was used, because the price store lacks the period." in chosen(result)[0]
    result = backtester.run(
        request("OWN", data={"source": "auto", "refresh": True}, start_date="2022-02-01", end_date="2022-06-30")
    )
    assert "because data.refresh passes the price store over" in chosen(result)[0]


def test_auto_never_continues_a_csv_file_with_another_source(cache, csv_folder):
    write_csv(csv_folder, "AAPL")
    result = backtester.run(request("AAPL", end_date="2022-06-30"))
    assert sources(result) == {"AAPL": "csv"}
    assert "END_CLIPPED" in {warning["code"] for warning in result["warnings"]}
    later = backtester.run(request("AAPL", start_date="2022-02-01", end_date="2022-06-30"))
    assert sources(later) == {"AAPL": "bundled"}, "the file has nothing of this period"


def test_auto_says_that_a_csv_file_cannot_be_read(cache, csv_folder):
    (csv_folder / "AAPL.csv").write_text("nonsense")
    with pytest.raises(DataError, match="The CSV file of AAPL cannot be read") as raised:
        backtester.run(request("MSFT", "AAPL"))
    assert [problem.pointer for problem in raised.value.problems] == ["/holdings/1/symbol"]


def test_a_confined_run_may_read_the_csv_folder_for_auto(cache, csv_folder):
    write_csv(csv_folder, "OWN")
    run = run_runner(
        request("OWN"),
        env={"BACKTEST_CSV_DIR": str(csv_folder), "BACKTEST_CACHE_DIR": str(cache), "BACKTEST_OFFLINE": "1"},
    )
    assert run.exit == 0, run.document
    assert sources(run.document) == {"OWN": "csv"}


@pytest.mark.parametrize(("unit", "lookback"), [("sessions", 200), ("months", 10)])
def test_the_warm_up_before_the_period_is_asked_for_too(cache, unit, lookback):
    fill_store(cache, "ZZZ")
    parameters = {"lookback_period": lookback, "lookback_unit": unit}
    result = backtester.run(request("ZZZ", strategy="momentum", parameters=parameters))
    assert result["data"]["symbols"]["ZZZ"]["first"] < "2019-05-01"


def test_the_first_day_there_is_does_not_fall_off_the_calendar(cache):
    with pytest.raises(DataError):
        backtester.run(request("AAPL", source="bundled", start_date="0001-01-01", end_date="0001-12-31"))
