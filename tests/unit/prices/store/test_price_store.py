"""The price store in front of a made-up source: what is asked for, what is served, what survives."""

from __future__ import annotations

import datetime
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory
from backtester.prices.store import store_exists
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.read_through import load_stored
from backtester.prices.store.row import COLUMNS, unpack
from backtester.prices.store.stored_history import StoredHistory, from_fetch
from tests.unit.prices.store.made_up_source import (
    TODAY,
    CachedSource,
    MadeUpSource,
    codes,
    expected_days,
    price_of,
    share_of,
)

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[CachedSource]:
    found = CachedSource(tmp_path / "cache")
    yield found
    found.store.close()


def stored_symbols(cached: CachedSource) -> list[tuple[str, str, date, date]]:
    found = cached.store.stored_extents()
    return [(symbol, source, *map(date.fromisoformat, extent[:2])) for symbol, source, extent in found]


def assert_true_prices(history: SymbolHistory, start: date, end: date, scale: float = 1.0) -> None:
    days = expected_days(start, end)
    assert history.sessions.tolist() == days
    assert history.close == pytest.approx([price_of(day) * scale for day in days], rel=1e-12)
    assert history.open == pytest.approx([price_of(day) * scale * 0.99 for day in days], rel=1e-12)
    assert history.dividend is None or history.dividend.tolist() == [share_of(day) for day in days]


