"""The strategy's own weights on holdings drawn by chance: whether choosing them was worth anything.

A permutation test: the p-value counts the run itself among the drawn portfolios (Davison and Hinkley 1997).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.analysis.batch.curve_metrics import returns_of
from backtester.analysis.batch.curves import Schedule, fill_when_due, schedule_of, simulate_many, simulates
from backtester.analysis.nulls import Nulls
from backtester.analysis.statistics.trials import sharpe_ratios
from backtester.analysis.trust.variants import Variants
from backtester.metrics.risk import periodic_rate
from backtester.model.record import replace
from backtester.model.records import BoolArray, FloatArray, Progress
from backtester.simulation.accounting import AccountingPrices, accounting_prices
from backtester.strategies.decisions.decide import holdings_at_hand

PORTFOLIOS = 1000
FEW_PORTFOLIOS = 100  # where each has to be simulated alone
_CELLS = 250_000  # weights at a time
_EQUAL = 1e-10  # Sharpe ratios, which are computed from curves that agree to 1e-12


def random_holdings(variants: Variants, *, seed: int, nulls: Nulls, progress: Progress) -> dict[str, Any] | None:
    """Return the answer; null for a strategy that does not choose among its holdings."""
    weights = variants.targets.weights
    at_hand = holdings_at_hand(variants.prices, variants.targets)
    if not (variants.strategy.HAS_SIGNAL and chooses(variants, at_hand)):
        nulls.nothing("/random", "DOES_NOT_APPLY")
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    market = accounting_prices(variants.prices, variants.spec)
    measure: Callable[[FloatArray], FloatArray] = functools.partial(_one_by_one, variants)
    count, done, found = FEW_PORTFOLIOS, 0, []
    if simulates(market, variants.spec):
        schedule = schedule_of(market, variants.targets.execution - variants.prices.first)
        count, measure = PORTFOLIOS, functools.partial(_side_by_side, variants, market, schedule)
    own = float(measure(weights[None])[0])
    step = max(_CELLS // weights.size, 1)
    while done < count:
        some = min(step, count - done)
        found.append(measure(drawn(random, weights, at_hand, some)))
        done += some
        progress("simulating", done, count)
    sharpe = np.concatenate(found)
    known = sharpe[np.isfinite(sharpe)]
    at_least = int((known >= own - _EQUAL).sum())
    defined = math.isfinite(own) and known.size > 0
    below = (known.size - at_least) / known.size if defined else math.nan
    return {
        "portfolios": count,
        "percentile": nulls.number("/random/percentile", below, "ZERO_DENOMINATOR"),
        "p_value": nulls.number(
            "/random/p_value", (1 + at_least) / (1 + known.size) if defined else math.nan, "ZERO_DENOMINATOR"
        ),
    }


def chooses(variants: Variants, at_hand: BoolArray | None) -> bool:
    """Return whether the strategy ever holds some of its holdings and leaves one out that it could hold."""
    held = variants.targets.weights > 0
    left_out = ~held if at_hand is None else ~held & at_hand
    return bool((held.any(axis=1) & left_out.any(axis=1)).any())


def drawn(random: np.random.Generator, weights: FloatArray, at_hand: BoolArray | None, count: int) -> FloatArray:
    """Return the weights (R, N), `count` times, given to holdings drawn without replacement at each decision.

    at_hand: (R, N) those that can be drawn; None: all.
    """
    if at_hand is None:
        return random.permuted(np.broadcast_to(weights, (count, *weights.shape)), axis=2)
    keys = random.random((count, *weights.shape))
    keys[:, ~at_hand] = 2.0
    order = keys.argsort(axis=2)  # those at hand first, by chance
    descending = -np.sort(-weights, axis=1)
    found = np.zeros(keys.shape)
    np.put_along_axis(found, order, np.broadcast_to(descending, keys.shape), axis=2)
    return found


def _side_by_side(
    variants: Variants, market: AccountingPrices, schedule: Schedule, weights: FloatArray
) -> FloatArray:  # fmt: skip
    """Return the Sharpe ratios per session (C,) of portfolios; NaN where one has none."""
    initial = variants.spec.initial_capital
    values = simulate_many(market, schedule, weights, [variants.spec.costs] * len(weights), initial=initial).values
    sharpe = sharpe_ratios(returns_of(values, initial).T - _rate(variants))
    alone = np.flatnonzero(~fill_when_due(market, schedule.rows, weights))
    sharpe[alone] = _one_by_one(variants, weights[alone])
    return sharpe


def _one_by_one(variants: Variants, weights: FloatArray) -> FloatArray:
    found = np.full(len(weights), np.nan)
    for number, each in enumerate(weights):
        curve = variants.simulate(variants.spec, replace(variants.targets, weights=each))
        if curve is not None:
            found[number] = sharpe_ratios(curve.returns[:, None] - _rate(variants))[0]
    return found


def _rate(variants: Variants) -> float:
    return periodic_rate(variants.spec.risk_free_rate, variants.periods)
