"""What holds of the tests themselves."""

from __future__ import annotations

import ast

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
