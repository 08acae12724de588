"""The units and the cash between two events, and the trade from one set of weights to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from backtester.model.records import BacktestSpec, FloatArray
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.costs import trade_costs
from backtester.simulation.rebalance import rebalance

_ROUNDING = 1e-12
_NOISE, _MOST_NOISE = 1e-6, 1e-3  # of a count of shares, relative and in shares: prices in single precision


class Portfolio:
    """What is held since the last event: units (N,), cash, and the row of the period of that event."""

    def __init__(self, market: AccountingPrices, spec: BacktestSpec) -> None:
        self.market, self.spec = market, spec
        self.units, self.cash = np.zeros(market.close.shape[1]), spec.initial_capital
        self.row = 0

    def arrive(self, row: int) -> None:
        """Go on to the close of a session: the cash has its interest and dividends."""
        self.cash, self.row = float(self.cash_at(row)), row

    def cash_at(self, rows: int | slice) -> Any:
        """Return the cash at one close, or at several (L,), if nothing is traded before."""
        market = self.market
        cash = self.cash * market.interest[rows] / market.interest[self.row]
        if market.dividend is not None:
            cash = cash + (market.dividend[rows] - market.dividend[self.row]) @ self.units * market.interest[rows]
        return cash

    def weights(self, start: int, stop: int) -> FloatArray:
        """Return the weights (L, N) at the closes start to stop - 1, if nothing is traded before."""
        values = self.market.close[start:stop] * self.units
        weights: FloatArray = values / (values.sum(axis=1) + self.cash_at(slice(start, stop)))[:, None]
        return weights

    def weights_at(self, row: int, events: Iterable[tuple[int, FloatArray, float]]) -> FloatArray:
        """Return the weights (1, N) at a close, of what is held now unless a fill lags behind later events.

        events: row, units and cash of each, the last one first.
        """
        held: Portfolio = self
        if row < self.row and self.spec.lag_sessions:
            held = Portfolio(self.market, self.spec)
            held.row, held.units, held.cash = next(event for event in events if event[0] <= row)
        row = max(row, held.row)
        return held.weights(row, row + 1)

    def ratio(self) -> FloatArray | None:
        """Return the shares (N,) that a unit stands for on the session of the event; None: one."""
        return None if self.market.shares is None else self.market.shares[self.row]

    def shares(self, ratio: FloatArray) -> FloatArray:
        """Return the shares (N,) that are held, without what the prices' rounding adds to whole ones."""
        shares: FloatArray = self.units * ratio
        if not self.spec.whole_shares:
            return shares
        whole = np.rint(shares)
        return np.where((shares > whole) & (shares - whole <= share_noise(shares)), whole, shares)

    def move_to(self, weights: FloatArray, fill: FloatArray) -> bool:
        """Trade to the weights; False where the costs exceed the money."""
        equity = self.cash + float(self.units @ fill)
        ratio, costs = self.ratio(), self.spec.costs
        held, price, worth = self.units, fill, equity
        if ratio is not None:
            held, price = self.shares(ratio), fill / ratio
            worth = self.cash + float(held @ price)
        wanted = rebalance(held, worth, weights, price, costs, whole_shares=self.spec.whole_shares)
        if wanted is None:
            return False
        bought = wanted if ratio is None else np.where(wanted > 0, self.units + (wanted - held) / ratio, 0.0)
        traded = bought - self.units  # of the units: the last sale also sells what `shares` leaves out
        self.cash -= float(traded @ fill) + trade_costs(traded if ratio is None else traded * ratio, price, costs)
        self.units = self.units if wanted is held else bought
        self.cash = 0.0 if abs(self.cash) < _ROUNDING * equity else self.cash
        return True

    def pay_out_ended(self, row: int) -> float | None:
        """Pay out, at their last prices and without costs, the holdings that have ended; return the equity before it.

        None where nothing is paid.
        """
        ended = self.market.ended
        if ended is None:
            return None
        gone = (ended < row) & (self.units != 0)
        if not gone.any():
            return None
        self.arrive(row)
        fill = self.market.close[row]
        before = self.cash + float(self.units @ fill)
        self.cash += float(self.units[gone] @ fill[gone])
        self.units = np.where(gone, 0.0, self.units)
        return before

    def pay_fractions(self, row: int) -> float | None:
        """Pay the fractions of a share that the splits of a session leave, at its close; return the equity before it.

        None where nothing is paid.
        """
        ratios, split = self.market.shares, self.market.split
        if ratios is None or split is None:
            return None
        fill, ratio = self.market.close[row], ratios[row]
        shares = self.units * ratio
        whole = np.floor(shares + share_noise(shares))
        paid = (split[row] != 1) & (shares - whole > share_noise(shares))
        if not paid.any():
            return None
        self.arrive(row)
        before = self.cash + float(self.units @ fill)
        left = np.where(paid, whole / ratio, self.units)
        self.cash += float((self.units - left) @ fill)
        self.units = left
        return before


def share_noise(shares: FloatArray) -> FloatArray:
    """Return by how much counts of shares (N,) may differ from whole ones for the rounding of prices."""
    noise: FloatArray = np.minimum(_NOISE * shares, _MOST_NOISE)
    return noise
