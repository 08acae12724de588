"""Whatever comes in, an answer goes out that fits its schema; never another exception."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backtester
from backtester.codec.decode import decode
from backtester.contract.check import check
from backtester.model.errors import BacktestError
from tests.support.documents import CODES, assert_discreet, assert_fits, assert_one_document, parse
from tests.support.examples import examples
from tests.support.runner import run_runner
from tests.support.sample_requests import RISING, WEEKDAYS, request

FAST = settings(deadline=None, derandomize=True, max_examples=examples(250), suppress_health_check=[*HealthCheck])
WHOLE_PROCESS = settings(FAST, max_examples=examples(25))

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-3, 40), st.floats(), st.text(max_size=30),
    st.sampled_from([
        "", "AAPL", "aapl", "MSFT\n", "momentum", "buy_hold", "2020-01-01", "2020-02-30", "9999-12-31",
        "0001-01-01", "monthly", "bundled", "inline", "csv", "next_open", "whole", -0.0, 0.5, 1, 1e308, -1e308, 5e-324,
        10**400, 2**63, 0.9999, 100, "x" * 300, "\ud800", "\u0000",
    ]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FULL: dict[str, Any] = request(
    schema_version="1", request_id="r-1", strategy="momentum", benchmark="^GSPC", risk_free_rate=0.01,
    initial_capital=1000, parameters={"lookback_period": 5, "top_n": 1, "rebalance_frequency": "weekly"},
    execution={"timing": "next_close", "shares": "fractional"}, costs={"commission_bps": 1, "commission_minimum": 1},
    cash={"allocation": 0, "annual_rate": 0.01}, output={"max_points": 20, "precision": 6},
    limits={"timeout_seconds": 30},
    start_date="2020-01-01", end_date="2020-03-31", data={"source": "bundled", "max_gap_sessions": 5, "refresh": False},
)  # fmt: skip
INLINE: dict[str, Any] = request(
    holdings=[{"symbol": "X", "allocation": 0.5}, {"symbol": "Y", "allocation": 0.5}], benchmark="Y",
    start_date="2024-01-01", end_date="2024-01-12", strategy="momentum",
    parameters={"lookback_period": 2, "top_n": 1, "rebalance_frequency": "daily", "weighting": "equal"},
    costs={"commission_fixed": 1, "expense_ratio": 0.01}, execution={"timing": "next_open", "shares": "whole"},
    data={"source": "inline", "prices": {
        "dates": WEEKDAYS, "close": {"X": RISING, "Y": RISING[::-1]}, "open": {"X": RISING, "Y": RISING[::-1]},
    }},
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of everything inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in [(value, key), *places(item)]]


@st.composite
def mutations(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """Return the request with one to three things dropped, replaced, added or doubled."""
    changed = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 3))):
        found = places(changed)
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        what = draw(st.sampled_from(["drop", "replace", "replace", "add", "double", "near"]))
        if what == "drop":
            del container[key]
        elif what == "replace":
            container[key] = draw(values)
        elif what == "near" and isinstance(container[key], (int, float)):
            container[key] = container[key] * draw(st.sampled_from([-1, 0, 0.999, 1.5, 100, 1e6, 1e-9]))
        elif isinstance(container, list):
            container.insert(key, draw(values) if what == "add" else copy.deepcopy(container[key]))
        else:
            container[draw(st.text(max_size=12))] = draw(values) if what == "add" else copy.deepcopy(container[key])
    return changed


def assert_answered(asked: Any) -> None:
    """Run in this process: a result that fits its schema and is plain JSON, or a BacktestError that does."""
    before = repr(asked)
    try:
        document = backtester.run(asked)
    except BacktestError as error:
        document = {**error.as_document(), "exit": error.exit_code}
    if not document["success"]:
        assert document.pop("exit") == CODES[document["code"]][0]
        assert document["code"] != "INTERNAL"
        assert_discreet(document)
    text = json.dumps(document, allow_nan=False).encode()
    assert_fits(document)
    assert parse(text) == document
    assert repr(asked) == before, "the caller's request was changed"


@FAST
@given(mutations(FULL))
def test_any_change_to_a_valid_request_is_answered(asked: dict[str, Any]) -> None:
    assert_answered(asked)


@FAST
@given(mutations(INLINE))
def test_any_change_to_a_request_with_inline_prices_is_answered(asked: dict[str, Any]) -> None:
    assert_answered(asked)


@FAST
@given(values)
def test_any_value_in_the_place_of_a_request_is_answered(asked: Any) -> None:
    assert_answered(asked)


def assert_decided(raw: bytes) -> None:
    """Decode and check in this process: nothing but a BacktestError, whose document fits its schema."""
    try:
        check(decode(raw, max_bytes=1 << 20), csv_available=False)
    except BacktestError as error:
        document = error.as_document()
        assert_fits(document)
        assert_discreet(document, raw)
        json.dumps(document, allow_nan=False).encode("ascii")


@settings(FAST, max_examples=examples(500))
@given(st.binary(max_size=200))
def test_any_bytes_are_decided(raw: bytes) -> None:
    assert_decided(raw)


@settings(FAST, max_examples=examples(500))
@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \\u d8\n', max_size=60).map(str.encode))
def test_anything_that_looks_like_json_is_decided(raw: bytes) -> None:
    assert_decided(raw)


@FAST
@given(values.map(lambda value: json.dumps(value).encode()))
def test_any_json_is_decided(raw: bytes) -> None:
    assert_decided(raw)


@st.composite
def spoiled_bytes(draw: st.DrawFn) -> bytes:
    """Return the bytes of a request with a few of them cut, changed or doubled."""
    raw = bytearray(json.dumps(draw(st.sampled_from([FULL, INLINE]))).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        what = draw(st.sampled_from(["cut", "change", "double", "insert"]))
        if what == "cut":
            del raw[at : at + draw(st.integers(1, 30))]
        elif what == "change" and raw:
            raw[at] = draw(st.integers(0, 255))
        elif what == "double":
            raw[at:at] = raw[at : at + draw(st.integers(1, 60))]
        else:
            raw[at:at] = draw(st.binary(min_size=1, max_size=4))
    return bytes(raw)


@FAST
@given(spoiled_bytes())
def test_any_spoiled_request_is_decided(raw: bytes) -> None:
    assert_decided(raw)


@WHOLE_PROCESS
@given(
    st.one_of(st.binary(max_size=100), spoiled_bytes(), mutations(FULL).map(lambda asked: json.dumps(asked).encode()))
)
def test_any_bytes_on_stdin_give_one_document(raw: bytes) -> None:
    assert_one_document(run_runner(raw), asked=raw)
