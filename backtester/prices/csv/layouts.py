"""The table of the CSV layouts that are known: what each source calls its columns.

A file need not be of one layout: a column is known by its name, whichever source it comes from. Where several columns
could be the same one, the layout that stands first decides, so that Close goes before Last and Price.
"""

from __future__ import annotations

from typing import NamedTuple

ROLES = ("date", "open", "close", "adj_close", "dividend", "split", "traded")
DELIMITERS = ",;\t|"
_UNIT_MARKS = (("(", ")"), ("[", "]"), (" in ", ""), (" en ", ""))  # around the unit of a column


class Layout(NamedTuple):
    """The columns that a source's export has, each by its name there. The others are not read."""

    name: str
    date: str
    close: str
    open: str | None = None
    adj_close: str | None = None  # total return
    dividend: str | None = None  # of a share, at the ex-date
    split: str | None = None  # new shares for an old one
    traded: str | None = None  # what a share cost on the day, where close is adjusted for splits
    decimal: str = "."  # what the source's language writes

    @property
    def columns(self) -> dict[str, str]:
        """The names of the columns that are read, by role."""
        return {role: getattr(self, role) for role in ROLES if getattr(self, role) is not None}


LAYOUTS = (
    Layout("Plain", "date", "close", "open", "adj_close", "dividend", "split"),
    Layout("Yahoo Finance", "Date", "Close", "Open", "Adj Close"),
    Layout("yfinance", "Date", "Close", "Open", "Adj Close", "Dividends", "Stock Splits"),
    Layout("Alpha Vantage", "timestamp", "close", "open", "adjusted_close", "dividend_amount", "split_coefficient"),
    Layout("Quandl WIKI", "Date", "Close", "Open", "Adj. Close", "Ex-Dividend", "Split Ratio"),
    Layout("Tiingo", "date", "close", "open", "adjClose", "divCash", "splitFactor"),
    Layout("EODHD", "Date", "Close", "Open", "Adjusted_close"),
    Layout("Sharadar", "date", "close", "open", "closeadj", traded="closeunadj"),
    Layout("Norgate", "Date", "Close", "Open", traded="Unadjusted Close"),
    Layout("Marketstack", "date", "close", "open", "adj_close", "dividend", "split_factor"),
    Layout("Intrinio", "date", "close", "open", "adj_close", "ex_dividend", "split_ratio"),
    Layout("Financial Modeling Prep", "date", "close", "open", "adjClose"),
    Layout("Twelve Data", "datetime", "close", "open"),
    Layout("Stooq", "<DATE>", "<CLOSE>", "<OPEN>"),
    Layout("Stooq, Polish", "Data", "Zamkniecie", "Otwarcie"),
    Layout("TradingView", "time", "close", "open"),
    Layout("Polygon", "window_start", "close", "open"),
    Layout("Polygon aggregates", "t", "c", "o"),
    Layout("Binance", "open_time", "close", "open"),
    Layout("CryptoDataDownload", "unix", "close", "open"),
    Layout("CoinGecko", "snapped_at", "price"),
    Layout("NSE India", "Date", "Close Price", "Open Price"),
    Layout("Nasdaq", "Date", "Close/Last", "Open"),
    Layout("Refinitiv", "Exchange Date", "Close", "Open"),
    Layout("Bloomberg", "Date", "PX_LAST", "PX_OPEN"),
    Layout("Barchart", "Time", "Last", "Open"),
    Layout("Dukascopy", "Gmt time", "Close", "Open"),
    Layout("Barchart, latest", "Time", "Latest", "Open"),
    Layout("Investing.com", "Date", "Price", "Open"),
    Layout("Investing.com, German", "Datum", "Zuletzt", "Eröffn.", decimal=","),
    Layout("Investing.com, French", "Date", "Dernier", "Ouv.", decimal=","),
    Layout("Investing.com, Spanish", "Fecha", "Último", "Apertura", decimal=","),
    Layout("Investing.com, Italian", "Data", "Ultimo", "Apertura", decimal=","),
    Layout("Investing.com, Portuguese", "Data", "Último", "Abertura", decimal=","),
    Layout("Investing.com, Dutch", "Datum", "Laatste", "Open", decimal=","),
    Layout("Ariva", "Datum", "Schlusskurs", "Erster", decimal=","),
    Layout("Onvista", "Datum", "Schluss", "Eröffnung", decimal=","),
    Layout("Portfolio Performance", "Date", "Quote"),
    Layout("Portfolio Performance, German", "Datum", "Kurs", decimal=","),
    Layout("Boursorama", "date", "clot", "ouv", decimal=","),
)

