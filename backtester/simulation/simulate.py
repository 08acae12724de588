"""Simulates target weights to a ledger: equity, cash and units on every session, and every trade.

Where every cost is in proportion to the value traded, shares are fractional, and there are neither bands nor cash
flows, a rebalance leaves the same fraction of any amount of money, and all rebalances are solved at once
(`vectorised`). Otherwise they are simulated one after the other (`event_driven`). A test compares the two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.errors import RunWarning, invalid_at
from backtester.model.held import Held, changes
from backtester.model.records import FLOW, BacktestSpec, FloatArray, IntArray, Ledger, PriceTable, TargetWeights
from backtester.simulation.accounting import AccountingPrices, accounting_prices
from backtester.simulation.costs import NO_TRADE, commissions, fill_prices, is_proportional
from backtester.simulation.ledger_events import LedgerEvents
from backtester.simulation.vectorised import simulate_vectorised

_RARE = 1000  # prices from event to event
_NOTHING = 1e-12  # of the initial capital: what rounding leaves in cash earns no interest


def simulate(prices: PriceTable, targets: TargetWeights, spec: BacktestSpec) -> Ledger:
    """Carry out the targets. The period is prices.first to the last session, or to the withdrawal of the last money.

    Units do not change between events. RequestError where the value leaves the range of a double.
    """
    market = accounting_prices(prices, spec)
    events = _solve(market, targets, spec, first=prices.first)
    size = market.sessions.size if events.depleted is None else events.depleted + 1
    segment = np.repeat(np.arange(events.execution.size), np.diff(np.concatenate([events.execution, [size]])))
    cash, dividends, dividends_paid = _cash(market, events, segment)
    equity = position_values(events.held, market.close[:size], segment) + cash
    alive = equity if events.depleted is None else equity[:-1]
    if not (np.isfinite(equity).all() and (alive > 0).all() and equity[-1] >= 0):
        detail = "The prices move the portfolio's value beyond the range of a double."
        raise invalid_at("/data", "OUT_OF_RANGE", detail)
    interest = np.zeros(size)
    if spec.cash_annual_rate:
        interest[1:] = cash[:-1] * (market.interest[1:size] / market.interest[: size - 1] - 1)
    return Ledger(
        sessions=market.sessions[:size], equity=equity, cash=cash, price=market.close[:size],
        execution=events.execution, kind=events.kind, target=events.target, decision=events.decision,
        held=events.held, **_trades(market, events, spec), equity_before=events.equity_before,
        expense_paid=_expense_paid(market, events.held, segment),
        interest=interest, dividends=dividends, dividends_paid=dividends_paid,
        shares=None if market.shares is None else market.shares[:size],
        flows=None if events.flows is None else events.flows[:size],
        warnings=(
            *_never_due(market, spec), *_no_interest(interest, market, spec),
            *_warnings(market, events, equity, spec.symbols),
        ),
    )  # fmt: skip


def _solve(market: AccountingPrices, targets: TargetWeights, spec: BacktestSpec, *, first: int) -> LedgerEvents:
    if (
        is_proportional(spec.costs)
        and _fills_when_due(market, targets, first)
        and not (spec.whole_shares or spec.cash_flows or spec.rebalancing.has_bands)
    ):
        return simulate_vectorised(market, targets, spec, first=first)
    from backtester.simulation.event_driven import (
        simulate_event_driven,  # most runs do not need it
    )

    return simulate_event_driven(market, targets, spec, first=first)


def _fills_when_due(market: AccountingPrices, targets: TargetWeights, first: int) -> bool:
    """Return whether every rebalance finds a price of its own for all that it trades, and no holding ends."""
    if market.fillable is None or market.ended is not None:
        return market.ended is None
    wanted = targets.weights > 0
    held = np.zeros_like(wanted)
    held[1:] = wanted[:-1]
    return bool((market.fillable[targets.execution - first] | ~(wanted | held)).all())


def _cash(
    market: AccountingPrices, events: LedgerEvents, segment: IntArray
) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
    """Return the cash (P,) after each session, the dividends paid on it (P,), and those of each holding (N,)."""
    interest = market.interest[: segment.size]
    cash = events.cash[segment] * (interest / interest[events.execution][segment])
    if market.dividend is None:
        return cash, None, None
    # the units held overnight receive the dividend
    overnight, rows, held = np.concatenate([[0], segment[:-1]]), np.arange(segment.size), events.held
    until = held.of(overnight).pick(market.dividend, rows)
    before = held.of(overnight[1:]).pick(market.dividend, rows[:-1])
    each = until - np.concatenate([np.zeros((1, until.shape[1])), before])
    paid = each * interest[:, None] * held.amounts[overnight]
    since = np.cumsum((paid / interest[:, None]).sum(axis=1))
    cash = cash + (since - since[events.execution][segment]) * interest
    return cash, paid.sum(axis=1), held.by_holding(paid, overnight)


def position_values(held: Held, close: FloatArray, segment: IntArray) -> FloatArray:
    """Return Σ units × price (P,). held: E events, close: (P, N), segment: (P,) which event.

    Where few of many holdings are held at a time, only those are gathered. Where
    events are rare, the sessions between two of them are one product.
    """
    few, index = held.amounts, held.holdings
    if index is None:
        units = few
        used = units != 0
        width = max(int(used.sum(axis=1).max()), 1)
        if 2 * width > units.shape[1]:
            if _RARE * len(units) > close.size:
                dense: FloatArray = np.einsum("tn,tn->t", close, units[segment])
                return dense
            edges = np.searchsorted(segment, np.arange(len(units) + 1)).tolist()
            return np.concatenate([close[edges[e] : edges[e + 1]] @ units[e] for e in range(len(units))])
        index = np.argsort(~used, axis=1, kind="stable")[:, :width]
        few = np.take_along_axis(units, index, axis=1)
    gathered = close[np.arange(close.shape[0])[:, None], index[segment]]
    sparse: FloatArray = np.einsum("tk,tk->t", gathered, few[segment])
    return sparse


def _changed(
    market: AccountingPrices, events: LedgerEvents
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:  # fmt: skip
    """Return the event, the holding, the change of its units and the price of each trade (K,)."""
    least = NO_TRADE * events.equity_before
    if events.held.holdings is None:
        units = events.held.amounts
        fills = market.fill[events.execution] if events.fills is None else events.fills
        change = np.diff(units, axis=0, prepend=np.zeros((1, units.shape[1])))
        event, holding = np.nonzero(np.abs(change) * fills > least[:, None])
        return event, holding, change[event, holding], fills[event, holding]
    found = changes(events.held, events.held.amounts[:-1])
    moved, event, holding = found.after - found.before, found.event, found.holding
    price = market.fill[events.execution[event], holding] if events.fills is None else events.fills[event, holding]
    traded = np.abs(moved) * price > least[event]
    return event[traded], holding[traded], moved[traded], price[traded]


def _trades(market: AccountingPrices, events: LedgerEvents, spec: BacktestSpec) -> dict[str, Any]:
    """Return the ledger's trade columns, ordered by event and then by holding; fractions of splits cost nothing."""
    event, holding, traded, price = _changed(market, events)
    fill = fill_prices(traded, price, spec.costs)
    slippage = np.abs(traded) * price * spec.costs.slippage_bps / 1e4
    ratio = 1.0 if market.shares is None else market.shares[events.execution[event], holding]
    commission = commissions(traded * ratio, fill / ratio, spec.costs)
    paid = events.kind[event] > FLOW  # in cash, not traded
    if paid.any():
        fill = np.where(paid, price, fill)
        slippage, commission = np.where(paid, 0.0, slippage), np.where(paid, 0.0, commission)
    return {
        "trade_event": event, "trade_holding": holding, "trade_units": traded, "trade_price": fill,
        "trade_commission": commission, "trade_slippage": slippage,
    }  # fmt: skip


