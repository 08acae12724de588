"""Trees decided on closes that are written out, and the pieces that tests put together."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.strategies import rules
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions

HOLD = {symbol: {"hold": symbol} for symbol in "ABCD"}
CASH = {"cash": True}


def value(indicator: str, symbol: str, window: Any = None) -> dict[str, Any]:
    """An indicator of a symbol."""
    return {"indicator": indicator, "symbol": symbol} | ({} if window is None else {"window": window})


def compared(left: Any, relation: str, right: Any, **more: Any) -> dict[str, Any]:
    """A comparison."""
    return {"left": left, "is": relation, "right": right, **more}


def pick(
    of: list[Any], indicator: str, sessions: int, count: int = 1, order: str = "highest", **more: Any
) -> dict[str, Any]:
    """A ranking."""
    by = {"indicator": indicator, "window": sessions}
    return {"pick": {"by": by, "order": order, "count": count}, "of": of, **more}


def from_returns(returns: list[float], start: float = 100.0) -> list[float]:
    """Closes, the first before the first return."""
    return [float(close) for close in start * np.cumprod([1.0, *(1 + r for r in returns)])]


def decide(
    closes: dict[str, list[float]],
    tree: Any,
    rows: list[int],
    *,
    signals: dict[str, list[float]] | None = None,
    **more: Any,
) -> Decisions:
    """Decide a tree that holds the symbols of `closes` on the rows."""
    table = np.array(list(closes.values()), dtype=float).T
    days = np.datetime64("2020-01-01") + np.arange(len(table))
    history = History(
        sessions=days, close=table, decisions=np.array(rows), symbols=tuple(closes), partial=True,
        signals={name: np.array(column, dtype=float) for name, column in (signals or {}).items()},
    )  # fmt: skip
    parameters = {"tree": tree, "definitions": {}, "when_unknown": "allocations", **more}
    return rules.decide(history, np.full(len(closes), 1 / len(closes)), parameters)


def held(decisions: Decisions, symbols: str = "ABCD") -> list[str]:
    """The one symbol that each decision holds; `-` for cash, `?` for unknown, `*` for a mix."""
    said = []
    for row in decisions.weights:
        if np.isnan(row).any():
            said.append("?")
        elif not row.any():
            said.append("-")
        else:
            said.append(symbols[int(row.argmax())] if row.max() == 1 else "*")
    return said
