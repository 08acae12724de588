"""Ranking and weighting for the strategies that choose among holdings."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.model.errors import RunWarning, invalid_parameter
from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.model.ties import above, equal, highest, ranks
from backtester.strategies.decisions.history import History

_SESSIONS_A_MONTH = 21
_LEAST_VOLATILITY_WINDOW = 20


def lookbacks_of(parameters: dict[str, Any]) -> tuple[tuple[int, float], ...]:
    """Return the look-backs of a ranking, each with its weight; the weights sum to 1."""
    several = parameters["lookbacks"]
    if several is None:
        return ((parameters["lookback_period"], 1.0),)
    total = sum(entry["weight"] for entry in several)
    return tuple((entry["period"], entry["weight"] / total) for entry in several)


def ranking_warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Return the warm-up of a ranking: its look-backs, and the window of the volatility where it is used.

    RequestError where the skipped period is as long as a look-back.
    """
    periods, skip = [period for period, _ in lookbacks_of(parameters)], parameters["skip_period"]
    if skip >= min(periods):
        detail = f"skip_period must be below every look-back ({min(periods)}). All count back from the decision."
        raise invalid_parameter("/parameters/skip_period", skip, detail)
    risk = parameters["score"] == "risk_adjusted" or parameters["weighting"] == "inverse_volatility"
    window = volatility_window(parameters) if risk else 0
    if parameters["lookback_unit"] == "months":
        return WarmUp(months=max(periods), sessions=window)
    return WarmUp(sessions=max(*periods, window))


def volatility_window(parameters: dict[str, Any]) -> int:
    """Return the sessions that a ranking's volatility is measured over: its longest look-back, 20 at least.

    It ends at the decision whatever `skip_period` is, and needs a close more than it has returns.
    """
    scale = _SESSIONS_A_MONTH if parameters["lookback_unit"] == "months" else 1
    longest = max(period for period, _ in lookbacks_of(parameters))
    return int(max(longest * scale, _LEAST_VOLATILITY_WINDOW))


def lookback_return(history: History, period: int, parameters: dict[str, Any]) -> FloatArray:
    """P[t - skip] / P[t - period] - 1 (R, N), in the ranking's unit."""
    unit = parameters["lookback_unit"]
    growth = history.close(parameters["skip_period"], unit=unit)
    growth /= history.close(period, unit=unit)
    growth -= 1
    return growth


def weighted_return(history: History, parameters: dict[str, Any]) -> FloatArray:
    """Σ w_k · return over look-back k (R, N), Σ w_k = 1."""
    (first, share), *others = lookbacks_of(parameters)
    score = lookback_return(history, first, parameters)
    if others:
        score *= share
        for period, weight in others:
            score += weight * lookback_return(history, period, parameters)
    return score


def risk_adjusted(score: FloatArray, history: History, parameters: dict[str, Any]) -> FloatArray:
    """Return the score (R, N), over the deviation of daily returns where parameters.score asks for that.

    A holding that did not move at all has an infinite score of the same sign, or 0. A return that is 0 but for rounding
    is 0, whatever it is divided by.
    """
    if parameters["score"] == "return":
        return score
    score = np.where(equal(score, 0.0), 0.0, score)
    deviation = history.volatility(volatility_window(parameters))
    ranked: FloatArray = np.divide(score, deviation, out=np.copysign(np.inf, score), where=deviation != 0)
    ranked[(deviation == 0) & (score == 0)] = 0.0
    ranked[np.isnan(deviation) | np.isnan(score)] = np.nan
    return ranked


def rankable(history: History, scores: FloatArray, parameters: dict[str, Any]) -> BoolArray:
    """Mark the holdings (R, N) that can be ranked, and weighed as parameters.weighting asks for."""
    if parameters["weighting"] == "inverse_volatility":
        return history.known(scores, history.volatility(volatility_window(parameters)))
    return history.known(scores)


def top_ranked(scores: FloatArray, count: int, known: BoolArray | None = None) -> BoolArray:
    """Mark the `count` highest scores of each row (R, N); of equal ones (`model.ties`) the earlier holding comes first.

    known: (R, N) those that can be ranked; None: all.
    """
    if known is not None:
        scores = np.ascontiguousarray(scores) if known.all() else np.where(known, scores, np.nan)
    return highest(scores, count)


def top_weights(
    scores: FloatArray, history: History, allocations: FloatArray, parameters: dict[str, Any]
) -> FloatArray:  # fmt: skip
    """Return the weights (R, N) of the top_n highest scores (R, N); NaN where the history is too short for any."""
    known = rankable(history, scores, parameters)
    chosen = top_ranked(scores, parameters["top_n"], known)
    if parameters["positive_returns_only"]:
        chosen &= above(scores, 0.0)
    return unknown_rows(weigh(chosen, history, allocations, parameters), known)


