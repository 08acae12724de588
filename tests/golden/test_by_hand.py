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
    assert document["series"]["portfolio_value"] == near([1000, 1001.5, 1102.0015])
    assert document["final_cash"] == {"value": near(502.0015), "weight": near(502.0015 / 1102.0015)}
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
