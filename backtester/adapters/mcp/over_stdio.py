"""MCP over stdin and stdout, for assistants that start the server themselves."""

from __future__ import annotations

import anyio
from mcp.server.stdio import stdio_server

from backtester.adapters.mcp.handlers import create_server
from backtester.adapters.mcp.worker_process import WorkerProcess
from backtester.settings import Settings


def serve_stdio(settings: Settings) -> int:
    """Serve until stdin ends; return the exit status. The SDK keeps stdout, and points descriptor 1 at stderr."""

    async def serve() -> None:
        runs = WorkerProcess(settings)
        server = create_server(lambda context: runs)
        try:
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())
        finally:
            with anyio.CancelScope(shield=True):
                await runs.close()

    anyio.run(serve)
    return 0
