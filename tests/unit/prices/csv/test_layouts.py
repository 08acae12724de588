"""Each layout that is known, on a small file as its source writes it. All have the same three sessions."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.csv import layouts
from backtester.prices.csv.parse import parse
from backtester.prices.csv.unreadable import UnreadableError

DAYS = ["2024-05-10", "2024-05-13", "2024-05-14"]
CLOSE, OPEN, ADJUSTED = [100.5, 101.25, 1102.0], [100.0, 101.0, 1101.5], [50.25, 50.625, 1102.0]
TRADED, DIVIDEND, SPLIT = [201.0, 202.5, 1102.0], [0.0, 0.5, 0.0], [1.0, 1.0, 2.0]

SAMPLES = {
    "Plain": """
date,open,close,adj_close,dividend,split
2024-05-10,100,100.5,50.25,0,
2024-05-13,101,101.25,50.625,0.5,
2024-05-14,1101.5,1102,1102,0,2
""",
    "Yahoo Finance": """
Date,Open,High,Low,Close,Adj Close,Volume
2024-05-10,100.000000,102,99,100.500000,50.250000,1200
2024-05-13,101.000000,102,99,101.250000,50.625000,1200
2024-05-14,1101.500000,1102,999,1102.000000,1102.000000,1200
""",
    "yfinance": """
Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits
2024-05-10 00:00:00-04:00,100.0,102.0,99.0,100.5,50.25,1200,0.0,0.0
2024-05-13 00:00:00-04:00,101.0,102.0,99.0,101.25,50.625,1200,0.5,0.0
2024-05-14 00:00:00-04:00,1101.5,1102.0,99.0,1102.0,1102.0,1200,0.0,2.0
""",
    "Alpha Vantage": """
timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient
2024-05-14,1101.5000,1102,99,1102.0000,1102.0,1200,0.0000,2.0
2024-05-13,101.0000,102,99,101.2500,50.625,1200,0.5000,1.0
2024-05-10,100.0000,102,99,100.5000,50.25,1200,0.0000,1.0
""",
    "Quandl WIKI": """
Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,Adj. Close,Adj. Volume
2024-05-10,100.0,102,99,100.5,1200,0.0,1.0,50,51,49,50.25,1200
2024-05-13,101.0,102,99,101.25,1200,0.5,1.0,50,51,49,50.625,1200
2024-05-14,1101.5,1102,99,1102.0,1200,0.0,2.0,1101.5,1102,99,1102.0,1200
""",
    "Tiingo": """
date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor
2024-05-10T00:00:00.000Z,100.5,102,99,100,1200,50.25,51,49,50,1200,0.0,1.0
2024-05-13T00:00:00.000Z,101.25,102,99,101,1200,50.625,51,49,50,1200,0.5,1.0
2024-05-14T00:00:00.000Z,1102,1102,99,1101.5,1200,1102,1102,99,1101.5,1200,0.0,2.0
""",
    "EODHD": """
Date,Open,High,Low,Close,Adjusted_close,Volume
2024-05-10,100,102,99,100.5,50.25,1200
2024-05-13,101,102,99,101.25,50.625,1200
2024-05-14,1101.5,1102,99,1102,1102,1200
""",
    "Sharadar": """
ticker,date,open,high,low,close,volume,closeadj,closeunadj,lastupdated
ABC,2024-05-14,1101.5,1102,99,1102.0,1200.0,1102.0,1102.0,2024-06-01
ABC,2024-05-13,101,102,99,101.25,1200.0,50.625,202.5,2024-06-01
ABC,2024-05-10,100,102,99,100.5,1200.0,50.25,201.0,2024-06-01
""",
    "Norgate": """
Date,Open,High,Low,Close,Volume,Turnover,Unadjusted Close
2024-05-10,100,102,99,100.5,1200,0,201
2024-05-13,101,102,99,101.25,1200,0,202.5
2024-05-14,1101.5,1102,99,1102,1200,0,1102
""",
    "Marketstack": """
open,high,low,close,volume,adj_high,adj_low,adj_close,adj_open,adj_volume,split_factor,dividend,symbol,exchange,date
1101.5,1102,99,1102,1200,1102,99,1102,1101.5,1200,2.0,0.0,ABC,XNAS,2024-05-14T00:00:00+0000
101,102,99,101.25,1200,51,49,50.625,50,1200,1.0,0.5,ABC,XNAS,2024-05-13T00:00:00+0000
100,102,99,100.5,1200,51,49,50.25,50,1200,1.0,0.0,ABC,XNAS,2024-05-10T00:00:00+0000
""",
    "Intrinio": """
