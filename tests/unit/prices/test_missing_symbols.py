"""The symbol that is meant: by punctuation, by another name of an index, else the most similar."""

from __future__ import annotations

import pytest

from backtester.model.errors import DataError, Problem
from backtester.prices.missing_symbols import near_symbol, yahoo_spelling
from backtester.prices.remedies import with_other_sources
from backtester.settings import read_settings
from tests.unit.prices.aligned import history, query

KNOWN = ("AAPL", "BF-B", "BRK-A", "BRK-B", "BTC-USD", "EURUSD=X", "SPY", "XOM", "^DJI", "^GSPC", "^VIX", "^N225")


@pytest.mark.parametrize(
    ("symbol", "meant"),
    [
        ("BRK.B", "BRK-B"), ("BRK.A", "BRK-A"), ("BRKB", "BRK-B"), ("BF.B", "BF-B"), ("BRK/B", "BRK-B"),
        ("BTCUSD", "BTC-USD"), ("BTC.USD", "BTC-USD"), ("EURUSD", "EURUSD=X"), ("GSPC", "^GSPC"), ("VIX", "^VIX"),
        ("SPX", "^GSPC"), ("^SPX", "^GSPC"), ("DJIA", "^DJI"), ("NKY", "^N225"), ("APPL", "AAPL"), ("AAPL.US", "AAPL"),
        ("DAX", None), ("QZWX", None), ("HEI.A", None), ("^", None),
    ],
)  # fmt: skip
def test_the_known_symbol_that_is_meant(symbol, meant):
    assert near_symbol(symbol, KNOWN) == meant


@pytest.mark.parametrize(
    ("symbol", "spelling"),
    [
        ("BRK.B", "BRK-B"), ("HEI.A", "HEI-A"), ("BRK/B", "BRK-B"), ("SPX", "^GSPC"), ("GSPC", "^GSPC"),
        ("NDX", "^NDX"), ("VIX", "^VIX"), ("VOD.L", None), ("AIR.PA", None), ("7203.T", None), ("BRK-B", None),
        ("^GSPC", None), ("AAPL", None),
    ],
)  # fmt: skip
def test_what_yahoo_writes_otherwise(symbol, spelling):
    assert yahoo_spelling(symbol) == spelling


@pytest.mark.parametrize("source", ["auto", "yahoo", "stooq"])
@pytest.mark.parametrize(
    ("symbols", "sentence"),
    [
        (["BRK.B", "SPX", "QZWX"], "Yahoo Finance writes BRK.B as BRK-B, SPX as ^GSPC."),
        (["QZWX", "VOD.L"], None),
    ],
)
def test_who_asked_yahoo_gets_its_spelling(source, symbols, sentence, tmp_path):
    settings = read_settings({"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(tmp_path)})
    asked = query(*(history(symbol, []) for symbol in symbols), start="2024-01-02", end="2024-01-03")
    problems = tuple(Problem(pointer=asked.pointer(symbol), code="SYMBOL_NOT_FOUND", detail="-") for symbol in symbols)
    error = DataError("SYMBOL_NOT_FOUND", "unknown", problems=problems)
    found = with_other_sources(error, source, asked, asked.start_date, settings).remedy
    assert found.startswith("Check the spelling.")
    if sentence is None or source == "stooq":
        assert "writes" not in found
    else:
        assert sentence in found
