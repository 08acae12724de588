"""The operator's CSV files: what is read, what it becomes, and how a bad file is refused."""

from __future__ import annotations

import gzip
import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from backtester.model.errors import DataError
from backtester.prices import csv_files

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def write(folder, text, name="SPY.csv"):
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


def read(folder, text, name="SPY.csv"):
    write(folder, text, name)
    return csv_files.load(str(folder), ["SPY"])["SPY"]


def fault(folder, text, name="SPY.csv"):
    with pytest.raises(DataError) as caught:
        read(folder, text, name)
    assert caught.value.code == "PRICES_UNREADABLE"
    assert str(folder) not in caught.value.detail
    start = "The CSV file of SPY cannot be read: "
    assert caught.value.detail.startswith(start)
    fact, _, expected = caught.value.detail.removeprefix(start).partition(". Expected ")
    assert not expected or expected.endswith(".")
    return fact.removesuffix(".")


def codes(history):
    return [(warning.code, warning.symbol) for warning in history.warnings]


def test_an_adjusted_close_is_the_close_and_scales_the_open(tmp_path):
    history = read(tmp_path, "date,open,close,adj_close\n2020-01-02,9,10,5\n2020-01-03,11,12,6\n")
    assert (history.symbol, history.source, history.warnings) == ("SPY", "csv", ())
    assert history.sessions.tolist() == np.array(["2020-01-02", "2020-01-03"], "datetime64[D]").tolist()
    assert history.sessions.dtype == np.dtype("datetime64[D]")
    assert history.close.tolist() == [5.0, 6.0]
    assert history.open.tolist() == [4.5, 5.5]
    assert not any(column.flags.writeable for column in (history.sessions, history.close, history.open))


def test_an_adjusted_close_goes_before_a_dividend_and_is_kept_to_the_last_bit(tmp_path):
    history = read(tmp_path, "date,close,adj_close,dividend\n2020-01-02,3,0.1,0\n2020-01-03,3,0.7,1\n")
    assert history.close.tolist() == [0.1, 0.7]


def test_dividends_adjust_the_closes_before_them(tmp_path):
    text = "date,open,close,dividend\n2020-01-02,99,100,0\n2020-01-03,98,98,2\n2020-01-06,97,49,49\n"
    history = read(tmp_path, text)
    last_step = 1 - 49 / 98
    assert history.close.tolist() == pytest.approx([100 * (1 - 2 / 100) * last_step, 98 * last_step, 49], rel=1e-15)
    assert history.open.tolist() == pytest.approx([99 * 0.98 * last_step, 98 * last_step, 97], rel=1e-15)
    returns = history.close[1:] / history.close[:-1] - 1
    assert returns.tolist() == pytest.approx([98 / (100 - 2) - 1, 49 / (98 - 49) - 1], abs=1e-15)
    assert history.warnings == ()


def test_a_dividend_on_the_first_session_changes_nothing(tmp_path):
    history = read(tmp_path, "date,close,dividends\n2020-01-02,10,99\n2020-01-03,10,\n")
    assert history.close.tolist() == [10.0, 10.0]


def test_a_dividend_on_a_session_without_close_counts_on_the_next(tmp_path):
    history = read(tmp_path, "date,close,dividend\n2020-01-02,100,0\n2020-01-03,,10\n2020-01-06,90,0\n")
    assert history.close.tolist() == pytest.approx([90.0, 90.0], rel=1e-15)


def test_plain_closes_are_taken_as_they_are_with_a_warning(tmp_path):
    history = read(tmp_path, "date,open,close\n2020-01-02,9,10\n")
    assert (history.open.tolist(), history.close.tolist()) == ([9.0], [10.0])
    assert codes(history) == [("UNADJUSTED_PRICES", "SPY")]


