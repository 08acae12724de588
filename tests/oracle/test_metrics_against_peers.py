"""Every metric against empyrical, quantstats, ffn, skfolio and scipy, on runs over bundled prices.

Where the definitions are the same, the numbers are, to 1e-9. Where they are not, the test states the relation. A metric
that no peer has is listed with the reason; a new one without a comparison or a reason fails a test.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import json
import statistics
from typing import Any

import numpy as np
import pytest

import backtester
from tests.oracle.peers import ROOT, ask

pytestmark = pytest.mark.full

CAPITAL = 10_000.0
RISK_FREE = 0.02
PERIODS = 252
SAME: dict[str, tuple[str, ...]] = {  # which peers find the same number
    "final_value": ("empyrical",),
    "total_return": ("empyrical", "quantstats", "ffn"),
    "annual_volatility": ("empyrical", "quantstats", "skfolio"),
    "sharpe_ratio": ("empyrical", "quantstats", "ffn", "skfolio"),
    "sortino_ratio": ("empyrical", "quantstats", "ffn"),
    "max_drawdown": ("empyrical", "quantstats", "ffn", "skfolio"),
    "var_95": ("empyrical",),
    "cvar_95": ("empyrical", "quantstats"),
    "win_rate": ("quantstats",),
    "profit_factor": ("quantstats",),  # of the daily profit in money
    "best_day": ("empyrical", "quantstats"),
    "worst_day": ("empyrical", "quantstats", "skfolio"),
    "skew": ("scipy", "quantstats"),
    "kurtosis": ("scipy", "quantstats"),
    "ulcer_index": ("skfolio",),
    "omega_ratio": ("empyrical", "quantstats"),
    "tail_ratio": ("empyrical", "quantstats"),
    "beta": ("empyrical", "quantstats"),
    "alpha": ("quantstats",),  # of excess returns, which it is given
    "tracking_error": ("empyrical",),
    "money_weighted_return": ("scipy",),
}
EXPLAINED = {  # the difference, or how it is compared, is a test of its own below
    "cagr", "calmar_ratio", "max_drawdown_days", "information_ratio", "up_capture", "down_capture",
}  # fmt: skip
ELSEWHERE = {
    "turnover_per_year": "test_against_peers.py: bt's",
    "exposure": "test_against_peers.py: vectorbt's and bt's",
}
WITHOUT_A_PEER = {
    "total_costs": "a peer's costs follow from its fill rule, which is not ours (test_against_peers.py)",
    "net_contributions": "a sum of payments; bt's CapitalFlow is given them, and reports no sum",
    "total_profit": "final_value less initial_capital and net_contributions",
    "dividend_income": "the peers take total-return prices",
    "interest_income": "no peer pays interest on cash",
}
MONTHLY: dict[str, str] = {  # our name: empyrical's of month-end returns
    "annual_volatility": "monthly_annual_volatility",
    "var_95": "monthly_var_95",
    "max_drawdown": "monthly_max_drawdown",
    "sharpe_ratio": "monthly_sharpe_ratio_of_excess",
    "sortino_ratio": "monthly_sortino_ratio",
}
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
    "in cash at times": {
        "strategy": "momentum",
        "parameters": {"lookback_period": 12, "lookback_unit": "months", "top_n": 1, "positive_returns_only": True},
        "holdings": [{"symbol": s, "allocation": 0.3} for s in ("GE", "BAC", "XOM")],
        "start_date": "2000-01-01", "end_date": "2010-12-31", "costs": {"commission_bps": 5},
        "cash": {"allocation": 0.1},
    },
}  # fmt: skip


@functools.cache
def ours(name: str) -> dict[str, Any]:
    return backtester.run({
        **RUNS[name], "benchmark": "^GSPC", "initial_capital": CAPITAL, "risk_free_rate": RISK_FREE,
        "data": {"source": "bundled"}, "output": {"precision": None},
    })  # fmt: skip


def monthly(dates: list[str], equity: list[float]) -> list[float]:
    """Returns of the full months, from month-end to month-end; the run may begin and end inside a month."""
    following = str(np.busday_offset(dates[-1], 1))
    after = [*dates[1:], following]
    ends = [value for day, next_, value in zip(dates, after, equity, strict=True) if day[:7] != next_[:7]]
    values = [CAPITAL, *ends] if int(dates[0][8:]) <= 8 else ends
    return [value / before - 1 for before, value in itertools.pairwise(values)]


def job(name: str) -> dict[str, Any]:
    """What the peers are given of a run: returns, the benchmark's, the risk-free rate, and what was paid when."""
    series, benchmark = ours(name)["series"], ours(name)["benchmark"]["series"]
    return {
        "sessions": series["dates"], "equity": series["portfolio_value"], "returns": series["returns"],
        "benchmark": benchmark["returns"], "capital": CAPITAL, "risk_free": (1 + RISK_FREE) ** (1 / PERIODS) - 1,
        "risk_free_month": (1 + RISK_FREE) ** (1 / 12) - 1, "risk_free_rate": RISK_FREE,
        "paid": [-CAPITAL, series["portfolio_value"][-1]], "paid_years": [0, calendar_days(name) / 365.25],
        "monthly": monthly(series["dates"], series["portfolio_value"]),
        "monthly_benchmark": monthly(series["dates"], benchmark["portfolio_value"]),
    }  # fmt: skip


