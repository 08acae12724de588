"""The dependencies of routes: the service, the principal, the body; and their responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from backtester.model.errors import BacktestError
from backtester.service.auth.authenticator import was_forwarded
from backtester.service.auth.principal import Principal
from backtester.service.auth.rate_limit import TooManyError
from backtester.service.components import Service
from backtester.service.http.body import read_body
from backtester.service.http.problem import problem
from backtester.service.jobs.job_service import MOST_KEY_CHARACTERS, RefusedError

PROBLEM = "application/problem+json"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=MOST_KEY_CHARACTERS,
        description="Makes the request safe to repeat: the same key with the same body returns the same job.",
    ),
]  # fmt: skip


def root_of(request: Request) -> str:
    """Return the path prefix that addresses begin with, for a client behind a proxy; empty where there is none."""
    root: str = request.scope.get("root_path", "")
    return root


def queue_link(request: Request) -> str:
    """Return the header that points from a synchronous run to the queue."""
    return f'<{root_of(request)}/backtests>; rel="alternate"'


def service_of(request: Request) -> Service:
    """Return the components of this process."""
    service: Service = request.app.state.service
    return service


def needs(scope: str) -> Callable[[Request], Awaitable[Principal]]:
    """Return the dependency that authenticates a caller, counts the request and requires a scope."""

    async def admitted(request: Request) -> Principal:
        headers = request.headers
        try:
            principal, allowance = await service_of(request).admit(
                headers.get("authorization"), peer=request.client.host if request.client else None,
                forwarded=was_forwarded(headers), host=headers.get("host"),
            )  # fmt: skip
        except TooManyError as error:
            request.state.allowance = error.allowance
            raise
        request.state.owner = principal.owner
        request.state.allowance = allowance
        principal.require(scope)
        return principal

    return admitted


Runs = Annotated[Principal, Depends(needs("run"))]
Reads = Annotated[Principal, Depends(needs("read"))]
Watches = Annotated[Principal, Depends(needs("metrics"))]


async def body_of(request: Request) -> bytes:
    """Read the request document, within its limits of size and time."""
    settings = service_of(request).settings
    return await read_body(request, max_bytes=settings.runner.max_request_bytes, seconds=settings.body_seconds)


def answer(
    request: Request, content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:  # fmt: skip
    """Respond with a document, byte for byte."""
    made = {"Cache-Control": "no-store", **allowance_headers(request), **(headers or {})}
    return Response(content, status_code=status, headers=made, media_type=media_type)


def refusal(request: Request, refused: RefusedError) -> Response:
    """Respond with the error document of a refused request, as the runner writes it."""
    headers = {"Link": queue_link(request)} if refused.error.code == "RUN_TOO_LONG" else {}
    return problem(refused.error, refused.request_id, {**allowance_headers(request), **headers})


def failure(request: Request, error: BacktestError) -> Response:
    """Respond with an error document without a request_id."""
    return problem(error, None, allowance_headers(request))


def allowance_headers(request: Request) -> dict[str, str]:
    """Return the RateLimit headers, in the form of the drafts before structured fields."""
    allowance = getattr(request.state, "allowance", None)
    if allowance is None or allowance.limit is None:
        return {}
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(round(allowance.reset_seconds)),
    }
