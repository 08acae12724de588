"""Weekends that a source filled with the close before are no sessions; prices that rest are."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from backtester.model.record import replace
from backtester.prices.checks.filled_rows import without_filled
from tests.unit.prices.aligned import codes, history, table

END = datetime.date(2024, 12, 31)


def every_day(first: str, last: str) -> np.ndarray:
    return np.arange(first, np.datetime64(last) + np.timedelta64(1, "D"), dtype="datetime64[D]")


def weekday(days: np.ndarray) -> np.ndarray:
    return (days.astype(np.int64) + 3) % 7


def filled_on(weekdays, first: str = "2024-01-01", last: str = "2024-04-30", *, every: int = 1):
    """Return a price a day that rises by 1 on every `every`-th day that is not one of the weekdays."""
    days = every_day(first, last)
    moves = ~np.isin(weekday(days), list(weekdays))
    moves &= np.cumsum(moves) % every == 0
    return history("A", days, 100.0 + np.cumsum(moves))


def kept(found) -> set[int]:
    return set(weekday(found.sessions).tolist())


def test_a_weekend_that_repeats_friday_is_left_out_and_said():
    found = without_filled(filled_on([5, 6]), END)
    assert kept(found) == {0, 1, 2, 3, 4}
    (warning,) = found.warnings
    assert (warning.code, warning.symbol) == ("PRICES_DROPPED", "A")
    assert warning.detail == (
        "A has 34 rows on Saturdays and Sundays, and its close always repeats the one before there. "
        "They were left out, since they are no sessions."
    )
    assert found.close.size == found.sessions.size == 87


def test_the_weekend_of_riyadh_is_left_out_too():
    assert kept(without_filled(filled_on([4, 5]), END)) == {6, 0, 1, 2, 3}


def test_weekly_prices_filled_to_every_day_are_weekly():
    found = without_filled(filled_on([0, 1, 2, 3, 5, 6]), END)
    assert kept(found) == {4}


@pytest.mark.parametrize(("saturdays", "expected"), [(4, {0, 1, 2, 3, 4, 5}), (5, {0, 1, 2, 3, 4})])
def test_takes_at_least_five_rows(saturdays, expected):
    whole = filled_on([5, 6], "2024-01-01", {4: "2024-02-02", 5: "2024-02-04"}[saturdays])
    keep = weekday(whole.sessions) != 6
    given = replace(whole, sessions=whole.sessions[keep], close=whole.close[keep])
    assert int((weekday(given.sessions) == 5).sum()) == saturdays
    assert kept(without_filled(given, END)) == expected


def test_one_saturday_that_moves_makes_all_of_them_sessions():
    whole = filled_on([5, 6])
    close = whole.close.copy()
    close[whole.sessions >= np.datetime64("2024-03-09")] += 1  # a Saturday
    found = without_filled(replace(whole, close=close), END)
    assert kept(found) == {0, 1, 2, 3, 4, 5}


def test_a_price_that_never_moves_keeps_all_its_sessions():
    days = every_day("2024-01-01", "2024-04-30")
    constant = history("A", days, np.full(days.size, 100.0))
    assert without_filled(constant, END) is constant


@pytest.mark.parametrize(
    "jumps", [["2024-02-06"], ["2024-02-06", "2024-03-14"], ["2024-01-09", "2024-02-09", "2024-04-03"]]
)
def test_a_price_that_moves_once_in_a_while_keeps_all_its_sessions(jumps):
    days = every_day("2024-01-01", "2024-06-28")
    days = days[weekday(days) < 5]
    close = 100.0 + sum((days >= np.datetime64(jump)).astype(float) for jump in jumps)
    steady = history("A", days, close)
    assert without_filled(steady, END) is steady


def test_a_price_that_moves_on_every_third_day_shows_its_filled_weekends_in_time():
    assert kept(without_filled(filled_on([5, 6], every=3), END)) == {0, 1, 2, 3, 4}


def test_a_dividend_or_a_split_on_a_weekday_makes_it_one_of_sessions():
    whole = filled_on([5, 6])
    paid = np.zeros(whole.close.size)
    paid[5] = 0.01  # Saturday 6 January
    assert kept(without_filled(replace(whole, dividend=paid), END)) == {0, 1, 2, 3, 4, 5}
    split = np.ones(whole.close.size)
    split[6] = 2.0
    assert kept(without_filled(replace(whole, split=split), END)) == {0, 1, 2, 3, 4, 6}


def test_every_column_is_cut_alike():
    whole = filled_on([5, 6])
    wide = replace(
        whole, open=whole.close - 0.5, dividend=np.zeros(whole.close.size), traded=whole.close * 2,
        split=np.ones(whole.close.size),
    )  # fmt: skip
    found = without_filled(wide, END)
    assert {column.size for column in (found.close, found.open, found.dividend, found.traded, found.split)} == {87}
    assert (found.traded == 2 * found.close).all()
    assert not found.open.flags.writeable


def test_prices_after_the_end_decide_nothing():
    """The Saturdays move from May on; a run until April does not see that, and no Saturday follows its end."""
    moving = every_day("2024-05-01", "2024-06-30")
    whole = filled_on([5, 6])
    close = np.append(whole.close, 500.0 + np.arange(moving.size))
    longer = history("A", np.append(whole.sessions, moving), close)
    cut = without_filled(longer, datetime.date(2024, 4, 30))
    assert cut.sessions[:87].tolist() == without_filled(whole, END).sessions.tolist()
    assert kept(cut) == {0, 1, 2, 3, 4}
    assert kept(without_filled(longer, END)) == set(range(7))


def test_the_run_has_the_calendar_of_the_others():
    found = table(filled_on([5, 6]), start="2024-01-01", end="2024-04-30")
    assert (found.calendar.periods_per_year, codes(found)) == (252, ["PRICES_DROPPED"])
    coin = history("B", every_day("2024-01-01", "2024-04-30"))
    both = table(filled_on([5, 6]), coin, start="2024-01-01", end="2024-04-30")
    assert both.calendar.periods_per_year == 365
    assert not both.own[5, 0]
    assert both.own[5, 1]


def test_a_period_that_begins_on_a_filled_weekend_begins_on_monday():
    whole = filled_on([5, 6], "2024-01-06", "2024-04-30")
    found = table(whole, start="2024-01-06", end="2024-04-30")
    assert (str(found.sessions[0]), codes(found)) == ("2024-01-08", ["PRICES_DROPPED"])
