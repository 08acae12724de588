"""The FastAPI application, and the command `api` that serves it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from backtester._version import __version__
from backtester.adapters.rest import backtests, docs, events, reference
from backtester.adapters.rest.dependencies import allowance_headers, failure, refusal
from backtester.adapters.rest.openapi import publish
from backtester.model.errors import AccessError, BacktestError, Problem, RequestError, UnexpectedError, echo
from backtester.runtime.signals import StopFlag
from backtester.service.components import Service
from backtester.service.http.guard import Guard, asked_method
from backtester.service.http.problem import problem
from backtester.service.http.root_path import RootPath
from backtester.service.jobs.job_service import RefusedError
from backtester.service.serve_app import serve_app
from backtester.service.service_settings import ServiceSettings
from backtester.service.telemetry.metrics import HttpMetrics
from backtester.service.telemetry.traces import instrument

PORT = 8000
_ROUTERS = (backtests.router, events.router, reference.router, docs.router)
_EXPOSED = [
    "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    "Retry-After", "X-Request-Id",
]  # fmt: skip


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the application. Nothing is connected to before it starts."""
    service = Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        title="backtest-runner", version=__version__, lifespan=lifespan, openapi_url=None, redirect_slashes=False
    )
    app.state.service = service
    app.state.http_metrics = HttpMetrics()
    for router in _ROUTERS:
        app.include_router(router)
    app.add_middleware(Guard, observer=app.state.http_metrics)
    app.add_middleware(
        CORSMiddleware, allow_origins=list(settings.cors_origins), allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID",
                       "X-Request-Id", "traceparent"],
        expose_headers=_EXPOSED, max_age=600,
    )  # fmt: skip
    app.add_middleware(RootPath, settings=settings)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(BacktestError, _failed)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(RequestValidationError, _wrong_parameters)
    publish(app)
    instrument(app)
    return app


def main(arguments: list[str], stop: StopFlag) -> int:
    """Serve the API until SIGTERM or SIGINT; return the exit status."""
    return serve_app(arguments, stop, create_app, name="api", about="Serve the REST API.", port=PORT)


async def _refused(request: Request, error: Any) -> Response:
    return refusal(request, error)


async def _failed(request: Request, error: Any) -> Response:
    return failure(request, error)


async def _no_route(request: Request, error: Any) -> Response:
    """Respond with the contract's error document where no route matches."""
    headers = {**allowance_headers(request), **(error.headers or {})}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
        return problem(
            RequestError(
                "METHOD_NOT_ALLOWED",
                f"This address does not accept {asked_method(request.scope)}. The header Allow lists what it accepts.",
            ),
            None,
            headers,
        )
    if error.status_code == 404:
        return problem(
            AccessError("NOT_FOUND", "No route has this address.", remedy="`/docs` lists the routes."), None, headers
        )
    if error.status_code < 500:
        return problem(
            RequestError("VALIDATION_FAILED", "The HTTP request is malformed. Correct it and send it again."),
            None,
            headers,
        )
    return problem(UnexpectedError(), None, headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of all routes with the address; Starlette gives those of the first."""
    routes = [route for router in _ROUTERS for route in router.routes]
    matching = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {method for route in matching for method in getattr(route, "methods", None) or ()}
    return sorted({*methods, "HEAD"} if "GET" in methods else methods)


async def _wrong_parameters(request: Request, error: Any) -> Response:
    """Respond to wrong parameters as to a wrong request: every problem, each with a pointer."""
    problems = tuple(
        Problem(
            pointer="/" + "/".join(str(part) for part in one["loc"]), code="INVALID_VALUE", detail=one["msg"],
            received=echo(one.get("input")), has_received="input" in one,
        )
        for one in error.errors()[:100]
    )  # fmt: skip
    detail = f"{len(problems)} problem{'s' if len(problems) > 1 else ''} with the parameters"
    return failure(request, RequestError("VALIDATION_FAILED", detail, problems=problems))
