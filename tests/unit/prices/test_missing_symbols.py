"""The symbol that is meant: by punctuation, by another name of an index, else the most similar."""

from __future__ import annotations

import pytest

from backtester.prices.missing_symbols import near_symbol, yahoo_spelling

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