def test_an_export_of_adjusted_prices_is_not_adjusted_twice(tmp_path):
    text = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n2020-01-02 00:00:00-05:00,9,9,9,10,5,0.0,0.0\n"
    history = read(tmp_path, text + "2020-01-03 00:00:00-05:00,9,9,9,8,5,1.5,0.0\n")
    assert history.close.tolist() == [10.0, 8.0]
    assert codes(history) == [("UNADJUSTED_PRICES", "SPY")]
    assert "taken as they are" in history.warnings[0].detail


def test_columns_come_in_any_order_and_case_beside_others(tmp_path):
    text = "Volume, CLOSE ,Note,Adj Close,DATE,High,Open\n5,10,é,5,2020-01-02,n/a,8\n"
    history = read(tmp_path, text)
    assert (history.close.tolist(), history.open.tolist()) == ([5.0], [4.0])


@pytest.mark.parametrize("name", ["SPY.csv", "SPY.csv.gz", "spy.csv", "spy.csv.gz"])
def test_a_file_is_found_by_any_of_its_four_names(tmp_path, name):
    assert read(tmp_path, "date,close\n2020-01-02,10\n", name).close.tolist() == [10.0]


def test_the_plain_upper_case_file_goes_first(tmp_path):
    write(tmp_path, "date,close\n2020-01-02,2\n", "SPY.csv.gz")
    assert read(tmp_path, "date,close\n2020-01-02,1\n").close.tolist() == [1.0]


@pytest.mark.parametrize("symbol", ["^GSPC", "BRK-B", "EURUSD=X", "BRK.B", "0700.HK", "A", "M&M.NS", "&", "A_1"])
def test_symbols_of_every_syntax_have_their_file(tmp_path, symbol):
    write(tmp_path, "date,close\n2020-01-02,10\n", f"{symbol}.csv")
    assert list(csv_files.load(str(tmp_path), [symbol, "QQQ"])) == [symbol]
    assert csv_files.has(str(tmp_path), symbol)


@pytest.mark.parametrize("symbol", ["..", ".", ".HID", "../SPY", "/SPY", "a/b", "SP\\Y", "", "SPY\n", "S\0", "X" * 21])
def test_a_name_that_is_no_symbol_is_absent(tmp_path, symbol):
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        for name in ("SPY.csv", ".HID.csv", "..csv", "...csv", ".csv"):
            write(folder, "date,close\n2020-01-02,10\n", name)
    assert csv_files.load(str(inner), [symbol]) == {}


def test_a_symbol_without_a_file_is_absent(tmp_path):
    write(tmp_path, "date,close\n2020-01-02,10\n")
    assert list(csv_files.load(str(tmp_path), ["QQQ", "SPY"])) == ["SPY"]
    assert csv_files.load(str(tmp_path), []) == {}


def test_a_folder_that_is_none_is_an_unavailable_source(tmp_path):
    with pytest.raises(DataError) as caught:
        csv_files.load(str(tmp_path / "nowhere"), ["SPY"])
    assert caught.value.code == "DATA_SOURCE_UNAVAILABLE"
    assert "nowhere" not in caught.value.detail


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_byte_order_marks_blank_lines_and_quotes_do_not_matter(tmp_path, newline, mark):
    text = mark + newline.join(["date,close", '"2020-01-02","10",', "", "2020-01-03, 11 ", ""])
    assert read(tmp_path, text).close.tolist() == [10.0, 11.0]


@pytest.mark.parametrize("day", ["2020-01-02", " 2020-01-02 ", "2020-01-02 00:00:00-05:00", "1927-12-30T09:30:00Z"])
def test_a_date_may_carry_a_time_and_lie_before_1970(tmp_path, day):
    assert str(read(tmp_path, f"date,close\n{day},10\n").sessions[0]) == day.strip()[:10]


