"""The vectorised simulation: all rebalances at once, for fractional shares and costs in proportion to traded value.

Between two rebalances the weights drift with the prices alone, and a rebalance leaves the fraction x of the money
(`costs.remaining_fraction`), whatever the money is. So

    V_after[k] = capital · Π_{j<=k} x[j] · Π_{j<k} g[j]        g: growth of the targets from fill to fill
"""

from __future__ import annotations

import numpy as np

from backtester.model.held import Held, changes, in_places
from backtester.model.record import replace
from backtester.model.records import SCHEDULED, BacktestSpec, FloatArray, IntArray, TargetWeights
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.costs import proportional_rates, remaining_fraction
from backtester.simulation.ledger_events import LedgerEvents

_ROUNDING = 1e-12


def simulate_vectorised(
    market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int
) -> LedgerEvents:
    """Return the events of the targets, one event for each. first: row of the price table that the market begins at."""
    rows, held = targets.execution - first, in_places(targets.weights)
    weights, fills = held.amounts, held.pick(market.fill, rows)
    cash_weight = 1 - weights.sum(axis=1)
    cash_weight[np.abs(cash_weight) < _ROUNDING] = 0.0
    interest = market.interest[rows]
    grown = np.where(weights[:-1] > 0, weights[:-1] * _steps(held, market.fill, rows, fills), 0.0)
    growth = grown.sum(axis=1) + cash_weight[:-1] * (interest[1:] / interest[:-1])
    if market.dividend is not None:
        growth += _dividend_growth(held, market.dividend, rows, fills, interest)
    grown /= growth[:, None]
    buy, sell = proportional_rates(spec.costs)
    left = np.ones(rows.size)
    if buy or sell:
        if held.holdings is None:
            before = np.concatenate([np.zeros((1, held.count)), grown])
            wanted = weights
        else:
            before, wanted = changes(held, grown).rows(rows.size)
        left = remaining_fraction(wanted, before, buy=buy, sell=sell)
    after = spec.initial_capital * np.cumprod(left) * np.concatenate([[1.0], np.cumprod(growth)])
    units = np.divide(weights * after[:, None], fills, out=np.zeros_like(weights), where=weights > 0)
    return LedgerEvents(
        execution=rows, kind=np.full(rows.size, SCHEDULED), target=np.arange(rows.size), decision=targets.decision,
        held=replace(held, amounts=units), cash=after * cash_weight, equity_before=after / left,
        fills=fills if held.holdings is None else None,
    )  # fmt: skip


def _following(held: Held, values: FloatArray, rows: IntArray) -> FloatArray:
    """Return from values (P, N) those of the places of each event but the last (R - 1, K), at the event after it."""
    return held.of(slice(-1)).pick(values, rows[1:])


def _steps(held: Held, fill: FloatArray, rows: IntArray, fills: FloatArray) -> FloatArray:
    """Return the price of each place at the next event, over that at its own (R - 1, K)."""
    following = fills[1:] if held.holdings is None else _following(held, fill, rows)
    steps: FloatArray = following / fills[:-1]
    return steps


def _dividend_growth(
    held: Held, dividend: FloatArray, rows: IntArray, fills: FloatArray, interest: FloatArray
) -> FloatArray:
    """Return the dividends of a unit of money in the targets from fill to fill (R - 1,), with interest."""
    weights = held.amounts[:-1]
    units = np.where(weights > 0, weights / fills[:-1], 0.0)
    paid = _following(held, dividend, rows) - held.pick(dividend, rows)[:-1]
    received: FloatArray = (units * paid).sum(axis=1) * interest[1:]
    return received
