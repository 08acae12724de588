"""The golden cases against the numbers that their NOTES.md work out on paper."""

from __future__ import annotations

import json
import pathlib

import pytest

import backtester

HERE = pathlib.Path(__file__).resolve().parent
VOLATILE = ("timing_ms", "result_id", "engine")
CASES = sorted(path.parent.name for path in HERE.glob("*/request.json"))


def read(case: str, name: str) -> dict:
    return json.loads((HERE / case / f"{name}.json").read_text(encoding="utf-8"))


def near(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def assert_same(got, wanted, path: str = "") -> None:
    """Compare two documents, numbers to 1e-9."""
    if isinstance(wanted, dict):
        assert set(got) == set(wanted), path
        for key in wanted:
            assert_same(got[key], wanted[key], f"{path}/{key}")
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), path
        for index, item in enumerate(wanted):
            assert_same(got[index], item, f"{path}/{index}")
    elif isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        assert got == near(wanted), path
    else:
        assert got == wanted, path


def trades(document: dict) -> list[tuple]:
    return [(t["date"], t["side"], t["symbol"], near(t["units"]), near(t["price"])) for t in document["trades"]]


@pytest.fixture(params=["recorded", "run"])
def result(request):
    """Give a case's result, once as recorded and once as it is now."""
    return lambda case: read(case, "result") if request.param == "recorded" else backtester.run(read(case, "request"))


@pytest.mark.parametrize("case", CASES)
def test_a_case_still_gives_what_was_recorded(case):
    got, wanted = backtester.run(read(case, "request")), read(case, "result")
    for document in (got, wanted):
        for name in VOLATILE:
            document.pop(name, None)
    assert_same(got, wanted)


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_its_arithmetic_beside_it(case):
    assert len((HERE / case / "NOTES.md").read_text(encoding="utf-8").splitlines()) > 3


def test_two_symbols_held(result):
    document = result("two_symbols_held")
    assert document["series"]["portfolio_value"] == near([1000, 1050, 1075, 1075, 1200])
    assert trades(document) == [("2024-01-01", "buy", "A", 50, 10), ("2024-01-01", "buy", "B", 25, 20)]
    assert [h["weight"] for h in document["final_holdings"]] == near([650 / 1200, 550 / 1200])
    assert document["metrics"]["total_return"] == near(0.2)
    assert (document["metrics"]["max_drawdown"], document["metrics"]["turnover_per_year"]) == (0, 0)
    assert document["metrics"]["profit_factor"] is None


def test_monthly_rebalance_with_commission(result):
    document = result("monthly_rebalance_with_commission")
    assert document["series"]["portfolio_value"] == near([1000, 1500, 1499.5, 1499.5])
    assert trades(document) == [
        ("2024-01-30", "buy", "A", 50, 10),
        ("2024-01-30", "buy", "B", 50, 10),
        ("2024-02-01", "sell", "A", 12.5125, 20),
        ("2024-02-01", "buy", "B", 24.975, 10),
    ]
    assert [t["commission"] for t in document["trades"]] == near([0.5, 0.5, 0.25025, 0.24975])
    assert document["weights"]["dates"] == ["2024-01-30", "2024-02-01"]
    assert document["metrics"]["total_costs"] == near(1.5)
    assert document["metrics"]["total_return"] == near(1499.5 / 1001 - 1)
    assert document["metrics"]["turnover_per_year"] == near(500 / 1500 / 2 * 365.25 / 3)


def test_momentum_top_1_of_2(result):
    document = result("momentum_top_1_of_2")
    assert document["series"]["portfolio_value"] == near([1200, 1200, 1500])
    assert document["weights"]["dates"] == ["2024-01-31", "2024-02-01"]
    assert document["weights"]["symbols"] == {"A": [1, 0], "B": [0, 1]}
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 100, 12),
        ("2024-02-01", "sell", "A", 100, 12),
        ("2024-02-01", "buy", "B", 60, 20),
    ]
    assert document["metrics"]["turnover_per_year"] == near(365.25 / 2)


def test_cash_and_interest(result):
    document = result("cash_and_interest")
    assert document["series"]["portfolio_value"] == near([1000, 1050, 1205])
    assert document["final_cash"] == {"value": near(605), "weight": near(605 / 1205)}
    assert document["weights"]["cash"] == near([0.5])


