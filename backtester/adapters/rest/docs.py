"""Swagger UI at /docs and the OpenAPI document, from files that are installed: no request goes to another host."""

from __future__ import annotations

import functools
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backtester.adapters.rest.dependencies import answer, root_of
from backtester.codec.document import encode
from backtester.model.errors import AccessError

# Addresses are relative to the page, so that they hold behind a proxy with a path prefix.
_PAGE = b"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>backtest-runner: REST API</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
"""
_START = b"""\
SwaggerUIBundle({url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, showExtensions: false})
"""
# Swagger UI sets styles of elements, and has its icons as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KINDS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript", "favicon.png": "image/png"}
_CACHED = {"Cache-Control": "public, max-age=3600"}
router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def page(request: Request) -> Response:
    """Return the page."""
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return a file of the page."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript", headers=_CACHED)
    if name not in _KINDS:
        raise AccessError("NOT_FOUND", "No route has this address. /docs lists the routes.")
    return Response(_content(name), media_type=_KINDS[name], headers=_CACHED)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document; behind a proxy with a path prefix `servers` has it."""
    document = request.app.openapi()
    prefix = root_of(request)
    if prefix:
        document = {**document, "servers": [{"url": prefix}]}
    return answer(request, encode(document))


@functools.cache
def _content(name: str) -> bytes:
    import fastapi_offline

    return Path(fastapi_offline.__file__).with_name("static").joinpath(name).read_bytes()
