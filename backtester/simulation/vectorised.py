"""The vectorised simulation: all rebalances at once, for fractional shares and costs in proportion to traded value.

Between two rebalances the weights drift with the prices alone, and a rebalance leaves the fraction x of the money
(`costs.remaining_fraction`), whatever the money is. So

    V_after[k] = capital · Π_{j<=k} x[j] · Π_{j<k} g[j]        g: growth of the targets from fill to fill
"""

from __future__ import annotations

import numpy as np

from backtester.model.records import SCHEDULED, BacktestSpec, FloatArray, TargetWeights
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.costs import proportional_rates, remaining_fraction
from backtester.simulation.ledger_events import LedgerEvents

_ROUNDING = 1e-12


def simulate_vectorised(
    market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int
) -> LedgerEvents:
    """Return the events of the targets, one event for each. first: row of the price table that the market begins at."""
    rows, weights = targets.execution - first, targets.weights
    fills = market.close[rows] if market.open is None else market.open[rows]
    cash_weight = 1 - weights.sum(axis=1)
    cash_weight[np.abs(cash_weight) < _ROUNDING] = 0.0
    interest = market.interest[rows]
    grown = np.where(weights[:-1] > 0, weights[:-1] * (fills[1:] / fills[:-1]), 0.0)
    growth = grown.sum(axis=1) + cash_weight[:-1] * (interest[1:] / interest[:-1])
    if market.dividend is not None:
        growth += _dividend_growth(market.dividend[rows], weights, fills, interest)
    held = np.zeros_like(weights)
    held[1:] = grown / growth[:, None]
    buy, sell = proportional_rates(spec.costs)
    left = remaining_fraction(weights, held, buy=buy, sell=sell)
    after = spec.initial_capital * np.cumprod(left) * np.concatenate([[1.0], np.cumprod(growth)])
    units = np.divide(weights * after[:, None], fills, out=np.zeros_like(weights), where=weights > 0)
    return LedgerEvents(
        execution=rows, kind=np.full(rows.size, SCHEDULED), target=np.arange(rows.size), decision=targets.decision,
        units=units, cash=after * cash_weight, equity_before=after / left, fills=fills,
    )  # fmt: skip


def _dividend_growth(dividend: FloatArray, weights: FloatArray, fills: FloatArray, interest: FloatArray) -> FloatArray:
    """Return the dividends of a unit of money in the targets from fill to fill (R - 1,), with interest."""
    units = np.where(weights[:-1] > 0, weights[:-1] / fills[:-1], 0.0)
    paid: FloatArray = (units * np.diff(dividend, axis=0)).sum(axis=1) * interest[1:]
    return paid
