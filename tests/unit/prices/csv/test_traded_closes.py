"""Files that tell what a share cost beside a close that is adjusted: returns come from the adjusted one."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.csv.to_history import history_of
from tests.unit.prices.csv.reading import read

T, SPLIT, EX = 300, 150, 200  # rows, of the split and of the dividend
DAYS = np.busday_offset("2018-01-01", np.arange(T), roll="forward").astype(str)
WALK = 100 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.01, T)))  # adjusted for splits and dividends
SHARE = 0.02  # of the close before the ex-date
PAID = np.where(np.arange(T) < EX, 1 / (1 - SHARE), 1.0)  # what undoes the dividend
TWO = np.where(np.arange(T) < SPLIT, 2.0, 1.0)


def history(header, *columns):
    lines = [",".join((day, *(f"{value:.8f}" for value in row))) for day, *row in zip(DAYS, *columns, strict=True)]
    return history_of("ABC", read("\n".join([f"Date,{header}", *lines])))


def events(row, value, none=0.0):
    return np.where(np.arange(T) == row, value, none)


def steps(prices):
    return prices[1:] / prices[:-1]


def codes(found):
    return [warning.code for warning in found.warnings]


@pytest.mark.parametrize("factor", [2.0, 1.5, 7.0, 0.1])
@pytest.mark.parametrize("split_told", [False, True])
def test_a_split_adjusted_close_gives_the_returns_and_the_traded_close_the_shares(factor, split_told):
    cost = WALK * np.where(np.arange(T) < SPLIT, factor, 1.0)
    more = (events(SPLIT, factor),) if split_told else ()
    header = "Open,Close,Unadjusted Close" + ",Split" * split_told
    found = history(header, WALK * 1.01, WALK, cost, *more)
    assert steps(found.close) == pytest.approx(steps(WALK), rel=1e-6)
    assert found.open / found.close == pytest.approx(np.full(T, 1.01), rel=1e-6)
    assert found.traded == pytest.approx(cost, rel=1e-6)
    assert [(row, found.split[row]) for row in np.flatnonzero(found.split != 1)] == [(SPLIT, pytest.approx(factor))]
    assert (codes(found), found.counts_adjusted_shares) == (["UNADJUSTED_PRICES"], False)


@pytest.mark.parametrize("split_told", [False, True])
def test_a_told_dividend_is_taken_into_a_close_that_lacks_it(split_told):
    close = WALK * PAID
    paid = events(EX, SHARE * close[EX - 1])
    more = (events(SPLIT, 2.0),) if split_told else ()
    found = history("Close,Unadjusted Close,Dividend" + ",Split" * split_told, close, close * TWO, paid, *more)
    assert steps(found.close) == pytest.approx(steps(WALK), rel=1e-6)
    assert found.dividend == pytest.approx(events(EX, SHARE), abs=1e-6)
    assert found.traded == pytest.approx(close * TWO, rel=1e-6)
    assert codes(found) == []


@pytest.mark.parametrize("told", [False, True])
def test_a_dividend_is_not_taken_twice_into_a_close_that_has_it(told):
    cost = WALK * PAID * TWO
    more = (events(EX, SHARE * WALK[EX - 1] / (1 - SHARE)),) if told else ()
    found = history("Close,Unadjusted Close" + ",Dividend" * told, WALK, cost, *more)
    assert steps(found.close) == pytest.approx(steps(WALK), rel=1e-6)
    assert np.flatnonzero(found.split != 1).tolist() == [SPLIT]
    assert codes(found) == []
    if told:
        assert found.dividend == pytest.approx(events(EX, SHARE), abs=1e-6)


def test_an_adjusted_close_goes_before_both():
    close = WALK * PAID
    found = history("Close,Adj Close,Unadjusted Close", close, WALK, close * TWO)
    assert steps(found.close) == pytest.approx(steps(WALK), rel=1e-6)
    assert found.traded == pytest.approx(close * TWO, rel=1e-6)
    assert codes(found) == []


@pytest.mark.parametrize("lacking", [[0], [7], [SPLIT - 1], [SPLIT], [T - 1], range(10), range(140, 150), range(1, T)])
def test_a_traded_close_that_lacks_on_some_sessions_is_in_proportion_to_the_close(lacking):
    cost = WALK * TWO
    lines = [f"{day},{close:.8f},{price:.8f}" for day, close, price in zip(DAYS, WALK, cost, strict=True)]
    for row in lacking:
        lines[row] = lines[row].rpartition(",")[0] + ","
    found = history_of("ABC", read("\n".join(["Date,Adj Close,Unadjusted Close", *lines])))
    shown = np.array([row for row in range(T) if row not in lacking])
    at = shown[np.maximum(np.searchsorted(shown, np.arange(T), side="right") - 1, 0)]
    assert found.traded == pytest.approx(WALK * TWO[at], rel=1e-6)
    assert found.close == pytest.approx(WALK, rel=1e-6)
    assert (codes(found), found.counts_adjusted_shares) == (["PRICES_REPAIRED"], False)
    assert f"on {DAYS[lacking[0]]}" in found.warnings[0].detail


@pytest.mark.parametrize("lacking", [[SPLIT], range(10), range(140, 190), range(SPLIT), range(140, T), range(1, T)])
@pytest.mark.parametrize("name", ["Close", "Adj Close"])
def test_a_told_split_among_the_sessions_without_a_traded_close_counts_once(name, lacking):
    cost = WALK * TWO
    lines = [
        f"{day},{WALK[row]:.8f},{'' if row in lacking else f'{cost[row]:.8f}'},{'2' if row == SPLIT else ''}"
        for row, day in enumerate(DAYS)
    ]
    found = history_of("ABC", read("\n".join([f"Date,{name},Unadjusted Close,Split", *lines])))
    assert found.traded == pytest.approx(cost, rel=1e-6)
    assert found.close == pytest.approx(WALK, rel=1e-6)
    assert np.flatnonzero(found.split != 1).tolist() == [SPLIT]


def test_a_column_of_traded_closes_that_is_empty_is_none():
    lines = [f"{day},{close:.8f}," for day, close in zip(DAYS, WALK, strict=True)]
    found = history_of("ABC", read("\n".join(["Date,Adj Close,Unadjusted Close", *lines])))
    assert found.counts_adjusted_shares
    assert codes(found) == []
