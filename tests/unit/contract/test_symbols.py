"""Which symbols a request may name, and that each is itself wherever it is read."""

from __future__ import annotations

import json

import pytest

import backtester
from backtester.contract.check import check
from backtester.model.errors import RequestError

ACCEPTED = [
    "M&M.NS",
    "L&TFH.NS",
    "J&KBANK.NS",
    "&",
    "^GSPC",
    "BTC-USD",
    "EURUSD=X",
    "BRK.B",
    "A_1",
    "0700.HK",
    "X" * 20,
]
REFUSED = ["", "A B", "A%26B", "A;B", "A&amp;B", "A/B", "<B>", "A'B", 'A"B', "A+B", "Ａ&B", "X" * 21, "A&B\n"]
DATES = ["2024-01-02", "2024-01-03", "2024-01-04"]


def request(symbol: str, **changes) -> dict:
    prices = {"dates": DATES, "close": {symbol: [10, 11, 12], "SPY": [20, 20, 20]}}
    return {
        "strategy": "buy_hold", "holdings": [{"symbol": symbol, "allocation": 1}], "start_date": DATES[0],
        "end_date": DATES[-1], "benchmark": "SPY", "data": {"source": "inline", "prices": prices}, **changes,
    }  # fmt: skip


@pytest.mark.parametrize("symbol", ACCEPTED)
def test_a_symbol_of_yahoo_is_accepted_and_named_in_every_block(symbol):
    document = json.loads(json.dumps(backtester.run(request(symbol))))
    assert document["final_holdings"][0]["symbol"] == symbol
    assert [*document["weights"]["symbols"]] == [symbol]
    assert symbol in document["data"]["symbols"]
    assert document["series"]["portfolio_value"] == pytest.approx([10000, 11000, 12000])


def test_a_symbol_with_an_ampersand_is_upper_cased_and_may_be_benchmark_and_signal():
    asked = request("l&tfh.ns", strategy="dual_momentum", benchmark="m&m.ns")
    asked["parameters"] = {"lookback_period": 1, "lookback_unit": "sessions", "absolute_symbol": "m&m.ns"}
    asked["data"]["prices"]["close"] = {"L&TFH.NS": [10, 11, 12], "m&m.ns": [1, 1, 1]}
    document = backtester.run(asked)
    assert document["request"]["benchmark"] == "M&M.NS"
    assert document["request"]["parameters"]["absolute_symbol"] == "M&M.NS"
    assert set(document["data"]["symbols"]) == {"L&TFH.NS", "M&M.NS"}


@pytest.mark.parametrize("symbol", REFUSED)
def test_anything_else_is_refused_with_what_is_allowed(symbol):
    with pytest.raises(RequestError) as caught:
        check(request(symbol), csv_available=False)
    problem = next(p for p in caught.value.problems if p.pointer == "/holdings/0/symbol")
    assert problem.detail == "A symbol must be 1 to 20 of A-Z a-z 0-9 . ^ = _ - &."