date,open,high,low,close,volume,adj_open,adj_high,adj_low,adj_close,adj_volume,split_ratio,ex_dividend
2024-05-10,100,102,99,100.5,1200,50,51,49,50.25,1200,1,0
2024-05-13,101,102,99,101.25,1200,50,51,49,50.625,1200,1,0.5
2024-05-14,1101.5,1102,99,1102,1200,1101.5,1102,99,1102,1200,2,0
""",
    "Financial Modeling Prep": """
date,open,high,low,close,adjClose,volume,unadjustedVolume,change,changePercent,vwap,label,changeOverTime
2024-05-14,1101.5,1102,99,1102,1102,1200,1200,0.5,0.1,101,"May 14, 24",0.01
2024-05-13,101,102,99,101.25,50.625,1200,1200,0.25,0.2,101,"May 13, 24",0.01
2024-05-10,100,102,99,100.5,50.25,1200,1200,0.5,0.5,100,"May 10, 24",0.01
""",
    "Twelve Data": """
datetime;open;high;low;close;volume
2024-05-14;1101.50000;1102.00000;99.00000;1102.00000;1200
2024-05-13;101.00000;102.00000;99.00000;101.25000;1200
2024-05-10;100.00000;102.00000;99.00000;100.50000;1200
""",
    "Stooq": """
<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>
ABC.US,D,20240510,000000,100,102,99,100.5,1200,0
ABC.US,D,20240513,000000,101,102,99,101.25,1200,0
ABC.US,D,20240514,000000,1101.5,1102,99,1102,1200,0
""",
    "Stooq, Polish": """
Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen
2024-05-10,100,102,99,100.5,1200
2024-05-13,101,102,99,101.25,1200
2024-05-14,1101.5,1102,99,1102,1200
""",
    "TradingView": """
time,open,high,low,close,Volume
1715347800,100,102,99,100.5,1200
1715607000,101,102,99,101.25,1200
1715693400,1101.5,1102,99,1102,1200
""",
    "Polygon": """
ticker,volume,open,close,high,low,window_start,transactions
ABC,1200,100,100.5,102,99,1715313600000000000,7
ABC,1200,101,101.25,102,99,1715572800000000000,7
ABC,1200,1101.5,1102,1102,99,1715659200000000000,7
""",
    "Polygon aggregates": """
v,vw,o,c,h,l,t,n
1200,100.2,100,100.5,102,99,1715313600000,7
1200,101.2,101,101.25,102,99,1715572800000,7
1200,102.2,1101.5,1102,1102,99,1715659200000,7
""",
    "Binance": """
open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore
1715299200000000,100.00,102,99,100.50,1200,1715385599999999,1,7,1,1,0
1715558400000000,101.00,102,99,101.25,1200,1715644799999999,1,7,1,1,0
1715644800000000,1101.50,1102,99,1102.00,1200,1715731199999999,1,7,1,1,0
""",
    "CryptoDataDownload": """
https://www.CryptoDataDownload.com
unix,date,symbol,open,high,low,close,Volume ABC,Volume USD
1715644800,2024-05-14 00:00:00,ABC/USD,1101.5,1102,99,1102,1200,1
1715558400,2024-05-13 00:00:00,ABC/USD,101,102,99,101.25,1200,1
1715299200,2024-05-10 00:00:00,ABC/USD,100,102,99,100.5,1200,1
""",
    "CoinGecko": """
snapped_at,price,market_cap,total_volume
2024-05-10 00:00:00 UTC,100.5,1,1200.5
2024-05-13 00:00:00 UTC,101.25,1,1200.5
2024-05-14 00:00:00 UTC,1102.0,1,1200.5
""",
    "NSE India": """
"Date  ","Series  ","Open Price  ","High Price  ","Low Price  ","Prev Close  ","Close Price  ","Total Traded Quantity  "
"10-May-2024","EQ","100.00","102.00","99.00","100.00","100.50","12,34,567"
"13-May-2024","EQ","101.00","102.00","99.00","100.50","101.25","12,34,567"
"14-May-2024","EQ","1,101.50","1,102.00","99.00","101.25","1,102.00","12,34,567"
""",
    "Nasdaq": """
