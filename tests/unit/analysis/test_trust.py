"""The eight tests of a run: each variation is the single run of its own request."""

import math

import numpy as np
import pytest

from backtester.analysis.answer import run, trust
from tests.support.sample_requests import inline
from tests.unit.analysis.asked import SYMBOLS, answered, momentum, trusted

TESTS = ("timing_luck", "lag", "break_even", "significance", "bootstrap", "start_dates", "random", "look_ahead")
WHOLE = {"execution": {"shares": "whole"}, "costs": {"commission_fixed": 5}}
FLOWS = {"cash_flows": [{"type": "contribution", "amount": 500, "frequency": "quarterly"}]}
VARIOUS = {
    "plain": {},
    "whole shares and fixed fees": {**WHOLE, "start_date": "2008-01-02"},
    "contributions": {**FLOWS, "start_date": "2008-01-02"},
    "next_open": {"execution": {"timing": "same_close"}, "start_date": "2008-01-02"},
    "bands": {"rebalancing": {"absolute_band": 0.05}, "start_date": "2009-01-02"},
    "a benchmark that is a portfolio": {
        "start_date": "2008-01-02",
        "benchmark": {"name": "Two", "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in ("PG", "GE")]},
    },
}  # fmt: skip


def metrics(asked, **changes):
    return run({**asked, **changes})["metrics"]


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("various", VARIOUS.values(), ids=VARIOUS.keys())
def test_all_eight_have_an_answer_that_the_schema_accepts(various):
    document = answered(momentum(**{**various, "start_date": "2010-01-04"}), trust={"paths": 100})
    assert tuple(document["analysis"]["trust"]) == TESTS


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        ("buy_hold", {}), ("momentum", {"weighting": "inverse_volatility", "score": "risk_adjusted"}),
        ("momentum", {"lookbacks": [{"period": 1}, {"period": 6, "weight": 2}], "lookback_unit": "months"}),
        ("relative_strength", {}), ("mean_reversion", {}), ("trend_following", {}), ("risk_parity", {}),
        ("risk_parity", {"method": "equal_risk_contribution"}), ("minimum_variance", {}), ("target_volatility", {}),
        ("rotation", {"rotation_model": "relative_strength"}), ("rotation", {"rotation_model": "mean_reversion"}),
        ("dual_momentum", {"refuge_symbol": "KO"}), ("tactical_allocation", {}),
    ],
)  # fmt: skip
def test_shared_decisions_are_those_of_single_runs(strategy, parameters):
    own = {"rebalance_frequency": "monthly", **parameters}
    asked = momentum(strategy=strategy, parameters=own, start_date="2008-01-02", end_date="2009-12-31")
    found = trusted(asked, "timing_luck", "start_dates")
    for place in (1, 20):
        single = metrics(asked, rebalancing={"offset_sessions": place})
        assert found["timing_luck"]["sharpe_ratio"][place] == near(single["sharpe_ratio"])
    single = metrics(asked, start_date=found["start_dates"]["starts"][6])
    assert found["start_dates"]["cagr"][6] == near(single["cagr"])


def test_the_answer_repeats():
    asked = momentum(start_date="2009-01-02")
    assert trusted(asked, paths=100) == trusted(asked, paths=100)
    assert trust(asked, {"paths": 100}) == trusted(asked, paths=100)