def top_weights_of_each(
    scores_of: Callable[[History, dict[str, Any]], FloatArray], history: History, allocations: FloatArray,
    parameter_sets: list[dict[str, Any]],
) -> list[FloatArray]:  # fmt: skip
    """Return `top_weights` of each set of parameters. Sets in a row that differ in top_n alone share a ranking."""
    weights: list[FloatArray] = []
    for _, group in itertools.groupby(parameter_sets, key=lambda each: {**each, "top_n": None}):
        sets = [*group]
        scores = scores_of(history, sets[0])
        known = rankable(history, scores, sets[0])
        places = ranks(np.where(known, scores, np.nan))
        chosen = places <= np.array([each["top_n"] for each in sets])[:, None, None]
        if sets[0]["positive_returns_only"]:
            chosen &= above(scores, 0.0)
        made = weigh(chosen, history, allocations, sets[0])
        made[:, ~known.any(axis=1)] = np.nan
        weights += [*made]
    return weights


def weigh(chosen: BoolArray, history: History, allocations: FloatArray, parameters: dict[str, Any]) -> FloatArray:
    """Return the weights (..., R, N) of the chosen holdings, by parameters.weighting; a row of none is zeros."""
    # a row is summed in the order of its memory: each of these has that of `chosen`, or rows that are contiguous
    if parameters["weighting"] == "equal":
        chosen = np.ascontiguousarray(chosen)
        count = chosen @ np.ones(chosen.shape[-1])
        share = np.divide(1.0, count, out=np.zeros_like(count), where=count > 0)
        return np.where(chosen, share[..., None], 0.0)
    if parameters["weighting"] == "inverse_volatility":
        deviation = history.volatility(volatility_window(parameters))
        if chosen.ndim > deviation.ndim:
            return np.stack([scale_to_one(np.where(each, inverse_of(deviation, each), 0.0)) for each in chosen])
        return scale_to_one(np.where(chosen, inverse_of(deviation, chosen), 0.0))
    return scale_to_one(chosen * allocations)


def scale_to_one(weights: FloatArray) -> FloatArray:
    """Scale each row (..., R, N) to sum to 1; a row of zeros stays one."""
    total = weights.sum(axis=-1, keepdims=True)
    scaled: FloatArray
    if total.all():
        scaled = weights / total
        return scaled
    scaled = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    return scaled


def shares_of(known: BoolArray, allocations: FloatArray) -> FloatArray:
    """Return the allocations (N,) at each decision (R, N); where only some holdings are known, theirs scaled to 1."""
    shares = np.where(known, allocations, 0.0)
    some = ~known.all(axis=1)
    shares[some] = scale_to_one(shares[some])
    return shares


def inverse_of(deviation: FloatArray, chosen: BoolArray) -> FloatArray:
    """Return 1 / deviation (R, N), zero where a holding is not chosen.

    Holdings that did not move at all have no inverse: where a row has such, they share it equally.
    """
    unmoved = chosen & (deviation == 0)
    inverse: FloatArray = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=chosen & ~unmoved)
    alone = unmoved.any(axis=1)
    inverse[alone] = unmoved[alone]
    return inverse


def unknown_rows(weights: FloatArray, known: BoolArray) -> FloatArray:
    """Return the weights with a row of NaN where the history is too short for any or a needed holding."""
    weights[~known.any(axis=1) | np.isnan(weights).any(axis=1)] = np.nan
    return weights


def choice_warnings(
    parameters: dict[str, Any], weights: FloatArray, *, count_key: str, among: int | None = None
) -> tuple[RunWarning, ...]:
    """Return the warnings of a strategy that chooses `parameters[count_key]` holdings: clamped, or none chosen.

    among: the number of holdings it chooses from; None: all.
    """
    warnings = []
    wanted, count = parameters[count_key], weights.shape[1] if among is None else among
    if wanted > count:
        choice = "holdings" if among is None else "to choose from"
        detail = f"{count_key} is {wanted}, but there are {count} {choice}. {count_key} {count} was used."
        warnings.append(RunWarning(code="TOP_N_EXCEEDS_HOLDINGS", detail=detail, pointer=f"/parameters/{count_key}"))
    return (*warnings, *none_chosen(weights, with_allocation=parameters.get("weighting") == "allocation"))


def none_chosen(weights: FloatArray, *, with_allocation: bool = False) -> tuple[RunWarning, ...]:
    """Return NO_HOLDING_CHOSEN where some decisions (R, N) left all the money in cash."""
    empty = int((weights.sum(axis=1) == 0).sum())
    if not empty:
        return ()
    holding = "holding with an allocation" if with_allocation else "holding"
    detail = f"At {empty} of {len(weights)} decisions no {holding} qualified. The money stayed in cash."
    return (RunWarning(code="NO_HOLDING_CHOSEN", detail=detail),)
