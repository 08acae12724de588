"""Ranking and weighting."""

from __future__ import annotations

import numpy as np

from backtester.strategies.weights.ranking import inverse_of, scale_to_one, top_ranked


def test_the_highest_scores_are_marked():
    scores = np.array([[0.1, 0.3, 0.2], [-1.0, -2.0, -3.0]])
    assert top_ranked(scores, 2).tolist() == [[False, True, True], [True, True, False]]


def test_ties_go_to_the_earlier_holding():
    assert top_ranked(np.array([[1.0, 2.0, 2.0, 2.0, 0.0]]), 2).tolist() == [[False, True, True, False, False]]
    assert top_ranked(np.zeros((1, 40)), 3)[0].nonzero()[0].tolist() == [0, 1, 2]


def test_zero_and_minus_zero_tie():
    assert top_ranked(np.array([[-0.0, 0.0]]), 1).tolist() == [[True, False]]


def test_more_than_there_are_marks_all():
    assert top_ranked(np.array([[1.0, 2.0]]), 9).all()


def test_rows_are_scaled_to_one():
    assert scale_to_one(np.array([[1.0, 3.0], [0.0, 5.0]])).tolist() == [[0.25, 0.75], [0.0, 1.0]]


def test_a_row_of_zeros_stays_one():
    assert scale_to_one(np.zeros((1, 2))).tolist() == [[0.0, 0.0]]


def test_the_inverse_is_one_over_the_deviation():
    assert inverse_of(np.array([[0.01, 0.02]]), np.array([[True, True]])).tolist() == [[100.0, 50.0]]


def test_what_is_not_chosen_weighs_nothing():
    assert inverse_of(np.array([[0.01, 0.02]]), np.array([[False, True]])).tolist() == [[0.0, 50.0]]


def test_chosen_holdings_that_never_moved_share_it_all():
    found = inverse_of(np.array([[0.0, 0.01, 0.0]]), np.array([[True, True, True]]))
    assert scale_to_one(found).tolist() == [[0.5, 0.0, 0.5]]


def test_a_holding_that_never_moved_and_is_not_chosen_counts_for_nothing():
    assert scale_to_one(inverse_of(np.array([[0.0, 0.01]]), np.array([[False, True]]))).tolist() == [[0.0, 1.0]]