def test_whole_shares_with_fixed_commission(result):
    document = result("whole_shares_with_fixed_commission")
    assert document["series"]["portfolio_value"] == near([980, 1077])
    assert trades(document) == [("2024-01-01", "buy", "A", 16, 30), ("2024-01-01", "buy", "B", 7, 70)]
    assert document["final_cash"]["value"] == near(10)
    assert document["series"]["returns"] == near([-0.02, 1077 / 980 - 1])
    assert (document["metrics"]["max_drawdown"], document["metrics"]["max_drawdown_days"]) == (near(-0.02), 1)
    assert document["metrics"]["total_costs"] == near(20)


def test_slippage_both_ways(result):
    document = result("slippage_both_ways")
    after = 1490 / 0.995
    assert document["series"]["portfolio_value"] == near([1000, after])
    assert trades(document) == [("2024-01-01", "buy", "A", 5, 101), ("2024-01-02", "sell", "A", 5 - after / 400, 198)]
    assert [t["slippage"] for t in document["trades"]] == near([5, 2 * (5 - after / 400)])
    assert document["final_cash"]["value"] == near(after / 2)
    assert document["metrics"]["total_costs"] == near(5 + 2 * (5 - after / 400))
    assert document["metrics"]["turnover_per_year"] == near((5 - after / 400) * 200 / 1500 / 2 * 365.25)


def equity(document: dict) -> list[float]:
    return document["series"]["portfolio_value"]


def weights(document: dict) -> dict[str, list]:
    columns = document["weights"]["symbols"] if "weights" in document else document["decisions"]["weights"]
    return {symbol: near(column) for symbol, column in columns.items()}


def test_relative_strength_against_a_benchmark(result):
    document = result("relative_strength_against_a_benchmark")
    seen = document["decisions"]
    assert seen["seen"]["benchmark_return"]["portfolio"] == near([0.1, -0.2])
    assert seen["scores"] == {"A": near([1 / 11, 0]), "B": near([0, 1 / 8]), "C": near([-1 / 22, 1 / 4])}
    assert seen["ranks"] == {"A": [1, 3], "B": [2, 2], "C": [3, 1]}
    assert weights(document) == {"A": [1, 0], "B": [0, 0.5], "C": [0, 0.5]}
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 150, 8),
        ("2024-02-01", "sell", "A", 150, 10),
        ("2024-02-01", "buy", "B", 75, 10),
        ("2024-02-01", "buy", "C", 60, 12.5),
    ]
    assert equity(document) == near([1200, 1500, 1800])


def test_mean_reversion_oversold_and_overbought(result):
    document = result("mean_reversion_oversold_and_overbought")
    seen = document["decisions"]["seen"]
    assert seen["average"] == {"A": near([9, 8]), "B": near([12, 10]), "C": near([10, 10])}
    assert seen["deviation"] == {"A": near([-4 / 9, 0]), "B": near([1 / 3, -0.1]), "C": near([0, 0.1])}
    decisions = document["decisions"]
    assert decisions["executed"] == decisions["decided"] == ["2024-01-31", "2024-02-02"]
    assert weights(document) == {"A": [0.5, 0.2], "B": [0, 0.8], "C": [0.5, 0]}
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 100, 5),
        ("2024-01-31", "buy", "C", 50, 10),
        ("2024-02-02", "sell", "A", 66.25, 8),
        ("2024-02-02", "buy", "B", 120, 9),
        ("2024-02-02", "sell", "C", 50, 11),
    ]
    assert equity(document) == near([1000, 1550, 1350, 1470])


def test_risk_parity_within_bounds(result):
    document = result("risk_parity_within_bounds")
    half = 2**0.5  # |r1 - r2| / √2
    assert document["decisions"]["seen"]["volatility"] == {
        "A": near([0.1 / half, 0.3 / half]),
        "B": near([0.2 / half, 0.2 / half]),
        "C": near([0.4 / half, 0.2 / half]),
    }
    assert document["decisions"]["decided"] == ["2024-01-05", "2024-01-12"]
    assert document["decisions"]["executed"] == ["2024-01-08", "2024-01-15"]
    assert weights(document) == {"A": [0.5, 0.25], "B": [0.3, 0.375], "C": [0.2, 0.375]}
    assert trades(document) == [
        ("2024-01-08", "buy", "A", 50, 10),
        ("2024-01-08", "buy", "B", 30, 10),
        ("2024-01-08", "buy", "C", 20, 10),
        ("2024-01-15", "sell", "A", 50 - 20.3125, 16),
        ("2024-01-15", "buy", "B", 18.75, 10),
        ("2024-01-15", "buy", "C", 28.75, 10),
    ]
    assert equity(document) == near([1000, 1000, 1250, 1250, 1300, 1592.5])


