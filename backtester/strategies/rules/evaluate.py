"""Decides a tree at every session at once, in two passes over its nodes.

Upwards, each node finds where it is known, and which children it takes in which proportions. Downwards, the share of
the root flows to the leaves; a subtree that several nodes use receives the sum of what they give. So every node is
decided once, whatever the number of its uses, in arrays of T sessions, and only the result is N wide.

A composite child of a ranking or of inverse_volatility is measured on its own growth, in a run of its own that begins
as many sessions before its parent's as its indicator needs. A run without a state is the same whenever it begins.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backtester.model.record import Record
from backtester.model.records import BoolArray, FloatArray
from backtester.model.rule_tree import longest, sessions_before
from backtester.model.ties import highest
from backtester.strategies.decisions.history import History, own_closes
from backtester.strategies.rules.conditions import TRUE, UNKNOWN, Conditions
from backtester.strategies.rules.indicator_values import indicator
from backtester.strategies.rules.needs import below, with_state
from backtester.strategies.rules.tree import Cases, Hold, Mix, Node, Tree, Value, Window
from backtester.strategies.weights.ranking import inverse_of, scale_to_one


class Decided(Record):
    """What a node decides at every session. A child's part of the node, where it is known, is its part times scale."""

    known: BoolArray  # (T,)
    parts: tuple[FloatArray | BoolArray | float, ...] = ()  # (T,) of each child, or one number; none: of a leaf
    scale: FloatArray | float = 1.0  # (T,)


