"""Serves one application on one port until SIGTERM or SIGINT."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from backtester.runtime.signals import StopFlag, stopping_signals
from backtester.service.http.connection import MAX_HEADER_BYTES, PIECE_BYTES, http_protocol, socket_protocol
from backtester.service.service_settings import ServiceSettings

BACKLOG = 2048
# Longer than proxies keep a connection to their upstream (60 seconds), so that none is closed just as it is used.
KEEP_ALIVE_SECONDS = 75
# A socket's message is read up to so many times the limit of a request, to answer REQUEST_TOO_LARGE; beyond that, where
# reading on would cost more than the answer is worth, the connection ends. A request as JSON text in JSON is escaped.
MESSAGE_LIMITS = 4
AROUND_BYTES = 65536  # of a message around its request

log = structlog.get_logger(__name__)


def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    settings: ServiceSettings,
    stop: StopFlag | None = None,
    port_option: str = "--port",
    on_ready: Callable[[int], None] | None = None,
    on_stop: Callable[[], None] | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    port: 0 for any free one. port_option: what chose it, for messages. stop: has listened for signals from the start of
    the process. on_ready: called with the port once the server accepts requests. on_stop: called when the server begins
    to stop, to end streams. Running requests have `sync_seconds`; then they are cancelled. The status is 0 after a
    signal, 1 when the port is not available or the application does not start.
    """
    try:
        listeners = _listen(host, port)
    except (OSError, OverflowError) as error:
        log.error(f"cannot listen on {_address(host, port)}: {_remedy(error, port_option)}")
        return 1
    port = listeners[0].getsockname()[1]

    def ready() -> None:
        log.info(f"listening on http://{_address(host, port)}")
        if on_ready is not None:
            on_ready(port)

    try:
        _Server(_config(app, settings), stop, ready, on_stop).run(sockets=listeners)
    except SystemExit:  # the application did not start; uvicorn has logged why
        return 1
    except KeyboardInterrupt:  # before the server handled signals, or after
        return 0
    finally:
        for listener in listeners:
            listener.close()
    return 0


def message_limit(settings: ServiceSettings) -> int:
    """Return the largest message of a socket that is read, bytes."""
    return MESSAGE_LIMITS * settings.runner.max_request_bytes + AROUND_BYTES


def _config(app: ASGIApp, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=http_protocol(
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            write_seconds=settings.write_seconds,
        ),
        ws=socket_protocol(write_seconds=settings.write_seconds) or "none",
        ws_max_size=message_limit(settings),
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        # Unset, uvicorn would log every message of every request.
        log_level="info" if settings.log_level == "debug" else "warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(settings.sync_seconds),
        reset_contextvars=True,  # else a pipelined request would inherit the request id of the one before
    )


class _Server(uvicorn.Server):
    """Uvicorn's server, except that after a signal the process exits normally, not by that signal."""

    def __init__(
        self, config: uvicorn.Config, stop: StopFlag | None, on_ready: Callable[[], None],
        on_stop: Callable[[], None] | None,
    ) -> None:  # fmt: skip
        super().__init__(config)
        self._stop = stop
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._on_stop is not None:
            self._on_stop()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = {*HANDLED_SIGNALS, *stopping_signals()}
        before: dict[int, Any] = {number: signal.signal(number, self.handle_exit) for number in handled}
        if self._stop is not None and self._stop.signal is not None:  # it came before
            self.handle_exit(self._stop.signal, None)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of the host name, all on one port."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[socket.socket] = []
    refused: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            listener = _bound(socket.socket(family, kind, protocol), (address[0], port, *address[2:]))
        except OSError as error:
            # `localhost` has an IPv6 address even where the machine has no IPv6
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                for other in listeners:
                    other.close()
                raise
            refused = error
            continue
        listeners.append(listener)
        port = listener.getsockname()[1]
    if not listeners:
        raise refused or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return listeners


def _bound(listener: socket.socket, address: tuple[Any, ...]) -> socket.socket:
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Connections inherit it. The kernel buffers little, so that unread bytes stay in the process and are seen.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, PIECE_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _remedy(error: Exception, option: str) -> str:
    if isinstance(error, socket.gaierror):
        return "the host name is unknown; try --host 127.0.0.1"
    if isinstance(error, OverflowError):
        return f"a port is at most 65535; choose another with {option}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"another process listens there; stop it, or choose another port with {option} (0 for any free one)"
    if number == errno.EACCES:
        return f"the system does not allow it; choose a port above 1023 with {option}"
    if number == errno.EADDRNOTAVAIL:
        return "the address is not this machine's; try --host 127.0.0.1, or --host 0.0.0.0 for all of them"
    return str(error)
