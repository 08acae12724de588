"""What is built is what the schema describes, with null in the place of NaN."""

from __future__ import annotations

import math

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from backtester.contract.schemas import resolved_schema
from backtester.metrics.attribution import attribution
from backtester.metrics.audit import audit
from backtester.metrics.tables import build_tables
from backtester.model.calendar import measure_calendar
from tests.unit.metrics.ledger_builder import INITIAL, busy_ledger, days, returns_of


def rendered(value):
    if isinstance(value, dict):
        return {key: rendered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rendered(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def assert_fits(block: str, value) -> None:
    schema = resolved_schema("result")["properties"][block]
    errors = [*Draft202012Validator(schema).iter_errors(rendered(value))]
    assert not errors, errors[:3]


@pytest.mark.parametrize("with_benchmark", [True, False])
@pytest.mark.parametrize("size", [1, 30, 4000])
def test_the_tables_do(size, with_benchmark):
    growth = INITIAL * np.cumprod(1 + np.random.default_rng(0).normal(0, 0.01, size))
    sessions = days(size, "2007-01-01")
    calendar = measure_calendar(sessions, end_date=sessions[-1])
    bench = growth if with_benchmark else None
    assert_fits("tables", build_tables(growth, sessions, INITIAL, bench, calendar=calendar))


@pytest.mark.parametrize("size", [1, 30])
@pytest.mark.parametrize("holdings", [4, 51])
def test_the_attribution_and_the_audit_do(size, holdings):
    builder = busy_ledger(holdings=holdings, held=2, size=size)
    ledger = builder.ledger()
    names = tuple(f"S{n}" for n in range(holdings))
    found = attribution(
        ledger, builder.price, symbols=names, initial=INITIAL, periods=252, returns=returns_of(ledger),
        dividend=builder.dividend,
    )  # fmt: skip
    assert (found["correlation"] is None) == (holdings > 50)
    assert_fits("attribution", found)
    assert_fits("audit", audit(ledger, INITIAL))
