"""Years, months, drawdowns, trailing and rolling windows, crises and extremes: by hand, and against pandas."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.metrics import drawdown as dd
from backtester.metrics import tables as built
from backtester.metrics.tables import rolling
from backtester.metrics.tables.drawdown_episodes import drawdown_episodes
from backtester.metrics.tables.stress import _known, stress_periods
from backtester.metrics.tables.trailing import trailing_returns
from backtester.model.calendar import Calendar, measure_calendar
from tests.support.examples import examples
from tests.unit.metrics.ledger_builder import column, days

INITIAL = 100.0


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def walk(size: int, *, first: str = "2015-03-10", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a random growth curve from 100, and its sessions."""
    random = np.random.default_rng(seed)
    return INITIAL * np.cumprod(1 + random.normal(0.0004, 0.01, size)), days(size, first)


def calendar_of(sessions: np.ndarray, *, end: str | None = None) -> Calendar:
    """Measure sessions that are all there is; end: the request's end_date, if it is another than their last."""
    return measure_calendar(sessions, end_date=sessions[-1] if end is None else np.datetime64(end, "D"))


def build_tables(growth, sessions, initial, benchmark=None) -> dict:
    return built.build_tables(growth, sessions, initial, benchmark, calendar=calendar_of(sessions))


def annual_returns(growth, sessions, initial, benchmark) -> dict:
    return built.annual_returns(growth, sessions, initial, benchmark, calendar=calendar_of(sessions))


def monthly_returns(growth, sessions, initial, benchmark) -> dict:
    return built.monthly_returns(growth, sessions, initial, benchmark, calendar=calendar_of(sessions))


def rolling_returns(growth, sessions, initial, benchmark) -> list[dict]:
    return rolling.rolling_returns(growth, sessions, initial, benchmark, calendar=calendar_of(sessions))


def compounded(values: list[float]) -> float:
    return float(np.prod(1 + np.array(values)) - 1)


def numbers(value):
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


class TestAnnualReturns:
    def test_run_from_the_last_session_of_the_year_before(self):
        sessions = dates("2019-06-03", "2019-12-31", "2020-01-02", "2020-12-30", "2021-03-01")
        found = annual_returns(column(99, 110, 100, 121, 133.1), sessions, INITIAL, column(100, 100, 100, 50, 100))
        assert found["years"] == [2019, 2020, 2021]
        assert found["portfolio"] == pytest.approx([0.1, 0.1, 0.1])
        assert found["benchmark"] == pytest.approx([0, -0.5, 1])
        assert found["complete"] == [False, True, False]

    @pytest.mark.parametrize(
        ("first", "last", "end", "complete"),
        [
            ("2021-01-04", "2021-12-31", "2021-12-31", True),
            ("2021-01-08", "2021-12-31", "2021-12-31", True),  # seven days in
            ("2021-01-11", "2021-12-31", "2021-12-31", False),
            ("2023-01-03", "2023-12-29", "2023-12-29", True),  # the 30th is a Saturday
            ("2018-01-01", "2018-12-28", "2018-12-28", False),  # the 31st is a Monday
            ("2018-01-01", "2018-12-28", "2018-12-31", True),
        ],
    )
    def test_are_complete_from_their_first_session_to_their_last_trading_weekday(self, first, last, end, complete):
        sessions = np.arange(first, np.datetime64(last) + np.timedelta64(1, "D"), dtype="datetime64[D]")
        sessions = sessions[np.is_busday(sessions)]
        calendar = calendar_of(sessions, end=end)
        growth = np.linspace(100.0, 120.0, sessions.size)
        assert built.annual_returns(growth, sessions, INITIAL, None, calendar=calendar)["complete"] == [complete]

    def test_of_one_session_are_one_incomplete_year(self):
        found = annual_returns(column(99), dates("2020-01-02"), INITIAL, None)
        assert found == {"years": [2020], "portfolio": pytest.approx([-0.01]), "benchmark": None, "complete": [False]}

    def test_are_those_of_pandas(self):
        growth, sessions = walk(2000)
        wanted = pd.Series(growth, pd.DatetimeIndex(sessions)).resample("YE").last()
        wanted = pd.concat([pd.Series([INITIAL]), wanted]).pct_change()[1:]
        assert annual_returns(growth, sessions, INITIAL, None)["portfolio"] == pytest.approx(wanted.tolist())


