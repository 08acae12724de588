"""A check looks at no more of a document than a valid one can have: the work is counted, not timed."""

import sys

import pytest

from backtester.contract.check import check
from backtester.contract.schemas import resolved_schema, strategy_schema
from backtester.model.errors import BacktestError
from tests.support.sample_requests import request

FLOW = {"type": "contribution", "amount": 1, "frequency": "monthly"}


def calls_of(document):
    """Return how many calls a check takes, in Python and C."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        check(document, csv_available=False)
    except BacktestError:
        pass
    finally:
        sys.setprofile(None)
    return count


def risk_on(items):
    return request(strategy="tactical_allocation", parameters={"risk_on_symbols": items})


LONG = {
    "cash flows": lambda n: request(cash_flows=[FLOW] * n),
    "holdings": lambda n: request(holdings=[{"symbol": f"S{i}", "allocation": 1 / n} for i in range(n)]),
    "wrong holdings": lambda n: request(holdings=list(range(n))),
    "blocks": lambda n: request(output={"include": ["trades"] * n}),
    "objects that must differ": lambda n: request(output={"include": [{"a": i} for i in range(n)]}),
    "look-backs": lambda n: request(strategy="momentum", parameters={"lookbacks": [{"period": 9, "weight": 1}] * n}),
    "symbols": lambda n: risk_on([f"S{i}" for i in range(n)]),
    "columns": lambda n: request(
        data={"source": "inline", "prices": {"dates": ["2020-01-02"], "close": {f"S{i}": [1.0] for i in range(n)}}}
    ),
}


@pytest.mark.parametrize("what", LONG)
def test_ten_times_as_many_items_take_no_more_work(what):
    few, many = LONG[what](2_000), LONG[what](20_000)
    calls_of(few)  # what is imported once is not counted
    assert calls_of(many) < 1.5 * calls_of(few) + 6 * 18_000 * (what in ("holdings", "wrong holdings", "columns"))


def test_every_list_of_a_request_has_a_length():
    """Without one a check has no bound."""
    schemas = {"request": resolved_schema("request"), "risk": strategy_schema("tactical_allocation")}
    assert [*unbounded(schemas)] == []


def unbounded(schema, at=""):
    if isinstance(schema, dict):
        if schema.get("type") == "array" and "maxItems" not in schema:
            yield at
        for key, value in schema.items():
            yield from unbounded(value, f"{at}/{key}")
