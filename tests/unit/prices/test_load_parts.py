"""Signals, dividends and partial histories through every source, down to the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, Benchmark, PriceTable, WarmUp
from backtester.prices.load import load_prices, sample_suffices
from backtester.settings import Settings, read_settings
from tests.support.stored import DIVIDENDS, SESSIONS, fill_store

LOOKED_AT = (("MSFT", "/parameters/regime/symbol"),)


def spec(*symbols: str, source: str = "auto", **changes) -> BacktestSpec:
    document = {
        "strategy": "buy_hold", "holdings": [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols],
        "start_date": "2020-02-03", "end_date": "2020-06-30",
    }  # fmt: skip
    return replace(build_spec(check(document, csv_available=True)), source=source, **changes)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(
        {"BACKTEST_CACHE_DIR": str(tmp_path), "BACKTEST_CSV_DIR": str(tmp_path), "BACKTEST_OFFLINE": "1"}
    )


NONE = WarmUp()
MSFT = Benchmark(name=None, symbols=("MSFT",), allocations=(1.0,), rebalance_frequency="never")


def load(wanted: BacktestSpec, settings: Settings, warm_up: WarmUp = NONE) -> PriceTable:
    return load_prices(
        wanted, warm_up, signal=warm_up != NONE, settings=settings, progress=lambda stage, completed, total: None
    )


def refused(wanted: BacktestSpec, settings: Settings) -> DataError:
    with pytest.raises(DataError) as caught:
        load(wanted, settings)
    return caught.value


def inline(wanted: BacktestSpec, **blocks) -> BacktestSpec:
    prices = {"dates": SESSIONS.astype(str).tolist(), **blocks}
    return replace(wanted, source="inline", request={**wanted.request, "data": {"prices": prices}})


def prices_of(*symbols: str) -> dict[str, list[float]]:
    return {symbol: (10.0 + np.arange(SESSIONS.size) % 5).tolist() for symbol in symbols}


def write_csv(folder: Path, symbol: str, text: str = "date,close,dividend", dividend: str = ",0") -> None:
    rows = [f"{day},{10 + at % 5}{dividend}" for at, day in enumerate(SESSIONS)]
    (folder / f"{symbol}.csv").write_text("\n".join([text, *rows]))


# Signals --------------------------------------------------------------------------------------------------------------


def test_signals_come_from_the_sample(settings):
    wanted = spec("AAPL", signals=LOOKED_AT)
    found = load(wanted, settings, WarmUp(sessions=20))
    assert sample_suffices(wanted, settings)
    assert list(found.signal_close) == ["MSFT"]
    assert found.signal_close["MSFT"].shape == found.sessions.shape
    assert found.first == 21
    assert found.provenance["MSFT"]["source"] == "bundled"
    assert load(spec("AAPL"), settings, WarmUp(sessions=20)).signal_close == {}, "another query, another table"


def test_signals_come_from_the_store(settings):
    fill_store(Path(settings.cache_dir), "ZZZ", "SIG")
    found = load(spec("ZZZ", source="yahoo", signals=(("SIG", "/parameters/s"),)), settings, WarmUp(months=10))
    assert found.provenance["SIG"]["source"] == "yahoo"
    assert str(found.sessions[0]) < "2019-05-01"
    assert not np.isnan(found.signal_close["SIG"]).any()


def test_signals_come_from_csv_files_and_inline(settings):
    write_csv(Path(settings.csv_dir), "ABC")
    write_csv(Path(settings.csv_dir), "MSFT")
    assert list(load(spec("ABC", source="csv", signals=LOOKED_AT), settings).signal_close) == ["MSFT"]
    found = load(inline(spec("ABC", signals=LOOKED_AT), close=prices_of("ABC", "MSFT")), settings)
    assert list(found.signal_close) == ["MSFT"]


@pytest.mark.parametrize("source", ["bundled", "csv", "inline"])
def test_a_signal_that_a_source_does_not_have_is_named_at_its_place(settings, source):
    write_csv(Path(settings.csv_dir), "AAPL")
    wanted = spec("AAPL", source=source, signals=(("NOSUCH", "/parameters/regime/symbol"),))
    error = refused(inline(wanted, close=prices_of("AAPL")) if source == "inline" else wanted, settings)
    assert error.code == "SYMBOL_NOT_FOUND"
    assert [problem.pointer for problem in error.problems] == ["/parameters/regime/symbol"]


def test_a_signal_that_cannot_be_fetched_is_named_at_its_place(settings):
    error = refused(spec("AAPL", signals=(("NOSUCH", "/parameters/regime/symbol"),)), settings)
    assert [problem.pointer for problem in error.problems] == ["/parameters/regime/symbol"]


# Dividends ------------------------------------------------------------------------------------------------------------


def test_the_sample_has_no_dividends_and_says_so(settings):
    error = refused(spec("AAPL", source="bundled", dividends_to_cash=True), settings)
    assert error.code == "NO_DATA_IN_RANGE"
    assert [problem.pointer for problem in error.problems] == ["/execution/dividends"]
    assert "source bundled" in error.detail


def test_auto_passes_over_the_sample_where_dividends_are_needed(settings):
    wanted = spec("AAPL", dividends_to_cash=True, benchmark=MSFT)
    assert not sample_suffices(wanted, settings)
    error = refused(wanted, settings)
    assert (error.code, error.problems[0].pointer) == ("DATA_SOURCE_UNAVAILABLE", "/holdings/0/symbol")
    assert "with its dividends" in error.detail
    assert "`execution.dividends` to `reinvest`" in error.remedy
    fill_store(Path(settings.cache_dir), "AAPL")
    found = load(wanted, settings)
    sources = {symbol: entry["source"] for symbol, entry in found.provenance.items()}
    assert sources == {"AAPL": "yahoo", "MSFT": "bundled"}, "a benchmark pays nobody"
    in_the_period = DIVIDENDS[np.isin(SESSIONS, found.sessions)]
    assert found.dividend[np.isin(found.sessions, SESSIONS), 0].tolist() == in_the_period.tolist()
    assert in_the_period.any()


def test_auto_takes_the_sample_where_they_are_not(settings):
    assert sample_suffices(spec("AAPL"), settings)


def test_dividends_come_from_csv_files(settings):
    write_csv(Path(settings.csv_dir), "ABC", dividend=",0.5")
    found = load(spec("ABC", source="csv", dividends_to_cash=True), settings)
    assert ((found.dividend > 0.035) & (found.dividend <= 0.05)).all()
    write_csv(Path(settings.csv_dir), "ABC", "date,close", "")
    assert "source csv" in refused(spec("ABC", source="csv", dividends_to_cash=True), settings).detail


def test_dividends_come_inline(settings):
    wanted = spec("ABC", dividends_to_cash=True)
    found = load(inline(wanted, close=prices_of("ABC"), dividends={"abc": DIVIDENDS.tolist()}), settings)
    assert found.dividend.sum() == pytest.approx(DIVIDENDS[np.isin(SESSIONS, found.sessions)].sum())
    assert "source inline" in refused(inline(wanted, close=prices_of("ABC")), settings).detail


# Partial histories ----------------------------------------------------------------------------------------------------


def test_a_partial_history_is_a_matter_of_the_request(settings):
    close = prices_of("OLD", "NEW")
    close["NEW"][:300] = [None] * 300
    late = inline(spec("OLD", "NEW"), close=close)
    assert str(SESSIONS[300]) == "2020-02-25"
    found = load(replace(late, partial_history=True), settings)
    assert (str(found.sessions[found.first]), found.partial_history) == ("2020-02-03", True)
    assert [(warning.code, warning.symbol) for warning in found.warnings] == [("HOLDING_ENTERS_LATE", "NEW")]
    assert str(load(late, settings).sessions[0]) == "2020-02-25"


# Kept prices ----------------------------------------------------------------------------------------------------------


def test_a_file_that_changed_is_aligned_anew(settings, tmp_path):
    write_csv(tmp_path, "OWN")
    wanted = spec("OWN", source="csv")
    before = load(wanted, settings)
    assert load(wanted, settings).close.base is before.close.base
    text = (tmp_path / "OWN.csv").read_text()
    (tmp_path / "OWN.csv").write_text(text.replace(",10,", ",10.5,"))
    after = load(wanted, settings)
    assert set(after.close[:, 0].tolist()) == {10.5, 11, 12, 13, 14}
    assert after.provenance["OWN"]["digest"] != before.provenance["OWN"]["digest"]


def test_another_look_back_is_a_view_of_the_same_prices(settings):
    wanted = spec("AAPL", "MSFT", source="bundled")
    short, long = (load(wanted, settings, WarmUp(sessions=sessions)) for sessions in (20, 200))
    assert long.first - short.first == 180
    assert np.shares_memory(short.close, long.close)
    assert (short.close == long.close[180:]).all()
    assert not short.close.flags.writeable
