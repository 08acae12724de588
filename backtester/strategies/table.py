"""The table of strategies. A run imports only its own."""

from __future__ import annotations

import importlib
from typing import cast

from backtester.strategies.protocol import Strategy

STRATEGIES: dict[str, str] = {
    "buy_hold": "backtester.strategies.buy_hold",
    "momentum": "backtester.strategies.momentum",
    "relative_strength": "backtester.strategies.relative_strength",
    "mean_reversion": "backtester.strategies.mean_reversion",
    "risk_parity": "backtester.strategies.risk_parity",
    "minimum_variance": "backtester.strategies.minimum_variance",
    "tactical_allocation": "backtester.strategies.tactical_allocation",
    "rotation": "backtester.strategies.rotation",
    "dual_momentum": "backtester.strategies.dual_momentum",
    "trend_following": "backtester.strategies.trend_following",
    "target_volatility": "backtester.strategies.target_volatility",
    "rules": "backtester.strategies.rules",
}


def find_strategy(name: str) -> Strategy:
    """Return a built-in strategy, else a plug-in of the entry-point group `backtester.strategies`. KeyError."""
    if name in STRATEGIES:
        return cast(Strategy, importlib.import_module(STRATEGIES[name]))
    from importlib.metadata import entry_points  # ten milliseconds, spent only for plug-ins

    for point in entry_points(group="backtester.strategies", name=name):
        return cast(Strategy, point.load())
    raise KeyError(name)
