"""The way that a tree of rules went at each decision."""

from __future__ import annotations

from backtester.model.record import Record
from backtester.model.records import BoolArray


class RuleStep(Record):
    """A node of a tree of rules. holds: the symbol, or `cash`, of a leaf; None: it is none."""

    pointer: str
    name: str | None
    holds: str | None
    children: tuple[int, ...]  # places in the steps of the trace


class RuleTrace(Record):
    """Which way a tree of M nodes went at each of R decisions."""

    steps: tuple[RuleStep, ...]  # M, in the order of the document
    reached: BoolArray  # (M, R)
    unknown: BoolArray  # (R,) the root was unknown
