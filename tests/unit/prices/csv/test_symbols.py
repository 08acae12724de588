"""Files that name symbols: a long one gives each symbol its own rows, and another symbol than the file's is told."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.csv.to_history import history_of
from tests.unit.prices.csv.reading import fault, read

DAYS = np.busday_offset("2018-01-01", np.arange(600), roll="forward").astype(str).tolist()
OWN = {"AAA": 10.0, "BBB": 500.0, "BRK-B": 90.0}


def long_file(header, order, count=40, mark=","):
    """Return a file of several symbols: each at its own price, on the same days or on later ones."""
    rows = []
    for at, symbol in enumerate(OWN):
        first = at * count if order == "one after the other" else 0
        rows += [(DAYS[first + row], symbol, OWN[symbol] + row / 100) for row in range(count)]
    if order == "day by day":
        rows.sort()
    if order == "newest first":
        rows.reverse()
    return "\n".join([mark.join(header), *(f"{day}{mark}{symbol}{mark}{price}" for day, symbol, price in rows)])


def told(text, symbol):
    return [w.detail for w in history_of(symbol, read(text, symbol)).warnings if w.code == "SYMBOL_DIFFERS"]


@pytest.mark.parametrize("order", ["one after the other", "on the same days", "day by day", "newest first"])
@pytest.mark.parametrize("name", ["symbol", "Ticker", "<TICKER>", "Name"])
@pytest.mark.parametrize("mark", [",", ";"])
def test_each_symbol_of_a_long_file_has_its_own_rows(order, name, mark):
    text = long_file(("date", name, "close"), order, mark=mark)
    for symbol, price in OWN.items():
        found = read(text, symbol)
        assert found.close.tolist() == pytest.approx([price + row / 100 for row in range(40)])
        assert (found.repeated.size, found.other_symbol) == (0, "")
    assert fault(text, "SPY") == "it has 3 symbols, and SPY is not one of them"


def test_a_line_of_a_symbol_keeps_its_number():
    lines = long_file(("date", "symbol", "close"), "one after the other").splitlines()
    lines[45] = lines[45].rpartition(",")[0] + ",x"
    assert fault("\n".join(lines), "BBB") == "line 46: close is not a number"


@pytest.mark.parametrize("symbol", ["BRK.B", "bbb"])
def test_of_several_symbols_the_one_that_is_meant_is_taken(symbol):
    text = long_file(("date", "symbol", "close"), "one after the other")
    assert read(text, symbol).close[0] == {"BRK.B": 90, "bbb": 500}[symbol]


@pytest.mark.parametrize("named", ["SPY", "spy", "SPY.US", "NASDAQ:SPY", "SPY US", "", "An index fund", "2781"])
def test_one_symbol_of_any_spelling_is_the_file_s_own(named):
    text = "\n".join(["date,ticker,close", *(f"{day},{named},10" for day in DAYS[:20])])
    assert read(text, "SPY").close.size == 20
    assert told(text, "SPY") == []


@pytest.mark.parametrize(
    "head",
    ["Price,Close,Open\nTicker,AAPL,AAPL\nDate,,", "date,close,symbol", "Ticker,AAPL,AAPL\nPrice,Close,Open\nDate,,"],
)
def test_another_symbol_than_the_files_is_told(head):
    text = "\n".join([head, *(f"{day},10,{'AAPL' if 'symbol' in head else 10}" for day in DAYS[:20])])
    sentence = "The CSV file of SPY says that its prices are of AAPL. They were taken as SPY's."
    assert told(text, "SPY") == [sentence]
    assert told(text, "AAPL") == []
