"""Accounting prices, interest, dividends and expense ratios of the period.

The accounting price is the market's, less the expense ratio accrued since the period's first session, and without the
dividends that are paid to cash: price_t = close_t · fee_t · payout_t. A dividend of the share y of the close before
lowers the payout index by 1 - y, and pays y · price_{t-1} a unit to cash, so that together they are worth the total
return, but for the session on which the dividend is in cash. The payout index is 1 at the end: the last price is
the source's own, and those before it are not lowered by the dividends after them.
"""

from __future__ import annotations

import numpy as np

from backtester.model.calendar import Calendar
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, DateArray, FloatArray, PriceTable

_YEAR_DAYS = 365.0  # for interest and expenses: actual/365
_LONG_GAP_DAYS = 31


class AccountingPrices(Record):
    """The prices that the ledger uses: P sessions, N holdings."""

    sessions: DateArray  # (P,)
    calendar: Calendar
    close: FloatArray  # (P, N) accounting prices
    open: FloatArray | None  # (P, N) accounting prices at the open; only where trades are filled there
    interest: FloatArray  # (P,) index of cash with interest, from 1
    fee: FloatArray | None  # (P, N) or (P, 1) index of the value after expense ratios; None: none charged
    dividend: FloatArray | None  # (P, N) dividends a unit up to each session, each over the interest index then

    def fills(self, row: int) -> FloatArray:
        """Return the prices (N,) that a trade on the session is filled at, before slippage."""
        prices: FloatArray = self.close[row] if self.open is None else self.open[row]
        return prices


def accounting_prices(prices: PriceTable, spec: BacktestSpec) -> AccountingPrices:
    """Return the accounting prices of the period."""
    sessions = prices.sessions[prices.first :]
    days = np.diff(sessions).astype(np.float64)
    close, opens = prices.close[prices.first :], None
    if spec.timing == "next_open" and prices.open is not None:
        opens = prices.open[prices.first :]
    if (
        prices.partial_history
    ):  # a holding is not held before its first price, so that price may fill the rows before it
        close = _from_the_first(close)
        opens = None if opens is None else _from_the_first(opens)
    interest = accrual(spec.cash_annual_rate, days)
    fee = _fees(spec.expense_ratios, days)
    keep: FloatArray | None = fee
    shares: FloatArray | None = None
    if spec.dividends_to_cash and prices.dividend is not None:
        shares = prices.dividend[prices.first :].copy()
        shares[0] = 0.0  # a purchase on the ex-date receives no dividend
        payout = np.multiply.accumulate(1 - shares, axis=0)
        payout /= payout[-1]  # scaled so that the last price is the source's, and the earlier ones are as traded
        keep = payout if keep is None else keep * payout
    if keep is not None:
        close = close * keep
        opens = None if opens is None else opens * keep
    return AccountingPrices(
        sessions=sessions, calendar=prices.calendar, close=close, open=opens, interest=interest, fee=fee,
        dividend=None if shares is None else _dividends(shares, close, interest),
    )  # fmt: skip


def accrual(annual_rate: float, days: FloatArray) -> FloatArray:
    """Return the index (P,), from 1, of money that accrues at a rate between sessions `days` (P - 1,) apart.

    Simple from session to session, actual/365; by the day over gaps of more than a month, where a negative rate
    could otherwise exceed 100 %.
    """
    simple = 1 + annual_rate * days / _YEAR_DAYS
    daily = (1 + annual_rate / _YEAR_DAYS) ** days
    return np.concatenate([[1.0], np.cumprod(np.where(days > _LONG_GAP_DAYS, daily, simple))])


def _fees(ratios: tuple[float, ...], days: FloatArray) -> FloatArray | None:
    """Return the fee index (P, N), or (P, 1) where all charge the same; None where none charges."""
    if not any(ratios):
        return None
    index = {ratio: accrual(-ratio, days) for ratio in set(ratios)}
    columns = [*index.values()] if len(index) == 1 else [index[ratio] for ratio in ratios]
    return np.array(columns).T


def _dividends(shares: FloatArray, close: FloatArray, interest: FloatArray) -> FloatArray:
    """Return Σ share · price of the session before / interest index, up to each session (P, N)."""
    each = np.zeros_like(close)
    each[1:] = shares[1:] * close[:-1] / interest[1:, None]
    summed: FloatArray = np.cumsum(each, axis=0)
    return summed


def _from_the_first(prices: FloatArray) -> FloatArray:
    begun = np.isnan(prices).sum(axis=0)
    first = prices[np.minimum(begun, len(prices) - 1), np.arange(prices.shape[1])]
    return np.where(np.isnan(prices), first, prices)
