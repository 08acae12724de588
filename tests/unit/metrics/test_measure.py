"""The whole report, through the engine: what is undefined says why."""

from __future__ import annotations

import datetime

import pytest

import backtester

UNDER_A_YEAR = ("cagr", "calmar_ratio")
RELATIVE = ("beta", "alpha", "tracking_error", "information_ratio", "up_capture", "down_capture")


def weekdays(size: int, first: str = "2024-01-01") -> list[str]:
    day, found = datetime.date.fromisoformat(first), []
    while len(found) < size:
        if day.weekday() < 5:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    return found


def report(closes: list[float], *, bench: list[float] | None = None, dates: list[str] | None = None, **parts) -> dict:
    dates = dates or weekdays(len(closes))
    close = {"A": closes} | ({"B": bench} if bench else {})
    request = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": "A", "allocation": 1}],
        "start_date": dates[0],
        "end_date": dates[-1],
        "benchmark": "B" if bench else None,
        "data": {"source": "inline", "prices": {"dates": dates, "close": close}},
    }
    return backtester.run({**request, **parts})


def reasons(document: dict, block: str = "metrics") -> dict[str, str]:
    prefix = f"/{block}/"
    return {p.removeprefix(prefix): r for p, r in document["null_reasons"].items() if p.startswith(prefix)}


def assert_every_null_has_its_reason(document: dict) -> None:
    blocks = {"metrics": document["metrics"], "metrics_monthly": document["metrics_monthly"]}
    if document["benchmark"]:
        blocks["benchmark/metrics"] = document["benchmark"]["metrics"]
    nulls = {f"/{block}/{name}" for block, values in blocks.items() for name, value in values.items() if value is None}
    reasons = {at for at in document["null_reasons"] if at.split("/")[1] in ("metrics", "metrics_monthly", "benchmark")}
    assert nulls == reasons


class TestOneSession:
    def test_leaves_undefined_whatever_takes_two(self):
        document = report([10])
        assert_every_null_has_its_reason(document)
        few = {
            "annual_volatility",
            "sharpe_ratio",
            "sortino_ratio",
            "var_95",
            "cvar_95",
            "skew",
            "kurtosis",
            "tail_ratio",
        }
        assert few <= {name for name, reason in reasons(document).items() if reason == "TOO_FEW_OBSERVATIONS"}
        assert {name: reasons(document)[name] for name in UNDER_A_YEAR} == dict.fromkeys(
            UNDER_A_YEAR, "PERIOD_UNDER_ONE_YEAR"
        )

    def test_has_a_value_a_return_and_no_drawdown(self):
        metrics = report([10])["metrics"]
        assert (metrics["final_value"], metrics["total_return"], metrics["max_drawdown"]) == (10000, 0, 0)
        assert (metrics["best_day"], metrics["worst_day"], metrics["total_costs"]) == (0, 0, 0)


class TestAConstantPrice:
    def test_has_no_ratio_with_its_zero_in_the_denominator(self):
        document = report([7.3] * 300)
        assert_every_null_has_its_reason(document)
        assert {n: r for n, r in reasons(document).items() if n not in RELATIVE} == dict.fromkeys(
            (
                "sharpe_ratio",
                "sortino_ratio",
                "calmar_ratio",
                "win_rate",
                "profit_factor",
                "omega_ratio",
                "tail_ratio",
                "skew",
                "kurtosis",
            ),
            "ZERO_DENOMINATOR",
        )
        assert (document["metrics"]["annual_volatility"], document["metrics"]["cagr"]) == pytest.approx(
            (0, 0), abs=1e-12
        )

    @pytest.mark.parametrize("price", [9, 11, 18, 49, 7.3])
    @pytest.mark.parametrize("capital", [333.33, 12345.67, 10000])
    def test_has_no_day_in_drawdown(self, price, capital):
        metrics = report([price] * 5, initial_capital=capital)["metrics"]
        assert metrics["max_drawdown"] == pytest.approx(0, abs=1e-15)
        assert metrics["max_drawdown_days"] == 0


@pytest.mark.parametrize(("price", "capital"), [(9, 333.33), (11, 12345.67), (18, 333.33), (10, 10000)])
def test_a_fall_that_is_made_good_on_the_third_day_lasted_two_days(price, capital):
    metrics = report([price, price * 0.9, price, price, price, price], initial_capital=capital)["metrics"]
    assert metrics["max_drawdown"] == pytest.approx(-0.1)
    assert metrics["max_drawdown_days"] == 2


def test_a_price_that_rose_every_day_names_the_zero_denominator():
    document = report([10 * 1.001**i * (1 + (i % 2) * 1e-4) for i in range(300)])
    assert_every_null_has_its_reason(document)
    assert {
        name: reasons(document).get(name) for name in ("sortino_ratio", "profit_factor", "omega_ratio", "calmar_ratio")
    } == (dict.fromkeys(("sortino_ratio", "profit_factor", "omega_ratio", "calmar_ratio"), "ZERO_DENOMINATOR"))


