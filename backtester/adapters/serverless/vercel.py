"""Vercel: a `handler` as its Python runtime wants one, in a file of your own under `api/`; `respond` for ASGI."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler

from backtester.adapters.serverless.pool_client import pool_client
from backtester.adapters.serverless.responses import (
    HttpResponse,
    answer,
    check_head,
    check_length,
    document_of,
    wants_all_or_nothing,
)
from backtester.settings import read_settings

ANSWER_BYTES = 4_500_000  # of a body that Vercel passes on
_PIECE = 1 << 16


def respond(method: str, headers: Mapping[str, str], raw: bytes) -> HttpResponse:
    """Answer a request; nothing is raised. headers: by name in lower case."""
    return answer(document_of(lambda: _document(method, headers, raw)))


def _document(method: str, headers: Mapping[str, str], raw: bytes) -> bytes:
    settings = read_settings()
    check_head(method, headers)
    check_length(headers, max_bytes=settings.max_request_bytes)
    strict = wants_all_or_nothing(headers)
    return pool_client.run(raw, seconds=settings.max_timeout_seconds, most=ANSWER_BYTES, form="plain", strict=strict)


class handler(BaseHTTPRequestHandler):  # noqa: N801  the name that Vercel looks for
    """POST a request, get its document. Vercel tells no deadline: BACKTEST_MAX_TIMEOUT_SECONDS has to stand for it."""

    disable_nagle_algorithm = True  # the head and the body of an answer are two writes: no 40 ms between them

    def do_POST(self) -> None:
        """Answer a request; nothing is raised."""
        self._write(answer(document_of(self._document)))

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: Vercel logs requests itself."""

    def _document(self) -> bytes:
        headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}
        raw = self._body(headers.get("content-length", ""))
        return _document(self.command, headers, raw)

    def _body(self, declared: str) -> bytes:
        """Read the body, also one that will be refused: who is cut off while sending may never see the answer."""
        left = int(declared) if declared.isascii() and declared.isdigit() and len(declared) <= 18 else 0
        most = read_settings().max_request_bytes
        body = bytearray()
        while left > 0 and (piece := self.rfile.read(min(left, _PIECE))):
            left -= len(piece)
            if len(body) <= most:
                body += piece
        return bytes(body)

    def _write(self, made: HttpResponse) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client has gone
            self.send_response(made.status)
            for name, value in {**made.headers, "Content-Length": str(len(made.document))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(made.document)