def _expense_paid(market: AccountingPrices, held: Held, segment: IntArray) -> FloatArray:
    """Return the expenses (N,) of the expense ratios: each session's share of the value held overnight."""
    if market.fee is None:
        return np.zeros(held.count)
    left = market.fee[1 : segment.size] / market.fee[: segment.size - 1]  # (P - 1, N or 1)
    overnight, rows = segment[:-1], np.arange(segment.size - 1)
    if held.holdings is None:
        close = market.close[1 : segment.size]
        paid: FloatArray = np.einsum("tn,tn,tn->n", close, held.amounts[overnight], 1 / left - 1)
        return paid
    of = held.of(overnight)
    share = 1 / (left if left.shape[1] == 1 else of.pick(left, rows)) - 1
    return held.by_holding(of.pick(market.close, rows + 1) * of.amounts * share, overnight)


def _never_due(market: AccountingPrices, spec: BacktestSpec) -> tuple[RunWarning, ...]:
    """Return NO_EFFECT for each cash flow that is due on no session of the period, or before it grows."""
    if not spec.cash_flows:
        return ()
    from backtester.simulation.cash_flows import cash_flow_schedule, full_years  # most runs do not need it

    first, last = market.sessions[[0, -1]]
    warnings = []
    for number, flow in enumerate(spec.cash_flows):
        kind = "contribution" if flow.sign > 0 else "withdrawal"
        due = cash_flow_schedule((flow,), market.sessions, market.calendar).due
        if due.any():
            if flow.growth_rate and not full_years(market.sessions)[due].any():
                pointer = f"/cash_flows/{number}/growth_rate"
                detail = f"{pointer} changes nothing. No {kind} is due a full year after {first} or later."
                warnings.append(RunWarning(code="NO_EFFECT", detail=detail, pointer=pointer))
            continue
        dates = (("from", flow.start_date), ("to", flow.end_date))
        when = " ".join([flow.frequency, *(f"{word} {date}" for word, date in dates if date is not None)])
        detail = f"The {kind} ({when}) is never due from {first} to {last}. Change its dates or its frequency."
        warnings.append(RunWarning(code="NO_EFFECT", detail=detail, pointer=f"/cash_flows/{number}"))
    return tuple(warnings)


