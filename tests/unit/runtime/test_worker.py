"""Whether a process may be used again is read off the request's bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtester.contract.schemas import built_in_strategies
from backtester.runtime.worker import needs_no_plug_in
from tests.support.sample_requests import request

EVERY_FORM = [{}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" ,\t", " :\r\n")}]


@pytest.mark.parametrize("form", EVERY_FORM)
@pytest.mark.parametrize("strategy", built_in_strategies())
def test_a_built_in_strategy_is_known_in_every_form_of_json(strategy: str, form: dict[str, Any]) -> None:
    assert needs_no_plug_in(json.dumps(request(strategy=strategy), **form).encode(), "yahoo")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"strategy": "honest"}', b'{"strategy": "honest"', b'[{"strategy": "honest"}]', b'{"a": "\\u0041"}',
        b'{"str\\u0061tegy": "honest", "parameters": {"strategy": "buy_hold"}}',
        b'{"strategy": "buy_hold", "strategy": "honest"}', b'{"strategy": "honest", "strategy": "buy_hold"}',
        b'{"strategy": "buy_hold", "x": {"strategy": "honest"}}', b'{"strategy": "\\u0068onest"}',
        b'{"x": "\\"strategy\\": \\"buy_hold\\"", "strategy": "honest"}', b'{"strategy": "buy_hold\\n"}',
        b'{"strategy": "Buy_hold"}', b'{"strategy": "buy_hold "}',
    ],
)  # fmt: skip
def test_whatever_may_be_a_plug_ins_is_doubted(raw: bytes) -> None:
    assert not needs_no_plug_in(raw, "yahoo")


@pytest.mark.parametrize(
    "raw", [b"", b"5", b"{", b"{}", b"[]", b'{"strategy": 5}', b'{"strategy": null}', b'"strategy"', b'{"strategy"']
)
def test_a_request_without_a_strategy_runs_none(raw: bytes) -> None:
    assert needs_no_plug_in(raw, "yahoo")


@pytest.mark.parametrize(
    ("data", "network_source"),
    [({"source": "my_prices"}, "yahoo"), ({"source": "auto"}, "my_prices"), ({}, "my_prices")],
)
def test_a_source_of_prices_may_be_a_plug_in_too(data: dict[str, Any], network_source: str) -> None:
    raw = json.dumps({**request(strategy="buy_hold"), "data": data}).encode()

    assert not needs_no_plug_in(raw, network_source)
    assert needs_no_plug_in(raw.replace(b"my_prices", b"yahoo"), "tiingo")


NAMES = st.sampled_from(["strategy", "buy_hold", "honest", 'strategy": "buy_hold', "a", "\\", '"', ":"]) | st.text()
VALUES = st.recursive(NAMES | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["honest", "buy_hold2", "", "momentum\u00e9"]), st.booleans())
def test_no_other_content_makes_a_plug_in_built_in(content: dict[str, Any], strategy: str, ascii_only: bool) -> None:
    raw = json.dumps({**content, "strategy": strategy}, ensure_ascii=ascii_only).encode("utf-8", "replace")

    assert not needs_no_plug_in(raw, "yahoo")
