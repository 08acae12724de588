"""Dividends in the price store, and stores that were written before it kept them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.prices.checks.repairs import RepairedPrices
from backtester.prices.store.database import SCHEMA_VERSION
from backtester.prices.store.imported import check_nothing_is_lost
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored
from backtester.prices.store.row import COLUMNS, pack
from backtester.prices.store.stored_history import StoredHistory, from_fetch, merge, reconcile
from tests.unit.prices.store.made_up_source import (
    NOW,
    TODAY,
    CachedSource,
    MadeUpSource,
    codes,
    expected_days,
    price_of,
    share_of,
    split_of,
    traded_of,
)

YEAR = date(2020, 1, 1), date(2020, 12, 31)
# As the versions before wrote it, word for word; their rows had the same digest over the same columns.
BEFORE = """
CREATE TABLE histories (
    symbol TEXT PRIMARY KEY, source TEXT NOT NULL,
    first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, asked_day INTEGER NOT NULL,
    checked_at REAL NOT NULL, fetched_at REAL NOT NULL,
    days BLOB NOT NULL, close BLOB NOT NULL, open BLOB, dropped BLOB NOT NULL, digest BLOB NOT NULL
)
"""
SINCE_2 = ("traded", "split", "repairs", "check_began", "imported")
OF_2, OF_3, OF_4 = ("dividend BLOB",), ("traded BLOB", "split BLOB", "repairs TEXT"), ("check_began REAL",)


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[CachedSource]:
    found = CachedSource(tmp_path / "cache")
    yield found
    found.store.close()


def piece(start: date, end: date, *, known: bool, fetched_at: float = NOW) -> StoredHistory:
    history = MadeUpSource(knows_dividends=known)("SPY", start, end)
    return from_fetch(history, start, end, today=TODAY, asked_at=fetched_at)


def write_old_store(cached: CachedSource, version: int = 1) -> None:
    """Write a store of a version: the first had no dividends, the second no traded closes, the third no checks,
    the fourth no imports."""
    cached.folder.mkdir()
    known = piece(*YEAR, known=version >= 2)
    if version < 3:
        known = replace(known, traded=None, split=None)
    row = dict(zip(COLUMNS, pack(known), strict=True))
    added = {1: ("dividend", *SINCE_2), 2: SINCE_2, 3: ("check_began", "imported"), 4: ("imported",)}[version]
    assert [row.pop(name) for name in added] == [None] * len(added)
    with closing(sqlite3.connect(cached.path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(BEFORE)
        for column in [*OF_2, *OF_3, *OF_4][: {1: 0, 2: 1, 3: 4, 4: 5}[version]]:
            connection.execute(f"ALTER TABLE histories ADD COLUMN {column}")
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO histories ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        connection.execute(f"PRAGMA user_version = {version}")


def test_a_store_from_before_the_imports_keeps_everything(cached: CachedSource) -> None:
    write_old_store(cached, 4)
    assert codes(cached.load(*YEAR, with_dividends=True)) == []
    assert cached.source.calls == []
    cached.store.put_imported([replace(piece(*YEAR, known=True), source="csv")], check=check_nothing_is_lost)
    assert cached.store.sources("SPY") == ("csv", "yahoo")


def shares(start: date, end: date) -> list[float]:
    return [share_of(day) for day in expected_days(start, end)]


def test_dividends_come_back_as_they_were_put(cached: CachedSource) -> None:
    first = cached.load(*YEAR, with_dividends=True)
    cached.reopen()
    second = cached.load(date(2020, 3, 1), date(2020, 9, 30), with_dividends=True)
    assert first.dividend.tolist() == shares(*YEAR)
    assert second.dividend.tolist() == shares(date(2020, 3, 1), date(2020, 9, 30))
    assert any(shares(*YEAR))
    assert not second.dividend.flags.writeable
    assert len(cached.source.calls) == 1


def test_dividends_are_joined_as_prices_are(cached: CachedSource) -> None:
    cached.load(*YEAR)
    cached.load(date(2020, 1, 1), date(2021, 3, 31))
    found = cached.load(date(2019, 6, 1), date(2021, 3, 31), with_dividends=True)
    assert found.dividend.tolist() == shares(date(2019, 6, 1), date(2021, 3, 31))
    assert len(cached.source.calls) == 3


def test_a_store_of_the_version_before_keeps_its_prices(cached: CachedSource) -> None:
    write_old_store(cached)
    found = cached.load(*YEAR)
    assert (cached.source.calls, codes(found), found.dividend) == ([], [], None)
    assert found.close.tolist() == [price_of(day) for day in expected_days(*YEAR)]
    assert [path.name for path in cached.folder.iterdir() if "corrupt" in path.name] == []
    with closing(sqlite3.connect(cached.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchall() == [(SCHEMA_VERSION,)]


def test_a_store_of_the_version_before_is_fetched_again_where_dividends_are_needed(cached: CachedSource) -> None:
    write_old_store(cached)
    assert (
        load_stored(cached.store, "SPY", *YEAR, source="yahoo", with_dividends=True, check_days=30, today=TODAY) is None
    )
    found = cached.load(date(2020, 6, 1), date(2020, 6, 30), with_dividends=True)
    assert cached.source.calls == [YEAR], "all of it, so that it is known once and for all"
    assert found.dividend.tolist() == shares(date(2020, 6, 1), date(2020, 6, 30))
    cached.reopen()
    assert cached.load(*YEAR, with_dividends=True).dividend.tolist() == shares(*YEAR)
    assert len(cached.source.calls) == 1


def test_a_store_of_the_version_before_can_still_be_extended_without_them(cached: CachedSource) -> None:
    write_old_store(cached)
    assert len(cached.load(date(2020, 1, 1), date(2021, 3, 31)).sessions) == len(
        expected_days(date(2020, 1, 1), date(2021, 3, 31))
    )
    assert len(cached.source.calls) == 1
    found = cached.load(date(2020, 1, 1), date(2021, 3, 31), with_dividends=True)
    assert found.dividend.tolist() == shares(date(2020, 1, 1), date(2021, 3, 31))


def test_a_store_without_traded_closes_keeps_its_prices_and_dividends_until_these_are_needed(
    cached: CachedSource,
) -> None:
    write_old_store(cached, version=2)
    found = cached.load(*YEAR)
    assert (cached.source.calls, found.traded, found.counts_adjusted_shares) == ([], None, True)
    assert found.dividend.tolist() == shares(*YEAR)
    found = cached.load(*YEAR, with_dividends=True)
    assert (cached.source.calls, found.counts_adjusted_shares) == ([YEAR], False)
    assert found.traded.tolist() == [traded_of(day) for day in expected_days(*YEAR)]


def test_a_store_from_before_the_checks_keeps_everything_and_is_checked_thirty_days_after_its_last_fetch(
    cached: CachedSource,
) -> None:
    write_old_store(cached, version=3)
    found = cached.load(*YEAR, with_dividends=True)
    assert (cached.source.calls, codes(found)) == ([], [])
    assert found.traded.tolist() == [traded_of(day) for day in expected_days(*YEAR)]
    cached.now += 30 * 86400
    assert cached.load(*YEAR, with_dividends=True).close.tolist() == found.close.tolist()
    assert cached.source.calls == [YEAR]


def test_traded_closes_and_splits_come_back_and_are_joined_as_prices_are(cached: CachedSource) -> None:
    cached.load(*YEAR)
    found = cached.load(date(2019, 6, 1), date(2021, 3, 31))
    days = expected_days(date(2019, 6, 1), date(2021, 3, 31))
    assert found.traded.tolist() == [traded_of(day) for day in days]
    assert found.split.tolist() == [split_of(day) for day in days]
    cached.reopen()
    assert cached.load(*YEAR).traded.tolist() == [traded_of(day) for day in expected_days(*YEAR)]
    quiet = date(2020, 3, 2), date(2020, 3, 6)
    assert cached.load(*quiet).split is None, "no split in the period"


def test_the_warning_of_a_repair_comes_from_the_store_too_but_only_inside_its_period(cached: CachedSource) -> None:
    days = (date(2020, 5, 4), date(2020, 5, 5))
    repair = RepairedPrices(code="PRICES_REPAIRED", detail="It was mended.", symbol="SPY", days=days)
    cached.store.put(replace(piece(*YEAR, known=True), repairs=(repair,)))
    cached.reopen()
    assert cached.load(*YEAR).warnings == (repair,)
    assert cached.load(date(2020, 5, 5), date(2020, 6, 30)).warnings == (repair,)
    assert cached.load(date(2020, 6, 1), date(2020, 6, 30)).warnings == ()


def test_many_threads_upgrade_the_same_store_once(cached: CachedSource) -> None:
    write_old_store(cached)
    stores = [PriceStore(str(cached.folder)) for _ in range(8)]
    found: list[StoredHistory | None] = []
    asked = ("SPY", "yahoo")
    threads = [threading.Thread(target=lambda store=store: found.append(store.stored(*asked))) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [warning for store in stores for warning in store.take_warnings()] == []
    assert [len(history.days) for history in found if history is not None] == [len(expected_days(*YEAR))] * 8
    for store in stores:
        store.close()


def test_without_the_network_prices_without_dividends_do_not_stand_in_for_those_with(cached: CachedSource) -> None:
    write_old_store(cached)
    with pytest.raises(DataError, match="with its dividends") as caught:
        cached.load(*YEAR, with_dividends=True, offline=True)
    assert caught.value.code == "DATA_SOURCE_UNAVAILABLE"
    assert codes(cached.load(*YEAR, offline=True)) == []
    cached.source.error = DataError("RATE_LIMITED", "slow down")
    with pytest.raises(DataError, match="slow down"):
        cached.load(*YEAR, with_dividends=True)


def test_stale_prices_are_served_with_their_dividends(cached: CachedSource) -> None:
    cached.load(*YEAR)
    cached.source.error = DataError("RATE_LIMITED", "slow down")
    found = cached.load(date(2020, 1, 1), date(2021, 12, 31), with_dividends=True)
    assert codes(found) == ["STALE_PRICES"]
    assert found.dividend.tolist() == shares(*YEAR)


def test_a_changed_or_lost_dividend_is_a_damaged_row(cached: CachedSource) -> None:
    for damage in ("CAST(zeroblob(length(dividend)) AS BLOB)", "NULL"):
        cached.load(*YEAR)
        cached.store.close()
        with closing(sqlite3.connect(cached.path)) as connection, connection:
            connection.execute(f"UPDATE histories SET dividend = {damage}")
        assert cached.store.stored("SPY", "yahoo") is None
    assert len(cached.source.calls) == 2


def test_what_is_joined_with_unknown_dividends_does_not_know_them() -> None:
    old, new = piece(*YEAR, known=False), piece(date(2020, 12, 1), date(2021, 3, 31), known=True)
    joined = merge(old, new)
    assert joined is not None
    assert joined.dividend is None
    whole = merge(old, piece(*YEAR, known=True))
    assert whole is not None
    assert whole.dividend.tolist() == shares(*YEAR)


def test_a_slower_writer_that_knows_no_dividends_does_not_forget_those_that_are_kept() -> None:
    kept = reconcile(piece(*YEAR, known=True, fetched_at=1.0), piece(*YEAR, known=False, fetched_at=2.0))
    assert kept.dividend.tolist() == shares(*YEAR)
    part = reconcile(
        piece(*YEAR, known=True, fetched_at=1.0), piece(date(2020, 3, 1), date(2020, 4, 1), known=False, fetched_at=2.0)
    )
    assert part.dividend.tolist() == shares(*YEAR)
