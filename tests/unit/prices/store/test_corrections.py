"""What a source corrects in a stored history is heard of: at every extension, and by a check every thirty days."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.model.records import SymbolHistory
from backtester.prices.store.corrections import correction
from backtester.prices.store.read_through import load_stored
from backtester.prices.store.row import COLUMNS
from backtester.prices.store.stored_history import StoredHistory, from_fetch
from tests.support.processes import eventually
from tests.unit.prices.store.made_up_source import (
    NOW,
    TODAY,
    CachedSource,
    MadeUpSource,
    codes,
    expected_days,
    price_of,
)

ROOT = Path(__file__).resolve().parents[4]
DAY = 86400.0
PERIOD = date(2020, 1, 1), date(2023, 12, 29)
LONGER = date(2020, 1, 1), date(2024, 3, 28)
EARLIER = date(2019, 3, 1), date(2023, 12, 29)
PAID = date(2020, 9, 8)  # years before the stored end, where ten sessions of overlap would not show it
CORRECTIONS = {
    "a dividend recorded late": {"late_dividends": {PAID: 0.05}},
    "the smallest dividend recorded late": {"late_dividends": {PAID: 0.01 / 190}},
    "a split recorded late": {"late_splits": {PAID: 4.0}},
    "a reverse split recorded late": {"late_splits": {PAID: 0.1}},
    "a close three years ago": {"corrected": {PAID: 1.01}},
    "the first close": {"corrected": {date(2020, 1, 1): 0.97}},
    "a session that is gone": {"dropped": (PAID,)},
    "a history that begins later": {"begins": date(2021, 2, 1)},
    "a dividend recorded late, and one paid since": {"late_dividends": {PAID: 0.05}, "scale": 0.99},
}


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[CachedSource]:
    found = CachedSource(tmp_path / "cache")
    yield found
    found.store.close()


def correct(source: MadeUpSource, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(source, name, value)


def assert_as_fetched(history: SymbolHistory, source: MadeUpSource, period: tuple[date, date]) -> None:
    """A history is, to the bit, what a fresh fetch gives."""
    fresh = source("SPY", *period)
    source.calls.pop()
    source.details.pop()
    assert history.sessions.tolist() == fresh.sessions.tolist()
    assert history.close.tolist() == fresh.close.tolist()
    assert history.dividend.tolist() == fresh.dividend.tolist()
    assert history.traded.tolist() == fresh.traded.tolist()
    assert history.split.tolist() == fresh.split.tolist()
    assert history.open.tolist() == fresh.open.tolist()


@pytest.mark.parametrize("period", [LONGER, EARLIER, (EARLIER[0], LONGER[1])])
@pytest.mark.parametrize("what", CORRECTIONS)
def test_an_extension_hears_of(cached: CachedSource, what: str, period: tuple[date, date]) -> None:
    cached.load(*PERIOD)
    correct(cached.source, CORRECTIONS[what])
    found = cached.load(*period)
    assert cached.source.calls[1:] == [period], "with one request"
    assert [code for code in codes(found) if code != "PRICES_DROPPED"] == ["STORE_REFRESHED"]
    assert_as_fetched(found, cached.source, period)
    cached.reopen()
    again = cached.load(*period)
    assert [code for code in codes(again) if code != "PRICES_DROPPED"] == [], "it is said once"
    assert_as_fetched(again, cached.source, period)
    assert len(cached.source.calls) == 2


@pytest.mark.parametrize("what", CORRECTIONS)
def test_a_check_after_thirty_days_hears_of(cached: CachedSource, what: str) -> None:
    before = cached.load(*PERIOD)
    correct(cached.source, CORRECTIONS[what])
    cached.now = NOW + 30 * DAY - 1
    assert cached.load(*PERIOD).close.tolist() == before.close.tolist()
    assert len(cached.source.calls) == 1, "no network where none is needed"
    cached.now += 1
    found = cached.load(date(2022, 1, 3), date(2022, 12, 30))
    assert cached.source.calls[1:] == [PERIOD], "the whole of it, whatever part is asked for"
    assert [code for code in codes(found) if code != "PRICES_DROPPED"] == ["STORE_REFRESHED"]
    assert_as_fetched(cached.load(*PERIOD), cached.source, PERIOD)
    cached.now += 30 * DAY - 1
    cached.load(*PERIOD)
    assert len(cached.source.calls) == 2
    cached.now += 1
    assert "STORE_REFRESHED" not in codes(cached.load(*PERIOD))
    assert len(cached.source.calls) == 3


def test_the_message_has_the_date_and_the_figures(cached: CachedSource) -> None:
    cached.load(*PERIOD)
    cached.source.late_dividends = {PAID: 0.05}
    (warning,) = cached.load(*LONGER).warnings
    before, then = price_of(date(2020, 9, 7)), price_of(PAID)
    was, becomes = then / before - 1, then / (before * 0.95) - 1
    assert warning.symbol == "SPY"
    assert f"the return of 2020-09-08 was {was:.4%} and is {becomes:.4%}" in warning.detail
    assert "dividend (a share of the close before) of 2020-09-08 was" in warning.detail
    assert "is 0.05" in warning.detail


def test_an_unchanged_history_stays_to_the_bit(cached: CachedSource) -> None:
    def kept() -> dict[str, Any]:
        with closing(sqlite3.connect(cached.path)) as connection:
            row = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM histories").fetchone()
        return dict(zip(COLUMNS, row, strict=True))

    first = cached.load(*PERIOD)
    before = kept()
    cached.now += 31 * DAY
    cached.source.scale = 1 + 2**-23  # as single precision may come back
    again = cached.load(*PERIOD)
    assert (again.warnings, len(cached.source.calls)) == ((), 2)
    assert again.close.tolist() == first.close.tolist(), "else the same request would have another result_id"
    after = kept()
    times = {"checked_at", "fetched_at", "digest"}
    assert {name for name in COLUMNS if before[name] != after[name]} <= times
    assert after["fetched_at"] == cached.now
    longer = cached.load(*LONGER)
    assert longer.close[: first.close.size].tolist() == first.close.tolist()
    assert longer.warnings == ()


def test_days_without_any_session_are_checked_too(cached: CachedSource) -> None:
    cached.source.begins = date(2024, 1, 1)
    assert len(cached.load(*PERIOD).sessions) == 0
    cached.source.begins = date(2000, 1, 3)
    cached.now += 31 * DAY
    found = cached.load(*PERIOD)
    assert codes(found) == ["STORE_REFRESHED"]
    assert_as_fetched(found, cached.source, PERIOD)


# When it is due -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "calls"), [(0, [1, 2, 3]), (1, [1, 1, 2]), (1.5, [1, 1, 1]), (400, [1, 1, 1])])
def test_the_interval_is_the_operators(cached: CachedSource, days: float, calls: list[int]) -> None:
    for after, expected in zip((0.0, 0.5, 1.0), calls, strict=True):
        cached.now = NOW + after * DAY
        cached.load(*PERIOD, check_days=days)
        assert len(cached.source.calls) == expected


def test_a_history_from_the_future_is_due(cached: CachedSource) -> None:
    cached.load(*PERIOD)
    cached.source.late_dividends = {PAID: 0.05}
    cached.now -= DAY  # the clock was wrong
    for expected in (["STORE_REFRESHED"], []):
        assert codes(cached.load(*PERIOD)) == expected
    assert len(cached.source.calls) == 2
    assert_as_fetched(cached.load(*PERIOD), cached.source, PERIOD)


def test_load_stored_says_what_is_due_without_asking(cached: CachedSource) -> None:
    cached.load(*PERIOD)
    for after, expected in ((29, False), (30, True)):
        now = NOW + after * DAY
        served = load_stored(
            cached.store, "SPY", *PERIOD, source="yahoo", check_days=30, today=TODAY, clock=lambda now=now: now
        )
        assert served is not None
        assert served.is_due is expected
    assert len(cached.source.calls) == 1


def test_offline_nothing_is_checked(cached: CachedSource) -> None:
    first = cached.load(*PERIOD)
    cached.now += 400 * DAY
    found = cached.load(*PERIOD, offline=True)
    assert (found.warnings, found.close.tolist(), len(cached.source.calls)) == ((), first.close.tolist(), 1)
    cached.source.late_dividends = {PAID: 0.05}
    assert codes(cached.load(*PERIOD)) == ["STORE_REFRESHED"], "nothing was claimed meanwhile"


@pytest.mark.parametrize(
    "failure",
    [
        {"error": DataError("DATA_SOURCE_UNAVAILABLE", "down")},
        {"error": DataError("RATE_LIMITED", "slow down")},
        {"error": DataError("SYMBOL_NOT_FOUND", "gone")},
        {"begins": TODAY},
    ],
    ids=["unreachable", "rate limited", "unknown", "empty"],
)
def test_a_check_that_fails_is_skipped_in_silence_and_tried_again_after_an_hour(
    cached: CachedSource, failure: dict[str, Any]
) -> None:
    first = cached.load(*PERIOD)
    sound = {name: getattr(cached.source, name) for name in failure}
    correct(cached.source, failure)
    cached.now = NOW + 30 * DAY
    for _ in range(3):
        cached.reopen()
        found = cached.load(*PERIOD)
        assert (found.warnings, found.close.tolist()) == ((), first.close.tolist())
    assert len(cached.source.calls) == 2, "a run that needs no network does not wait for it again"
    assert cached.source.details[1] == {"attempts": 1, "timeout_seconds": 3.0}, "nor for long"
    correct(cached.source, {**sound, "late_dividends": {PAID: 0.05}})
    cached.now += 3599
    assert codes(cached.load(*PERIOD)) == []
    cached.now += 1
    assert codes(cached.load(*PERIOD)) == ["STORE_REFRESHED"]
    assert len(cached.source.calls) == 3


def test_prices_that_do_not_reach_far_enough_are_still_called_stale(cached: CachedSource) -> None:
    cached.load(*PERIOD)
    cached.now += 40 * DAY
    cached.source.error = DataError("DATA_SOURCE_UNAVAILABLE", "down")
    assert codes(cached.load(*LONGER)) == ["STALE_PRICES"]
    assert cached.source.details[1] == {}, "with the patience of any fetch"


CHECKER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.prices.store.made_up_source import NOW, CachedSource, MadeUpSource, codes
from tests.unit.prices.store.test_corrections import DAY, PAID, PERIOD
folder = Path(sys.argv[1])
cached = CachedSource(folder / "cache")
cached.now = NOW + 31 * DAY
source = MadeUpSource(late_dividends={PAID: 0.05})

def slowly(symbol, start, end, **details):
    (folder / "asking").touch()
    while not (folder / "go").exists():
        time.sleep(0.005)
    return source(symbol, start, end)

cached.source = slowly
print(codes(cached.load(*PERIOD)), len(source.calls))
cached.store.close()
"""