Date,Close/Last,Volume,Open,High,Low
05/14/2024,$1102.00,1200,$1101.50,$1102.00,$99.00
05/13/2024,$101.25,1200,$101.00,$102.00,$99.00
05/10/2024,$100.50,1200,$100.00,$102.00,$99.00
""",
    "Refinitiv": """
Exchange Date\tClose\tNet\t%Chg\tOpen\tLow\tHigh
14-May-2024\t1,102.00\t0.5\t0.5%\t1,101.50\t99\t1,102.00
13-May-2024\t101.25\t0.5\t0.5%\t101\t99\t102
10-May-2024\t100.50\t0.5\t0.5%\t100\t99\t102
""",
    "Bloomberg": """
Date,PX_LAST,PX_OPEN
5/10/2024,100.5,100
5/13/2024,101.25,101
5/14/2024,1102,1101.5
""",
    "Barchart": """
Time,Open,High,Low,Last,Change,%Chg,Volume
05/14/2024,1101.50,1102.00,99.00,1102.00,0.5,+0.50%,1200
05/13/2024,101.00,102.00,99.00,101.25,0.5,+0.50%,1200
05/10/2024,100.00,102.00,99.00,100.50,0.5,+0.50%,1200
"Downloaded from Barchart.com as of 05-14-2024 03:22pm CDT"
""",
    "Dukascopy": """
Gmt time,Open,High,Low,Close,Volume
10.05.2024 00:00:00.000,100,102,99,100.5,1200.5
13.05.2024 00:00:00.000,101,102,99,101.25,1200.5
14.05.2024 00:00:00.000,1101.5,1102,99,1102,1200.5
""",
    "Barchart, latest": """
Time,Open,High,Low,Latest,Change,%Change,Volume
2024-05-10,100,102,99,100.5,0.5,"+0.50%",1200
2024-05-13,101,102,99,101.25,0.5,"+0.50%",1200
2024-05-14,1101.5,1102,99,1102,0.5,"+0.50%",1200
""",
    "Investing.com": """
"Date","Price","Open","High","Low","Vol.","Change %"
"May 14, 2024","1,102.00","1,101.50","1,102.00","99.00","1.2M","0.50%"
"May 13, 2024","101.25","101.00","102.00","99.00","1.2M","0.50%"
"May 10, 2024","100.50","100.00","102.00","99.00","1.2M","0.50%"
""",
    "Investing.com, German": """
"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"
"14.05.2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13.05.2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10.05.2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Investing.com, French": """
"Date","Dernier","Ouv."," Plus Haut","Plus Bas","Vol.","Variation %"
"14/05/2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13/05/2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10/05/2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Investing.com, Spanish": """
"Fecha","Último","Apertura","Máximo","Mínimo","Vol.","% var."
"14.05.2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13.05.2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10.05.2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Investing.com, Italian": """
"Data","Ultimo","Apertura","Massimo","Minimo","Vol.","Var. %"
"14.05.2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13.05.2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10.05.2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Investing.com, Portuguese": """
"Data","Último","Abertura","Máxima","Mínima","Vol.","Var%"
"14.05.2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13.05.2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10.05.2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Investing.com, Dutch": """
"Datum","Laatste","Open","Hoog","Laag","Vol.","Verschil %"
"14-05-2024","1.102,00","1.101,50","1.102,00","99,00","1,20M","0,50%"
"13-05-2024","101,25","101,00","102,00","99,00","1,20M","0,50%"
"10-05-2024","100,50","100,00","102,00","99,00","1,20M","0,50%"
""",
    "Ariva": """
Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen
2024-05-14;1.101,50;1.102,00;99,00;1.102,00;1.200;121.440

2024-05-13;101,00;102,00;99,00;101,25;1.200;121.440
2024-05-10;100,00;102,00;99,00;100,50;1.200;121.440
""",
    "Onvista": """
Datum;Eröffnung;Hoch;Tief;Schluss;Volumen
10.05.2024;100,00;102,00;99,00;100,50;1.200
13.05.2024;101,00;102,00;99,00;101,25;1.200
14.05.2024;1.101,50;1.102,00;99,00;1.102,00;1.200
""",
    "Portfolio Performance": """
Date,Quote
2024-05-10,100.50
2024-05-13,101.25
2024-05-14,"1,102.00"
""",
    "Portfolio Performance, German": """
Datum;Kurs
2024-05-10;100,50
2024-05-13;101,25
2024-05-14;1.102,00
""",
    "Boursorama": """
date\touv\thaut\tbas\tclot\tvol\tdevise
10/05/2024 00:00\t100,00\t102,00\t99,00\t100,50\t1200\tEUR
13/05/2024 00:00\t101,00\t102,00\t99,00\t101,25\t1200\tEUR
14/05/2024 00:00\t1101,50\t1102,00\t99,00\t1102,00\t1200\tEUR
""",
}


