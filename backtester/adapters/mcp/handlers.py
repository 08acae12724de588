"""The tools and resources, over the official SDK. Tools take data only, as the contract's schemas have it: no code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import mcp_types as types
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from backtester._version import __version__
from backtester.adapters.mcp.excerpts import (
    block_of,
    check_excerpt,
    comparison,
    error_excerpt,
    listed,
    result_excerpt,
    strategy_excerpt,
    strategy_list,
    strategy_of,
    uri_of,
)
from backtester.adapters.mcp.runners import Progress, Runner, checked
from backtester.adapters.mcp.tools import compared_requests, strategies, strategy_name, strategy_named, symbols, tools
from backtester.model.errors import BacktestError, RequestError
from backtester.runtime.stdio import explain

_JSON = "application/json"
_INSTRUCTIONS = (
    "Backtests of investment strategies on historical prices. Begin with list_strategies and list_symbols, send a "
    "request to run_backtest, and read blocks of its result as resources. All rates are fractions: 0.12 is 12 %. Past "
    "results say little about the future; the best of many tried settings is likely to be luck."
)
Context: TypeAlias = ServerRequestContext[Any, Any]
RunnerOf = Callable[[Context], Runner]
_Call = Callable[[Runner, dict[str, Any], Context], Awaitable[types.CallToolResult]]
_T = TypeVar("_T")


def create_server(runner_of: RunnerOf) -> Server[Any]:
    """Return the server. runner_of: returns what runs the requests of the caller of a context."""
    handlers = _Handlers(runner_of)
    return Server(
        "backtest-runner", version=__version__, instructions=_INSTRUCTIONS,
        on_list_tools=handlers.list_tools, on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources, on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
    )  # fmt: skip


class _Handlers:
    def __init__(self, runner_of: RunnerOf) -> None:
        self._runner_of = runner_of
        # with the scope that each needs, that of REST: strategies and schemas are for everyone who has a key
        self._calls: dict[str, tuple[str | None, _Call]] = {
            "list_strategies": (None, self._list_strategies),
            "list_symbols": ("read", self._list_symbols),
            "check_request": ("run", self._check_request),
            "run_backtest": ("run", self._run_backtest),
            "compare_backtests": ("run", self._compare_backtests),
        }

    async def list_tools(self, context: Context, params: Any) -> types.ListToolsResult:
        """List the tools with the contract's schemas."""
        return types.ListToolsResult(tools=[*tools()])

    async def call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """Call a tool. An error of the contract is the tool's result: the assistant reads it and mends its request."""
        if params.name not in self._calls:
            raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name[:40]!a}. tools/list names them.")
        scope, call = self._calls[params.name]
        try:
            runner = self._runner_of(context)
            if scope is not None:
                runner.require(scope)
            return await call(runner, params.arguments or {}, context)
        except Exception as error:
            return _failed(explain(error).as_document())

    async def list_resources(self, context: Context, params: Any) -> types.ListResourcesResult:
        """List the metrics of the latest results; list_templates has the other blocks."""
        runner = self._runner_of(context)
        keys = await _permitted(runner, runner.keys)
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=uri_of(key, "metrics"), name=f"metrics of {key}", mime_type=_JSON) for key in keys
            ]
        )

    async def list_templates(self, context: Context, params: Any) -> types.ListResourceTemplatesResult:
        """Describe the addresses of blocks, and of the schemas of parameters."""
        block = types.ResourceTemplate(
            uri_template="backtest://results/{key}/{block}", name="block of a result", mime_type=_JSON,
            description="A block of a result, as schemas/result describes it: series, weights, trades, tables, and so "
            "on. run_backtest returns the addresses.",
        )  # fmt: skip
        schema = types.ResourceTemplate(
            uri_template="backtest://schemas/strategies/{name}", name="parameters of a strategy", mime_type=_JSON,
            description="The JSON Schema of a strategy's parameters.",
        )  # fmt: skip
        return types.ListResourceTemplatesResult(resource_templates=[block, schema])

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Return a block of a result, or the schema of a strategy's parameters, as JSON."""
        runner, name = self._runner_of(context), strategy_of(params.uri)
        content = await (_block(params.uri, runner) if name is None else _schema(name))
        text = types.TextResourceContents(uri=params.uri, mime_type=_JSON, text=json.dumps(content))
        return types.ReadResourceResult(contents=[text])

    async def _list_strategies(
        self, runner: Runner, arguments: dict[str, Any], context: Context
    ) -> types.CallToolResult:
        name = strategy_name(arguments)
        if name is None:
            return _answered(strategy_list(await asyncio.to_thread(strategies)))
        return _answered(strategy_excerpt(await asyncio.to_thread(strategy_named, name)))

    async def _list_symbols(self, runner: Runner, arguments: dict[str, Any], context: Context) -> types.CallToolResult:
        return _answered(listed("symbols", await asyncio.to_thread(symbols, arguments, runner.settings)))

    async def _check_request(self, runner: Runner, arguments: dict[str, Any], context: Context) -> types.CallToolResult:
        found = await asyncio.to_thread(checked, arguments, runner.settings)
        return _answered(check_excerpt(found.request, [warning.as_document() for warning in found.warnings]))

    async def _run_backtest(self, runner: Runner, arguments: dict[str, Any], context: Context) -> types.CallToolResult:
        key, document = await runner.run(arguments, _reporter(context))
        return _failed(document) if key is None else _answered(result_excerpt(document, key))

    async def _compare_backtests(
        self, runner: Runner, arguments: dict[str, Any], context: Context
    ) -> types.CallToolResult:
        requests = compared_requests(arguments)
        report, ended = _reporter(context), 0

        async def one(request: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
            nonlocal ended
            try:
                return await runner.run(request, _unreported)
            except BacktestError as error:
                return None, error.as_document()
            finally:
                ended += 1
                await report(ended / len(requests), f"{ended} of {len(requests)} backtests")

        outcomes = await asyncio.gather(*map(one, requests))
        return _answered(comparison([document for _, document in outcomes], [key for key, _ in outcomes]))


async def _block(uri: str, runner: Runner) -> Any:
    """Return the block of a result that has an address. MCPError where there is none."""
    key, block = block_of(uri) or (None, "")
    document = None if key is None else await _permitted(runner, lambda: runner.result(key))
    if document is None or document.get(block) is None:
        detail = "No result has this address, or no longer. Call run_backtest again; it returns the addresses."
        raise MCPError(types.INVALID_PARAMS, detail)
    return document[block]


async def _schema(name: str) -> dict[str, Any]:
    """Return the schema of a strategy's parameters. MCPError with the error document where there is no such one."""
    try:
        entry = await asyncio.to_thread(strategy_named, name)
    except RequestError as error:
        raise _refused(error) from None
    schema: dict[str, Any] = entry["parameters"]
    return schema


async def _unreported(fraction: float, stage: str) -> None:
    """Ignore the progress of one of several runs."""


async def _permitted(runner: Runner, asked: Callable[[], Awaitable[_T]]) -> _T:
    """Return what a runner has, for a caller who may read. MCPError with the error document where it refuses."""
    try:
        runner.require("read")
        return await asked()
    except BacktestError as error:
        raise _refused(error) from None


def _refused(error: BacktestError) -> MCPError:
    return MCPError(types.INVALID_PARAMS, error.detail, error.as_document())


def _reporter(context: Context) -> Progress:
    """Return what passes progress on to the caller, if it asked for it. It always rises, as MCP wants it."""
    highest = 0.0

    async def report(fraction: float, stage: str) -> None:
        nonlocal highest
        if fraction > highest:
            highest = fraction
            await context.session.report_progress(fraction, 1.0, stage)

    return report


def _answered(content: dict[str, Any]) -> types.CallToolResult:
    """Return a tool's result. The text is for clients that do not read structured content."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json.dumps(content))], structured_content=content
    )


def _failed(document: dict[str, Any]) -> types.CallToolResult:
    content = error_excerpt(document)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json.dumps(content))], structured_content=content, is_error=True
    )
