"""A made-up source of prices behind a price store, for the tests and for the processes they start.

Imports no pytest, because fifty processes import it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory
from backtester.prices.dropped import dropped_prices
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored_or_fetch

TODAY = date(2024, 6, 12)  # a Wednesday


@dataclass
class MadeUpSource:
    """A source with a session each weekday, whose prices depend on the day alone; `scale` is its adjustment."""

    begins: date = date(2000, 1, 3)
    published: date = TODAY - timedelta(days=1)
    scale: float = 1.0
    weekends: bool = False
    error: DataError | None = None
    dropped: tuple[date, ...] = ()
    knows_dividends: bool = True
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
        close = np.array([price_of(day) for day in days], dtype=np.float64) * self.scale
        lost = tuple(day for day in self.dropped if first <= day <= last)
        return SymbolHistory(
            symbol=symbol,
            source="yahoo",
            sessions=np.array(days, dtype="datetime64[D]"),
            close=close,
            open=close * 0.99,
            dividend=np.array([share_of(day) for day in days], dtype=np.float64) if self.knows_dividends else None,
            traded=np.array([traded_of(day) for day in days], dtype=np.float64) if self.knows_dividends else None,
            split=np.array([split_of(day) for day in days], dtype=np.float64) if self.knows_dividends else None,
            warnings=(dropped_prices(symbol, lost),) if lost else (),
        )


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
        self.now = 1_718_190_000.0
        self.today = TODAY
        self.store = PriceStore(str(folder))

    def load(self, start: date, end: date, symbol: str = "SPY", **options: Any) -> SymbolHistory:
        return load_stored_or_fetch(
            self.store, symbol, start, end, fetch=self.source, today=self.today, clock=lambda: self.now, **options
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