def test_risk_parity_equal_risk(result):
    document = result("risk_parity_equal_risk")
    assert document["decisions"]["seen"]["volatility"] == {"A": near([0.1, 0.1]), "B": near([0.3, 0.1])}
    assert weights(document) == {"A": [0.75, 0.5], "B": [0.25, 0.5]}
    assert trades(document) == [
        ("2024-01-05", "buy", "A", 195, 66),
        ("2024-01-05", "buy", "B", 33, 130),
        ("2024-01-12", "sell", "A", 65, 87.12),
        ("2024-01-12", "buy", "B", 33, 171.6),
    ]
    assert equity(document) == near([17160, 19734, 22136.4, 22651.2, 26200])


def test_tactical_allocation_on_then_off(result):
    document = result("tactical_allocation_on_then_off")
    seen = document["decisions"]["seen"]
    assert (seen["average"]["portfolio"], seen["risk_on"]["portfolio"]) == (near([11, 10]), [1, 0])
    assert weights(document) == {"A": [0.6, 0.15], "B": [0.2, 0.05], "C": [0.2, 0.8]}
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 60, 10),
        ("2024-01-31", "buy", "B", 10, 20),
        ("2024-01-31", "buy", "C", 4, 50),
        ("2024-02-01", "sell", "A", 47.5, 12),
        ("2024-02-01", "sell", "B", 7.5, 20),
        ("2024-02-01", "buy", "C", 36, 20),
    ]
    assert equity(document) == near([1000, 1000, 1055])


@pytest.mark.parametrize(
    ("model", "scores", "first", "second", "values"),
    [
        (
            "momentum_based",
            {"A": [1, -0.7], "B": [0, -0.28], "C": [-0.7, 0.44]},
            ("A", 240, 6, 12), ("C", 200, 14.4), [1440, 2880, 3600],
        ),
        (
            "mean_reversion",
            {"A": [-1, 0.7], "B": [0, 0.28], "C": [0.7, -0.44]},
            ("C", 50, 28.8, 14.4), ("A", 60, 12), [1440, 720, 900],
        ),
        (
            "relative_strength",
            {"A": [0, -2 / 3], "B": [1 / 23, -1 / 19], "C": [-13 / 31, 1 / 11]},
            ("B", 100, 14.4, 21.6), ("C", 150, 14.4), [1440, 2160, 2700],
        ),
    ],
)  # fmt: skip
def test_rotation(result, model, scores, first, second, values):
    document = result(f"rotation_{model}")
    assert document["decisions"]["scores"] == {symbol: near(column) for symbol, column in scores.items()}
    (out, units, bought_at, sold_at), (into, *bought) = first, second
    assert sorted(trades(document), key=lambda trade: (trade[0], trade[1] == "buy")) == [
        ("2024-01-31", "buy", out, units, bought_at),
        ("2024-02-01", "sell", out, units, sold_at),
        ("2024-02-01", "buy", into, *bought),
    ]
    assert equity(document) == near(values)


def test_dual_momentum_takes_refuge(result):
    document = result("dual_momentum_takes_refuge")
    seen = document["decisions"]
    assert seen["seen"]["hurdle"]["portfolio"] == near([0.02, 2 / 101])
    assert seen["scores"] == {"A": near([0.2, 0]), "B": near([0.01, -0.1]), "R": [None, None]}
    assert weights(document) == {"A": [0.75, 0], "B": [0, 0], "R": [0.25, 1]}
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 75, 10),
        ("2024-01-31", "buy", "R", 5, 50),
        ("2024-02-01", "sell", "A", 75, 12),
        ("2024-02-01", "buy", "R", 22.5, 40),
    ]
    assert equity(document) == near([1000, 1100, 1210])


def test_trend_following_above_average(result):
    document = result("trend_following_above_average")
    assert document["decisions"]["seen"]["average"] == {"A": near([11, 13]), "B": near([9, 8]), "C": near([10, 10.5])}
    assert weights(document) == {"A": [0.5, 0], "B": [0, 0.3], "C": [0, 0.2]}
    assert document["decisions"]["cash"] == near([0.5, 0.5])
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 50, 13),
        ("2024-02-02", "sell", "A", 50, 12),
        ("2024-02-02", "buy", "B", 37.5, 10),
        ("2024-02-02", "buy", "C", 20, 12.5),
    ]
    assert equity(document) == near([1300, 1350, 1250, 1375])


