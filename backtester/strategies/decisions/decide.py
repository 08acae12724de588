"""Decides target weights from prices: schedule, look-back, and the strategy's own decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from backtester.model.codes import WARNING_CODES
from backtester.model.errors import InternalError, RunWarning
from backtester.model.record import Record
from backtester.model.records import (
    BacktestSpec,
    BoolArray,
    FloatArray,
    IntArray,
    PriceTable,
    Progress,
    TargetWeights,
)
from backtester.strategies.decisions.history import History
from backtester.strategies.decisions.schedule import schedule
from backtester.strategies.protocol import Decisions, Strategy

LONGEST_DETAIL = 1000  # characters of a warning, of an indicator's name
_ROUNDING = 1e-9
_PLUG_IN = "The author of the strategy has to correct it."
_MOST = 500  # indicators, and warnings


def decide_weights(
    strategy: Strategy, prices: PriceTable, spec: BacktestSpec, progress: Progress | None = None, *,
    entries: Collection[int] = (),
) -> TargetWeights:  # fmt: skip
    """Return the target weights of every rebalance. progress: called with the sessions that a slow one reached.

    entries: rows of the price table that are decided on beside the schedule's.

    Decisions whose look-back the history does not reach hold the request's own allocations, with a warning. Where a
    holding has no price yet, the others share its part.
    """
    dates = _Dates.of(strategy, prices, spec, progress, entries=entries)
    made = checked_decisions(
        strategy.decide(dates.history, dates.shares, spec.parameters), dates.history.shape, spec.strategy
    )
    unknown: BoolArray = np.asarray(np.isnan(made.weights).any(axis=1))  # a history that is too short
    warnings = [*made.warnings, *_unused_rules(strategy, prices, spec, dates.decision.size)]
    if unknown.any():
        warnings += _incomplete(prices, unknown)
    weights = _targets(made.weights, unknown, dates, prices, spec)
    return TargetWeights(
        decision=dates.decision, execution=dates.execution, weights=weights, scores=made.scores, seen=made.seen,
        trace=made.trace, warnings=tuple(warnings),
    )  # fmt: skip


def decide_each(
    strategy: Strategy, prices: PriceTable, spec: BacktestSpec, parameter_sets: list[dict[str, Any]]
) -> tuple[IntArray, IntArray, list[FloatArray]]:
    """Return decisions and executions (R,), and for each set of parameters the target weights (R, N).

    The sets have the rebalance_frequency of the spec. A strategy that offers `decide_each` shares among them what they
    have in common; the weights are those of `decide_weights` all the same.
    """
    dates = _Dates.of(strategy, prices, spec, None)
    each = getattr(strategy, "decide_each", None)
    if each is None:
        made = [strategy.decide(dates.history, dates.shares, parameters).weights for parameters in parameter_sets]
    else:
        made = each(dates.history, dates.shares, parameter_sets)
    weights = [_targets(one, np.asarray(np.isnan(one[:, 0])), dates, prices, spec) for one in made]
    return dates.decision, dates.execution, weights


class _Dates(Record):
    """The dates of the decisions, and what a strategy is given at them."""

    decision: IntArray  # (R,) rows of the price table
    execution: IntArray  # (R,)
    history: History
    shares: FloatArray  # (N,) the allocations, summing to 1 without the cash

    @classmethod
    def of(
        cls, strategy: Strategy, prices: PriceTable, spec: BacktestSpec, progress: Progress | None, *,
        entries: Collection[int] = (),
    ) -> _Dates:  # fmt: skip
        if _some_only(prices) and not strategy.HAS_SIGNAL:
            begun, ended = _first_rows(prices), _last_rows(prices) + 1
            also = {row for row in (*begun.tolist(), *ended.tolist()) if prices.first < row < prices.sessions.size}
            entries = also.union(entries)
        decision, execution = schedule(
            prices.sessions, prices.first, calendar=prices.calendar,
            frequency=spec.parameters["rebalance_frequency"], timing=spec.timing, signal=strategy.HAS_SIGNAL,
            offset=spec.rebalancing.offset_sessions, lag=spec.lag_sessions, entries=entries,
        )  # fmt: skip
        sessions = prices.sessions.size - prices.first

        def reached(row: int) -> None:
            if progress is not None:
                progress("simulating", max(int(decision[row]) - prices.first, 0), sessions)

        history = history_of(prices, spec, decision, reached=reached)
        return cls(decision=decision, execution=execution, history=history, shares=shares_of_invested(spec))


def history_of(
    prices: PriceTable, spec: BacktestSpec, decisions: IntArray, *, reached: Callable[[int], None] | None = None
) -> History:
    """Return what a strategy sees of the prices at decisions on the rows (R,)."""
    return History(
        sessions=prices.sessions, close=prices.close, decisions=decisions, symbols=prices.symbols,
        signals=prices.signal_close, partial=prices.partial_history, ended=prices.ended,
        periods_per_year=prices.calendar.periods_per_year, periods_given=spec.periods_per_year is not None,
        own=prices.own, signals_own=prices.signal_own, reached=reached,
    )  # fmt: skip


def shares_of_invested(spec: BacktestSpec) -> FloatArray:
    """Return the allocations (N,) as shares of what is not to lie in cash: they sum to 1."""
    invested, allocations = 1.0 - spec.cash_allocation, np.array(spec.allocations)
    return allocations / invested if invested > 0 else np.zeros_like(allocations)


def _targets(made: FloatArray, unknown: BoolArray, dates: _Dates, prices: PriceTable, spec: BacktestSpec) -> FloatArray:
    """Return the target weights (R, N) of a strategy's: beside the cash, and where it knew none the allocations."""
    weights = np.asarray(made, dtype=np.float64) * (1.0 - spec.cash_allocation)  # single precision would not add up
    if unknown.any():
        weights[unknown] = spec.allocations
    if _some_only(prices):
        from backtester.model.weights import shared_out  # most runs do not need it

        weights = shared_out(weights, _known_to_exist(prices, dates.decision, dates.execution))
    return weights


