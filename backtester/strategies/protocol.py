"""The interface of a strategy: two functions and a flag, of a module or of a plug-in object.

A strategy is given a `History`, never the price table, so it cannot use later prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from backtester.model.errors import RunWarning
from backtester.model.record import Record
from backtester.model.records import FloatArray, WarmUp

if TYPE_CHECKING:
    from backtester.model.decision_trace import RuleTrace
    from backtester.strategies.decisions.history import History


class Decisions(Record):
    """The decisions of a strategy at each of R decision dates."""

    weights: FloatArray  # (R, N) >= 0, rows sum to at most 1 (the rest is cash); a row of NaN: history too short
    scores: FloatArray | None = None  # (R, N) of the ranking; NaN: not ranked
    seen: dict[str, FloatArray] = {}  # noqa: RUF012  indicators by name: (R, N), or (R,) of the whole
    warnings: tuple[RunWarning, ...] = ()
    trace: RuleTrace | None = None  # of a tree of rules


class Strategy(Protocol):
    """A strategy. Decisions must depend on nothing but the arguments."""

    @property
    def HAS_SIGNAL(self) -> bool:  # noqa: N802  a module constant where the strategy is a module
        """Whether decisions use prices; False: the first decision is taken on the first session itself."""
        ...

    def warm_up(self, parameters: dict[str, Any]) -> WarmUp:
        """Return the history that a decision needs. RequestError for parameters that exclude each other."""
        ...

    def decide(self, history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
        """Decide at every decision date at once. allocations: (N,) the request's, summing to 1 without the cash."""
        ...
