"""Where a function crosses zero, in few calls."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from backtester.analysis.statistics.roots import crossing


class Counted:
    def __init__(self, function: Callable[[float], float]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, x: float) -> float:
        self.calls += 1
        return self.function(x)


@pytest.mark.parametrize(
    ("function", "root"),
    [
        (lambda x: 25 * math.exp(-x / 150) - 7, 150 * math.log(25 / 7)),
        (lambda x: 2490 * math.exp(-x / 15) - 7, 15 * math.log(2490 / 7)),  # a momentum run over bps of commission
        (lambda x: 1.02 - 0.0001 * x - 1, 200),
        (lambda x: 1 - x**3 / 1e6, 100),
    ],
)
def test_is_found_in_few_calls(function, root):
    counted = Counted(function)
    assert crossing(counted, 0, 1000) == pytest.approx(root, abs=2e-9)
    assert counted.calls <= 16


@pytest.mark.parametrize("function", [lambda x: -1.0, lambda x: 1.0 + x, lambda x: math.nan])
def test_none_is_found_where_the_sign_does_not_change(function):
    assert math.isnan(crossing(function, 0, 1000))


@pytest.mark.parametrize("root", [0.0, 1000.0])
def test_an_end_may_be_it(root):
    assert crossing(lambda x: root - x, 0, 1000) == root


def test_a_jump_is_found_too():
    """With whole shares growth falls in steps."""
    counted = Counted(lambda x: 1.0 if x < 33.3 else -1.0)
    assert crossing(counted, 0, 1000) == pytest.approx(33.3, abs=2e-9)
    assert counted.calls <= 45
