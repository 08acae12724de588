"""Limits of a client's connection that uvicorn leaves to a proxy in front of it, for a service without one.

Headers must be complete within a time and a size, and a response must be read. Uvicorn itself waits for ever for both:
a thousand idle sockets, or a thousand large responses that are not read, would fill the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import structlog

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Http
else:  # the class that uvicorn has chosen; http_protocol and socket_protocol derive from both
    _Http = object

MAX_HEADER_BYTES = 32768
PIECE_BYTES = 65536  # the least that a client must read in `write_seconds`
EXTENSION = "backtest.connection"
_GRACE_SECONDS = 0.02
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

log = structlog.get_logger(__name__)


class Connection(Protocol):
    """The connection as the application sees it, in the scope's `extensions`."""

    @property
    def gone(self) -> bool:
        """Whether the client has disconnected, or was cut off."""


class _Deadline:
    """A timeout. Bytes that arrived while the loop itself was held up are read first: they were in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, late: Callable[[], None]) -> None:
        self._loop = loop
        self._late = late
        self._timer = loop.call_later(seconds, self._nearly)

    def cancel(self) -> None:
        self._timer.cancel()

    def _nearly(self) -> None:
        self._timer = self._loop.call_later(_GRACE_SECONDS, self._late)


class ReadWatch(_Http):
    """Cuts off a client that leaves a response unread for `write_seconds`; for HTTP and websockets.

    A response may take any time, as long as the client reads PIECE_BYTES of it in every `write_seconds`.
    """

    write_seconds: float
    _stall: _Deadline | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Have the transport call pause_writing for any unsent byte, and resume_writing when none is left."""
        # Nothing is added between the two, so the buffer shrinks by exactly what the client has read.
        transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        self._forget_stall()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """Stop waiting: everything was read."""
        self._forget_stall()
        super().resume_writing()

    def _await_reader(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._stall = _Deadline(self.loop, self.write_seconds, self._check_reader)

    def _check_reader(self) -> None:
        self._stall = None
        unread = self.transport.get_write_buffer_size()
        if self._unread - unread >= PIECE_BYTES:
            self._await_reader()
            return
        event = "a client that does not read was cut off"
        log.warning(event, seconds=self.write_seconds, unread_bytes=unread, **self._about())
        self.transport.abort()  # close() would wait until everything is sent

    def _about(self) -> dict[str, Any]:
        """Return the log's fields about the current request."""
        return {}

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


class HeaderWatch(ReadWatch):
    """Closes a connection whose next request's headers are not complete in time.

    The time begins with the connection, and after a response with the first byte of the next request; before that
    uvicorn's own timeout of idle connections runs. The rest of an unread body has `body_seconds`.
    """

    header_seconds: float
    body_seconds: float
    in_body = False
    _due: _Deadline | None = None
    _upgraded = False

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, _loop=_loop)
        served = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[EXTENSION] = self
            await served(scope, receive, send)

        self.app = app

    @property
    def gone(self) -> bool:
        """Whether the client has disconnected, or was cut off."""
        return self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for headers."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        self._forget_due()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on, then start or stop the timer."""
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        """Stop the timer where a pipelined request is next."""
        super().on_response_complete()
        if self._busy():
            self._forget_due()

    def handle_websocket_upgrade(self, *args: Any) -> None:
        """Leave the connection to the websockets' protocol."""
        self._upgraded = True
        self._forget_due()
        self._forget_stall()
        super().handle_websocket_upgrade(*args)

    def _about(self) -> dict[str, Any]:
        # The loop calls back in the connection's context, which lacks the request's id.
        request_id = self.cycle.scope.get("state", {}).get("request_id") if self.cycle is not None else None
        return {} if request_id is None else {"request_id": request_id}

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _settle(self) -> None:
        if self._upgraded or self._busy() or self.transport.is_closing():
            self._forget_due()
        elif self._due is None:
            self._await_headers()

    def _await_headers(self) -> None:
        seconds = self.body_seconds if self.in_body else self.header_seconds
        self._due = _Deadline(self.loop, seconds, self._give_up)

    def _give_up(self) -> None:
        self._due = None
        log.debug("a connection without complete headers was closed", seconds=self.header_seconds)
        self.transport.close()

    def _forget_due(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


class HeaderLimit(HeaderWatch):
    """Limits the size of headers: httptools has no limit, unlike h11."""

    _header_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Count the bytes of incomplete headers."""
        before = self.in_body or self._busy()
        super().data_received(data)
        if before or self.in_body or self._busy() or self._upgraded:
            self._header_bytes = 0
            return
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        """Check headers that came in one piece."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADER_BYTES:
            self._refuse()
            raise ValueError("the headers are too large")  # ends the parsing; the response is sent
        self.in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect headers next."""
        self.in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Respond to malformed HTTP, unless a response was sent."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self.transport.write(_TOO_LARGE)
        self.transport.close()


def http_protocol(*, header_seconds: float, body_seconds: float, write_seconds: float) -> type[asyncio.Protocol]:
    """Return the class for uvicorn's `http`: over httptools, or over h11 where that is not installed."""
    times = {"header_seconds": header_seconds, "body_seconds": body_seconds, "write_seconds": write_seconds}
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("HttpConnection", (HeaderWatch, H11Protocol), times)
    return type("HttpConnection", (HeaderLimit, HttpToolsProtocol), times)


def socket_protocol(*, write_seconds: float) -> type[asyncio.Protocol] | None:
    """Return the class for uvicorn's `ws`; None where no library for websockets is installed."""
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    if not isinstance(AutoWebSocketsProtocol, type):
        return None
    return type("SocketConnection", (ReadWatch, AutoWebSocketsProtocol), {"write_seconds": write_seconds})
