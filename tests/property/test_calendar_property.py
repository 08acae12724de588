"""Whole runs on exchanges of all weeks: what is paid and decided when, and nothing seen ahead."""

from __future__ import annotations

import copy
import datetime
import math

import numpy as np
import pytest

import backtester

WEEKS = {
    "Frankfurt": (0, 1, 2, 3, 4), "Riyadh": (6, 0, 1, 2, 3), "Riyadh until 2013": (5, 6, 0, 1, 2),
    "forex with a bar on Sunday": (6, 0, 1, 2, 3, 4), "coins": tuple(range(7)),
}  # fmt: skip
YEARLY = {"Frankfurt": 252, "Riyadh": 252, "Riyadh until 2013": 252, "forex with a bar on Sunday": 313, "coins": 365}
every_week = pytest.mark.parametrize("week", WEEKS)


def sessions_of(week: str, first: str, last: str, *, without: tuple[str, ...] = ()) -> list[str]:
    day, end, found = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last), []
    while day <= end:
        if day.weekday() in WEEKS[week] and day.isoformat() not in without:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    return found


def request_of(dates: list[str], closes: dict[str, list[float]], *, end: str | None = None, **parts) -> dict:
    return {
        "strategy": "buy_hold",
        "holdings": [{"symbol": symbol, "allocation": 1 / len(closes)} for symbol in closes],
        "start_date": dates[0],
        "end_date": end or dates[-1],
        "data": {"source": "inline", "prices": {"dates": dates, "close": closes}},
        "output": {"precision": None},
        **parts,
    }  # fmt: skip


def walks(size: int, count: int = 1, *, swing: float = 0.01) -> dict[str, list[float]]:
    random = np.random.default_rng(size + count)
    close = 100 * np.exp(np.cumsum(random.normal(0, swing, (size, count)), axis=0))
    return {f"S{n}": close[:, n].tolist() for n in range(count)}


def paid(result: dict) -> dict[str, float]:
    series = result["series"]
    return {day: flow for day, flow in zip(series["dates"], series["cash_flows"], strict=True) if flow}


def contributions(frequency: str) -> dict:
    return {"cash_flows": [{"type": "contribution", "amount": 100, "frequency": frequency}]}


@every_week
def test_daily_figures_are_annualised_by_the_weekdays_that_are_traded_on(week):
    dates = sessions_of(week, "2022-01-01", "2023-12-31")
    result = backtester.run(request_of(dates, walks(len(dates))))
    returns = np.array(result["series"]["returns"])
    assert result["period"]["periods_per_year"] == YEARLY[week]
    assert result["metrics"]["annual_volatility"] == pytest.approx(returns.std(ddof=1) * math.sqrt(YEARLY[week]))


def moved_weekend(before: str, after: str, **parts) -> list[str]:
    """Run a universe whose week changes after two years, and return what its warnings say."""
    dates = sessions_of(before, "2011-01-01", "2012-12-31") + sessions_of(after, "2013-01-01", "2014-12-31")
    result = backtester.run(request_of(dates, walks(len(dates)), **parts))
    return [warning["detail"] for warning in result["warnings"] if warning["code"] == "NOT_DAILY_PRICES"]


@pytest.mark.parametrize("before", WEEKS)
@pytest.mark.parametrize("after", WEEKS)
def test_a_week_that_changes_is_said_where_weeks_count(before, after):
    begins = {"Frankfurt": "Monday", "coins": "Monday", "Riyadh until 2013": "Saturday"}
    days = [begins.get(week, "Sunday") for week in (before, after)]
    told = moved_weekend(before, after, parameters={"rebalance_frequency": "weekly"})
    assert len(told) == (days[0] != days[1])
    for detail in told:
        assert f"on {days[0]} in the years from 2011-01-0" in detail
        assert f"on {days[1]} in the years from 201" in detail
    assert moved_weekend(before, after, parameters={"rebalance_frequency": "monthly"}) == []