@pytest.mark.parametrize("row", ["2020-01-03,9,,5", "2020-01-03,9,10,", "2020-01-03,,,", "2020-01-03,9, ,5"])
def test_a_session_without_a_close_is_left_out(tmp_path, row):
    text = f"date,open,close,adj_close\n2020-01-02,9,10,10\n{row}\n2020-01-06,9,12,12\n"
    history = read(tmp_path, text)
    assert history.close.tolist() == [10.0, 12.0]
    assert str(history.sessions[1]) == "2020-01-06"
    dropped = next(warning for warning in history.warnings if warning.code == "PRICES_DROPPED")
    assert dropped.detail == ("The CSV file of SPY has 1 row without a usable price (on 2020-01-03). It was left out.")


def test_a_missing_open_is_nan_and_no_open_at_all_is_none(tmp_path):
    some = read(tmp_path, "date,open,close\n2020-01-02,,10\n2020-01-03,9,10\n")
    assert math.isnan(some.open[0])
    assert some.open[1] == 9.0
    assert read(tmp_path, "date,open,close\n2020-01-02,,10\n2020-01-03,,10\n").open is None
    assert read(tmp_path, "date,close\n2020-01-02,10\n").open is None


def test_columns_that_are_not_used_may_hold_anything(tmp_path):
    text = "date,close,adj_close,capital,high,volume\n2020-01-02,10,10,x,-1,nan\n"
    assert read(tmp_path, text).close.tolist() == [10.0]


BAD_DATES = ["x", "2020-W01-1", "2020-02-30", "2020-01-022", "2020-13-01", "31/06/2020", "٢٠٢٠-٠١-٠٢", "Mai", "12345"]
NO_NUMBERS = ["ten", "1_000", "inf", "-inf", "1e999", "1.2.3", "12 3", "1.2M", "10%", "١٢"]
MALFORMED = {
    **{f"date,close\n{cell},10\n": "line 2: date cannot be read" for cell in ["", *BAD_DATES]},
    **{f"date,close\n2020-01-01,10\n{cell},10\n2020-01-03,10\n": "line 3: date cannot be read" for cell in BAD_DATES},
    **{f"date,close\n2020-01-02,{cell}\n": "line 2: close is not a number" for cell in NO_NUMBERS},
    "date,close\n2020-01-02,-10\n": "line 2: close is not above zero",
    "": "it is empty",
    "\n\n": "it is empty",
    "day,close\n2020-01-02,10\n": "line 1: there is no column date",
    "\nday,close\n2020-01-02,10\n": "line 2: there is no column date",
    "date,high\n2020-01-02,10\n": "line 1: there is no column close",
    "date:close\n2020-01-02:10\n": "line 1: there is no column date",
    "date,close,Close\n2020-01-02,10,10\n": "line 1: there are two columns close",
    "date,close,Adj Close,adj_close\n2020-01-02,10,10,10\n": "line 1: there are two columns adj_close",
    "date,close\n": "it has no prices",
    "date,close\n2020-01-02,\n": "it has no prices",
    "date,close\n2020-01-02,0\n": "it has no prices",
    "date,close\n2020-01-02,1e-999\n": "it has no prices",
    "date,close,adj_close\n2020-01-02,1,\n2020-01-03,,1\n": "it has no prices",
    "date,close\n2020-01-02\n": "line 2: it has 1 cells where the header has 2",
    "date,close\n2020-01-02,1,234.5\n": "line 2: it has 3 cells where the header has 2",
    "date,close\n2020-01-01,10\n2020-01-03,10\n\n2020-01-02,11\n2020-01-05,1\n":
        "line 5: date is not after the one before it",
    "date,close\n2020-01-06,10\n2020-01-02,10\n2020-01-03,11\n2020-01-01,1\n":
        "line 4: date is not before the one before it",
    "date,close\n2020-01-02 09:30,10\n2020-01-02 16:00,11\n":
        "line 3: it repeats the date of line 2 with another close",
    "date,close,adj_close\n2020-01-02,10,-1\n": "line 2: adj_close is not above zero",
    "date,close,adj_close\n2020-01-02,10,x\n": "line 2: adj_close is not a number",
    "date,close,open\n2020-01-02,10,-1\n": "line 2: open is not above zero",
    "date,close,open\n2020-01-02,10,inf\n": "line 2: open is not a number",
    "date,close,dividend\n2020-01-02,10,-1\n": "line 2: dividend is below zero",
    "date,close,dividend\n2020-01-02,10,x\n": "line 2: dividend is not a number",
    "date,close,split\n2020-01-02,10,2 to 1\n": "line 2: split is not a number",
    "date,close,dividend\n2020-01-02,10,0\n2020-01-03,1,10\n": "line 3: dividend is not below the close before it",
    "date,close,dividend\n2020-01-02,1,0\n" + "".join(f"{2021 + n}-01-04,1,0.999\n" for n in range(9)):
        "its adjusted prices are not from 1e-12 to 1e+15",
    "date,open,close,adj_close\n2020-01-02,1e12,1e-12,1e12\n": "its adjusted prices are not from 1e-12 to 1e+15",
    **{f"date,close\n2020-01-01,10\n2020-01-02,{cell}\n": "line 3: close is out of range"
       for cell in ["5e-324", "1e-300", "1e-155", "1e-100", "9e-13", "1.1e15", "1e100", "1e155", "1e306"]},
    **{f"date,close,{role}\n2020-01-02,10,{cell}\n": f"line 2: {role} is out of range"
       for role in ["open", "adj_close"] for cell in ["1e-100", "1e100"]},
    'date,close\n2020-01-02,"10\n': "line 2: it is not CSV",
    'date,close\n2020-01-02,"10"0\n': "line 2: it is not CSV",
    "date,close,note\n2020-01-02,10,\"" + "x" * 200_000 + "\"\n": "line 2: it is not CSV",
}  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_file_is_refused_with_line_and_column(tmp_path, text):
    assert fault(tmp_path, text) == MALFORMED[text]


