"""Parquet files as pandas writes them, and the error where pyarrow is not installed."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from backtester.model.errors import BacktestError, DataError
from backtester.prices.csv_files import read_file

DAYS = pd.Index(pd.date_range("2020-01-01", periods=40, freq="B"), name="Date")
PRICES = pd.DataFrame({"Open": 10.1, "Close": [10.1 + day / 7 for day in range(40)]}, index=DAYS)
PRICES["Adj Close"] = PRICES["Close"] * 0.9
SPY_AND_QQQ = pd.concat({"SPY": PRICES, "QQQ": PRICES * 2}, axis=1).swaplevel(axis=1)
FRAMES = {
    "as yfinance has it": PRICES,
    "with a zone": PRICES.tz_localize("America/New_York"),
    "without a name of the index": PRICES.rename_axis(None),
    "with a column of dates": PRICES.reset_index(),
    "with dates as text": PRICES.set_axis(DAYS.strftime("%Y-%m-%d"), axis=0).rename_axis("Date"),
    "of several symbols": SPY_AND_QQQ,
    "of several symbols, named": SPY_AND_QQQ.rename_axis(columns=["Price", "Ticker"]),
    "with a missing open": PRICES.assign(Open=float("nan")),
}


def test_without_pyarrow_the_error_names_the_module_and_the_interpreter(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "SPY.parquet").write_bytes(b"PAR1")
    with pytest.raises(BacktestError, match="pyarrow") as raised:
        read_file(str(tmp_path / "SPY.parquet"), "SPY")
    assert raised.value.code == "ENVIRONMENT"


@pytest.mark.parquet
@pytest.mark.parametrize("layout", FRAMES)
def test_a_frame_is_read_to_the_last_bit(tmp_path, layout):
    path = tmp_path / "any.parquet"
    FRAMES[layout].to_parquet(path)
    found = read_file(str(path), "SPY").history
    assert found.sessions.astype(str).tolist() == list(DAYS.strftime("%Y-%m-%d"))
    assert found.close.tolist() == PRICES["Adj Close"].tolist()
    assert found.traded.tolist() == PRICES["Close"].tolist()
    assert (found.open is None) == ("missing" in layout)


@pytest.mark.parquet
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1junkPAR1", b"date,close\n2020-01-02,1\n"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    (tmp_path / "SPY.parquet").write_bytes(content)
    with pytest.raises(DataError, match="The Parquet file of SPY cannot be read: it is not a Parquet file of prices"):
        read_file(str(tmp_path / "SPY.parquet"), "SPY")