def test_one_process_checks_and_the_others_use_what_is_there(cached: CachedSource, tmp_path: Path) -> None:
    first = cached.load(*PERIOD)
    cached.store.close()

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHECKER), str(tmp_path), str(ROOT)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    checking = start()
    assert eventually((tmp_path / "asking").exists, within=60)
    others = [start() for _ in range(3)]
    assert [other.communicate(timeout=60) for other in others] == [("[] 0\n", "")] * 3, "they do not wait for it"
    cached.now = NOW + 31 * DAY
    assert cached.load(*PERIOD).close.tolist() == first.close.tolist()
    (tmp_path / "go").touch()
    assert checking.communicate(timeout=60) == ("['STORE_REFRESHED'] 1\n", "")
    cached.source.late_dividends = {PAID: 0.05}
    assert_as_fetched(cached.load(*PERIOD), cached.source, PERIOD)
    assert len(cached.source.calls) == 1


def test_a_check_is_claimed_once_until_it_is_saved_or_an_hour_has_passed(cached: CachedSource) -> None:
    cached.load(*PERIOD)
    due = NOW + 30 * DAY
    assert not cached.store.claim_check("QQQ", "yahoo", 30 * DAY, due)
    assert cached.store.claim_check("SPY", "yahoo", 30 * DAY, due)
    assert not cached.store.claim_check("SPY", "yahoo", 30 * DAY, due + 3599)
    assert cached.store.claim_check("SPY", "yahoo", 30 * DAY, due + 3600), "its process may have been killed"
    cached.now = due + 3600
    cached.load(*PERIOD, refresh=True)
    kept = cached.store.stored("SPY", "yahoo")
    assert kept is not None
    assert (kept.check_began, kept.fetched_at) == (None, cached.now)


