"""The event-driven simulation: one event after the other, where a rebalance depends on the money of the one before.

For fixed, per-share and minimum commissions, whole shares, drift bands and cash flows. An event is a rebalance at the
schedule, one that a broken band causes, the investment of a cash flow, or, of whole shares, the payment of the
fractions that a split leaves.
"""

from __future__ import annotations

import numpy as np

from backtester.model.held import in_places
from backtester.model.records import (
    BAND,
    ENDED,
    FLOW,
    SCHEDULED,
    SPLIT,
    BacktestSpec,
    FloatArray,
    TargetWeights,
)
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.bands import outside
from backtester.simulation.cash_flows import CashFlowSchedule, cash_flow_schedule
from backtester.simulation.costs import trade_costs
from backtester.simulation.ledger_events import LedgerEvents
from backtester.simulation.portfolio import Portfolio
from backtester.simulation.waiting import Pending, Waiting, first_own

_ROUNDING = 1e-12
_LOOK = 128  # sessions that are searched at a time for a broken band


def simulate_event_driven(
    market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int
) -> LedgerEvents:
    """Return the events of the targets, the bands and the cash flows. first: row of the price table of session 0."""
    return _Simulation(market, targets, spec, first=first).events()


class _Simulation(Portfolio):
    """The state between two events: units, cash, the session of the last event, the targets in force, what waits."""

    def __init__(self, market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int) -> None:
        super().__init__(market, spec)
        self.targets, self.first = targets, first
        self.size = market.sessions.size
        self.lag = spec.fill_delay
        self.payments: CashFlowSchedule | None = None
        if spec.cash_flows:
            self.payments = cash_flow_schedule(spec.cash_flows, market.sessions, market.calendar)
        self.looked = 0  # bands have been checked at the closes before this row
        self.current = 0  # row of the targets in force
        self.waiting = Waiting(market, targets)
        self.flows = np.zeros(self.size)
        self.log: list[tuple[int, int, int, int, FloatArray, float, float, FloatArray]] = []
        self.skipped: list[int] = []
        self.depleted: int | None = None

    def events(self) -> LedgerEvents:
        """Simulate the period and return its events."""
        due = (self.targets.execution - self.first).tolist()
        paying = [] if self.payments is None else np.flatnonzero(self.payments.due).tolist()
        ending = [] if self.market.ended is None else sorted({row + 1 for row in self.market.ended.tolist()})
        splitting = self.market.splits() if self.spec.whole_shares else ()
        k = f = e = s = 0
        while self.depleted is None:
            scheduled, payment, end, split = (
                rows[at] if at < len(rows) else self.size
                for rows, at in ((due, k), (paying, f), (ending, e), (splitting, s))
            )
            ready = self.waiting.ready(self.units, self.row)
            until = min(scheduled, payment, end, split, ready)
            row, broken = self._broken_band(until, before=scheduled, paid=min(split, end))
            if broken is not None and row > until:  # something else comes before its fill
                self.waiting.become_due(Pending(BAND, self.current, broken + self.first, row))
                continue
            if row >= self.size:
                break
            e += row == end
            k += row == scheduled
            f += row == payment
            self._note_payment(row, ENDED, self.pay_out_ended(row))
            trades = broken is not None or row in (scheduled, payment, ready)
            if row == split and (self.market.open is None or not trades):  # at the close, after fills at the open
                self._note_payment(row, SPLIT, self.pay_fractions(row))
                s += 1
            if broken is not None:
                self.waiting.become_due(Pending(BAND, self.current, broken + self.first, row))
            elif row == scheduled:
                self._decide(k - 1, row)
            self._at(row, pays=row == payment)
        if self.depleted is None:
            self.waiting.end()
            if self.waiting.withdrawals:
                self._pay_from_cash()
        return self._finished()

    def _at(self, row: int, *, pays: bool) -> None:
        """Carry out on a session what is due and can be filled; a flow comes before a trade at the close."""
        waiting = self.waiting
        trades = waiting.rebalance_ready(self.units, self.row) == row
        if pays and not trades and first_own(self.market.own, row, self.units != 0) > row:
            self._hold_back(row)
            pays = False
        if trades:
            self._trade(row, pays=pays)
        elif pays or waiting.flow_ready(self.units, self.row) == row:
            self._pay(row, pays=pays)
        elif not self.log:  # the first purchase waits: the period begins in cash
            self._note(row, FLOW, row + self.first, self.cash, self.market.close[row])

    def _hold_back(self, row: int) -> None:
        """Have a flow wait for prices: a contribution lies in cash meanwhile, a withdrawal is paid later."""
        self.arrive(row)
        fill = self.market.close[row]
        before = self.cash + float(self.units @ fill)
        flow = 0.0 if self.payments is None else self.payments.at(row, before - self.waiting.uninvested)
        if not (self.waiting.uninvested or self.waiting.withdrawals):
            self.waiting.flow_due = row
        if flow < 0:
            self.waiting.withdrawals.append(row)
            return
        self.flows[row] = flow
        self.cash += flow
        self.waiting.uninvested += flow
        self._note(row, FLOW, row + self.first, before, fill)

    def _pay_from_cash(self) -> None:
        """Pay at the end of the period, as far as the cash goes, the withdrawals that still wait."""
        row = self.size - 1
        self.arrive(row)
        fill = self.market.close[row]
        before = self.cash + float(self.units @ fill)
        assert self.payments is not None
        paid = min(-sum(self.payments.at(due, before) for due in self.waiting.withdrawals), self.cash)
        if paid > 0:
            self.flows[row] -= paid
            self.cash -= paid
            self._note(row, FLOW, row + self.first, before, fill)

    def _broken_band(self, until: int, *, before: int, paid: int) -> tuple[int, int | None]:
        """Return the row of the next event, and the close at which a band was found broken if that causes it.

        until: row of the next event that is known; closes before it can cause one that is filled after it. before: row
        that a restoring rebalance must come before.
        paid: the next row on which fractions of shares, or what has ended, are paid; its close counts with what that
        leaves.
        """
        rules = self.spec.rebalancing
        if not rules.has_bands or rules.bands_checked != "daily" or not self.log or self.waiting.rebalance is not None:
            return until, None
        delay = min(self.lag, 1)  # a close on which something is filled counts with what that leaves
        last = min(until - delay, min(before, self.size) - 1 - self.lag, paid - 1)  # the last close that can cause one
        start = max(self.looked, self.row + (0 if self.log[-1][1] in (SPLIT, ENDED) else 1 - delay))
        target = self._targets_on(start, self.current)
        while start <= last:
            stop = min(start + _LOOK, last + 1)
            found = np.flatnonzero(outside(self.weights(start, stop), target, rules))
            if found.size:
                broken = start + int(found[0])
                self.looked = broken + 1
                return broken + self.lag, broken
            self.looked = start = stop
        return until, None

    def _targets_on(self, row: int, target: int) -> FloatArray:
        """Return target weights (N,) as they hold on a session: the others share the part of what has ended."""
        weights: FloatArray = self.targets.weights[target]
        if self.market.ended is None:
            return weights
        from backtester.model.weights import shared_out  # most runs do not need it

        on_row: FloatArray = shared_out(weights[None], (self.market.ended >= row)[None])[0]
        return on_row

    def _decide(self, k: int, row: int) -> None:
        """Have decision k become due, unless the bands that are checked with it hold."""
        decided = int(self.targets.decision[k])
        rules = self.spec.rebalancing
        if k and rules.has_bands and rules.bands_checked == "at_frequency" and self.waiting.rebalance is None:
            events = ((each[0], each[4], each[5]) for each in reversed(self.log))
            held, wanted = self.weights_at(decided - self.first, events), self._targets_on(row, k)
            same = ((held[0] > 0) == (wanted > 0)).all()  # a holding that enters or leaves is not drift
            if same and not outside(held, wanted, rules).any():
                self.current = k
                return
        self.waiting.become_due(Pending(SCHEDULED, k, decided, row))

    def _trade(self, row: int, *, pays: bool) -> None:
        """Carry out the pending rebalance; a flow of the same close comes before it, but after an open."""
        rebalance = self.waiting.take_rebalance(row)
        self.current = rebalance.target
        self.arrive(row)
        fill = self.market.fills(row)
        before = self.cash + float(self.units @ fill)
        at_close = self.market.open is None
        if at_close and not self._receive(row, before, pays=pays):
            return
        self.waiting.uninvested = 0.0  # the rebalance invests it with the rest
        if not self.move_to(self._targets_on(row, self.current), fill):
            if self.cash < 0:
                self._deplete(row, before, fill)
                return
            self.skipped.append(row)
        if rebalance.kind == SCHEDULED or self._changed() or self.flows[row]:
            self._note(row, rebalance.kind, rebalance.decided, before, fill)
        if pays and not at_close:
            self._at(row, pays=True)

    def _pay(self, row: int, *, pays: bool) -> None:
        """Invest or take out cash flows at the close, in proportion to the holdings. pays: one is due on this row."""
        self.arrive(row)
        fill = self.market.close[row]
        total = self.cash + float(self.units @ fill)
        before = total - self.waiting.uninvested
        held = self._held_weights(fill, before)
        if not self._receive(row, total, pays=pays):
            return
        before_trade = self.cash, self.units
        if not self.move_to(held, fill):
            if self.cash >= 0:
                self.skipped.append(row)
        elif self.cash + float(self.units @ fill) <= before < before_trade[0] + float(before_trade[1] @ fill):
            self.cash, self.units = before_trade  # investing it costs more than the flow: it stays in cash
        if self.cash < 0:
            self._deplete(row, total, fill)
        else:
            self._note(row, FLOW, row + self.first, total, fill)

    def _held_weights(self, fill: FloatArray, before: float) -> FloatArray:
        """Return the weights (N,) that a flow is invested or taken out by: those held.

        Whole shares leave remainders in cash. They are invested as soon as they suffice: the holdings make up as
        much of the money as the targets do.
        """
        values = self.units * fill
        if not self.spec.whole_shares:
            return values / before
        invested = float(values.sum())
        share = float(self._targets_on(self.row, self.current).sum())
        return values * (share / invested) if invested > 0 else values

    def _receive(self, row: int, total: float, *, pays: bool) -> bool:
        """Add the flow of a close, and the withdrawals that waited, to the cash; False where they take all the money.

        total: of the portfolio, contributions that wait in cash included; with a rebalance they are invested too.
        """
        flow = 0.0
        if self.payments is not None:
            due = [*self.waiting.withdrawals, *([row] if pays else [])]
            flow = sum(self.payments.at(one, total - self.waiting.uninvested) for one in due)
        if self.waiting.uninvested or self.waiting.withdrawals:
            self.waiting.note_flow(row)
        self.waiting.uninvested, self.waiting.withdrawals = 0.0, []
        if total + flow <= _ROUNDING * total:
            self._deplete(row, total, self.market.close[row])
            return False
        if flow:
            self.flows[row] += flow
            self.cash += flow
        return True

    def _deplete(self, row: int, before: float, fill: FloatArray) -> None:
        """Sell all holdings and pay the money out; the period ends here."""
        self.cash -= self.flows[row]
        self.waiting.rebalance = None
        ratio = self.ratio()
        sold, price = (self.units, fill) if ratio is None else (self.units * ratio, fill / ratio)
        proceeds = before - trade_costs(-sold, price, self.spec.costs)
        self.flows[row] = 0.0
        if proceeds > 0:  # else selling costs more than the proceeds: nothing is sold
            self.units, self.cash = np.zeros_like(self.units), 0.0
            self.flows[row] = -proceeds
        self.depleted = row
        self._note(row, FLOW, row + self.first, before, fill)

    def _changed(self) -> bool:
        return not self.log or self.log[-1][4] is not self.units

    def _note(self, row: int, kind: int, decided: int, before: float, fill: FloatArray) -> None:
        self.log.append((row, kind, self.current, decided, self.units, self.cash, before, fill))

    def _note_payment(self, row: int, kind: int, before: float | None) -> None:
        """Note what was paid out in cash without a trade; None: nothing was. before: the equity before it."""
        if before is not None:
            self._note(row, kind, row + self.first, before, self.market.close[row])

    def _finished(self) -> LedgerEvents:
        columns = list(zip(*self.log, strict=True))
        rows, kind, target, decision = (np.array(column, dtype=np.intp) for column in columns[:4])
        return LedgerEvents(
            execution=rows, kind=kind, target=target, decision=decision, held=in_places(np.array(columns[4])),
            cash=np.array(columns[5]), equity_before=np.array(columns[6]), fills=np.array(columns[7]),
            flows=self.flows if self.spec.cash_flows else None, skipped=tuple(self.skipped),
            delayed=tuple(self.waiting.delayed), depleted=self.depleted,
        )  # fmt: skip