def _no_interest(interest: FloatArray, market: AccountingPrices, spec: BacktestSpec) -> tuple[RunWarning, ...]:
    """Return NO_EFFECT where cash earns a rate and no target, remainder or dividend ever is in cash."""
    may_hold_cash = spec.strategy != "buy_hold" or spec.whole_shares or spec.dividends_to_cash
    if not spec.cash_annual_rate or may_hold_cash or np.abs(interest).max() > _NOTHING * spec.initial_capital:
        return ()
    first, last = market.sessions[[0, -1]]
    detail = f"/cash/annual_rate changes nothing. No money lay in cash overnight from {first} to {last}."
    return (RunWarning(code="NO_EFFECT", detail=detail, pointer="/cash/annual_rate"),)


def _warnings(
    market: AccountingPrices, events: LedgerEvents, equity: FloatArray, symbols: tuple[str, ...]
) -> tuple[RunWarning, ...]:
    warnings = []
    lost = np.flatnonzero(equity <= (0.0 if events.flows is None else events.flows[: equity.size]))
    if lost.size and events.depleted != lost[0]:
        detail = (
            f"Investing the cash flow of {market.sessions[lost[0]]} cost more than the portfolio was worth before it. "
            "The time-weighted value is 0 from then on."
        )
        warnings.append(RunWarning(code="FLOW_COSTS_EXCEED_VALUE", detail=detail, pointer="/costs"))
    if events.skipped:
        first, count = market.sessions[events.skipped[0]], len(events.skipped)
        rebalances = "1 rebalance" if count == 1 else f"{count} rebalances"
        detail = f"{rebalances} (first on {first}) would have cost more than the equity. Nothing was traded then."
        warnings.append(RunWarning(code="REBALANCE_SKIPPED", detail=detail, pointer="/costs"))
    if events.depleted is not None:
        last = market.sessions[events.depleted]
        detail = f"The withdrawal of {last} took the last of the money. The period ends there."
        warnings.append(RunWarning(code="PORTFOLIO_DEPLETED", detail=detail, pointer="/cash_flows"))
    if events.delayed:
        warnings.append(_delay_warning(market, events.delayed, symbols))
    return tuple(warnings)


def _delay_warning(
    market: AccountingPrices, delayed: tuple[tuple[int, int, int], ...], symbols: tuple[str, ...]
) -> RunWarning:
    due, filled, holding = delayed[0]
    count = "1 rebalance or cash flow" if len(delayed) == 1 else f"{len(delayed)} rebalances or cash flows"
    waited = (
        "gave way to a newer decision or to the end"
        if filled >= market.sessions.size
        else f"was filled on {market.sessions[filled]}"
    )
    reason = f", because {symbols[holding]} had no price of its own" if holding >= 0 else ""
    detail = f"{count} waited for prices. The first was due on {market.sessions[due]} and {waited}{reason}."
    return RunWarning(code="EXECUTION_DELAYED", detail=detail, pointer="/execution")
