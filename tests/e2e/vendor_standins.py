"""Stand-ins for Tiingo and Stooq on loopback; see https_standin.py.

with TiingoStandin() as tiingo:
    tiingo.serve("SPY", made_up_prices(date(2020, 1, 1), date(2020, 12, 31)), dividends={date(2020, 6, 1): 1.5})
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tests.e2e.https_standin import HttpsStandin, Page

KEY = "0123456789abcdef-made-up"
HTML = b"<html><body>Sign in to the network</body></html>"
Prices = dict[datetime.date, tuple[float, float]]  # by day: the open and the close


class Listed(NamedTuple):
    """A symbol as a service has it: prices as traded, dividends a share, and new shares for an old one."""

    prices: Prices
    dividends: dict[datetime.date, float]
    splits: dict[datetime.date, float]


def made_up_prices(first: datetime.date, last: datetime.date) -> Prices:
    """Return an open and a close for each day from Monday to Friday; the same for the same arguments."""
    days = (first + datetime.timedelta(days=i) for i in range((last - first).days + 1))
    return {
        day: (100 + (day.toordinal() * 5 % 19) / 4, 100 + (day.toordinal() * 7 % 23) / 4)
        for day in days
        if day.weekday() < 5
    }


class VendorStandin(HttpsStandin):
    """What the two have in common: symbols with prices. Faults are told for a symbol."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols: dict[str, Listed] = {}

    def serve(
        self, name: str, prices: Prices, *, dividends: dict[datetime.date, float] | None = None,
        splits: dict[datetime.date, float] | None = None,
    ) -> None:  # fmt: skip
        """Have prices for a symbol, under the name that the service has for it."""
        self.symbols[name] = Listed(prices, dividends or {}, splits or {})

    def asked(self, name: str) -> list[str]:
        """Return the addresses that were asked for a symbol."""
        return [target for host, target in self.requests if self.key_of(host, target) == name]


class TiingoStandin(VendorStandin):
    """Answers as Tiingo does: JSON, with closes as traded and adjusted ones. It wants KEY in a header."""

    hosts = ("api.tiingo.com", "elsewhere.example")
    behaviours = {  # noqa: RUF012
        "rate_limited": Page(429, b'{"detail": "Error: You have run over your hourly request allocation."}'),
        "month_used_up": Page(200, b"You have run over your 500 symbol look up for this month. Please upgrade."),
        "forbidden": Page(403, b'{"detail": "You do not have permission to access this resource"}'),
        "server_error": Page(500, b"Internal Server Error"),
        "portal_404": Page(404, HTML),
        "html": Page(200, HTML),
        "empty_body": Page(200, b""),
        "malformed": Page(200, b'[{"date": "2020-01-02T00:00:00.000Z", "clo'),
        "no_rows": Page(200, b'[1, "two", null]'),
        "words": Page(200, b'[{"date": "2020-01-02T00:00:00.000Z", "close": "high", "adjClose": 1}]'),
        "no_date": Page(200, b'[{"close": 1, "adjClose": 1}]'),
        "deep": Page(200, b"[" * 100_000),
        "not_text": Page(200, b"\xff\xfe\x00\x00"),
        "to_http": Page(302, b"", b"Location: http://api.tiingo.com/elsewhere\r\n"),
        "in_circles": Page(302, b"", b"Location: https://api.tiingo.com/tiingo/daily/LOOP/prices\r\n"),
        "to_another_host": Page(302, b"", b"Location: https://elsewhere.example/tiingo/daily/FAR/prices\r\n"),
    }

    def key_of(self, host: str, target: str) -> str:
        parts = urlsplit(target).path.split("/")
        return unquote(parts[3]) if len(parts) > 3 else target

    def page(self, host: str, target: str, head: str) -> Page:
        if f"Authorization: Token {KEY}\r\n" not in head and host == "api.tiingo.com":
            return Page(401, b'{"detail": "Invalid token."}')
        name = self.key_of(host, target)
        listed = self.symbols.get(name)
        if listed is None:
            return Page(404, json.dumps({"detail": f"Error: Ticker '{name}' not found"}).encode())
        query = parse_qs(urlsplit(target).query)
        first, last = (query.get(name, [other])[0] for name, other in (("startDate", "0"), ("endDate", "9")))
        return Page(200, json.dumps([row for row in _rows(listed) if first <= row["date"][:10] <= last]).encode())


def _rows(listed: Listed) -> list[dict[str, object]]:
    """Return Tiingo's rows, adjusted by CRSP's rule: all dividends and splits to the present count."""
    days, factor, rows = sorted(listed.prices), 1.0, []
    for day, before in zip(reversed(days), [*reversed(days[:-1]), None], strict=True):
        opens, close = listed.prices[day]
        paid, split = listed.dividends.get(day, 0.0), listed.splits.get(day, 1.0)
        rows.append({
            "date": f"{day}T00:00:00.000Z", "open": opens, "close": close, "high": close, "low": close, "volume": 1,
            "adjOpen": opens * factor, "adjClose": close * factor, "divCash": paid, "splitFactor": split,
        })  # fmt: skip
        if before is not None:
            factor *= (1 - paid / listed.prices[before][1]) / split
    return rows[::-1]


class StooqStandin(VendorStandin):
    """Answers as Stooq does: CSV. It wants the key of the address only after `wants_key`."""

    hosts = ("stooq.com",)
    wants_key = False
    behaviours = {  # noqa: RUF012
        "limit": Page(200, b"Exceeded the daily hits limit"),
        "server_error": Page(502, b"Bad Gateway"),
        "html": Page(200, HTML),
        "empty_body": Page(200, b""),
        "no_figures": Page(200, b"Date,Open,High,Low,Close,Volume\r\n2020-01-02,N/D,N/D,N/D,N/D,N/D\r\n"),
        "no_dates": Page(200, b"Date,Open,High,Low,Close,Volume\r\nyesterday,1,1,1,1,1\r\n"),
        "short_row": Page(200, b"Date,Open,High,Low,Close,Volume\r\n2020-01-02,1,1,1,1,1\r\n2020-01-0"),
        "not_text": Page(200, b"\xff\xfe\x00\x00"),
        "to_http": Page(302, b"", b"Location: http://stooq.com/q/d/l/\r\n"),
    }

    def key_of(self, host: str, target: str) -> str:
        return parse_qs(urlsplit(target).query).get("s", [target])[0]

    def page(self, host: str, target: str, head: str) -> Page:
        query = parse_qs(urlsplit(target).query)
        if self.wants_key and query.get("apikey") != [KEY]:
            return Page(
                200, b"Get your apikey:\n\n1. Open https://stooq.com/q/d/?s=spy.us&get_apikey\n2. Enter the captcha"
            )
        listed = self.symbols.get(query["s"][0])
        first, last = (query.get(name, [other])[0] for name, other in (("d1", "00000000"), ("d2", "99999999")))
        found = [row for row in _lines(listed) if first <= row[:10].replace("-", "") <= last] if listed else []
        if not found:
            return Page(200, b"No data")
        return Page(200, "\r\n".join(["Date,Open,High,Low,Close,Volume", *found, ""]).encode())


def _lines(listed: Listed) -> Iterator[str]:
    for day, (opens, close) in sorted(listed.prices.items()):
        yield f"{day},{opens},{close},{close},{close},1000"