class TestTimingLuck:
    def test_offset_0_is_the_run_to_the_bit(self):
        asked = momentum()
        found, own = trusted(asked, "timing_luck")["timing_luck"], metrics(asked)
        assert found["offsets"] == [*range(21)]
        for name in ("cagr", "sharpe_ratio", "max_drawdown"):
            assert found[name][0] == own[name]

    @pytest.mark.parametrize("various", VARIOUS.values(), ids=VARIOUS.keys())
    def test_each_offset_is_the_single_run(self, various):
        asked = momentum(**various)
        found = trusted(asked, "timing_luck")["timing_luck"]
        for place in (1, 7, 20):
            rules = {**asked.get("rebalancing", {}), "offset_sessions": found["offsets"][place]}
            own = metrics(asked, rebalancing=rules)
            for name in ("cagr", "sharpe_ratio", "max_drawdown"):
                assert found[name][place] == near(own[name])

    @pytest.mark.parametrize(
        ("frequency", "offsets"),
        [("weekly", 5), ("monthly", 21), ("quarterly", 63), ("semiannually", 63), ("annually", 63)],
    )
    def test_there_is_an_offset_for_each_session_of_a_period(self, frequency, offsets):
        asked = momentum(parameters={"lookback_period": 60, "top_n": 2, "rebalance_frequency": frequency})
        found = trusted(asked, "timing_luck")["timing_luck"]["offsets"]
        assert (len(found), found[0], len({*np.diff(found)})) == (offsets, 0, 1)

    def test_they_begin_with_the_request_s_own(self):
        asked = momentum(rebalancing={"offset_sessions": 3})
        assert trusted(asked, "timing_luck")["timing_luck"]["offsets"] == [*range(3, 24)]

    @pytest.mark.parametrize("frequency", ["daily", "never"])
    def test_daily_and_never_have_none(self, frequency):
        asked = momentum(
            parameters={"lookback_period": 60, "rebalance_frequency": frequency}, start_date="2010-01-04"
        )
        assert trusted(asked, "timing_luck")["timing_luck"] is None

    def test_tranches_are_the_mean_of_the_curves(self):
        asked = momentum(start_date="2008-01-02")
        found = trusted(asked, "timing_luck")["timing_luck"]
        curves = [
            run({**asked, "rebalancing": {"offset_sessions": offset}})["series"]["portfolio_value"]
            for offset in found["offsets"]
        ]
        mean = np.mean(curves, axis=0)
        years = (np.datetime64("2010-12-31") - np.datetime64("2008-01-02")).astype(int) / 365.25
        assert found["tranches"]["cagr"] == near((mean[-1] / 10_000) ** (1 / years) - 1)
        assert found["tranches"]["max_drawdown"] == near((mean / np.maximum.accumulate(mean.clip(10_000)) - 1).min())

    def test_tranches_pay_their_own_fixed_fees(self):
        free = trusted(momentum(start_date="2008-01-02", costs={}), "timing_luck")["timing_luck"]
        fixed = momentum(start_date="2008-01-02", costs={"commission_fixed": 1})
        found = trusted(fixed, "timing_luck")["timing_luck"]
        lost = [before - after for before, after in zip(free["cagr"], found["cagr"], strict=True)]
        assert free["tranches"]["cagr"] - found["tranches"]["cagr"] > 5 * max(lost)

    def test_the_percentile_counts_equal_ones_half(self):
        found = trusted(momentum(), "timing_luck")["timing_luck"]
        for name, summary in found["summary"].items():
            values = found[name]
            below = sum(value < values[0] for value in values)
            assert summary["percentile"] == near((below + 0.5) / 21)
            assert (summary["minimum"], summary["maximum"]) == (min(values), max(values))
            assert summary["sd"] == near(np.std(values, ddof=1))


class TestLag:
    @pytest.mark.parametrize("various", VARIOUS.values(), ids=VARIOUS.keys())
    def test_each_is_the_single_run(self, various):
        asked = momentum(**various)
        found = trusted(asked, "lag")["lag"]
        assert found["sessions"] == [0, 1, 2, 3, 5, 10]
        for place, sessions in enumerate(found["sessions"]):
            fills = {"timing": "next_close" if sessions else "same_close", "lag_sessions": max(sessions - 1, 0)}
            own = metrics(asked, execution={**asked.get("execution", {}), **fills})
            assert found["cagr"][place] == near(own["cagr"])
            assert found["sharpe_ratio"][place] == near(own["sharpe_ratio"])

    def test_1_is_next_close_to_the_bit(self):
        asked = momentum()
        assert trusted(asked, "lag")["lag"]["cagr"][1] == metrics(asked)["cagr"]


