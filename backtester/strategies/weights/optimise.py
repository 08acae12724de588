"""The two convex programs of the risk-based strategies, solved with Clarabel and then polished and proven.

Clarabel is an interior-point solver: it ends near the optimum, a hair inside every bound. From there a few exact steps
in numpy (Newton's for equal risk, those of the active-set method for the least variance) take the answer to rounding,
and weights that belong on a bound exactly there. The result has passed a test of optimality that does not rely on
the solver; a result that fails it raises InternalError.

Clarabel is an extra (`pip install '.[optimise]'`), imported only where a program is solved.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from backtester.model.errors import InternalError, not_installed
from backtester.model.records import BoolArray, FloatArray
from backtester.strategies.decisions.history import History
from backtester.strategies.weights.windows import deviations

# of the solver, for problems scaled to 1: close enough for the polish
_TOLERANCE_VARIANCE, _TOLERANCE_EQUAL_RISK = 1e-12, 1e-8
_SINGULAR = 1e-10  # of the mean variance: a smaller variance of a mix counts as 0
_RIDGE = 1e-8  # of the mean variance, added to a covariance that is singular
_HEDGED = 1e-5  # of each variance, added where holdings hedge each other without remainder
_AT_BOUND, _AT_BOUND_SINGULAR = 1e-9, 1e-6  # a weight this near a bound is on it
_OPTIMAL, _OPTIMAL_SINGULAR = 1e-9, 1e-7  # how much variance, relatively, may be left to gain
_NEWTON_STEPS = 200
_RUNAWAY = 1e6  # where an optimum lies near 1
_EQUAL = 1e-8  # how far, relatively, a contribution may be from the mean


def require(pointer: str) -> None:
    """InternalError ENVIRONMENT where the solver is not installed; `pointer` names the parameter that needs it."""
    if importlib.util.find_spec("clarabel") is None:
        raise not_installed("clarabel", pointer=pointer)


def covariance(returns: FloatArray) -> FloatArray:
    """Return the sample covariance (n, n), ddof 1, of daily returns (window, n)."""
    centred = np.ascontiguousarray(returns - returns.mean(axis=0))
    result: FloatArray = centred.T @ centred / (returns.shape[0] - 1)
    return result


def least_variance(returns: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the weights (n,) with the least w'Σw, Σ w = 1, lower <= w <= upper (n,). returns: (window, n).

    Where several mixes share it (Σ is singular), the one nearest to equal weights: 1e-8 of the mean variance is
    added to each variance.
    """
    sigma = covariance(returns)
    scale = np.trace(sigma) / len(sigma)
    if scale <= 0:
        sigma, scale = np.eye(len(sigma)), 1.0  # no price moved: every mix is optimal
    sigma /= scale
    singular = _is_singular(sigma)
    if singular:
        sigma[np.diag_indices_from(sigma)] += _RIDGE
    weights = _solve_variance(sigma, lower, upper)
    near = _AT_BOUND_SINGULAR if singular else _AT_BOUND
    weights = _on_bounds(sigma, weights, lower, upper, near)
    for candidate in (_without_dust(weights, lower, upper), weights) if singular else (weights,):
        gradient = sigma @ candidate
        left = gradient @ (candidate - _cheapest(gradient, lower, upper))
        enough = _OPTIMAL_SINGULAR if singular else _OPTIMAL * (gradient @ candidate)
        if left <= enough and abs(candidate.sum() - 1) <= _AT_BOUND:
            return candidate
    raise InternalError("INTERNAL", "The solver did not find the least variance.")


def _is_singular(sigma: FloatArray) -> bool:
    try:
        np.linalg.cholesky(sigma - _SINGULAR * np.eye(len(sigma)))
    except np.linalg.LinAlgError:
        return True
    return False


def _solve_variance(sigma: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Minimise ½ w'Σw subject to Σ w = 1 and the bounds, to about 1e-9."""
    import clarabel

    n = len(sigma)
    rows, limits = [np.ones((1, n)), -np.eye(n)], [np.ones(1), -lower]
    if (upper < 1).any():
        rows.append(np.eye(n))
        limits.append(upper)
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(n * (len(rows) - 1))]
    program = np.triu(sigma), np.zeros(n), np.vstack(rows), np.concatenate(limits)
    solution = _solve(*program, cones, _TOLERANCE_VARIANCE)
    return np.clip(solution, lower, upper)


