"""Buy and hold: the allocations themselves, bought once or restored at a frequency.

    w_i = a_i

Source: the baseline of every comparison; with a frequency, the constant-mix portfolio of
Perold and Sharpe (1988), "Dynamic Strategies for Asset Allocation".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import FloatArray, WarmUp
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions

HAS_SIGNAL = False


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Return no warm-up: the strategy uses no price."""
    return WarmUp()


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Return the allocations (N,) at every decision (R, N)."""
    return Decisions(weights=np.tile(allocations, (history.shape[0], 1)))