def test_trend_following_averages_crossing(result):
    document = result("trend_following_averages_crossing")
    seen = document["decisions"]["seen"]
    assert seen["fast_average"] == {"A": near([12, 10]), "B": near([12, 17]), "C": near([10.5, 9.5])}
    assert seen["average"] == {"A": near([11, 10.5]), "B": near([12, 14]), "C": near([10.25, 10.25])}
    assert weights(document) == {"A": [0.5, 0], "B": [0, 0.3], "C": [0.2, 0]}
    assert document["decisions"]["cash"] == near([0.3, 0.7])
    assert trades(document) == [
        ("2024-01-31", "buy", "A", 50, 8),
        ("2024-01-31", "buy", "C", 16, 10),
        ("2024-02-01", "sell", "A", 50, 10),
        ("2024-02-01", "buy", "B", 10, 27),
        ("2024-02-01", "sell", "C", 16, 10),
    ]
    assert equity(document) == near([800, 900, 930])


def test_target_volatility_scaled_down(result):
    document = result("target_volatility_scaled_down")
    seen = document["decisions"]["seen"]
    assert seen["annual_volatility"]["portfolio"] == near([1.2, 0])
    assert seen["exposure"]["portfolio"] == near([0.5, 0.8])
    assert weights(document) == {"A": [0.25, 0.4], "B": [0.25, 0.4]}
    assert trades(document) == [
        ("2024-01-15", "buy", "A", 2.5, 96),
        ("2024-01-15", "buy", "B", 2.5, 96),
        ("2024-01-22", "buy", "A", 1.22, 100),
        ("2024-01-22", "buy", "B", 2.15, 80),
    ]
    assert equity(document) == near([960, 960, 960, 960, 960, 930, 1060.2])


def test_minimum_variance_of_two(result):
    document = result("minimum_variance_of_two")
    assert document["decisions"]["seen"]["volatility"] == {
        "A": near([(0.04 / 3) ** 0.5, (0.04 / 3) ** 0.5]),
        "B": near([(0.08 / 3) ** 0.5, (0.2 / 3) ** 0.5]),
    }
    assert weights(document) == {"A": [0.6, 0.9], "B": [0.4, 0.1]}
    assert trades(document) == [
        ("2024-01-05", "buy", "A", 8, 72),
        ("2024-01-05", "buy", "B", 4, 96),
        ("2024-01-12", "buy", "A", 6.4, 72),
        ("2024-01-12", "sell", "B", 3.2, 144),
    ]
    assert equity(document) == near([960, 1400, 1680, 1776, 1536, 1152, 1312])


def test_momentum_weighted_lookbacks(result):
    document = result("momentum_weighted_lookbacks")
    seen = document["decisions"]
    assert seen["decided"] == ["2024-01-29"]
    assert seen["seen"]["lookback_return"] == {"A": near([0.2]), "B": near([0.1275]), "C": near([0.125])}
    assert seen["scores"] == {
        "A": near([0.2 / (0.08 / 19) ** 0.5]),
        "B": near([0.1275 / (0.018 / 19) ** 0.5]),
        "C": near([0.125 / 0.0125**0.5]),
    }
    assert seen["ranks"] == {"A": [2], "B": [1], "C": [3]}
    b = 1 / (1 + 0.225**0.5)
    assert weights(document) == {"A": [1 - b], "B": [b], "C": [0]}
    assert equity(document) == near([1000, 1000 * (1 + (1 - b) / 4)])


def test_offset_sessions(result):
    document = result("offset_sessions")
    assert document["weights"]["decided"] == document["weights"]["dates"] == ["2024-01-30", "2024-02-02"]
    assert trades(document)[2:] == [("2024-02-02", "sell", "A", 12.5, 20), ("2024-02-02", "buy", "B", 25, 10)]
    assert equity(document) == near([1000, 1100, 1200, 1500, 1650])
    assert document["metrics"]["turnover_per_year"] == near(1 / 6 * 365.25 / 6)


def test_lag_sessions(result):
    document = result("lag_sessions")
    assert document["weights"]["decided"] == ["2024-01-30", "2024-01-31"]
    assert document["weights"]["dates"] == ["2024-01-30", "2024-02-02"]
    assert trades(document)[2:] == [("2024-02-02", "sell", "A", 12.5, 20), ("2024-02-02", "buy", "B", 25, 10)]
    assert equity(document) == near([1000, 1100, 1200, 1500, 1650])


