"""The curves of a benchmark that has a ledger, over the sessions of the run that it is compared with."""

from __future__ import annotations

import numpy as np

from backtester.metrics import money_weighted, returns
from backtester.model.records import DateArray, FloatArray, Ledger


def ledger_curves(
    ledger: Ledger, capital: float, sessions: DateArray, *, growth: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray, dict[str, float]]:
    """Return equity, growth and returns (P,) of a benchmark's ledger, and its metrics of money.

    growth: of a symbol, which is its price's whatever is paid in; None: the ledger's own. The run ends with its last
    money. Where the benchmark's is withdrawn before, it is worth 0 from then on, and a portfolio's growth stands still.
    """
    equity = _over(ledger.equity, sessions.size)
    flows = None if ledger.flows is None else _over(ledger.flows, sessions.size)
    if growth is None:
        growth, daily = _growth(equity, flows, capital, ledger.sessions.size)
    else:
        daily = returns.simple_returns(growth, capital)
    return equity, growth, daily, {} if flows is None else _money(equity, flows, capital, sessions)


def _growth(equity: FloatArray, flows: FloatArray | None, capital: float, whole: int) -> tuple[FloatArray, FloatArray]:
    """Return growth and returns (P,), which stand still after the first `whole` sessions."""
    daily = returns.simple_returns(equity[:whole], capital, None if flows is None else flows[:whole])
    growth = equity[:whole] if flows is None else returns.growth(daily, capital)
    after = np.zeros(equity.size - growth.size)
    return np.concatenate([growth, after + growth[-1]]), np.concatenate([daily, after])


def _money(equity: FloatArray, flows: FloatArray, capital: float, sessions: DateArray) -> dict[str, float]:
    """Return the metrics of what became of the money, which differ from those of the growth."""
    return {
        "final_value": float(equity[-1]),
        "profit_factor": returns.profit_factor(equity, capital, flows),
        "money_weighted_return": money_weighted.money_weighted_return(equity, capital, sessions, flows),
        "net_contributions": float(flows.sum()),
        "total_profit": float(equity[-1]) - capital - float(flows.sum()),
    }


def _over(column: FloatArray, size: int) -> FloatArray:
    """Return a column over so many sessions, 0 after its end."""
    return np.concatenate([column[:size], np.zeros(max(size - column.size, 0))])
