"""When decisions are taken and filled."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from backtester.model.calendar import last_of_period
from backtester.strategies.schedule import schedule
from tests.support import reference

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly", "semiannually", "annually"]


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def weekdays(first: str, until: str) -> np.ndarray:
    found = np.arange(first, until, dtype="datetime64[D]")
    return found[np.is_busday(found)]


def dates_of(sessions: np.ndarray, rows: np.ndarray) -> list[str]:
    return [str(sessions[row]) for row in rows]


YEAR = weekdays("2023-01-01", "2024-03-08")


class TestTheFirstDecision:
    def test_is_taken_the_session_before_the_period_and_filled_on_its_first(self):
        decision, execution = schedule(YEAR, 10, frequency="never", timing="next_close", signal=True)
        assert (decision.tolist(), execution.tolist()) == ([9], [10])

    def test_filled_at_the_open_is_taken_the_session_before_too(self):
        decision, execution = schedule(YEAR, 10, frequency="never", timing="next_open", signal=True)
        assert (decision.tolist(), execution.tolist()) == ([9], [10])

    def test_on_the_same_close_is_taken_on_the_first_session(self):
        decision, execution = schedule(YEAR, 10, frequency="never", timing="same_close", signal=True)
        assert (decision.tolist(), execution.tolist()) == ([10], [10])

    @pytest.mark.parametrize("timing", ["next_close", "next_open", "same_close"])
    def test_without_a_signal_is_taken_on_the_first_session(self, timing):
        decision, execution = schedule(YEAR, 10, frequency="never", timing=timing, signal=False)
        assert (decision.tolist(), execution.tolist()) == ([10], [10])

    def test_lies_before_all_history_where_there_is_none(self):
        decision, execution = schedule(YEAR, 0, frequency="never", timing="next_close", signal=True)
        assert (decision.tolist(), execution.tolist()) == ([-1], [0])


class TestLaterDecisions:
    def test_are_taken_on_the_last_session_of_a_month_and_filled_on_the_next(self):
        sessions = weekdays("2023-01-16", "2023-04-14")
        decision, execution = schedule(sessions, 0, frequency="monthly", timing="next_close", signal=False)
        assert dates_of(sessions, decision) == ["2023-01-16", "2023-01-31", "2023-02-28", "2023-03-31"]
        assert dates_of(sessions, execution) == ["2023-01-16", "2023-02-01", "2023-03-01", "2023-04-03"]

    def test_on_the_same_close_are_filled_as_they_are_taken(self):
        sessions = weekdays("2023-01-16", "2023-04-14")
        decision, execution = schedule(sessions, 0, frequency="monthly", timing="same_close", signal=True)
        assert decision.tolist() == execution.tolist()
        assert dates_of(sessions, decision) == ["2023-01-16", "2023-01-31", "2023-02-28", "2023-03-31"]

    def test_that_fall_on_the_first_one_are_not_taken_twice(self):
        sessions = weekdays("2023-01-16", "2023-02-14")
        first = int(np.searchsorted(sessions, np.datetime64("2023-02-01")))
        decision, execution = schedule(sessions, first, frequency="monthly", timing="next_close", signal=True)
        assert dates_of(sessions, decision) == ["2023-01-31"]
        assert dates_of(sessions, execution) == ["2023-02-01"]

    def test_whose_fill_lies_past_the_end_are_left_out(self):
        sessions = weekdays("2023-01-16", "2023-02-01")
        assert schedule(sessions, 0, frequency="monthly", timing="next_close", signal=False)[0].tolist() == [0]
        assert schedule(sessions, 0, frequency="monthly", timing="same_close", signal=False)[0].tolist() == [0, 11]

    def test_daily_are_taken_at_every_session(self):
        decision, execution = schedule(YEAR[:6], 2, frequency="daily", timing="next_close", signal=True)
        assert (decision.tolist(), execution.tolist()) == ([1, 2, 3, 4], [2, 3, 4, 5])

    @pytest.mark.parametrize("frequency", FREQUENCIES)
    @pytest.mark.parametrize("timing", ["next_close", "same_close"])
    @pytest.mark.parametrize("signal", [True, False])
    @pytest.mark.parametrize("first", [0, 1, 20, 21, 22])
    def test_are_those_of_the_reference(self, frequency, timing, signal, first):
        decision, execution = schedule(YEAR, first, frequency=frequency, timing=timing, signal=signal)
        expected = reference.schedule(YEAR.tolist(), first, frequency=frequency, timing=timing, signal=signal)
        assert list(zip(decision.tolist(), execution.tolist(), strict=True)) == expected


class TestTheLastSessionOfAPeriod:
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
        assert dates_of(YEAR, np.flatnonzero(last_of_period(YEAR, frequency))) == expected

    def test_of_a_week_is_thursday_when_friday_is_a_holiday(self):
        sessions = days("2024-03-27", "2024-03-28", "2024-04-01")
        assert last_of_period(sessions, "weekly").tolist() == [False, True, False]

    def test_of_a_week_across_new_year_is_the_friday(self):
        sessions = weekdays("2024-12-30", "2025-01-08")
        assert dates_of(sessions, np.flatnonzero(last_of_period(sessions, "weekly"))) == ["2025-01-03"]

    def test_of_a_month_before_1970_is_found_too(self):
        sessions = weekdays("1969-11-24", "1970-01-06")
        assert dates_of(sessions, np.flatnonzero(last_of_period(sessions, "monthly"))) == ["1969-11-28", "1969-12-31"]
        assert dates_of(sessions, np.flatnonzero(last_of_period(sessions, "annually"))) == ["1969-12-31"]

    @pytest.mark.parametrize(
        ("last", "expected"),
        [("2023-03-31", True), ("2023-03-30", False), ("2022-09-30", True), ("2023-12-29", True), ("2024-08-30", True)],
    )
    def test_goes_by_the_calendar_for_the_last_one_of_all(self, last, expected):
        sessions = weekdays("2022-06-01", str(np.datetime64(last) + 1))
        assert str(sessions[-1]) == last
        assert bool(last_of_period(sessions, "monthly")[-1]) is expected

    def test_of_data_with_weekends_may_be_a_sunday(self):
        sessions = np.arange("2023-04-20", "2023-05-01", dtype="datetime64[D]")
        assert bool(last_of_period(sessions, "monthly")[-1]) is True
        assert bool(last_of_period(sessions[:-2], "monthly")[-1]) is False  # Friday the 28th, Saturday follows

    @pytest.mark.parametrize("frequency", FREQUENCIES)
    def test_is_the_same_after_a_cut_at_any_session(self, frequency):
        whole = last_of_period(YEAR, frequency)
        for size in range(10, YEAR.size):
            cut = last_of_period(YEAR[:size], frequency)
            assert cut.tolist() == whole[:size].tolist(), YEAR[size - 1]

    @pytest.mark.parametrize("frequency", FREQUENCIES)
    def test_agrees_with_datetime_over_irregular_sessions(self, frequency):
        random = np.random.default_rng(4)
        sessions = np.unique(np.datetime64("2019-12-20") + random.integers(0, 900, 300))
        found = last_of_period(sessions, frequency).tolist()
        listed: list[datetime.date] = sessions.tolist()
        assert found == [reference.is_last_of_period(listed, row, frequency) for row in range(len(listed))]