def values(column):
    return None if column is None else column.tolist()


def test_every_layout_has_its_sample():
    assert list(SAMPLES) == [layout.name for layout in layouts.LAYOUTS]


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_read(layout):
    rows = parse(SAMPLES[layout.name].lstrip().encode(), "ABC")
    assert np.array(rows.days, "datetime64[D]").astype(str).tolist() == DAYS
    assert rows.close.tolist() == CLOSE
    told = {"open": OPEN, "adj_close": ADJUSTED, "dividend": DIVIDEND, "split": SPLIT, "traded": TRADED}
    for role, expected in told.items():
        assert values(getattr(rows, role)) == (expected if role in layout.columns else None), role
    assert (rows.dropped.size, rows.repeated.size, rows.has_close) == (0, 0, True)


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_layout_is_read_in_every_encoding_and_with_every_line_end(layout, encoding, newline):
    rows = parse(SAMPLES[layout.name].lstrip().replace("\n", newline).encode(encoding), "ABC")
    assert rows.close.tolist() == CLOSE
    assert values(rows.open) == (OPEN if layout.open else None)


def test_a_name_of_a_column_has_one_meaning():
    roles = {}
    for layout in layouts.LAYOUTS:
        for role, name in layout.columns.items():
            assert roles.setdefault(layouts.plain_name(name), role) == role, name


@pytest.mark.parametrize(
    ("cell", "plain"),
    [("Adj. Close*", "adjclose"), ("Adj Close (USD)", "adjclose"), (" <CLOSE> ", "close"), ("4. close", "close"),
     ("Close/Last", "closelast"), ("Eröffn.", "eröffn"), ("Close (adj.)", "closeadj"), ("Close ($)", "close"),
     ("\ufeffDate", "date"), ("Schlusskurs in EUR", "schlusskurs"), ("Cours en €", "cours"), ("Close [USD]", "close"),
     ("NAV in Rupees", "navinrupees"), ("In", "in"), ("[date]", "date")],
)  # fmt: skip
def test_case_spaces_symbols_and_asides_do_not_matter(cell, plain):
    assert layouts.plain_name(cell) == plain


@pytest.mark.parametrize(
    "name",
    ["Clôture", "NAV", "Net Asset Value", "Settle", "Settlement Price", "Schlusskurs in EUR", "NAV in USD", "Preis",
     "Cours de clôture", "Valeur liquidative", "Zamknięcie", "Chiusura", "Cierre", "Fechamento", "Slotkoers", "Value",
     "Wert in EUR"],
)  # fmt: skip
@pytest.mark.parametrize("currency", ["", ";Currency"])
def test_a_close_of_no_source_in_particular_is_read(name, currency):
    tail = ";EUR" if currency else ""
    rows = parse(f"Date;{name}{currency}\n13/05/2024;1 100,5{tail}\n14/05/2024;1 101,25{tail}\n".encode(), "ABC")
    assert rows.close.tolist() == [1100.5, 1101.25]


@pytest.mark.parametrize("name", ["Value", "Wert", "Valor"])
@pytest.mark.parametrize("beside", ["Open", "High", "Volume", "Last traded"])
def test_a_value_beside_another_column_may_be_a_turnover(name, beside):
    with pytest.raises(UnreadableError, match="no column close"):
        parse(f"Date,{beside},{name}\n2024-05-13,1,2\n".encode(), "ABC")
    rows = parse(f"Date,{name},ABC\n2024-05-13,1,2\n".encode(), "ABC")
    assert rows.close.tolist() == [2], "a column named as the file"


@pytest.mark.parametrize("name", ["Close", "Last", "Price"])
@pytest.mark.parametrize("other", ["NAV", "Settle", "Value"])
def test_a_close_of_a_source_goes_before_one_of_none(name, other):
    assert parse(f"Date,{other},{name}\n2024-05-13,1,2\n".encode(), "ABC").close.tolist() == [2]