MORE_NAMES = {  # of no source in particular
    "date": (
        "trade date", "trading date", "price date", "valuation date", "nav date", "observation_date", "time_period",
        "as of", "as of date", "effective date", "index", "tarih", "дата", "日付け", "日付", "日期", "날짜", "일자",
    ),
    "close": (
        "closing price", "last price", "close adjusted for splits", "close close price adjusted for splits", "nav",
        "net asset value", "nav per share", "settle", "settlement price", "price close", "obs_value",
        "終値", "收盘", "收盘价", "종가",
    ),
    "open": (
        "opening price", "eröffnungskurs", "offen", "öppen", "açılış", "откр.", "始値", "开盘", "开盘价", "시가",
    ),
    "adj_close": (
        "adjusted closing price", "adjusted close price", "adj. close price", "close price (adj.)", "close (adjusted)",
        "adjusted price", "adj. price", "price (adjusted)", "adjusted nav", "adj. nav", "adjusted",
        "adj close adjusted close price adjusted for splits and dividend and/or capital gain distributions",
        "total return index", "adj. schlusskurs", "adj. schluss", "bereinigter schlusskurs", "clôture ajustée",
        "cloture ajustee", "cierre ajustado", "chiusura aggiustata", "chiusura rettificata", "fechamento ajustado",
    ),
    "dividend": (
        # not "dividend per share": a file of every day repeats that of the year in each row
        "cash dividend", "cash dividends", "dividends paid", "ex-dividends", "distribution", "distributions",
    ),
    "split": ("splits", "stock split"),
    "traded": ("close unadjusted",),
    "currency": (
        "currency", "currency code", "ccy", "curr", "währung", "devise", "monnaie", "valuta", "moneda", "divisa",
        "moeda", "waluta",
    ),
    "symbol": ("symbol", "symbols", "ticker", "tickers", "tic", "ric", "instrument", "stock", "security", "name"),
}  # fmt: skip
COMMA_CLOSE_NAMES = (  # the same, of languages with a decimal comma
    "clôture", "cloture", "cours de clôture", "cours", "valeur liquidative", "preis", "schlusspreis", "chiusura",
    "prezzo", "cierre", "precio", "fechamento", "slotkoers", "koers", "zamknięcie", "ostatnio",
    "senaste", "şimdi", "цена",
)  # fmt: skip
LONE_CLOSES = frozenset(("value", "wert", "valeur", "valor", "valore"))  # beside other columns it may be a turnover


def plain_name(cell: str) -> str:
    """Return a header cell without case, spaces, symbols, a unit and a number.

    "5. Adj. Close* (USD)" is adjclose, "Schlusskurs in EUR" is schlusskurs.
    """
    text = cell.strip()
    number, dot, rest = text.partition(". ")
    if dot and number.isdigit():
        text = rest
    for mark, end in _UNIT_MARKS:
        before, _, unit = text.rpartition(mark)
        if before and unit.endswith(end) and len(unit) <= 3 + len(end) and unit == unit.upper():
            text = before
    return "".join(filter(str.isalnum, text.lower()))


def _names() -> dict[str, tuple[str, int]]:
    known: dict[str, tuple[str, int]] = {}
    for layout in LAYOUTS:
        for role, name in layout.columns.items():
            known.setdefault(plain_name(name), (role, len(known)))
    for role, names in (*MORE_NAMES.items(), ("close", (*COMMA_CLOSE_NAMES, *sorted(LONE_CLOSES)))):
        for name in names:
            known.setdefault(plain_name(name), (role, len(known)))
    return known


NAMES = _names()  # plain name: role, rank (the lower goes first)
COMMA_CLOSES = frozenset(
    plain_name(name) for name in (*(each.close for each in LAYOUTS if each.decimal == ","), *COMMA_CLOSE_NAMES)
)


def role_of(name: str) -> str:
    """Return the role of the column with a plain name; empty where it is not known."""
    return NAMES.get(name, ("", 0))[0]
