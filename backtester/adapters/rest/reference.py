"""The routes of strategies, schemas, errors, symbols, health and metrics."""

from __future__ import annotations

import json
import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backtester.adapters.rest.dependencies import Reads, Watches, answer, service_of
from backtester.adapters.rest.openapi import errors
from backtester.codec.document import encode
from backtester.contract.schemas import read_schema
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import AccessError, slug
from backtester.prices.listing import listing
from backtester.runtime.plug_ins.strategy_listing import listing_by_command
from backtester.service.components import in_thread
from backtester.service.jobs.stores.job_store import OF_THE_MOMENT
from backtester.service.telemetry.metrics import JobsCollector, ProcessMetrics, render_metrics

_FRESH_SECONDS = 5.0  # a symbol that a run has fetched is listed after this time
router = APIRouter(tags=["reference"])
_CODES = {slug(code): code for code in ERROR_CODES}
_ANY: dict[str, Any] = {"application/json": {"schema": {}}}


@router.get(
    "/strategies",
    summary="Strategies",
    responses={200: {"description": "Names, descriptions and parameter schemas.", "content": _ANY}, **errors(500)},
)
async def strategies(request: Request) -> Response:
    """List the strategies with the schemas of their parameters, plug-ins included."""
    state = request.app.state
    if not hasattr(state, "strategies"):
        state.strategies = await in_thread(listing_by_command)
    return answer(request, state.strategies, headers={"Cache-Control": "public, max-age=60"})


@router.get(
    "/schemas/{name:path}",
    summary="A schema of the contract",
    responses={
        200: {"description": "JSON Schema 2020-12.", "content": {"application/schema+json": {"schema": {}}}},
        **errors(404, 500),
    },
)
async def schema(request: Request, name: str) -> Response:
    """Return a schema of `schemas/`: request, result, error, progress, job, strategies/momentum and so on."""
    name = name.removesuffix(".schema.json")
    parts = name.split("/")
    if len(parts) > 2 or not all(part.isascii() and part.replace("_", "").isalnum() for part in parts):
        raise _no_schema()
    try:
        found = read_schema(name)
    except (KeyError, OSError):
        raise _no_schema() from None
    content = json.dumps(found, indent=2).encode("ascii")
    return answer(
        request, content, headers={"Cache-Control": "public, max-age=60"}, media_type="application/schema+json"
    )


def _no_schema() -> AccessError:
    remedy = "Try `/schemas/request`, or `/schemas/strategies/momentum`."
    return AccessError("NOT_FOUND", "No schema has this name.", remedy=remedy)


@router.get(
    "/errors/{name}",
    summary="What an error means",
    responses={
        200: {"description": "The code that the `type` of an error names.", "content": _ANY},
        **errors(404, 500),
    },
)
async def error_code(request: Request, name: str) -> Response:
    """Return what a code means and what helps: what the `type` of an error document leads to."""
    code = _CODES.get(name)
    if code is None:
        raise AccessError("NOT_FOUND", "No error has this name.", remedy="Try `/errors/validation-failed`.")
    content = encode({"code": code, **ERROR_CODES[code]._asdict()})
    return answer(request, content, headers={"Cache-Control": "public, max-age=60"})


@router.get(
    "/symbols",
    summary="Symbols",
    responses={
        200: {"description": "Symbols whose prices need no network.", "content": _ANY},
        **errors(401, 403, 429, 500, 503),
    },
)
async def symbols(request: Request, principal: Reads) -> Response:
    """List the symbols whose prices need no network."""
    state = request.app.state
    cached = getattr(state, "symbols", None)
    if cached is None or time.monotonic() - cached[0] > _FRESH_SECONDS:
        listed = await in_thread(listing, service_of(request).settings.runner)
        cached = state.symbols = (time.monotonic(), encode(listed))
    return answer(request, cached[1])


@router.get("/health/live", summary="Whether the process answers", responses={200: {"description": "It does."}})
async def live(request: Request) -> Response:
    """Return the version, and whether authentication is on."""
    return answer(request, encode(service_of(request).alive()))


@router.get(
    "/health/ready",
    summary="Whether the store accepts jobs",
    responses={200: {"description": "It does."}, **errors(503)},
)
async def ready(request: Request) -> Response:
    """Write to the store, and leave nothing there."""
    return answer(request, encode(await service_of(request).ready()))


@router.get(
    "/metrics",
    summary="Metrics",
    responses={
        200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **errors(401, 403, 429, 500, 503),
    },
)
async def metrics(request: Request, principal: Watches) -> Response:
    """Return the metrics of this process, and of the jobs of all processes."""
    service = service_of(request)
    limit = {"queue_limit": service.settings.queue_limit}
    jobs = JobsCollector(lambda: {**service.store.statistics(), **limit}, warnings=OF_THE_MOMENT)
    content, kind = await in_thread(render_metrics, (request.app.state.http_metrics, jobs, ProcessMetrics()))
    return answer(request, content, media_type=kind)