@pytest.mark.usefixtures("unmeasured")
def test_importing_the_store_imports_neither_sqlite_nor_pandas_nor_yfinance() -> None:
    code = "import sys, backtester.prices.store.price_store as s; s.PriceStore('/nowhere');" + (
        "print([m for m in ('sqlite3', 'pandas', 'yfinance', 'curl_cffi') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_first_load_fetches_what_was_asked_and_the_second_fetches_nothing(cached: CachedSource) -> None:
    assert not store_exists(str(cached.folder))
    first = cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert store_exists(str(cached.folder))
    cached.reopen()
    second = cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert cached.source.calls == [(date(2020, 1, 1), date(2020, 12, 31))]
    assert_true_prices(first, date(2020, 1, 1), date(2020, 12, 31))
    assert_true_prices(second, date(2020, 1, 1), date(2020, 12, 31))
    assert (second.source, second.warnings) == ("yahoo", ())
    assert second.sessions.dtype == np.dtype("datetime64[D]")
    assert not second.close.flags.writeable


def test_a_symbol_with_an_ampersand_is_stored_under_its_own_name(cached: CachedSource) -> None:
    for _ in range(2):
        found = cached.load(date(2020, 1, 1), date(2020, 1, 31), symbol="M&M.NS")
        assert found.symbol == "M&M.NS"
        assert_true_prices(found, date(2020, 1, 1), date(2020, 1, 31))
    assert len(cached.source.calls) == 1
    assert [symbol for symbol, *_ in stored_symbols(cached)] == ["M&M.NS"]


def test_a_period_inside_what_is_stored_is_cut_out_of_it(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    inside = cached.load(date(2020, 3, 7), date(2020, 3, 21))
    assert len(cached.source.calls) == 1
    assert_true_prices(inside, date(2020, 3, 7), date(2020, 3, 21))


def test_a_later_end_asks_for_what_is_stored_too_since_its_events_come_with_it(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    history = cached.load(date(2020, 1, 1), date(2021, 3, 31))
    assert cached.source.calls[1:] == [(date(2020, 1, 1), date(2021, 3, 31))]
    assert_true_prices(history, date(2020, 1, 1), date(2021, 3, 31))
    assert cached.load(date(2020, 1, 1), date(2021, 3, 31)).close.tolist() == history.close.tolist()
    assert len(cached.source.calls) == 2


def test_an_earlier_start_asks_for_what_is_stored_too(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    history = cached.load(date(2019, 6, 1), date(2020, 6, 30))
    assert cached.source.calls[1:] == [(date(2019, 6, 1), date(2020, 12, 31))]
    assert_true_prices(history, date(2019, 6, 1), date(2020, 6, 30))
    assert_true_prices(cached.load(date(2019, 6, 1), date(2020, 12, 31)), date(2019, 6, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 2


def test_a_period_beyond_both_ends_is_fetched_whole_in_one_request(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.load(date(2019, 1, 1), date(2021, 12, 31))
    assert cached.source.calls[1:] == [(date(2019, 1, 1), date(2021, 12, 31))]


def test_a_period_far_from_what_is_stored_leaves_no_hole(cached: CachedSource) -> None:
    cached.load(date(2010, 1, 1), date(2010, 12, 31))
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert_true_prices(cached.load(date(2010, 1, 1), date(2020, 12, 31)), date(2010, 1, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 2


def test_when_a_dividend_moved_the_adjustment_the_whole_history_is_fetched_again(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.scale = 1 - 0.01 / 190  # the smallest dividend there is
    history = cached.load(date(2020, 1, 1), date(2021, 3, 31))
    assert cached.source.calls[1:] == [(date(2020, 1, 1), date(2021, 3, 31))]
    assert history.warnings == (), "a later dividend is no correction"
    assert_true_prices(history, date(2020, 1, 1), date(2021, 3, 31), scale=cached.source.scale)
    cached.reopen()
    assert_true_prices(
        cached.load(date(2020, 1, 1), date(2021, 3, 31)), date(2020, 1, 1), date(2021, 3, 31), cached.source.scale
    )


def test_single_precision_noise_is_not_taken_for_a_dividend(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.scale = 1 + 2**-23
    cached.load(date(2020, 1, 1), date(2021, 3, 31))
    assert len(cached.source.calls) == 2


def test_a_moved_adjustment_found_going_backwards_keeps_the_stored_end(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.scale = 0.5
    cached.load(date(2019, 6, 1), date(2020, 3, 31))
    assert cached.source.calls[-1] == (date(2019, 6, 1), date(2020, 12, 31))
    assert_true_prices(
        cached.load(date(2019, 6, 1), date(2020, 12, 31)), date(2019, 6, 1), date(2020, 12, 31), scale=0.5
    )


def test_that_there_is_nothing_before_a_symbol_began_is_remembered(cached: CachedSource) -> None:
    cached.source.begins = date(2020, 5, 4)
    cached.load(date(1990, 1, 1), date(2020, 12, 31))
    history = cached.load(date(1995, 1, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 1
    assert history.sessions[0] == np.datetime64("2020-05-04")


def test_a_period_without_any_session_is_remembered_too(cached: CachedSource) -> None:
    cached.source.begins = date(2020, 5, 4)
    assert len(cached.load(date(2010, 1, 1), date(2010, 12, 31)).sessions) == 0
    assert len(cached.load(date(2010, 2, 1), date(2010, 11, 30)).sessions) == 0
    assert len(cached.source.calls) == 1
    assert_true_prices(cached.load(date(2010, 1, 1), date(2020, 12, 31)), date(2020, 5, 4), date(2020, 12, 31))


def test_an_end_of_today_asks_once_an_hour(cached: CachedSource) -> None:
    cached.load(date(2024, 1, 1), TODAY)
    cached.now += 3599
    history = cached.load(date(2024, 1, 1), TODAY)
    assert len(cached.source.calls) == 1
    assert history.sessions[-1] == np.datetime64("2024-06-11")
    cached.now += 2
    cached.source.published = TODAY
    history = cached.load(date(2024, 1, 1), TODAY)
    assert len(cached.source.calls) == 2
    assert history.sessions[-1] == np.datetime64("2024-06-12")
    cached.now += 7200
    cached.load(date(2024, 1, 1), TODAY)
    assert len(cached.source.calls) == 2  # today's bar is there, and final: nothing is left to come


def test_an_end_of_yesterday_is_not_asked_for_again_the_same_day(cached: CachedSource) -> None:
    cached.load(date(2024, 1, 1), TODAY - timedelta(days=1))
    cached.now += 7200
    cached.load(date(2024, 1, 1), TODAY - timedelta(days=1))
    assert len(cached.source.calls) == 1


def test_a_new_day_asks_for_its_sessions(cached: CachedSource) -> None:
    cached.load(date(2024, 1, 1), TODAY)
    cached.today, cached.now, cached.source.published = TODAY + timedelta(days=1), cached.now + 60, TODAY
    cached.load(date(2024, 1, 1), cached.today)
    assert cached.source.calls[1:] == [(date(2024, 1, 1), cached.today)]


def test_a_weekend_asks_for_nothing_where_the_symbol_trades_on_weekdays(cached: CachedSource) -> None:
    cached.source.published = cached.today = date(2024, 6, 14)
    cached.load(date(2024, 1, 1), cached.today)
    for days in (1, 2):
        cached.today, cached.now = date(2024, 6, 14) + timedelta(days=days), cached.now + 86400
        cached.load(date(2024, 1, 1), cached.today)
    assert len(cached.source.calls) == 1
    cached.today, cached.now = date(2024, 6, 17), cached.now + 86400
    cached.load(date(2024, 1, 1), cached.today)
    assert len(cached.source.calls) == 2


def test_a_weekend_is_asked_for_where_the_symbol_trades_every_day(cached: CachedSource) -> None:
    cached.source.weekends = True
    cached.source.published = cached.today = date(2024, 6, 14)
    cached.load(date(2024, 1, 1), cached.today)
    cached.today, cached.now = date(2024, 6, 15), cached.now + 86400
    cached.load(date(2024, 1, 1), cached.today)
    assert len(cached.source.calls) == 2


def test_an_end_in_the_future_is_cut_to_today(cached: CachedSource) -> None:
    cached.load(date(2024, 1, 1), date(2030, 1, 1))
    cached.load(date(2024, 1, 1), date(2031, 1, 1))
    assert cached.source.calls == [(date(2024, 1, 1), TODAY)]
    assert len(cached.load(date(2029, 1, 1), date(2031, 1, 1)).sessions) == 0


def test_what_came_late_on_a_recent_day_is_filled_in(cached: CachedSource) -> None:
    cached.source.published = TODAY - timedelta(days=2)
    cached.load(date(2024, 1, 1), TODAY - timedelta(days=1))
    cached.now, cached.source.published = cached.now + 3601, TODAY - timedelta(days=1)
    history = cached.load(date(2024, 1, 1), TODAY - timedelta(days=1))
    assert history.sessions[-1] == np.datetime64(TODAY - timedelta(days=1))


def test_refresh_fetches_the_union_again_and_replaces_it(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.scale = 2.0
    history = cached.load(date(2020, 6, 1), date(2021, 1, 31), refresh=True)
    assert cached.source.calls[1:] == [(date(2020, 1, 1), date(2021, 1, 31))]
    assert_true_prices(history, date(2020, 6, 1), date(2021, 1, 31), scale=2.0)
    assert_true_prices(cached.load(date(2020, 1, 1), date(2021, 1, 31)), date(2020, 1, 1), date(2021, 1, 31), scale=2.0)
    assert len(cached.source.calls) == 2


def test_dropped_sessions_are_told_of_from_the_store_too_but_only_inside_the_period(cached: CachedSource) -> None:
    cached.source.dropped = (date(2020, 3, 4), date(2020, 9, 9))
    fresh = cached.load(date(2020, 1, 1), date(2020, 12, 31))
    again = cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert codes(fresh) == ["PRICES_DROPPED"]
    assert fresh.warnings == again.warnings
    assert "2020-09-09" in cached.load(date(2020, 6, 1), date(2020, 12, 31)).warnings[0].detail
    assert cached.load(date(2020, 4, 1), date(2020, 6, 30)).warnings == ()


# When the source fails ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED"])
def test_stored_prices_are_served_when_the_source_cannot_be_asked(cached: CachedSource, code: str) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.error = DataError(code, "down")
    history = cached.load(date(2020, 6, 1), date(2021, 12, 31))
    assert_true_prices(history, date(2020, 6, 1), date(2020, 12, 31))
    assert [(w.code, w.symbol) for w in history.warnings] == [("STALE_PRICES", "SPY")]
    assert "2020-12-31" in history.warnings[0].detail


def test_a_failing_source_is_an_error_where_nothing_of_the_period_is_stored(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.error = DataError("DATA_SOURCE_UNAVAILABLE", "down")
    with pytest.raises(DataError, match="down"):
        cached.load(date(2022, 1, 1), date(2022, 12, 31))
    with pytest.raises(DataError, match="down"):
        cached.load(date(2020, 1, 1), date(2020, 12, 31), symbol="QQQ")


def test_an_unknown_symbol_is_never_served_from_the_store(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.error = DataError("SYMBOL_NOT_FOUND", "gone")
    with pytest.raises(DataError, match="gone"):
        cached.load(date(2020, 1, 1), date(2021, 12, 31))


def test_an_empty_answer_does_not_wipe_out_what_is_stored(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.source.begins = TODAY
    history = cached.load(date(2020, 1, 1), date(2021, 12, 31))
    assert codes(history) == ["STALE_PRICES"]
    assert_true_prices(history, date(2020, 1, 1), date(2020, 12, 31))
    cached.source.begins = date(2000, 1, 3)
    assert_true_prices(cached.load(date(2020, 1, 1), date(2021, 12, 31)), date(2020, 1, 1), date(2021, 12, 31))


def test_a_source_that_is_down_is_asked_twice_and_then_left_alone(cached: CachedSource) -> None:
    cached.source.error = DataError("RATE_LIMITED", "slow down")
    for symbol in ("A", "B", "C", "D"):
        with pytest.raises(DataError) as caught:
            cached.load(date(2020, 1, 1), date(2020, 12, 31), symbol=symbol)
        assert caught.value.code == "RATE_LIMITED"
    assert cached.source.details == [{}, {"attempts": 1, "timeout_seconds": 3.0}]
    assert "D" in caught.value.detail


def test_one_success_restores_the_patience_with_a_source(cached: CachedSource) -> None:
    down = DataError("DATA_SOURCE_UNAVAILABLE", "down")
    for error in (down, None, down, None):
        cached.source.error = error
        if error is None:
            cached.load(date(2020, 1, 1), date(2020, 12, 31), refresh=True)
        else:
            with pytest.raises(DataError):
                cached.load(date(2020, 1, 1), date(2020, 12, 31), symbol="QQQ")
    assert len(cached.source.calls) == 4


def test_offline_serves_what_is_stored_and_never_asks(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    calls = len(cached.source.calls)
    assert cached.load(date(2020, 2, 1), date(2020, 11, 30), offline=True).warnings == ()
    assert codes(cached.load(date(2019, 2, 1), date(2020, 11, 30), offline=True)) == ["STALE_PRICES"]
    assert codes(cached.load(date(2020, 2, 1), date(2020, 11, 30), offline=True, refresh=True)) == []
    for symbol, year in (("QQQ", 2020), ("SPY", 2022)):
        with pytest.raises(DataError, match="switched off") as caught:
            cached.load(date(year, 2, 1), date(year, 11, 30), symbol=symbol, offline=True)
        assert caught.value.code == "DATA_SOURCE_UNAVAILABLE"
    assert len(cached.source.calls) == calls


def test_load_stored_answers_only_for_what_is_covered(cached: CachedSource) -> None:
    def look(start: date, end: date) -> SymbolHistory | None:
        served = load_stored(
            cached.store, "SPY", start, end, source="yahoo", check_days=30, today=TODAY, clock=lambda: cached.now
        )
        return None if served is None else served.history

    assert look(date(2020, 1, 1), date(2020, 12, 31)) is None
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    found = look(date(2020, 1, 1), date(2020, 12, 31))
    assert found is not None
    assert_true_prices(found, date(2020, 1, 1), date(2020, 12, 31))
    assert look(date(2019, 12, 1), date(2020, 12, 31)) is None
    assert look(date(2020, 1, 1), date(2021, 12, 31)) is None


def test_the_stored_symbols_are_listed_with_their_source_and_first_and_last_session(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31), symbol="SPY")
    cached.load(date(2020, 2, 1), date(2020, 2, 28), symbol="AAA")
    assert stored_symbols(cached) == [
        ("AAA", "yahoo", date(2020, 2, 3), date(2020, 2, 28)),
        ("SPY", "yahoo", date(2020, 1, 1), date(2020, 12, 31)),
    ]


# When the store is damaged --------------------------------------------------------------------------------------------


def test_a_row_that_is_not_as_it_was_written_is_fetched_again(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.store.close()
    with closing(sqlite3.connect(cached.path)) as connection, connection:
        close = bytearray(connection.execute("SELECT close FROM histories").fetchall()[0][0])
        close[100] ^= 1
        connection.execute("UPDATE histories SET close = ?", (bytes(close),))
    history = cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 2
    assert_true_prices(history, date(2020, 1, 1), date(2020, 12, 31))
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 2


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "symbol"])
def test_the_digest_guards_every_column(cached: CachedSource, column: str) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    cached.store.close()
    with closing(sqlite3.connect(cached.path)) as connection, connection:
        connection.execute(f"UPDATE histories SET {column} = CAST('7' AS BLOB)")
    assert cached.store.stored("SPY", "yahoo") is None


def damage_with_random_bytes(path: Path) -> None:
    path.write_bytes(hashlib.shake_256(b"seed").digest(50_000))


def damage_by_truncating(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def damage_by_truncating_to_part_of_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def damage_by_overwriting_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))


def make_it_another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


@pytest.mark.parametrize(
    "damage",
    [
        damage_with_random_bytes,
        damage_by_truncating,
        damage_by_truncating_to_part_of_the_header,
        damage_by_overwriting_pages,
        make_it_another_database,
    ],
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(cached: CachedSource, damage: Any) -> None:
    for symbol in ("SPY", "QQQ"):
        cached.load(date(2000, 1, 1), date(2020, 12, 31), symbol=symbol)
    cached.reopen()
    damage(cached.path)
    history = cached.load(date(2000, 1, 1), date(2020, 12, 31))
    assert_true_prices(history, date(2000, 1, 3), date(2020, 12, 31))
    assert codes(history) == ["STORE_REBUILT"]
    assert str(cached.folder) not in history.warnings[0].detail
    assert len(list(cached.folder.glob("*.corrupt-*Z"))) == 1
    calls = len(cached.source.calls)
    assert codes(cached.load(date(2000, 1, 1), date(2020, 12, 31))) == []
    assert len(cached.source.calls) == calls


def test_an_empty_file_becomes_a_store(cached: CachedSource) -> None:
    cached.folder.mkdir()
    cached.path.write_bytes(b"")
    assert codes(cached.load(date(2020, 1, 1), date(2020, 12, 31))) == []
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    assert len(cached.source.calls) == 1


def test_many_threads_that_find_the_same_damage_set_it_aside_once(cached: CachedSource) -> None:
    cached.folder.mkdir()
    damage_with_random_bytes(cached.path)
    stores = [PriceStore(str(cached.folder)) for _ in range(8)]
    threads = [threading.Thread(target=store.stored, args=("SPY", "yahoo")) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    warnings = [warning.code for store in stores for warning in store.take_warnings()]
    for store in stores:
        store.close()
    assert warnings == ["STORE_REBUILT"]
    assert len([p for p in cached.folder.iterdir() if ".corrupt-" in p.name]) == 1


@pytest.mark.parametrize("under", ["a file", "/proc"])
def test_without_a_folder_that_can_be_written_prices_are_fetched_each_time(tmp_path: Path, under: str) -> None:
    (tmp_path / "a file").write_text("not a folder")
    cached = CachedSource((tmp_path / "a file" if under == "a file" else Path("/proc")) / "cache")
    for expected in (["STORE_UNAVAILABLE"], []):  # said once for each run
        history = cached.load(date(2020, 1, 1), date(2020, 12, 31))
        assert_true_prices(history, date(2020, 1, 1), date(2020, 12, 31))
        assert codes(history) == expected
    assert len(cached.source.calls) == 2
    assert stored_symbols(cached) == []


@pytest.mark.usefixtures("unmeasured")
def test_a_full_disk_does_not_stop_a_run(tmp_path: Path) -> None:
    code = """
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from tests.unit.prices.store.made_up_source import CachedSource, codes, expected_days
        from datetime import date
        cached = CachedSource(Path(sys.argv[1]))
        cached.load(date(2020, 1, 1), date(2020, 3, 31))
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        history = cached.load(date(2000, 1, 1), date(2020, 12, 31), symbol="BIG")
        assert history.sessions.tolist() == expected_days(date(2000, 1, 3), date(2020, 12, 31))
        print(codes(history))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "cache"), str(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == ("['STORE_UNAVAILABLE']", "")
    with PriceStore(str(tmp_path / "cache")) as store:
        kept = store.stored("SPY", "yahoo")
    assert kept is not None
    assert len(kept.days) == 65


# Many at once ---------------------------------------------------------------------------------------------------------


def piece(symbol: str, start: date, end: date, *, scale: float = 1.0, fetched_at: float = 0.0) -> StoredHistory:
    history = MadeUpSource(scale=scale)(symbol, start, end)
    return from_fetch(history, start, end, today=TODAY, asked_at=fetched_at)


def test_a_writer_joins_what_another_wrote_meanwhile(cached: CachedSource) -> None:
    cached.store.put(piece("SPY", date(2020, 1, 1), date(2020, 12, 31)))
    cached.store.put(piece("SPY", date(2020, 6, 1), date(2021, 6, 30), fetched_at=1.0))
    cached.store.put(piece("SPY", date(2020, 8, 1), date(2020, 9, 30), fetched_at=2.0))
    assert stored_symbols(cached) == [("SPY", "yahoo", date(2020, 1, 1), date(2021, 6, 30))]


def test_a_shorter_range_replaces_a_longer_one_only_where_the_adjustment_moved_since(cached: CachedSource) -> None:
    cached.store.put(piece("SPY", date(2020, 1, 1), date(2020, 12, 31), fetched_at=5.0))
    cached.store.put(piece("SPY", date(2020, 6, 1), date(2020, 9, 30), scale=0.5, fetched_at=4.0))
    assert stored_symbols(cached) == [("SPY", "yahoo", date(2020, 1, 1), date(2020, 12, 31))]
    cached.store.put(piece("SPY", date(2020, 6, 1), date(2020, 9, 30), scale=0.5, fetched_at=6.0))
    assert stored_symbols(cached) == [("SPY", "yahoo", date(2020, 6, 1), date(2020, 9, 30))]


def test_of_two_ranges_with_a_hole_between_them_the_longer_stays(cached: CachedSource) -> None:
    cached.store.put(piece("SPY", date(2010, 1, 1), date(2010, 12, 31), fetched_at=1.0))
    cached.store.put(piece("SPY", date(2020, 1, 1), date(2020, 3, 31), fetched_at=2.0))
    assert stored_symbols(cached) == [("SPY", "yahoo", date(2010, 1, 1), date(2010, 12, 31))]


def test_a_forked_child_opens_the_store_for_itself(cached: CachedSource) -> None:
    cached.load(date(2020, 1, 1), date(2020, 12, 31))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            cached.load(date(2020, 1, 1), date(2021, 12, 31))
            cached.store.put(piece("QQQ", date(2020, 1, 1), date(2020, 12, 31)))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    cached.load(date(2020, 1, 1), date(2020, 12, 31), symbol="IWM")
    assert [symbol for symbol, *_ in stored_symbols(cached)] == ["IWM", "QQQ", "SPY"]


WRITER = """
import sys, time
from datetime import date, timedelta
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.unit.prices.store.made_up_source import CachedSource
folder, number = Path(sys.argv[1]), int(sys.argv[2])
while not (folder / "go").exists():
    time.sleep(0.005)
cached = CachedSource(folder / "cache")
own, shared = f"OWN{number}", f"SHARED{number % 5}"
for step in range(4):
    cached.load(date(2000, 1, 1), date(2001, 1, 1) + timedelta(days=200 * step), symbol=own)
    first = date(2010, 1, 1) - timedelta(days=30 * (number % 10))
    history = cached.load(first, date(2011, 1, 1) + timedelta(days=20 * number), symbol=shared)
    assert history.warnings == (), history.warnings
while number < KILLED:  # writes the same large row for ever, to be killed in the middle of it
    cached.load(date(2000, 1, 1), date(2020, 1, 1), symbol="ENDLESS", refresh=True)
    print("written", flush=True)
cached.store.close()
print("done", flush=True)
"""
KILLED = 3


@pytest.mark.parametrize("count", [10, pytest.param(50, marks=pytest.mark.full)])
def test_processes_share_a_store_and_those_killed_while_writing_lose_nothing(count: int, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER.replace("KILLED", str(KILLED)), str(tmp_path), str(number), str(ROOT)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        for number in range(count)
    ]
    (tmp_path / "go").touch()
    for number, writer in enumerate(writers[:KILLED]):
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        time.sleep(0.002 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    for writer in writers[KILLED:]:
        assert writer.communicate(timeout=120) == ("done\n", "")
    assert not [path for path in (tmp_path / "cache").iterdir() if ".corrupt-" in path.name]

    with closing(sqlite3.connect(tmp_path / "cache" / "prices.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM histories").fetchall()
    histories = {history.symbol: history for history in map(unpack, rows) if history is not None}
    assert len(histories) == len(rows)
    assert set(histories) == {f"OWN{n}" for n in range(count)} | {f"SHARED{n}" for n in range(5)} | {"ENDLESS"}
    for number in range(count):
        assert histories[f"OWN{number}"].last == date(2001, 1, 1) + timedelta(days=600)
    for number in range(5):
        shared = histories[f"SHARED{number}"]
        assert shared.last == date(2011, 1, 1) + timedelta(days=20 * (count - 5 + number))
        assert shared.first == date(2010, 1, 1) - timedelta(days=30 * (5 + number))
    for history in histories.values():
        days = [datetime.date(1970, 1, 1) + timedelta(days=int(day)) for day in history.days]
        assert days == expected_days(max(history.first, date(2000, 1, 3)), history.last)
        assert history.close.tolist() == [price_of(day) for day in days]
