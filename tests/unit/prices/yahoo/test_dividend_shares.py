"""The share a dividend is of the close before, from Yahoo's events and Yahoo's adjustment."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.yahoo.dividend_shares import dividend_shares

RAW = [100.0, 102.0, 99.0, 101.0, 100.0, 98.0]


def shares(paid: dict[int, float], *, raw=RAW, adjusted_for: dict[int, float] | None = None, single=False) -> list:
    """Adjust as Yahoo does, for `adjusted_for` (else for what was paid), and tell the shares."""
    raw, usable = np.array(raw), ~np.isnan(np.array(raw))
    factor = np.ones(raw.size)
    for row, money in (paid if adjusted_for is None else adjusted_for).items():
        before = np.flatnonzero(usable[:row])
        if before.size:
            factor[:row] *= 1 - money / raw[before[-1]]
    adjusted = raw * factor
    if single:
        raw, adjusted = (values.astype(np.float32).astype(np.float64) for values in (raw, adjusted))
    money = np.zeros(raw.size)
    for row, amount in paid.items():
        money[row] = amount
    return dividend_shares(raw, adjusted, money, usable).tolist()


def test_a_dividend_is_the_share_of_the_traded_close_before():
    assert shares({2: 2.04, 4: 1.01}) == [0, 0, 2.04 / 102, 0, 1.01 / 101, 0]


def test_single_precision_leaves_the_event_s_own_number():
    assert shares({2: 0.0051}, single=True)[2] == 0.0051 / 102


def test_what_was_paid_where_there_is_no_price_counts_on_the_next_session():
    raw = [100.0, 102.0, np.nan, np.nan, 100.0, 98.0]
    assert shares({2: 1.02}, raw=raw)[4] == pytest.approx(0.01)
    assert shares({2: 1.02, 3: 0.51}, raw=raw)[4] == pytest.approx(0.015, rel=0.01)
    assert sum(shares({2: 1.02}, raw=raw)) == pytest.approx(0.01)


def test_what_was_paid_before_the_first_price_or_after_the_last_is_nobody_s():
    assert shares({0: 5.0}) == [0] * 6
    assert shares({5: 5.0}, raw=[*RAW[:5], np.nan]) == [0] * 6


@pytest.mark.parametrize("told", [0.0204, 204.0, 4.08], ids=["pounds for pence", "pence for pounds", "counted twice"])
def test_where_events_and_adjustment_disagree_the_adjustment_counts(told):
    assert shares({2: told}, adjusted_for={2: 2.04})[2] == pytest.approx(0.02)


def test_what_the_adjustment_does_not_know_yet_is_not_paid():
    assert shares({2: 2.04}, adjusted_for={}) == [0] * 6