def _on_bounds(sigma: FloatArray, weights: FloatArray, lower: FloatArray, upper: FloatArray, near: float) -> FloatArray:
    """Put the weights that are `near` a bound on it, and solve for the others exactly: the active-set method.

    It starts from the solver's result, so it takes few steps: a free weight that would leave its bounds stays on the
    one it meets, a weight on the wrong bound is set free.
    """
    weights = np.where(weights - lower <= near, lower, np.where(upper - weights <= near, upper, weights))
    free = (weights > lower) & (weights < upper)
    for _ in range(10 + 4 * len(weights)):
        step, level = _towards_best(sigma, weights, free)
        room = np.where(step < 0, lower - weights, upper - weights)
        shares = np.divide(room, step, out=np.full_like(step, np.inf), where=free & (step != 0))
        first = int(np.argmin(shares))
        if shares[first] < 1:
            weights = np.clip(weights + max(shares[first], 0.0) * step, lower, upper)
            weights[first] = lower[first] if step[first] < 0 else upper[first]
            free[first] = False
            continue
        weights = np.clip(weights + step, lower, upper)
        gain = np.where(weights <= lower, level - sigma @ weights, sigma @ weights - level)
        gain[free | (lower == upper)] = 0.0
        worst = int(np.argmax(gain))
        if gain[worst] <= 1e-14:
            break
        free[worst] = True
    return weights


def _towards_best(sigma: FloatArray, weights: FloatArray, free: BoolArray) -> tuple[FloatArray, float]:
    """Return the step (n,) to the best weights when only the free ones move, and their common (Σw)_i there.

    They sum to what the others leave of 1 and have the same (Σw)_i: a linear system.
    """
    count = int(free.sum())
    step = np.zeros_like(weights)
    if not count:
        return step, float(np.median(sigma @ weights))
    system = np.zeros((count + 1, count + 1))
    system[:count, :count] = sigma[np.ix_(free, free)]
    system[:count, count], system[count, :count] = -1.0, 1.0
    fixed = np.where(free, 0.0, weights)
    solved = np.linalg.solve(system, np.append(-(sigma @ fixed)[free], 1 - fixed.sum()))
    step[free] = solved[:count] - weights[free]
    return step, float(solved[count])


