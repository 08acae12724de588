"""What the tests of the server serve; run as a script, it is the child process that serves it.

It tells the tests by lines on stdout: the port, and what of its handlers began and ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import Response, StreamingResponse

from backtester.model.errors import BacktestError
from backtester.service.http.body import read_body
from backtester.service.http.guard import Guard
from backtester.service.http.problem import problem
from backtester.service.service_settings import read_service_settings
from backtester.service.telemetry.logs import configure_logging
from tests.unit.service.http.serving import BLOCK_HTTPTOOLS, LARGE, MAX_BODY


def tell(text: str) -> None:
    print(text, flush=True)


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    if "fail-to-start" in sys.argv:
        raise RuntimeError("no start today")
    yield
    tell("shut down")


app = FastAPI(lifespan=lifespan)
app.add_middleware(Guard)


@app.exception_handler(BacktestError)
async def answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, BacktestError)
    return problem(error)


@app.get("/things/{thing}")
async def thing(thing: str, request: Request) -> dict[str, str]:
    request.state.owner = "alice"
    return {"thing": thing, "request_id": request.state.request_id}


@app.post("/echo")
async def echo(request: Request) -> dict[str, int]:
    tell(f"reading {request.state.request_id}")
    return {"bytes": len(await read_body(request, max_bytes=MAX_BODY, seconds=1))}


@app.get("/large")
async def large() -> Response:
    return Response(b"x" * LARGE)


async def pieces() -> AsyncIterator[bytes]:
    tell("stream begun")
    try:
        while True:
            yield b"data: {}\n\n" * 1000
            await asyncio.sleep(0)
    finally:
        tell("stream closed")


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(pieces(), media_type="text/event-stream")


async def quiet_pieces() -> AsyncIterator[bytes]:
    try:
        yield b"data: {}\n\n"
        await asyncio.sleep(3600)
    finally:
        tell("quiet closed")


@app.get("/quiet")
async def quiet() -> StreamingResponse:
    return StreamingResponse(quiet_pieces(), media_type="text/event-stream")


class Stubborn(Response):
    """Sends for ever, and never asks whether anybody is there."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 10000, "more_body": True})
                await asyncio.sleep(0)
        finally:
            tell("stubborn closed")


@app.get("/stubborn")
async def stubborn() -> Response:
    return Stubborn()


@app.get("/boom")
async def boom() -> None:
    raise RuntimeError("the inside of /srv/hidden.db")


@app.get("/half")
async def half() -> StreamingResponse:
    async def broken() -> AsyncIterator[bytes]:
        yield b"first half"
        raise RuntimeError("no second half")

    return StreamingResponse(broken())


@app.get("/slow")
async def slow(seconds: float) -> dict[str, str]:
    tell("slow begun")
    await asyncio.sleep(seconds)
    return {"slow": "done"}


@app.websocket("/socket")
async def chat(client: WebSocket) -> None:
    await client.accept()
    try:
        text = await client.receive_text()
        while text == "flood":
            await client.send_text("y" * 100_000)
        await client.send_text(str(len(text)))
        await client.receive_text()
    finally:
        tell("socket closed")


def main() -> int:
    if os.environ.get(BLOCK_HTTPTOOLS):
        sys.modules["httptools"] = None  # type: ignore[assignment]
    from backtester.service.http.server import serve

    settings = read_service_settings()
    configure_logging(settings, "api")
    host = next((arg.removeprefix("host=") for arg in sys.argv if arg.startswith("host=")), "127.0.0.1")
    port = next((int(arg.removeprefix("port=")) for arg in sys.argv if arg.startswith("port=")), 0)
    return serve(
        app, host=host, port=port, settings=settings, on_ready=lambda port: tell(f"port {port}"),
        on_stop=lambda: tell("stopping"),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