# Imported histories ---------------------------------------------------------------------------------------------------


def test_an_imported_history_is_neither_extended_nor_checked_nor_replaced(cached: CachedSource) -> None:
    imported = replace(piece(), source="csv", close=np.full(len(piece().days), 7.0))
    cached.store.put(imported)
    now = NOW + 400 * DAY
    for period in (PERIOD, LONGER, EARLIER):
        served = load_stored(cached.store, "SPY", *period, source="csv", check_days=30, today=TODAY, clock=lambda: now)
        assert served is not None
        assert (served.is_due, served.history.source) == (False, "csv")
        assert set(served.history.close.tolist()) == {7.0}
        assert len(served.history.sessions) == len(expected_days(*PERIOD))
    assert not cached.store.claim_check("SPY", "csv", 30 * DAY, now)
    assert load_stored(cached.store, "SPY", *PERIOD, source="yahoo", check_days=30, today=TODAY) is None
    for refresh in (False, True):
        assert cached.load(*LONGER, refresh=refresh).source == "yahoo", "Yahoo's are Yahoo's"
    kept = cached.store.stored("SPY", "csv")
    assert kept is not None
    assert (kept.source, kept.close.tolist()) == ("csv", imported.close.tolist())
    assert [source for _, source, *_ in cached.store.stored_extents()] == ["csv", "yahoo"]


