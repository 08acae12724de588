"""Dates of CSV files in all spellings, and the session of a stamp with an offset."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.prices.csv.reading import dated, fault

SPELLINGS = [
    "2024-05-13", "2024/05/13", "2024.05.13", "2024-5-13", "20240513", "05/13/2024", "5/13/2024", "13/05/2024",
    "13.05.2024", "13-05-2024", "05/13/24", "13.05.24", "May 13, 2024", "May 13 2024", "Mon, May 13, 2024",
    "13 May 2024", "13-May-2024", "13-May-24", "13. Mai 2024", "13 mai 2024", "May 13th, 2024", "Monday, 13 May 2024",
    "13MAY2024", "2024年5月13日", "2024年05月13日 16:00", "2024년 5월 13일", "2024- 05- 13",
    "2024-05-13 16:00", "2024-05-13T16:00:00", "2024-05-13 16:00:00.000", "05/13/2024 4:00 PM", "5/13/2024 16:00:00",
    "13.05.2024 17:35", "2024-05-13 00:00:00-04:00", "2024-05-13T00:00:00Z", "2024-05-13 00:00:00 UTC",
    "2024-05-13 00:00:00 America/New_York", "May 13, 2024, 12:00 AM EDT",
    "2024-05-13T00:00:00.000000000+0000", "1715558400", "1715558400.0", "1715558400000", "1715558400000000",
    "1715558400000000000",
]  # fmt: skip


@pytest.mark.parametrize("cell", SPELLINGS)
def test_a_date_is_read_in_every_spelling(cell):
    assert dated(cell) == ["2024-05-13"]


def test_one_day_above_twelve_says_the_order_for_the_whole_file():
    assert dated("05/01/2024", "05/02/2024", "05/13/2024") == ["2024-05-01", "2024-05-02", "2024-05-13"]
    assert dated("05/01/2024", "06/01/2024", "13/01/2024") == ["2024-01-05", "2024-01-06", "2024-01-13"]
    assert dated("05-01-24", "05-02-24", "05-13-24") == ["2024-05-01", "2024-05-02", "2024-05-13"]


@pytest.mark.parametrize("mark", ["/", "-"])
def test_dates_that_are_ambiguous_throughout_are_refused_with_both_readings(mark):
    lines = [cell.replace("/", mark) for cell in ("01/01/2024", "02/01/2024", "03/01/2024")]
    text = "Date,Close\n" + "".join(f"{cell},1\n" for cell in lines)
    assert fault(text) == "line 3: date is 2024-01-02 or 2024-02-01, and no line of the file says which"


def test_dates_that_are_the_same_either_way_and_dates_with_dots_are_not_ambiguous():
    assert dated("01/01/2024", "02/02/2024") == ["2024-01-01", "2024-02-02"]
    assert dated("02.01.2024", "03.01.2024") == ["2024-01-02", "2024-01-03"]
    assert dated("05.12.2024", "05.13.2024") == ["2024-05-12", "2024-05-13"]


def test_a_year_of_two_digits_may_stand_in_front():
    expected = ["2024-05-30", "2024-05-31", "2024-06-03"]
    assert dated("24/05/30", "24/05/31", "24/06/03") == expected
    assert dated("30/05/24", "31/05/24", "03/06/24") == expected
    assert dated("05/30/24", "05/31/24", "06/03/24") == expected
    text = "Date,Close\n10/05/24,1\n11/05/24,1\n12/05/24,1\n"
    assert fault(text) == "line 2: date is 2024-05-10 or 2024-10-05, and no line of the file says which"


@pytest.mark.parametrize(("short", "year"), [("65", 1965), ("68", 1968), ("69", 1969), ("99", 1999), ("00", 2000)])
def test_a_year_of_two_digits_is_never_one_to_come(short, year):
    texts = [f"{day:02}/04/{short}" for day in range(1, 31)]
    assert dated(*texts) == [f"{year}-04-{day:02}" for day in range(1, 31)]


def test_dates_of_both_orders_are_refused_with_the_line():
    text = "Date,Close\n13/05/2024,1\n14/05/2024,1\n05/15/2024,1\n"
    assert fault(text) == "line 4: date is not written with the day first, as on most lines"


def test_dates_before_1970_and_unix_times_before_it_are_read():
    assert dated("12/30/1927", "1/3/1928") == ["1927-12-30", "1928-01-03"]
    assert dated("-1325635200", "-86400", "0", "86400") == ["1927-12-30", "1969-12-31", "1970-01-01", "1970-01-02"]


def shifted(first, hours, count=20, weekmask="1111100", symbol="ABC", form="{}+00:00"):
    """Return days and the dates that their midnights, so many hours later, are read as."""
    sessions = np.busday_offset(first, np.arange(count), weekmask=weekmask, roll="forward")
    stamps = sessions.astype("datetime64[s]") + np.timedelta64(int(hours * 3600), "s")
    if form == "unix":
        cells = stamps.astype(np.int64).astype(str).tolist()
    else:
        cells = [form.format(stamp.replace("T", " ")) for stamp in stamps.astype(str).tolist()]
    return sessions.astype(str).tolist(), dated(*cells, symbol=symbol)


@pytest.mark.parametrize("form", ["{}+00:00", "{}Z", "{} UTC", "unix"])
@pytest.mark.parametrize(
    "hours",
    [-1, -2, -9, -5.5, -8, -11, -12, -13, 0, 5, 14.5, 21],
    ids=[
        "Berlin", "summer", "Tokyo", "Mumbai", "Perth", "Sydney", "Auckland", "Auckland in summer", "UTC", "New York",
        "open", "close",
    ],
)
def test_a_stamp_in_utc_is_the_session_of_the_exchange(hours, form):
    expected, got = shifted("2023-01-03", hours, form=form)
    assert got == expected


@pytest.mark.parametrize("hours", [-3, 0, 9, 12], ids=["midnight", "utc", "noon", "close"])
@pytest.mark.parametrize("symbol", ["2222.SR", "^TASI.SR", "QNBK.QA"])
def test_a_symbol_of_riyadh_or_doha_keeps_its_sundays(symbol, hours):
    expected, got = shifted("2023-01-01", hours, weekmask="1111001", symbol=symbol)
    assert got == expected


@pytest.mark.parametrize("count", [7, 20, 120])
@pytest.mark.parametrize("hours", [-2, -3, 0, 15.5], ids=["midnight", "summer", "utc", "close"])
def test_a_symbol_of_tel_aviv_trades_from_sunday_until_2026_and_from_monday_since(hours, count):
    until, since = {"weekmask": "1111001", "symbol": "TEVA.TA"}, {"symbol": "teva.ta"}
    expected, got = shifted("2025-03-02", hours, count, **until)
    assert got == expected
    expected, got = shifted("2026-01-05", hours, count, **since)
    assert got == expected


def test_a_history_over_the_change_in_tel_aviv_has_both_weeks():
    old = np.busday_offset("2025-11-02", np.arange(45), weekmask="1111001")
    new = np.busday_offset("2026-01-05", np.arange(45))
    sessions = np.concatenate([old, new])
    stamps = sessions.astype("datetime64[h]") - np.timedelta64(2, "h")
    cells = [f"{stamp}:00:00+00:00".replace("T", " ") for stamp in stamps.astype(str).tolist()]
    assert dated(*cells, symbol="TEVA.TA") == sessions.astype(str).tolist()


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("form", ["{}+00:00", "unix"])
def test_a_stamp_of_the_last_minute_is_of_the_day_that_it_ends(count, form):
    expected, got = shifted("2023-01-01", 24 - 1 / 3600, count, weekmask="1111111", symbol="BTC", form=form)
    assert got == expected


def test_a_week_from_sunday_is_found_without_a_suffix_too():
    expected, got = shifted("2023-01-01", -3, 30, weekmask="1111001", symbol="TASI")
    assert got == expected


def test_a_special_saturday_changes_nothing():
    stamps = [f"2023-01-{day:02} 18:30:00+00:00" for day in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19)]
    assert dated(*stamps)[4:7] == ["2023-01-06", "2023-01-07", "2023-01-09"]


@pytest.mark.parametrize("hours", [0, 12, 23.9])
@pytest.mark.parametrize("count", [7, 8, 9, 10, 11, 12, 13, *range(20, 30), 365])
def test_a_coin_of_every_day_keeps_its_dates(hours, count):
    expected, got = shifted("2023-01-01", hours, count, weekmask="1111111", symbol="BTC-USD")
    assert got == expected


def test_a_stamp_without_an_offset_is_its_date():
    assert dated("2023-01-01 23:00", "2023-01-02 23:00") == ["2023-01-01", "2023-01-02"]