def test_benchmark_portfolio_with_contributions(result):
    document = result("benchmark_portfolio_with_contributions")
    assert equity(document)[0] == near(1000 / 1.01)
    benchmark = document["benchmark"]
    assert benchmark["name"] == "Half and half"
    assert benchmark["series"]["portfolio_value"] == near([1000, 1800, 1800, 1350])
    assert benchmark["series"]["returns"] == near([0, 0.5, 0, -0.25])
    assert benchmark["series"]["drawdown"] == near([0, 0, 0, -0.25])
    metrics = benchmark["metrics"]
    assert (metrics["final_value"], metrics["total_return"], metrics["max_drawdown"]) == near((1350, 0.125, -0.25))


def test_benchmark_symbol_with_contributions(result):
    document = result("benchmark_symbol_with_contributions")
    assert equity(document) == near([1000 / 1.01, *[1300 / 1.01] * 3])
    benchmark = document["benchmark"]
    assert benchmark["series"]["portfolio_value"] == near([1000, 2300, 2300, 1150])
    assert benchmark["series"]["returns"] == near([0, 1, 0, -0.5])
    assert benchmark["series"]["drawdown"] == near([0, 0, 0, -0.5])
    metrics = benchmark["metrics"]
    assert (metrics["final_value"], metrics["net_contributions"], metrics["total_profit"]) == near((1150, 300, -150))
    assert (metrics["total_return"], metrics["max_drawdown"], metrics["profit_factor"]) == near((0, -0.5, 1000 / 1150))
    assert document["null_reasons"]["/benchmark/metrics/money_weighted_return"] == "PERIOD_UNDER_ONE_YEAR"


def test_held_weights_drift(result):
    document = result("held_weights_drift")
    assert equity(document) == near([1000, 1200, 1400, 1750])
    held = document["held_weights"]
    assert held["dates"] == document["series"]["dates"]
    assert held["symbols"] == {"A": near([0.5, 2 / 3, 0.5, 0.6]), "B": near([0.25, 1 / 6, 0.25, 0.2])}
    assert held["cash"] == near([0.25, 1 / 6, 0.25, 0.2])
    assert document["weights"]["dates"] == ["2024-01-30", "2024-02-01"]
    assert weights(document) == {"A": [0.5, 0.5], "B": [0.25, 0.25]}


def test_compared_over_the_common_period(result):
    document = result("compared_over_the_common_period")
    assert equity(document) == near([1000, 1100, 1200, 1200, 1500])
    comparison = document["comparison"]
    assert comparison["period"] == {"start": "2024-01-02", "end": "2024-01-05", "sessions": 4, "limited_by": "B"}
    assert comparison["names"] == ["As asked", "B", "Half in cash"]
    assert comparison["portfolio_value"]["As asked"] == near([1000, 12000 / 11, 12000 / 11, 15000 / 11])
    assert comparison["portfolio_value"]["B"] == near([1000, 1000, 2000, 2000])
    assert comparison["portfolio_value"]["Half in cash"] == near([1000, *[500 + 6000 / 11] * 2, 500 + 7500 / 11])
    assert comparison["metrics"]["total_return"] == near([4 / 11, 1, 2 / 11])
    mean = (1 / 11 + 1 / 4) / 3
    squares = (1 / 11 - mean) ** 2 + mean**2 + (1 / 4 - mean) ** 2
    assert comparison["correlations"][0][:2] == near([1, -mean / (squares * 2 / 3) ** 0.5])
    assert [w["code"] for w in document["warnings"]] == ["PERIODS_DIFFER"]


def test_absolute_and_relative_bands(result):
    document = result("absolute_and_relative_bands")
    assert document["weights"]["triggers"] == ["scheduled", "band", "band"]
    assert document["weights"]["decided"] == ["2024-01-01", "2024-01-03", "2024-01-05"]
    assert document["weights"]["dates"] == ["2024-01-01", "2024-01-04", "2024-01-08"]
    assert weights(document) == {"A": [0.5] * 3, "B": [0.4] * 3, "C": [0.1] * 3}
    assert trades(document)[3:] == [
        ("2024-01-04", "buy", "B", 8, 10),
        ("2024-01-04", "sell", "C", 4, 20),
        ("2024-01-08", "sell", "A", 10, 20),
        ("2024-01-08", "buy", "B", 16, 10),
        ("2024-01-08", "buy", "C", 2, 20),
    ]
    assert equity(document) == near([1000, 1000, 1180, 1200, 1600, 1600, 1640])


