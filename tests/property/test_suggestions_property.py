"""A suggestion that is followed leads to a valid request, as far as its problem goes."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtester.contract.check import check
from backtester.contract.schemas import built_in_strategies, resolved_schema
from backtester.model.errors import RequestError
from tests.support.examples import examples
from tests.support.sample_requests import inline, request
from tests.support.suggestions import followed

FAST = settings(deadline=None, derandomize=True, max_examples=examples(400), suppress_health_check=[*HealthCheck])

WRONG: list[Any] = [
    -5, -0.2, 0, 0.5, 1, 1.5, 2, 7.5, 50, 99.9, 150, 1e9, 1e300, True, None, "5", "1.5", "50%", " 12.5 % ", "0,5",
    "10,000", "1.000,50", "1_000", "ten", "true", "false", "", " SPY ", "BRK B", "BRK/B", "$KO", "MOMENTUM", "Monthly",
    "next-open", "31/12/2022", "12/31/2022", "01/02/2022", "2022-02-30", "2022/1/5", "20221231", "2022-13-01",
    "9999-12-32", "0000-01-01", "2022-01-05T00:00:00Z", [], {}, ["AAPL", "AAPL"],
    ["AAPL", "KO"], {"AAPL": 0.5, "KO": 50}, {"symbol": "AAPL"}, [["AAPL", 1]], {"name": "momentum"}, "yearly",
]  # fmt: skip


def problems_of(asked: Any) -> list[dict[str, Any]]:
    """Return the problems of a request, none where it is valid."""
    try:
        check(asked, csv_available=False)
    except RequestError as error:
        document: dict[str, Any] = error.as_document()
        return list(document["errors"])
    return []


def assert_each_mends(asked: dict[str, Any]) -> None:
    """Check that the problem of each suggestion is gone once all of them are followed."""
    found = problems_of(asked)
    mended = followed(asked, found)
    left = {(problem["pointer"], problem["code"]) for problem in problems_of(mended)}
    for problem in found:
        if "suggestion" in problem:
            assert (problem["pointer"], problem["code"]) not in left, (asked, problem)


def fields(schema: dict[str, Any], pointer: str = "") -> Iterator[str]:
    """Yield the pointer of everything that a request may hold, the first item of each array."""
    for name, part in schema.get("properties", {}).items():
        yield f"{pointer}/{name}"
        yield from fields(part, f"{pointer}/{name}")
    if isinstance(schema.get("items"), dict):
        yield f"{pointer}/0"
        yield from fields(schema["items"], f"{pointer}/0")


def put(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """Return a copy of the document with a value at a pointer, parts on the way made."""
    changed = copy.deepcopy(document)
    parts = pointer.split("/")[1:]
    last: str = parts[-1]
    node: Any = changed
    for part, following in itertools.pairwise(parts):
        if isinstance(node, list):
            node.extend([{}] * (int(part) + 1 - len(node)))
            node = node[int(part)]
        else:
            node = node.setdefault(part, [] if following == "0" else {})
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [value]
    else:
        node[last] = value
    return changed


PLACES = [
    *(("momentum", pointer) for pointer in fields(resolved_schema("request")) if "/prices" not in pointer),
    *(
        (strategy, f"/parameters{pointer}")
        for strategy in built_in_strategies()
        for pointer in fields(resolved_schema(f"strategies/{strategy}"))
    ),
]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_the_suggestion_for_any_value_in_any_field_mends_it(value: Any) -> None:
    for strategy, pointer in PLACES:
        assert_each_mends(put(request(strategy=strategy), pointer, value))


allocation = st.one_of(
    st.sampled_from([0, 0.25, 0.5, 1, 1.5, 20, 25, 40, 50, 60, -0.5, "50%", "25 %", "0.5", "0,5", "50", "x", None]),
    st.floats(-1, 120), st.integers(0, 100),
)  # fmt: skip


@FAST
@given(st.lists(allocation, min_size=1, max_size=5), st.one_of(st.just(...), allocation))
def test_suggested_allocations_fit_each_other_and_the_cash(shares: list[Any], cash: Any) -> None:
    holdings = [{"symbol": f"S{at}", "allocation": share} for at, share in enumerate(shares)]
    assert_each_mends(request(holdings=holdings, cash=... if cash is ... else {"allocation": cash}))


@FAST
@given(
    st.lists(st.sampled_from(["AAPL", "APPL", " MSFT", "MSFT", "MFST", "$KO", "KO"]), min_size=1, max_size=4),
    st.sampled_from([None, "AAPL", "APPLE", "^GSPC"]),
)
def test_a_suggested_symbol_is_not_held_already(symbols: list[str], benchmark: str | None) -> None:
    holdings = [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols]
    asked = inline({"AAPL": [1.0] * 10, "MSFT": [1.0] * 10, "KO": [1.0] * 10}, holdings=holdings, benchmark=benchmark)
    assert_each_mends(asked)


@FAST
@given(st.sampled_from(sorted(resolved_schema("request")["properties"])), st.integers(0, 12), st.booleans())
def test_a_misspelt_key_is_mended(key: str, at: int, also: bool) -> None:
    asked = request()
    misspelt = key[:at] + key[at + 1 :] if at < len(key) else key.upper()
    if misspelt not in asked and misspelt:
        value = asked.get(key) if also else asked.pop(key, None)
        assert_each_mends({**asked, misspelt: value})
