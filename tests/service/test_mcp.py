"""Backtests as tools, asked by the SDK's own client: over stdio, and over HTTP under the service's keys."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pytest
from mcp import MCPError, StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from backtester.contract.schemas import built_in_strategies, strategy_schema
from backtester.service.auth.principal import SCOPES
from tests.support.paths import ROOT
from tests.support.processes import MARK, PATIENCE, alive, assert_nobody_left
from tests.support.redis_server import free_port
from tests.support.service_stack import stack

REQUEST = {
    "strategy": "momentum",
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2013-01-01",
    "end_date": "2022-12-28",
    "parameters": {"lookback_period": 126, "top_n": 1, "rebalance_frequency": "monthly"},
    "costs": {"commission_bps": 5},
    "benchmark": "^GSPC",
}
EXAMPLES = ROOT / "examples" / "requests"
TOOLS = ["list_strategies", "list_symbols", "check_request", "run_backtest", "compare_backtests"]


@contextlib.asynccontextmanager
async def over_stdio(folder: Path, **environ: str):
    common = {"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(folder / "cache"), "PATH": os.environ["PATH"]}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "backtester", "mcp"], cwd=ROOT, env={**common, **environ}
    )
    async with Client(stdio_client(server)) as client:
        yield client


def asked(folder: Path, *calls: tuple[str, dict], **environ: str) -> list:
    """Call tools one after the other over stdio, and return their results."""

    async def ask() -> list:
        async with over_stdio(folder, **environ) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(ask())


def command_line(request: dict, folder: Path) -> dict:
    environ = {**os.environ, "BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "backtest_runner.py"], input=json.dumps(request).encode(), capture_output=True, cwd=ROOT,
        env=environ, check=False,
    )  # fmt: skip
    return json.loads(done.stdout)


def size(result) -> int:
    return len(json.dumps(result.structured_content))


def test_the_tools_take_the_contracts_schemas_and_no_code(tmp_path):
    async def ask():
        async with over_stdio(tmp_path) as client:
            return (await client.list_tools()).tools

    tools = asyncio.run(ask())
    assert [tool.name for tool in tools] == TOOLS
    schemas = {tool.name: tool.input_schema for tool in tools}
    jsonschema.validate(REQUEST, schemas["run_backtest"])
    jsonschema.validate({"requests": [REQUEST, REQUEST]}, schemas["compare_backtests"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**REQUEST, "code": "import os"}, schemas["run_backtest"])
    jsonschema.validate(REQUEST, schemas["check_request"])
    whole = len(json.dumps(schemas["run_backtest"]))
    assert sum(len(json.dumps(schema)) for schema in schemas.values()) < whole + 2000, "it stands once"


def test_a_run_has_the_result_id_and_the_metrics_of_the_command_line(tmp_path):
    (result,) = asked(tmp_path, ("run_backtest", {**REQUEST, "request_id": "mine"}))
    expected = command_line(REQUEST, tmp_path)
    assert not result.is_error
    content = result.structured_content
    assert content["result_id"] == expected["result_id"]
    assert content["metrics"] == expected["metrics"]
    assert content["period"] == expected["period"]
    assert content["warnings"] == expected["warnings"]
    assert content["benchmark"]["metrics"] == expected["benchmark"]["metrics"]
    assert json.loads(result.content[0].text) == content
    assert size(result) <= 8000


def test_every_block_is_a_resource(tmp_path):
    """Of a run with analyses, variations and rules as well: what was asked for is in the answer, or at an address."""
    rules, sweep = (json.loads((EXAMPLES / name).read_text()) for name in ("rules.json", "sweep.json"))
    dear = {"name": "dear", "patch": {"costs": {"commission_bps": 50}}}
    requests = [REQUEST, {**rules, "compare": [dear]}, sweep]

    async def blocks_of(client, request):
        result = await client.call_tool("run_backtest", request)
        resources = result.structured_content["resources"]
        contents = {block: (await client.read_resource(uri)).contents[0] for block, uri in resources.items()}
        return {block: json.loads(content.text) for block, content in contents.items()}

    async def ask():
        async with over_stdio(tmp_path) as client:
            found = [await blocks_of(client, request) for request in requests]
            known = [resource.uri for resource in (await client.list_resources()).resources]
            templates = (await client.list_resource_templates()).resource_templates
            for wrong in ("backtest://results/sha256:0/metrics", "backtest://results/x/secret", "file:///etc/passwd"):
                with pytest.raises(MCPError, match="No result has this address"):
                    await client.read_resource(wrong)
            return found, known, templates

    found, known, templates = asyncio.run(ask())
    for request, blocks in zip(requests, found, strict=True):
        expected = command_line(request, tmp_path)
        left = {block for block, value in expected.items() if isinstance(value, list | dict)}
        assert blocks.keys() == left
        assert blocks | {"timing_ms": None} == {block: expected[block] for block in left} | {"timing_ms": None}
    assert {"series", "weights", "trades", "tables", "data"} <= found[0].keys()
    assert {"comparison", "rules", "decisions"} <= found[1].keys()
    assert "analysis" in found[2]
    assert [uri.rpartition("/")[2] for uri in known] == ["metrics"] * 3
    assert [template.uri_template for template in templates] == [
        "backtest://results/{key}/{block}", "backtest://schemas/strategies/{name}",
    ]  # fmt: skip


def test_the_parameters_of_every_strategy_can_be_read(tmp_path):
    async def ask():
        async with over_stdio(tmp_path) as client:
            listed = (await client.call_tool("list_strategies", {})).structured_content["strategies"]
            with pytest.raises(MCPError, match="There is no strategy 'x'"):
                await client.read_resource("backtest://schemas/strategies/x")
            found = {}
            for name in [entry["name"] for entry in listed]:
                result = await client.call_tool("list_strategies", {"name": name})
                assert size(result) <= 8000
                (entry,) = result.structured_content["strategies"]
                uri = entry.get("parameters_resource", f"backtest://schemas/strategies/{name}")
                read = json.loads((await client.read_resource(uri)).contents[0].text)
                assert entry.get("parameters", read) == read
                found[name] = read
            return found

    found = asyncio.run(ask())
    assert found == {name: strategy_schema(name) for name in built_in_strategies()}


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"strategy": "momentun"}, "UNKNOWN_STRATEGY", "/strategy"),
        ({"holdings": []}, "VALIDATION_FAILED", "/holdings"),
        ({"code": "import os"}, "VALIDATION_FAILED", "/code"),
        ({"request_id": 7}, "VALIDATION_FAILED", "/request_id"),
        ({"initial_capital": 1e-30}, "VALIDATION_FAILED", "/initial_capital"),
        ({"holdings": [{"symbol": "NOSUCH", "allocation": 1}]}, None, "/holdings/0/symbol"),
    ],
)
def test_an_error_is_the_runners_document(tmp_path, wrong, code, pointer):
    (result,) = asked(tmp_path, ("run_backtest", {**REQUEST, **wrong}))
    document = result.structured_content
    assert result.is_error
    assert document["success"] is False
    assert document["code"] == code or code is None
    assert {"type", "title", "status", "detail", "remedy"} <= document.keys()
    assert pointer is None or document["errors"][0]["pointer"] == pointer


def test_an_error_with_a_hundred_problems_has_those_that_there_is_room_for(tmp_path):
    holdings = [{"symbol": f"S{n}", "allocation": -1, "wrong": 1} for n in range(300)]
    (result,) = asked(tmp_path, ("run_backtest", {**REQUEST, "holdings": holdings}))
    assert result.is_error
    assert size(result) <= 8000
    assert result.structured_content["errors"]
    assert result.structured_content["errors_left_out"] > 0


def test_a_check_returns_the_defaults_or_the_problems(tmp_path):
    many = [{"symbol": f"S{n}", "allocation": 1 / 400} for n in range(400)]
    good, bad, large = asked(
        tmp_path, ("check_request", REQUEST), ("check_request", {**REQUEST, "end_date": "2010-01-01"}),
        ("check_request", {**REQUEST, "holdings": many}),
    )  # fmt: skip
    assert good.structured_content["valid"] is True
    assert good.structured_content["request"]["initial_capital"] == 10000
    assert bad.is_error
    assert large.structured_content["valid"] is True
    assert max(size(good), size(bad), size(large)) <= 8000


def test_strategies_and_symbols_are_listed(tmp_path):
    all_of, one, unknown, symbols, apple, wrong = asked(
        tmp_path, ("list_strategies", {}), ("list_strategies", {"name": "momentum"}),
        ("list_strategies", {"name": "x"}), ("list_symbols", {}),
        ("list_symbols", {"query": "aap"}), ("list_symbols", {"path": "/etc"}),
    )  # fmt: skip
    assert {"buy_hold", "momentum"} <= {entry["name"] for entry in all_of.structured_content["strategies"]}
    assert "lookback_period" in one.structured_content["strategies"][0]["parameters"]["properties"]
    assert unknown.structured_content["code"] == "UNKNOWN_STRATEGY"
    assert len(symbols.structured_content["symbols"]) > 20
    assert [entry["symbol"] for entry in apple.structured_content["symbols"]] == ["AAPL"]
    assert wrong.structured_content["errors"][0]["pointer"] == "/path"
    assert max(map(size, (all_of, one, symbols))) <= 8000


def test_backtests_are_compared_and_one_that_fails_does_not_fail_the_others(tmp_path):
    hold = {**REQUEST, "strategy": "buy_hold", "parameters": {}, "request_id": "hold"}
    compared, few, many, wrong = asked(
        tmp_path, ("compare_backtests", {"requests": [REQUEST, hold, {}]}),
        ("compare_backtests", {"requests": [REQUEST]}), ("compare_backtests", {"requests": [REQUEST] * 11}),
        ("compare_backtests", {"requests": "all"}),
    )  # fmt: skip
    rows = compared.structured_content["results"]
    assert [row["success"] for row in rows] == [True, True, False]
    assert rows[0]["metrics"]["cagr"] == command_line(REQUEST, tmp_path)["metrics"]["cagr"]
    assert rows[1]["request_id"] == "hold"
    assert rows[2]["error"]["code"] == "VALIDATION_FAILED"
    assert compared.structured_content["same_period"] is True
    assert all(result.structured_content["code"] == "VALIDATION_FAILED" for result in (few, many, wrong))


def test_progress_is_reported_and_ends_with_one(tmp_path):
    seen: list[tuple[float, float | None, str | None]] = []
    runs: list[tuple[float, float | None, str | None]] = []

    async def ask():
        async def report(progress, total, message):
            seen.append((progress, total, message))

        async with over_stdio(tmp_path) as client:
            await client.call_tool("run_backtest", REQUEST, progress_callback=report)
            runs.extend(seen)
            seen.clear()
            await client.call_tool("compare_backtests", {"requests": [REQUEST, {}]}, progress_callback=report)

    asyncio.run(ask())
    assert runs[-1] == (1.0, 1.0, "completed")
    for events in (runs, seen):
        assert [fraction for fraction, _, _ in events] == sorted({fraction for fraction, _, _ in events})
    assert seen[-1] == (1.0, 1.0, "2 of 2 backtests")


def test_a_killed_process_is_a_document_and_the_next_run_has_another(tmp_path):
    mark = f"mcp-{os.getpid()}-{free_port()}"

    async def ask():
        async with over_stdio(tmp_path, **{MARK: mark}) as client:
            first = await client.call_tool("run_backtest", REQUEST)
            server = min(alive(mark))
            for pid in alive(mark):
                if pid != server:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, 9)
            results = [await client.call_tool("run_backtest", REQUEST) for _ in range(3)]
            return first, results

    first, results = asyncio.run(ask())
    assert not first.is_error
    assert all(not result.is_error or result.structured_content["code"] == "WORKER_CRASHED" for result in results)
    assert results[-1].structured_content["result_id"] == first.structured_content["result_id"]
    assert_nobody_left(mark)


def test_garbage_on_stdin_is_answered_by_json_alone_and_the_end_of_stdin_ends_everything(tmp_path):
    mark = f"mcp-{os.getpid()}-{free_port()}"
    environ = {**os.environ, MARK: mark, "BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "backtester", "mcp"], input=b'nonsense\n{"jsonrpc": "2.0"}\n\xff\xfe\n[]\n', cwd=ROOT,
        env=environ, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    for line in done.stdout.splitlines():
        json.loads(line)
    assert_nobody_left(mark)


def over_http(url: str, key: str | None):
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    @contextlib.asynccontextmanager
    async def connected():
        import httpx2

        async with (
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client

    return connected()


def new_key(folder: Path, owner: str, scopes: str = "run,read") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backtester", "keys", "create", "--owner", owner, "--scopes", scopes], cwd=ROOT,
        capture_output=True, check=True, env={**os.environ, "BACKTEST_API_KEYS_FILE": str(folder / "keys.json")},
    )  # fmt: skip
    return next(word for word in done.stdout.decode().split() if word.startswith("btk_"))


@contextlib.contextmanager
def served_over_http(folder: Path, kind: str):
    with stack(folder, kind=kind, BACKTEST_API_KEYS_FILE=str(folder / "keys.json")) as service:
        port = free_port()
        service._start("mcp", [sys.executable, "-m", "backtester", "mcp", "--http", "--port", str(port)])
        service.wait_for_port(port, "mcp")
        yield service, f"http://127.0.0.1:{port}/mcp"


SCOPES_OF = {
    "list_strategies": {"run", "read", "priority", "metrics"},
    "list_symbols": {"read"},
    "check_request": {"run"},
    "run_backtest": {"run"},
    "compare_backtests": {"run"},
}


@pytest.mark.full
def test_every_tool_needs_the_scope_that_rest_asks_for(tmp_path):
    assert [*SCOPES_OF] == TOOLS
    keys = {scope: new_key(tmp_path, "ann", scope) for scope in SCOPES}
    arguments = {"check_request": REQUEST, "run_backtest": REQUEST, "compare_backtests": {"requests": [REQUEST, {}]}}
    with served_over_http(tmp_path, "local") as (_, url):

        async def ask(scope):
            async with over_http(url, keys[scope]) as client:
                answers = {tool: await client.call_tool(tool, arguments.get(tool, {})) for tool in TOOLS}
                if scope == "read":
                    assert (await client.list_resources()).resources  # of the owner's job that the key `run` submitted
                    return answers
                for reading in (client.list_resources, lambda: client.read_resource("backtest://results/x/metrics")):
                    with pytest.raises(MCPError, match="lacks the scope read"):
                        await reading()
                return answers

        for scope in SCOPES:
            for tool, result in asyncio.run(ask(scope)).items():
                refused = scope not in SCOPES_OF[tool]
                assert result.is_error == refused, (scope, tool)
                assert not refused or result.structured_content["code"] == "FORBIDDEN"


@pytest.mark.full
@pytest.mark.parametrize("kind", ["local", "queue"])
def test_over_http_each_key_has_its_own_jobs(tmp_path, kind):
    made = [new_key(tmp_path, "ann"), new_key(tmp_path, "bob")]
    with served_over_http(tmp_path, kind) as (service, url):
        async def ask():
            async with over_http(url, made[0]) as client:
                result = await client.call_tool("run_backtest", REQUEST)
                uri = result.structured_content["resources"]["weights"]
                weights = json.loads((await client.read_resource(uri)).contents[0].text)
                wrong = await client.call_tool("run_backtest", {})
            async with over_http(url, made[1]) as client:
                with pytest.raises(MCPError, match="No result has this address"):
                    await client.read_resource(uri)
                others = (await client.list_resources()).resources
            return result, weights, wrong, others

        result, weights, wrong, others = asyncio.run(ask())
        expected = command_line(REQUEST, tmp_path)
        assert result.structured_content["result_id"] == expected["result_id"]
        assert weights == expected["weights"]
        assert wrong.structured_content["code"] == "VALIDATION_FAILED"
        assert others == []
        hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        for headers in ({}, {"Authorization": "Bearer btk_no"}):
            refused = httpx.post(url, json=hello, headers=headers, timeout=PATIENCE)
            assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHENTICATED")
        key = {"Authorization": f"Bearer {made[0]}"}
        of_json = {**key, "Content-Type": "application/json"}
        large = httpx.post(url, content=b" " * 6_000_000, headers=of_json, timeout=PATIENCE)
        assert (large.status_code, large.json()["code"]) == (413, "REQUEST_TOO_LARGE")
        form = httpx.post(url, content=b"a=1", headers=key, timeout=PATIENCE)
        assert (form.status_code, form.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert httpx.get(url.replace("/mcp", "/health/ready"), timeout=PATIENCE).json()["status"] == "ok"
        assert httpx.get(url.replace("/mcp", "/nothing"), timeout=PATIENCE).json()["code"] == "NOT_FOUND"
        assert service.stop("mcp") == 0