def test_bands_at_frequency(result):
    document = result("bands_at_frequency")
    assert document["weights"]["dates"] == ["2024-01-01", "2024-01-12"]
    assert trades(document)[2:] == [("2024-01-12", "sell", "A", 12.5, 20), ("2024-01-12", "buy", "B", 25, 10)]
    assert equity(document) == near([1000, 2000, 1200, 1200, 1500, 1650])


def test_expense_ratio_of_a_holding(result):
    document = result("expense_ratio_of_a_holding")
    assert equity(document) == near([2000, 2096.55, 2195.003615])
    assert [h["price"] for h in document["final_holdings"]] == near([119.52036, 99.960003, 100])
    assert document["attribution"]["costs"]["expense_ratio"] == near(3.3 + 1.1964 + 0.15 + 0.049985)
    assert document["metrics"]["total_costs"] == near(4.696385)
    assert document["attribution"]["profit"] == {
        "symbols": {"A": near(195.2036), "B": near(-0.199985), "C": near(0)},
        "interest": 0,
        "total": near(195.003615),
    }


def test_contributions_and_withdrawals(result):
    document = result("contributions_and_withdrawals")
    assert equity(document) == near([1000, 1100, 1089, 1199, 2180])
    assert document["series"]["cash_flows"] == near([0, 101, -119.79, 111.1, 0])
    returns = [1000 / 1010 - 1, 999 / 1000 - 1, 1208.79 / 1100 - 1, 1087.9 / 1089 - 1, 2180 / 1199 - 1]
    assert document["series"]["returns"] == near(returns)
    assert trades(document) == [
        ("2021-12-31", "buy", "A", 50, 10),
        ("2021-12-31", "buy", "B", 50, 10),
        ("2022-12-30", "buy", "A", 5, 12),
        ("2022-12-30", "buy", "B", 5, 8),
        ("2023-06-30", "sell", "A", 5.5, 12),
        ("2023-06-30", "sell", "B", 5.5, 10),
        ("2023-12-29", "buy", "A", 5, 12),
        ("2023-12-29", "buy", "B", 5, 10),
    ]
    assert [t["commission"] for t in document["trades"]] == near([5, 5, 0.6, 0.4, 0.66, 0.55, 0.6, 0.5])
    assert document["attribution"]["profit"]["symbols"] == {"A": near(529.14), "B": near(548.55)}
    assert document["attribution"]["profit"]["total"] == near(2180 - 1010 - 92.31)
    assert document["attribution"]["costs"]["commission"] == near(13.31)


def test_money_weighted_return(result):
    document = result("money_weighted_return")
    assert equity(document) == near([100, 500, 600])
    assert trades(document) == [("2010-12-31", "buy", "A", 10, 10), ("2014-12-31", "buy", "A", 2.5, 40)]
    assert document["series"]["cash_flows"] == [0, 100, 0]
    assert document["metrics"]["money_weighted_return"] == near(2 ** (1 / 4) - 1)
    assert document["metrics"]["total_return"] == near(3.8)
    assert document["metrics"]["cagr"] == near(4.8 ** (1 / 8) - 1)


def test_depleted_by_withdrawals(result):
    document = result("depleted_by_withdrawals")
    assert [warning["code"] for warning in document["warnings"]] == ["PORTFOLIO_DEPLETED"]
    assert document["period"]["effective"] == {"start": "2024-01-01", "end": "2024-01-19"}
    assert equity(document) == near([1000, 600, 200, 0])
    assert document["series"]["cash_flows"] == near([0, -396, -396, -198])
    assert document["series"]["returns"] == near([1000 / 1010 - 1, -4 / 1000, -4 / 600, -2 / 200])
    assert trades(document)[2:] == [
        ("2024-01-05", "sell", "A", 20, 10),
        ("2024-01-05", "sell", "B", 10, 20),
        ("2024-01-12", "sell", "A", 20, 10),
        ("2024-01-12", "sell", "B", 10, 20),
        ("2024-01-19", "sell", "A", 10, 10),
        ("2024-01-19", "sell", "B", 5, 20),
    ]
    metrics = document["metrics"]
    assert (metrics["final_value"], metrics["net_contributions"]) == (0, near(-990))
    assert (metrics["total_profit"], metrics["total_costs"]) == (near(-20), near(20))
    assert metrics["total_return"] == metrics["max_drawdown"] == near(1000 / 1010 * 0.996 * (596 / 600) * 0.99 - 1)
    assert (metrics["max_drawdown_days"], metrics["turnover_per_year"]) == (18, 0)


