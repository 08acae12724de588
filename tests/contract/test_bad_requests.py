"""Every folder of tests/invalid is a request that must fail, and what its error must say.

expected.json: `exit`, `code`, and either `errors` (all of them, in order) or `among` (at least these), each with
`pointer`, `code` and, where one is expected, `suggestion`; `detail` is a piece of the text of the error or a problem.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backtester.codec.decode import child
from backtester.commands.golden import answer
from backtester.contract.check import check
from backtester.contract.schemas import built_in_strategies, resolved_schema
from backtester.contract.variations.merge_patch import parts_of
from backtester.model.errors import RequestError
from tests.support.documents import assert_one_document, assert_schema, problems
from tests.support.paths import ROOT
from tests.support.runner import run_here, run_runner
from tests.support.sample_requests import WEEKDAYS, request

CASES = sorted(path.parent for path in (ROOT / "tests" / "invalid").glob("*/expected.json"))
# Of every code, and of every way to be wrong; one process of tests/contract/test_worker.py answers all of the cases.
SPAWNED = [
    "allocations_half", "allocations_all_zero", "benchmark_symbol_path", "byte_order_mark", "dates_backwards",
    "dates_before_every_price", "empty", "histories_that_do_not_overlap", "inline_hole_too_long",
    "inline_price_negative", "key_twice", "key_unknown", "latin1", "lookbacks_none",
    "many_problems_in_document_order", "nested_5000_deep", "next_open_without_opens", "nul_bytes", "number_1e999",
    "number_nan", "raw_newline_in_a_string", "request_id_too_long", "source_yahoo_switched_off", "strategy_unknown",
    "strategy_very_long", "surrogate_lone", "symbol_unknown", "symbols_unknown_and_benchmark", "top_is_array",
    "utf16",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_bad_request_is_answered_with_its_error(case: Path) -> None:
    [asked] = case.glob("request.*")
    run = run_here(asked.read_bytes())

    document = assert_one_document(run, code=expected_of(case)["code"], asked=asked.read_bytes())

    assert_expected(document, case)
    assert run.exit == expected_of(case)["exit"]
    assert answer(str(asked)) == document


@pytest.mark.parametrize("name", SPAWNED)
def test_a_spawned_run_answers_a_bad_request_with_the_same_error(name: str) -> None:
    case = ROOT / "tests" / "invalid" / name
    [asked] = case.glob("request.*")
    run = run_runner(asked.read_bytes())

    document = assert_one_document(run, code=expected_of(case)["code"], asked=asked.read_bytes())

    assert_expected(document, case)
    assert run.exit == expected_of(case)["exit"]
    assert run.stdout == run_here(asked.read_bytes()).stdout


def expected_of(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text())
    return expected


def assert_expected(document: dict[str, Any], case: Path) -> None:
    """Check an error against expected.json."""
    expected = expected_of(case)
    assert document["code"] == expected["code"]
    found = document["errors"]
    if "errors" in expected:
        assert problems(document) == [(error["pointer"], error["code"]) for error in expected["errors"]]
    for wanted in [*expected.get("errors", []), *expected.get("among", [])]:
        assert any(wanted.items() <= error.items() for error in found), f"{wanted} not among {found}"
    said = [document["detail"], *(error["detail"] for error in found)]
    assert any(expected.get("detail", "") in text for text in said), said


def test_every_case_has_one_request() -> None:
    for case in CASES:
        assert len([*case.glob("request.*")]) == 1, case
        assert len([*case.iterdir()]) == 2, case


# ---- a wrong type in every field, taken from the schemas themselves

VALUES: list[tuple[str, Any]] = [
    ("null", None), ("boolean", True), ("integer", 7), ("number", 7.5), ("string", "seven"), ("array", []),
    ("object", {}),
]  # fmt: skip
AXES = {"/parameters/top_n": [1, 2]}
WHOLE = request(
    schema_version="1", request_id="r", strategy="momentum", parameters={}, initial_capital=1, benchmark="KO",
    risk_free_rate=0, execution={}, costs={}, cash={}, output={"include": ["metrics"]}, limits={},
    data={"source": "inline", "prices": {
        "dates": WEEKDAYS, "close": {"AAPL": [1] * 10, "MSFT": [1] * 10, "KO": [1] * 10},
        "open": {"AAPL": [1] * 10, "MSFT": [1] * 10, "KO": [1] * 10},
        "dividends": {"AAPL": [0] * 10},
        "traded": {"AAPL": [100] * 10},
    }},
    cash_flows=[{"type": "contribution", "amount": 1, "frequency": "monthly"}], rebalancing={},
    compare=[{"name": "Same", "patch": {}}],
    analysis={
        "sweep": {"over": {**AXES}, "where": [["/risk_free_rate", "below", "/initial_capital"]], "metrics": ["cagr"]},
        "walk_forward": {"over": {**AXES}, "where": [["/risk_free_rate", "below", "/initial_capital"]]},
        "trust": {"include": ["lag"]}, "projection": {"percentiles": [50], "withdrawal": {}},
    },
)  # fmt: skip


def fields(schema: dict[str, Any], pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pointer and the schema of everything that a request may hold, the first item of each array."""
    if pointer:
        yield pointer, schema
    for name, part in schema.get("properties", {}).items():
        yield from fields(part, f"{pointer}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], f"{pointer}/0")
    if isinstance(schema.get("additionalProperties"), dict):
        key = child("", *AXES) if pointer.endswith("/over") else "/AAPL"
        yield from fields(schema["additionalProperties"], f"{pointer}{key}")


def wrong_values(schema: dict[str, Any]) -> list[Any]:
    """Return values of every type that a field does not take."""
    parts = schema.get("anyOf", [schema])
    allowed = set()
    for part in parts:
        kind = part.get("type", "object" if "$ref" in part else "string")
        allowed |= {kind} if isinstance(kind, str) else set(kind)
    if "number" in allowed:
        allowed.add("integer")
    return [value for kind, value in VALUES if kind not in allowed]


# arrays in parameters have an item, so that there is a place to put something wrong; a tree has to be there
ITEMS: dict[str, Any] = {"lookbacks": [{"period": 1}], "risk_on_symbols": ["AAPL"], "tree": {"hold": "AAPL"}}


def whole_for(strategy: str) -> dict[str, Any]:
    """Return the valid document with the parameters of the strategy that are arrays, or that it needs."""
    properties = resolved_schema(f"strategies/{strategy}")["properties"]
    parameters = {name: items for name, items in ITEMS.items() if name in properties}
    return {**WHOLE, "strategy": strategy, "parameters": parameters}


def put(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """Return a copy of the document with a value at a pointer."""
    changed = copy.deepcopy(document)
    *way, last = parts_of(pointer)
    node: Any = changed
    for part in way:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    if isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return changed


def all_fields() -> list[tuple[str, str, dict[str, Any]]]:
    listed = [("momentum", pointer, schema) for pointer, schema in fields(resolved_schema("request"))]
    for strategy in built_in_strategies():
        schema = resolved_schema(f"strategies/{strategy}")
        listed += [(strategy, *field) for field in fields(schema, "/parameters") if field[0] != "/parameters"]
    return listed


FIELDS = [pytest.param(*field, id=f"{field[0]}:{field[1]}") for field in all_fields()]


@pytest.mark.parametrize(("strategy", "pointer", "schema"), FIELDS)
def test_a_wrong_type_is_one_problem_at_its_field(strategy: str, pointer: str, schema: dict[str, Any]) -> None:
    for value in wrong_values(schema):
        asked = put(whole_for(strategy), pointer, value)

        with pytest.raises(RequestError) as raised:
            check(asked, csv_available=False)

        document = raised.value.as_document()
        assert_schema(document, "error")
        found = [(problem["pointer"], problem["code"]) for problem in document["errors"]]
        assert {where for where, _ in found} == {pointer}, (value, found)
        assert {code for _, code in found} & {"WRONG_TYPE", "INVALID_CHOICE"}, (value, found)


def test_the_document_that_the_wrong_types_go_into_is_valid() -> None:
    assert check(WHOLE, csv_available=False).request["strategy"] == "momentum"
