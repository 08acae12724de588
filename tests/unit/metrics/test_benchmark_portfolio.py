"""A benchmark is free of costs and has the same cash flows; a portfolio is decided and filled at the same close."""

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


@pytest.mark.parametrize("flows", [[], LIVING], ids=["no flows", "flows"])
def test_of_one_symbol_is_that_symbol(flows: list[dict[str, Any]]):
    alone = [{"symbol": "KO", "allocation": 1}]
    one, other = (run(benchmark=held, cash_flows=flows) for held in ("KO", portfolio(alone, "never")))
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


MONEY = ("final_value", "profit_factor", "money_weighted_return", "net_contributions", "total_profit")


@pytest.mark.parametrize("timing", ["next_close", "same_close"])
def test_cash_flows_change_the_money_of_a_symbol_and_nothing_that_is_time_weighted(timing: str):
    paid, alone = (run(benchmark="KO", cash_flows=flows, execution={"timing": timing}) for flows in (LIVING, []))
    with_flows, without = paid["benchmark"], alone["benchmark"]
    assert {name: of for name, of in with_flows["metrics"].items() if name not in MONEY} == {
        name: of for name, of in without["metrics"].items() if name not in MONEY
    }
    for name in ("returns", "drawdown"):
        assert with_flows["series"][name] == without["series"][name]
    assert paid["tables"]["annual_returns"]["benchmark"] == alone["tables"]["annual_returns"]["benchmark"]
    assert not {"money_weighted_return", "net_contributions", "total_profit"} & without["metrics"].keys()


def test_a_symbol_that_the_portfolio_holds_alone_ends_at_the_same_money():
    result = run(holdings=[{"symbol": "KO", "allocation": 1}], costs={}, benchmark="KO", cash_flows=LIVING)
    for name in MONEY:
        assert result["benchmark"]["metrics"][name] == pytest.approx(result["metrics"][name], rel=1e-9), name
    assert result["benchmark"]["series"]["portfolio_value"] == pytest.approx(result["series"]["portfolio_value"])


def test_a_symbol_that_is_bought_at_the_open_is_paid_into_at_the_close():
    dates = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"]
    asked = inline(
        {"A": [10.0] * 4, "M": [20.0, 10.0, 10.0, 30.0]}, dates, open={"A": [10.0] * 4, "M": [10.0, 99, 99, 99]},
        holdings=[{"symbol": "A", "allocation": 1}], execution={"timing": "next_open"}, initial_capital=1000,
        cash_flows=[{"type": "contribution", "amount": 500, "frequency": "monthly"}], benchmark="M",
        start_date=dates[0], end_date=dates[-1],
    )  # fmt: skip
    series = backtester.run(asked)["benchmark"]["series"]
    # 100 units at 10, worth 2000 at the close; 500 more buy 50 at 10
    assert series["portfolio_value"] == pytest.approx([2000, 1500, 1500, 4500])
    assert series["returns"] == pytest.approx([1, -0.5, 0, 2])


def test_a_symbol_whose_money_runs_out_is_worth_nothing_and_its_price_goes_on():
    close = {"A": [10.0, 11, 12, 13, 14, 15, 16, 17, 18, 19], "B": [10.0, 9, 8, 7, 6, 5, 4, 3, 2, 1]}
    flows = [{"type": "withdrawal", "amount": 6000, "frequency": "weekly"}]
    asked = inline(close, holdings=[{"symbol": "A", "allocation": 1}], cash_flows=flows, benchmark="B")
    found = backtester.run(asked)["benchmark"]
    assert found["series"]["portfolio_value"][4:] == [0.0] * 6
    assert found["metrics"]["final_value"] == 0
    assert found["metrics"]["total_return"] == pytest.approx(-0.9)
    assert found["metrics"]["net_contributions"] == pytest.approx(-found["series"]["portfolio_value"][3] * 6 / 7)


def test_a_symbol_without_a_price_of_its_own_is_paid_into_at_the_carried_one():
    dates = ["2024-01-29", "2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02", "2024-02-05"]
    asked = inline(
        {"A": [10.0] * 6, "M": [10.0, 20, None, 20, 40, 40]}, dates, holdings=[{"symbol": "A", "allocation": 1}],
        cash_flows=[{"type": "contribution", "amount": 1000, "frequency": "monthly"}], benchmark="M",
        initial_capital=1000, start_date=dates[0], end_date=dates[-1],
    )  # fmt: skip
    series = backtester.run(asked)["benchmark"]["series"]
    assert series["portfolio_value"] == pytest.approx([1000, 2000, 3000, 3000, 6000, 6000])