def _some_only(prices: PriceTable) -> bool:
    """Return whether somewhere only some holdings have a price."""
    return prices.partial_history or prices.ended is not None


def _unused_rules(
    strategy: Strategy, prices: PriceTable, spec: BacktestSpec, decisions: int
) -> Iterator[RunWarning]:  # fmt: skip
    """Yield NO_EFFECT for rules that say when to rebalance, where nothing is rebalanced after the first purchase."""
    rules, frequency = spec.rebalancing, spec.parameters["rebalance_frequency"]
    why = f"rebalance_frequency is {frequency}, and no rebalance after the first purchase falls into the period."
    if frequency == "never":
        why = "rebalance_frequency is never."
    if rules.has_bands and rules.bands_checked == "at_frequency" and decisions == 1:
        name = "absolute_band" if rules.relative_band is None else "relative_band"
        detail = f"The bands are checked at_frequency, and change nothing: {why} Set bands_checked to daily."
        yield RunWarning(code="NO_EFFECT", detail=detail, pointer=f"/rebalancing/{name}")
    if spec.lag_sessions and decisions == 1 and not (rules.has_bands and rules.bands_checked == "daily"):
        detail = f"The lag of {spec.lag_sessions} sessions changes nothing: {why}"
        yield RunWarning(code="NO_EFFECT", detail=detail, pointer="/execution/lag_sessions")
    if rules.offset_sessions and (frequency == "never" or decisions == 1):
        ends, _ = schedule(
            prices.sessions, prices.first, calendar=prices.calendar, frequency=frequency, timing=spec.timing,
            signal=strategy.HAS_SIGNAL,
        )  # fmt: skip
        if ends.size == 1:
            detail = f"The offset of {rules.offset_sessions} sessions changes nothing: {why}"
            yield RunWarning(code="NO_EFFECT", detail=detail, pointer="/rebalancing/offset_sessions")


def _first_rows(prices: PriceTable) -> IntArray:
    """Return the row (N,) of each holding's first price."""
    rows: IntArray = (~np.isnan(prices.close)).argmax(axis=0)
    return rows


