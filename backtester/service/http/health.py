"""The health routes and the answers to unknown addresses of the services beside REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from backtester.model.errors import AccessError, BacktestError, RequestError
from backtester.service.http.problem import problem


def health_routes() -> list[Route]:
    """Return /health/live and /health/ready. The application's `state.service` is the Service."""
    return [Route("/health/live", _live), Route("/health/ready", _ready)]


def not_here(address: str) -> Callable[[Request, Any], Awaitable[Response]]:
    """Return the handler of unknown addresses and methods. address: a sentence with the application's own."""

    async def handle(request: Request, error: Any) -> Response:
        if error.status_code == 405:
            detail = f"This address does not accept {request.method}. {address}."
            return problem(RequestError("METHOD_NOT_ALLOWED", detail), None, error.headers)
        remedy = f"{address}; the REST API is on another port."
        return problem(AccessError("NOT_FOUND", "No route has this address.", remedy=remedy))

    return handle


async def _live(request: Request) -> Response:
    return JSONResponse(request.app.state.service.alive())


async def _ready(request: Request) -> Response:
    try:
        return JSONResponse(await request.app.state.service.ready())
    except BacktestError as error:
        return problem(error)