@functools.cache
def theirs() -> dict[str, dict[str, dict[str, float]]]:
    """What the peers find of every run, in one process: most of its time goes into imports."""
    return ask("peer_metrics.py", {name: job(name) for name in RUNS} | {"paid in and out": job_with_flows()})


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> str:
    """The name of a run: one stock, a rebalanced portfolio with costs, momentum through 2008."""
    return str(request.param)


def peers_number(run: str, peer: str, metric: str) -> float:
    return theirs()[run][peer][metric]


@functools.cache
def with_flows() -> dict[str, Any]:
    """The balanced run with money paid in every quarter and taken out every year."""
    flows = [
        {"type": "contribution", "amount": 500, "frequency": "quarterly", "growth_rate": 0.03},
        {"type": "withdrawal", "fraction": 0.04, "frequency": "annually"},
    ]
    return backtester.run({
        **RUNS["balanced"], "benchmark": "^GSPC", "initial_capital": CAPITAL, "risk_free_rate": RISK_FREE,
        "cash_flows": flows, "data": {"source": "bundled"}, "output": {"precision": None},
    })  # fmt: skip


def job_with_flows() -> dict[str, Any]:
    """The same for the run with flows: the peers are given its time-weighted returns, and the growth they make."""
    series, benchmark = with_flows()["series"], with_flows()["benchmark"]["series"]
    growth = (CAPITAL * np.cumprod(1 + np.array(series["returns"]))).tolist()
    on = [row for row, flow in enumerate(series["cash_flows"]) if flow]
    days = np.array(series["dates"], dtype="datetime64[D]").astype(int)
    return job("balanced") | {
        "returns": series["returns"], "equity": growth, "monthly": monthly(series["dates"], growth),
        "benchmark": benchmark["returns"],
        "paid": [-CAPITAL, *(-series["cash_flows"][row] for row in on), series["portfolio_value"][-1]],
        "paid_years": [0, *((days[on] - days[0]) / 365.25).tolist(), (days[-1] - days[0]) / 365.25],
    }  # fmt: skip


class TestEveryMetric:
    def test_is_compared_with_a_peer_or_has_a_reason_why_none_has_it(self):
        answered = [SAME, EXPLAINED, ELSEWHERE, WITHOUT_A_PEER]
        names = [name for group in answered for name in group]
        assert len(names) == len(set(names)), "a metric has one answer"
        assert set(names) == set(declared("metrics"))
        assert set(MONTHLY) == set(declared("metrics_monthly"))

    def test_is_in_the_result(self, run):
        assert set(ours(run)["metrics"]) == set(declared("metrics"))
        assert set(ours(run)["metrics_monthly"]) == set(declared("metrics_monthly"))


def declared(block: str) -> list[str]:
    """The names that the schema of the result has in a block."""
    schema = json.loads((ROOT / "schemas" / "result.schema.json").read_text())
    return list(schema["properties"][block]["properties"])