class TestBreakEven:
    @pytest.mark.parametrize("shares", [{}, {"costs": {"commission_fixed": 1}, "start_date": "2006-01-03"}])
    def test_growth_is_equal_at_the_commission(self, shares):
        asked = momentum(**shares)
        found = trusted(asked, "break_even")["break_even"]

        def growth(bps, **changes):
            costs = {**asked["costs"], "commission_bps": bps}
            return metrics({**asked, **changes, "costs": costs})["total_return"]

        monthly = {"rebalance_frequency": "monthly"}
        benchmark = run(asked)["benchmark"]["metrics"]["total_return"]
        assert growth(found["benchmark"]) == pytest.approx(benchmark, abs=1e-8)
        equal = growth(found["equal_weight"], strategy="buy_hold", parameters=monthly)
        assert growth(found["equal_weight"]) == pytest.approx(equal, abs=1e-8)
        assert growth(found["zero"]) == pytest.approx(0, abs=1e-8)
        assert found["ahead_above"] == []

    @pytest.mark.parametrize("allocations", [(0.05, 0.05, 0.3, 0.3, 0.3), (0.02, 0.08, 0.3, 0.3, 0.3)])
    def test_what_is_ahead_above_a_commission_has_one_too_and_says_so(self, allocations):
        """Equal weights of all that is held, restored every day, trade more than weights that leave out what swings."""
        holdings = [{"symbol": s, "allocation": a} for s, a in zip(SYMBOLS, allocations, strict=True)]
        daily = {"rebalance_frequency": "daily"}
        asked = momentum(strategy="buy_hold", holdings=holdings, parameters=daily, start_date="2006-01-03")
        found = trusted(asked, "break_even")["break_even"]
        equal = [{"symbol": symbol, "allocation": 0.2} for symbol in SYMBOLS]

        def ahead(bps):
            own, rival = (
                metrics(asked, holdings=each, costs={"commission_bps": bps})["total_return"]
                for each in (holdings, equal)
            )
            return own - rival

        assert found["ahead_above"] == ["equal_weight"]
        assert ahead(found["equal_weight"]) == pytest.approx(0, abs=1e-8)
        assert ahead(found["equal_weight"] - 50) < 0 < ahead(found["equal_weight"] + 50)

    def reasons(self, **changes):
        found = answered(momentum(**changes), trust={"include": ["break_even"]})
        at = "/analysis/trust/break_even/"
        return {k.removeprefix(at): v for k, v in found["null_reasons"].items() if k.startswith(at)}

    def test_what_is_behind_without_costs_has_none(self):
        parameters = {"lookback_period": 60, "top_n": 1, "rebalance_frequency": "monthly"}
        found = self.reasons(benchmark="AAPL", parameters=parameters, start_date="2004-01-05")
        assert found["benchmark"] == "BEHIND_WITHOUT_COMMISSION"

    def test_what_hardly_trades_is_ahead_at_any(self):
        found = self.reasons(strategy="buy_hold", parameters={"rebalance_frequency": "never"}, benchmark=None)
        assert found == {
            "benchmark": "NO_BENCHMARK", "equal_weight": "MULTIPLE_SOLUTIONS", "zero": "AHEAD_AT_ANY_COMMISSION",
        }  # fmt: skip

    def test_a_ruinous_commission_is_no_fault(self):
        parameters = {"lookback_period": 20, "top_n": 2, "rebalance_frequency": "daily"}
        found = trusted(momentum(parameters=parameters, start_date="1990-01-02"), "break_even")["break_even"]
        assert 0 < found["zero"] < 1000