class TestMonthlyReturns:
    def test_run_from_the_last_session_of_the_month_before(self):
        sessions = dates("2020-01-15", "2020-01-31", "2020-02-03", "2020-02-28", "2020-04-01")
        found = monthly_returns(column(100, 110, 1, 99, 198), sessions, INITIAL, None)
        assert found["months"] == ["2020-01", "2020-02", "2020-04"]
        assert found["portfolio"] == pytest.approx([0.1, -0.1, 1])
        assert found["benchmark"] is None

    def test_are_those_of_pandas(self):
        growth, sessions = walk(700)
        series = pd.Series(growth, pd.DatetimeIndex(sessions)).resample("ME").last()
        found = monthly_returns(growth, sessions, INITIAL, growth * 2)
        assert found["months"] == series.index.strftime("%Y-%m").tolist()
        assert found["portfolio"] == pytest.approx((series / series.shift(fill_value=INITIAL).to_numpy() - 1).tolist())
        assert found["benchmark"][1:] == pytest.approx(found["portfolio"][1:])


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=80), st.integers(0, 4000))
def test_years_and_months_compound_to_the_total_return(returns, offset):
    growth = INITIAL * np.cumprod(1 + np.array(returns))
    sessions = np.datetime64("2010-01-01") + (offset + 9 * np.arange(len(returns)))
    tables = build_tables(growth, sessions, INITIAL)
    total = growth[-1] / INITIAL - 1
    assert compounded(tables["annual_returns"]["portfolio"]) == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert compounded(tables["monthly_returns"]["portfolio"]) == pytest.approx(total, rel=1e-9, abs=1e-9)


class TestDrawdowns:
    def test_by_hand_deepest_first(self):
        january = dates("2024-01-05", "2024-01-08", "2024-01-12")
        sessions = np.append(january, dates("2024-02-01", "2024-03-01", "2024-03-04", "2024-03-08"))
        growth = column(90, 110, 99, 110, 120, 60, 90)
        found = drawdown_episodes(growth, sessions, INITIAL)
        assert found[0] == {
            "peak": "2024-03-01", "trough": "2024-03-04", "recovery": None, "depth": -0.5, "days_to_trough": 3,
            "days_to_recovery": None, "days": 7,
        }  # fmt: skip
        assert found[1] == {
            "peak": "2024-01-05", "trough": "2024-01-05", "recovery": "2024-01-08", "depth": pytest.approx(-0.1),
            "days_to_trough": 0, "days_to_recovery": 3, "days": 3,
        }  # fmt: skip
        assert found[2] == {
            "peak": "2024-01-08", "trough": "2024-01-12", "recovery": "2024-02-01", "depth": pytest.approx(-0.1),
            "days_to_trough": 4, "days_to_recovery": 20, "days": 24,
        }  # fmt: skip

    def test_of_equals_the_first_comes_first(self):
        found = drawdown_episodes(column(100, 50, 100, 50, 100), days(5), INITIAL)
        assert [each["trough"] for each in found] == ["2024-01-02", "2024-01-04"]

    def test_are_ten_at_most(self):
        growth = INITIAL - np.tile(column(0, 1), 15) * np.arange(30)
        found = drawdown_episodes(growth, days(30), INITIAL)
        assert [each["depth"] for each in found] == pytest.approx([-n / 100 for n in range(29, 9, -2)])

    @pytest.mark.parametrize("growth", [[100], [100, 100, 100], [100, 101, 102], [math.nextafter(100, 0)] * 3])
    def test_are_none_where_it_never_fell(self, growth):
        assert drawdown_episodes(column(*growth), days(len(growth)), INITIAL) == []

    @settings(max_examples=examples(80), deadline=None)
    @given(st.lists(st.sampled_from([-0.1, 0.0, 0.1, 0.05]), min_size=1, max_size=60))
    def test_the_first_is_the_maximum_drawdown_and_none_overlaps(self, returns):
        growth, sessions = INITIAL * np.cumprod(1 + np.array(returns)), days(len(returns))
        below = dd.drawdowns(growth, INITIAL)
        found = drawdown_episodes(growth, sessions, INITIAL)
        assert (found[0]["depth"] if found else 0.0) == pytest.approx(dd.max_drawdown(below), abs=1e-12)
        assert (found[0]["days"] if found else 0.0) == dd.max_drawdown_days(below, sessions)
        assert [each["depth"] for each in found] == sorted(each["depth"] for each in found)
        spans = sorted((each["peak"], each["recovery"] or str(sessions[-1])) for each in found)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


