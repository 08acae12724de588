"""Our metrics against empyrical, ffn and scipy, on runs over bundled prices.

Where the definitions are the same, the numbers are, to 1e-9. Where they are not, the test states the relation.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import backtester
from tests.oracle.peers import ask

CAPITAL = 10_000.0
RISK_FREE = 0.02
PERIODS = 252
SAME = (
    "total_return", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown", "var_95", "cvar_95",
    "tail_ratio", "omega_ratio", "beta",
)  # fmt: skip
MONTHLY = ("annual_volatility", "var_95", "max_drawdown")
RUNS: dict[str, dict[str, Any]] = {
    "one stock": {
        "strategy": "buy_hold", "holdings": [{"symbol": "AMD", "allocation": 1}],
        "start_date": "1990-06-01", "end_date": "2022-12-28",
    },
    "balanced": {
        "strategy": "buy_hold", "parameters": {"rebalance_frequency": "quarterly"},
        "holdings": [{"symbol": s, "allocation": 0.25} for s in ("JNJ", "KO", "PG", "WMT")],
        "start_date": "2000-01-01", "end_date": "2012-12-31", "costs": {"commission_bps": 20, "slippage_bps": 10},
    },
    "momentum": {
        "strategy": "momentum", "parameters": {"lookback_period": 60, "top_n": 2},
        "holdings": [{"symbol": s, "allocation": 0.2} for s in ("AAPL", "BAC", "CVX", "MSFT", "UNH")],
        "start_date": "2006-01-01", "end_date": "2010-06-30", "costs": {"commission_bps": 10},
    },
}  # fmt: skip


@functools.cache
def ours(name: str) -> dict[str, Any]:
    return backtester.run({
        **RUNS[name], "benchmark": "^GSPC", "initial_capital": CAPITAL, "risk_free_rate": RISK_FREE,
        "data": {"source": "bundled"}, "output": {"precision": None},
    })  # fmt: skip


def monthly(dates: list[str], equity: list[float]) -> list[float]:
    """Returns from month-end to month-end, the first against the capital."""
    ends = [value for day, after, value in zip(dates, [*dates[1:], ""], equity, strict=True) if day[:7] != after[:7]]
    return [value / before - 1 for before, value in zip([CAPITAL, *ends], ends, strict=False)]


def job(name: str) -> dict[str, Any]:
    """What the peers are given of a run: returns, the benchmark's, and the risk-free rate of one session."""
    series, benchmark = ours(name)["series"], ours(name)["benchmark"]["series"]
    return {
        "sessions": series["dates"], "equity": series["portfolio_value"], "returns": series["returns"],
        "benchmark": benchmark["returns"], "capital": CAPITAL, "risk_free": (1 + RISK_FREE) ** (1 / PERIODS) - 1,
        "monthly": monthly(series["dates"], series["portfolio_value"]),
        "monthly_benchmark": monthly(series["dates"], benchmark["portfolio_value"]),
    }  # fmt: skip


@functools.cache
def theirs() -> dict[str, dict[str, dict[str, float]]]:
    """What the peers find of every run, in one process: most of its time goes into imports."""
    return ask("peer_metrics.py", {name: job(name) for name in RUNS})


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> str:
    """The name of a run: one stock, a rebalanced portfolio with costs, momentum through 2008."""
    return str(request.param)


def peers_number(run: str, peer: str, metric: str) -> float:
    return theirs()[run][peer][metric]


class TestWhereTheDefinitionsAgree:
    @pytest.mark.parametrize("metric", SAME)
    def test_empyrical_finds_the_same(self, run, metric):
        assert ours(run)["metrics"][metric] == pytest.approx(peers_number(run, "empyrical", metric), rel=1e-9)

    @pytest.mark.parametrize("metric", MONTHLY)
    def test_empyrical_finds_the_same_of_month_ends(self, run, metric):
        expected = peers_number(run, "empyrical", f"monthly_{metric}")
        assert ours(run)["metrics_monthly"][metric] == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("metric", ["skew", "kurtosis"])
    def test_scipy_finds_the_same_with_the_bias_corrected(self, run, metric):
        assert ours(run)["metrics"][metric] == pytest.approx(peers_number(run, "scipy", metric), rel=1e-9)

    def test_ffn_finds_the_same_drawdown(self, run):
        assert ours(run)["metrics"]["max_drawdown"] == pytest.approx(peers_number(run, "ffn", "max_drawdown"), rel=1e-9)


