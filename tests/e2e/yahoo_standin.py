"""A stand-in for Yahoo Finance on loopback, so that the real yfinance can be driven without a network.

It is an HTTPS proxy (CONNECT) that answers for every host itself, with a certificate of a CA made on the spot:

    with YahooStandin() as yahoo:
        yahoo.serve("SPY", made_up_bars(date(2020, 1, 1), date(2020, 12, 31)), dividends={date(2020, 6, 1): 1.5})
        yahoo.behave("QQQ", "rate_limited", times=2)
        subprocess.run([...], env={**os.environ, **yahoo.environment()})

Binds 127.0.0.1 only, on a free port.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

HANG_SECONDS = 20.0
BEHAVIOURS = (
    "rate_limited",
    "hang",
    "empty_body",
    "no_result",
    "not_found",
    "server_error",
    "server_error_json",
    "malformed",
    "html",
    "closed",
)
NOT_FOUND = {
    "chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}
}


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


class YahooStandin:
    """Answers as Yahoo does, and misbehaves on demand. `requests` lists (host, path with query) in order."""

    def __init__(self) -> None:
        self.symbols: dict[str, Symbol] = {}
        self.behaviours: dict[str, list[Any]] = {}  # by symbol, or by path for other pages: [behaviour, times left]
        self.requests: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> YahooStandin:
        self._folder = Path(tempfile.mkdtemp(prefix="yahoo-standin-"))
        self._tls = _make_certificate(self._folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in list(self._threads):
            thread.join()
        self._listener.close()
        shutil.rmtree(self._folder)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that send curl_cffi and requests here, and make them trust it."""
        proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        bundle = str(self._folder / "ca.pem")
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
        proxies = {name: proxy for base in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (base, base.lower())}
        return {**proxies, "NO_PROXY": "", "no_proxy": "", **dict.fromkeys(names, bundle)}

    def serve(self, name: str, bars: list[Bar], **details: Any) -> None:
        """Have prices for a symbol."""
        self.symbols[name] = Symbol(bars=bars, **details)

    def behave(self, key: str, behaviour: str, *, times: int = 10**9) -> None:
        """Misbehave on the next `times` requests for a symbol's chart, or for a path such as /v1/test/getcrumb."""
        assert behaviour in BEHAVIOURS
        self.behaviours[key] = [behaviour, times]

    def forgive(self) -> None:
        """End all misbehaviour."""
        self.behaviours.clear()

    def charts(self, name: str) -> list[str]:
        """Return the charts asked for: the path with query, without the time zone look-ups."""
        return [path for _, path in self.requests if f"/chart/{quote(name, safe='')}?" in path and "period1" in path]

    # The wire ----------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._converse, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _converse(self, plain: socket.socket) -> None:
        """Take one CONNECT, then answer requests inside the tunnel until the client leaves."""
        with plain, suppress(OSError, ValueError, EOFError):
            plain.settimeout(HANG_SECONDS)
            head = _read_head(plain)
            host = head.split()[1].rsplit(":", 1)[0]
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self._tls.wrap_socket(plain, server_side=True) as tunnel:
                tunnel.settimeout(0.2)
                while not self._stopping.is_set():
                    try:
                        head = _read_head(tunnel)
                    except TimeoutError:
                        continue
                    tunnel.settimeout(HANG_SECONDS)
                    if not self._answer(tunnel, host, head.split()[1]):
                        return
                    tunnel.settimeout(0.2)

    def _answer(self, tunnel: ssl.SSLSocket, host: str, target: str) -> bool:
        """Answer one request; False ends the conversation."""
        url = urlsplit(target)
        with self._lock:
            self.requests.append((host, target))
            key = unquote(url.path.rsplit("/", 1)[1]) if "/chart/" in url.path else url.path
            left = self.behaviours.get(key) or self.behaviours.get(host) or ["", 0]
            behaviour = left[0] if left[1] > 0 else ""
            left[1] -= 1
        if behaviour == "closed":
            return False
        if behaviour == "hang":
            self._stopping.wait(HANG_SECONDS)
            return False
        status, body = self._misbehave(behaviour) if behaviour else self._page(host, url.path, parse_qs(url.query))
        extra = b""
        if host == "fc.yahoo.com":
            extra = b"Set-Cookie: A3=d=made-up; Max-Age=31557600; Domain=.yahoo.com; Path=/; Secure\r\n"
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n".encode()
        tunnel.sendall(head + extra + b"\r\n" + body)
        return True

    @staticmethod
    def _misbehave(behaviour: str) -> tuple[int, bytes]:
        broken = {"chart": {"result": None, "error": {"code": "Internal", "description": "Something went wrong"}}}
        return {
            "rate_limited": (429, b"Too Many Requests\r\n"),
            "empty_body": (200, b""),
            "no_result": (200, b'{"chart": {"result": [], "error": null}}'),
            "not_found": (404, json.dumps(NOT_FOUND).encode()),
            "server_error": (500, b"Internal Server Error"),
            "server_error_json": (502, json.dumps(broken).encode()),
            "malformed": (200, b'{"chart": {"result": [{"meta": {"cur'),
            "html": (404, b"<html><body>Sign in to the network</body></html>"),
        }[behaviour]

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


def _read_head(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(65536)
        if not chunk:
            raise EOFError
        head += chunk
    return head.decode("latin-1")


def _make_certificate(folder: Path) -> ssl.SSLContext:
    """Make a CA (ca.pem) and a server certificate of it for Yahoo's hosts, valid for two days."""
    config = folder / "san.cnf"
    config.write_text("subjectAltName=DNS:*.yahoo.com,DNS:*.finance.yahoo.com\nextendedKeyUsage=serverAuth\n")

    def openssl(*arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
            env={
                "PATH": os.environ["PATH"],
                "RANDFILE": str(folder / "rnd"),
            },
        )

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Stand-in CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=*.yahoo.com")
    openssl(
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        "server.pem",
        "-extfile",
        "san.cnf",
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


@contextmanager
def refused_proxy() -> Iterator[dict[str, str]]:
    """Yield an environment whose proxy refuses connections: an unreachable network."""
    with socket.socket() as reserved:  # bound but not listening, so the port stays ours and refuses
        reserved.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        yield dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), proxy) | {
            "NO_PROXY": "",
            "no_proxy": "",
        }
