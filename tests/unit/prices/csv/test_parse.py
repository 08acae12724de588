"""Files of every day: headers of several lines, rows left out and repeated, events on them."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices import csv_files
from backtester.prices.csv import rows as csv_rows
from tests.unit.prices.csv.reading import days, fault, read

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
    monkeypatch.setattr(csv_rows, "MAX_ROWS", 1100)
    text = "date,close\n" + "".join(f"{2000 + n}-01-01,1\n" for n in range(1600))
    assert fault(text.replace("close", '"close"')) == "it has more than 1100 rows"


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


SESSIONS = [f"{day},{100 + at}" for at, day in enumerate(np.arange("2018-01-01", "2018-10-28", dtype="datetime64[D]"))]


@pytest.mark.parametrize("mark", ["x{}", " ~{}", "on {}", "#{}", "day", "n/a", "NaT", "null", "?", ""])
@pytest.mark.parametrize("count", [1, 6, 100])
def test_prices_at_the_end_whose_dates_cannot_be_read_are_never_left_out(mark, count):
    bad = [",".join((mark.format(day), price)) for day, price in (line.split(",") for line in SESSIONS[-count:])]
    if mark == "day" and count == 1:
        return  # as a sum is named
    text = "\n".join(["Date,Close", *SESSIONS[:-count], *bad])
    assert fault(text) == f"line {len(SESSIONS) - count + 2}: date cannot be read"


def test_a_few_sums_at_the_end_are_left_out():
    sums = ["Total,30000", "Average,250", "Minimum,100", "All time high:,399", "Median,250", "Source: X"]
    assert read("\n".join(["Date,Close", *SESSIONS, *sums])).close.size == len(SESSIONS)


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
        "Date,Open,Close,Adj Close\n2024-05-10,9,10,5\n2024-05-13,11,12,6\n2024-05-13,11.000001,12.000001,6\n"
        "2024-05-13,,12,6\n"
    )
    rows = read(text)
    assert (rows.close.tolist(), rows.open.tolist(), rows.lines.tolist()) == ([10, 12], [9, 11], [2, 3])
    assert rows.repeated.size == 2
    head, *lines = text.splitlines()
    assert read("\n".join([head, *lines[::-1]])).close.tolist() == [10, 12]


@pytest.mark.parametrize(("column", "role"), [("Open", "open"), ("Unadjusted Close", "traded")])
@pytest.mark.parametrize("first", [True, False])
def test_a_repeated_row_with_another_open_or_traded_close_is_refused_and_may_tell_a_missing_one(column, role, first):
    lines = [f"Date,Close,{column}", *(f"{line},{99 + at}" for at, line in enumerate(SESSIONS))]
    again = lines[151].rpartition(",")[0]
    whole = read("\n".join(lines))
    for cell in ("", lines[151].rpartition(",")[2]):
        repeated = [f"{again},{cell}", lines[151]] if first else [lines[151], f"{again},{cell}"]
        found = read("\n".join([*lines[:151], *repeated, *lines[152:]]))
        assert getattr(found, role).tolist() == getattr(whole, role).tolist()
    repeated = [f"{again},77", lines[151]] if first else [lines[151], f"{again},77"]
    text = "\n".join([*lines[:151], *repeated, *lines[152:]])
    assert fault(text) == f"line 153: it repeats the date of line 152 with another {role}"


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


def test_of_the_last_day_a_live_row_may_stand_beside_the_day_itself():
    text = "date,open,close\n2024-01-02,10,11\n2024-01-03,11,12\n2024-01-03,1,12\n"
    assert read(text).open.tolist() == [10, 11]
