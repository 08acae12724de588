"""Middleware around every request: id, security headers, responses to uncaught exceptions, a log line, metrics."""

from __future__ import annotations

import asyncio
import re
import time
import traceback
import uuid
from collections.abc import Iterable
from typing import Protocol

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from backtester.model.errors import BacktestError, from_exception
from backtester.service.http.connection import EXTENSION, Connection
from backtester.service.http.problem import being_stopped, problem

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
CLIENT_CLOSED = 499
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Counts requests; `telemetry.metrics.HttpMetrics` is one."""

    def begin(self) -> None:
        """Note that a request has begun."""

    def end(self, *, method: str, route: str | None, status: int, seconds: float) -> None:
        """Note how it ended. route: the template, None when no route took the request."""


class ClientGoneError(OSError):
    """Raised by `send` within a response to a client that has disconnected, so that its producer stops."""


class Guard:
    """The middleware: the outermost but for CORS, whose headers a response to an exception needs too.

    Add it with `app.add_middleware(Guard, …)`: Starlette's own response to an exception is made outside of that. The
    request id is `request.state.request_id`; `request.state.owner`, where it is set, is logged.
    """

    def __init__(self, app: ASGIApp, *, observer: Observer | None = None) -> None:
        """Wrap `app`."""
        self.app = app
        self.observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; a websocket gets an id only."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope["state"]["method"] = "HEAD"
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        with bound_contextvars(request_id=request_id):
            if scope["type"] == "websocket":
                await self.app(scope, receive, send)
            else:
                await _Exchange(self, scope, send, request_id).run(receive)


def _without_body(send: Send) -> Send:
    """Return a `send` that ends the response after its headers. ClientGoneError stops the producer of a stream."""
    ended = False

    async def send_headers(message: Message) -> None:
        nonlocal ended
        if ended:
            if message.get("more_body"):
                raise ClientGoneError("a HEAD request has no body")
            return
        await send(message)
        if message["type"] == "http.response.start":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            ended = True

    return send_headers


class _Exchange:
    """One request and its response."""

    def __init__(self, guard: Guard, scope: Scope, send: Send, request_id: str) -> None:
        self.guard = guard
        self.scope = scope
        self.request_id = request_id
        self.connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        self.status: int | None = None
        self.bytes = 0
        self._send = send

    async def run(self, receive: Receive) -> None:
        """Run the application; respond to its exceptions; count and log the request."""
        observer, began = self.guard.observer, time.perf_counter()
        if observer is not None:
            observer.begin()
        left = False
        try:
            await self.guard.app(self.scope, receive, self.send)
        except (ClientDisconnect, ClientGoneError) as error:
            left = True
            _let_go(error)
        except asyncio.CancelledError:
            if self.status is not None:
                raise
            # the server stops and has waited long enough
            await problem(being_stopped())(self.scope, receive, self.send)
        except Exception as error:
            await self._failed(error, receive)
        finally:
            self._note(time.perf_counter() - began, left=left)

    async def send(self, message: Message) -> None:
        """Send a message. ClientGoneError within a response to a client that has disconnected."""
        more = False
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._with_headers(message.get("headers", ()))}
        elif message["type"] == "http.response.body":
            more = message.get("more_body", False)
            self.bytes += len(message.get("body", b""))
        await self._send(message)
        if more and self.connection is not None and self.connection.gone:
            raise ClientGoneError("the client has disconnected")

    def _with_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = [(name, value) for name, value in headers if name.lower() != b"x-request-id"]
        present = {name.lower() for name, _ in given}
        given += [(name, value) for name, value in SECURITY_HEADERS if name not in present]
        return [*given, (b"x-request-id", self.request_id.encode("ascii"))]

    async def _failed(self, error: Exception, receive: Receive) -> None:
        """Respond to an uncaught exception; within a response the server closes the connection."""
        if not isinstance(error, BacktestError):
            log.error("an unexpected error", exc_info=error)
            error = from_exception(error)
        if self.status is None:
            await problem(error)(self.scope, receive, self.send)

    def _note(self, seconds: float, *, left: bool) -> None:
        method, route = asked_method(self.scope), _template(self.scope)
        status = self.status if self.status is not None else CLIENT_CLOSED if left else 500
        if self.guard.observer is not None:
            self.guard.observer.end(method=method, route=route, status=status, seconds=seconds)
        more = {"owner": owner} if (owner := self.scope["state"].get("owner")) else {}
        if left:
            more["client_gone"] = True
        log.info(
            "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), bytes=self.bytes, **more
        )


def asked_method(scope: Scope) -> str:
    """Return the method that the client sent: a HEAD request runs as a GET whose body is not sent."""
    method: str = scope["state"].get("method", scope["method"])
    return method


def _let_go(error: BaseException) -> None:
    """Clear the frames of an exception: a generator in them is then closed now, not at the next garbage collection."""
    held: BaseException | None = error
    while held is not None:
        traceback.clear_frames(held.__traceback__)
        held = held.__context__


def _template(scope: Scope) -> str | None:
    """Return the declared path of the route, with names for its parameters; None without a route."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path if isinstance(path, str) else None
