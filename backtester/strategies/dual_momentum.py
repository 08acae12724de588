"""Dual momentum: hold the holdings that rose most if they also rose more than cash, else a refuge.

    score_i = P_i[t - skip] / P_i[t - lookback] - 1           t the decision date; every holding but the refuge
    relative: the top_n by score are chosen; ties go to the earlier holding
    absolute: a chosen one is held where its return over the look-back is above that of absolute_symbol
              (null: above hurdle_rate); where it is not, its share goes to the refuge

With several `lookbacks` the returns are weighted means over them, those of `absolute_symbol` too. A risk-adjusted
score changes the ranking alone: the absolute test compares returns. With a single holding there is no refuge: a
holding that fails is replaced by cash. The refuge is bought whatever its own return.

Source: Antonacci (2014), "Dual Momentum Investing", and (2012), "Risk Premia Harvesting Through Dual Momentum". His
Global Equities Momentum tests the S&P 500 against Treasury bills before it compares it with the rest of the world;
here the winner itself is tested.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.model.ties import above
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions
from backtester.strategies.weights.ranking import (
    choice_warnings,
    rankable,
    ranking_warm_up,
    risk_adjusted,
    top_ranked,
    unknown_rows,
    weigh,
    weighted_return,
)

HAS_SIGNAL = True


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the longest look-back, and over the window of the volatility where it is used."""
    return ranking_warm_up(parameters)


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Rank all but the refuge, test the winners, move those that fail. allocations: (N,). Result: (R, N)."""
    refuge = _refuge(history.symbols, parameters)
    returns = weighted_return(history, parameters)
    scores = risk_adjusted(returns.copy(), history, parameters)
    if refuge >= 0:
        scores[:, refuge] = 0.0  # a number: the refuge is not ranked, so it needs no history
    known = rankable(history, scores, parameters).copy()
    if refuge >= 0:
        scores[:, refuge] = np.nan
        known[:, refuge] = False
    chosen = top_ranked(scores, parameters["top_n"], known)
    weights = weigh(chosen, history, allocations, parameters)
    hurdle = _hurdle(history, parameters)
    failed = chosen & ~above(returns, hurdle[:, None])
    weights = _moved(weights, failed, history, refuge)
    weights = unknown_rows(weights, known & ~np.isnan(hurdle)[:, None])
    among = history.shape[1] - (refuge >= 0)
    return Decisions(
        weights=weights, scores=scores, seen={"lookback_return": returns, "hurdle": hurdle},
        warnings=choice_warnings(parameters, weights, count_key="top_n", among=among),
    )  # fmt: skip


def _refuge(symbols: tuple[str, ...], parameters: dict[str, Any]) -> int:
    """Return the number of the refuge: by default the last holding; -1 where there is only one."""
    if len(symbols) == 1:
        return -1
    named = parameters["refuge_symbol"]
    return len(symbols) - 1 if named is None else symbols.index(named)


def _hurdle(history: History, parameters: dict[str, Any]) -> FloatArray:
    """Return the hurdle (R,) that a return must exceed."""
    if parameters["absolute_symbol"] is None:
        return np.full(history.shape[0], float(parameters["hurdle_rate"]))
    return weighted_return(history.of(parameters["absolute_symbol"]), parameters)[:, 0]


def _moved(weights: FloatArray, failed: BoolArray, history: History, refuge: int) -> FloatArray:
    """Return the weights (R, N) with those that failed in the refuge, or in cash while it has no price."""
    share = np.where(failed, weights, 0.0).sum(axis=1)
    weights[failed] = 0.0
    if refuge >= 0:
        priced = ~np.isnan(history.close()[:, refuge])
        weights[:, refuge] += np.where(priced, share, 0.0)
    return weights
