"""Random variations of random requests: a column of the comparison is the single run, whatever varies."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backtester
from backtester.contract.variations.merge_patch import merged
from tests.property.test_mechanics_property import bands, requests
from tests.support.examples import examples

few = settings(derandomize=True, deadline=None, max_examples=examples(25), suppress_health_check=[*HealthCheck])


@st.composite
def compared(draw) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A request, and patches of its dates, costs, execution, bands, frequency, cash flows and holdings."""
    asked = draw(requests("offset", "bands", "gentle flows"))
    dates = asked["data"]["prices"]["dates"]
    symbols = [holding["symbol"] for holding in asked["holdings"]]
    share = 1 - asked["cash"]["allocation"]
    patches = st.fixed_dictionaries({}, optional={
        "start_date": st.sampled_from(dates[:20]),
        "end_date": st.sampled_from(dates[-20:]),
        "costs": st.sampled_from([None, {"commission_bps": 30}, {"commission_fixed": 2.5}]),
        "execution": st.fixed_dictionaries({}, optional={
            "timing": st.sampled_from(["same_close", "next_open"]), "lag_sessions": st.sampled_from([None, 3]),
            "shares": st.just("whole"),
        }),
        "rebalancing": st.none() | bands(),
        "parameters": st.sampled_from([{"rebalance_frequency": "weekly"}, {"rebalance_frequency": "daily"}]),
        "cash_flows": st.none(),
        "benchmark": st.sampled_from([symbols[0], {"holdings": [{"symbol": symbols[-1], "allocation": 1}]}]),
        "holdings": st.just([{"symbol": symbols[-1], "allocation": share}]),
    })  # fmt: skip
    return asked, draw(st.lists(patches, min_size=1, max_size=3))


@few
@given(compared())
def test_each_column_is_the_single_run_over_the_common_period(asked_and_patches):
    asked, patches = asked_and_patches
    variations = [{"name": str(n), "patch": patch} for n, patch in enumerate(patches)]
    comparison = backtester.run({**asked, "compare": variations})["comparison"]

    assert not comparison["errors"]
    singles = [backtester.run(merged(asked, patch)) for patch in ({}, *patches)]
    if comparison["period"]["limited_by"] is not None:
        period = {"start_date": comparison["period"]["start"], "end_date": comparison["period"]["end"]}
        singles = [backtester.run({**merged(asked, patch), **period}) for patch in ({}, *patches)]
    for number, (name, single) in enumerate(zip(comparison["names"], singles, strict=True)):
        column = {metric: values[number] for metric, values in comparison["metrics"].items()}
        assert json.dumps(column) == json.dumps(single["metrics"])
        assert comparison["portfolio_value"][name] == single["series"]["portfolio_value"]
        assert comparison["dates"] == single["series"]["dates"]
