"""The money-weighted return where several rates solve it, one, or none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.metrics.money_weighted import MULTIPLE, NONE, _log_rates, money_weighted_return

YEARS = np.array(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], dtype="datetime64[D]")


def rates(*growths: float, scale: float = 100.0) -> list[float]:
    """Return the rates found for payments a year apart whose equation has these roots."""
    amounts = np.poly(growths) * scale
    return [math.expm1(x) for x in _log_rates(amounts, np.arange(len(growths), -1.0, -1.0))]


@pytest.mark.parametrize(
    "growths",
    [(1.1, 1.2), (0.5, 1.1, 1.2), (1.0, 1.2), (0.01, 30.0), (1.1,), (0.9, 1.0, 1.1, 1.2), (1.1, 1.1001), (1e-6, 1e6)],
)
def test_every_root_is_found(growths):
    assert rates(*growths) == pytest.approx([g - 1 for g in sorted(growths)], abs=1e-7)


def test_a_rate_that_only_touches_is_one():
    assert rates(1.1, 1.1) == pytest.approx([0.1], abs=1e-6)


def test_there_may_be_none():
    assert _log_rates(np.array([100.0, -230.0, 133.0]), np.array([2.0, 1.0, 0.0])) == []


def flowing(*flows: float, end: float) -> float:
    return money_weighted_return(np.array([100.0, 1.0, 1.0, end]), 100.0, YEARS, np.array([0.0, *flows]))


def test_of_two_solutions_neither_is_given():
    # 100, -230 a year later, 132 two years later, and nothing at the end
    assert flowing(-230.0, 132.0, 0.0, end=0.0) == MULTIPLE
    assert flowing(-230.0, 133.5, 0.0, end=0.0) == NONE


def test_one_change_of_sign_has_one_solution():
    x = flowing(50.0, 50.0, -20.0, end=250.0)
    days = (YEARS[-1] - YEARS).astype(float)
    paid = np.array([100.0, 50.0, 50.0, -20.0])
    assert float((paid * (1 + x) ** (days / 365.25)).sum()) == pytest.approx(250.0, rel=1e-12)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([-300.0, -100.0, -20.0, 0.0, 20.0, 100.0, 300.0]), min_size=3, max_size=12),
    st.floats(0.01, 2000.0),
)
def test_the_number_of_solutions_is_that_of_the_changes_of_sign_on_a_fine_grid(flows, end):
    years = np.arange(len(flows) + 1, -1.0, -1.0)
    amounts = np.array([100.0, *flows, -end])
    found = _log_rates(amounts, years)
    grid = np.linspace(-7, 7, 200_001)
    values = (amounts[:, None] * np.exp(np.outer(years - years[0] / 2, grid))).sum(axis=0)
    crossings = int((np.diff(np.sign(values)) != 0).sum())
    inside = [x for x in found if abs(x) < 6.99]
    assert len(inside) >= crossings  # a pair nearer than the grid's step may be between two points
    for x in inside:
        at = float((amounts * np.exp(years * x)).sum())
        assert abs(at) <= 1e-6 * float((np.abs(amounts) * np.exp(years * x)).sum())
