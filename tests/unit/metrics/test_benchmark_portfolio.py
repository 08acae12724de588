"""A benchmark that is a portfolio: free of costs, decided and filled at the same close, with the same cash flows."""

from typing import Any

import pytest

import backtester
from tests.support.documents import assert_schema
from tests.support.sample_requests import inline, request

ASKED = request(
    start_date="2015-01-01", end_date="2019-12-31", costs={"commission_bps": 20}, execution={"timing": "next_close"},
    parameters={"rebalance_frequency": "monthly"},
)  # fmt: skip
HALVES = [{"symbol": "KO", "allocation": 0.5}, {"symbol": "XOM", "allocation": 0.5}]
LIVING = [
    {"type": "contribution", "amount": 100, "frequency": "monthly"},
    {"type": "withdrawal", "fraction": 0.02, "frequency": "quarterly"},
]


def run(**parts: Any) -> dict[str, Any]:
    result = backtester.run({**ASKED, **parts})
    assert_schema({**result, "timing_ms": {}}, "result")
    return result


def portfolio(holdings: list[dict[str, Any]], frequency: str) -> dict[str, Any]:
    return {"name": "Other", "holdings": holdings, "rebalance_frequency": frequency}


def test_of_one_symbol_is_that_symbol():
    one, other = run(benchmark="KO"), run(benchmark=portfolio([{"symbol": "KO", "allocation": 1}], "never"))
    assert "symbol" not in other["benchmark"]
    assert other["benchmark"]["name"] == "Other"
    assert other["benchmark"]["metrics"] == pytest.approx(one["benchmark"]["metrics"], rel=1e-12)
    for name, column in one["benchmark"]["series"].items():
        assert other["benchmark"]["series"][name] == pytest.approx(column, rel=1e-12, abs=1e-14)
    for name in ("beta", "alpha", "tracking_error", "information_ratio", "up_capture", "down_capture"):
        assert other["metrics"][name] == pytest.approx(one["metrics"][name], rel=1e-12)
    assert other["tables"]["annual_returns"]["benchmark"] == pytest.approx(one["tables"]["annual_returns"]["benchmark"])


@pytest.mark.parametrize("frequency", ["never", "daily", "weekly", "monthly", "annually"])
@pytest.mark.parametrize("flows", [[], LIVING], ids=["no flows", "flows"])
def test_is_the_run_of_its_holdings_without_costs(frequency: str, flows: list[dict[str, Any]]):
    found = run(benchmark=portfolio(HALVES, frequency), cash_flows=flows)["benchmark"]
    own = run(
        holdings=HALVES, parameters={"rebalance_frequency": frequency}, costs={}, execution={"timing": "same_close"},
        cash_flows=flows,
    )  # fmt: skip
    for name, column in found["series"].items():
        assert column == own["series"][name]
    assert {name: own["metrics"][name] for name in found["metrics"]} == found["metrics"]


def test_does_not_change_the_numbers_of_the_portfolio():
    with_it, without = run(benchmark=portfolio(HALVES, "monthly")), run()
    assert with_it["series"] == without["series"]
    assert with_it["trades"] == without["trades"]


def test_a_holding_of_it_that_begins_late_delays_the_start():
    close = {"A": [10.0] * 10, "B": [None, None, *[10.0] * 8], "C": [10.0] * 10}
    held = [{"symbol": "B", "allocation": 0.5}, {"symbol": "C", "allocation": 0.5}]
    result = backtester.run(
        inline(close, holdings=[{"symbol": "A", "allocation": 1}], benchmark=portfolio(held, "never"))
    )
    assert result["period"]["effective"]["start"] == "2024-01-03"
    assert result["period"]["limited_by"] == "B"
    assert set(result["data"]["symbols"]) == {"A", "B", "C"}


def test_one_without_prices_is_named_by_its_pointer():
    with pytest.raises(backtester.DataError) as raised:
        run(benchmark=portfolio([*HALVES[:1], {"symbol": "NOPE", "allocation": 0.5}], "never"))
    assert [problem.pointer for problem in raised.value.problems] == ["/benchmark/holdings/1/symbol"]


def test_needs_no_opens():
    close = {"A": [10.0, *[11.0] * 9], "B": [10.0] * 10}
    asked = inline(close, holdings=[{"symbol": "A", "allocation": 1}], open={"A": [10.0] * 10},
                   execution={"timing": "next_open"})  # fmt: skip
    result = backtester.run({**asked, "benchmark": portfolio([{"symbol": "B", "allocation": 1}], "never")})
    assert result["warnings"] == []
    assert result["benchmark"]["metrics"]["total_return"] == 0


def test_money_that_runs_out_first_is_nothing_from_then_on():
    close = {"A": [10.0, 11, 12, 13, 14, 15, 16, 17, 18, 19], "B": [10.0, 9, 8, 7, 6, 5, 4, 3, 2, 1]}
    flows = [{"type": "withdrawal", "amount": 6000, "frequency": "weekly"}]
    asked = inline(close, holdings=[{"symbol": "A", "allocation": 1}], cash_flows=flows)
    found = backtester.run({**asked, "benchmark": portfolio([{"symbol": "B", "allocation": 1}], "never")})["benchmark"]
    assert found["series"]["portfolio_value"][4:] == [0.0] * 6
    assert found["series"]["returns"][5:] == [0.0] * 5
    assert found["metrics"]["final_value"] == 0
