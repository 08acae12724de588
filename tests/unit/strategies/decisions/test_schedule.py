"""When decisions are taken and filled."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.model.calendar import measure_calendar
from backtester.strategies.decisions import schedule as scheduling
from tests.support import reference

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly", "semiannually", "annually"]


def weekdays(first: str, until: str) -> np.ndarray:
    found = np.arange(first, until, dtype="datetime64[D]")
    return found[np.is_busday(found)]


def dates_of(sessions: np.ndarray, rows: np.ndarray) -> list[str]:
    return [str(sessions[row]) for row in rows]


def schedule(sessions: np.ndarray, first: int, **settings) -> tuple[np.ndarray, np.ndarray]:
    calendar = measure_calendar(sessions, end_date=sessions[-1])
    return scheduling.schedule(sessions, first, calendar=calendar, **settings)


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


class TestFillsThatLag:
    @pytest.mark.parametrize(("timing", "filled"), [("next_close", "2023-02-03"), ("same_close", "2023-02-02")])
    def test_come_so_many_sessions_later_but_the_first_purchase(self, timing, filled):
        sessions = weekdays("2023-01-16", "2023-02-10")
        decision, execution = schedule(sessions, 0, frequency="monthly", timing=timing, signal=False, lag=2)
        assert dates_of(sessions, decision) == ["2023-01-16", "2023-01-31"]
        assert dates_of(sessions, execution) == ["2023-01-16", filled]

    def test_are_left_out_where_they_come_after_the_end(self):
        decision, execution = schedule(YEAR[:6], 0, frequency="daily", timing="next_close", signal=False, lag=3)
        assert (decision.tolist(), execution.tolist()) == ([0, 1], [0, 5])

    def test_do_not_replace_each_other(self):
        decision, execution = schedule(YEAR[:9], 0, frequency="daily", timing="same_close", signal=False, lag=4)
        assert execution.tolist() == [0, 5, 6, 7, 8]
        assert (execution - decision).tolist() == [0, 4, 4, 4, 4]


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
        listed = YEAR.tolist()
        calendar = reference.Calendar(listed, end=listed[-1])
        settings = {"frequency": frequency, "timing": timing, "signal": signal}
        expected = reference.schedule(listed, first, calendar=calendar, **settings)
        assert list(zip(decision.tolist(), execution.tolist(), strict=True)) == expected
