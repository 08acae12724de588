"""Rules: hold what a tree says: conditions on indicators, rankings and weightings, put together as data.

    hold, cash        one holding, or cash
    if, cases         the child of the first condition that is true, else the last
    weigh             a mix of children: equal, specified, or in proportion to 1 / volatility
    pick              the first `count` of the children, ranked by an indicator
    use               a subtree of `definitions`

An indicator uses closes up to the decision; n is its window, P a total-return close, r a simple daily return:

    price                  P_t
    return                 P_t / P_{t-n} - 1
    average                mean of n P
    exponential_average    alpha = 2 / (n + 1), begun with the mean of n P
    average_return         mean of n r
    volatility             sd of n r, ddof 1, per session
    deviation_of_price     sd of n P, ddof 1
    fall_from_high         the largest fall from a running maximum within n P, as a positive fraction
    rsi                    100 U / (U + D), of Wilder's averages of ups and downs; 50 where both are 0
    z_score                (P_t - average) / deviation_of_price, 0 where the price stood still
    percentile_rank        share of the last n P at or below P_t
    macd                   exponential_average(fast) - exponential_average(slow)

exponential_average, rsi and macd begin 25 n closes before the decision, or at the first close that there is. What
history is too short for is unknown, a third truth value beside true and false (Kleene 1952). With a band b a
comparison is true once left > right + b, false once left < right - b, and in between as before; it goes on at every
session. Two computed values that differ by 1e-12 are equal, and of equal children the earlier comes first.

Source: RSI: Wilder (1978), "New Concepts in Technical Trading Systems"; MACD: Appel (1979).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.codec.decode import child
from backtester.model.errors import RunWarning
from backtester.model.records import BoolArray, FloatArray, WarmUp
from backtester.strategies.decisions.history import History, every_session
from backtester.strategies.protocol import Decisions
from backtester.strategies.rules.evaluate import Evaluation
from backtester.strategies.rules.needs import check_runs, sessions_needed
from backtester.strategies.rules.trace import seen, trace
from backtester.strategies.rules.tree import Cases, Hold, parse

HAS_SIGNAL = True
EXACT = 1e-9  # a sum of weights that is nearer to 1 is 1


def warm_up(parameters: dict[str, Any]) -> WarmUp:
    """Look back over the longest indicator, and over what lies below the composites that it measures."""
    tree = parse(parameters)
    check_runs(tree)
    return WarmUp(sessions=sessions_needed(tree))


def decide(history: History, allocations: FloatArray, parameters: dict[str, Any]) -> Decisions:
    """Follow the tree. The allocations (N,) play no part: a row of NaN asks for them. Result: (R, N)."""
    tree = parse(parameters)
    every, rows = every_session(history)
    weights = np.zeros(history.shape)
    reached = dict[int, BoolArray]()
    known = decided = np.zeros(rows.size, dtype=bool)
    values = dict[str, FloatArray]()
    if every.shape[0]:
        begin = int(max(rows[0], 0))
        evaluation = Evaluation(tree, every)
        given = _given(evaluation, begin, or_else=parameters["when_unknown"] == "else")
        known, *instead = [(rows >= 0) & (share[rows] > 0) for _, share in given]
        decided = np.any([known, *instead], axis=0)
        for number, share in evaluation.flow(given, begin):
            at = np.where(decided, share[rows], 0.0)
            reached[number] = at > 0
            node = tree.nodes[number]
            if isinstance(node, Hold) and node.symbol is not None:
                weights[:, history.symbols.index(node.symbol)] += at
        values = seen(evaluation, rows, begin)
    weights[~decided] = 0.0 if parameters["when_unknown"] == "cash" else np.nan
    return Decisions(
        weights=weights, seen=values, warnings=_scaled(parameters), trace=trace(tree, reached, ~known)
    )  # fmt: skip


def _given(evaluation: Evaluation, begin: int, *, or_else: bool) -> list[tuple[int, FloatArray]]:
    """Return the nodes that the sessions (T,) begin with: the root, and its else where the root is unknown."""
    root = evaluation.tree.root
    known = evaluation.decide(root, begin).known
    given = [(root, known.astype(np.float64))]
    node = evaluation.tree.nodes[root]
    if or_else and isinstance(node, Cases):
        instead = evaluation.decide(node.of[-1], begin).known & ~known
        given.append((node.of[-1], instead.astype(np.float64)))
    return given


def _scaled(parameters: dict[str, Any]) -> tuple[RunWarning, ...]:
    """Return ALLOCATIONS_NORMALISED where weights were scaled to sum to 1."""
    waiting: list[tuple[Any, str]] = [(parameters["definitions"], "/parameters/definitions")]
    waiting.append((parameters["tree"], "/parameters/tree"))
    while waiting:
        value, pointer = waiting.pop()
        if isinstance(value, dict):
            weights = value.get("weights")
            if isinstance(weights, list) and abs(sum(weights) - 1) > EXACT:
                detail = f"The weights sum to {sum(weights):.10g}. They were scaled to sum to 1."
                return (RunWarning(code="ALLOCATIONS_NORMALISED", detail=detail, pointer=f"{pointer}/weights"),)
            waiting += [(each, child(pointer, key)) for key, each in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(each, f"{pointer}/{index}") for index, each in reversed([*enumerate(value)])]
    return ()
