"""From histories to a table: the period, its limits, what is carried, and the warm-up before it."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.model.records import WarmUp
from backtester.prices.checks.coverage import covers, open_days
from tests.unit.prices.aligned import JANUARY, codes, dates, history, query, refused, table, weekdays

A_B_ON_JANUARY = (history("A", JANUARY), history("B", JANUARY))


class TestThePeriod:
    def test_starts_on_the_first_session_on_or_after_the_start(self):
        found = table(*A_B_ON_JANUARY, start="2024-01-06", end="2024-01-31")
        assert dates(found)[found.first] == "2024-01-08"
        assert (found.limited_by, codes(found)) == (None, [])

    def test_ends_with_the_end_date_inclusive(self):
        assert dates(table(*A_B_ON_JANUARY, start="2024-01-02", end="2024-01-10"))[-1] == "2024-01-10"

    def test_starts_where_the_youngest_symbol_does_and_names_it(self):
        found = table(history("A", JANUARY), history("B", JANUARY[5:]), start="2024-01-01", end="2024-01-31")
        assert dates(found)[found.first] == JANUARY[5]
        assert found.limited_by == "B"
        assert [(w.code, w.symbol, w.pointer) for w in found.warnings] == [("START_DELAYED", "B", "/start_date")]

    def test_ends_where_the_first_symbol_ends_with_a_warning(self):
        found = table(history("A", JANUARY), history("B", JANUARY[:-4]), start="2024-01-01", end="2024-01-31")
        assert dates(found)[-1] == JANUARY[-5]
        assert [(w.code, w.symbol, w.pointer) for w in found.warnings] == [("END_CLIPPED", "B", "/end_date")]

    @pytest.mark.parametrize("start", ["2023-12-30", "2023-12-31", "2024-01-01"])
    def test_is_not_called_delayed_by_a_weekend_and_new_year(self, start):
        found = table(history("A", JANUARY[1:]), start=start, end="2024-01-31")
        assert (dates(found)[0], codes(found), found.limited_by) == ("2024-01-02", [], None)

    @pytest.mark.parametrize(("start", "expected"), [("2023-12-26", []), ("2023-12-25", ["START_DELAYED"])])
    def test_is_called_delayed_by_more_than_seven_days_without_a_session(self, start, expected):
        """The first price is of 2 January: from 26 December there are seven days before it, from the 25th eight."""
        assert codes(table(history("A", JANUARY[1:]), start=start, end="2024-01-31")) == expected

    def test_is_called_delayed_by_one_day_on_which_another_holding_has_a_session(self):
        found = table(history("A", JANUARY), history("B", JANUARY[1:]), start="2024-01-01", end="2024-01-31")
        assert (codes(found), found.limited_by) == (["START_DELAYED"], "B")

    @pytest.mark.parametrize("begins", [1, 9])
    @pytest.mark.parametrize("order", ["AB", "BA"])
    def test_is_delayed_by_the_symbol_that_begins_last_and_not_by_a_holiday_of_another_after_that(self, begins, order):
        first, following = JANUARY[begins : begins + 2]
        sessions = {"A": JANUARY[begins:], "B": [day for day in JANUARY if day != first]}
        histories = [history(symbol, sessions[symbol]) for symbol in order]
        found = table(*histories, start="2024-01-01", end="2024-01-31")
        assert (dates(found)[found.first], found.limited_by) == (following, "A")
        [warning] = [warning for warning in found.warnings if warning.code == "START_DELAYED"]
        assert warning.symbol == "A"
        assert f"A has no price until {first}, and on no session from then on" in warning.detail

    def test_in_tokyo_is_neither_delayed_nor_clipped(self):
        year = weekdays("2020-01-06", "2020-12-31")
        assert codes(table(history("T", year), start="2020-01-01", end="2020-12-31")) == []

    @pytest.mark.parametrize(("end", "expected"), [("2024-02-09", []), ("2024-02-10", ["END_CLIPPED"])])
    def test_is_called_clipped_by_more_than_seven_days_without_a_session(self, end, expected):
        until_friday = weekdays("2024-01-01", "2024-02-03")  # the 2nd
        assert codes(table(history("A", until_friday), start="2024-01-01", end=end)) == expected

    def test_is_not_called_clipped_where_a_later_price_is_at_hand(self):
        until_friday = [*weekdays("2024-01-01", "2024-02-03"), "2024-03-01"]
        assert codes(table(history("A", until_friday), start="2024-01-01", end="2024-02-20")) == []

    def test_is_called_clipped_by_one_day_on_which_another_holding_has_a_session(self):
        found = table(history("A", JANUARY), history("B", JANUARY[:-1]), start="2024-01-01", end="2024-01-31")
        assert codes(found) == ["END_CLIPPED"]

    def test_is_not_called_clipped_by_christmas(self):
        assert (
            codes(table(history("A", weekdays("2024-12-02", "2024-12-25")), start="2024-12-02", end="2024-12-25")) == []
        )

    def test_of_one_session_is_a_period(self):
        assert dates(table(*A_B_ON_JANUARY, start="2024-01-10", end="2024-01-10")) == ["2024-01-10"]


class TestNoPeriod:
    def test_where_histories_do_not_overlap(self):
        error = refused(
            "INSUFFICIENT_HISTORY",
            history("A", JANUARY[:5]),
            history("B", JANUARY[7:]),
            start="2024-01-01",
            end="2024-01-31",
        )
        assert [problem.pointer for problem in error.problems] == ["/holdings/1/symbol"]

    @pytest.mark.parametrize(
        ("start", "end"), [("2023-01-01", "2023-12-29"), ("2024-02-01", "2024-02-09"), ("2024-01-06", "2024-01-07")]
    )
    def test_where_a_symbol_has_no_price_in_it(self, start, end):
        error = refused("NO_DATA_IN_RANGE", *A_B_ON_JANUARY, start=start, end=end)
        assert [problem.pointer for problem in error.problems] == ["/holdings/0/symbol"]

    def test_where_a_source_has_no_price_at_all(self):
        refused("NO_DATA_IN_RANGE", history("A", JANUARY), history("B", []), start="2024-01-01", end="2024-01-31")


class TestGaps:
    def test_are_filled_with_the_last_price_and_said(self):
        thinned = [*JANUARY[:5], *JANUARY[8:]]
        found = table(history("A", JANUARY), history("B", thinned), start="2024-01-01", end="2024-01-31")
        assert found.close[:10, 1].tolist() == [1, 2, 3, 4, 5, 5, 5, 5, 6, 7]
        assert [(w.code, w.symbol, w.pointer) for w in found.warnings] == [
            ("PRICE_CARRIED_FORWARD", "B", "/holdings/1/symbol")
        ]

    @pytest.mark.parametrize(("most", "fine"), [(3, True), (2, False), (0, False)])
    def test_longer_than_allowed_are_refused(self, most, fine):
        histories = history("A", JANUARY), history("B", [*JANUARY[:5], *JANUARY[8:]])
        if fine:
            table(*histories, start="2024-01-01", end="2024-01-31", max_gap_sessions=most)
        else:
            error = refused("DATA_GAP", *histories, start="2024-01-01", end="2024-01-31", max_gap_sessions=most)
            assert [problem.pointer for problem in error.problems] == ["/holdings/1/symbol"]

    def test_of_all_symbols_at_once_are_no_sessions(self):
        thinned = [*JANUARY[:5], *JANUARY[15:]]
        found = table(history("A", thinned), history("B", thinned), start="2024-01-01", end="2024-01-31")
        assert (dates(found), codes(found)) == (thinned, [])

    def test_before_what_the_run_uses_do_not_matter(self):
        thinned = [*JANUARY[:2], *JANUARY[10:]]
        found = table(history("A", JANUARY), history("B", thinned), start=JANUARY[12], end="2024-01-31")
        assert codes(found) == []

    def test_of_more_than_allowed_in_all_but_not_in_a_row_are_carried(self):
        thinned = [day for row, day in enumerate(JANUARY) if row % 3 != 2]
        found = table(
            history("A", JANUARY), history("B", thinned), start="2024-01-01", end="2024-01-31", max_gap_sessions=1
        )
        assert codes(found) == ["PRICE_CARRIED_FORWARD"]

    def test_on_the_start_date_move_the_start_to_where_every_symbol_has_a_price(self):
        histories = history("A", JANUARY), history("B", [*JANUARY[:3], *JANUARY[5:]])
        found = table(*histories, start=JANUARY[3], end="2024-01-31")
        assert dates(found)[found.first] == JANUARY[5]


class TestABenchmark:
    def test_adds_no_session(self):
        every_day = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[D]").astype(str).tolist()
        found = table(
            history("A", JANUARY), history("I", every_day), start="2024-01-01", end="2024-01-31", benchmark="I"
        )
        assert dates(found) == JANUARY
        assert (found.calendar.periods_per_year, codes(found), found.symbols) == (252, [], ("A",))
        assert found.benchmark_close[5, 0] == 8.0  # Monday the 8th, the weekend's prices are passed over

    def test_is_carried_where_it_has_no_price(self):
        found = table(
            history("A", JANUARY), history("I", JANUARY[::2]), start="2024-01-01", end="2024-01-31", benchmark="I"
        )
        assert found.benchmark_close[:4, 0].tolist() == [1, 1, 2, 2]
        assert [(w.code, w.pointer) for w in found.warnings] == [("PRICE_CARRIED_FORWARD", "/benchmark")]

    def test_among_the_holdings_is_its_column(self):
        found = table(*A_B_ON_JANUARY, start="2024-01-01", end="2024-01-31", symbols=("A", "B"), benchmark="B")
        assert found.benchmark_close[:, 0].tolist() == found.close[:, 1].tolist()

    def test_that_begins_late_delays_the_start(self):
        found = table(
            history("A", JANUARY), history("I", JANUARY[4:]), start="2024-01-01", end="2024-01-31", benchmark="I"
        )
        assert (dates(found)[found.first], found.limited_by) == (JANUARY[4], "I")


class TestTheWarmUp:
    def test_is_trimmed_to_what_the_first_decision_needs(self):
        found = table(*A_B_ON_JANUARY, start=JANUARY[15], end="2024-01-31", warm_up=WarmUp(sessions=3), signal=True)
        assert dates(found)[0] == JANUARY[11]  # three sessions before the decision on the 14th row
        assert found.first == 4

    def test_in_months_reaches_to_the_month_end(self):
        long = weekdays("2023-09-01", "2024-02-01")
        found = table(history("A", long), start="2024-01-15", end="2024-01-31", warm_up=WarmUp(months=2), signal=True)
        assert dates(found)[0] == "2023-11-30"

    def test_shorter_than_needed_is_what_there_is(self):
        found = table(*A_B_ON_JANUARY, start=JANUARY[2], end="2024-01-31", warm_up=WarmUp(sessions=60), signal=True)
        assert (dates(found)[0], found.first) == (JANUARY[0], 2)

    def test_is_not_kept_for_who_does_not_look_back(self):
        found = table(*A_B_ON_JANUARY, start=JANUARY[15], end="2024-01-31")
        assert (dates(found)[0], found.first) == (JANUARY[15], 0)

    def test_has_no_price_before_a_symbol_s_first(self):
        found = table(
            history("A", JANUARY),
            history("B", JANUARY[4:]),
            start=JANUARY[6],
            end="2024-01-31",
            warm_up=WarmUp(sessions=5),
            signal=True,
        )
        assert np.isnan(found.close[:, 1]).tolist()[:5] == [True] * 4 + [False]
        assert not np.isnan(found.close[found.first :]).any()


class TestPeriodsAYear:
    def test_are_365_where_the_data_runs_seven_days_a_week(self):
        days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]").astype(str).tolist()
        assert table(history("A", days), start="2024-01-01", end="2024-02-29").calendar.periods_per_year == 365

    def test_are_365_for_a_single_week_of_seven_days(self):
        days = np.arange("2024-01-01", "2024-01-08", dtype="datetime64[D]").astype(str).tolist()
        assert table(history("A", days), start="2024-01-01", end="2024-01-07").calendar.periods_per_year == 365

    def test_are_252_for_an_odd_saturday(self):
        days = sorted([*JANUARY, "2024-01-06"])
        assert table(history("A", days), start="2024-01-01", end="2024-01-31").calendar.periods_per_year == 252

    def test_are_measured_with_the_warm_up(self):
        """The period has 20 sessions, too few to measure; with the 20 weeks before it they are weekly."""
        weeks = (np.datetime64("2023-01-06") + 7 * np.arange(40)).astype(str).tolist()
        alone = table(history("A", weeks), start=weeks[20], end=weeks[-1])
        warmed = table(history("A", weeks), start=weeks[20], end=weeks[-1], warm_up=WarmUp(sessions=20))
        assert (alone.calendar.periods_per_year, codes(alone)) == (252, [])
        assert (warmed.calendar.periods_per_year, codes(warmed)) == (52, ["NOT_DAILY_PRICES"])

    def test_of_prices_that_are_not_daily_are_said(self):
        ends = np.arange("2013-02", "2018-02", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
        history_ = history("F", ends.astype(str).tolist())
        (warning,) = table(history_, start="2013-01-31", end="2017-12-31").warnings
        assert (warning.code, warning.pointer) == ("NOT_DAILY_PRICES", "/data")
        assert "annualised with 12 periods per year. Set data.periods_per_year" in warning.detail
        own = table(history_, start="2013-01-31", end="2017-12-31", periods_per_year=4)
        assert own.calendar.periods_per_year == 4
        assert [w.detail for w in own.warnings] == [
            "The prices are not daily. Figures are annualised with 4 periods per year."
        ]

    def test_know_the_prices_around_the_period(self):
        found = table(history("A", JANUARY), history("B", JANUARY[:12]), start=JANUARY[4], end=JANUARY[8])
        days = [str(np.datetime64(day, "D")) for day in (found.calendar.previous, found.calendar.following)]
        assert days == [JANUARY[3], JANUARY[9]]
        assert str(np.datetime64(found.calendar.latest, "D")) == JANUARY[-1]

    def test_take_the_next_session_from_holdings_and_the_last_price_from_all(self):
        every_day = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]").astype(str).tolist()
        found = table(
            history("A", JANUARY), history("I", every_day), start="2024-01-01", end="2024-01-26", benchmark="I"
        )
        assert str(np.datetime64(found.calendar.following, "D")) == "2024-01-29"
        assert str(np.datetime64(found.calendar.latest, "D")) == "2024-02-09"
        whole = table(
            history("A", JANUARY), history("I", every_day), start="2024-01-01", end="2024-01-31", benchmark="I"
        )
        assert whole.calendar.following is None


class TestOpens:
    def test_are_there_only_where_they_are_needed(self):
        with_open = history("A", JANUARY, opens=np.arange(len(JANUARY)) + 0.5)
        assert table(with_open, start="2024-01-01", end="2024-01-31").open is None
        found = table(with_open, start="2024-01-03", end="2024-01-31", needs_open=True)
        assert found.open[:3, 0].tolist() == [2.5, 3.5, 4.5]

    def test_that_a_source_does_not_have_are_an_error(self):
        error = refused(
            "NO_DATA_IN_RANGE", history("A", JANUARY), start="2024-01-01", end="2024-01-31", needs_open=True
        )
        assert [problem.pointer for problem in error.problems] == ["/execution/timing"]

    def test_that_are_missing_are_the_close_before_with_a_warning(self):
        opens = np.arange(len(JANUARY)) + 0.5
        opens[3] = np.nan
        found = table(history("A", JANUARY, opens=opens), start="2024-01-01", end="2024-01-31", needs_open=True)
        assert found.open[2:5, 0].tolist() == [2.5, 3.0, 4.5]
        assert codes(found) == ["PRICE_CARRIED_FORWARD"]

    def test_of_a_session_without_a_price_are_the_close_before(self):
        kept = [*JANUARY[:5], *JANUARY[6:]]
        found = table(
            history("A", JANUARY, opens=np.arange(len(JANUARY)) + 0.5),
            history("B", kept, opens=np.arange(len(kept)) + 0.5),
            start="2024-01-01",
            end="2024-01-31",
            needs_open=True,
        )
        assert found.open[4:7, 1].tolist() == [4.5, 5.0, 5.5]

    def test_of_the_benchmark_may_be_missing(self):
        found = table(
            history("A", JANUARY, opens=np.arange(len(JANUARY)) + 0.5),
            history("I", JANUARY),
            start="2024-01-01",
            end="2024-01-31",
            needs_open=True,
            benchmark="I",
        )
        assert found.benchmark_open[:, 0].tolist() == found.benchmark_close[:, 0].tolist()


class TestTheTable:
    def test_is_read_only(self):
        found = table(*A_B_ON_JANUARY, start="2024-01-01", end="2024-01-31")
        with pytest.raises(ValueError, match="read-only"):
            found.close[0, 0] = 1.0

    def test_says_what_it_used_of_each_history(self):
        found = table(*A_B_ON_JANUARY, start=JANUARY[5], end=JANUARY[9], warm_up=WarmUp(sessions=2), signal=True)
        entry = found.provenance["A"]
        assert (entry["source"], entry["first"], entry["last"], entry["sessions"]) == (
            "inline",
            JANUARY[2],
            JANUARY[9],
            8,
        )

    def test_has_another_digest_for_another_price_that_was_used_and_for_no_other(self):
        def digest(row: int) -> str:
            close = np.arange(len(JANUARY)) + 1.0
            close[row] += 1e-9
            return table(history("A", JANUARY, close), start=JANUARY[5], end=JANUARY[9]).provenance["A"]["digest"]

        assert digest(4) == digest(10)
        assert len({digest(4), digest(5), digest(9)}) == 3


def test_open_days_leave_out_other_weekdays_new_year_and_christmas():
    start, until = np.datetime64("2023-12-23"), np.datetime64("2024-01-03")  # from a Saturday to a Tuesday
    assert open_days(start, until, (0, 1, 2, 3, 4)) == 5  # 26 to 29 December and 2 January
    assert open_days(start, until, (0, 1, 2, 3, 6)) == 6  # Riyadh: 24, 26, 27, 28 and 31 December, 2 January
    assert open_days(start, until, tuple(range(7))) == 11


@pytest.mark.parametrize(
    ("last", "end", "expected"),
    [("2024-01-26", "2024-01-28", True), ("2024-01-26", "2024-01-29", False), ("2024-01-25", "2024-01-26", False)],
)
def test_a_history_covers_a_period_that_ends_on_its_weekend(last, end, expected):
    known = history("A", weekdays("2023-10-02", str(np.datetime64(last) + np.timedelta64(1, "D"))))
    assert covers(known, query(known, start="2023-11-01", end=end)) is expected


def test_a_history_of_every_day_does_not_cover_a_weekend_without_a_price():
    days = np.arange("2023-10-02", "2024-01-27", dtype="datetime64[D]").astype(str).tolist()  # to a Friday
    known = history("A", days)
    assert covers(known, query(known, start="2023-11-01", end="2024-01-26"))
    assert not covers(known, query(known, start="2023-11-01", end="2024-01-28"))
