"""Periods that begin with the first holding that has prices, and holdings that enter later."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.prices.aligned import JANUARY, codes, dates, history, refused, table

PERIOD = {"start": "2024-01-01", "end": "2024-01-31"}


def test_the_period_begins_with_the_first_holding_and_the_other_enters_by_name():
    found = table(history("A", JANUARY), history("B", JANUARY[5:]), **PERIOD, partial_history=True)
    assert (found.first, dates(found)[0], found.limited_by, found.partial_history) == (0, JANUARY[0], None, True)
    assert np.isnan(found.close[:, 1]).tolist() == [True] * 5 + [False] * (len(JANUARY) - 5)
    [warning] = found.warnings
    assert (warning.code, warning.symbol, warning.pointer) == ("HOLDING_ENTERS_LATE", "B", "/holdings/1/symbol")
    assert JANUARY[5] in warning.detail


@pytest.mark.parametrize("start", ["2023-12-30", *JANUARY[:3]])
def test_a_holding_that_enters_later_delays_nothing_wherever_it_stands(start):
    late, early = JANUARY[12:], JANUARY
    orders = [[("A", late), ("B", early)], [("B", early), ("A", late)]]
    for order in orders:
        histories = [history(symbol, days) for symbol, days in order]
        found = table(*histories, start=start, end="2024-01-31", partial_history=True)
        assert (dates(found)[found.first], found.limited_by) == (max(start, JANUARY[0]), None)
        assert codes(found) == ["HOLDING_ENTERS_LATE"]


def test_without_leave_the_period_waits_as_ever():
    found = table(history("A", JANUARY), history("B", JANUARY[5:]), **PERIOD)
    assert (dates(found)[0], found.limited_by, found.partial_history) == (JANUARY[5], "B", False)
    assert codes(found) == ["START_DELAYED"]


def test_a_holding_that_begins_on_the_first_session_is_not_late():
    found = table(
        history("A", JANUARY[5:]), history("B", JANUARY), start=JANUARY[5], end="2024-01-31", partial_history=True
    )
    assert (found.first, found.partial_history, codes(found)) == (0, False, [])


def test_holdings_that_all_have_prices_make_the_same_table_with_leave_and_without():
    histories = history("A", JANUARY), history("B", JANUARY)
    with_leave = table(*histories, **PERIOD, partial_history=True)
    without = table(*histories, **PERIOD)
    assert not with_leave.partial_history
    assert with_leave.close.tolist() == without.close.tolist()
    assert (with_leave.provenance, codes(with_leave)) == (without.provenance, [])


def test_a_start_before_even_the_first_holding_is_delayed_by_it():
    found = table(
        history("A", JANUARY[8:]), history("B", JANUARY[5:]), start="2023-12-29", end="2024-01-31", partial_history=True
    )
    assert (dates(found)[found.first], found.limited_by) == (JANUARY[5], "B")
    assert codes(found) == ["START_DELAYED", "HOLDING_ENTERS_LATE"]


def test_a_benchmark_that_begins_later_delays_the_start():
    found = table(
        history("A", JANUARY), history("B", JANUARY[9:]), history("I", JANUARY[4:]), **PERIOD, benchmark="I",
        partial_history=True,
    )  # fmt: skip
    assert (dates(found)[found.first], found.limited_by) == (JANUARY[4], "I")
    assert codes(found) == ["START_DELAYED", "HOLDING_ENTERS_LATE"]
    assert not np.isnan(found.benchmark_close[found.first :]).any()


def test_a_holding_with_a_hole_at_the_start_is_carried_and_not_late():
    histories = history("A", JANUARY), history("B", [*JANUARY[:3], *JANUARY[5:]])
    found = table(*histories, start=JANUARY[3], end="2024-01-31", partial_history=True)
    assert dates(found)[found.first] == JANUARY[3]
    assert (found.close[0].tolist(), found.partial_history) == ([4.0, 3.0], False)
    assert codes(found) == ["PRICE_CARRIED_FORWARD"]


def test_opens_are_nan_as_long_as_closes_are():
    opens = np.arange(len(JANUARY)) + 0.5
    found = table(
        history("A", JANUARY, opens=opens), history("B", JANUARY[5:], opens=opens[:-5]), **PERIOD, partial_history=True,
        needs_open=True,
    )  # fmt: skip
    assert np.isnan(found.open).tolist() == np.isnan(found.close).tolist()
    assert (found.open[5, 1], codes(found)) == (0.5, ["HOLDING_ENTERS_LATE"])


@pytest.mark.parametrize("days", [[], ["2024-02-01"]])
def test_a_holding_without_a_price_in_the_period_is_still_refused(days):
    error = refused("NO_DATA_IN_RANGE", history("A", JANUARY), history("B", days), **PERIOD, partial_history=True)
    assert [problem.pointer for problem in error.problems] == ["/holdings/1/symbol"]


def test_a_holding_that_would_enter_after_another_ended_the_period_is_refused():
    error = refused(
        "INSUFFICIENT_HISTORY", history("A", JANUARY[:5]), history("B", JANUARY[7:]), **PERIOD, partial_history=True
    )
    assert [problem.pointer for problem in error.problems] == ["/holdings/1/symbol"]
    assert f"A has none after {JANUARY[4]}" in error.detail


def test_a_decision_does_not_know_of_a_history_that_begins_on_the_next_session():
    from backtester import run

    days = [f"2024-01-{day:02d}" for day in (8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22)]
    late = [None] * 5 + [50.0] * 6
    asked = {
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 0.6}, {"symbol": "B", "allocation": 0.4}],
        "start_date": days[0], "end_date": days[-1], "parameters": {"rebalance_frequency": "weekly"},
        "data": {
            "source": "inline", "partial_history": True,
            "prices": {"dates": days, "close": {"A": [100.0] * 11, "B": late}},
        },
    }  # fmt: skip
    weights = run(asked)["weights"]
    of_b = dict(zip(weights["dates"], weights["symbols"]["B"], strict=True))
    assert of_b["2024-01-15"] == 0  # decided on Friday, before B had a price
    assert of_b["2024-01-16"] == 0.4  # decided on its first close


def test_a_holding_that_begins_just_before_the_period_is_ranked_when_its_look_back_is_complete():
    from backtester import run

    days = [f"2024-01-{day:02d}" for day in range(1, 32)]
    a, b = [100.0 + day for day in range(31)], [None] * 9 + [50.0 * 1.05**day for day in range(22)]
    asked = {
        "strategy": "momentum", "holdings": [{"symbol": "A", "allocation": 0.5}, {"symbol": "B", "allocation": 0.5}],
        "start_date": days[12], "end_date": days[-1],
        "parameters": {"rebalance_frequency": "daily", "lookback_period": 8, "top_n": 1},
        "data": {
            "source": "inline", "partial_history": True, "prices": {"dates": days, "close": {"A": a, "B": b}},
        },
    }  # fmt: skip
    result = run(asked)
    of_b = dict(zip(result["weights"]["decided"], result["weights"]["symbols"]["B"], strict=True))
    assert of_b["2024-01-17"] == 0  # seven returns: it cannot be ranked yet
    assert of_b["2024-01-18"] == 1
    assert "WARM_UP_INCOMPLETE" not in [warning["code"] for warning in result["warnings"]]
