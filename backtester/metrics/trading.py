"""What was traded, and what that cost."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model import FLOW, Ledger

NAN = float("nan")


def turnover_per_year(ledger: Ledger, calendar_days: int) -> float:
    """Σ ½ Σ abs(trade value) / equity, a year of 365.25 days, the first purchase left out.

    Trade values and equity are those just before a rebalance, at unslipped prices. Investing a cash flow is no
    turnover. NaN for a period of one day.
    """
    if calendar_days < 1:
        return NAN
    if not ledger.trade_event.size:
        return 0.0
    later = ledger.trade_event > ledger.trade_event[0]  # the first event that bought anything
    later &= ledger.kind[ledger.trade_event] != FLOW
    event = ledger.trade_event[later]
    fill, units = ledger.trade_price[later], np.abs(ledger.trade_units[later])
    slippage = ledger.trade_slippage[later] * np.sign(ledger.trade_units[later])
    value = units * fill - slippage
    return float((np.abs(value) / ledger.equity_before[event]).sum() / 2 * DAYS_A_YEAR / calendar_days)


def total_costs(ledger: Ledger) -> float:
    """Commission + slippage + what the expense ratio took, currency over the period."""
    return float(ledger.trade_commission.sum() + ledger.trade_slippage.sum() + ledger.expense_paid.sum())


def exposure(ledger: Ledger) -> float:
    """Mean share of the equity that is invested, not cash."""
    alive = ledger.equity > 0  # a portfolio that was paid out ends at 0
    return float(1 - np.mean(ledger.cash[alive] / ledger.equity[alive])) if alive.any() else NAN
