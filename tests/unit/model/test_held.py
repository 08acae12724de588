"""Amounts in as few places as are used: the same as in a matrix."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.model.held import ascending, changes, in_places

WIDTHS = [0, 1, 3, 12, 40]


def matrix(width: int, events: int = 30, count: int = 100) -> np.ndarray:
    """Return amounts (E, N), at most `width` in an event; some events hold nothing."""
    random = np.random.default_rng(width)
    found = np.zeros((events, count))
    for row in found[::2]:
        row[random.permutation(count)[: random.integers(0, width + 1)]] = random.uniform(1, 2)
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_the_matrix_comes_back(width):
    amounts = matrix(width)
    held = in_places(amounts)
    assert (held.holdings is None) == (width == 40)
    assert (held.matrix() == amounts).all()
    assert (held.last() == amounts[-1]).all()
    assert (held.of(np.array([4, 4, 0])).matrix() == amounts[[4, 4, 0]]).all()


def test_of_few_holdings_each_has_its_place():
    amounts = matrix(1, count=64)
    assert in_places(amounts).amounts is amounts


def test_of_no_event_nothing_is_held():
    assert in_places(np.zeros((0, 90))).last().tolist() == [0.0] * 90


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_picked_and_summed_by_holding_is_that_of_the_matrix(width):
    amounts = matrix(width)
    held, values = in_places(amounts), np.random.default_rng(1).uniform(1, 2, (40, 100))
    rows = np.arange(30) + 10
    picked = held.by_holding(held.pick(values, rows) * held.amounts, np.arange(30))
    assert picked.tolist() == pytest.approx((values[rows] * amounts).sum(axis=0).tolist(), rel=1e-14)


@pytest.mark.parametrize("width", [0, 1, 3, 12])
def test_changes_are_the_differences_of_the_rows(width):
    amounts = matrix(width)
    found = changes(held := in_places(amounts), held.amounts[:-1])
    moved = np.zeros_like(amounts)
    moved[found.event, found.holding] = found.after - found.before
    assert (moved == np.diff(amounts, axis=0, prepend=np.zeros((1, 100)))).all()
    assert (np.diff(found.event * 100 + found.holding) > 0).all()
    before, after = found.rows(30)
    assert after.sum(axis=1).tolist() == pytest.approx(amounts.sum(axis=1).tolist())
    assert before[1:].sum(axis=1).tolist() == pytest.approx(amounts[:-1].sum(axis=1).tolist())


def test_ascending_values_are_there_once():
    assert ascending(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]
    assert ascending(np.array([], dtype=np.intp)).tolist() == []