class TestWhereTheyDiffer:
    def test_empyrical_counts_years_in_sessions_and_we_in_calendar_days(self, run):
        metrics, sessions, days = ours(run)["metrics"], ours(run)["period"]["sessions"], calendar_days(run)
        growth = 1 + metrics["total_return"]
        assert peers_number(run, "empyrical", "cagr") == pytest.approx(growth ** (PERIODS / sessions) - 1, rel=1e-9)
        assert metrics["cagr"] == pytest.approx(growth ** (365.25 / days) - 1, rel=1e-9)
        assert 1e-9 < abs(peers_number(run, "empyrical", "cagr") - metrics["cagr"]) < 2e-3

    def test_empyricals_calmar_ratio_differs_by_that_and_no_more(self, run):
        metrics, same = ours(run)["metrics"], theirs()[run]["empyrical"]
        ratio = metrics["calmar_ratio"] / same["calmar_ratio"]
        assert ratio == pytest.approx(metrics["cagr"] / same["cagr"], rel=1e-9)

    def test_ffn_counts_calendar_days_too_but_not_what_the_first_session_cost(self, run):
        result = ours(run)
        value = result["series"]["portfolio_value"]
        without = (value[-1] / value[0]) ** (365.25 / calendar_days(run)) - 1
        assert peers_number(run, "ffn", "cagr") == pytest.approx(without, rel=1e-9)
        costless = value[0] == pytest.approx(CAPITAL, rel=1e-12)
        assert (result["metrics"]["cagr"] == pytest.approx(without, rel=1e-9)) == costless

    def test_empyrical_compounds_alpha_and_we_multiply_it(self, run):
        daily = ours(run)["metrics"]["alpha"] / PERIODS
        assert peers_number(run, "empyrical", "alpha") == pytest.approx((1 + daily) ** PERIODS - 1, rel=1e-9)
        assert abs(peers_number(run, "empyrical", "alpha") - ours(run)["metrics"]["alpha"]) > 1e-6

    def test_empyricals_excess_sharpe_is_our_information_ratio_of_one_period(self, run):
        yearly = peers_number(run, "empyrical", "excess_sharpe") * PERIODS**0.5
        assert ours(run)["metrics"]["information_ratio"] == pytest.approx(yearly, rel=1e-9)

    @pytest.mark.parametrize("metric", ["up_capture", "down_capture"])
    def test_empyrical_annualises_both_sides_of_a_capture_ratio(self, run, metric):
        result = ours(run)
        dates = result["series"]["dates"]
        pairs = zip(monthly(dates, result["series"]["portfolio_value"]),
                    monthly(dates, result["benchmark"]["series"]["portfolio_value"]), strict=True)  # fmt: skip
        chosen = np.array([pair for pair in pairs if (pair[1] > 0) == (metric == "up_capture")])
        mean = np.prod(1 + chosen, axis=0) ** (1 / len(chosen)) - 1
        yearly = (1 + mean) ** 12 - 1
        assert result["metrics"][metric] == pytest.approx(mean[0] / mean[1], rel=1e-9)
        assert peers_number(run, "empyrical", metric) == pytest.approx(yearly[0] / yearly[1], rel=1e-9)

    def test_scipys_default_leaves_the_bias_in_skew_and_kurtosis(self, run):
        metrics, n, biased = ours(run)["metrics"], ours(run)["period"]["sessions"], theirs()[run]["scipy"]
        skew = biased["biased_skew"] * (n * (n - 1)) ** 0.5 / (n - 2)
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * biased["biased_kurtosis"] + 6)
        assert metrics["skew"] == pytest.approx(skew, rel=1e-9)
        assert metrics["kurtosis"] == pytest.approx(kurtosis, rel=1e-9)

    def test_ffn_was_given_no_risk_free_rate_and_the_difference_is_that_rate(self, run):
        metrics, returns = ours(run)["metrics"], np.array(ours(run)["series"]["returns"])
        rate = (1 + RISK_FREE) ** (1 / PERIODS) - 1
        per_risk = rate / returns.std(ddof=1) * PERIODS**0.5
        assert peers_number(run, "ffn", "sharpe_ratio") - metrics["sharpe_ratio"] == pytest.approx(per_risk, rel=1e-9)
        sortino = returns.mean() / np.sqrt(np.mean(np.minimum(returns, 0) ** 2)) * PERIODS**0.5
        assert peers_number(run, "ffn", "sortino_ratio") == pytest.approx(sortino, rel=1e-9)

    def test_a_monthly_sharpe_ratio_differs_by_the_risk_free_rate_that_empyrical_was_not_given(self, run):
        twin, returns = ours(run)["metrics_monthly"], np.array(monthly_returns(run))
        rate = (1 + RISK_FREE) ** (1 / 12) - 1
        difference = peers_number(run, "empyrical", "monthly_sharpe_ratio") - twin["sharpe_ratio"]
        assert difference == pytest.approx(rate / returns.std(ddof=1) * 12**0.5, rel=1e-9)


def monthly_returns(run: str) -> list[float]:
    series = ours(run)["series"]
    return monthly(series["dates"], series["portfolio_value"])


def calendar_days(run: str) -> int:
    first, last = (np.datetime64(ours(run)["series"]["dates"][row]) for row in (0, -1))
    return int((last - first).astype(int))
