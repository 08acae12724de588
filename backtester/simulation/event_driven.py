"""The event-driven simulation: one event after the other, where a rebalance depends on the money of the one before.

For fixed, per-share and minimum commissions, whole shares, drift bands and cash flows. An event is a rebalance at the
schedule, one that a broken band causes, or the investment of a cash flow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.records import BAND, FLOW, SCHEDULED, BacktestSpec, FloatArray, TargetWeights
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.bands import outside
from backtester.simulation.cash_flows import CashFlowSchedule, cash_flow_schedule
from backtester.simulation.costs import trade_costs
from backtester.simulation.ledger_events import LedgerEvents
from backtester.simulation.rebalance import rebalance

_ROUNDING = 1e-12
_LOOK = 128  # sessions that are searched at a time for a broken band


def simulate_event_driven(
    market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int
) -> LedgerEvents:
    """Return the events of the targets, the bands and the cash flows. first: row of the price table of session 0."""
    return _Simulation(market, targets, spec, first=first).events()


class _Simulation:
    """The state between two events: units, cash, the session of the last event, and the targets in force."""

    def __init__(self, market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int) -> None:
        self.market, self.targets, self.spec, self.first = market, targets, spec, first
        self.size = market.sessions.size
        self.lag = 0 if spec.timing == "same_close" else 1
        self.payments: CashFlowSchedule | None = None
        if spec.cash_flows:
            self.payments = cash_flow_schedule(spec.cash_flows, market.sessions, market.calendar)
        self.units, self.cash = np.zeros(market.close.shape[1]), spec.initial_capital
        self.row = 0  # of the last event
        self.looked = 0  # bands have been checked at the closes before this row
        self.current = 0  # row of the targets in force
        self.flows = np.zeros(self.size)
        self.log: list[tuple[int, int, int, int, FloatArray, float, float, FloatArray]] = []
        self.skipped: list[int] = []
        self.depleted: int | None = None

    def events(self) -> LedgerEvents:
        """Simulate the period and return its events."""
        due = (self.targets.execution - self.first).tolist()
        paying = [] if self.payments is None else np.flatnonzero(self.payments.due).tolist()
        k = f = 0
        while self.depleted is None:
            scheduled = due[k] if k < len(due) else self.size
            payment = paying[f] if f < len(paying) else self.size
            row, broken = self._broken_band(min(scheduled, payment), before=scheduled)
            if row == self.size:
                break
            pays = row == payment
            f += pays
            if broken is not None:
                self._restore(row, broken, pays=pays)
            elif row == scheduled:
                self._decide(k, row, pays=pays)
                k += 1
            else:
                self._pay(row)
        return self._finished()

    def _broken_band(self, until: int, *, before: int) -> tuple[int, int | None]:
        """Return the row of the next event, and the close at which a band was found broken if that causes it.

        until: row of the next event that is known. before: row that a restoring rebalance must come before.
        """
        rules = self.spec.rebalancing
        if not rules.has_bands or rules.bands_checked != "daily" or not self.log:
            return until, None
        target = self.targets.weights[self.current]
        last = min(until, before - 1, self.size - 1) - self.lag  # the last close that can cause one
        start = max(self.looked, self.row + 1 - self.lag)
        while start <= last:
            stop = min(start + _LOOK, last + 1)
            found = np.flatnonzero(outside(self._weights(start, stop), target, rules))
            if found.size:
                broken = start + int(found[0])
                self.looked = broken + 1
                return broken + self.lag, broken
            self.looked = start = stop
        return until, None

    def _weights(self, start: int, stop: int) -> FloatArray:
        """Return the weights (L, N) at the closes start to stop - 1, if nothing is traded before."""
        values = self.market.close[start:stop] * self.units
        weights: FloatArray = values / (values.sum(axis=1) + self._cash_at(slice(start, stop)))[:, None]
        return weights

    def _cash_at(self, rows: int | slice) -> Any:
        """Return the cash at one close, or at several (L,), if nothing is traded before."""
        market = self.market
        cash = self.cash * market.interest[rows] / market.interest[self.row]
        if market.dividend is not None:
            cash = cash + (market.dividend[rows] - market.dividend[self.row]) @ self.units * market.interest[rows]
        return cash

    def _arrive(self, row: int) -> None:
        self.cash, self.row = float(self._cash_at(row)), row

    def _decide(self, k: int, row: int, *, pays: bool) -> None:
        """Carry out decision k."""
        self.current = k
        decided = int(self.targets.decision[k])
        rules = self.spec.rebalancing
        if k and rules.has_bands and rules.bands_checked == "at_frequency":
            seen = max(decided - self.first, self.row)
            held, wanted = self._weights(seen, seen + 1), self.targets.weights[k]
            same = ((held[0] > 0) == (wanted > 0)).all()  # a holding that enters or leaves is not drift
            if same and not outside(held, wanted, rules).any():
                if pays:
                    self._pay(row)
                return
        self._trade(row, SCHEDULED, decided, pays=pays)

    def _restore(self, row: int, broken: int, *, pays: bool) -> None:
        """Return to the targets in force, which a band broken at that close asks for."""
        self._trade(row, BAND, broken + self.first, pays=pays)

    def _trade(self, row: int, kind: int, decided: int, *, pays: bool) -> None:
        """Rebalance to the targets in force; a flow of the same close comes before it, but after an open."""
        self._arrive(row)
        fill = self.market.fills(row)
        before = self.cash + float(self.units @ fill)
        if pays and self.market.open is None and not self._receive(row, before):
            return
        if not self._move_to(self.targets.weights[self.current], fill):
            if self.cash < 0:
                self._deplete(row, before, fill)
                return
            self.skipped.append(row)
        if kind == SCHEDULED or self._changed() or self.flows[row]:
            self._note(row, kind, decided, before, fill)
        if pays and self.market.open is not None:
            self._pay(row)

    def _pay(self, row: int) -> None:
        """Invest or take out a cash flow at the close, in proportion to the holdings."""
        self._arrive(row)
        fill = self.market.close[row]
        before = self.cash + float(self.units @ fill)
        held = self._held_weights(fill, before)
        if not self._receive(row, before):
            return
        before_trade = self.cash, self.units
        if not self._move_to(held, fill):
            if self.cash >= 0:
                self.skipped.append(row)
        elif self.cash + float(self.units @ fill) <= before < before + self.flows[row]:
            self.cash, self.units = before_trade  # investing it costs more than the flow: it stays in cash
        if self.cash < 0:
            self._deplete(row, before, fill)
        else:
            self._note(row, FLOW, row + self.first, before, fill)

    def _held_weights(self, fill: FloatArray, before: float) -> FloatArray:
        """Return the weights (N,) that a flow is invested or taken out by: those held.

        Whole shares leave remainders in cash. They are invested as soon as they suffice: the holdings make up as
        much of the money as the targets do.
        """
        values = self.units * fill
        if not self.spec.whole_shares:
            return values / before
        invested = float(values.sum())
        share = float(self.targets.weights[self.current].sum())
        return values * (share / invested) if invested > 0 else values

    def _receive(self, row: int, before: float) -> bool:
        """Add the flow of a close to the cash; False where it takes all the money."""
        flow = 0.0 if self.payments is None else self.payments.at(row, before)
        if before + flow <= _ROUNDING * before:
            self._deplete(row, before, self.market.close[row])
            return False
        self.flows[row] = flow
        self.cash += flow
        return True

    def _deplete(self, row: int, before: float, fill: FloatArray) -> None:
        """Sell all holdings and pay the money out; the period ends here."""
        self.cash -= self.flows[row]
        proceeds = before - trade_costs(-self.units, fill, self.spec.costs)
        self.flows[row] = 0.0
        if proceeds > 0:  # else selling costs more than the proceeds: nothing is sold
            self.units, self.cash = np.zeros_like(self.units), 0.0
            self.flows[row] = -proceeds
        self.depleted = row
        self._note(row, FLOW, row + self.first, before, fill)

    def _move_to(self, weights: FloatArray, fill: FloatArray) -> bool:
        """Trade to the weights; False where the costs exceed the money."""
        equity = self.cash + float(self.units @ fill)
        costs = self.spec.costs
        bought = rebalance(self.units, equity, weights, fill, costs, whole_shares=self.spec.whole_shares)
        if bought is None:
            return False
        self.cash -= float((bought - self.units) @ fill) + trade_costs(bought - self.units, fill, costs)
        self.units = bought
        self.cash = 0.0 if abs(self.cash) < _ROUNDING * equity else self.cash
        return True

    def _changed(self) -> bool:
        return not self.log or self.log[-1][4] is not self.units

    def _note(self, row: int, kind: int, decided: int, before: float, fill: FloatArray) -> None:
        self.log.append((row, kind, self.current, decided, self.units, self.cash, before, fill))

    def _finished(self) -> LedgerEvents:
        columns = list(zip(*self.log, strict=True))
        rows, kind, target, decision = (np.array(column, dtype=np.intp) for column in columns[:4])
        return LedgerEvents(
            execution=rows, kind=kind, target=target, decision=decision, units=np.array(columns[4]),
            cash=np.array(columns[5]), equity_before=np.array(columns[6]), fills=np.array(columns[7]),
            flows=self.flows if self.spec.cash_flows else None, skipped=tuple(self.skipped), depleted=self.depleted,
        )  # fmt: skip
