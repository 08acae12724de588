"""Whether a decision changes with prices that come after it. It must not: they were not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.analysis.trust.variants import Variants
from backtester.model.record import replace
from backtester.model.records import FloatArray, IntArray, PriceTable, Progress
from backtester.strategies.decisions.decide import checked_decisions, history_of, shares_of_invested

_DATES = 24
_SAME = 1e-9  # of a weight
_DAILY = 0.02  # standard deviation of the noise's log returns


def look_ahead(variants: Variants, *, seed: int, progress: Progress) -> dict[str, Any]:
    """Return the answer: at some dates later prices are cut off, then replaced by noise, and all is decided again."""
    prices, decisions = variants.prices, variants.targets.decision
    known = np.flatnonzero(decisions >= 0)
    count = min(_DATES, known.size)
    places = known[np.linspace(0, known.size - 1, count).round().astype(int)] if count else known
    before = _decided(variants, prices, decisions)
    random = np.random.Generator(np.random.PCG64(seed))
    noise = np.exp(_DAILY * np.cumsum(random.standard_normal(prices.sessions.size)))
    changed = []
    for number, place in enumerate(places.tolist()):
        progress("simulating", number, count)
        row = int(decisions[place])
        # a decision that stands alone is made alone: the others of the schedule cannot change it
        until = decisions[place : place + 1] if variants.decides_alone else decisions[: place + 1]
        since = until if variants.decides_alone else decisions
        made = (
            _decided(variants, cut(prices, row), until)[-1],
            _decided(variants, with_noise(prices, row, noise), since)[0 if variants.decides_alone else place],
        )
        if not all(np.allclose(each, before[place], rtol=0, atol=_SAME, equal_nan=True) for each in made):
            changed.append(row)
    return {
        "decisions_checked": count, "changed": len(changed),
        "first": str(prices.sessions[changed[0]]) if changed else None,
    }  # fmt: skip


def _decided(variants: Variants, prices: PriceTable, decisions: IntArray) -> FloatArray:
    """Return the strategy's own weights (R, N) at decisions on the rows."""
    spec = variants.spec
    history = history_of(prices, spec, decisions)
    made = variants.strategy.decide(history, shares_of_invested(spec), spec.parameters)
    return np.asarray(checked_decisions(made, history.shape, spec.strategy).weights, dtype=np.float64)


def cut(prices: PriceTable, row: int) -> PriceTable:
    """Return the prices up to a row, as they stood on that day."""
    end = row + 1
    ended = None if prices.ended is None else np.minimum(prices.ended, end)
    return replace(
        prices, sessions=prices.sessions[:end], close=prices.close[:end], ended=ended,
        own=None if prices.own is None else prices.own[:end],
        signal_close={symbol: close[:end] for symbol, close in prices.signal_close.items()},
        signal_own={symbol: own[:end] for symbol, own in prices.signal_own.items()},
    )  # fmt: skip


def with_noise(prices: PriceTable, row: int, noise: FloatArray) -> PriceTable:
    """Return the prices with others after a row: each holding goes its own way through the noise (T,)."""

    def replaced(close: FloatArray, way: int) -> FloatArray:
        later = np.roll(noise, 97 * way)[row:]
        made = close.copy()
        made[row + 1 :] *= later[1:] / later[0]
        return made

    close = np.array([replaced(column, way) for way, column in enumerate(prices.close.T, start=1)]).T
    signals = {s: replaced(c, -way) for way, (s, c) in enumerate(prices.signal_close.items(), start=1)}
    return replace(prices, close=np.ascontiguousarray(close), signal_close=signals)
