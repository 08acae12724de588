"""`python -m backtester mcp`: tools for AI assistants, over stdio, or with `--http` as a service under its keys."""

from __future__ import annotations

from backtester.runtime.command_parser import CommandParser
from backtester.runtime.signals import StopFlag
from backtester.settings import read_settings


def main(arguments: list[str], stop: StopFlag | None) -> int:
    """Serve until stdin ends or a signal comes; return the exit status."""
    if stop is not None and not {"-h", "--help"} & {*arguments}:
        from backtester.adapters.mcp.over_http import main as serve_http

        return serve_http([argument for argument in arguments if argument != "--http"], stop)
    parser = CommandParser.of(
        "mcp",
        description="Serve AI assistants (Model Context Protocol) over stdin and stdout. "
        "The tools: list_strategies, list_symbols, check_request, run_backtest, compare_backtests.",
    )
    parser.add_argument("--http", action="store_true", help="serve streamable HTTP at /mcp under the service's keys")
    parser.add_argument("--host", default="127.0.0.1", help="with --http: the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8002, help="with --http: the port (%(default)s)")
    parser.parse_args(arguments)
    from backtester.adapters.mcp.over_stdio import serve_stdio

    return serve_stdio(read_settings())
