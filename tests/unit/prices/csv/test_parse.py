"""Files of every day: headers of several lines, rows left out and repeated, dates and numbers in all spellings."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices import csv_files
from backtester.prices.csv import table
from backtester.prices.csv.parse import parse
from backtester.prices.csv.unreadable import UnreadableError


def read(text, symbol="ABC"):
    return parse(text if isinstance(text, bytes) else text.encode(), symbol)


def days(text, symbol="ABC"):
    return np.array(read(text, symbol).days, "datetime64[D]").astype(str).tolist()


def dated(*cells, symbol="ABC"):
    """Return the dates that cells are read as, each on a line of its own with the same close."""
    return days("Date\tClose\n" + "".join(f"{cell}\t1\n" for cell in cells), symbol)


def closes(*cells, delimiter=";", header="Date;Close"):
    lines = [f"2024-05-{day:02}{delimiter}{cell}" for day, cell in enumerate(cells, 1)]
    return read("\n".join([header, *lines])).close.tolist()


def fault(text, symbol="ABC"):
    with pytest.raises(UnreadableError) as caught:
        read(text, symbol)
    return caught.value.fact


# Headers --------------------------------------------------------------------------------------------------------------

AUTO = "Price,Close,High,Open\nTicker,ABC,ABC,ABC\nDate,,,\n"
NAMED = "Price,Adj Close,Close,Open\nTicker,ABC,ABC,ABC\nDate,,,\n"
THREE = "2024-05-10,10,11,9\n2024-05-13,12,13,11\n"
FOUR = "2024-05-10,10,10,9\n2024-05-13,12,12,11\n"
TWO = "2024-05-10,9,10\n2024-05-13,11,12\n"
LEVELS = {
    "yfinance, three lines": AUTO + THREE,
    "yfinance, not adjusted": NAMED + FOUR,
    "without its index's name": ",Close,High,Open\n,ABC,ABC,ABC\nDate,,,\n" + THREE,
    "two lines": "Date,Close,High,Open\n,ABC,ABC,ABC\n" + THREE,
    "by symbol": "Ticker,ABC,ABC,ABC\nPrice,Open,Close,High\nDate,,,\n2024-05-10,9,10,11\n2024-05-13,11,12,13\n",
    "pandas-datareader": NAMED.replace("Price", "Attributes").replace("Ticker", "Symbols") + FOUR,
    "several symbols": "Price,Close,Close,Open,Open\nTicker,XYZ,ABC,ABC,XYZ\nDate,,,,\n"
    "2024-05-10,1,10,9,1\n2024-05-13,1,12,11,1\n",
    "a number for a symbol": "Date,Open,Close\n,0700.HK,0700.HK\n" + TWO,
    "another symbol": "Date,Open,Close\n,XYZ,XYZ\n" + TWO,
    "an index without a name": ",Open,Close\n" + TWO,
    "lines above": "Prices of ABC\n\nsource;date 2024\nDate,Open,Close\n" + TWO,
    "a hint for spreadsheets": "sep=;\nDate;Open;Close\n" + TWO.replace(",", ";"),
    "a column named as the file": "date,open,abc\n" + TWO,
    "an adjusted close alone": "Date,Open,Adj Close\n" + TWO,
    "empty columns behind": "Date,Open,Close,,\n2024-05-10,9,10,,\n2024-05-13,11,12\n",
    "bars": "Date|Open|Close\n" + TWO.replace(",", "|"),
    "other closes": "Date,Last,Price,Open,Close\n2024-05-10,1,2,9,10\n2024-05-13,1,2,11,12\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_header_of_any_shape_is_found(kind, quote):
    text = LEVELS[kind]
    if quote:
        delimiter = "|" if kind == "bars" else ";" if "sep" in text else ","
        text = "\n".join(
            delimiter.join(f'"{cell}"' if cell else "" for cell in line.split(delimiter)) for line in text.splitlines()
        )
    rows = read(text)
    assert (rows.close.tolist(), rows.open.tolist()) == ([10, 12], [9, 11])
    assert rows.has_close == (kind != "an adjusted close alone")
    assert days(text) == ["2024-05-10", "2024-05-13"]


def test_several_symbols_without_the_files_own_are_refused():
    text = LEVELS["several symbols"].replace("ABC", "QQQ")
    assert fault(text).startswith("line 1: there is no column")


def test_two_columns_of_one_name_are_refused_with_their_line():
    assert fault("\nABC\nDate,Close,Close\n2024-05-10,1,2\n") == "line 3: there are two columns close"


def test_a_file_of_more_rows_than_days_is_refused(monkeypatch):
    monkeypatch.setattr(table, "MAX_ROWS", 1100)
    text = "date,close\n" + "".join(f"{2000 + n}-01-01,1\n" for n in range(1600))
    assert fault(text) == fault(text.replace("close", '"close"')) == "it has more than 1100 rows"


def test_a_header_far_below_blank_lines_is_not_looked_for():
    assert fault("\n" * 10**6 + "date,close\n2024-05-10,1\n").endswith("there is no column date")


# Rows -----------------------------------------------------------------------------------------------------------------

FOOTERS = [
    "Source: an exchange",
    "Total,,",
    "© 2024,all rights",
    "\nAverage,5,5",
    ",,10 rows",
    '"Highest: 12, lowest: 10"',
]


@pytest.mark.parametrize("footer", FOOTERS)
@pytest.mark.parametrize("lines", [1, 2])
def test_a_footer_without_a_date_is_left_out_in_silence(footer, lines):
    rows = read("Date,Open,Close\n2024-05-10,9,10\n2024-05-13,11,12\n" + f"{footer}\n" * lines)
    assert (rows.close.tolist(), rows.dropped.size) == ([10, 12], 0)


@pytest.mark.parametrize("line", [",5,5", "2024-05-,5,5", "2024-99-99,5,5", "12 rows,5,5"])
def test_a_last_line_with_a_price_and_a_bad_date_is_refused(line):
    assert fault(f"Date,Open,Close\n2024-05-10,9,10\n{line}\n") == "line 3: date cannot be read"


def test_a_word_for_a_date_above_the_last_session_is_refused():
    assert fault("Date,Close\n2024-05-10,10\nTotal,5\n2024-05-13,12\n") == "line 3: date cannot be read"


@pytest.mark.parametrize(
    "word", ["", " ", "null", "NULL", "NaN", "nan", "-", "N/A", "#N/A", "None", "n/a", ".", "—", "0", "0.00"]
)
def test_a_session_without_a_price_is_left_out_and_counted(word):
    text = f"date,open,close,adj close\n2024-05-10,9,10,5\n2024-05-13,{word},{word},{word}\n2024-05-14,{word},12,6\n"
    rows = read(text)
    assert (rows.close.tolist(), rows.adj_close.tolist()) == ([10, 12], [5, 6])
    assert rows.open[0] == 9
    assert np.isnan(rows.open[1])
    assert np.array(rows.dropped, "datetime64[D]").astype(str).tolist() == ["2024-05-13"]


@pytest.mark.parametrize("word", ["", "null", "NaN", "-", "0"])
def test_an_adjusted_column_that_is_empty_throughout_counts_as_absent(word):
    rows = read(f"Date,Close,Adj Close\n2024-05-10,10,{word}\n2024-05-13,12,{word}\n")
    assert (rows.close.tolist(), rows.adj_close, rows.dropped.size) == ([10, 12], None, 0)


def test_a_repeated_row_is_taken_once_where_the_closes_agree():
    text = (
        "Date,Open,Close,Adj Close\n2024-05-10,9,10,5\n2024-05-13,11,12,6\n2024-05-13,1,12.000001,6\n2024-05-13,,12,6\n"
    )
    rows = read(text)
    assert (rows.close.tolist(), rows.open.tolist(), rows.lines.tolist()) == ([10, 12], [9, 11], [2, 3])
    assert rows.repeated.size == 2
    head, *lines = text.splitlines()
    assert read("\n".join([head, *lines[::-1]])).close.tolist() == [10, 12]


@pytest.mark.parametrize("column", ["Close", "Adj Close"])
def test_a_repeated_row_with_another_price_is_refused_with_its_line(column):
    role = column.lower().replace(" ", "_")
    lines = ["Date,Close,Adj Close", "2024-05-10,10,5", "2024-05-13,12,6", "2024-05-13,12.01,6"]
    if column == "Adj Close":
        lines[3] = "2024-05-13,12,6.01"
    assert fault("\n".join(lines)) == f"line 4: it repeats the date of line 3 with another {role}"
    assert fault("\n".join([lines[0], *lines[:0:-1]])) == f"line 3: it repeats the date of line 2 with another {role}"


def test_a_repeated_row_may_tell_the_dividend_and_the_split_but_not_others():
    head = "Date,Close,Dividend,Split\n2024-05-10,10,,\n2024-05-13,12,{},1\n2024-05-13,12,{},{}\n"
    rows = read(head.format("0", "0.5", "2"))
    assert (rows.dividend.tolist(), rows.split.tolist()) == ([0, 0.5], [1, 2])
    assert read(head.format("0.5", "0", "")).dividend.tolist() == [0, 0.5]
    assert read(head.format("0.5", "0.5", "")).dividend.tolist() == [0, 0.5]
    assert fault(head.format("0.5", "0.25", "")) == "line 4: it repeats the date of line 3 with another dividend"


def test_many_repeated_rows_take_no_time():
    rows = read("Date,Close\n" + "2024-05-10,10\n" * 50_000)
    assert (rows.close.tolist(), rows.repeated.size) == ([10], 49_999)


def test_events_of_a_row_left_out_count_on_the_next_session():
    lines = ["2024-05-10,10,,", "2024-05-13,,1,2", "2024-05-14,0,2,3", "2024-05-15,12,4,1", "2024-05-16,,8,"]
    rows = read("\n".join(["Date,Close,Dividend,Split", *lines]))
    assert (rows.dividend.tolist(), rows.split.tolist()) == ([0, 7], [1, 6])


@pytest.mark.parametrize(
    ("cell", "ratio"), [("7:1", 7), ("7/1", 7), ("1 for 10", 0.1), ("3 : 2", 1.5), ("0", 1), ("1:0", None)]
)
def test_a_split_may_be_a_ratio(cell, ratio):
    text = f"Date,Close,Stock Splits\n2024-05-10,10,0\n2024-05-13,12,{cell}\n"
    if ratio is None:
        assert fault(text) == "line 3: split is not a number"
    else:
        assert read(text).split.tolist() == [1, ratio]


def test_every_row_left_out_is_counted_in_a_warning(tmp_path):
    lines = ["Date,Close", "2024-05-09,10", "2024-05-10,0", "2024-05-13,null", "2024-05-14,11", "2024-05-14,11"]
    (tmp_path / "ABC.csv").write_text("\n".join(lines))
    details = {w.code: w.detail for w in csv_files.load(str(tmp_path), ["ABC"])["ABC"].warnings}
    assert details["PRICES_DROPPED"] == (
        "The CSV file of ABC has 2 rows without a usable price (first on 2024-05-10) "
        "and 1 row for a date that it has already (on 2024-05-14). They were left out."
    )


# Dates ----------------------------------------------------------------------------------------------------------------

SPELLINGS = [
    "2024-05-13", "2024/05/13", "2024.05.13", "2024-5-13", "20240513", "05/13/2024", "5/13/2024", "13/05/2024",
    "13.05.2024", "13-05-2024", "05/13/24", "13.05.24", "May 13, 2024", "May 13 2024", "Mon, May 13, 2024",
    "13 May 2024", "13-May-2024", "13-May-24", "13. Mai 2024", "13 mai 2024", "May 13th, 2024", "Monday, 13 May 2024",
    "13MAY2024",
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
    [-1, -2, -9, -5.5, -8, -11, 0, 5, 14.5, 21],
    ids=["Berlin", "summer", "Tokyo", "Mumbai", "Perth", "Sydney", "UTC", "New York", "open", "close"],
)
def test_a_stamp_in_utc_is_the_session_of_the_exchange(hours, form):
    expected, got = shifted("2023-01-03", hours, form=form)
    assert got == expected


@pytest.mark.parametrize("hours", [-3, 0, 9, 12], ids=["midnight", "utc", "noon", "close"])
@pytest.mark.parametrize("symbol", ["2222.SR", "^TASI.SR", "QNBK.QA"])
def test_a_symbol_of_riyadh_or_doha_keeps_its_sundays(symbol, hours):
    expected, got = shifted("2023-01-01", hours, weekmask="1111001", symbol=symbol)
    assert got == expected


@pytest.mark.parametrize("hours", [0, 12, 23.9])
@pytest.mark.parametrize("count", range(20, 30))
def test_a_coin_of_every_day_keeps_its_dates(hours, count):
    expected, got = shifted("2023-01-01", hours, count, weekmask="1111111", symbol="BTC-USD")
    assert got == expected


def test_a_stamp_without_an_offset_is_its_date():
    assert dated("2023-01-01 23:00", "2023-01-02 23:00") == ["2023-01-01", "2023-01-02"]


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [("999.5", "1234.5"), ("999,5", "1234,5"), ("999,50", "1.234,50"), ("999.50", "1,234.50"), ("999,5", "1 234,5"),
     ("999.5", "1'234.5"), ("999,5", "1\u202f234,5"), ("$999.50", "$1,234.50"), ("999,50 €", "1.234,50 €"),
     ("USD 999.5", "USD 1234.5"), ("999.5", "1.2345e3"), ("999,5", "1234,50"), ("+999.5", "+1234.5"),
     ("HK$999.5", "HK$1,234.5"), ("999.50 EUR", "1234.50 EUR")],
)  # fmt: skip
def test_a_number_is_read_in_every_spelling(cells):
    assert closes(*cells) == [999.5, 1234.5]
    assert closes(*(f'"{cell}"' for cell in cells), delimiter=",", header="Date,Close") == [999.5, 1234.5]


def test_thousands_in_india():
    assert closes("12,34,567.5", "999.5") == [1234567.5, 999.5]


def test_another_column_may_say_what_the_separator_is():
    assert closes("1,234;0.5%", "1,235;0.5%", header="Date;Close;Change") == [1234, 1235]
    assert closes("1,234;0,5%", "1,235;0,5%", header="Date;Close;Change") == [1.234, 1.235]
    assert closes("1,234;1.234.567", "1,235;12", header="Date;Close;Volume") == [1.234, 1.235]
    assert closes("0,234;12", "1,235;12", header="Date;Close;Volume") == [0.234, 1.235]


def test_thousands_or_decimals_that_are_ambiguous_throughout_are_refused_with_both_readings():
    text = "Date;Close\n2024-05-10;999\n2024-05-13;1,234\n"
    assert fault(text) == "line 3: close is 1234 or 1.234, and no line of the file says which"
    assert fault(text.replace("1,234", "1.234").replace("Close", "Schlusskurs")).startswith("line 3: close is 1.234 or")
    assert closes("1.234", "1.235") == [1.234, 1.235]


def test_a_number_of_the_other_convention_is_refused_with_its_line():
    text = "Date;Close\n2024-05-10;999.5\n2024-05-13;999.6\n2024-05-14;999,7\n"
    assert fault(text) == "line 4: close is not a number"
