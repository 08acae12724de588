"""Equality of computed numbers, ranks by groups, and the choice of the highest, against a plain reading of the rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtester.model.ties import above, at_most, equal, highest, ranks
from backtester.strategies.weights.indicators import distance


def same(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-12 * max(1.0, abs(a), abs(b)) < math.inf


def ranked(scores: list[float]) -> list[float]:
    """Give the ranks of a row as the rule reads: groups from the highest, in a group the earlier first."""
    left = [n for n, score in enumerate(scores) if not math.isnan(score)]
    places = [math.nan] * len(scores)
    place = 0
    while left:
        first = max(scores[n] for n in left)
        for n in [n for n in left if same(scores[n], first)]:
            place += 1
            places[n] = place
            left.remove(n)
    return places


def row(*values: float) -> np.ndarray:
    return np.array([values])


NEAR = 4e-13
SCORES = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 0.1, 0.1 + NEAR, 0.1 + 2 * NEAR, 0.1 + 3 * NEAR, 0.1 + 5 * NEAR, 0.3, -0.2, -0.2 - NEAR]
    ),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e6, 1e6 + 5e-7, 1e6 + 2e-6]),
    st.floats(-2, 2),
)


@given(st.lists(SCORES, min_size=1, max_size=9), st.integers(1, 10))
def test_ranks_and_the_highest_are_those_of_the_rule(scores, count):
    wanted = ranked(scores)
    np.testing.assert_array_equal(ranks(row(*scores))[0], wanted)
    assert highest(row(*scores), count)[0].tolist() == [place <= count for place in wanted]


def test_what_equals_the_first_of_a_group_belongs_to_it_and_no_more():
    # 0.1 + 1e-12 is the first; 0.1 + 4e-13 belongs to it, 0.1 - 1e-13 does not, and begins the next
    scores = row(0.1 - 1e-13, 0.1 + 4e-13, 0.1 + 1e-12)
    assert ranks(scores).tolist() == [[3, 1, 2]]


@pytest.mark.parametrize("other", [0.0, 0.5, -0.5, 1.0, 1e6])
def test_above_is_not_decided_by_rounding(other):
    size = max(1.0, abs(other))
    for noise in (0.0, 1e-16, 9e-13, -9e-13):
        assert not above(row(other + noise * size), other)
        assert at_most(row(other + noise * size), other)
        assert equal(row(other + noise * size), other)
    assert above(row(other + 2e-12 * size), other)
    assert not above(row(other - 2e-12 * size), other)
    assert not at_most(row(other + 2e-12 * size), other)


def test_prices_are_compared_by_their_own_size():
    for size in (1e-9, 1.0, 1e9):
        average = row(size)
        assert distance(row(size * (1 + 9e-13)), average) == 0
        assert distance(row(size * (1 - 9e-13)), average) == 0
        assert distance(row(size * (1 + 2e-12)), average) > 0


def test_nothing_is_said_of_what_is_unknown():
    for compare in (equal, above, at_most):
        assert not compare(row(math.nan), 0.0)
        assert not compare(row(0.0), math.nan)


def test_infinite_scores_equal_each_other_alone():
    assert ranks(row(5.0, math.inf, -math.inf, math.inf, math.nan)).tolist()[0][:4] == [3, 1, 4, 2]
    assert not equal(row(math.inf), 5.0)
    assert above(row(math.inf), 1e300)


def test_a_row_with_a_near_tie_changes_no_other():
    scores = np.array([[0.3, 0.1, 0.2], [0.1, 0.1 + 1e-15, 0.0], [0.0, 0.2, 0.1]])
    assert ranks(scores).tolist() == [[1, 3, 2], [1, 2, 3], [3, 1, 2]]
    assert highest(scores, 1).tolist() == [[True, False, False], [True, False, False], [False, True, False]]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("holdings", [4, 40, 200])
def test_the_highest_of_many_are_those_of_the_first_ranks(holdings, count):
    random = np.random.default_rng(holdings + count)
    for _ in range(20):
        scores = random.normal(0, 1, 40)[random.integers(0, 40, (30, holdings))]
        scores += random.choice([0.0, 1e-14], scores.shape)
        for special in (np.nan, np.inf, -np.inf):
            scores[random.random(scores.shape) < random.choice([0.0, 0.05, 0.98])] = special
        assert (highest(scores, count) == (ranks(scores) <= count)).all()
