"""Reads the body of a request: declared as JSON, within a size and a time."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.types import Receive

from backtester.codec.decode import too_large
from backtester.model.errors import LimitError, RequestError, echo

_JSON = re.compile(r"application/(?:[a-z0-9!#$&^_.+-]{1,100}\+)?json")


async def read_body(request: Request, *, max_bytes: int, seconds: float) -> bytes:
    """Read the whole body, or none of it where the headers already refuse it.

    RequestError UNSUPPORTED_MEDIA_TYPE, LimitError REQUEST_TOO_LARGE and REQUEST_TIMEOUT; starlette's ClientDisconnect
    when the client has disconnected.
    """
    _check_declared(request)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > max_bytes):
        raise too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > max_bytes:
                    raise too_large(max_bytes)
    except TimeoutError:
        detail = f"The body had not arrived after {seconds:g} seconds. Send it faster, or in smaller requests."
        raise LimitError("REQUEST_TIMEOUT", detail) from None
    return bytes(body)


async def client_left(receive: Receive) -> None:
    """Wait until the client disconnects, once its body has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _check_declared(request: Request) -> None:
    """RequestError for a body that is not declared as plain JSON.

    A page of another site can post a form or text without a preflight request, but not JSON. A compressed body would be
    small on the wire and of any size here.
    """
    kinds = request.headers.getlist("content-type")
    kind = kinds[0].partition(";")[0].strip().lower() if len(kinds) == 1 else ""
    if not _JSON.fullmatch(kind):
        wrong = f"The Content-Type is {echo(kind)!a}." if kind else "The header Content-Type is missing."
        if len(kinds) > 1:
            wrong = "The request has more than one Content-Type."
        raise RequestError("UNSUPPORTED_MEDIA_TYPE", f"{wrong} Send application/json.")
    for encoding in request.headers.getlist("content-encoding"):
        if encoding.strip().lower() not in ("", "identity"):
            detail = f"The Content-Encoding is {echo(encoding)!a}."
            raise RequestError("UNSUPPORTED_MEDIA_TYPE", detail, remedy="Send the body without an encoding.")