@pytest.mark.parametrize("name", ["Clôture", "Preis", "Cierre"])
def test_a_decimal_comma_of_the_language_leaves_a_dot_in_doubt(name):
    with pytest.raises(UnreadableError, match="no line of the file says which"):
        parse(f"Date;{name}\n2024-05-13;1.234\n".encode(), "ABC")


@pytest.mark.parametrize(
    ("close", "adjusted"),
    [("Close", "Adjusted Price"), ("Close", "Adj Close Price"), ("Close", "Close (Adjusted)"),
     ("Close", "Adjusted Close Price (USD)"), ("Price", "Price - Adjusted"), ("NAV", "Adj. NAV"),
     ("Price", "Total Return Index"), ("Clôture", "Clôture ajustée**"), ("Cierre", "Cierre ajustado**"),
     ("Fechamento", "Fechamento ajustado"), ("Chiusura", "Chiusura rettificata")],
)  # fmt: skip
def test_an_adjusted_close_of_no_source_in_particular_goes_before_the_close(close, adjusted):
    rows = parse(f"Date;{close};{adjusted}\n13/05/2024;101,25;50,625\n14/05/2024;1.102,00;1.102,00\n".encode(), "ABC")
    assert rows.adj_close.tolist() == [50.625, 1102]
    assert rows.close.tolist() == [101.25, 1102]


@pytest.mark.parametrize("name", ["Cash Dividend", "Dividends paid", "Ex-Dividends", "Distributions"])
def test_a_dividend_of_no_source_in_particular_is_read(name):
    rows = parse(f"As Of,NAV per Share,{name}\n2024-05-13,100,--\n2024-05-14,99,1.5\n".encode(), "ABC")
    assert (rows.close.tolist(), rows.dividend.tolist()) == ([100, 99], [0, 1.5])


def test_a_series_of_the_european_central_bank_is_read():
    text = "KEY,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE,OBS_STATUS\nEXR.D.USD,D,USD,2024-05-13,1.0795,A\n"
    assert parse(text.encode(), "EURUSD=X").close.tolist() == [1.0795]


R = """
"Index","{0}.Open","{0}.High","{0}.Low","{0}.Close","{0}.Volume","{0}.Adjusted"
2024-05-10,100,102,99,100.5,1200,50.25
2024-05-13,101,102,99,101.25,1200,50.625
2024-05-14,1101.5,1102,99,1102,1200,1102
"""


@pytest.mark.parametrize("symbol", ["AAPL", "^GSPC", "BRK-B", "0700.HK", "A", "LOW"])
@pytest.mark.parametrize("index", ["Index", "", "Date"])
def test_the_files_own_symbol_is_no_part_of_a_name(symbol, index):
    rows = parse(R.format(symbol.lstrip("^")).lstrip().replace("Index", index).encode(), symbol)
    assert (rows.open.tolist(), rows.close.tolist(), rows.adj_close.tolist()) == (OPEN, CLOSE, ADJUSTED)


@pytest.mark.parametrize(
    ("symbol", "other"), [("LOW", "Low Price"), ("PRE", "pre_close"), ("BID", "Bid Close"), ("HIGH", "High Price")]
)
def test_a_symbol_that_is_a_word_of_another_column_is_no_close(symbol, other):
    assert parse(f"Date,{other},Settle\n2024-05-13,1,2\n".encode(), symbol).close.tolist() == [2]
    assert parse(f"Date,{other},Close\n2024-05-13,1,2\n".encode(), symbol).close.tolist() == [2]


@pytest.mark.parametrize("name", ["{}_{}", "{} {}", "{}.{}", "{} - {}"])
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_symbols_in_the_names_the_files_own_is_taken(name, turned):
    pairs = [("Close", "AAPL"), ("Adj Close", "AAPL"), ("Close", "MSFT"), ("Adj Close", "MSFT")]
    names = [name.format(*(pair[::-1] if turned else pair)) for pair in pairs]
    rows = parse(f"Date,{','.join(names)}\n2024-05-13,1,2,3,4\n".encode(), "MSFT")
    assert (rows.close.tolist(), rows.adj_close.tolist()) == ([3], [4])
    with pytest.raises(UnreadableError, match="no column close"):
        parse(f"Date,{','.join(names)}\n2024-05-13,1,2,3,4\n".encode(), "SPY")


