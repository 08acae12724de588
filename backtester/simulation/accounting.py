"""Accounting prices, interest, dividends and expense ratios of the period.

The ledger counts units that change with trades alone. The accounting price of a unit is the total-return close, less
the expense ratio accrued since the period's first session. Where dividends are paid to cash it is the traded close
instead, times the splits since the first session, less the expense ratio; a dividend of the share y of the close before
then pays y · price_{t-1} a unit to cash, so that together they are worth the total return, but for the session on which
the dividend is in cash.

A unit stands for a number of shares, to which reinvested dividends and splits add; the price of a share is the traded
close, less the expense ratio. Share counts, fees by the share and what a caller sees are of shares. Nothing depends on
the end of the period.
"""

from __future__ import annotations

import numpy as np

from backtester.model.calendar import Calendar
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, BoolArray, DateArray, FloatArray, IntArray, PriceTable

_YEAR_DAYS = 365.0  # for interest and expenses: actual/365
_LONG_GAP_DAYS = 31


class AccountingPrices(Record):
    """The prices that the ledger uses: P sessions, N holdings."""

    sessions: DateArray  # (P,)
    calendar: Calendar
    close: FloatArray  # (P, N) accounting prices
    open: FloatArray | None  # (P, N) accounting prices at the open; only where trades are filled there
    fillable: BoolArray | None = None  # (P, N) whether trades fill at a price of the session's own; None: all do
    own: BoolArray | None = None  # (P, N) the same at the close, where cash flows are invested
    ended: IntArray | None = None  # (N,) row of the last price of a holding that ends, P or more of others
    interest: FloatArray  # (P,) index of cash with interest, from 1
    fee: FloatArray | None  # (P, N) or (P, 1) index of the value after expense ratios; None: none charged
    dividend: FloatArray | None  # (P, N) dividends a unit up to each session, each over the interest index then
    shares: FloatArray | None = None  # (P, N) shares that a unit stands for; None: one
    split: FloatArray | None = None  # (P, N) new shares for an old one; None: no split in the period

    @property
    def fill(self) -> FloatArray:
        """The prices (P, N) that a trade on each session is filled at, before slippage."""
        return self.close if self.open is None else self.open

    def fills(self, row: int) -> FloatArray:
        """Return those (N,) of one session."""
        prices: FloatArray = self.fill[row]
        return prices

    def splits(self) -> list[int]:
        """Return the rows after the first on which a holding splits, ascending."""
        return [] if self.split is None else (np.flatnonzero((self.split[1:] != 1).any(axis=1)) + 1).tolist()


def accounting_prices(prices: PriceTable, spec: BacktestSpec) -> AccountingPrices:
    """Return the accounting prices of the period."""
    sessions = prices.sessions[prices.first :]
    days = np.diff(sessions).astype(np.float64)
    close, opens, traded = prices.close[prices.first :], None, prices.traded
    if spec.timing == "next_open" and prices.open is not None:
        opens = prices.open[prices.first :]
    traded = None if traded is None else traded[prices.first :]
    if prices.partial_history or prices.ended is not None:
        # nothing is held before its first price or after its last: they may stand there
        close = _without_gaps(close)
        opens, traded = (None if p is None else _without_gaps(p) for p in (opens, traded))
    split = None if prices.split is None else prices.split[prices.first :]
    ended = None if prices.ended is None else prices.ended - prices.first
    fillable, own = _own_prices(prices, ended, at_open=opens is not None)
    interest = interest_index(spec.cash_annual_rate, days)
    fee = _fees(spec.expense_ratios, days)
    base, dividend = close, None
    if spec.dividends_to_cash and prices.dividend is not None:
        dividend = prices.dividend[prices.first :].copy()
        dividend[0] = 0.0  # a purchase on the ex-date receives no dividend
        base = _without_dividends(close, traded, split)
    price = base if fee is None else base * fee
    return AccountingPrices(
        sessions=sessions, calendar=prices.calendar, close=price, interest=interest, fee=fee, split=split,
        open=None if opens is None else opens * (price / close),
        fillable=fillable, own=own, ended=ended,
        dividend=None if dividend is None else _dividends(dividend, price, interest),
        shares=None if traded is None else base / traded,
    )  # fmt: skip


