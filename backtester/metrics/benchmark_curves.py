"""The curves of a benchmark that is a portfolio, over the sessions of the run that it is compared with."""

from __future__ import annotations

import numpy as np

from backtester.metrics import returns
from backtester.model.records import FloatArray, Ledger


def portfolio_curves(
    ledger: Ledger, capital: float, size: int
) -> tuple[FloatArray, FloatArray, FloatArray, dict[str, float]]:
    """Return equity, growth and returns (size,) of a benchmark's ledger, and its metrics of money.

    The run ends with its last money. Where the benchmark's is withdrawn before, it is worth 0 from then on, and its
    growth stands still.
    """
    equity = _over(ledger.equity, size)
    flows = None if ledger.flows is None else _over(ledger.flows, size)
    whole = ledger.sessions.size
    daily = returns.simple_returns(equity[:whole], capital, None if flows is None else flows[:whole])
    growth = equity[:whole] if flows is None else returns.growth(daily, capital)
    after = np.zeros(size - growth.size)
    money = {} if flows is None else {
        "final_value": float(equity[-1]), "profit_factor": returns.profit_factor(equity, capital, flows),
    }  # fmt: skip
    return equity, np.concatenate([growth, after + growth[-1]]), np.concatenate([daily, after]), money


def _over(column: FloatArray, size: int) -> FloatArray:
    """Return a column over so many sessions, 0 after its end."""
    return np.concatenate([column[:size], np.zeros(max(size - column.size, 0))])