@every_week
def test_a_target_volatility_is_that_of_the_metrics(week):
    """A price of 2 % up, 2 % down, ...: what is held for a target of 10 % a year has a volatility of 10 %."""
    dates = sessions_of(week, "2022-01-01", "2023-12-31")
    closes = (100 * np.cumprod(np.where(np.arange(len(dates)) % 2, 1.02, 0.98))).tolist()
    result = backtester.run(
        request_of(
            dates, {"A": closes}, strategy="target_volatility",
            parameters={"target_volatility": 0.1, "volatility_window": 40, "rebalance_frequency": "daily"},
        )
        | {"start_date": dates[60]}
    )  # fmt: skip
    assert result["metrics"]["annual_volatility"] == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize(
    ("week", "first", "last", "expected"),
    [
        ("Frankfurt", "2024-01-01", "2024-01-26", ["2024-01-05", "2024-01-12", "2024-01-19", "2024-01-26"]),
        ("Riyadh", "2024-01-07", "2024-02-01", ["2024-01-11", "2024-01-18", "2024-01-25", "2024-02-01"]),
        ("Riyadh until 2013", "2012-01-07", "2012-01-25", ["2012-01-11", "2012-01-18", "2012-01-25"]),
        ("forex with a bar on Sunday", "2024-01-07", "2024-01-26", ["2024-01-12", "2024-01-19", "2024-01-26"]),
        ("coins", "2024-01-01", "2024-01-28", ["2024-01-07", "2024-01-14", "2024-01-21", "2024-01-28"]),
        ("coins", "2024-01-01", "2024-01-27", ["2024-01-07", "2024-01-14", "2024-01-21"]),
    ],
)
def test_a_weekly_contribution_comes_with_the_last_session_of_the_week(week, first, last, expected):
    dates = sessions_of(week, first, last)
    assert [*paid(backtester.run(request_of(dates, walks(len(dates)), **contributions("weekly"))))] == expected


def test_a_weekly_rebalance_in_riyadh_is_decided_on_thursday_and_filled_on_sunday():
    dates = sessions_of("Riyadh", "2024-01-07", "2024-02-04")
    result = backtester.run(request_of(dates, walks(len(dates), 2), parameters={"rebalance_frequency": "weekly"}))
    assert result["weights"]["decided"][1:] == ["2024-01-11", "2024-01-18", "2024-01-25", "2024-02-01"]
    assert result["weights"]["dates"][1:] == ["2024-01-14", "2024-01-21", "2024-01-28", "2024-02-04"]


class TestTheLastContribution:
    HOLIDAYS = ("2020-12-24", "2020-12-25", "2020-12-31", "2021-01-01")

    def of(self, last: str, end: str, *, holidays: tuple[str, ...] = (), first: str = "2020-10-01") -> list[str]:
        dates = sessions_of("Frankfurt", first, last, without=holidays)
        return [*paid(backtester.run(request_of(dates, walks(len(dates)), end=end, **contributions("monthly"))))]

    @pytest.mark.parametrize(
        ("last", "end", "expected"),
        [
            ("2020-12-30", "2020-12-30", None),  # the 31st is a Thursday: whether it is a session cannot be known
            ("2020-12-30", "2020-12-31", "2020-12-30"),
            ("2021-01-04", "2020-12-30", "2020-12-30"),  # a later price is at hand
            ("2021-01-15", "2021-01-15", None),
            ("2021-01-29", "2021-01-29", "2021-01-29"),  # a Friday, the 30th and 31st are a weekend
        ],
    )
    def test_in_frankfurt(self, last, end, expected):
        found = self.of(last, end, holidays=self.HOLIDAYS)
        end_of_month = [day for day in found if day[:7] == end[:7]]
        assert end_of_month == ([] if expected is None else [expected])
        assert found[:2] == ["2020-10-30", "2020-11-30"]

    @pytest.mark.parametrize(
        ("end", "number"), [("2024-03-27", 2), ("2024-03-28", 2), ("2024-03-29", 3), ("2024-03-31", 3)]
    )
    def test_before_good_friday(self, end, number):
        last = min(end, "2024-03-28")
        assert len(self.of(last, end, first="2024-01-02")) == number

    def test_is_not_paid_where_another_holding_was_delisted_before(self):
        dates = sessions_of("Frankfurt", "2024-01-01", "2024-07-31")
        closes: dict[str, list] = walks(len(dates), 2)
        closes["S1"] = [price if day <= "2024-06-10" else None for day, price in zip(dates, closes["S1"], strict=True)]
        result = backtester.run(request_of(dates, closes, **contributions("monthly")))
        assert result["period"]["effective"]["end"] == "2024-06-10"
        assert [*paid(result)][-1] == "2024-05-31"
        assert result["tables"]["monthly_returns"]["complete"] == [True] * 5 + [False]