def test_dividends_to_cash(result):
    document = result("dividends_to_cash")
    assert equity(document) == near([1000, 1000, 1000, 1100, 1155])
    assert trades(document) == [
        ("2024-01-01", "buy", "A", 5, 100),
        ("2024-01-01", "buy", "B", 5, 100),
        ("2024-01-05", "buy", "B", 0.5, 100),
    ]
    assert [h["price"] for h in document["final_holdings"]] == near([110, 110])
    assert document["metrics"]["dividend_income"] == near(50)
    assert document["metrics"]["exposure"] == near(0.99)
    assert document["attribution"]["profit"]["symbols"] == {"A": near(100), "B": near(55)}
    assert document["attribution"]["profit"]["total"] == document["metrics"]["total_profit"] == near(155)


def test_partial_history(result):
    document = result("partial_history")
    assert [warning["code"] for warning in document["warnings"]] == ["HOLDING_ENTERS_LATE"]
    assert document["weights"]["decided"] == ["2024-01-01", "2024-01-03"]
    assert weights(document) == {"A": [0.8, 0.6], "B": [0, 0.25], "C": [0.2, 0.15]}
    assert trades(document) == [
        ("2024-01-01", "buy", "A", 80, 10),
        ("2024-01-01", "buy", "C", 20, 10),
        ("2024-01-04", "sell", "A", 20, 12),
        ("2024-01-04", "buy", "B", 15, 20),
        ("2024-01-04", "sell", "C", 5, 12),
    ]
    assert equity(document) == near([1000, 1080, 1200, 1200, 1260])
    profit = document["attribution"]["profit"]
    assert (profit["symbols"], profit["total"]) == ({"A": near(160), "B": near(30), "C": near(70)}, near(260))
    assert document["attribution"]["correlation"]["matrix"][1] == near([1, 1, -1])


def test_tables_of_a_sparse_curve(result):
    tables = result("tables_of_a_sparse_curve")["tables"]
    assert tables["annual_returns"]["years"] == [2022, 2023, 2024]
    assert tables["annual_returns"]["portfolio"] == near([0, 0.32, -1 / 12])
    assert tables["annual_returns"]["complete"] == [False, True, False]
    assert tables["monthly_returns"]["months"] == ["2022-12", "2023-01", "2023-06", "2023-12", "2024-01"]
    assert tables["monthly_returns"]["portfolio"] == near([0, 0.1, -0.2, 0.5, -1 / 12])
    assert tables["monthly_returns"]["complete"] == [False, True, True, True, True]
    deepest, second = tables["drawdowns"]
    assert (deepest["peak"], deepest["trough"], deepest["recovery"]) == ("2023-01-31", "2023-06-30", "2023-12-29")
    assert (deepest["depth"], deepest["days_to_trough"], deepest["days_to_recovery"]) == (near(-0.2), 150, 182)
    assert (second["depth"], second["recovery"], second["days"]) == (near(-1 / 12), None, 33)
    trailing = dict(zip(tables["trailing_returns"]["periods"], tables["trailing_returns"]["portfolio"], strict=True))
    assert (trailing["1M"], trailing["YTD"]) == (near(-1 / 12), near(-1 / 12))
    assert (trailing["3M"], trailing["6M"], trailing["1Y"]) == (near(0.375), near(0.375), near(0.1))
    assert (trailing["3Y"], trailing["inception"]) == (None, near(1.21 ** (365.25 / 397) - 1))
    rolling = tables["rolling_returns"][0]
    assert (rolling["dates"], rolling["portfolio"]) == (["2023-12-29", "2024-01-31"], near([0.32, 0.1]))
    assert rolling["average"] == near(0.21)
    assert (tables["extremes"]["positive_months"], tables["extremes"]["positive_years"]) == (near(0.5), 1)


def test_next_open_and_a_contribution(result):
    document = result("next_open_and_a_contribution")
    assert equity(document) == near([1050, 1155, 1650, 1815])
    assert document["series"]["returns"] == near([0.05, 0, 3 / 7, 0.1])
    assert trades(document) == [
        ("2024-01-30", "buy", "A", 50, 10),
        ("2024-01-30", "buy", "B", 50, 10),
        ("2024-01-31", "buy", "A", 5, 11),
        ("2024-01-31", "buy", "B", 5, 10),
        ("2024-02-01", "sell", "A", 13.75, 20),
        ("2024-02-01", "buy", "B", 27.5, 10),
    ]
    assert [t["reason"] for t in document["trades"]] == ["rebalance"] * 2 + ["cash_flow"] * 2 + ["rebalance"] * 2


