"""One symbol, several sources: each has a history, a circuit breaker and corrections of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from backtester.model.errors import DataError
from backtester.prices.sources.network_source import NetworkSource
from backtester.prices.store.database import SCHEMA_VERSION
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored, load_stored_or_fetch
from backtester.prices.store.row import COLUMNS, pack
from backtester.prices.store.stored_history import from_fetch
from tests.unit.prices.store.made_up_source import CHECK_DAYS, NOW, TODAY, MadeUpSource

YEAR = date(2020, 1, 1), date(2020, 12, 31)
DOWN = DataError("DATA_SOURCE_UNAVAILABLE", "down")


class Named(MadeUpSource):
    """A made-up source of another name."""

    name = "tiingo"

    def __call__(self, symbol, start, end, **details):  # type: ignore[no-untyped-def]
        from backtester.model.record import replace

        return replace(super().__call__(symbol, start, end, **details), source=self.name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PriceStore]:
    with PriceStore(str(tmp_path)) as found:
        yield found


def load(store: PriceStore, source: MadeUpSource, symbol: str = "SPY", **options):  # type: ignore[no-untyped-def]
    name = getattr(source, "name", "yahoo")
    asked = NetworkSource(name=name, title=name.title(), fetch=source)
    limits = {"check_days": CHECK_DAYS, "today": TODAY}
    return load_stored_or_fetch(store, symbol, *YEAR, source=asked, clock=lambda: NOW, **limits, **options)


def test_each_source_has_its_own_history_of_a_symbol(store: PriceStore) -> None:
    yahoo, tiingo = MadeUpSource(), Named(scale=3.0)
    first = load(store, yahoo)
    assert load_stored(store, "SPY", *YEAR, source="tiingo", check_days=CHECK_DAYS, today=TODAY) is None
    assert load(store, tiingo).close.tolist() == pytest.approx([3 * close for close in first.close])
    assert store.sources("SPY") == ("tiingo", "yahoo")
    assert store.stored_keys() == [("SPY", "tiingo"), ("SPY", "yahoo")]
    assert load(store, yahoo).close.tolist() == first.close.tolist()
    assert (len(yahoo.calls), len(tiingo.calls)) == (1, 1)


def test_the_circuit_breaker_of_one_source_does_not_stop_another(store: PriceStore) -> None:
    yahoo, tiingo = MadeUpSource(error=DOWN), Named()
    for symbol in ("AAA", "BBB"):
        with pytest.raises(DataError, match="down"):
            load(store, yahoo, symbol)
    with pytest.raises(DataError, match="Yahoo Finance was not asked for CCC: it has just failed for other symbols"):
        load(store, yahoo, "CCC")
    assert load(store, tiingo, "CCC").sessions.size


def test_a_source_that_is_not_set_up_does_not_trip_the_breaker(store: PriceStore) -> None:
    tiingo = Named(error=DataError("DATA_SOURCE_UNAVAILABLE", "no key", retryable=False))
    for symbol in ("AAA", "BBB", "CCC"):
        with pytest.raises(DataError, match="no key"):
            load(store, tiingo, symbol)
    assert len(tiingo.calls) == 3


def test_stored_prices_of_a_source_that_is_not_set_up_are_served_with_a_warning(store: PriceStore) -> None:
    tiingo = Named()
    load(store, tiingo)
    tiingo.error = DataError("DATA_SOURCE_UNAVAILABLE", "no key", retryable=False)
    (warning,) = load(store, tiingo, refresh=True).warnings
    assert (warning.code, "Tiingo is not set up here." in warning.detail) == ("STALE_PRICES", True)


def test_a_store_of_the_fourth_version_keeps_its_histories_under_their_sources(tmp_path: Path) -> None:
    path = tmp_path / "prices.sqlite3"
    rows = [
        pack(from_fetch(source("SPY" if at else "QQQ", *YEAR), *YEAR, today=TODAY, asked_at=NOW))
        for at, source in enumerate((MadeUpSource(), Named()))
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(FOURTH)
        names = [name for name in COLUMNS if name != "imported"]  # of the sixth version
        values = [[value for name, value in zip(COLUMNS, row, strict=True) if name in names] for row in rows]
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO histories ({', '.join(names)}) VALUES ({marks})", values)
        connection.execute("PRAGMA user_version = 4")
    with PriceStore(str(tmp_path)) as store:
        assert store.stored_keys() == [("QQQ", "yahoo"), ("SPY", "tiingo")]
        yahoo = MadeUpSource()
        load(store, yahoo)
        assert store.sources("SPY") == ("tiingo", "yahoo")
        assert store.take_warnings() == ()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchall() == [(SCHEMA_VERSION,)]


FOURTH = """
CREATE TABLE histories (
    symbol TEXT PRIMARY KEY, source TEXT NOT NULL,
    first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, asked_day INTEGER NOT NULL,
    checked_at REAL NOT NULL, fetched_at REAL NOT NULL,
    days BLOB NOT NULL, close BLOB NOT NULL, open BLOB, dropped BLOB NOT NULL, digest BLOB NOT NULL,
    dividend BLOB, traded BLOB, split BLOB, repairs TEXT, check_began REAL
)
"""
