"""Metrics of trading: turnover, costs and exposure."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model.records import FLOW, FloatArray, Ledger

NAN = float("nan")


def turnover_per_year(ledger: Ledger, calendar_days: int) -> float:
    """Σ ½ Σ abs(trade value) / equity, a year of 365.25 days, the first purchase left out.

    Trade values are units · price before slippage, equity is that just before the rebalance at the same prices.
    Investing a cash flow is not turnover, whether alone or in a rebalance, whose Σ is then that much less. NaN for a
    period of one day.
    """
    if calendar_days < 1:
        return NAN
    if not ledger.trade_event.size:
        return 0.0
    later = ledger.trade_event > ledger.trade_event[0]  # the first event that bought anything
    later &= ledger.kind[ledger.trade_event] < FLOW
    event = ledger.trade_event[later]
    fill, units = ledger.trade_price[later], np.abs(ledger.trade_units[later])
    slippage = ledger.trade_slippage[later] * np.sign(ledger.trade_units[later])
    value = np.bincount(event, np.abs(units * fill - slippage), minlength=ledger.execution.size)
    value = np.maximum(value - np.where(value > 0, _invested(ledger), 0.0), 0.0)
    return float((value / ledger.equity_before).sum() / 2 * DAYS_A_YEAR / calendar_days)


def _invested(ledger: Ledger) -> FloatArray | float:
    """Return the size of the flow (E,) that each rebalance invested: that of its close, unless it has its own event."""
    if ledger.flows is None:
        return 0.0
    alone = np.isin(ledger.execution, ledger.execution[ledger.kind == FLOW])
    return np.where(alone, 0.0, np.abs(ledger.flows[ledger.execution]))


def total_costs(ledger: Ledger) -> float:
    """Commission + slippage + expenses of the expense ratio, currency over the period."""
    return float(ledger.trade_commission.sum() + ledger.trade_slippage.sum() + ledger.expense_paid.sum())


def exposure(ledger: Ledger) -> float:
    """Mean share of the equity that is invested, not cash."""
    alive = ledger.equity > 0  # a portfolio that was paid out ends at 0
    return float(1 - np.mean(ledger.cash[alive] / ledger.equity[alive])) if alive.any() else NAN