class TestSignificance:
    def test_is_of_the_returns_of_the_run(self):
        asked = momentum(risk_free_rate=0.02)
        found, document = trusted(asked, "significance")["significance"], run(asked)
        returns = np.array(document["series"]["returns"]) - (1.02 ** (1 / 252) - 1)
        sharpe, size = returns.mean() / returns.std(ddof=1), returns.size
        skew, kurtosis = document["metrics"]["skew"], document["metrics"]["kurtosis"] + 3
        deviation = math.sqrt((1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2) / (size - 1))
        assert found["psr"] == near(0.5 * math.erfc(-sharpe / deviation / math.sqrt(2)))
        assert found["standard_error"] == near(deviation * math.sqrt(252))

    def test_only_trials_deflate(self):
        one, many = (trusted(momentum(), "significance", trials=n)["significance"] for n in (1, 100))
        assert one["dsr"] is None
        assert many["dsr"] < many["psr"] == one["psr"]
        assert one["min_backtest_years"] == 0 < many["min_backtest_years"]

    def test_a_loss_has_no_track_record(self):
        asked = momentum(start_date="2008-01-02", end_date="2008-12-31")
        found = answered(asked, trust={"include": ["significance"]})
        at = "/analysis/trust/significance/min_track_record_years"
        assert found["null_reasons"][at] == "NOT_ABOVE_ZERO"


class TestBootstrap:
    def test_the_run_lies_within_its_intervals(self):
        asked = momentum()
        found, own = trusted(asked, "bootstrap")["bootstrap"], metrics(asked)
        for name in ("cagr", "sharpe_ratio", "max_drawdown"):
            assert found[name][0] < own[name] < found[name][1]
        assert 0 <= found["probability_below_benchmark"] <= 1

    def test_more_confidence_is_a_wider_interval(self):
        wide, narrow = (trusted(momentum(), "bootstrap", confidence=c)["bootstrap"]["cagr"] for c in (0.99, 0.5))
        assert wide[0] < narrow[0] < narrow[1] < wide[1]

    def test_a_portfolio_that_is_its_benchmark_is_never_below_it(self):
        asked = momentum(("PG",), strategy="buy_hold", parameters={}, costs={})
        assert trusted(asked, "bootstrap", paths=100)["bootstrap"]["probability_below_benchmark"] == 0


class TestStartDates:
    def test_there_is_one_for_each_month(self):
        found = trusted(momentum(start_date="2006-03-15", end_date="2010-12-31"), "start_dates")["start_dates"]
        assert (found["starts"][:2], len(found["starts"])) == (["2006-03-15", "2006-04-03"], 58)

    def test_at_most_120_spread_over_the_period(self):
        found = trusted(momentum(start_date="1991-01-02"), "start_dates")["start_dates"]["starts"]
        assert (len(found), found[0]) == (120, "1991-01-02")
        assert found[-1] >= "2010-10-01"

    @pytest.mark.parametrize("various", VARIOUS.values(), ids=VARIOUS.keys())
    def test_each_is_the_single_run(self, various):
        asked = momentum(**various)
        found = trusted(asked, "start_dates")["start_dates"]
        for place in (0, 5, 11):
            own = run({**asked, "start_date": found["starts"][place]})
            assert found["cagr"][place] == near(own["metrics"]["cagr"])
            ahead = own["metrics"]["cagr"] - own["benchmark"]["metrics"]["cagr"]
            assert found["excess"][place] == pytest.approx(ahead, abs=1e-12)
        known = [value for value in found["excess"] if value is not None]
        assert len(known) == len(found["starts"]) - 12
        assert (found["worst"], found["share_above"]) == (min(known), near(np.mean(np.array(known) > 0)))


