"""A stand-in for Yahoo Finance on loopback, so that the real yfinance can be driven without a network.

    with YahooStandin() as yahoo:
        yahoo.serve("SPY", made_up_bars(date(2020, 1, 1), date(2020, 12, 31)), dividends={date(2020, 6, 1): 1.5})
        yahoo.behave("QQQ", "rate_limited", times=2)
        subprocess.run([...], env={**os.environ, **yahoo.environment()})
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from tests.e2e.https_standin import HttpsStandin, Page

NOT_FOUND = {
    "chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}
}
BROKEN = {"chart": {"result": None, "error": {"code": "Internal", "description": "Something went wrong"}}}


@dataclass(frozen=True)
class Bar:
    """One session as Yahoo has it: split-adjusted prices, not adjusted for dividends; None is Yahoo's null."""

    day: datetime.date
    close: float | None
    open: float | None = None
    volume: int | None = 1000


@dataclass
class Symbol:
    bars: list[Bar]
    dividends: dict[datetime.date, float] = field(default_factory=dict)
    gains: dict[datetime.date, float] = field(default_factory=dict)  # capital gains, which funds pay out
    splits: dict[datetime.date, tuple[int, int]] = field(default_factory=dict)
    unadjusted: frozenset[datetime.date] = frozenset()  # dividends that the adjusted closes leave out, by mistake
    zone: str = "America/New_York"
    kind: str = "ETF"
    regular: tuple[float, float] | None = None  # current trading period, epoch seconds; None: 9:30 to 16:00 yesterday


def made_up_bars(
    first: datetime.date, last: datetime.date, *, base: float = 100.0, weekends: bool = False
) -> list[Bar]:
    """Return a bar a day, Monday to Friday unless `weekends`; the same for the same arguments."""
    days = (first + datetime.timedelta(days=i) for i in range((last - first).days + 1))
    return [
        Bar(day, close=base + (day.toordinal() * 7 % 23) / 4, open=base + (day.toordinal() * 5 % 19) / 4)
        for day in days
        if weekends or day.weekday() < 5
    ]