def test_without_a_benchmark_the_relative_metrics_say_so():
    document = report([10, 11, 9, 12])
    assert document["benchmark"] is None
    assert {name: reasons(document)[name] for name in RELATIVE} == dict.fromkeys(RELATIVE, "NO_BENCHMARK")


def test_a_benchmark_that_never_moves_has_no_beta():
    document = report([10, 11, 9, 12], bench=[5, 5, 5, 5])
    assert_every_null_has_its_reason(document)
    for name in ("beta", "alpha"):
        assert reasons(document)[name] == "ZERO_DENOMINATOR"
    for name in ("up_capture", "down_capture"):
        assert reasons(document)[name] == "TOO_FEW_OBSERVATIONS"  # no full month
    assert reasons(document, "benchmark/metrics")["sharpe_ratio"] == "ZERO_DENOMINATOR"


def test_the_benchmark_itself_has_beta_one_and_no_alpha():
    document = report([10, 11, 9, 12], bench=[20, 22, 18, 24])
    metrics = document["metrics"]
    assert (metrics["beta"], metrics["alpha"], metrics["tracking_error"]) == pytest.approx((1, 0, 0), abs=1e-9)
    assert metrics["information_ratio"] is None
    assert document["benchmark"]["series"]["portfolio_value"] == pytest.approx(document["series"]["portfolio_value"])


def test_a_benchmark_pays_no_costs_and_starts_from_the_capital():
    document = report([10, 10], bench=[5, 6], costs={"commission_bps": 100})
    assert document["benchmark"]["series"]["portfolio_value"] == pytest.approx([10000, 12000])


def test_first_day_costs_are_a_loss_in_returns_and_drawdown():
    document = report([10, 10], initial_capital=1010, costs={"commission_bps": 100})
    assert document["series"]["portfolio_value"] == pytest.approx([1000, 1000])
    assert document["series"]["returns"] == pytest.approx([1000 / 1010 - 1, 0])
    assert document["series"]["drawdown"] == pytest.approx([1000 / 1010 - 1] * 2)
    assert document["metrics"]["worst_day"] == pytest.approx(1000 / 1010 - 1)
    assert document["metrics"]["total_costs"] == pytest.approx(10)


MONTHS = ["2024-01-15", "2024-01-31", "2024-02-15", "2024-02-29", "2024-03-28"]


def test_the_monthly_twin_is_over_month_end_values_from_the_end_of_the_first_stub():
    document = report([10, 11, 5, 9.9, 12.87], dates=MONTHS, end_date="2024-03-31")
    # from 11, at the end of January: -10 %, +30 %; mean 0.1, deviations -0.2, 0.2: sd 0.2 · √2
    monthly = document["metrics_monthly"]
    assert monthly["annual_volatility"] == pytest.approx(0.2 * 24**0.5)
    assert monthly["sharpe_ratio"] == pytest.approx(0.1 / 0.2 * 6**0.5)
    assert monthly["sortino_ratio"] == pytest.approx(0.1 / (0.01 / 2) ** 0.5 * 12**0.5)
    assert monthly["var_95"] == pytest.approx(-0.1 + 0.4 * 0.05)
    assert monthly["max_drawdown"] == pytest.approx(-0.1)
    assert document["metrics"]["max_drawdown"] == pytest.approx(5 / 11 - 1)
    assert document["tables"]["monthly_returns"]["complete"] == [False, True, True]
    assert document["tables"]["monthly_returns"]["portfolio"] == pytest.approx([0.1, -0.1, 0.3])
    assert document["tables"]["extremes"]["best_month"] == {"month": "2024-03", "return": pytest.approx(0.3)}
    assert document["tables"]["extremes"]["positive_months"] == 0.5


def test_a_last_month_that_has_not_ended_counts_nowhere():
    """29 March 2024 is a Friday, and the request ends on the 28th; only later prices say that it was the last."""
    document = report([10, 11, 5, 9.9, 12.87], bench=[10, 11, 5, 12.1, 1], dates=MONTHS)
    assert document["tables"]["monthly_returns"]["complete"] == [False, True, False]
    assert document["tables"]["extremes"]["worst_month"] == {"month": "2024-02", "return": pytest.approx(-0.1)}
    assert reasons(document, "metrics_monthly")["annual_volatility"] == "TOO_FEW_OBSERVATIONS"
    assert document["metrics"]["up_capture"] == pytest.approx(-1)  # February alone, -10 % against +10 %
    assert reasons(document)["down_capture"] == "ZERO_DENOMINATOR"
    assert_every_null_has_its_reason(document)
    later = report(
        [10, 11, 5, 9.9, 12.87, 1], bench=[10, 11, 5, 12.1, 1, 1], dates=[*MONTHS, "2024-04-02"], end_date=MONTHS[-1]
    )
    assert later["tables"]["monthly_returns"]["complete"] == [False, True, True]
    assert later["metrics"]["down_capture"] == pytest.approx(0.3 / (1 / 12.1 - 1))


