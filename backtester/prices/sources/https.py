"""Asks one address over HTTPS, within a time and a size, through the proxy of the environment.

The standard library's client, so that a source needs no package. It bounds the wait for one piece of an answer only;
here the socket knows the deadline of the whole, so that a server that sends a byte a second ends at it too.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from backtester.model.record import Record
from backtester.prices.sources.source import UNAVAILABLE, SourceFailure

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # sixty years of daily rows as JSON take four
AGENT = "backtest-runner"
_PIECE = 1 << 16


class Reply(Record):
    """The answer of a server: its status, whatever it is, and its body."""

    status: int
    body: bytes


def get(
    address: str, query: Mapping[str, str], *, timeout_seconds: float, headers: Mapping[str, str] | None = None
) -> Reply:
    """Return the answer of `address`, an https:// one, with `query` added.

    timeout_seconds: of the whole, redirects included. headers: sent to this host alone, not to where it redirects.
    SourceFailure UNAVAILABLE: no connection, no answer in time, too large an answer, a redirect to another scheme.
    """
    request = Request(f"{address}?{urlencode(query)}", headers={"User-Agent": AGENT})  # noqa: S310 (https alone)
    for name, value in (headers or {}).items():
        request.add_unredirected_header(name, value)
    deadline = time.monotonic() + timeout_seconds
    opener = build_opener(ProxyHandler(), HTTPSHandler(context=_context(deadline)), _OnlyHttps())
    try:
        try:
            answer = opener.open(request, timeout=timeout_seconds)
        except HTTPError as error:  # a status of 400 and above is an answer, too
            answer = error
        with answer:
            return Reply(status=int(answer.status or 0), body=_read(answer, deadline))
    except SourceFailure:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceFailure(UNAVAILABLE, _reason(error)) from error


def _read(answer: Any, deadline: float) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            raise SourceFailure(UNAVAILABLE, f"its answer is larger than {MAX_ANSWER_BYTES // 2**20} MiB")
        if time.monotonic() > deadline:
            raise TimeoutError
        pieces.append(piece)
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > size:  # read1 does not tell
        raise SourceFailure(UNAVAILABLE, "its answer was cut short")
    return b"".join(pieces)


def _context(deadline: float) -> ssl.SSLContext:
    """Return a context whose sockets wait for the deadline, not for a time after each piece."""

    class TimedSocket(ssl.SSLSocket):
        def recv_into(self, *args: Any, **options: Any) -> int:
            self.settimeout(max(deadline - time.monotonic(), 0.001))
            return super().recv_into(*args, **options)

    context = ssl.create_default_context()
    context.sslsocket_class = TimedSocket
    return context


class _OnlyHttps(HTTPRedirectHandler):
    """Follows redirects to HTTPS alone: a captive portal is no answer."""

    max_redirections = 3

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if urlsplit(newurl).scheme != "https":
            fp.close()
            raise SourceFailure(UNAVAILABLE, "it redirects to an address that is not HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted here"
    unreadable = isinstance(cause, (http.client.HTTPException, ValueError)) and not isinstance(cause, ConnectionError)
    return "its answer could not be read" if unreadable else "there is no connection to it"
