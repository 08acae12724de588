"""The ASGI application of the sockets and their health routes, and the command `sockets` that serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from backtester.adapters.socketio.protocol_errors import Bounded
from backtester.adapters.socketio.sockets import Sockets
from backtester.runtime.signals import StopFlag
from backtester.service.components import Service
from backtester.service.http.guard import Guard
from backtester.service.http.health import health_routes, not_here
from backtester.service.http.server import message_limit
from backtester.service.serve_app import serve_app
from backtester.service.service_settings import ServiceSettings

PORT = 8001


def create_app(settings: ServiceSettings) -> Starlette:
    """Return the application. Nothing is connected to before it starts."""
    service = Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = Starlette(lifespan=lifespan, routes=health_routes())
    sockets = Sockets(service).server
    app.mount("/socket.io", Bounded(sockets, max_bytes=message_limit(settings), seconds=settings.body_seconds))
    app.state.service = service
    app.add_exception_handler(HTTPException, not_here("Socket.IO is at /socket.io/"))
    app.add_middleware(Guard)
    return app


def main(arguments: list[str], stop: StopFlag) -> int:
    """Serve live updates until SIGTERM or SIGINT; return the exit status."""
    return serve_app(arguments, stop, create_app, name="sockets", about="Serve live updates, Socket.IO.", port=PORT)