class TestTrailingReturns:
    def found(self, growth, sessions, benchmark=None) -> dict[str, tuple]:
        table = trailing_returns(growth, sessions, INITIAL, benchmark)
        return dict(zip(table["periods"], zip(table["start"], table["portfolio"], strict=True), strict=True))

    def test_begin_at_the_close_so_many_months_earlier(self):
        sessions = dates("2019-12-30", "2020-02-14", "2020-02-28", "2020-03-02", "2020-03-30", "2020-03-31")
        found = self.found(column(50, 60, 80, 90, 70, 100), sessions)
        assert found["1M"] == ("2020-02-28", pytest.approx(0.25))  # the 31st of February is the 29th, a Saturday
        assert found["3M"] == ("2019-12-30", pytest.approx(0.0))  # the first session: from the initial capital
        assert found["YTD"] == ("2019-12-30", pytest.approx(0.0))
        assert found["6M"][0] is None
        assert math.isnan(found["6M"][1])
        assert found["inception"] == ("2019-12-30", pytest.approx(0.0))

    def test_reach_back_to_a_period_that_began_on_that_very_day(self):
        sessions = dates("2020-06-30", "2020-12-31", "2021-06-30")
        assert self.found(column(90, 100, 120), sessions)["1Y"] == ("2020-06-30", pytest.approx(0.2))
        assert self.found(column(90, 100, 120), sessions + np.array([1, 0, 0]))["1Y"][0] is None

    def test_over_more_than_a_year_are_annualised_by_calendar_days(self):
        sessions = dates("2018-05-31", "2018-12-31", "2020-12-31", "2021-12-31")
        table = trailing_returns(column(90, 100, 150, 200), sessions, INITIAL, column(100, 100, 100, 300))
        found = dict(zip(table["periods"], table["portfolio"], strict=True))
        assert found["1Y"] == pytest.approx(1 / 3)
        assert found["3Y"] == pytest.approx(2 ** (365.25 / 1096) - 1)
        assert found["inception"] == pytest.approx(2 ** (365.25 / 1310) - 1)
        assert table["benchmark"][5] == pytest.approx(3 ** (365.25 / 1096) - 1)
        assert table["annualised"] == [False, False, False, False, False, True, True, True, True]

    @pytest.mark.parametrize(("last", "annualised"), [("2020-12-31", True), ("2020-12-30", False)])
    def test_the_whole_period_is_annualised_from_365_days_on(self, last, annualised):
        table = trailing_returns(column(100, 110), dates("2020-01-01", last), INITIAL, None)
        assert table["annualised"][-1] is annualised
        assert table["portfolio"][-1] == pytest.approx(0.1, abs=0.001)

    def test_of_one_session_are_its_return_since_inception(self):
        table = trailing_returns(column(99), dates("2020-01-01"), INITIAL, None)
        assert table["start"] == [None] * 8 + ["2020-01-01"]
        assert all(math.isnan(value) for value in table["portfolio"][:-1])
        assert table["portfolio"][-1] == pytest.approx(-0.01)

    def test_begin_where_pandas_would(self):
        growth, sessions = walk(3000)
        series = pd.Series(growth, pd.DatetimeIndex(sessions))
        for cut in (2999, 2950, 2901, 2872):
            found = self.found(growth[: cut + 1], sessions[: cut + 1])
            last = series.index[cut]
            for months, name in ((1, "1M"), (3, "3M"), (6, "6M"), (12, "1Y"), (36, "3Y"), (120, "10Y")):
                start = series.index[series.index <= last - pd.DateOffset(months=months)][-1]
                assert found[name][0] == str(start.date())
                total = series.iloc[cut] / series[start]
                power = 365.25 / (last - start).days if months > 12 else 1
                assert found[name][1] == pytest.approx(total**power - 1)