def test_monthly_prices_have_full_months_and_twelve_periods_a_year():
    ends = np.arange("2013-02", "2023-03", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    dates = ends.astype(str).tolist()
    result = backtester.run(request_of(dates, walks(len(dates), swing=0.04)))
    assert result["period"]["periods_per_year"] == 12
    assert [warning["code"] for warning in result["warnings"]] == ["NOT_DAILY_PRICES"]
    returns = np.array(result["series"]["returns"][1:])
    assert result["metrics_monthly"]["annual_volatility"] == pytest.approx(returns.std(ddof=1) * 12**0.5)
    assert result["tables"]["monthly_returns"]["complete"] == [False] + [True] * 120
    assert result["tables"]["annual_returns"]["complete"] == [False] + [True] * 9 + [False]


def test_weekly_prices_have_52():
    dates = [str(day) for day in np.datetime64("2020-01-03") + 7 * np.arange(120)]
    result = backtester.run(request_of(dates, walks(len(dates)), **contributions("monthly")))
    assert result["period"]["periods_per_year"] == 52
    assert [warning["code"] for warning in result["warnings"]] == ["NOT_DAILY_PRICES"]
    assert [*paid(result)][:3] == ["2020-01-31", "2020-02-28", "2020-03-27"]


@every_week
@pytest.mark.parametrize("strategy", ["target_volatility", "momentum", "buy_hold"])
def test_prices_cut_after_a_decision_change_nothing_before_it(week, strategy):
    """Decisions and the whole ledger, to the bit; the last session of the shorter run is left out."""
    dates = sessions_of(week, "2022-01-01", "2022-12-31")
    parameters = {
        "target_volatility": {"volatility_window": 40, "target_volatility": 0.1},
        "momentum": {"lookback_period": 30, "top_n": 1},
        "buy_hold": {},
    }[strategy]
    request = request_of(
        dates, walks(len(dates), 3, swing=0.02), strategy=strategy, **contributions("monthly"),
        costs={"commission_bps": 10}, parameters={**parameters, "rebalance_frequency": "weekly"},
    ) | {"start_date": dates[60]}  # fmt: skip
    whole = backtester.run(request)
    for decided in whole["weights"]["decided"][1::4]:
        size = dates.index(decided) + 1
        cut = copy.deepcopy(request) | {"end_date": decided}
        cut["data"]["prices"] = {
            "dates": dates[:size],
            "close": {symbol: column[:size] for symbol, column in request["data"]["prices"]["close"].items()},
        }
        short = backtester.run(cut)
        before = len(short["series"]["dates"]) - 1
        for name in ("portfolio_value", "returns", "cash_flows"):
            assert short["series"][name][:before] == whole["series"][name][:before]
        rows = len(short["weights"]["dates"])
        assert short["weights"]["symbols"] == {s: c[:rows] for s, c in whole["weights"]["symbols"].items()}
        if strategy != "buy_hold" or size - 60 >= 30:  # else too few sessions to measure
            assert short["period"]["periods_per_year"] == whole["period"]["periods_per_year"]