class TestWhereTheDefinitionsAgree:
    @pytest.mark.parametrize(("metric", "peer"), [(metric, peer) for metric in SAME for peer in SAME[metric]])
    def test_the_peer_finds_the_same(self, run, metric, peer):
        assert ours(run)["metrics"][metric] == pytest.approx(peers_number(run, peer, metric), rel=1e-9)

    @pytest.mark.parametrize("metric", MONTHLY)
    def test_empyrical_finds_the_same_of_month_ends(self, run, metric):
        expected = peers_number(run, "empyrical", MONTHLY[metric])
        assert ours(run)["metrics_monthly"][metric] == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize(
        ("metric", "peer"),
        [(m, p) for m in SAME for p in SAME[m] if m not in ("final_value", "profit_factor")],
    )
    def test_with_money_coming_and_going_the_peer_finds_the_same_of_the_time_weighted_returns(self, metric, peer):
        expected = peers_number("paid in and out", peer, metric)
        assert with_flows()["metrics"][metric] == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("peer", ["quantstats", "ffn"])
    def test_the_deepest_drawdown_begins_and_ends_when_the_peer_says(self, run, peer):
        """Both begin it with the first session below the peak; quantstats ends it with the last one, ffn a later."""
        dates = [datetime.date.fromisoformat(day).toordinal() for day in ours(run)["series"]["dates"]]
        begins = dates.index(int(peers_number(run, peer, "deepest_begins")))
        ends = dates.index(int(peers_number(run, peer, "deepest_ends")))
        recovered = min(ends + (peer == "quantstats"), len(dates) - 1)
        assert ours(run)["metrics"]["max_drawdown_days"] == dates[recovered] - dates[max(begins - 1, 0)]


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

    def test_skfolio_divides_the_falls_by_one_less_and_so_finds_a_lower_sortino_ratio(self, run):
        n = ours(run)["period"]["sessions"]
        corrected = peers_number(run, "skfolio", "sortino_ratio") * (n / (n - 1)) ** 0.5
        assert ours(run)["metrics"]["sortino_ratio"] == pytest.approx(corrected, rel=1e-9)

    def test_quantstats_counts_years_in_sessions_like_empyrical(self, run):
        for metric in ("cagr", "calmar_ratio"):
            theirs_ = peers_number(run, "quantstats", metric)
            assert theirs_ == pytest.approx(peers_number(run, "empyrical", metric), rel=1e-9)

    def test_ffn_finds_our_calmar_ratio_where_the_first_session_cost_nothing(self):
        expected = peers_number("one stock", "ffn", "calmar_ratio")
        assert ours("one stock")["metrics"]["calmar_ratio"] == pytest.approx(expected, rel=1e-9)

    def test_quantstats_assumes_normal_returns_for_value_at_risk_and_by_default_for_what_is_beyond(self, run):
        returns = np.array(ours(run)["series"]["returns"])
        normal = statistics.NormalDist(returns.mean(), returns.std(ddof=1))
        z = statistics.NormalDist().inv_cdf(0.05)
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        beyond = returns.mean() - returns.std(ddof=1) * density / 0.05
        assert peers_number(run, "quantstats", "var_95") == pytest.approx(normal.inv_cdf(0.05), rel=1e-9)
        assert peers_number(run, "quantstats", "parametric_cvar_95") == pytest.approx(beyond, rel=1e-9)
        assert abs(peers_number(run, "quantstats", "var_95") / ours(run)["metrics"]["var_95"] - 1) > 1e-3

    def test_skfolio_takes_the_return_at_the_rank_and_does_not_interpolate(self, run):
        returns = np.sort(ours(run)["series"]["returns"])
        rank = int(np.ceil(0.05 * len(returns))) - 1
        assert peers_number(run, "skfolio", "var_95") == pytest.approx(returns[rank], rel=1e-9)
        whole, part = divmod(0.05 * len(returns), 1)
        tail = returns[: int(whole)].sum() + part * returns[int(whole)]
        assert peers_number(run, "skfolio", "cvar_95") == pytest.approx(tail / (0.05 * len(returns)), rel=1e-9)
        for metric in ("var_95", "cvar_95"):  # nearly the same
            assert peers_number(run, "skfolio", metric) == pytest.approx(ours(run)["metrics"][metric], rel=0.02)

    def test_quantstats_divides_the_ulcer_index_by_one_less(self, run):
        n = ours(run)["period"]["sessions"]
        corrected = peers_number(run, "quantstats", "ulcer_index") * ((n - 1) / n) ** 0.5
        assert ours(run)["metrics"]["ulcer_index"] == pytest.approx(corrected, rel=1e-9)

    def test_ffn_gives_the_ulcer_index_in_per_cent_and_counts_the_day_before_the_first(self, run):
        n = ours(run)["period"]["sessions"]
        corrected = peers_number(run, "ffn", "ulcer_index") / 100 * ((n + 1) / n) ** 0.5
        assert ours(run)["metrics"]["ulcer_index"] == pytest.approx(corrected, rel=1e-9)

    def test_quantstats_and_ffn_do_not_annualise_the_information_ratio(self, run):
        for peer in ("quantstats", "ffn"):
            yearly = peers_number(run, peer, "information_ratio") * PERIODS**0.5
            assert ours(run)["metrics"]["information_ratio"] == pytest.approx(yearly, rel=1e-9), peer

    def test_quantstats_profit_factor_is_of_returns_and_so_our_omega_ratio(self, run):
        expected = peers_number(run, "quantstats", "profit_factor_of_returns")
        assert ours(run)["metrics"]["omega_ratio"] == pytest.approx(expected, rel=1e-9)

    def test_quantstats_exposure_is_the_share_of_days_that_moved_rounded_up_to_a_per_cent(self, run):
        moved = np.mean(np.array(ours(run)["series"]["returns"]) != 0)
        assert peers_number(run, "quantstats", "exposure") == pytest.approx(np.ceil(moved * 100) / 100)

    def test_skfolio_leaves_the_bias_in_skew_and_kurtosis_and_adds_three(self, run):
        same = theirs()[run]
        assert same["skfolio"]["skew"] == pytest.approx(same["scipy"]["biased_skew"], rel=1e-9)
        assert same["skfolio"]["kurtosis"] == pytest.approx(same["scipy"]["biased_kurtosis"] + 3, rel=1e-9)

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