@pytest.mark.parametrize(
    "content",
    [b"\0" * 300, b"date,close\n2020-01-02,10\n\0", b"\xff\xfed"],
    ids=["zeros", "a zero", "cut utf-16"],
)
def test_what_is_no_text_is_refused(tmp_path, content):
    assert fault(tmp_path, content) == "it is not text"


OTHER_KINDS = {
    b"": "empty",
    b" \r\n\t\n": "empty",
    b"\xef\xbb\xbf": "empty",
    b"\xff\xfe": "empty",
    b"<!DOCTYPE html>\n<html><body>Log in, please</body></html>": "HTML, a web page",
    b"\n  <html>\n<table><tr><td>date</td></tr></table>": "HTML, a web page",
    b"<?xml version='1.0'?><Workbook/>": "XML",
    b'{"chart": {"result": null,\n"close": [1, 2]}}\n': "JSON",
    b'[{"date": "2020-01-02", "close": 10}]': "JSON",
    b"PK\x03\x04\x14\0\x06\0\x08": "a spreadsheet (xlsx, ods) or a zip archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old spreadsheet (xls)",
    b"%PDF-1.7\n%\xe2\xe3": "a PDF",
    b"PAR1\x15\x04": "Parquet, and its name does not end in .parquet",
    gzip.compress(b"date,close\n", mtime=0): "compressed with gzip, and its name does not end in .gz",
}


@pytest.mark.parametrize("content", OTHER_KINDS, ids=range(len(OTHER_KINDS)))
def test_another_kind_of_file_is_named(tmp_path, content):
    assert fault(tmp_path, content) == f"it is {OTHER_KINDS[content]}"


def test_a_bracket_or_an_angle_bracket_at_the_start_is_no_other_kind(tmp_path):
    assert read(tmp_path, "<DATE>,<CLOSE>\n20200102,10\n").close.tolist() == [10.0]
    assert fault(tmp_path, "[date],price paid\n2020-01-02,10\n") == "line 1: there is no column close"


