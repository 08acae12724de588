"""A strategy that decides each session once, however many schedules ask for it.

Only for strategies whose decision depends on the prices up to its own session and on nothing else: not on the other
sessions that are decided, nor on a state that is carried from one to the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History, at_rows, rows_of
from backtester.strategies.protocol import Decisions, Strategy


class DecidedOnce:
    """A strategy with a memory of its decisions; for one price table, and one set of parameters and allocations."""

    def __init__(self, strategy: Strategy) -> None:
        self.HAS_SIGNAL = strategy.HAS_SIGNAL
        self._strategy = strategy
        self._weights: dict[int, FloatArray] = {}  # by session: (N,)

    def warm_up(self, parameters: dict[str, Any]) -> WarmUp:
        """Return the strategy's own."""
        return self._strategy.warm_up(parameters)

    def decide(self, history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
        """Return the weights alone, without scores, indicators and warnings."""
        rows = rows_of(history).tolist()
        missing = np.array([row for row in rows if row not in self._weights], dtype=np.intp)
        if missing.size:
            made = self._strategy.decide(at_rows(history, missing), allocations, parameters).weights
            self._weights.update(zip(missing.tolist(), made, strict=True))
        weights = np.array([self._weights[row] for row in rows], dtype=np.float64)
        return Decisions(weights=weights.reshape(history.shape))
