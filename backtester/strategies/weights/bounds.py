"""Minimum and maximum weights, and weights within them in proportion to a basis."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.errors import RunWarning, invalid_parameter
from backtester.model.records import BoolArray, FloatArray

_ROUNDING = 1e-9


def check_bounds(parameters: dict[str, Any]) -> None:
    """RequestError where min_weight is above max_weight."""
    least, most = parameters["min_weight"], parameters["max_weight"]
    if least > most:
        raise invalid_parameter("/parameters/min_weight", least, f"min_weight must not be above max_weight ({most:g}).")


def bounds_of(known: BoolArray, parameters: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return the minimum and maximum weights (R, N); both 0 for a holding that is not `known` (R, N).

    A bound that the n known holdings of a row cannot satisfy together is relaxed to 1 / n.
    """
    equal = 1 / np.maximum(known.sum(axis=1, keepdims=True), 1)
    lower = np.where(known, np.minimum(parameters["min_weight"], equal), 0.0)
    upper = np.where(known, np.maximum(parameters["max_weight"], equal), 0.0)
    return lower, upper


def relaxed(known: BoolArray, parameters: dict[str, Any]) -> tuple[RunWarning, ...]:
    """Return WEIGHT_BOUNDS_RELAXED for each bound that cannot hold for the known holdings (R, N) of some row."""
    counts = known.sum(axis=1)
    counts = counts[counts > 0]
    warnings = []
    for key, broken in (
        ("min_weight", counts * parameters["min_weight"] > 1 + _ROUNDING),
        ("max_weight", counts * parameters["max_weight"] < 1 - _ROUNDING),
    ):
        if broken.any():
            few = np.unique(counts[broken]).tolist()
            span = f"{few[0]}" if len(few) == 1 else f"{few[0]} to {few[-1]}"
            detail = (
                f"{key} {parameters[key]:g} cannot hold for {span} holding{'' if few == [1] else 's'}. "
                f"Each was given the same weight at {int(broken.sum())} of {known.shape[0]} decisions."
            )
            warnings.append(RunWarning(code="WEIGHT_BOUNDS_RELAXED", detail=detail, pointer=f"/parameters/{key}"))
    return tuple(warnings)


def proportional(basis: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return w_i = clip(λ basis_i, lower_i, upper_i) with the λ of each row that makes its weights sum to 1.

    All (R, N), basis >= 0. A row whose minimum or maximum weights do not reach 1 gets those.
    """
    total = basis.sum(axis=1, keepdims=True)
    weights: FloatArray = np.divide(basis, total, out=np.zeros_like(basis), where=total > 0)
    outside = ((weights < lower) | (weights > upper) | (total <= 0)).any(axis=1)
    if outside.any():
        weights[outside] = _clipped(basis[outside], lower[outside], upper[outside])
    return weights


def _clipped(basis: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Solve for λ exactly: the sum of the clipped weights is piecewise linear in it, with two kinks a holding."""
    held = basis > 0
    kinks = np.concatenate([_ratio(lower, basis, held), _ratio(upper, basis, held)], axis=1)  # (R, 2N)
    bends = np.concatenate([basis, -basis], axis=1)
    order = np.argsort(kinks, axis=1)
    kinks, bends = np.take_along_axis(kinks, order, axis=1), np.take_along_axis(bends, order, axis=1)
    slopes = np.cumsum(bends, axis=1)  # to the right of each kink
    sums = lower.sum(axis=1, keepdims=True) + np.zeros_like(kinks)  # at each kink
    sums[:, 1:] += np.cumsum(slopes[:, :-1] * np.diff(kinks, axis=1), axis=1)
    last = np.maximum((sums < 1).sum(axis=1, keepdims=True) - 1, 0)  # the kink just below 1
    kink, slope, reached = (np.take_along_axis(values, last, axis=1) for values in (kinks, slopes, sums))
    missing = np.maximum(1 - reached, 0.0)
    rest = np.divide(missing, slope, out=np.zeros_like(missing), where=slope > 0)
    clipped: FloatArray = np.clip((kink + rest) * basis, lower, upper)
    return clipped


def _ratio(bound: FloatArray, basis: FloatArray, held: BoolArray) -> FloatArray:
    ratio: FloatArray = np.divide(bound, basis, out=np.zeros_like(basis), where=held)
    return ratio


def unmoved_first(
    basis: FloatArray, unmoved: BoolArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return basis and minimum weights (R, N) for rows in which some holdings did not move at all.

    They are without risk, so they take all that their bounds allow, in equal parts: the limit of a volatility that
    goes to 0. The others get their minimum weights, or share the rest.
    """
    alone = unmoved.any(axis=1, keepdims=True)
    enough = np.where(unmoved, upper, lower).sum(axis=1, keepdims=True) >= 1
    basis = np.where(alone & enough, unmoved, basis)
    lower = np.where(alone & ~enough & unmoved, upper, lower)
    return basis, lower
