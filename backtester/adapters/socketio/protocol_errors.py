"""Ends a connection that violates the Socket.IO protocol, without a traceback in the log or harm to other connections.

The library logs a traceback for every malformed packet and goes on reading, accepts `connect` and `disconnect` as
events of a client, and does not close connections that never authenticate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import socketio
import structlog
from socketio import packet
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backtester.codec.decode import too_large
from backtester.model.errors import LimitError
from backtester.service.http.body import client_left
from backtester.service.http.problem import problem

UNANSWERED = "start_backtest (no acknowledgement)"  # this event's name here when its sender wants no acknowledgement
_RESERVED = ("connect", "disconnect", UNANSWERED)
_EIO_SID = "backtest.eio_sid"  # the key of a connection's id in the scope of its first request
_CLOSE_CODE = "backtest.close_code"  # the key, in a connection's environ, of its websocket's close code
_LEFT = (1000, 1001)  # the client, or its page, has closed the websocket; uvicorn gives 1005 to a lost one
_EVENTS = (packet.EVENT, packet.BINARY_EVENT)
log = structlog.get_logger("sockets")


class Packet(packet.Packet):  # type: ignore[misc]
    """A packet with an event that a client may emit."""

    def decode(self, encoded_packet: Any) -> int:
        """Decode a packet; ValueError for a malformed one."""
        attachments: int = super().decode(encoded_packet)
        if self.packet_type in _EVENTS:
            data = self.data
            if not (isinstance(data, list) and data and isinstance(data[0], str)) or data[0] in _RESERVED:
                raise ValueError("not an event")
            if data[0] == "start_backtest" and self.id is None:
                data[0] = UNANSWERED  # the library does not pass this on to a handler
        return attachments


def end_connection(server: socketio.AsyncServer, eio_sid: str) -> None:
    """Close a client's connection, whether or not it reads."""

    async def end() -> None:
        connection = server.eio.sockets.pop(eio_sid, None)
        if connection is None:
            return
        await connection.close(wait=False, reason=server.reason.SERVER_DISCONNECT)
        await connection.queue.put(None)  # the library sends a close packet and waits for ever; this closes

    # a task: the caller may be the one that reads the connection
    server.start_background_task(end)


def was_lost(server: socketio.AsyncServer, sid: str, reason: object) -> bool:
    """Return whether a connection that ends was lost, and not closed by its client or by this server."""
    if reason == server.reason.PING_TIMEOUT:
        return True
    closed = server.get_environ(sid).get(_CLOSE_CODE)
    return reason == server.reason.TRANSPORT_CLOSE and closed is not None and closed not in _LEFT


def guard_protocol(server: socketio.AsyncServer, *, connect_seconds: float) -> None:
    """End a connection that violates the protocol, or that has not authenticated after so many seconds."""
    handlers = server.eio.handlers
    connect: Callable[..., Awaitable[None]] = handlers["connect"]
    message: Callable[..., Awaitable[None]] = handlers["message"]

    def check_authenticated(eio_sid: str) -> None:
        if eio_sid in server.environ and server.manager.sid_from_eio_sid(eio_sid, "/") is None:
            end_connection(server, eio_sid)

    async def connected(eio_sid: str, environ: Any) -> None:
        environ["asgi.scope"][_EIO_SID] = eio_sid
        await connect(eio_sid, environ)
        asyncio.get_running_loop().call_later(connect_seconds, check_authenticated, eio_sid)

    async def received(eio_sid: str, data: Any) -> None:
        try:
            await message(eio_sid, data)
        except Exception as error:  # any exception of the library about a client's packet
            log.info("a malformed packet", error=type(error).__name__)
            end_connection(server, eio_sid)

    server.eio.on("connect", connected)
    server.eio.on("message", received)


def client_fault_logger() -> logging.Logger:
    """Return a logger for the library that logs a line, not a traceback, for an exception about a client's packet.

    Exceptions of our handlers are logged by the handlers.
    """
    logger = logging.getLogger("backtester.engineio")
    logger.setLevel(logging.WARNING)  # at `info` it logs every packet
    if not logger.filters:
        logger.addFilter(_without_traceback)
    return logger


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.getMessage()}: {record.exc_info[0].__name__}", ()
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


class Bounded:
    """Wraps the library's application: limits bodies in size and time, ends broken websockets quietly."""

    def __init__(self, server: socketio.AsyncServer, *, max_bytes: int, seconds: float) -> None:
        """Wrap the server. seconds: the longest time for a body."""
        self._server = server
        self._app: ASGIApp = socketio.ASGIApp(server, socketio_path="")
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or one websocket."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        try:
            body = await self._body(receive)
        except LimitError as error:
            # the rest of the body would be read as the next request
            await problem(error, None, {"Connection": "close"})(scope, receive, send)
            return

        async def received() -> Message:
            return first.pop() if first else await receive()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 500:
                message["status"] = 400  # the library's status for malformed packets
            await send(message)

        first = [body]
        # a poll waits for up to a minute, and not longer than its client is connected
        answering = asyncio.ensure_future(self._app(scope, received, sent))
        leaving = asyncio.ensure_future(client_left(receive))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            answering.cancel()
            leaving.cancel()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sid", [""])[0]

        async def noted() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                environ = self._server.environ.get(scope.get(_EIO_SID) or asked, {})
                environ[_CLOSE_CODE] = message.get("code")
            return message

        try:
            await self._app(scope, noted, send)
        except (ValueError, OSError, RuntimeError) as error:  # a malformed packet, or the client has disconnected
            log.info("a websocket broke off", error=type(error).__name__)
            end_connection(self._server, scope.get(_EIO_SID) or asked)

    async def _body(self, receive: Receive) -> Message:
        """Read the whole body before the library, which would wait for ever. LimitError."""
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._seconds):
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return message
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._max_bytes:
                        raise too_large(self._max_bytes)
        except TimeoutError:
            detail = (
                f"The body had not arrived after {self._seconds:g} seconds. Send it faster, or in smaller requests."
            )
            raise LimitError("REQUEST_TIMEOUT", detail) from None
        return {"type": "http.request", "body": bytes(body), "more_body": False}