def test_a_run_does_not_show_what_stands_in_the_header_and_an_import_does(tmp_path):
    text = "Prices of SPY\n\nday,price \x1b[31m,Größe\n2020-01-02,10,1\n"
    assert fault(tmp_path, text) == "line 3: there is no column date"
    with pytest.raises(DataError) as caught:
        csv_files.load(str(tmp_path), ["SPY"])
    assert "day" not in caught.value.detail
    with pytest.raises(DataError) as caught:
        csv_files.read_file(str(tmp_path / "SPY.csv"), "SPY")
    assert caught.value.detail == (
        "The CSV file of SPY cannot be read: line 3: there is no column date. "
        "It has 'day', 'price \\x1b[31m', 'Gr\\xf6\\xdfe'. Expected a header with the columns date and close."
    )


def test_a_letter_of_a_code_page_in_a_number_is_refused(tmp_path):
    assert fault(tmp_path, b"date,close\n2020-01-02,1\xff\n") == "line 2: close is not a number"


def broken_gzips():
    whole = gzip.compress(b"date,close\n" + b"".join(b"%d-01-02,10\n" % year for year in range(1900, 2000)))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    return {
        "plain": b"date,close\n2020-01-02,10\n",
        "cut": whole[:-20],
        "no trailer": whole[:-8],
        "flipped": bytes(flipped),
        "checksum": whole[:-8] + b"none" + whole[-4:],
        "rubbish behind": whole + b"rubbish",
    }


@pytest.mark.parametrize("kind", broken_gzips())
def test_a_broken_gzip_is_refused(tmp_path, kind):
    (tmp_path / "SPY.csv.gz").write_bytes(broken_gzips()[kind])
    with pytest.raises(DataError, match="SPY cannot be read: it is not a complete gzip file"):
        csv_files.load(str(tmp_path), ["SPY"])


@pytest.mark.parametrize("name", ["SPY.csv", "SPY.csv.gz"])
def test_a_folder_in_the_files_place_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="SPY cannot be read: it is not a file"):
        csv_files.load(str(tmp_path), ["SPY"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_the_files_place_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "SPY.csv")
    with pytest.raises(DataError, match="SPY cannot be read: it is not a file"):
        csv_files.load(str(tmp_path), ["SPY"])


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / "SPY.csv").symlink_to(tmp_path / "SPY.csv")  # a loop, which stops even root
    with pytest.raises(DataError, match="SPY cannot be read: the system refuses to open it"):
        csv_files.load(str(tmp_path), ["SPY"])


@pytest.mark.parametrize("name", ["SPY.csv", "SPY.csv.gz"])
def test_a_file_beyond_the_limit_is_refused_packed_or_not(tmp_path, monkeypatch, name):
    monkeypatch.setattr(csv_files, "MAX_FILE_BYTES", 2**20)
    head = "date,close\n2020-01-02,10\n"
    assert read(tmp_path, head + "\n" * (2**20 - len(head)), name).close.tolist() == [10.0]
    assert fault(tmp_path, head + "\n" * (2**20 + 1 - len(head)), name) == "it is larger than 1 MiB"