class TestRandom:
    @pytest.mark.parametrize("various", [{}, {"rebalancing": {"absolute_band": 0.01}}])
    def test_portfolios_of_holdings_that_are_alike_are_the_run(self, various):
        days = [str(day) for day in np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-12-31"))]
        prices = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, len(days)))).tolist()
        asked = inline(
            {"A": prices, "B": prices, "C": prices}, days, start_date="2020-03-02", end_date=days[-1],
            strategy="momentum", parameters={"lookback_period": 20, "top_n": 1}, **various,
        )  # fmt: skip
        count = 100 if various else 1000  # the second are simulated one by one
        assert trusted(asked, "random")["random"] == {"portfolios": count, "percentile": 0, "p_value": 1}

    def test_a_choice_that_knew_the_future_is_hardly_beaten(self):
        symbols = ("AAPL", "GE", "BAC", "AMD", "RRC")
        parameters = {"lookback_period": 1, "top_n": 1, "rebalance_frequency": "daily"}
        asked = momentum(symbols, parameters=parameters, start_date="2009-01-02", costs={})
        both = [
            trusted({**asked, "execution": {"timing": timing, "lag_sessions": lag}}, "random")["random"]
            for timing, lag in (("next_close", 0), ("next_close", 20))
        ]
        assert all(1 / 1001 <= each["p_value"] <= 1 and each["portfolios"] == 1000 for each in both)

    @pytest.mark.parametrize(
        ("strategy", "parameters"),
        [("buy_hold", {}), ("risk_parity", {}), ("momentum", {"top_n": 5}),
         ("momentum", {"top_n": 5, "weighting": "inverse_volatility"})],
    )  # fmt: skip
    def test_a_strategy_that_holds_all_does_not_choose(self, strategy, parameters):
        asked = momentum(strategy=strategy, parameters=parameters, start_date="2009-01-02")
        assert trusted(asked, "random")["random"] is None

    def test_p_counts_the_run_among_the_portfolios(self):
        found = trusted(momentum(), "random")["random"]
        assert found["p_value"] == near((1 + 1000 * (1 - found["percentile"])) / 1001)


class TestLookAhead:
    @pytest.mark.parametrize(
        ("strategy", "parameters"),
        [
            ("momentum", {"lookback_period": 60, "weighting": "inverse_volatility"}), ("relative_strength", {}),
            ("mean_reversion", {}), ("trend_following", {}), ("risk_parity", {}), ("minimum_variance", {}),
            ("target_volatility", {}), ("rotation", {"rotation_model": "relative_strength"}), ("buy_hold", {}),
        ],
    )  # fmt: skip
    def test_built_ins_never_change(self, strategy, parameters):
        asked = momentum(strategy=strategy, parameters={"rebalance_frequency": "monthly", **parameters})
        found = trusted({**asked, "start_date": "2006-01-03"}, "look_ahead")["look_ahead"]
        assert found == {"decisions_checked": 24, "changed": 0, "first": None}


SHORT = {
    "one session": (["2024-01-02"], [100.0]),
    "two sessions": (["2024-01-02", "2024-01-03"], [100.0, 101.0]),
    "a constant price": ([f"2024-01-{day:02d}" for day in range(1, 31)], [100.0] * 30),
    "a loss of nearly all": ([f"2024-01-{day:02d}" for day in range(1, 31)], [100.0 / 2**n for n in range(30)]),
}  # fmt: skip


@pytest.mark.parametrize(("dates", "prices"), SHORT.values(), ids=SHORT.keys())
@pytest.mark.parametrize("strategy", ["buy_hold", "momentum"])
def test_a_degenerate_history_gives_nulls_with_reasons(dates, prices, strategy):
    parameters = {"rebalance_frequency": "weekly"} | ({"lookback_period": 2} if strategy == "momentum" else {})
    asked = inline(
        {"A": prices, "B": [1 + price for price in prices]}, dates, strategy=strategy, parameters=parameters,
        start_date=dates[0], end_date=dates[-1], benchmark="A",
    )  # fmt: skip
    over = {"/parameters/rebalance_frequency": ["daily", "weekly"]}
    found = answered(asked, trust={"paths": 100}, projection={}, walk_forward={"over": over})
    assert found["analysis"]["walk_forward"] is None
    assert found["null_reasons"]["/analysis/walk_forward"] in ("PERIOD_TOO_SHORT", "VARIATION_FAILED")


def test_tests_that_are_not_named_are_not_made():
    assert [*trusted(momentum(SYMBOLS[:2], start_date="2010-01-04"), "lag", "significance")] == ["lag", "significance"]