class TestRollingReturns:
    def test_windows_run_from_month_end_to_month_end(self):
        growth, sessions = walk(1400)
        series = pd.Series(growth, pd.DatetimeIndex(sessions))
        ends = series.groupby(series.index.to_period("M")).tail(1)[:-1]  # the last month is cut short
        assert str(sessions[-1]) == "2020-07-20"
        table = rolling_returns(growth, sessions, INITIAL, growth**2)
        for windows, months in zip(table, (12, 36, 60), strict=True):
            wanted = (ends / ends.shift(months)).dropna() ** (12 / months) - 1
            assert windows["dates"] == [str(day.date()) for day in wanted.index]
            assert windows["portfolio"] == pytest.approx(wanted.tolist())
            assert windows["best"] == pytest.approx(wanted.max())
            assert windows["worst"] == pytest.approx(wanted.min())
            assert windows["average"] == pytest.approx(wanted.mean())
            assert windows["share_positive"] == pytest.approx((wanted > 0).mean())
            assert windows["benchmark"] == pytest.approx(((1 + wanted) ** 2 - 1).tolist())
            assert windows["benchmark_summary"]["best"] == pytest.approx((1 + wanted.max()) ** 2 - 1)

    def test_a_period_that_begins_with_a_month_begins_at_its_month_end_before(self):
        sessions = days(262, "2020-01-01")  # to 31 December
        growth = np.full(262, 110.0)
        (one, three, five) = rolling_returns(growth, sessions, INITIAL, None)
        assert (one["dates"], one["portfolio"]) == (["2020-12-31"], pytest.approx([0.1]))
        assert one["share_positive"] == 1.0
        assert (one["benchmark"], one["benchmark_summary"]) == (None, None)
        assert three["dates"] == three["portfolio"] == five["dates"] == []
        assert math.isnan(three["best"])
        assert math.isnan(five["share_positive"])

    def test_a_period_that_begins_inside_a_month_does_not(self):
        (one, _, _) = rolling_returns(np.full(256, 110.0), days(256, "2020-01-09"), INITIAL, None)
        assert one["dates"] == []

    def test_a_month_that_is_cut_short_ends_no_window(self):
        sessions = days(262 + 19, "2020-01-01")  # to 27 January 2021
        assert str(sessions[-1]) == "2021-01-27"
        (one, _, _) = rolling_returns(np.full(sessions.size, 110.0), sessions, INITIAL, None)
        assert one["dates"] == ["2020-12-31"]

    def test_the_first_session_may_itself_be_a_month_end(self):
        sessions = dates("2019-12-31", "2020-06-30", "2020-12-31")
        (one, _, _) = rolling_returns(column(90, 100, 120), sessions, INITIAL, None)
        assert (one["dates"], one["portfolio"]) == (["2020-12-31"], pytest.approx([0.2]))  # from the initial capital

    def test_a_month_without_a_session_ends_no_window(self):
        sessions = dates("2019-12-31", "2020-01-31", "2020-12-31", "2021-02-26", "2021-03-31")
        (one, _, _) = rolling_returns(column(100, 100, 100, 100, 100), sessions, INITIAL, None)
        assert one["dates"] == ["2020-12-31"]

    @pytest.mark.parametrize("size", [1, 3, 15])
    def test_of_a_few_days_there_are_none(self, size):
        table = rolling_returns(np.full(size, 100.0), days(size, "2020-01-08"), INITIAL, np.full(size, 100.0))
        assert [windows["dates"] for windows in table] == [[], [], []]
        assert [windows["benchmark"] for windows in table] == [[], [], []]
        assert math.isnan(table[0]["benchmark_summary"]["average"])