def test_reading_a_plain_file_imports_neither_pandas_nor_what_reads_others(tmp_path):
    write(tmp_path, "date,close\n2020-01-02,10\n")
    program = (
        "import json, sys\n"
        "from backtester.prices import csv_files\n"
        "csv_files.load(sys.argv[1], ['SPY'])\n"
        "heavy = ['pandas', 'yfinance', 'jsonschema', 'charset_normalizer', 'dateutil']\n"
        "heavy += [f'backtester.prices.csv.{name}' for name in ('rows', 'spelled_dates', 'spelled_numbers')]\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


# Dividends ------------------------------------------------------------------------------------------------------------

PAYING = "date,close,dividend\n2020-01-02,100,7\n2020-01-03,98,2\n2020-01-06,,1\n2020-01-07,49,48\n"


def shares(folder, text):
    write(folder, text)
    found = csv_files.load(str(folder), ["SPY"])["SPY"].dividend
    return None if found is None else found.tolist()


def test_a_dividend_is_a_share_of_the_traded_close_before(tmp_path):
    assert shares(tmp_path, PAYING) == [0, 2 / 100, 49 / 98]


def test_the_total_return_less_the_dividend_is_the_traded_price(tmp_path):
    write(tmp_path, PAYING)
    history = csv_files.load(str(tmp_path), ["SPY"])["SPY"]
    growth = history.close[1:] / history.close[:-1] * (1 - history.dividend[1:])
    assert growth.tolist() == pytest.approx([98 / 100, 49 / 98], rel=1e-15)


def test_an_adjusted_close_leaves_the_dividend_as_it_was_paid(tmp_path):
    text = "date,close,adj_close,dividend,stock splits\n2020-01-02,100,50,0,0\n2020-01-03,98,50,2,0\n"
    assert shares(tmp_path, text) == [0, 0.02]


def test_an_adjusted_export_does_not_say_what_share_was_paid(tmp_path):
    assert shares(tmp_path, "date,close,dividends,stock splits\n2020-01-02,9,0,0\n2020-01-03,9,1,0\n") is None


def test_a_file_without_dividends_does_not_know_them(tmp_path):
    assert shares(tmp_path, "date,close,adj_close\n2020-01-02,9,9\n") is None


def test_a_dividend_or_split_that_is_no_number_is_refused_where_there_is_an_adjusted_close_too(tmp_path):
    with pytest.raises(DataError, match="line 2: dividend is not a number"):
        read(tmp_path, "date,close,adj_close,dividend\n2020-01-02,3,3,x\n")
    with pytest.raises(DataError, match="line 2: split is not a number"):
        read(tmp_path, "date,close,adj_close,stock splits\n2020-01-02,3,3,x\n")


# Shares ---------------------------------------------------------------------------------------------------------------


def test_a_file_says_what_a_share_cost_before_its_split(tmp_path):
    text = "date,open,close,adj_close\n2020-01-02,698,700,100\n2020-01-03,700,700,100\n2020-01-06,100,101,101\n"
    history = read(tmp_path, text)
    assert history.traded.tolist() == [700, 700, 101]
    assert history.split.tolist() == [1, 1, 7]
    assert history.open.tolist() == pytest.approx([698 / 7, 100, 100])
    assert (history.counts_adjusted_shares, history.warnings) == (False, ())


def test_a_split_of_a_line_left_out_counts_on_the_next_session(tmp_path):
    text = "date,close,adj_close,stock splits\n2020-01-02,5,5,0\n2020-01-03,,,2\n2020-01-06,5,5,0\n"
    history = read(tmp_path, text)
    assert (history.traded.tolist(), history.split.tolist()) == ([10, 5], [1, 2])


def test_an_adjusted_export_undoes_the_splits_but_counts_adjusted_shares(tmp_path):
    text = "date,close,dividends,stock splits\n2020-01-02,5,0,0\n2020-01-03,5,0,4\n"
    history = read(tmp_path, text)
    assert (history.traded.tolist(), history.counts_adjusted_shares) == ([20, 5], True)


def test_raw_closes_with_splits_alone_are_adjusted_for_them(tmp_path):
    history = read(tmp_path, "date,close,stock splits\n2020-01-02,700,0\n2020-01-03,101,7\n")
    assert history.close.tolist() == pytest.approx([100, 101])
    assert (history.traded.tolist(), history.counts_adjusted_shares) == ([700, 101], False)
    assert codes(history) == [("UNADJUSTED_PRICES", "SPY")]


def test_a_hundredfold_open_and_close_are_mended_with_a_warning(tmp_path):
    rows = ["2020-01-02,50,50,49", "2020-01-03,5010,5000,4900", "2020-01-06,51,50,49", "2020-01-07,51,50,49"]
    history = read(tmp_path, "date,open,close,adj_close\n" + "\n".join(rows) + "\n")
    assert history.close.tolist() == [49, 49, 49, 49]
    assert history.open[1] == pytest.approx(50.1 * 0.98)
    assert codes(history) == [("PRICES_REPAIRED", "SPY")]