# The comparison -------------------------------------------------------------------------------------------------------


def piece(period: tuple[date, date] = PERIOD, **changes: Any) -> StoredHistory:
    source = MadeUpSource(**{key: value for key, value in changes.items() if key in MadeUpSource.__dataclass_fields__})
    return from_fetch(source("SPY", *period), *period, today=TODAY, asked_at=NOW)


def told(new: StoredHistory) -> str:
    warning = correction(piece(), new)
    return "" if warning is None else warning.detail


@pytest.mark.parametrize("scale", [1.0, 0.5, 1 - 0.01 / 190, 1 + 2**-23, 3.0])
def test_one_factor_for_all_closes_is_no_correction(scale: float) -> None:
    assert told(piece(scale=scale)) == ""
    assert told(piece(LONGER, scale=scale)) == ""
    assert told(piece((date(2021, 1, 1), date(2022, 1, 1)), scale=scale)) == "", "days that only one covers"


def test_each_kind_of_difference_is_told() -> None:
    new = piece()
    assert "the session 2020-09-08 is gone" in told(piece(dropped=(PAID,)))
    assert "283 sessions from 2020-01-01 to 2021-01-29 are gone" in told(piece(begins=date(2021, 2, 1)))
    assert "are new" in str(correction(piece(begins=date(2021, 2, 1)), new))
    assert "(1 more)" in told(piece(corrected={PAID: 1.01})), "the return of the day, and that of the next"
    for column, name in (("split", "split"), ("dividend", "dividend"), ("traded", "traded close"), ("open", "open")):
        values = getattr(new, column).copy()
        values[5] += 0.5
        assert f"{name} " in told(replace(new, **{column: values}))
        assert "of 2020-01-08 was" in told(replace(new, **{column: values}))
    assert "open" in told(replace(new, open=None))
    assert told(replace(new, dividend=None, traded=None, split=None)) == "", "what is not known is not compared"


def test_closes_that_drift_by_less_than_a_step_each_are_told() -> None:
    new = piece()
    drift = np.linspace(1, 1.0001, len(new.days))
    opens = new.open * drift
    assert "the return of" in told(replace(new, close=new.close * drift, open=opens))
