"""What was traded, and what that cost."""

from __future__ import annotations

import numpy as np

from backtester.metrics.returns import DAYS_A_YEAR
from backtester.model import Ledger

NAN = float("nan")


def turnover_per_year(ledger: Ledger, calendar_days: int) -> float:
    """Σ ½ Σ abs(trade value) / equity, a year of 365.25 days, the first purchase left out.

    Trade values and equity are those just before a rebalance, at unslipped prices. NaN for a period of one day.
    """
    if calendar_days < 1:
        return NAN
    if not ledger.trade_rebalance.size:
        return 0.0
    later = ledger.trade_rebalance > ledger.trade_rebalance[0]  # the first rebalance that bought anything
    rebalance = ledger.trade_rebalance[later]
    fill, units = ledger.trade_price[later], np.abs(ledger.trade_units[later])
    slippage = ledger.trade_slippage[later] * np.sign(ledger.trade_units[later])
    value = units * fill - slippage
    return float((np.abs(value) / ledger.equity_before[rebalance]).sum() / 2 * DAYS_A_YEAR / calendar_days)


def total_costs(ledger: Ledger) -> float:
    """Commission + slippage + what the expense ratio took, currency over the period."""
    return float(ledger.trade_commission.sum() + ledger.trade_slippage.sum()) + ledger.expense_paid


def exposure(ledger: Ledger) -> float:
    """Mean share of the equity that is invested, not cash."""
    return float(1 - np.mean(ledger.cash / ledger.equity))
