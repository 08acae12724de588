"""The sentences about a sweep: each of them holds for the figures beside it."""

from __future__ import annotations

import itertools

import pytest

from backtester.analysis.sweep.statement import statement

NAN = float("nan")
PLAIN = {"runs": 40, "profitable": 40, "distinct": 38, "trials": 38, "deflated": 0.6, "pbo": 0.5, "by_sharpe": True}


def said(**changed: float) -> str:
    return statement(**{**PLAIN, **changed})


def test_a_choice_without_information_says_so_and_that_all_made_money():
    assert said() == (
        "The choice among these settings carried no information (PBO 0.5), though all of them made money. "
        "The Sharpe ratio of the best may be the luck of 38 trials (deflated Sharpe ratio 0.6)."
    )


@pytest.mark.parametrize("pbo", [0.0, 0.2, 0.5, 0.9, NAN])
def test_a_best_by_another_metric_is_not_the_choice_that_was_tested(pbo):
    """PBO chooses by Sharpe ratio whatever the settings are ranked by."""
    assert "choice by Sharpe ratio among these settings" in said(pbo=pbo, by_sharpe=False)
    assert "by Sharpe ratio" not in said(pbo=pbo)


@pytest.mark.parametrize(
    ("pbo", "words"),
    [(0.0, "held on sessions that had no part"), (0.2, "often wrong"), (0.4, "no information"), (0.7, "misled")],
)
def test_the_words_follow_the_probability(pbo, words):
    assert words in said(pbo=pbo)
    assert f"(PBO {pbo:.2g})" in said(pbo=pbo)


@pytest.mark.parametrize(
    ("profitable", "words"),
    [(40, "though all of them made money"), (0, "and none of them made money"), (30, "and 30 of 40 made money")],
)
def test_money_is_a_matter_of_its_own(profitable, words):
    assert words in said(profitable=profitable)


@pytest.mark.parametrize(
    ("deflated", "words"),
    [(0.97, "more than the luck of 38"), (0.9, "may be the luck"), (0.2, "no more than the best of 38")],
)
def test_the_best_is_measured_against_luck(deflated, words):
    assert words in said(deflated=deflated)


def test_where_nothing_was_chosen_no_figure_is_given():
    assert said(distinct=1, runs=1, profitable=1, trials=1) == "There was one setting: nothing was chosen."
    assert said(distinct=1, trials=1) == (
        "All settings gave the same returns: there was nothing to choose. All of them made money."
    )
    assert said(distinct=0, runs=0, profitable=0) == "Every setting failed."


@pytest.mark.parametrize(
    ("distinct", "pbo", "deflated", "profitable"),
    list(itertools.product([0, 1, 2, 38], [NAN, 0.0, 0.05, 0.3, 0.5, 1.0], [NAN, 0.0, 0.7, 1.0], [0, 3, 40])),
)
def test_every_case_is_sentences(distinct, pbo, deflated, profitable):
    text = said(distinct=distinct, pbo=pbo, deflated=deflated, profitable=profitable)
    assert text[0].isupper()
    assert text.endswith(".")
    assert ".." not in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("value", "shown"), [(0.9981, "above 0.99"), (1.0, "1"), (0.99, "0.99"), (0.0031, "below 0.01"), (0.0, "0")]
)
def test_a_probability_never_rounds_to_certainty(value, shown):
    assert f"(deflated Sharpe ratio {shown})" in said(deflated=value)
    assert f"(PBO {shown})" in said(pbo=value)