def test_deviation_over_the_longest_lookback(result):
    document = result("deviation_over_the_longest_lookback")
    a, b = (0.0184 / 24) ** 0.5, (0.2864 / 24) ** 0.5
    assert document["decisions"]["scores"] == {"A": near([0.155 / a]), "B": near([0.35 / b])}
    assert document["decisions"]["ranks"] == {"A": [1], "B": [2]}
    weight = (1 / b) / (1 / a + 1 / b)
    assert document["weights"]["symbols"]["B"] == near([weight])
    assert document["series"]["portfolio_value"] == near([1000, 1000 * (1 + weight / 10)])


def test_offset_counts_from_the_first_decision(result):
    document = result("offset_counts_from_the_first_decision")
    assert document["weights"]["dates"] == ["2024-02-01", "2024-03-04"]
    assert document["series"]["portfolio_value"] == near([1000, 1500, 1500, 1500, 1500, 2500])
    assert trades(document)[2:] == [
        ("2024-03-04", "buy", "A", 12.5, 20),
        ("2024-03-04", "sell", "B", 50 - 1250 / 30, 30),
    ]


def test_interest_and_expenses_over_long_steps(result):
    document = result("interest_and_expenses_over_long_steps")
    cash, held = [500 * 1.365 ** (days / 365) for days in (0, 31, 63, 64)], [500.0, 500 * (1 - 0.031)]
    held += [held[1] * 0.999**32, held[1] * 0.999**33]
    assert document["series"]["portfolio_value"] == near([c + a for c, a in zip(cash, held, strict=True)])
    assert document["metrics"]["interest_income"] == near(cash[3] - 500)


def test_whole_shares_and_a_contribution(result):
    document = result("whole_shares_and_a_contribution")
    assert document["series"]["portfolio_value"] == near([1000, 1197, 1146])
    assert document["series"]["returns"] == near([0, 0.097, 1146 / 1197 - 1])
    assert trades(document)[2:] == [("2024-01-31", "buy", "A", 1, 33)]
    assert {h["symbol"]: h["units"] for h in document["final_holdings"]} == {"A": 17, "B": 7}


def test_volatility_needs_more_history(result):
    document = result("volatility_needs_more_history")
    assert document["weights"]["symbols"]["A"] == near([1 / 2, 2 / 3, 2 / 3, 2 / 3])
    assert [warning["code"] for warning in document["warnings"]] == ["WARM_UP_INCOMPLETE"]
    assert document["series"]["portfolio_value"] == near([1000, 1000, 1000, 1000 * (1 + 2 / 30)])


def test_ties_go_to_the_earlier_holding(result):
    document = result("ties_go_to_the_earlier_holding")
    assert document["decisions"]["scores"]["A"] < document["decisions"]["scores"]["B"]
    assert document["decisions"]["ranks"] == {"A": [1], "B": [2], "C": [3]}
    assert document["series"]["portfolio_value"] == near([1000, 1100])


def test_two_money_weighted_returns(result):
    document = result("two_money_weighted_returns")
    assert document["series"]["portfolio_value"][-1] == near(152 / 1024)
    assert document["metrics"]["money_weighted_return"] is None
    assert document["null_reasons"]["/metrics/money_weighted_return"] == "MULTIPLE_SOLUTIONS"


def test_rules_look_at_a_symbol_that_is_not_held(result):
    document = result("rules_look_at_a_symbol_that_is_not_held")
    assert document["series"]["portfolio_value"] == near([1000, 1150, 1221.875, 1221.875])
    assert trades(document) == [
        ("2024-01-30", "buy", "A", 75, 10),
        ("2024-01-30", "buy", "B", 12.5, 20),
        ("2024-01-31", "sell", "A", 3.125, 12),
        ("2024-01-31", "buy", "B", 1.875, 20),
        ("2024-02-01", "sell", "A", 71.875, 12),
        ("2024-02-01", "buy", "B", 34.5, 25),
    ]
    assert [path[1] for path in document["decisions"]["path"]] == ["calm", "calm", "falling", "falling"]
    assert document["decisions"]["seen"] == {"S return(1)": {"portfolio": near([0, 0.1, 105 / 110 - 1, 90 / 105 - 1])}}
    assert [leaf["decisions"] for leaf in document["rules"]["leaves"]] == [2, 2, 2]