def test_a_period_that_begins_with_a_month_begins_with_the_capital():
    document = report([10, 11, 12.1], dates=["2024-01-02", "2024-01-31", "2024-02-29"], end_date="2024-02-29")
    assert document["tables"]["monthly_returns"]["complete"] == [True, True]
    assert document["metrics_monthly"]["max_drawdown"] == 0
    assert document["metrics_monthly"]["annual_volatility"] == pytest.approx(0, abs=1e-12)  # 10 % twice


def test_without_a_full_month_no_monthly_figure_is_defined():
    document = report([10, 11, 12], dates=["2024-01-15", "2024-01-16", "2024-01-17"])
    assert {*document["metrics_monthly"].values()} == {None}
    assert {*reasons(document, "metrics_monthly").values()} == {"TOO_FEW_OBSERVATIONS"}
    assert document["tables"]["extremes"]["best_month"] is None
    assert document["tables"]["extremes"]["worst_month"] is None
    assert document["tables"]["extremes"]["positive_months"] is None
    for name in ("best_month", "worst_month", "positive_months"):
        assert document["null_reasons"][f"/tables/extremes/{name}"] == "PERIOD_TOO_SHORT"


def test_a_month_in_which_the_last_money_was_withdrawn_is_not_full():
    """The weekly withdrawal of 12 January takes everything; the prices go on."""
    document = report(
        [10.0] * 60, initial_capital=100,
        cash_flows=[{"type": "withdrawal", "amount": 60, "frequency": "weekly"}],
    )  # fmt: skip
    assert document["period"]["effective"] == {"start": "2024-01-01", "end": "2024-01-12"}
    assert document["tables"]["monthly_returns"]["complete"] == [False]
    assert document["tables"]["annual_returns"]["complete"] == [False]


@pytest.mark.parametrize(("periods", "said"), [(None, 252), (12, 12), (300, 300)])
def test_the_callers_periods_per_year_annualise_everything(periods, said):
    dates = weekdays(120)
    closes = [10 * 1.01**i * (1 + (i % 3) * 0.01) for i in range(120)]
    data = {"source": "inline", "prices": {"dates": dates, "close": {"A": closes}}}
    plain = report(closes, dates=dates)
    document = report(closes, dates=dates, data={**data, **({"periods_per_year": periods} if periods else {})})
    assert document["period"]["periods_per_year"] == said
    assert document["request"]["data"].get("periods_per_year") == periods
    for name in ("annual_volatility", "sharpe_ratio", "sortino_ratio"):
        assert document["metrics"][name] == pytest.approx(plain["metrics"][name] * (said / 252) ** 0.5)
    assert document["metrics_monthly"] == plain["metrics_monthly"]


def test_turnover_is_half_of_what_is_traded_a_year_without_the_first_purchase():
    # 50/50 of 1000; A doubles: 1000 and 500, a quarter of the 1500 on each side changes hands: 250 sold, 250 bought
    dates = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-03-01"]
    request = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": s, "allocation": 0.5} for s in "AB"],
        "start_date": dates[0],
        "end_date": dates[-1],
        "initial_capital": 1000,
        "parameters": {"rebalance_frequency": "quarterly"},
        "data": {"source": "inline", "prices": {"dates": dates, "close": {"A": [1, 2, 2, 2], "B": [1, 1, 1, 1]}}},
    }
    assert backtester.run(request)["metrics"]["turnover_per_year"] == 0
    metrics = backtester.run(request | {"parameters": {"rebalance_frequency": "monthly"}})["metrics"]
    assert metrics["turnover_per_year"] == pytest.approx(250 / 1500 * 365.25 / 31)


def test_turnover_leaves_the_first_purchase_out_even_where_cash_came_first():
    dates = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    request = {
        "strategy": "momentum",
        "holdings": [{"symbol": "A", "allocation": 1}],
        "start_date": dates[2],
        "end_date": dates[-1],
        "parameters": {"lookback_period": 1, "positive_returns_only": True, "top_n": 1, "rebalance_frequency": "daily"},
        "data": {"source": "inline", "prices": {"dates": dates, "close": {"A": [10, 9, 10, 11, 12, 13]}}},
    }
    document = backtester.run(request)
    assert [trade["date"] for trade in document["trades"]] == ["2024-01-04"]
    assert document["metrics"]["turnover_per_year"] == 0


def test_exposure_is_the_mean_share_that_is_invested():
    document = report([10, 20], holdings=[{"symbol": "A", "allocation": 0.5}], cash={"allocation": 0.5})
    assert document["metrics"]["exposure"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_undefined_metrics_of_blocks_that_are_not_wanted_are_not_explained():
    document = report([10, 11], output={"include": ["metrics_monthly"]})
    assert {pointer.split("/")[1] for pointer in document["null_reasons"]} == {"metrics_monthly"}
