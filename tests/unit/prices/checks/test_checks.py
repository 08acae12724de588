"""What `prices check` finds in a history, and that it finds nothing in a sound one."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from backtester.model.errors import RunWarning
from backtester.model.record import replace
from backtester.model.records import SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.checks import findings

TODAY = datetime.date(2021, 1, 5)


def weekdays(first: str = "2018-01-01", last: str = "2021-01-04") -> np.ndarray:
    days = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "D"))
    return days[np.is_busday(days)]


def history(sessions: np.ndarray | None = None, **changes) -> SymbolHistory:
    sessions = weekdays() if sessions is None else sessions
    close = 100 * np.cumprod(1 + np.random.default_rng(1).normal(0.0003, 0.01, sessions.size))
    made = SymbolHistory(symbol="OWN", source="csv", sessions=sessions, close=close, traded=close)
    return replace(made, **changes)


def found(made: SymbolHistory, today: datetime.date = TODAY) -> list[tuple[str, str]]:
    return [(finding.code, finding.detail) for finding in findings(made, max_gap=5, today=today)]


def test_nothing_looks_wrong_in_a_sound_history():
    assert found(history()) == []


def test_a_holiday_of_a_week_and_a_special_saturday_in_a_short_file_are_nothing():
    sessions = weekdays()
    assert found(history(np.delete(sessions, np.arange(200, 205)))) == []


@pytest.mark.parametrize("missing", [6, 30])
def test_a_gap_is_told_with_its_ends(missing):
    sessions = weekdays()
    made = history(np.delete(sessions, np.arange(200, 200 + missing)))
    detail = (
        f"OWN has no price between {sessions[199]} and {sessions[200 + missing]}, on {missing} days of the week on "
        "which it trades."
    )
    assert found(made) == [("DATA_GAP", detail)]


def test_a_jump_is_told_and_of_many_the_first_ten():
    made = history()
    close = made.close.copy()
    close[300:] *= 4
    before, after = f"{close[299]:.6g} on {made.sessions[299]}", f"{close[300]:.6g} on {made.sessions[300]}"
    ((code, detail),) = found(replace(made, close=close))
    assert code == "IMPLAUSIBLE_PRICE"
    assert detail.startswith(f"The price of OWN went from {before} to {after} (+")
    close[100:140:2] *= 10
    many = [detail for code, detail in found(replace(made, close=close)) if code == "IMPLAUSIBLE_PRICE"]
    assert len(many) == 11
    assert many[-1] == "31 more such places were found."


@pytest.mark.parametrize(("factor", "split"), [(0.5, "2 for 1"), (2.0, "1 for 2"), (0.507, "2 for 1")])
def test_a_step_that_looks_like_a_split_of_two_is_told_and_one_that_was_applied_is_not(factor, split):
    made = history()
    close = np.where(np.arange(made.close.size) < 300, made.close, made.close[299] * factor)
    close[301:] *= made.close[301:] / made.close[300]
    ((code, detail),) = found(replace(made, close=close, traded=close))
    assert code == "IMPLAUSIBLE_PRICE"
    assert detail.startswith(f"The price of OWN went from {close[299]:.6g} on {made.sessions[299]} to ")
    assert detail.endswith(f", as by a split of {split} that was not applied.")
    told = np.where(np.arange(close.size) == 300, 1 / factor, 1.0)
    assert found(replace(made, close=made.close, traded=close, split=told)) == []


def test_a_fall_by_half_among_restless_prices_is_no_split():
    made = history()
    wild = 100 * np.cumprod(1 + np.random.default_rng(2).choice([0.25, -0.2], made.close.size))
    wild[300:] *= 0.5 * wild[299] / wild[300]
    assert found(replace(made, close=wild, traded=wild)) == []


def test_a_finding_has_the_row_where_it_begins_and_one_about_the_whole_has_none():
    sessions = np.delete(weekdays(), np.arange(200, 230))
    made = history(sessions, counts_adjusted_shares=True)
    made.close.setflags(write=True)
    made.close[300:] *= 4
    rows = {finding.code: finding.row for finding in findings(made, max_gap=5, today=datetime.date(2022, 1, 5))}
    expected = {"DATA_GAP": 200, "IMPLAUSIBLE_PRICE": 300, "STALE_PRICES": sessions.size - 1}
    assert rows == {**expected, "ADJUSTED_SHARE_COUNTS": None}


def test_the_row_of_a_finding_counts_the_filled_weekends_that_no_run_has():
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2021-01-05"))
    filled = np.flatnonzero(np.is_busday(days))[np.cumsum(np.is_busday(days)) - 1]
    close = (100 * np.cumprod(1 + np.random.default_rng(1).normal(0.0003, 0.01, days.size)))[filled]
    jump = int(np.searchsorted(days, np.datetime64("2019-06-05")))
    close[jump:] *= 4
    made = SymbolHistory(symbol="OWN", source="csv", sessions=days, close=close, traded=close)
    (row,) = [each.row for each in findings(made, max_gap=5, today=TODAY) if each.code == "IMPLAUSIBLE_PRICE"]
    assert row == jump


def test_an_open_far_from_its_close_and_a_split_told_for_another_day_are_told():
    made = history()
    opens = made.close.copy()
    opens[200] *= 50
    assert [code for code, _ in found(replace(made, open=opens))] == ["IMPLAUSIBLE_PRICE"]
    close = made.close * np.where(np.arange(made.close.size) < 300, 2, 1)
    split = np.where(np.arange(made.close.size) == 301, 2.0, 1.0)
    ((code, detail),) = found(replace(made, close=close, traded=close, split=split))
    assert code == "IMPLAUSIBLE_PRICE"
    assert detail.endswith(f"where a split (2 for 1) is told on {made.sessions[301]}.")


def test_a_price_that_stands_still_is_told_unless_it_mostly_does():
    made = history()
    close = made.close.copy()
    close[100:112] = close[100]
    assert found(replace(made, close=close)) == [(
        "PRICE_CARRIED_FORWARD",
        f"The close of OWN is {close[100]:.6g} on 12 sessions in a row, from {made.sessions[100]} to "
        f"{made.sessions[111]}.",
    )]  # fmt: skip
    assert found(replace(made, close=np.full(close.size, 1.0))) == []


def test_rows_on_a_weekend_are_told_with_their_dates():
    sessions = np.sort(np.append(weekdays(), np.array(["2019-03-02", "2019-03-03"], "datetime64[D]")))
    assert found(history(sessions)) == [(
        "UNUSUAL_WEEKDAY",
        "OWN has 2 rows on a weekday on which it does not trade otherwise: Saturday 2019-03-02, Sunday 2019-03-03.",
    )]  # fmt: skip


def test_filled_weekends_are_told_as_a_run_tells_them():
    sessions = np.arange(np.datetime64("2018-01-01"), np.datetime64("2021-01-05"))
    made = history(sessions)
    close = made.close.copy()
    for at in np.flatnonzero(~np.is_busday(sessions)):
        close[at] = close[at - 1]
    ((code, detail),) = found(replace(made, close=close, traded=close))
    assert (code, "Saturdays and Sundays" in detail) == ("PRICES_DROPPED", True)


def test_prices_that_are_not_daily_are_told_and_have_no_gaps():
    ((code, detail),) = found(history(weekdays()[4::5]))
    assert (code, detail) == ("NOT_DAILY_PRICES", "The prices of OWN are not daily: about 52 a year.")


def test_an_end_that_is_long_past_is_told():
    assert found(history(), datetime.date(2021, 1, 11)) == []
    assert found(history(), datetime.date(2021, 2, 4)) == [
        ("STALE_PRICES", "The prices of OWN end on 2021-01-04, 31 days before 2021-02-04.")
    ]


def test_what_a_file_was_warned_of_is_told_again():
    warning = RunWarning(code="UNADJUSTED_PRICES", detail="It leaves dividends out.", symbol="OWN")
    made = history(warnings=(warning,), counts_adjusted_shares=True)
    assert [code for code, _ in found(made)] == ["UNADJUSTED_PRICES", "ADJUSTED_SHARE_COUNTS"]


def test_of_the_sample_little_more_is_told_than_its_end_and_its_share_counts():
    expected = {"ADJUSTED_SHARE_COUNTS", "STALE_PRICES"}
    seen = {
        symbol: {finding.code for finding in findings(made, max_gap=5, today=TODAY.replace(year=2026))} - expected
        for symbol, made in bundled.load(bundled.symbols()).items()
    }
    assert {symbol: codes for symbol, codes in seen.items() if codes} == {
        "RRC": {"IMPLAUSIBLE_PRICE", "PRICE_CARRIED_FORWARD"},  # thinly traded before 1993
        "^GSPC": {"UNADJUSTED_PRICES"},
    }


@pytest.mark.parametrize("day", ["0001-01-01", "1601-12-31", "2021-01-07", "9999-12-31"])
def test_a_session_that_cannot_be_one_is_told(day):
    sessions = np.sort(np.append(weekdays(), np.datetime64(day)))
    details = [detail for code, detail in found(history(sessions)) if code == "UNUSUAL_DATE"]
    which = "before any exchange" if day < "1602" else "after 2021-01-05"
    assert details == [f"OWN has 1 session {which}, from {day} to {day}."]


def test_few_sessions_are_checked_too():
    for size in (1, 2, 12):
        assert found(history(weekdays()[-size:])) == []
