"""Dividends in the table, as shares of the close before: whose, where, and when they are refused."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.checks.coverage import covers
from backtester.prices.table.dividends import dividend_table
from tests.unit.prices.aligned import JANUARY, codes, history, query, refused, table

PERIOD = {"start": "2024-01-01", "end": "2024-01-31"}


def paying(**shares: float) -> np.ndarray:
    paid = np.zeros(len(JANUARY))
    for row, share in shares.items():
        paid[int(row[1:])] = share
    return paid


def test_dividends_stand_in_the_row_of_their_ex_date_and_nowhere_else():
    a, b = history("A", JANUARY, dividend=paying(r3=0.01)), history("B", JANUARY, dividend=paying(r7=0.02, r9=0.005))
    found = table(a, b, **PERIOD, needs_dividends=True)
    assert found.dividend.shape == found.close.shape
    assert {(*at, found.dividend[tuple(at)]) for at in np.argwhere(found.dividend).tolist()} == {
        (3, 0, 0.01), (7, 1, 0.02), (9, 1, 0.005),
    }  # fmt: skip
    assert not found.dividend.flags.writeable


def test_dividends_are_left_out_where_nobody_asks_for_them():
    assert table(history("A", JANUARY, dividend=paying(r3=0.01)), **PERIOD).dividend is None


def test_the_rows_count_from_the_warm_up_and_end_with_the_period():
    held = history("A", JANUARY, dividend=paying(r3=0.01, r12=0.02, r20=0.03))
    found = table(held, start=JANUARY[10], end=JANUARY[15], needs_dividends=True)
    assert np.flatnonzero(found.dividend).tolist() == [2]


def test_a_source_without_dividends_is_an_error_that_says_what_to_do():
    error = refused("NO_DATA_IN_RANGE", history("A", JANUARY), **PERIOD, needs_dividends=True)
    assert [problem.pointer for problem in error.problems] == ["/execution/dividends"]
    assert error.detail == "A has no dividends in the source inline."
    assert (error.remedy, error.problems[0].suggestion) == ("Use `execution.dividends` `reinvest`.", "reinvest")


def test_neither_the_benchmark_nor_a_signal_needs_dividends():
    found = table(
        history("A", JANUARY, dividend=paying(r3=0.01)), history("I", JANUARY), history("S", JANUARY), **PERIOD,
        benchmark="I", signals=(("S", "/parameters/signal"),), needs_dividends=True,
    )  # fmt: skip
    assert (found.dividend.shape, codes(found)) == ((len(JANUARY), 1), [])


def test_a_dividend_on_a_day_that_is_no_session_counts_on_the_next():
    sessions = np.array(["2024-01-02", "2024-01-04", "2024-01-05"], dtype="datetime64[D]")
    days = ["2023-12-28", "2023-12-29", "2024-01-03", "2024-01-04", "2024-01-08"]
    found = dividend_table([history("A", days, dividend=[0, 0.5, 0.01, 0.02, 0.25])], sessions)
    assert found[:, 0].tolist() == pytest.approx([0, 0.03, 0])


def test_a_dividend_on_the_day_a_history_begins_is_nobody_s():
    sessions = np.array(JANUARY, dtype="datetime64[D]")
    found = dividend_table([history("A", JANUARY[2:], dividend=paying(r0=0.1, r4=0.2)[:-2])], sessions)
    assert np.flatnonzero(found).tolist() == [6]


def test_the_digest_knows_dividends_only_where_they_are_used():
    def digest(share: float, **parts) -> str:
        held = history("A", JANUARY, dividend=paying(r3=share))
        return table(held, **PERIOD, **parts).provenance["A"]["digest"]

    assert digest(0.01) == digest(0.02)
    used = {digest(share, needs_dividends=True) for share in (0.01, 0.02)}
    assert len(used | {digest(0.01)}) == 3


def test_what_lacks_dividends_covers_no_query_that_needs_them_of_it():
    known, unknown = history("A", JANUARY, dividend=paying()), history("A", JANUARY)
    asking = query(unknown, **PERIOD, needs_dividends=True)
    assert (covers(known, asking), covers(unknown, asking)) == (True, False)
    assert covers(unknown, query(unknown, **PERIOD))
    assert covers(history("I", JANUARY), query(known, **PERIOD, benchmark="I", needs_dividends=True))