class TestStressPeriods:
    def test_are_those_wholly_inside_by_date(self):
        sessions = days(900, "2018-01-26")
        found = stress_periods(np.full(900, 100.0), sessions, INITIAL, None)
        assert [each["name"] for each in found] == ["Volatility spike 2018", "Fourth quarter 2018", "COVID-19 crash"]
        assert {each["portfolio"] for each in found} == {each["max_drawdown"] for each in found} == {0.0}
        assert {each["benchmark"] for each in found} == {None}
        later = stress_periods(np.full(900, 100.0), sessions + np.timedelta64(3, "D"), INITIAL, None)
        assert later[0]["name"] == "Fourth quarter 2018"

    def test_run_from_close_to_close(self):
        march = dates("2020-03-02", "2020-03-10", "2020-03-20", "2020-03-23", "2020-03-24")
        sessions = np.append(dates("2020-02-18", "2020-02-19"), march)
        growth, bench = column(100, 200, 220, 110, 165, 150, 300), column(100, 100, 100, 100, 100, 66, 100)
        (found,) = stress_periods(growth, sessions, INITIAL, bench)
        assert found == {
            "name": "COVID-19 crash", "start": "2020-02-19", "end": "2020-03-23", "portfolio": pytest.approx(-0.25),
            "benchmark": pytest.approx(-0.34), "max_drawdown": pytest.approx(-0.5),
        }  # fmt: skip

    def test_run_from_the_last_session_before_where_there_is_none_that_day(self):
        sessions = dates("2020-02-18", "2020-02-21", "2020-03-20", "2020-03-25")
        (found,) = stress_periods(column(100, 90, 80, 10), sessions, INITIAL, None)
        assert (found["portfolio"], found["max_drawdown"]) == (pytest.approx(-0.2), pytest.approx(-0.2))

    def test_run_from_the_initial_capital_where_the_period_begins_with_them(self):
        (found,) = stress_periods(column(95, 90, 80), dates("2020-02-19", "2020-03-23", "2020-04-01"), INITIAL, None)
        assert (found["portfolio"], found["max_drawdown"]) == (pytest.approx(-0.1), pytest.approx(-0.1))

    def test_between_two_sessions_are_left_out(self):
        assert stress_periods(column(100, 90), dates("2020-01-31", "2020-03-31"), INITIAL, None) == []

    def test_the_file_is_in_order_and_each_runs_forward(self):
        known, span = _known()
        assert (span[:, 0] < span[:, 1]).all()
        assert (np.diff(span[:, 0]).astype(int) > 0).all()
        assert len({each["name"] for each in known}) == len(known)
        assert all(set(each) <= {"name", "start", "end", "note"} for each in known)
        assert np.is_busday(span).all()


class TestExtremes:
    def extremes(self, growth, sessions) -> dict:
        return build_tables(growth, sessions, INITIAL)["extremes"]

    def test_by_hand(self):
        sessions = dates("2020-12-31", "2021-01-29", "2021-12-31", "2022-06-30", "2022-12-30", "2023-01-31")
        found = self.extremes(column(90, 99, 180, 90, 135, 108), sessions)
        assert found == {
            "best_day": {"date": "2021-12-31", "return": pytest.approx(81 / 99)},
            "worst_day": {"date": "2022-06-30", "return": -0.5},
            "best_month": {"month": "2021-12", "return": pytest.approx(81 / 99)},
            "worst_month": {"month": "2022-06", "return": -0.5},
            "best_year": {"year": 2021, "return": pytest.approx(1.0)},
            "worst_year": {"year": 2022, "return": pytest.approx(-0.25)},
            "positive_months": pytest.approx(3 / 5),  # without the day of the purchase
            "positive_years": pytest.approx(1 / 2),
        }

    def test_without_a_complete_year_there_is_no_best_one(self):
        found = self.extremes(*walk(100))
        assert (found["best_year"], found["worst_year"]) == (None, None)
        assert math.isnan(found["positive_years"])

    def test_of_a_flat_curve_are_zero_on_the_first_session(self):
        found = self.extremes(np.full(30, INITIAL), days(30))
        assert found["best_day"] == found["worst_day"] == {"date": "2024-01-01", "return": 0.0}
        assert found["positive_months"] == 0.0


@pytest.mark.parametrize("benchmark", [True, False])
@pytest.mark.parametrize("size", [1, 2, 21, 400, 3000])
@pytest.mark.parametrize("flat", [True, False])
def test_the_tables_are_plain_json(size, benchmark, flat):
    growth, sessions = walk(size, first="2008-01-02")
    growth = np.full(size, INITIAL) if flat else growth
    tables = build_tables(growth, sessions, INITIAL, growth * 1.1 if benchmark else None)
    assert list(tables) == [
        "annual_returns", "monthly_returns", "drawdowns", "trailing_returns", "rolling_returns", "stress_periods",
        "extremes",
    ]  # fmt: skip
    assert json.loads(json.dumps(tables)).keys() == tables.keys()
    assert {type(number) for number in numbers(tables)} == {float}
    columns = [tables["annual_returns"], tables["monthly_returns"], tables["trailing_returns"]]
    for block in [*columns, *tables["rolling_returns"]]:
        assert (block["benchmark"] is not None) is benchmark
        assert len(block["portfolio"]) == len(block["benchmark"] or block["portfolio"])