@pytest.mark.parametrize("marks", [("Y", "N"), ("1", "1"), ("0", "1"), ("True", "false"), ("yes", "yes")])
def test_a_column_that_marks_rows_as_adjusted_is_no_adjusted_close(marks):
    lines = [f"2024-05-{day},{price},{mark}\n" for day, price, mark in zip((13, 14), (10, 11), marks, strict=True)]
    rows = parse(f"Date,Close,Adjusted\n{''.join(lines)}".encode(), "ABC")
    assert (rows.close.tolist(), rows.adj_close) == ([10, 11], None)
    assert rows.columns[2] == ("Adjusted", "")


PAGE = """
Date;Open;High;Low;Close Close price adjusted for splits.;Adj Close Adjusted close price adjusted for splits and \
dividend and/or capital gain distributions.;Volume
Jun 12, 2024;100;103;99;102;102;1,000
Jun 11, 2024;0.50 Dividend
Jun 11, 2024;100;103;99;101;101;1,000
Jun 10, 2024;10:1 Stock Splits
Jun 10, 2024;100;103;99;100;99.50;1,000
Jun 7, 2024;100;103;99;100;99.50;1,000
"""


@pytest.mark.parametrize("padding", ["", ";;;;;"])
@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_a_page_of_yahoo_tells_dividends_and_splits_in_rows_of_their_own(padding, delimiter):
    text = PAGE.lstrip().replace("Dividend\n", f"Dividend{padding}\n").replace("Splits\n", f"Splits{padding}\n")
    rows = parse(text.replace(";", delimiter).encode(), "NVDA")
    assert rows.close.tolist() == [100, 100, 101, 102]
    assert rows.adj_close.tolist() == [99.5, 99.5, 101, 102]
    assert rows.dividend.tolist() == [0, 0, 0.5, 0]
    assert rows.split.tolist() == [1, 10, 1, 1]
    assert rows.lines.tolist() == [7, 6, 4, 2]


@pytest.mark.parametrize(
    ("row", "line"), [("Jun 9, 2024;0.50 Dividend", 3), ("Jun 11, 2024;0.50 Dividend\nJun 11, 2024;0.20 Dividend", 4)]
)
def test_an_event_without_a_session_or_told_twice_is_refused(row, line):
    text = PAGE.lstrip().replace("Jun 11, 2024;0.50 Dividend", row)
    with pytest.raises(UnreadableError, match=f"line {line}: it has 2 cells"):
        parse(text.encode(), "NVDA")


INVESTING = {  # the header, a date and the thousands and decimal marks of each language
    "Japanese": ("日付け,終値,始値,高値,安値,出来高,変化率 %", "2024年05月{}日", ",."),
    "Korean": ("날짜,종가,시가,고가,저가,거래량,변동 %", "2024- 05- {}", ",."),
    "Chinese": ("日期,收盘,开盘,高,低,交易量,涨跌幅", "2024年5月{}日", ",."),
    "Russian": ("Дата,Цена,Откр.,Макс.,Мин.,Объём,Изм. %", "{}.05.2024", ".,"),
    "Turkish": ("Tarih,Şimdi,Açılış,Yüksek,Düşük,Hac.,Fark %", "{}.05.2024", ".,"),
    "Polish": ("Data,Ostatnio,Otwarcie,Max.,Min.,Wol.,Zmiana%", "{}.05.2024", ".,"),
    "Swedish": ("Datum,Senaste,Öppen,Högst,Lägst,Vol.,+/- %", "2024-05-{}", ".,"),
}


@pytest.mark.parametrize("language", INVESTING)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_investing_com_is_read_in_more_languages(language, encoding):
    header, date, (group, decimal) = INVESTING[language]
    prices = [("1{}102{}00", "1{}101{}50"), ("101{1}25", "101{1}00"), ("100{1}50", "100{1}00")]
    lines = [",".join(f'"{name}"' for name in header.split(","))]
    for day, pair in zip((14, 13, 10), prices, strict=True):
        close, opening = (price.format(group, decimal) for price in pair)
        lines.append(f'"{date.format(day)}","{close}","{opening}","{close}","{opening}","1{decimal}20M","0{decimal}50%"')
    rows = parse("\n".join(lines).encode(encoding), "ABC")
    assert np.array(rows.days, "datetime64[D]").astype(str).tolist() == DAYS
    assert (rows.close.tolist(), rows.open.tolist()) == (CLOSE, OPEN)
