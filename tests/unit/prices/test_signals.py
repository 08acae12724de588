"""Symbols that are only looked at: on the sessions of the holdings, and in nobody's way."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.model.records import WarmUp
from tests.unit.prices.aligned import JANUARY, codes, dates, history, refused, table

S = (("S", "/parameters/signal"),)
PERIOD = {"start": "2024-01-01", "end": "2024-01-31"}
EVERY_DAY = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[D]").astype(str).tolist()


def test_a_signal_adds_no_session_and_no_column():
    found = table(history("A", JANUARY), history("S", EVERY_DAY), **PERIOD, signals=S)
    assert (dates(found), found.symbols, found.close.shape, codes(found)) == (JANUARY, ("A",), (len(JANUARY), 1), [])
    assert found.signal_close["S"][5] == 8.0  # Monday the 8th, the weekend's prices are passed over
    assert found.calendar.periods_per_year == 252
    assert found.provenance["S"]["sessions"] == len(EVERY_DAY)
    assert not found.signal_close["S"].flags.writeable


def test_nothing_is_looked_at_where_nothing_was_asked_for():
    assert table(history("A", JANUARY), **PERIOD).signal_close == {}


def test_a_signal_that_begins_late_delays_nothing_and_is_nan_until_then():
    found = table(history("A", JANUARY), history("S", JANUARY[4:]), **PERIOD, signals=S)
    assert (found.first, dates(found)[0], found.limited_by, codes(found)) == (0, JANUARY[0], None, [])
    assert np.isnan(found.signal_close["S"][:4]).all()
    assert found.signal_close["S"][4:6].tolist() == [1.0, 2.0]


def test_a_signal_that_ends_early_ends_the_period_by_name():
    found = table(history("A", JANUARY), history("S", JANUARY[:-4]), **PERIOD, signals=S)
    assert dates(found)[-1] == JANUARY[-5]
    assert [(w.code, w.symbol, w.pointer) for w in found.warnings] == [("END_CLIPPED", "S", "/end_date")]


def test_a_hole_in_a_signal_is_carried_and_told_at_its_place():
    found = table(history("A", JANUARY), history("S", [*JANUARY[:5], *JANUARY[8:]]), **PERIOD, signals=S)
    assert found.signal_close["S"][:10].tolist() == [1, 2, 3, 4, 5, 5, 5, 5, 6, 7]
    assert [(w.code, w.symbol, w.pointer) for w in found.warnings] == [
        ("PRICE_CARRIED_FORWARD", "S", "/parameters/signal")
    ]


def test_a_hole_in_a_signal_longer_than_allowed_is_refused_at_its_place():
    histories = history("A", JANUARY), history("S", [*JANUARY[:5], *JANUARY[8:]])
    error = refused("DATA_GAP", *histories, **PERIOD, signals=S, max_gap_sessions=2)
    assert [problem.pointer for problem in error.problems] == ["/parameters/signal"]


@pytest.mark.parametrize("days", [[], ["2023-12-28", "2023-12-29"], ["2024-02-01"]])
def test_a_signal_without_a_price_in_the_period_is_refused_at_its_place(days):
    error = refused("NO_DATA_IN_RANGE", history("A", JANUARY), history("S", days), **PERIOD, signals=S)
    assert [problem.pointer for problem in error.problems] == ["/parameters/signal"]


def test_a_signal_that_begins_after_the_period_had_to_end_is_refused():
    error = refused("INSUFFICIENT_HISTORY", history("A", JANUARY[:5]), history("S", JANUARY[8:]), **PERIOD, signals=S)
    assert [problem.pointer for problem in error.problems] == ["/parameters/signal"]


def test_a_signal_that_is_the_benchmark_is_both():
    histories = history("A", JANUARY), history("S", JANUARY[2:])
    found = table(*histories, **PERIOD, signals=S, benchmark="S")
    assert found.signal_close["S"].tolist() == found.benchmark_close[:, 0].tolist()
    assert (found.limited_by, dates(found)[found.first]) == ("S", JANUARY[2]), "as a benchmark it delays the start"


def test_the_warm_up_of_a_signal_is_there_too():
    found = table(
        history("A", JANUARY), history("S", JANUARY), start=JANUARY[15], end="2024-01-31", signals=S,
        warm_up=WarmUp(sessions=5), signal=True,
    )  # fmt: skip
    assert found.signal_close["S"].tolist() == [*range(10, 24)][: len(found.sessions)]
    assert (found.first, found.signal_close["S"][found.first]) == (6, 16.0)


def test_opens_are_not_asked_of_a_signal():
    opens = np.arange(len(JANUARY)) + 0.5
    found = table(
        history("A", JANUARY, opens=opens), history("I", JANUARY, opens=opens), history("S", JANUARY), **PERIOD,
        signals=S, benchmark="I", needs_open=True,
    )  # fmt: skip
    assert (found.open.shape, codes(found)) == ((len(JANUARY), 1), [])
    assert found.benchmark_open[:, 0].tolist() == opens.tolist()


def test_signals_change_no_number_of_the_holdings():
    alone = table(history("A", JANUARY), **PERIOD)
    watched = table(history("A", JANUARY), history("S", EVERY_DAY[9:]), **PERIOD, signals=S)
    assert watched.close.tolist() == alone.close.tolist()
    assert watched.provenance["A"] == alone.provenance["A"]