def _without_dividends(close: FloatArray, traded: FloatArray | None, split: FloatArray | None) -> FloatArray:
    """Return the traded closes (P, N), times the splits since the first session: what a share of that session became.

    Where no traded close is known, no dividend was ever paid.
    """
    if traded is None:
        return close
    if split is None:
        return traded
    grown = split.copy()
    grown[0] = 1.0
    return traded * np.cumprod(grown, axis=0)


def interest_index(annual_rate: float, days: FloatArray) -> FloatArray:
    """Return the index (P,), from 1, of cash over sessions `days` (P - 1,) apart: (1 + rate)^(days / 365).

    So it does not depend on the sessions between two days.
    """
    if annual_rate == 0:  # of most runs: the power takes longer than the rest of their accounting
        return np.ones(days.size + 1)
    elapsed = np.concatenate([[0.0], np.cumsum(days)])
    index: FloatArray = (1 + annual_rate) ** (elapsed / _YEAR_DAYS)
    return index


def fee_index(ratio: float, days: FloatArray) -> FloatArray:
    """Return the index (P,), from 1, of a price less an expense ratio: 1 - ratio · days / 365 from step to step.

    By the day, (1 - ratio / 365)^days, over steps of more than 31 days, where the ratio could otherwise exceed 100 %.
    """
    simple = 1 - ratio * days / _YEAR_DAYS
    daily = (1 - ratio / _YEAR_DAYS) ** days
    return np.concatenate([[1.0], np.cumprod(np.where(days > _LONG_GAP_DAYS, daily, simple))])


def _fees(ratios: tuple[float, ...], days: FloatArray) -> FloatArray | None:
    """Return the fee index (P, N), or (P, 1) where all charge the same; None where none charges."""
    if not any(ratios):
        return None
    index = {ratio: fee_index(ratio, days) for ratio in set(ratios)}
    columns = [*index.values()] if len(index) == 1 else [index[ratio] for ratio in ratios]
    return np.array(columns).T


def _dividends(shares: FloatArray, close: FloatArray, interest: FloatArray) -> FloatArray:
    """Return Σ share · price of the session before / interest index, up to each session (P, N)."""
    each = np.zeros_like(close)
    each[1:] = shares[1:] * close[:-1] / interest[1:, None]
    summed: FloatArray = np.cumsum(each, axis=0)
    return summed


def _without_gaps(prices: FloatArray) -> FloatArray:
    """Return prices (P, N) with the first in the rows before it, and the last in the rows after it.

    In column order, as all tables: sums round by the order, and that a holding will end changes no earlier one.
    """
    known = ~np.isnan(prices)
    rows, holdings = np.arange(len(prices))[:, None], np.arange(prices.shape[1])
    first, last = known.argmax(axis=0), len(prices) - 1 - known[::-1].argmax(axis=0)
    filled: FloatArray = prices[np.clip(rows, first, last), holdings]
    return np.asfortranarray(filled)


def _own_prices(
    prices: PriceTable, ended: IntArray | None, *, at_open: bool
) -> tuple[BoolArray | None, BoolArray | None]:
    """Return where trades, and where cash flows, are filled at a price of the session's own (P, N); None: everywhere.

    A holding that has ended is not waited for.
    """
    masks = []
    for mask in (prices.own_open if at_open else prices.own, prices.own):
        own = None if mask is None else mask[prices.first :]
        if own is not None and ended is not None:
            own = own | (np.arange(len(own))[:, None] > ended)
        masks.append(own)
    return masks[0], masks[1]
