"""The ASGI application of the sockets and their health routes, and the command `sockets` that serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backtester.adapters.socketio.protocol_errors import Bounded
from backtester.adapters.socketio.sockets import Sockets
from backtester.model.errors import AccessError, RequestError
from backtester.service.components import Service
from backtester.service.http.guard import Guard
from backtester.service.http.problem import problem
from backtester.service.http.server import FRAME_SLACK_BYTES
from backtester.service.jobs.job_store import StoreError
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

    app = Starlette(lifespan=lifespan, routes=[Route("/health/live", _live), Route("/health/ready", _ready)])
    most = settings.runner.max_request_bytes + FRAME_SLACK_BYTES
    app.mount("/socket.io", Bounded(Sockets(service).server, max_bytes=most, seconds=settings.body_seconds))
    app.state.service = service
    app.add_exception_handler(HTTPException, _nothing)
    app.add_middleware(Guard)
    return app


def main(arguments: list[str]) -> int:
    """Serve live updates until SIGTERM or SIGINT; return the exit status."""
    return serve_app(arguments, create_app, name="sockets", about="Serve live updates, Socket.IO.", port=PORT)


async def _live(request: Request) -> Response:
    return JSONResponse(request.app.state.service.alive())


async def _ready(request: Request) -> Response:
    try:
        return JSONResponse(await request.app.state.service.ready())
    except StoreError as error:
        return problem(error)


async def _nothing(request: Request, error: Any) -> Response:
    if error.status_code == 405:
        detail = f"This address does not accept {request.method}. Socket.IO is at /socket.io/."
        return problem(RequestError("METHOD_NOT_ALLOWED", detail), None, error.headers)
    return problem(
        AccessError(
            "NOT_FOUND",
            "No route has this address.",
            remedy="Socket.IO is at `/socket.io/`; the REST API is on another port.",
        )
    )
