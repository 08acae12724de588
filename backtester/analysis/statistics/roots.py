"""Where a function crosses zero, in as few calls as possible: each call is a backtest."""

from __future__ import annotations

import math
from collections.abc import Callable

NAN = float("nan")
_MOST_CALLS = 100


def crossing(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-9) -> float:
    """Return x in [low, high] where a function changes its sign, to a tolerance; NaN where both ends have the same.

    Inverse quadratic interpolation where it is safe, else bisection: Chandrupatla (1997). It also ends at a jump, on
    one of its sides.
    """
    a, b = high, low
    at_a, at_b = function(high), function(low)
    if at_a == 0 or at_b == 0:
        return a if at_a == 0 else b
    if not at_a * at_b < 0:
        return NAN
    share = 0.5  # of the way from a to b
    for _ in range(_MOST_CALLS):
        x = a + share * (b - a)
        at_x = function(x)
        if math.copysign(1, at_x) == math.copysign(1, at_a):
            c, at_c, a, at_a = a, at_a, x, at_x
        else:
            c, at_c, b, at_b, a, at_a = b, at_b, a, at_a, x, at_x
        nearest, at_nearest = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        least = (tolerance + 4e-16 * abs(nearest)) / abs(b - a)
        if at_nearest == 0 or least > 0.5:
            return nearest
        share = min(max(_step(a, at_a, b, at_b, c, at_c), least), 1 - least)
    return nearest


def _step(a: float, at_a: float, b: float, at_b: float, c: float, at_c: float) -> float:
    """Return the share of the way from a to b at which to look next."""
    xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (phi**2 < xi and (1 - phi) ** 2 < 1 - xi):
        return 0.5
    return at_a / (at_b - at_a) * at_c / (at_b - at_c) + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
