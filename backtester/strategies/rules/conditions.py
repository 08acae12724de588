"""Conditions at every session at once, in Kleene's logic: false < unknown < true, so all is the least of its parts.

A comparison with a tolerance has a state. It begins with the plain comparison at the first session of its run and goes
on at every session: true once left is above right by more than the band, false once it is below by more than it (of
below and at_most the other way round), in between as before. Where a value is unknown it is unknown, and its state
stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from backtester.model.records import BoolArray, FloatArray
from backtester.model.rule_tree import SCALE_DEPENDENT
from backtester.model.ties import TOLERANCE
from backtester.strategies.rules.sliding import least
from backtester.strategies.rules.tree import Combined, Comparison, Condition, Value

if TYPE_CHECKING:
    from backtester.strategies.rules.sliding import TruthArray

FALSE, UNKNOWN, TRUE = 0, 1, 2
Look: TypeAlias = Callable[[Value], FloatArray]  # the value at each session (T,), NaN where it is unknown


class Conditions:
    """The truth of conditions over T sessions, each found once."""

    def __init__(self, look: Look, sessions: int) -> None:
        self.look, self.sessions = look, sessions
        self.__found: dict[tuple[Condition, int], TruthArray] = {}

    def of(self, condition: Condition, begin: int) -> TruthArray:
        """Return the truth (T,) of a condition: FALSE, UNKNOWN or TRUE. begin: the session with which states begin."""
        key = condition, begin if condition.has_state else 0
        if key not in self.__found:
            if isinstance(condition, Comparison):
                self.__found[key] = self.__compared(condition, begin)
            else:
                self.__found[key] = self.__combined(condition, begin)
        return self.__found[key]

    def __combined(self, condition: Combined, begin: int) -> TruthArray:
        truths = [self.of(one, begin) for one in condition.of]
        if condition.key == "not":
            return np.int8(TRUE) - truths[0]
        join = np.minimum if condition.key == "all" else np.maximum
        truth = truths[0]
        for other in truths[1:]:
            truth = join(truth, other)
        return truth

    def __compared(self, condition: Comparison, begin: int) -> TruthArray:
        left, right = self.look(condition.left), self.look(condition.right)
        unknown = np.isnan(left) | np.isnan(right)
        is_amount = any(value.indicator in SCALE_DEPENDENT for value in (condition.left, condition.right))
        holds = _plain(left, right, condition.relation, is_amount=is_amount)
        if condition.has_state:
            holds = _with_state(condition, left, right, holds, unknown, begin, is_amount=is_amount)
        truth: TruthArray = np.where(holds, TRUE, FALSE).astype(np.int8)
        truth[unknown] = UNKNOWN
        if condition.for_sessions > 1:
            truth = least(truth, condition.for_sessions, before=UNKNOWN)
        return truth


def _plain(left: FloatArray, right: FloatArray, relation: str, *, is_amount: bool) -> BoolArray:
    """Mark where the relation holds; what differs by rounding alone is equal."""
    above, below = _apart(left, right, is_amount=is_amount), _apart(right, left, is_amount=is_amount)
    marks = {"above": above, "below": below, "at_least": ~below, "at_most": ~above}
    return marks[relation]


def _apart(value: FloatArray, other: FloatArray, *, is_amount: bool) -> BoolArray:
    """Mark where a value is above another and not equal to it: an amount as a price, anything else as a return."""
    size = np.maximum(np.abs(value), np.abs(other))
    apart: BoolArray = value - other > TOLERANCE * (size if is_amount else np.maximum(size, 1.0))
    return apart


def _with_state(
    condition: Comparison, left: FloatArray, right: FloatArray, plain: BoolArray, unknown: BoolArray, begin: int,
    *, is_amount: bool,
) -> BoolArray:  # fmt: skip
    """Return where a comparison with a band holds; before `begin`, which only for_sessions asks, as the plain one."""
    band = np.full(left.size, condition.tolerance_absolute or 0.0)
    if condition.tolerance is not None:
        band = condition.tolerance * np.abs(right)
    above = _apart(left, right + band, is_amount=is_amount)
    below = _apart(right - band, left, is_amount=is_amount)
    if condition.relation in ("below", "at_most"):
        above, below = below, above
    known = np.flatnonzero(~unknown[begin:])
    changes = (above | below) & ~unknown
    if known.size:
        first = begin + known[0]
        above = above.copy()
        above[first] = plain[first]
        changes[first] = True
    changes[:begin] = False
    last = np.maximum.accumulate(np.where(changes, np.arange(left.size), -1))
    return np.where(last >= 0, above[np.maximum(last, 0)], plain)
