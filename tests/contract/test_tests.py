"""What holds of the tests themselves."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.paths import ROOT

CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "time_ns", "process_time"}


def clocks_in(node: ast.AST) -> set[str]:
    """Return the clocks that are read in an expression."""
    called = (found.func for found in ast.walk(node) if isinstance(found, ast.Call))
    return {one.attr for one in called if isinstance(one, ast.Attribute) and one.attr in CLOCKS}


def assertions_on_a_clock(source: str) -> list[int]:
    """Return the lines of assertions that compare a time which was measured. A timeout on a wait is no such thing."""
    found, tree = [], ast.parse(source)
    nodes = [*ast.walk(tree)]
    measured = {
        target.id for node in nodes if isinstance(node, ast.Assign) and clocks_in(node.value)
        and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Sub)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for node in nodes:
        for compared in ast.walk(node.test) if isinstance(node, ast.Assert) else ():
            if isinstance(compared, ast.Compare) and not isinstance(compared.ops[0], ast.Is | ast.IsNot):
                names = {one.id for one in ast.walk(compared) if isinstance(one, ast.Name)}
                if clocks_in(compared) or names & measured:
                    found.append(node.lineno)
    return found


TS_CLOCK = r"\b(?:(?:performance|Date)\.now|process\.(?:hrtime(?:\.bigint)?|uptime|cpuUsage))\(|\bnew Date\(\)"
TS_MEASURED = re.compile(rf"\b(\w+)\s*=\s*(?:[^;=\n]*(?:{TS_CLOCK})[^;\n]*\s-\s|[^;=\n]*\s-\s[^;\n]*(?:{TS_CLOCK}))")
TS_ASSERTION = re.compile(r"\b(?:expect|assert)(?:\.\w+)?\((?:[^;'\"`]|'[^'\n]*'|\"[^\"\n]*\"|`[^`]*`)*")


def typescript_assertions_on_a_clock(source: str) -> list[int]:
    """Return the lines of assertions on a time in TypeScript, whose statements end with a semicolon."""
    names = "".join(rf"|\b{name}\b" for name in sorted(set(TS_MEASURED.findall(source))))
    timed = re.compile(TS_CLOCK + names)
    found = (match for match in TS_ASSERTION.finditer(source) if timed.search(match[0]))
    return [source.count("\n", 0, match.start()) + 1 for match in found]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("assert time.monotonic() - began < 3", [1]), ("took = time.time() - began\nassert took < 3", [2]),
        ("assert job.expires == pytest.approx(time.time() + 60, abs=5)", [1]),
        ("assert process.wait(timeout=3) == 0", []),
        ("before = time.time()\nmake()\nassert before <= made.at", []), ("assert check(now=time.time()) is None", []),
    ],
)  # fmt: skip
def test_an_assertion_on_a_clock_is_found(source: str, lines: list[int]) -> None:
    assert assertions_on_a_clock(source) == lines


def test_no_test_asserts_how_long_something_took() -> None:
    found = {path: assertions_on_a_clock(path.read_text()) for path in (ROOT / "tests").rglob("*.py")}

    assert {path.relative_to(ROOT).as_posix(): lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("expect(performance.now() - began).toBeLessThan(2000);", [1]),
        ("run();\nexpect(\n  Date.now() - began,\n).toBeLessThan(3);", [2]),
        ("expect(2000).toBeGreaterThan(performance.now() - began);", [1]),
        ("const took = performance.now() - began;\n\nexpect(took).toBeLessThan(2);", [3]),
        ("const took = end - Date.now();\nassert.ok(took < 2);", [2]),
        ("expect(new Date() - began).toBeLessThan(3);", [1]),
        ("expect(process.hrtime.bigint() - began).toBeLessThan(3n);", [1]),
        ("await expect.poll(() => performance.now() - began).toBeLessThan(2);", [1]),
        ("expect('a; b').toBe(Date.now());", [1]),
        ("if (Date.now() > ends) throw new Error('late');\nexpect(asked).toBe(2);", []),
        ("expect(asked).toBe(2);\nconst iat = Math.floor(Date.now() / 1000);", []),
        ("const at = new Date(Date.now() - 5);\nexpect(asked).toBe(2);", []),
        ("expect(performance.nowhere).toBe(2);", []),
    ],
)  # fmt: skip
def test_an_assertion_on_a_clock_is_found_in_typescript(source: str, lines: list[int]) -> None:
    assert typescript_assertions_on_a_clock(source) == lines


def test_no_test_of_the_client_asserts_how_long_something_took() -> None:
    folder = ROOT / "clients/typescript/tests"
    paths = [*folder.rglob("*.ts"), *folder.rglob("*.tsx")]
    assert paths
    found = {path: typescript_assertions_on_a_clock(path.read_text()) for path in paths}

    assert {path.relative_to(ROOT).as_posix(): lines for path, lines in found.items() if lines} == {}


# Clients that by themselves give up after a second, or after a few: a busy machine takes as long for what is no fault.
HASTY = {
    **{f"{library}.{name}": "timeout" for library in ("httpx", "httpx2") for name in (
        "Client", "AsyncClient", "get", "post", "put", "patch", "delete", "head", "options", "request", "stream")},
    "socketio.Client": "request_timeout", "socketio.AsyncClient": "request_timeout",
    "websockets.connect": "open_timeout",
}  # fmt: skip


def hasty_clients(source: str) -> list[int]:
    """Return the lines that make such a client, or connect one of Socket.IO, and do not say how long it waits."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            said = {keyword.arg for keyword in node.keywords}
            transports = {"wait_timeout"} if node.func.attr == "connect" and "transports" in said else set()
            wanted = {HASTY[name] for name in [ast.unparse(node.func)] if name in HASTY} | transports
            if not wanted <= said and None not in said and "ASGITransport" not in ast.unparse(node):
                found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("httpx.get(url)", [1]), ("httpx.get(url, timeout=60)", []), ("\nwith httpx.Client() as one:\n    pass", [2]),
        ("socketio.AsyncClient(reconnection=True)", [1]), ("socketio.Client(request_timeout=9)", []),
        ("client.connect(url, transports=['polling'])", [1]), ("client.connect(address)", []),
        ("client.connect(url, **options)", []), ("httpx.Client(transport=httpx.ASGITransport(app))", []),
    ],
)  # fmt: skip
def test_a_hasty_client_is_found(source: str, lines: list[int]) -> None:
    assert hasty_clients(source) == lines


def test_no_client_of_a_test_gives_up_before_the_test_does() -> None:
    found = {path: hasty_clients(path.read_text()) for path in (ROOT / "tests").rglob("*.py")}

    assert {path.relative_to(ROOT).as_posix(): lines for path, lines in found.items() if lines} == {}