def _without_dust(weights: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Set the weights that a ridge leaves just above their minimum to it; the others take the difference."""
    dust = weights - lower <= _AT_BOUND_SINGULAR
    floored = np.where(dust, lower, weights)
    room, freed = np.where(dust, 0.0, upper - floored), 1 - floored.sum()
    if not room.sum() > max(freed, 0.0):
        return weights
    cleaned: FloatArray = floored + room * (freed / room.sum())
    return cleaned


def _cheapest(gradient: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the weights (n,) within the bounds, summing to 1, with the least gradient'w.

    gradient'(w - cheapest) bounds the possible gain at w: 0 at the optimum of a convex program.
    """
    order = np.argsort(gradient, kind="stable")
    room = np.cumsum((upper - lower)[order])
    given = np.clip(1 - lower.sum() - np.concatenate([[0.0], room[:-1]]), 0.0, (upper - lower)[order])
    cheapest = lower.copy()
    cheapest[order] += given
    return cheapest


def equal_risk(returns: FloatArray) -> FloatArray:
    """Return the weights (n,) of which each contributes w_i (Σw)_i alike. returns: (window, n), none of them still.

    Solved as min ½ y'Cy - (1/n) Σ ln y with C the correlations, which Σ = DCD turns into the weights y_i / D_ii
    scaled to 1: its condition then does not depend on how far apart the volatilities are. Holdings that hedge each
    other completely would take everything: only then 1e-5 is added to each C_ii.
    """
    sigma = covariance(returns)
    deviation = np.sqrt(np.diag(sigma))
    correlation = sigma / np.outer(deviation, deviation)
    n = len(correlation)
    for ridge in (0.0, _HEDGED):
        correlation[np.diag_indices(n)] = 1 + ridge
        risky = _polished(correlation, _solve_equal_risk(correlation))
        contribution = risky * (correlation @ risky) * n
        if risky.min() > 0 and np.abs(contribution - 1).max() <= _EQUAL:
            weights: FloatArray = risky / deviation
            weights /= weights.sum()
            return weights
    raise InternalError("INTERNAL", "The solver did not find equal risk contributions.")


def _solve_equal_risk(correlation: FloatArray) -> FloatArray:
    """Minimise ½ y'Cy - (1/n) Σ t with t_i <= ln y_i, to about 1e-6."""
    import clarabel

    n = len(correlation)
    every = np.arange(n)
    rows, limits = np.zeros((3 * n, 2 * n)), np.zeros(3 * n)
    rows[3 * every, n + every] = -1.0  # (t, 1, y) in the exponential cone: exp(t) <= y
    limits[3 * every + 1] = 1.0
    rows[3 * every + 2, every] = -1.0
    quadratic = np.zeros((2 * n, 2 * n))
    quadratic[:n, :n] = np.triu(correlation)
    linear = np.concatenate([np.zeros(n), np.full(n, -1 / n)])
    return _solve(quadratic, linear, rows, limits, [clarabel.ExponentialConeT()] * n, _TOLERANCE_EQUAL_RISK)[:n]


def _polished(correlation: FloatArray, risky: FloatArray) -> FloatArray:
    """Take Newton steps, damped as for a self-concordant function, until they change nothing but rounding.

    They are relative to y, in which the system is at least the identity. Where y runs away there is no optimum.
    """
    n = len(risky)
    risky = np.clip(risky, 1e-6, 1e3)
    for _ in range(_NEWTON_STEPS):
        scaled = n * correlation * np.outer(risky, risky)
        slope = scaled.sum(axis=1) - 1
        step = np.linalg.solve(scaled + np.eye(n), slope)
        decrement = float(np.sqrt(max(slope @ step, 0.0)))
        risky = risky * (1 - (step if decrement < 0.25 else step / (1 + decrement)))
        if decrement < 1e-7 or not 0 < risky.min() <= risky.max() < _RUNAWAY:  # the next would be its square
            break
    return risky


def _solve(
    quadratic: FloatArray, linear: FloatArray, rows: FloatArray, limits: FloatArray, cones: list[Any], tolerance: float
) -> FloatArray:
    """Minimise ½ x'Qx + linear'x subject to limits - rows x in the cones. quadratic: its upper triangle."""
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    solver = clarabel.DefaultSolver(_columns(quadratic), linear, _columns(rows), limits, cones, settings)
    solution = np.array(solver.solve().x)
    if not np.isfinite(solution).all():
        raise InternalError("INTERNAL", "The solver returned a value that is not finite.")
    return solution


def _columns(matrix: FloatArray) -> SimpleNamespace:
    """Return the matrix as compressed columns, with the names that Clarabel reads.

    scipy.sparse has such matrices, but its import takes as long as a whole run.
    """
    column, row = np.nonzero(matrix.T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=matrix.shape[1]))])
    return SimpleNamespace(
        data=matrix[row, column], indices=row, indptr=starts, shape=matrix.shape, has_canonical_format=True
    )


def every_row(
    history: History, window: int, known: BoolArray, solve: Callable[[FloatArray, int], FloatArray]
) -> FloatArray:
    """Return weights (R, N): solve(returns (L, n), row) of the n known holdings of each row; zeros elsewhere.

    known: (R, N). The L returns are those between the sessions of the window on which all n have a price of their own;
    a row with fewer than two is NaN.
    """
    weights = np.zeros(known.shape)
    for row in range(len(known)):
        held = np.flatnonzero(known[row])
        if held.size:
            returns = history.common_returns(row, window, held)
            weights[row, held] = solve(returns, row) if len(returns) > 1 else np.nan
    return weights


def every_equal_risk(history: History, window: int, moving: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Return equal_risk's weights (R, N) of the moving holdings of each row, and which of these are without risk.

    moving: (R, N), whose own returns differ. Over the sessions that all of them have in common a holding may still not
    have moved, as one that moves at weekends beside one that rests then. It has no part in the covariance: its weight
    is 0 and it is marked. The others are taken by the sessions that they have in common without it. NaN as every_row.
    """
    weights, unmoved = np.zeros(moving.shape), np.zeros(moving.shape, dtype=bool)
    for row in range(len(moving)):
        held = np.flatnonzero(moving[row])
        while held.size:
            returns = history.common_returns(row, window, held)
            if len(returns) < 2:
                weights[row, held] = np.nan
                break
            still = deviations(returns.T) == 0
            if not still.any():
                weights[row, held] = equal_risk(returns)
                break
            unmoved[row, held[still]] = True
            held = held[~still]
    return weights, unmoved
