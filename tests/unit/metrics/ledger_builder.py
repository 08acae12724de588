"""Builds ledgers session by session, for the tests of what is measured on them."""

from __future__ import annotations

import numpy as np

from backtester.model.held import in_places
from backtester.model.records import FLOW, SCHEDULED, Ledger

INITIAL = 1000.0


def days(size: int, first: str = "2024-01-01") -> np.ndarray:
    """Return weekdays (size,), from the first on or after `first`."""
    return np.busday_offset(np.datetime64(first, "D"), np.arange(size), roll="forward").astype("datetime64[D]")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


class LedgerBuilder:
    """The money as it comes and goes. Prices (P, N); cash earns `rate` a session; dividends are shares of the price."""

    def __init__(self, prices, *, initial: float = INITIAL, rate: float = 0.0, dividend=None, sessions=None) -> None:
        self.price = np.array(prices, dtype=np.float64)
        self.size, self.count = self.price.shape
        self.sessions = days(self.size) if sessions is None else sessions
        self.initial, self.rate = initial, rate
        self.dividend = None if dividend is None else np.array(dividend, dtype=np.float64)
        self.events: list[tuple[int, int, dict[int, tuple[float, float, float]], float]] = []

    def trade(self, row: int, trades: dict[int, tuple], *, flow: float = 0.0) -> LedgerBuilder:
        """Note trades by holding: (units, fill price[, commission])."""
        full = {n: (units, fill, rest[0] if rest else 0.0) for n, (units, fill, *rest) in trades.items()}
        self.events.append((row, FLOW if flow else SCHEDULED, full, flow))
        return self

    def ledger(self) -> Ledger:
        cash, units = self.initial, np.zeros(self.count)
        held, lines, before = [], [], []
        columns = {name: np.zeros(self.size) for name in ("equity", "cash", "interest", "dividends", "flows")}
        by_holding = np.zeros(self.count)
        for row in range(self.size):
            if row:
                columns["interest"][row] = cash * self.rate
                cash += cash * self.rate
                if self.dividend is not None:
                    paid = units * self.dividend[row] * self.price[row - 1]
                    by_holding += paid
                    columns["dividends"][row] = paid.sum()
                    cash += paid.sum()
            for at, _, trades, flow in self.events:
                if at != row:
                    continue
                before.append(cash + units @ self.price[row])
                columns["flows"][row] += flow
                cash += flow
                for n, (amount, fill, commission) in sorted(trades.items()):
                    units[n] += amount
                    cash -= amount * fill + commission
                    lines.append((len(held), n, amount, fill, commission, abs(fill - self.price[row, n]) * abs(amount)))
                held.append(units.copy())
            columns["cash"][row] = cash
            columns["equity"][row] = cash + units @ self.price[row]
        return self._ledger(columns, by_holding, held, lines, before)

    def _ledger(self, columns, by_holding, held, lines, before) -> Ledger:
        rows = np.array([row for row, *_ in self.events], dtype=np.intp)
        of = [*zip(*lines, strict=True)] or [()] * 6
        whole = [np.array(values, dtype=np.intp) for values in of[:2]]
        money = [np.array(values, dtype=np.float64) for values in of[2:]]
        return Ledger(
            sessions=self.sessions, equity=columns["equity"], cash=columns["cash"], price=self.price, execution=rows,
            kind=np.array([kind for _, kind, *_ in self.events], dtype=np.intp), target=np.zeros_like(rows),
            decision=rows, held=in_places(np.array(held).reshape(len(held), self.count)),
            trade_event=whole[0], trade_holding=whole[1], trade_units=money[0], trade_price=money[1],
            trade_commission=money[2], trade_slippage=money[3], equity_before=np.array(before),
            expense_paid=np.zeros(self.count), interest=columns["interest"],
            dividends=None if self.dividend is None else columns["dividends"],
            dividends_paid=None if self.dividend is None else by_holding,
            flows=columns["flows"] if columns["flows"].any() else None,
        )  # fmt: skip


def returns_of(ledger: Ledger, initial: float = INITIAL) -> np.ndarray:
    """Return the time-weighted returns (P,): flows come at the close."""
    flows = 0.0 if ledger.flows is None else ledger.flows
    return (ledger.equity - flows) / np.concatenate([[initial], ledger.equity[:-1]]) - 1


def busy_ledger(*, holdings: int, held: int, size: int = 120, seed: int = 0) -> LedgerBuilder:
    """Return a ledger with everything in it: costs, slippage, dividends, interest, flows, two events on one session."""
    random = np.random.default_rng(seed)
    price = 50 * np.exp(np.cumsum(random.normal(0.0005, 0.015, (size, holdings)), axis=0))
    dividend = np.where(random.random((size, holdings)) < 0.02, 0.01, 0.0)
    builder = LedgerBuilder(price, rate=1e-4, dividend=dividend)
    now = np.zeros(holdings)
    for row in range(0, size, 10):
        wanted = np.zeros(holdings)
        chosen = random.permutation(holdings)[:held]
        wanted[chosen] = random.uniform(0.5, 0.9, held) * INITIAL / held / price[row, chosen]
        change = wanted - now
        fill = price[row] * random.uniform(0.99, 1.01, holdings)
        builder.trade(row, {int(n): (change[n], fill[n], 0.3) for n in np.flatnonzero(change)})
        if row % 30 == 20:
            builder.trade(row, {int(n): (0.1, price[row, n] * 1.001, 0.1) for n in chosen}, flow=100.0 - row)
            wanted[chosen] += 0.1
        now = wanted
    return builder