class Evaluation:
    """The decisions of a tree over the sessions of a history, each subtree's found once."""

    def __init__(self, tree: Tree, every: History) -> None:
        """Take a tree and the history at every session."""
        self.tree, self.sessions = tree, every.shape[0]
        self.conditions = Conditions(self.value, self.sessions)
        self.has_state = with_state(tree)
        self.__every = every
        self.__values: dict[tuple[str, str, Window], FloatArray] = {}
        self.__closes: dict[str, tuple[FloatArray, BoolArray]] = {}
        self.__decided: dict[tuple[int, int], Decided] = {}
        self.__growth: dict[tuple[int, int], FloatArray] = {}
        self.__measured: dict[tuple[int, str, int, int], FloatArray] = {}

    def value(self, value: Value) -> FloatArray:
        """Return a value (T,) at every session, NaN where it is unknown."""
        if value.number is not None:
            return np.full(self.sessions, value.number)
        return self.of_symbol(value.indicator, value.symbol, value.window)

    def of_symbol(self, name: str, symbol: str, window: Window) -> FloatArray:
        """Return an indicator (T,) of a symbol, found once."""
        key = name, symbol, window
        if key not in self.__values:
            close, own = self.__close(symbol)
            self.__values[key] = indicator(name, close, window, own)
        return self.__values[key]

    def __close(self, symbol: str) -> tuple[FloatArray, BoolArray]:
        if symbol not in self.__closes:
            of = self.__every.of(symbol)
            self.__closes[symbol] = np.ascontiguousarray(of.close()[:, 0]), own_closes(of)[:, 0]
        return self.__closes[symbol]

    def measured(self, number: int, name: str, window: int, begin: int) -> FloatArray:
        """Return an indicator (T,) of a child: of its symbol, or of its growth. begin: of the run of its parent."""
        node = self.tree.nodes[number]
        if isinstance(node, Hold):
            if node.symbol is None:
                return indicator(name, np.ones(self.sessions), window)
            return self.of_symbol(name, node.symbol, window)
        begin = self.__begin(number, max(begin - sessions_before(name, longest(window)), 0))
        key = number, name, window, begin
        if key not in self.__measured:
            self.__measured[key] = indicator(name, self.growth(number, begin), window)
        return self.__measured[key]

    def __begin(self, number: int, begin: int) -> int:
        """Return when the run of a node begins: without a state it is the same whenever it does."""
        return begin if self.has_state[number] else 0

    def growth(self, number: int, begin: int) -> FloatArray:
        """Return what 1 becomes (T,) from `begin` on at the weights of a node; NaN where they are unknown."""
        key = number, self.__begin(number, begin)
        if key not in self.__growth:
            begin = key[1]
            gained = np.zeros(self.sessions)
            known = self.decide(number, begin).known.copy()
            known[:begin] = False
            for leaf, share in self.flow([(number, known.astype(np.float64))], begin):
                node = self.tree.nodes[leaf]
                if isinstance(node, Hold) and node.symbol is not None:
                    close = self.__close(node.symbol)[0]
                    held = np.flatnonzero(share[:-1])
                    gained[held + 1] += share[held] * (close[held + 1] / close[held] - 1)
            self.__growth[key] = _compounded(gained, known)
        return self.__growth[key]

    def decide(self, root: int, begin: int) -> Decided:
        """Return what a node decides, after all below it. begin: the first session of the run."""
        if (root, self.__begin(root, begin)) not in self.__decided:
            for number in sorted(below(self.tree, root)):
                key = number, self.__begin(number, begin)
                if key not in self.__decided:
                    self.__decided[key] = self.__decide(self.tree.nodes[number], begin)
        return self.__decided[root, self.__begin(root, begin)]

    def __decide(self, node: Node, begin: int) -> Decided:
        if isinstance(node, Hold):
            if node.symbol is None:
                return Decided(known=np.ones(self.sessions, dtype=bool))
            return Decided(known=~np.isnan(self.__close(node.symbol)[0]))
        known = [self.__decided[child, self.__begin(child, begin)].known for child in node.children]
        if isinstance(node, Cases):
            return self.__cases(node, known, begin)
        assert isinstance(node, Mix)
        return self.__mix(node, known, begin)

    def __cases(self, node: Cases, known: list[BoolArray], begin: int) -> Decided:
        pending = np.ones(self.sessions, dtype=bool)  # no condition was true or unknown yet
        found = np.zeros(self.sessions, dtype=bool)
        parts = []
        for child, condition in enumerate(node.conditions):
            truth = self.conditions.of(condition, begin)
            taken = pending & (truth == TRUE)
            pending = pending & (truth < UNKNOWN)
            parts.append(taken & known[child])
            found |= parts[-1]
        parts.append(pending & known[-1])
        return Decided(known=found | parts[-1], parts=tuple(parts))

    def __mix(self, node: Mix, known: list[BoolArray], begin: int) -> Decided:
        measures = [
            np.array([self.measured(child, name, window, begin) for child in node.of]) for name, window in node.measures
        ]
        usable = np.array(known)  # (children, T), as all of these
        for values in measures:
            usable &= ~np.isnan(values)
        if node.by is None:
            whole = np.asarray(usable.all(axis=0))
            chosen = np.broadcast_to(whole, usable.shape)
        else:
            whole = np.asarray(usable.any(axis=0))
            scores = np.where(usable, measures[0] if node.highest else -measures[0], np.nan)
            chosen = highest(scores.T, node.count).T
        if node.volatility_window is not None:
            return Decided(known=whole, parts=tuple(scale_to_one(inverse_of(measures[-1].T, chosen.T)).T))
        if node.by is None:
            return Decided(known=whole, parts=node.weights or (1 / len(node.of),) * len(node.of))
        count = np.count_nonzero(chosen, axis=0)
        return Decided(known=whole, parts=tuple(chosen), scale=1 / np.maximum(count, 1))

    def flow(self, given: list[tuple[int, FloatArray]], begin: int) -> Iterator[tuple[int, FloatArray]]:
        """Yield the number of every node that receives a share (T,) at some session, with it, parents first.

        given: the nodes that the run begins with, each known where its share is not 0.
        """
        received = dict[int, FloatArray]()
        for number, share in given:
            self.decide(number, begin)
            received[number] = received[number] + share if number in received else share
        for number in range(max(received, default=-1), -1, -1):
            if number not in received or not received[number].any():
                continue
            share = received.pop(number)
            yield number, share
            decided = self.__decided[number, self.__begin(number, begin)]
            scaled = share * decided.scale
            for child, part in zip(self.tree.nodes[number].children, decided.parts, strict=True):
                more = scaled * part
                received[child] = received[child] + more if child in received else more


def _compounded(gained: FloatArray, known: BoolArray) -> FloatArray:
    """Return the growth (T,): 1 where weights begin to be known, then what the weights of the session before gained."""
    begins = known & ~np.concatenate([[False], known[:-1]])
    factors = np.where(begins, 1.0, 1.0 + gained)
    growth = np.full(gained.size, np.nan)
    inside = np.flatnonzero(known)
    for run in np.split(inside, np.searchsorted(inside, np.flatnonzero(begins))):
        growth[run] = np.cumprod(factors[run])
    return growth
