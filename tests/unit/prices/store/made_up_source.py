"""A made-up source of prices behind a price store, for the tests and for the processes they start.

Imports no pytest, because fifty processes import it at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from backtester.model.errors import DataError
from backtester.model.records import FloatArray, SymbolHistory
from backtester.prices.not_sent import dropped_prices
from backtester.prices.sources.network_source import NetworkSource
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored_or_fetch

TODAY = date(2024, 6, 12)  # a Wednesday
NOW = 1_718_190_000.0  # of its morning, epoch seconds
CHECK_DAYS = 30.0


@dataclass
class MadeUpSource:
    """A source with a session each weekday, whose prices depend on the day alone; `scale` is its adjustment.

    What it recorded late: dividends (shares of the close before) and splits by day, and factors of single closes.
    """

    begins: date = date(2000, 1, 3)
    published: date = TODAY - timedelta(days=1)
    scale: float = 1.0
    weekends: bool = False
    error: DataError | None = None
    dropped: tuple[date, ...] = ()
    knows_dividends: bool = True
    late_dividends: dict[date, float] = field(default_factory=dict)
    late_splits: dict[date, float] = field(default_factory=dict)
    corrected: dict[date, float] = field(default_factory=dict)
    calls: list[tuple[date, date]] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, symbol: str, start: date, end: date, **details: Any) -> SymbolHistory:
        self.calls.append((start, end))
        self.details.append(details)
        if self.error is not None:
            raise self.error
        first, last = max(start, self.begins), min(end, self.published)
        days = [first + timedelta(days=i) for i in range(max((last - first).days + 1, 0))]
        days = [day for day in days if (self.weekends or day.weekday() < 5) and day not in self.dropped]
        close = np.array([price_of(day) * self.factor_of(day) for day in days], dtype=np.float64) * self.scale
        lost = tuple(day for day in self.dropped if first <= day <= last)
        return SymbolHistory(
            symbol=symbol,
            source="yahoo",
            sessions=np.array(days, dtype="datetime64[D]"),
            close=close,
            open=close * 0.99,
            dividend=self._column(lambda day: self.late_dividends.get(day, share_of(day)), days),
            traded=self._column(lambda day: traded_of(day) * self.corrected.get(day, 1.0), days),
            split=self._column(lambda day: self.late_splits.get(day, split_of(day)), days),
            warnings=(dropped_prices(symbol, lost, source="Yahoo Finance"),) if lost else (),
        )

    def factor_of(self, day: date) -> float:
        """Return what the close of a day is multiplied by, for all that was recorded late."""
        shares = [1 - share for paid, share in self.late_dividends.items() if paid > day]
        ratios = [1 / ratio for split, ratio in self.late_splits.items() if split > day]
        return math.prod([*shares, *ratios, self.corrected.get(day, 1.0)])

    def _column(self, value: Callable[[date], float], days: list[date]) -> FloatArray | None:
        return np.array([value(day) for day in days], dtype=np.float64) if self.knows_dividends else None


def price_of(day: date) -> float:
    return 100 + (day.toordinal() * 37 % 101) / 8


def share_of(day: date) -> float:
    """Return what is paid on a day, as a share of the close before."""
    return day.toordinal() % 89 / 10000 if day.toordinal() % 13 == 0 else 0.0


def traded_of(day: date) -> float:
    """Return what a share cost on a day, whatever the adjustment."""
    return 50 + day.toordinal() % 101 / 8


def split_of(day: date) -> float:
    """Return the new shares for an old one on a day."""
    return 2.0 if day.toordinal() % 211 == 0 else 1.0


class CachedSource:
    """A store, a source, and a clock to load with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = MadeUpSource()
        self.now = NOW
        self.today = TODAY
        self.store = PriceStore(str(folder))

    def load(self, start: date, end: date, symbol: str = "SPY", **options: Any) -> SymbolHistory:
        asked = NetworkSource(name="yahoo", title="Yahoo Finance", fetch=self.source)
        options = {"check_days": CHECK_DAYS, **options}
        return load_stored_or_fetch(
            self.store, symbol, start, end, source=asked, today=self.today, clock=lambda: self.now, **options
        )

    @property
    def path(self) -> Path:
        return self.folder / "prices.sqlite3"

    def reopen(self) -> None:
        self.store.close()
        self.store = PriceStore(str(self.folder))


def expected_days(start: date, end: date) -> list[date]:
    return [d for d in (start + timedelta(days=i) for i in range((end - start).days + 1)) if d.weekday() < 5]


def codes(history: SymbolHistory) -> list[str]:
    return [warning.code for warning in history.warnings]