def _last_rows(prices: PriceTable) -> IntArray:
    """Return the row (N,) of each holding's last price, T where it does not end."""
    return np.full(len(prices.symbols), prices.sessions.size) if prices.ended is None else prices.ended


def holdings_at_hand(prices: PriceTable, targets: TargetWeights) -> BoolArray | None:
    """Mark the holdings (R, N) that each decision could hold; None: all of them, always."""
    return _known_to_exist(prices, targets.decision, targets.execution) if _some_only(prices) else None


def _known_to_exist(prices: PriceTable, decision: IntArray, execution: IntArray) -> BoolArray:
    """Mark the holdings (R, N) that each decision may hold: their first close is at hand, and they have not ended.

    Where none is known yet, those that have a price on the period's first session, which begins with it.
    """
    exists: BoolArray = execution[:, None] <= _last_rows(prices)
    if prices.partial_history:
        first = _first_rows(prices)
        known = first <= decision[:, None]
        exists &= np.where(known.any(axis=1, keepdims=True), known, first <= prices.first)
    return exists


def checked_decisions(made: Decisions, shape: tuple[int, int], strategy: str) -> Decisions:
    """Return the decisions of a strategy; InternalError where they are not what `Decisions` says of R and N."""
    refused: Callable[[str], InternalError] = lambda what: InternalError(  # noqa: E731
        "INTERNAL", f"The strategy {strategy} returned {what}.", remedy=_PLUG_IN
    )
    if not _is_array(made.weights, shape):
        raise refused(f"no array of weights of the shape {shape}")
    unknown = np.isnan(made.weights).any(axis=1)  # a row of NaN: the history is too short
    known = made.weights[~unknown] if unknown.any() else made.weights
    if (known < 0).any() or not (known.sum(axis=1) <= 1 + _ROUNDING).all():
        raise refused("weights below 0, or a row that sums to more than 1")
    if made.scores is not None and not _is_array(made.scores, shape):
        raise refused(f"scores that are no array of the shape {shape}")
    if not isinstance(made.seen, dict) or len(made.seen) > _MOST:
        raise refused(f"no dictionary of at most {_MOST} indicators")
    for name, values in made.seen.items():
        if not _is_text(name) or not _is_array(values, shape, shape[:1]) or np.isinf(values).any():
            raise refused(f"an indicator that is no array of the shape {shape} or {shape[:1]} with a name")
    if not isinstance(made.warnings, tuple) or len(made.warnings) > _MOST or not all(map(_is_warning, made.warnings)):
        raise refused(f"no tuple of at most {_MOST} warnings with codes that are known")
    return made


def _is_array(values: Any, *shapes: tuple[int, ...]) -> bool:
    return isinstance(values, np.ndarray) and values.shape in shapes and values.dtype.kind in "fiu"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_DETAIL


def _is_warning(warning: RunWarning) -> bool:
    texts = (warning.code, warning.detail, warning.pointer or "", warning.symbol or "")
    return all(map(_is_text, texts)) and warning.code in WARNING_CODES


def _incomplete(prices: PriceTable, unknown: BoolArray) -> Iterator[RunWarning]:
    """Yield a warning for the decisions (R,) that could not be made: the first ones, and those after a signal ended."""
    total, lacking = unknown.size, int(unknown.sum())
    count = total if lacking == total else int((~unknown).argmax())
    instead = "The holdings' own allocations were held instead."
    if count:
        first = "the first decision" if count == 1 else f"the first {count} of {total} decisions"
        until = f"at {'every decision of the period' if count == total else first}"
        detail = f"The prices begin on {prices.sessions[0]}, too late for the look-back {until}. {instead}"
        yield RunWarning(code="WARM_UP_INCOMPLETE", detail=detail, pointer="/parameters")
    if lacking > count:
        times = "1 decision" if lacking - count == 1 else f"{lacking - count} of {total} decisions"
        detail = f"The prices that the signal is made of had ended at {times}. {instead}"
        yield RunWarning(code="HOLDING_ENDED", detail=detail, pointer="/parameters")
