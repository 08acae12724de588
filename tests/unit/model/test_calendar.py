"""The measured calendar, by hand: exchanges of all weeks, weekly and monthly prices, ends of periods, full periods."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.model.calendar import Calendar, measure_calendar
from backtester.model.record import replace
from tests.support import reference

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly", "semiannually", "annually"]
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
modest = settings(derandomize=True, deadline=None, max_examples=60)


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def sessions_on(weekdays, first: str, last: str, *, without: tuple[str, ...] = ()) -> np.ndarray:
    """Return the days from first to last, both included, that fall on the weekdays."""
    found = np.arange(day(first), day(last) + np.timedelta64(1, "D"))
    found = found[np.isin((found.astype(np.int64) + 3) % 7, list(weekdays))]
    return found[~np.isin(found, dates(*without))] if without else found


def measured(sessions: np.ndarray, *, end: str | None = None, **known: str | int) -> Calendar:
    told = {name: day(value) if isinstance(value, str) else value for name, value in known.items()}
    return measure_calendar(sessions, end_date=sessions[-1] if end is None else day(end), **told)


def ends(sessions: np.ndarray, frequency: str, **known) -> list[str]:
    return [str(found) for found in sessions[measured(sessions, **known).period_ends(sessions, frequency)]]


WESTERN = range(5)
GULF = (SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY)
BEFORE_2013 = (SATURDAY, SUNDAY, MONDAY, TUESDAY, WEDNESDAY)  # Riyadh until June 2013
FOREX = (SUNDAY, *WESTERN)


class TestTheWeek:
    @pytest.mark.parametrize(
        ("weekdays", "week_start", "periods"),
        [
            (WESTERN, MONDAY, 252),
            (GULF, SUNDAY, 252),
            (BEFORE_2013, SATURDAY, 252),
            (FOREX, SUNDAY, 313),  # 365.25 x 6 / 7
            ((*WESTERN, SATURDAY), MONDAY, 313),
            (range(7), MONDAY, 365),
            ((MONDAY, TUESDAY, WEDNESDAY, THURSDAY), MONDAY, 209),  # 365.25 x 4 / 7
            ((MONDAY, WEDNESDAY, FRIDAY), MONDAY, 157),  # a session every other day is daily
            ((THURSDAY, FRIDAY, SATURDAY, SUNDAY), THURSDAY, 209),
            ((TUESDAY, WEDNESDAY, THURSDAY, FRIDAY), MONDAY, 209),
        ],
    )
    def test_and_the_sessions_of_a_year_are_those_of_the_weekdays_traded_on(self, weekdays, week_start, periods):
        calendar = measured(sessions_on(weekdays, "2022-01-01", "2023-12-31"))
        assert calendar.trading_weekdays == tuple(sorted(weekdays))
        assert (calendar.week_start, calendar.periods_per_year, calendar.is_daily) == (week_start, periods, True)

    def test_one_special_saturday_changes_nothing(self):
        sessions = np.sort(np.append(sessions_on(WESTERN, "2024-01-01", "2024-12-31"), day("2024-05-18")))
        calendar = measured(sessions)
        assert (calendar.trading_weekdays, calendar.week_start, calendar.periods_per_year) == (
            (0, 1, 2, 3, 4), MONDAY, 252,
        )  # fmt: skip

    @pytest.mark.parametrize(("saturdays", "periods"), [(26, 252), (27, 313)])
    def test_saturdays_of_half_the_weeks_are_sessions(self, saturdays, periods):
        """2024 has 53 calendar weeks, the first of them from 1 January: 26 Saturdays are too few, 27 enough."""
        extra = sessions_on([SATURDAY], "2024-01-01", "2024-12-31")[:saturdays]
        calendar = measured(np.sort(np.append(sessions_on(WESTERN, "2024-01-01", "2024-12-31"), extra)))
        assert calendar.periods_per_year == periods

    def test_a_weekday_with_many_holidays_is_one_all_the_same(self):
        mondays = sessions_on([MONDAY], "2024-01-01", "2024-12-31")[:20]
        sessions = sessions_on(WESTERN, "2024-01-01", "2024-12-31", without=tuple(str(each) for each in mondays))
        assert measured(sessions).week_start == MONDAY
        assert measured(sessions).periods_per_year == 252


    @pytest.mark.parametrize(
        ("weekdays", "first", "last"),
        [
            (range(7), "2023-12-28", "2024-01-09"),  # a Thursday to a Tuesday: one Wednesday in three calendar weeks
            (range(7), "2024-01-05", "2024-01-15"),  # a Friday to a Monday
            (range(7), "2024-01-07", "2024-01-15"),  # a Sunday to a Monday
            (WESTERN, "2024-01-05", "2024-01-15"),
            (GULF, "2024-01-04", "2024-01-14"),
            (FOREX, "2024-01-07", "2024-01-15"),
        ],
    )
    def test_of_a_short_history_is_measured_by_the_weekdays_that_occur_in_it(self, weekdays, first, last):
        calendar = measured(sessions_on(weekdays, first, last))
        assert calendar.trading_weekdays == tuple(sorted(weekdays))
        assert calendar.week_start == measured(sessions_on(weekdays, "2022-01-01", "2023-12-31")).week_start

    @pytest.mark.parametrize("days", [*range(12, 45), 400])
    def test_of_coins_ends_on_sunday_however_few_days_there_are(self, days):
        sessions = np.arange(day("2023-12-28"), day("2023-12-28") + np.timedelta64(days, "D"))
        assert ends(sessions, "weekly")[:2] == ["2023-12-31", "2024-01-07"]

    @pytest.mark.parametrize(
        ("without", "weekdays"),
        [
            (("2024-01-01",), (0, 1, 2, 3, 4)),  # one of three Mondays; it begins on Friday the 29th of December
            (("2024-01-01", "2024-01-08"), (1, 2, 3, 4)),
        ],
    )
    def test_of_a_short_history_has_the_weekdays_of_at_least_half_their_occurrences(self, without, weekdays):
        sessions = sessions_on(WESTERN, "2023-12-29", "2024-01-16", without=without)
        assert measured(sessions).trading_weekdays == weekdays

    def test_of_one_session_has_its_weekday_alone(self):
        assert measured(dates("2024-01-03")).trading_weekdays == (WEDNESDAY,)


class TestPeriodsPerYear:
    def test_of_weekly_prices_are_52(self):
        calendar = measured(sessions_on([FRIDAY], "2020-01-01", "2022-12-31", without=("2020-04-10", "2021-01-01")))
        assert (calendar.periods_per_year, calendar.is_daily) == (52, False)

    def test_of_month_end_prices_are_12(self):
        months = np.arange(np.datetime64("2013-02"), np.datetime64("2018-02"))
        calendar = measured(months.astype("datetime64[D]") - np.timedelta64(1, "D"))
        assert (calendar.periods_per_year, calendar.is_daily) == (12, False)
        assert (calendar.trading_weekdays, calendar.week_start) == ((), MONDAY)

    @pytest.mark.parametrize(("step", "periods"), [(3, 122), (4, 91), (10, 37), (14, 26), (91, 4), (400, 1)])
    def test_of_other_steps_are_counted(self, step, periods):
        calendar = measured(day("2000-01-03") + step * np.arange(40))
        assert (calendar.periods_per_year, calendar.is_daily) == (periods, False)

    @pytest.mark.parametrize(("step", "periods"), [(5, 52), (9, 52), (26, 12), (35, 12)])
    def test_have_the_bounds_of_a_week_and_a_month(self, step, periods):
        assert measured(day("2000-01-03") + step * np.arange(40)).periods_per_year == periods

    def test_of_bunches_of_sessions_are_counted_and_never_zero(self):
        """Ten Januaries: the step is a day, and no weekday has a session in half of the weeks."""
        sessions = np.concatenate(
            [sessions_on(range(7), f"{year}-01-01", f"{year}-01-31") for year in range(2010, 2020)]
        )
        calendar = measured(sessions)
        assert calendar.periods_per_year == round(309 * 365.25 / (sessions[-1] - sessions[0]).astype(int))
        assert not calendar.is_daily

    @pytest.mark.parametrize(
        ("weekdays", "size", "periods"),
        [
            (WESTERN, 29, 252),
            (range(7), 29, 365),
            (GULF, 29, 252),
            (FOREX, 29, 252),
            (FOREX, 30, 313),
            ([FRIDAY], 29, 252),
        ],
    )
    def test_of_few_sessions_are_252_unless_both_days_of_the_weekend_are_there(self, weekdays, size, periods):
        calendar = measured(sessions_on(weekdays, "2024-01-01", "2024-12-31")[:size])
        assert (calendar.periods_per_year, calendar.is_daily) == (periods, True)

    @pytest.mark.parametrize(
        ("texts", "periods"),
        [
            (["2024-01-03"], 252),
            (["2024-01-06"], 252),
            (["2024-01-06", "2024-01-07"], 365),
            (["2024-01-06", "2024-01-14"], 365),
        ],
    )
    def test_of_very_short_histories(self, texts, periods):
        assert measured(dates(*texts)).periods_per_year == periods

    def test_are_the_callers_own_where_given(self):
        calendar = measured(sessions_on(WESTERN, "2024-01-01", "2024-12-31"), periods_per_year=260)
        assert (calendar.periods_per_year, calendar.is_daily) == (260, True)


class TestTheLastSessionOfAPeriod:
    YEAR = sessions_on(WESTERN, "2023-01-02", "2024-03-07")

    @pytest.mark.parametrize(
        ("frequency", "expected"),
        [
            ("quarterly", ["2023-03-31", "2023-06-30", "2023-09-29", "2023-12-29"]),
            ("semiannually", ["2023-06-30", "2023-12-29"]),
            ("annually", ["2023-12-29"]),
            ("never", []),
        ],
    )
    def test_is_that_of_the_calendar_period(self, frequency, expected):
        assert ends(self.YEAR, frequency) == expected

    def test_of_a_week_is_thursday_when_friday_is_a_holiday(self):
        sessions = sessions_on(WESTERN, "2024-03-18", "2024-04-03", without=("2024-03-29", "2024-04-01"))
        assert ends(sessions, "weekly") == ["2024-03-22", "2024-03-28"]

    def test_of_a_week_across_new_year_is_the_friday(self):
        assert ends(sessions_on(WESTERN, "2024-12-30", "2025-01-07"), "weekly") == ["2025-01-03"]

    def test_of_a_week_in_riyadh_is_the_thursday(self):
        assert ends(sessions_on(GULF, "2024-01-07", "2024-01-31"), "weekly") == [
            "2024-01-11", "2024-01-18", "2024-01-25",
        ]  # fmt: skip

    def test_of_a_week_of_forex_is_the_friday_and_sunday_begins_the_next(self):
        assert ends(sessions_on(FOREX, "2024-01-07", "2024-01-24"), "weekly") == ["2024-01-12", "2024-01-19"]

    def test_of_a_week_of_weekly_prices_is_each(self):
        assert len(ends(sessions_on([FRIDAY], "2024-01-01", "2024-03-31"), "weekly")) == 13

    def test_of_a_week_of_weekly_prices_may_be_of_the_thursday(self):
        fridays = sessions_on([FRIDAY], "2024-01-01", "2024-05-31", without=("2024-03-29",))
        sessions = np.sort(np.append(fridays, day("2024-03-28")))
        assert ends(sessions, "weekly") == sessions.astype(str).tolist()

    def test_of_a_week_of_a_few_sessions_is_no_monday(self):
        sessions = dates("2024-01-01", "2024-01-05", "2024-01-12", "2024-01-19", "2024-01-22")  # Mondays and Fridays
        assert ends(sessions, "weekly", end="2024-01-22", following="2024-01-23", latest="2024-01-23") == [
            "2024-01-05", "2024-01-12", "2024-01-19",
        ]  # fmt: skip

    def test_of_a_month_before_1970_is_found_too(self):
        sessions = sessions_on(WESTERN, "1969-11-24", "1970-01-05")
        assert ends(sessions, "monthly") == ["1969-11-28", "1969-12-31"]
        assert ends(sessions, "annually") == ["1969-12-31"]
        cut = sessions_on(WESTERN, "1969-11-24", "1969-12-30")
        assert ends(cut, "monthly", following="1970-01-01", latest="1970-01-01")[-1] == "1969-12-30"


class TestTheLastSessionOfTheRun:
    """It ends its period where a later price is at hand, or end_date is on or after the last trading weekday."""

    @pytest.mark.parametrize(
        ("last", "end", "ended"),
        [
            ("2024-03-28", "2024-03-31", True),  # Good Friday is the 29th
            ("2024-03-28", "2024-03-29", True),
            ("2024-03-28", "2024-03-28", False),
            ("2023-03-31", "2023-03-31", True),
            ("2023-03-30", "2023-03-30", False),
            ("2023-09-29", "2023-09-29", True),  # a Friday, the 30th is a Saturday
            ("2020-12-30", "2020-12-30", False),  # Frankfurt: the 31st is a Thursday without a session
            ("2020-12-30", "2020-12-31", True),
        ],
    )
    def test_of_monday_to_friday(self, last, end, ended):
        sessions = sessions_on(WESTERN, str(day(last) - np.timedelta64(120, "D")), last)
        calendar = measured(sessions, end=end)
        assert bool(calendar.period_ends(sessions, "monthly")[-1]) is ended
        assert calendar.has_ended(int(sessions[-1].astype(int)), "monthly") is ended

    @pytest.mark.parametrize(("last", "following"), [("2020-12-30", "2021-01-04"), ("2024-03-28", "2024-04-02")])
    def test_sees_it_by_a_later_price(self, last, following):
        sessions = sessions_on(WESTERN, str(day(last) - np.timedelta64(120, "D")), last)
        assert ends(sessions, "monthly", following=following, latest=following)[-1] == last
        assert ends(sessions, "monthly", latest=following)[-1] == last  # of a benchmark or a signal

    def test_does_not_end_a_month_that_goes_on(self):
        sessions = sessions_on(WESTERN, "2024-01-01", "2024-06-14")
        assert ends(sessions, "monthly", following="2024-06-17", latest="2024-12-31")[-1] == "2024-05-31"

    def test_does_not_end_a_month_in_which_another_holding_goes_on(self):
        """One holding was delisted on 10 June, and the run ends with it although end_date is in December."""
        sessions = sessions_on(WESTERN, "2024-01-01", "2024-06-10")
        later = {"end": "2024-12-31", "following": "2024-06-11", "latest": "2024-12-31"}
        assert ends(sessions, "monthly", **later)[-1] == "2024-05-31"
        assert ends(sessions, "annually", **later) == []

    def test_ends_it_on_friday_although_a_special_saturday_follows(self):
        sessions = sessions_on(WESTERN, "2024-01-01", "2024-03-29")
        assert ends(sessions, "monthly", following="2024-03-30", latest="2024-03-30")[-1] == "2024-03-29"

    def test_a_special_saturday_ends_it(self):
        sessions = np.append(sessions_on(WESTERN, "2024-01-01", "2024-03-29"), day("2024-03-30"))
        assert ends(sessions, "monthly")[-2:] == ["2024-02-29", "2024-03-30"]

    @pytest.mark.parametrize(
        ("weekdays", "last", "ended"),
        [
            (range(7), "2023-04-30", True),  # a Sunday
            (range(7), "2023-04-28", False),
            (GULF, "2022-06-30", True),  # a Thursday
            (GULF, "2022-09-29", True),  # a Thursday, and the 30th is a Friday
            (GULF, "2022-07-28", False),  # a Thursday, and the 31st is a Sunday
            (FOREX, "2023-04-28", False),  # a Friday, and the 30th is a Sunday
            (BEFORE_2013, "2012-10-31", True),
            (BEFORE_2013, "2012-11-28", True),  # a Wednesday, the 29th and 30th are no trading weekdays
        ],
    )
    def test_of_other_weeks(self, weekdays, last, ended):
        sessions = sessions_on(weekdays, str(day(last) - np.timedelta64(100, "D")), last)
        assert str(sessions[-1]) == last
        assert bool(measured(sessions).period_ends(sessions, "monthly")[-1]) is ended

    @pytest.mark.parametrize(
        ("last", "frequency", "end", "ended"),
        [
            ("2024-01-10", "annually", "2024-12-31", False),
            ("2024-01-10", "quarterly", "2024-12-31", False),
            ("2024-01-10", "monthly", "2024-12-31", False),
            ("2024-01-10", "weekly", "2024-12-31", True),
            ("2024-01-23", "monthly", "2024-02-29", False),  # eight days before Wednesday the 31st
            ("2024-01-24", "monthly", "2024-02-29", True),
            ("2023-12-22", "annually", "2023-12-31", True),  # a week before Friday the 29th
            ("2023-12-21", "annually", "2023-12-31", False),
            ("2023-12-29", "annually", "2024-12-31", True),
        ],
    )
    def test_does_not_end_what_the_prices_stop_short_of_by_more_than_seven_days(self, last, frequency, end, ended):
        sessions = sessions_on(WESTERN, "2023-01-02", last)
        assert measured(sessions, end=end).has_ended(int(sessions[-1].astype(int)), frequency) is ended
        assert measured(sessions, end=end, following="2025-01-02").has_ended(int(sessions[-1].astype(int)), frequency)

    @pytest.mark.parametrize(
        ("last", "ended"), [("2023-11-01", {"monthly": True, "annually": False}), ("2023-12-01", {"annually": True})]
    )
    @pytest.mark.parametrize("first", ["2018-01", "2022-12"])  # also too few to measure P by
    def test_of_prices_of_the_first_of_each_month_is_a_step_before_the_end(self, first, last, ended):
        months = np.arange(np.datetime64(first), np.datetime64(last, "M") + np.timedelta64(1, "M"))
        sessions = months.astype("datetime64[D]")
        calendar = measured(sessions, end="2023-12-31")
        assert {each: calendar.has_ended(int(sessions[-1].astype(int)), each) for each in ended} == ended

    def test_of_month_end_prices_goes_by_monday_to_friday(self):
        ends = np.arange("2019-02", "2023-01", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
        last = np.append(ends, day("2022-12-30"))  # the 31st is a Saturday
        assert measured(last).has_ended(int(last[-1].astype(int)), "monthly") is True

    def test_of_weekly_prices_is_the_last_friday(self):
        sessions = sessions_on([FRIDAY], "2021-01-01", "2022-12-30")
        assert ends(sessions, "annually") == ["2021-12-31", "2022-12-30"]
        assert ends(sessions[:-1], "annually") == ["2021-12-31"]


class TestFullPeriods:
    def full(self, sessions, frequency, **known) -> list[bool]:
        calendar = measured(sessions, **known)
        numbers = sessions.astype({"monthly": "datetime64[M]", "annually": "datetime64[Y]"}[frequency]).astype(int)
        rows = np.flatnonzero(np.append(np.diff(numbers) != 0, True))
        return calendar.full_periods(sessions, rows, frequency).tolist()

    def test_a_year_in_tokyo(self):
        sessions = sessions_on(WESTERN, "2020-01-06", "2020-12-30")
        assert self.full(sessions, "annually", end="2020-12-31") == [True]
        assert self.full(sessions, "annually", previous="2019-12-30", following="2021-01-04") == [True]
        assert self.full(sessions, "annually") == [False]  # the 31st is a Thursday

    @pytest.mark.parametrize(("first", "full"), [("2024-01-01", True), ("2024-01-08", True), ("2024-01-09", False)])
    def test_begin_at_most_seven_days_in(self, first, full):
        sessions = sessions_on(WESTERN, first, "2024-12-31")
        assert self.full(sessions, "annually") == [full]
        assert self.full(sessions, "monthly") == [full, *[True] * 11]

    def test_do_not_begin_after_another_price_of_theirs(self):
        sessions = sessions_on(WESTERN, "2024-01-03", "2024-12-31")
        assert self.full(sessions, "annually", previous="2024-01-02") == [False]
        assert self.full(sessions, "annually", previous="2023-12-29") == [True]

    def test_do_not_end_months_after_the_last_price(self):
        sessions = sessions_on(WESTERN, "2023-01-02", "2024-01-10")
        assert self.full(sessions, "annually", end="2024-12-31") == [True, False]
        assert self.full(sessions, "monthly", end="2024-12-31") == [*[True] * 12, False]

    def test_a_purchase_on_the_last_day_of_a_year_is_no_month(self):
        sessions = sessions_on(WESTERN, "2019-12-31", "2020-12-31")
        assert self.full(sessions, "monthly") == [False, *[True] * 12]
        assert self.full(sessions, "annually") == [False, True]

    def test_a_month_of_one_session_is_none_unless_it_is_all_there_is_of_it(self):
        assert self.full(dates("2024-01-31"), "monthly") == [False]
        assert self.full(dates("2024-01-03"), "monthly", following="2024-02-01", latest="2024-02-01") == [True]


@st.composite
def irregular(draw) -> np.ndarray:
    """Sessions of any rhythm, with holidays."""
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
    size, seed = draw(st.integers(2, 300)), draw(st.integers(0, 2**32 - 1))
    sessions = sessions_on(weekdays, "2019-01-01", "2021-12-31")
    kept = np.random.default_rng(seed).random(sessions.size) > draw(st.sampled_from([0.0, 0.03, 0.4]))
    return sessions[kept][:size] if kept.any() else sessions[:size]


@modest
@given(irregular(), st.sampled_from(FREQUENCIES), st.integers(1, 40))
def test_sessions_that_are_added_later_change_no_earlier_period_end(sessions, frequency, more):
    """The week as it was measured of the shorter history; the last session alone depends on what comes after it."""
    calendar = measured(sessions)
    size = max(sessions.size - more, 1)
    whole = calendar.period_ends(sessions, frequency)
    cut = replace(calendar, end_date=int(sessions[size - 1].astype(int))).period_ends(sessions[:size], frequency)
    assert cut[:-1].tolist() == whole[: size - 1].tolist()


@modest
@given(st.integers(0, 2**32 - 1), st.integers(70, 600))
def test_monday_to_friday_with_holidays_is_252_from_monday(seed, size):
    random = np.random.default_rng(seed)
    sessions = sessions_on(WESTERN, "2018-03-01", "2021-12-31")
    sessions = sessions[random.random(sessions.size) > 0.04][:size]
    calendar = measured(sessions)
    assert (calendar.periods_per_year, calendar.week_start) == (252, MONDAY)
    assert calendar.trading_weekdays == (0, 1, 2, 3, 4)


@modest
@given(
    irregular(), st.sampled_from(FREQUENCIES), st.sampled_from([*range(11), 40, 400]),
    st.sampled_from([None, 1, 3, 20, 400]),
)  # fmt: skip
def test_the_bookkeeper_measures_the_same(sessions, frequency, beyond, later):
    end = sessions[-1] + np.timedelta64(beyond, "D")
    following = None if later is None else sessions[-1] + np.timedelta64(later, "D")
    known = {"end_date": end, "following": following, "latest": following}
    found = measure_calendar(sessions, **known)
    listed: list[datetime.date] = sessions.tolist()
    told = None if following is None else following.item()
    expected = reference.Calendar(listed, end=end.item(), following=told, latest=told)
    assert (found.periods_per_year, found.week_start, list(found.trading_weekdays)) == (
        expected.periods_per_year, expected.week_start, expected.weekdays,
    )  # fmt: skip
    marked = found.period_ends(sessions, frequency).tolist()
    assert marked == [expected.is_last_of_period(listed, row, frequency) for row in range(len(listed))]
