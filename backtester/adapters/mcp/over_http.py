"""Streamable HTTP under the service's keys: the ASGI application, and what serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from backtester.adapters.mcp.handlers import Context, create_server
from backtester.adapters.mcp.queued_runs import QueuedRuns
from backtester.model.errors import AccessError, BacktestError
from backtester.runtime.signals import StopFlag
from backtester.service.auth.authenticator import was_forwarded
from backtester.service.components import Service
from backtester.service.http.body import read_body
from backtester.service.http.guard import Guard
from backtester.service.http.health import health_routes, not_here
from backtester.service.http.problem import problem
from backtester.service.http.server import AROUND_BYTES
from backtester.service.serve_app import serve_app
from backtester.service.service_settings import ServiceSettings

PORT = 8002


def create_app(settings: ServiceSettings) -> Starlette:
    """Return the application: POST /mcp, and the health routes. Nothing is connected to before it starts."""
    service = Service(settings)
    endpoint = _Endpoint(service)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running(), endpoint.manager.run():
            yield

    app = Starlette(lifespan=lifespan, routes=[Route("/mcp", endpoint, methods=None), *health_routes()])
    app.state.service = service
    app.add_exception_handler(HTTPException, not_here("MCP is at /mcp"))
    app.add_middleware(Guard)
    return app


class _Endpoint:
    """Authenticates each request, reads its body within the service's limits, and passes it to the SDK.

    Requests stand alone (stateless): any process of several behind a proxy can answer them.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._most = service.settings.runner.max_request_bytes + AROUND_BYTES
        self.manager = StreamableHTTPSessionManager(
            create_server(self._runner_of), stateless=True, max_request_body_size=self._most
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            await self._admit(request)
            if request.method == "POST":
                receive = await self._read(request, receive)
        except BacktestError as error:
            await problem(error)(scope, receive, send)
            return
        await self.manager.handle_request(scope, receive, send)

    async def _admit(self, request: Request) -> None:
        headers = request.headers
        principal, _ = await self._service.admit(
            headers.get("authorization"), peer=request.client.host if request.client else None,
            forwarded=was_forwarded(headers), host=headers.get("host"),
        )  # fmt: skip
        request.state.owner = principal.owner
        request.state.principal = principal

    async def _read(self, request: Request, receive: Receive) -> Receive:
        """Read the body; return a `receive` that gives it once, then what the client does next."""
        body = await read_body(request, max_bytes=self._most, seconds=self._service.settings.body_seconds)
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        return replay

    def _runner_of(self, context: Context) -> QueuedRuns:
        request: Any = context.request
        if request is None:
            raise AccessError("UNAUTHENTICATED", "The caller is not known.")
        return QueuedRuns(self._service, request.state.principal)


def main(arguments: list[str], stop: StopFlag) -> int:
    """Serve MCP over HTTP until SIGTERM or SIGINT; return the exit status."""
    about = "Serve AI assistants over streamable HTTP."
    return serve_app(arguments, stop, create_app, name="mcp", about=about, port=PORT)
