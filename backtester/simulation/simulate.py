"""From targets to a ledger: equity, cash and units on every session, and every trade.

Two ways to the same ledger. Where every cost is in proportion to the value traded and shares are fractional, a
rebalance leaves the same fraction of the money whatever the money is, and all rebalances are solved at once
(`proportional`). Otherwise they are walked one by one (`stepwise`). A test holds the two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.errors import RequestError, RunWarning
from backtester.model import (
    BacktestSpec,
    BoolArray,
    DateArray,
    FloatArray,
    IntArray,
    Ledger,
    PriceTable,
    TargetWeights,
)
from backtester.simulation.costs import NO_TRADE, commissions, fill_prices, is_proportional
from backtester.simulation.proportional import solve_at_once
from backtester.simulation.stepwise import walk

_YEAR_DAYS = 365.0  # for interest and expenses: actual/365
_LONG_GAP_DAYS = 31


def simulate(prices: PriceTable, targets: TargetWeights, spec: BacktestSpec) -> Ledger:
    """Carry out the targets. The period is prices.first to the last session.

    Accounting prices are the market's, less the expense ratio accrued since the first session; units do not
    change between rebalances.
    """
    sessions = prices.sessions[prices.first :]
    days = np.diff(sessions).astype(np.float64)
    keep = _accrual(-spec.costs.expense_ratio, days)
    interest = _accrual(spec.cash_annual_rate, days)
    close = prices.close[prices.first :]
    if spec.costs.expense_ratio:
        close = close * keep[:, None]
    rows = targets.execution - prices.first
    fills = close[rows]
    if spec.timing == "next_open" and prices.open is not None:
        fills = prices.open[targets.execution] * keep[rows, None]
    solve = solve_at_once if is_proportional(spec.costs) and not spec.whole_shares else walk
    units, cash_after, before, skipped = solve(
        targets=targets.weights, fills=fills, interest=interest[rows], capital=spec.initial_capital,
        costs=spec.costs, whole_shares=spec.whole_shares,
    )  # fmt: skip
    segment = np.repeat(np.arange(rows.size), np.diff(np.append(rows, sessions.size)))
    cash = cash_after[segment] * (interest / interest[rows][segment])
    held = position_values(units, close, segment)
    if not (np.isfinite(held + cash).all() and (held + cash > 0).all()):
        detail = "the prices move the portfolio's value beyond what a double holds"
        raise RequestError("VALIDATION_FAILED", detail, pointer="/data")
    trades = _trades(units, fills, before, spec)
    return Ledger(
        sessions=sessions, equity=held + cash, cash=cash, price=close, execution=rows, units=units,
        **trades, equity_before=before,
        expense_paid=_expense_paid(units, close, keep, segment) if spec.costs.expense_ratio else 0.0,
        warnings=_skipped(skipped, sessions, rows),
    )  # fmt: skip


def _accrual(annual_rate: float, days: FloatArray) -> FloatArray:
    """Return the index (P,), from 1, of money that accrues at a rate between sessions `days` (P - 1,) apart.

    Simple from session to session, actual/365; by the day over gaps of more than a month, where a negative rate
    would otherwise take more than there is.
    """
    simple = 1 + annual_rate * days / _YEAR_DAYS
    daily = (1 + annual_rate / _YEAR_DAYS) ** days
    return np.concatenate([[1.0], np.cumprod(np.where(days > _LONG_GAP_DAYS, daily, simple))])


def position_values(units: FloatArray, close: FloatArray, segment: IntArray) -> FloatArray:
    """Return Σ units × price (P,). units: (R, N) by segment, close: (P, N), segment: (P,) which row of units.

    Where few of many holdings are held at a time, only those are gathered: the work follows what is held.
    """
    held = units != 0
    width = max(int(held.sum(axis=1).max()), 1)
    if 2 * width > units.shape[1]:
        dense: FloatArray = np.einsum("tn,tn->t", close, units[segment])
        return dense
    index = np.argsort(~held, axis=1, kind="stable")[:, :width]
    few = np.take_along_axis(units, index, axis=1)
    gathered = close[np.arange(close.shape[0])[:, None], index[segment]]
    sparse: FloatArray = np.einsum("tk,tk->t", gathered, few[segment])
    return sparse


def _trades(units: FloatArray, fills: FloatArray, before: FloatArray, spec: BacktestSpec) -> dict[str, Any]:
    """Return the ledger's trade columns, ordered by rebalance and then by holding."""
    change = np.diff(units, axis=0, prepend=np.zeros((1, units.shape[1])))
    rebalance, holding = np.nonzero(np.abs(change) * fills > NO_TRADE * before[:, None])
    traded, price = change[rebalance, holding], fills[rebalance, holding]
    fill = fill_prices(traded, price, spec.costs)
    return {
        "trade_rebalance": rebalance, "trade_holding": holding, "trade_units": traded, "trade_price": fill,
        "trade_commission": commissions(traded, fill, spec.costs),
        "trade_slippage": np.abs(traded) * price * spec.costs.slippage_bps / 1e4,
    }  # fmt: skip


def _expense_paid(units: FloatArray, close: FloatArray, keep: FloatArray, segment: IntArray) -> float:
    """Return what the expense ratio took: each session's share of the value held since the session before."""
    value_before_fee = np.einsum("tn,tn->t", close[1:], units[segment[:-1]]) * keep[:-1] / keep[1:]
    return float((value_before_fee * (1 - keep[1:] / keep[:-1])).sum())


def _skipped(skipped: BoolArray, sessions: DateArray, rows: IntArray) -> tuple[RunWarning, ...]:
    if not skipped.any():
        return ()
    first = sessions[rows[np.flatnonzero(skipped)[0]]]
    count = int(skipped.sum())
    detail = f"{count} rebalances (first on {first}) would have cost more than the equity; nothing was traded then"
    return (RunWarning(code="REBALANCE_SKIPPED", detail=detail, pointer="/costs"),)