class YahooStandin(HttpsStandin):
    """Answers as Yahoo does. Faults are told for a symbol, for a path such as /v1/test/getcrumb, or for a host."""

    hosts = ("*.yahoo.com", "*.finance.yahoo.com")
    behaviours = {  # noqa: RUF012
        "rate_limited": Page(429, b"Too Many Requests\r\n"),
        "empty_body": Page(200, b""),
        "no_result": Page(200, b'{"chart": {"result": [], "error": null}}'),
        "not_found": Page(404, json.dumps(NOT_FOUND).encode()),
        "server_error": Page(500, b"Internal Server Error"),
        "server_error_json": Page(502, json.dumps(BROKEN).encode()),
        "malformed": Page(200, b'{"chart": {"result": [{"meta": {"cur'),
        "html": Page(404, b"<html><body>Sign in to the network</body></html>"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.symbols: dict[str, Symbol] = {}

    def serve(self, name: str, bars: list[Bar], **details: Any) -> None:
        """Have prices for a symbol."""
        self.symbols[name] = Symbol(bars=bars, **details)

    def charts(self, name: str) -> list[str]:
        """Return the charts asked for: the path with query, without the time zone look-ups."""
        return [path for _, path in self.requests if f"/chart/{quote(name, safe='')}?" in path and "period1" in path]

    def key_of(self, host: str, target: str) -> str:
        path = urlsplit(target).path
        return unquote(path.rsplit("/", 1)[1]) if "/chart/" in path else path

    def page(self, host: str, target: str, head: str) -> Page:
        url = urlsplit(target)
        status, body = self._page(host, url.path, parse_qs(url.query))
        cookie = b"Set-Cookie: A3=d=made-up; Max-Age=31557600; Domain=.yahoo.com; Path=/; Secure\r\n"
        return Page(status, body, cookie if host == "fc.yahoo.com" else b"")

    def _page(self, host: str, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        if path == "/v1/test/getcrumb":
            return 200, b"made.up.crumb"
        if not path.startswith("/v8/finance/chart/"):
            return (404 if host == "fc.yahoo.com" else 200), b"<html></html>"
        symbol = self.symbols.get(unquote(path.rsplit("/", 1)[1]))
        if symbol is None:
            return 404, json.dumps(NOT_FOUND).encode()
        if "range" in query:  # the time zone look-up: the latest session
            first = max((bar.day for bar in symbol.bars), default=datetime.date.min)
            last = first + datetime.timedelta(days=1)
        else:
            zone = ZoneInfo(symbol.zone)
            first, last = (
                datetime.datetime.fromtimestamp(int(query[name][0]), zone).date() for name in ("period1", "period2")
            )
            bars = symbol.bars
            if not bars or last <= bars[0].day or first > bars[-1].day:
                description = f"Data doesn't exist for startDate = {query['period1'][0]}, endDate = 1"
                error = {"code": "Bad Request", "description": description}
                return 400, json.dumps({"chart": {"result": None, "error": error}}).encode()
        return 200, json.dumps(_chart(unquote(path.rsplit("/", 1)[1]), symbol, first, last)).encode()


def _chart(name: str, symbol: Symbol, first: datetime.date, last: datetime.date) -> dict[str, Any]:
    """Build Yahoo's chart of first <= day < last; without sessions it has no `timestamp` and an empty quote."""
    zone = ZoneInfo(symbol.zone)

    def at(day: datetime.date, hour: int = 9, minute: int = 30) -> int:
        return int(datetime.datetime.combine(day, datetime.time(hour, minute), zone).timestamp())

    yesterday = datetime.datetime.now(zone).date() - datetime.timedelta(days=1)
    opens, closes = symbol.regular or (at(yesterday), at(yesterday, 16, 0))
    period = {"timezone": "X", "gmtoffset": 0, "start": int(opens), "end": int(closes)}
    meta = {
        "currency": "USD",
        "symbol": name,
        "instrumentType": symbol.kind,
        "exchangeTimezoneName": symbol.zone,
        "priceHint": 2,
        "validRanges": ["1d", "max"],
        "dataGranularity": "1d",
        "currentTradingPeriod": {"pre": dict(period), "regular": dict(period), "post": dict(period)},
    }
    chosen = [(bar, adjusted) for bar, adjusted in _adjusted(symbol) if first <= bar.day < last]
    if not chosen:
        result = {"meta": meta, "indicators": {"quote": [{}], "adjclose": [{}]}}
        return {"chart": {"result": [result], "error": None}}
    bars = [bar for bar, _ in chosen]
    quote = {
        "open": [bar.open for bar in bars],
        "close": [bar.close for bar in bars],
        "low": [bar.close for bar in bars],
        "high": [bar.close for bar in bars],
        "volume": [bar.volume for bar in bars],
    }
    dividends = {
        str(at(day)): {"amount": amount, "date": at(day)}
        for day, amount in symbol.dividends.items()
        if first <= day < last
    }
    splits = {
        str(at(day)): {"date": at(day), "numerator": up, "denominator": down, "splitRatio": f"{up}:{down}"}
        for day, (up, down) in symbol.splits.items()
        if first <= day < last
    }
    gains = {
        str(at(day)): {"amount": amount, "date": at(day)} for day, amount in symbol.gains.items() if first <= day < last
    }
    named = (("dividends", dividends), ("capitalGains", gains), ("splits", splits))
    events = {name: found for name, found in named if found}
    result = {
        "meta": meta,
        "timestamp": [at(bar.day) for bar in bars],
        "events": events,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": [adjusted for _, adjusted in chosen]}]},
    }
    return {"chart": {"result": [result], "error": None}}


def _adjusted(symbol: Symbol) -> Iterator[tuple[Bar, float | None]]:
    """Yield each bar with its dividend-adjusted close, by Yahoo's rule: factor 1 - dividend / close before the ex-date.

    All dividends to the present count, whatever range is asked for, and capital gains with them.
    """
    factor, backwards = 1.0, []
    bars = sorted(symbol.bars, key=lambda bar: bar.day)
    for i in range(len(bars) - 1, -1, -1):
        bar = bars[i]
        backwards.append((bar, None if bar.close is None else bar.close * factor))
        before = next((earlier.close for earlier in reversed(bars[:i]) if earlier.close), None)
        told = 0 if bar.day in symbol.unadjusted else symbol.dividends.get(bar.day, 0)
        paid = told + symbol.gains.get(bar.day, 0)
        if paid and before:
            factor *= 1 - paid / before
    yield from reversed(backwards)
