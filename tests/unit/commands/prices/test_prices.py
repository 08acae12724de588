"""`python -m backtester prices`: what is imported, listed, checked and removed, and what is said where it is not."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import backtester
from backtester.commands.prices import command_line
from backtester.commands.prices.command_line import main
from backtester.commands.run import list_symbols
from backtester.model.errors import DataError
from backtester.prices.store.price_store import PriceStore
from tests.support.paths import ROOT
from tests.support.stored import SESSIONS, fill_store

DAYS = [str(day) for day in SESSIONS]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BACKTEST_OFFLINE", "1")
    monkeypatch.delenv("BACKTEST_CSV_DIR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def csv_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "csv"
    folder.mkdir()
    monkeypatch.setenv("BACKTEST_CSV_DIR", str(folder))
    return folder


def closes(seed: int = 1) -> list[float]:
    steps = np.random.default_rng(seed).normal(0.0004, 0.01, len(DAYS))
    return [round(float(price), 4) for price in 100 * np.cumprod(1 + steps)]


def write(folder: Path, name: str, columns: dict[str, list], days: list[str] = DAYS) -> Path:
    rows = [["date", *columns], *zip(days, *columns.values(), strict=True)]
    path = folder / name
    path.write_text("".join(f"{','.join(map(str, row))}\n" for row in rows))
    return path


def plain(folder: Path, name: str = "OWN.csv", seed: int = 1, until: int = len(DAYS)) -> Path:
    prices = closes(seed)[:until]
    return write(folder, name, {"close": prices, "adj_close": prices}, DAYS[:until])


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict, str]:
    """Run the command with --json; return its exit status, its document, and stderr."""
    exit_code = main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert out.isascii()
    return exit_code, json.loads(out), err


def backtest(*symbols: str, **changes: object) -> dict:
    holdings = [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols]
    asked = {"strategy": "buy_hold", "holdings": holdings, "start_date": "2020-02-03", "end_date": "2020-06-30"}
    return backtester.run({**asked, **changes})


def codes(errors: list[dict]) -> list[str]:
    return [error["code"] for error in errors]


# Imports --------------------------------------------------------------------------------------------------------------


def test_an_import_says_what_is_stored_and_a_run_finds_it(capsys, files):
    path = plain(files)
    assert main(["import", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["OWN", DAYS[0], DAYS[-1], str(len(DAYS)), "OWN.csv"]
    assert err == "prices: 1 history was imported. `prices check OWN` says what looks wrong in one.\n"
    result = backtest("OWN")
    assert result["data"]["symbols"]["OWN"]["source"] == "csv"
    assert result["warnings"] == []


DIVIDENDS = [0.5 if at % 63 == 62 else 0.0 for at in range(len(DAYS))]
SPLITS = [2.0 if at == 300 else 1.0 for at in range(len(DAYS))]
HOLES = ["" if at in (290, 291) else price for at, price in enumerate(closes())]
JUMP = [price * 100 if at in (320, 321) else price for at, price in enumerate(closes())]
LAYOUTS = {
    "closes alone": {"close": closes()},
    "adjusted": {"open": closes(3), "close": closes(), "adj_close": [0.9 * price for price in closes()]},
    "dividends": {"close": closes(), "dividend": DIVIDENDS},
    "an export of adjusted prices": {"close": closes(), "dividend": DIVIDENDS, "split": SPLITS},
    "adjusted, with dividends and a split": {
        "close": closes(), "adj_close": closes(), "dividend": DIVIDENDS, "split": SPLITS,
    },
    "rows without a price": {"close": HOLES, "adj_close": HOLES},
    "a price a hundred times too high": {"close": JUMP, "adj_close": JUMP},
}  # fmt: skip
REQUESTS = {
    "plain": {},
    "whole shares": {"execution": {"shares": "whole"}},
    "next open": {"execution": {"timing": "next_open"}},
    "dividends to cash": {"execution": {"dividends": "cash"}},
}


@pytest.mark.parametrize("asked", REQUESTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_imported_file_gives_the_result_that_the_csv_folder_gives(capsys, files, monkeypatch, layout, asked):
    write(files, "OWN.csv", LAYOUTS[layout])
    assert run(capsys, "import", files)[0] == 0

    def answer() -> object:
        try:
            return backtest("OWN", **REQUESTS[asked]) | {"timing_ms": 0}
        except DataError as error:
            return error.code

    imported = answer()
    monkeypatch.setenv("BACKTEST_CSV_DIR", str(files))
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(files / "none"))
    assert answer() == imported


def test_a_folder_is_imported_but_for_the_files_that_are_wrong(capsys, files):
    plain(files, "AAA.csv")
    (files / "BBB.csv").write_text("date,close\n2020-01-02,10\n2020-01-03,ten\n")
    (files / "CCC.csv.gz").write_bytes(gzip.compress(plain(files, "DDD.csv").read_bytes()))
    plain(files, "E E.csv")
    (files / "notes.txt").write_text("no prices")
    exit_code, document, err = run(capsys, "import", files)
    assert (exit_code, document["success"], err) == (3, False, "")
    assert [entry["symbol"] for entry in document["imported"]] == ["AAA", "CCC", "DDD"]
    assert [(error["file"], error["code"]) for error in document["errors"]] == [
        ("E E.csv", "VALIDATION_FAILED"), ("BBB.csv", "PRICES_UNREADABLE"),
    ]  # fmt: skip
    assert "line 3: close is not a number" in document["errors"][1]["detail"]
    assert main(["import", str(files)]) == 3
    err = capsys.readouterr().err
    assert err.splitlines()[-1].startswith("prices: 3 histories were imported. Some files were not.")


def test_two_files_of_one_symbol_are_not_guessed_between(capsys, files):
    plain(files, "OWN.csv")
    plain(files, "own.csv.gz")
    exit_code, document, _ = run(capsys, "import", files)
    assert (exit_code, codes(document["errors"])) == (2, ["VALIDATION_FAILED"])
    assert "OWN.csv and own.csv.gz are both of OWN" in document["errors"][0]["detail"] or (
        "own.csv.gz and OWN.csv are both of OWN" in document["errors"][0]["detail"]
    )


def test_a_file_of_another_name_or_of_several_symbols_is_told_whose_prices_it_has(capsys, files):
    path = write(files, "my data (1).csv", {"SPY": closes(1), "QQQ": closes(2)})
    exit_code, document, _ = run(capsys, "import", path)
    assert (exit_code, document["imported"]) == (2, [])
    assert document["errors"][0]["detail"] == "The name of my data (1).csv is no symbol."
    assert document["errors"][0]["remedy"] == "Use --symbol to say whose prices it has."
    exit_code, document, _ = run(capsys, "import", path.rename(files / "data.csv"))
    assert exit_code == 3
    assert "A file of several symbols needs --symbol for each." in document["errors"][0]["remedy"]
    exit_code, document, _ = run(capsys, "import", files / "data.csv", "--symbol", "spy", "--symbol", "QQQ")
    assert (exit_code, [entry["symbol"] for entry in document["imported"]]) == (0, ["SPY", "QQQ"])
    spy, qqq = (backtest(symbol)["metrics"]["final_value"] for symbol in ("SPY", "QQQ"))
    assert spy != qqq


def test_a_long_file_gives_each_symbol_its_own_rows(capsys, files):
    days = np.datetime_as_string(np.busday_offset("2018-01-01", np.arange(600), roll="forward"))
    rows = [f"{day},{'AAA' if row < 300 else 'BBB'},{100 + row}" for row, day in enumerate(days)]
    (files / "long.csv").write_text("\n".join(["date,symbol,close", *rows]))
    exit_code, document, _ = run(capsys, "import", files / "long.csv", "--symbol", "SPY")
    assert (exit_code, document["imported"]) == (3, [])
    assert "it has 2 symbols, and SPY is not one of them" in document["errors"][0]["detail"]
    exit_code, document, _ = run(capsys, "import", files / "long.csv")
    assert exit_code == 3
    assert "A file of several symbols needs --symbol for each." in document["errors"][0]["remedy"]
    exit_code, document, _ = run(capsys, "import", files / "long.csv", "--symbol", "AAA", "--symbol", "BBB")
    assert exit_code == 0
    assert [(e["symbol"], e["first"], e["last"], e["sessions"]) for e in document["imported"]] == [
        ("AAA", days[0], days[299], 300), ("BBB", days[300], days[599], 300),
    ]  # fmt: skip


def test_of_a_file_of_several_symbols_all_or_none_are_imported(capsys, files, cache):
    path = write(files, "data.csv", {"SPY": closes(1), "QQQ": closes(2)})
    exit_code, document, _ = run(capsys, "import", path, "--symbol", "SPY", "--symbol", "DIA")
    assert (exit_code, document["imported"]) == (3, [])
    same = plain(files, "one.csv")
    exit_code, document, _ = run(capsys, "import", same, "--symbol", "SPY", "--symbol", "DIA")
    assert (exit_code, document["errors"][0]["detail"]) == (
        2, "The file does not tell SPY from DIA: their prices are the same.",
    )  # fmt: skip
    assert run(capsys, "import", path, "--symbol", "SPY")[0] == 0
    shorter = write(files, "data.csv", {"SPY": closes(1)[5:], "QQQ": closes(2)[5:]}, DAYS[5:])
    exit_code, document, _ = run(capsys, "import", shorter, "--symbol", "QQQ", "--symbol", "SPY")
    assert (exit_code, document["imported"]) == (2, [])
    with PriceStore(str(cache)) as store:
        assert store.stored_keys() == [("SPY", "csv")]


def test_an_import_takes_the_place_of_one_that_it_extends_and_of_others_only_when_asked(capsys, files):
    assert run(capsys, "import", plain(files, until=400))[0] == 0
    exit_code, document, _ = run(capsys, "import", plain(files, seed=2))
    assert exit_code == 0
    assert document["imported"][0]["replaced"] == {"first": DAYS[0], "last": DAYS[399], "sessions": 400}
    shorter = plain(files, until=300)
    exit_code, document, _ = run(capsys, "import", shorter)
    assert (exit_code, codes(document["errors"])) == (2, ["VALIDATION_FAILED"])
    assert document["errors"][0]["detail"] == (
        f"OWN was imported before, with {len(DAYS)} sessions from {DAYS[0]} to {DAYS[-1]}. The file lacks "
        f"{len(DAYS) - 300} sessions of them, the first on {DAYS[300]}."
    )
    assert document["errors"][0]["remedy"] == "Use --replace to take the file's prices alone."
    assert run(capsys, "import", shorter, "--replace")[1]["imported"][0]["last"] == DAYS[299]


def test_an_import_and_what_is_fetched_lie_side_by_side(capsys, files, cache):
    fill_store(cache, "OWN")
    fetched = backtest("OWN")
    assert run(capsys, "import", plain(files))[0] == 0
    fill_store(cache, "OWN")
    assert backtest("OWN")["data"]["symbols"]["OWN"]["source"] == "csv"
    named = {"data": {"source": "yahoo"}}
    assert backtest("OWN", **named)["data"]["symbols"] == fetched["data"]["symbols"]
    assert run(capsys, "remove", "OWN", "--source", "csv")[1]["removed"] == [{"symbol": "OWN", "source": "csv"}]
    assert backtest("OWN")["data"]["symbols"] == fetched["data"]["symbols"]


def test_a_refresh_neither_replaces_an_import_nor_passes_it_over(capsys, files):
    assert run(capsys, "import", plain(files))[0] == 0
    before = backtest("OWN")
    after = backtest("OWN", data={"source": "auto", "refresh": True})
    assert after["data"]["symbols"] == before["data"]["symbols"]
    assert [(w["code"], w["pointer"], w["symbol"]) for w in after["warnings"]] == [
        ("NO_EFFECT", "/data/refresh", "OWN")
    ]


def test_a_period_outside_an_import_is_told_with_what_it_has(capsys, files):
    assert run(capsys, "import", plain(files))[0] == 0
    with pytest.raises(DataError, match=f"OWN was imported with prices from {DAYS[0]} to {DAYS[-1]}") as raised:
        backtest("OWN", start_date="2023-01-02", end_date="2023-06-30")
    assert raised.value.code == "NO_DATA_IN_RANGE"


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("X.csv", b"", "it is empty"),
        ("X.csv", b"\x00\x01\x02" * 1000, "it is not text"),
        ("X.csv.gz", b"\x1f\x8b\x08 not gzip", "it is not a complete gzip file"),
        ("X.csv", b"date,close\n2020-01-02,1\n2020-01-02,2\n", "line 3: it repeats the date of line 2"),
        ("X.csv", b"date,close\n03/04/2020,1\n04/05/2020,2\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_fault(capsys, files, cache, name, content, fact):
    (files / name).write_bytes(content)
    exit_code, document, err = run(capsys, "import", files / name)
    assert (exit_code, codes(document["errors"]), err) == (3, ["PRICES_UNREADABLE"], "")
    assert fact in document["errors"][0]["detail"]
    assert not cache.exists(), "nothing was stored"


def told(capsys, *arguments) -> str:
    """Return what a person reads on stderr."""
    main([*map(str, arguments)])
    return capsys.readouterr().err


def test_a_header_that_is_not_known_is_shown_with_the_columns_needed_in_short_sentences(capsys, files):
    for name in ("A.csv", "B.csv", "C.csv"):
        (files / name).write_text("day,price\n2020-01-02,1\n")
    err = told(capsys, "import", files)
    one = "line 1: there is no column date. It has 'day', 'price'. Expected a header with the columns date and close."
    assert err.count(one) == 3
    assert err.count("docs/reference/csv-layouts.md") == 1, "once for all files, and as a pointer"
    assert max(map(len, err.splitlines())) < 300


def test_a_fault_of_a_line_says_nothing_of_layouts_or_several_symbols(capsys, files):
    (files / "X.csv").write_text("date,close\n2020-01-02,ten\n")
    detail = run(capsys, "import", files / "X.csv")[1]["errors"][0]["detail"]
    assert detail.startswith("The CSV file of X cannot be read: line 2: close is not a number. Expected ")
    assert "ayout" not in detail
    assert "--symbol" not in detail


def test_a_path_that_is_not_there_is_told_as_it_was_typed(capsys, files):
    _, document, _ = run(capsys, "import", f"{files}/../nosuch")
    (error,) = document["errors"]
    assert error["detail"] == f"There is no file {files}/../nosuch."
    assert error["remedy"] == "Check the path."


def test_a_folder_without_files_is_no_matter_of_a_line(capsys, files):
    (error,) = run(capsys, "import", files)[1]["errors"]
    assert "has no file that ends in .csv" in error["detail"]
    assert "line" not in error["remedy"]
    assert "operator" not in error["remedy"], "who types is the operator"


@pytest.mark.parametrize(
    ("name", "symbol", "is_noted"),
    [
        ("spy_us_d.csv", "SPY", True), ("brk-b_us_w.csv", "BRK-B", True), ("vod_uk_d.csv.gz", "VOD.UK", True),
        ("^spx_d.csv", "^SPX", True), ("spy.us.txt", "SPY", False), ("SPY.US.csv", "SPY.US", False),
        ("SPY.csv", "SPY", False), ("qqq.csv.gz", "QQQ", False), ("BRK.B.csv", "BRK.B", False),
        ("my_prices.csv", "MY_PRICES", True), ("a_d.csv", "A_D", True),
    ],
)  # fmt: skip
def test_a_name_of_stooq_gives_its_symbol_and_a_doubtful_name_is_noted(capsys, files, name, symbol, is_noted):
    content = plain(files, "good.csv").read_bytes()
    (files / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    err = told(capsys, "import", files / name)
    noted = f"{name} was imported as {symbol}. If it has the prices of another, use --symbol."
    assert (noted in err) is is_noted
    assert [e["symbol"] for e in run(capsys, "list")[1] if e["place"] == "store"] == [symbol]
    assert "use --symbol" not in told(capsys, "import", files / name, "--symbol", "OTHER_ONE")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_what_is_no_file_is_not_waited_for(capsys, files):
    os.mkfifo(files / "X.csv")
    for path in (files / "X.csv", files / "GONE.csv", "/dev/zero", "\0"):
        exit_code, document, _ = run(capsys, "import", path)
        assert (exit_code in (2, 3), document["imported"], len(document["errors"])) == (True, [], 1)


def test_a_file_of_a_gigabyte_is_refused_without_being_read(capsys, files):
    with open(files / "X.csv", "wb") as file:
        file.truncate(2**30)
    exit_code, document, _ = run(capsys, "import", files / "X.csv")
    assert (exit_code, document["errors"][0]["detail"]) == (
        3, "The CSV file of X cannot be read: it is larger than 256 MiB.",
    )  # fmt: skip


HOSTILE = ["..", "; rm -rf x", "\x1b[31mred\x1b[0m", "line\nbreak", "A" * 200, "Größe", "$(id)", "-x", "A B"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_and_shown_safely(capsys, files, name):
    content = plain(files, "good.csv").read_bytes()
    (files / "good.csv").unlink()
    path = os.fsencode(files / f"{name}.csv")
    with open(path, "wb") as file:
        file.write(content)
    assert main(["import", "--", os.fsdecode(path)]) in (0, 2)
    out, err = capsys.readouterr()
    assert err.isascii()
    assert "\x1b" not in out + err
    assert run(capsys, "import", files)[0] in (0, 2)


def test_a_name_of_bytes_that_are_no_text_is_refused(capsys, files):
    path = os.fsencode(files) + b"/\xff\xfe.csv"
    try:
        with open(path, "wb") as file:
            file.write(b"date,close\n2020-01-02,1\n")
    except OSError:
        pytest.skip("this file system has no such names")
    exit_code, document, _ = run(capsys, "import", os.fsdecode(path))
    assert (exit_code, codes(document["errors"])) == (2, ["VALIDATION_FAILED"])


def test_a_store_that_cannot_be_used_is_told_and_nothing_is_imported(capsys, files, monkeypatch):
    in_the_way = files / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(in_the_way))
    plain(files, "AAA.csv")
    plain(files, "BBB.csv")
    exit_code, document, err = run(capsys, "import", files)
    assert (exit_code, document["imported"], err) == (3, [], "")
    assert codes(document["errors"]) == ["STORE_UNAVAILABLE"] * 2
    assert document["errors"][0]["detail"] == "The price store cannot be used: its folder cannot be written."
    assert run(capsys, "remove", "AAA")[0] == 3


def test_a_damaged_store_is_set_aside_and_the_import_succeeds(capsys, files, cache):
    cache.mkdir()
    (cache / "prices.sqlite3").write_bytes(b"not a database" * 1000)
    exit_code, document, err = run(capsys, "import", plain(files))
    assert (exit_code, len(document["imported"])) == (0, 1)
    assert "The price store was damaged" in err


# What is at hand ------------------------------------------------------------------------------------------------------


def test_the_list_has_store_folder_and_sample_each_symbol_once(capsys, files, cache, csv_folder):
    fill_store(cache, "AAPL", "FETCHED", "BOTH")
    plain(csv_folder, "BOTH.csv")
    plain(csv_folder, "FILE.csv")
    (csv_folder / "BAD.csv").write_text("no prices")
    assert run(capsys, "import", plain(files, "FETCHED.csv", until=100))[0] == 0
    exit_code, document, err = run(capsys, "list")
    assert exit_code == 0
    assert document == json.loads(list_symbols(pretty=False).document)
    found = {entry["symbol"]: (entry["source"], entry["place"], entry["last"]) for entry in document}
    assert found["AAPL"] == ("yahoo", "store", DAYS[-1])
    assert found["BOTH"] == ("yahoo", "store", DAYS[-1])
    assert found["FETCHED"] == ("csv", "store", DAYS[99])
    assert found["FILE"] == ("csv", "folder", DAYS[-1])
    assert found["MSFT"] == ("bundled", "sample", "2022-12-28")
    assert "BAD" not in found
    assert err == "prices: The CSV folder's file of BAD cannot be read. `prices check BAD` says why.\n"
    assert main(["list"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == [
        "SYMBOL", "SOURCE", "PLACE", "FIRST", "LAST", "DESCRIPTION"
    ]  # fmt: skip


def test_where_an_import_and_the_folder_have_a_symbol_the_import_is_taken_and_that_is_told(capsys, files, csv_folder):
    plain(csv_folder, seed=1)
    assert run(capsys, "import", plain(files, seed=2))[0] == 0
    result = backtest("OWN")
    assert [warning["detail"] for warning in result["warnings"]] == [
        "OWN is in the price store and in the CSV folder. The price store was used. "
        "Set data.source to csv to take the file."
    ]
    other = backtest("OWN", data={"source": "csv"})
    assert other["metrics"]["final_value"] != result["metrics"]["final_value"]


def test_a_check_reads_what_auto_would_and_says_with_its_exit_status_whether_something_is_wrong(
    capsys, files, cache, csv_folder, monkeypatch
):
    (csv_folder / "BAD.csv").write_text("date,close\n2020-01-02,1\n2020-01-03,x\n")
    plain(csv_folder, "OWN.csv")
    fill_store(cache, "FETCHED")
    exit_code, document, _ = run(capsys, "check", "OWN", "FETCHED", "AAPL", "BAD")
    assert [(entry["symbol"], entry["source"], entry["place"]) for entry in document["checked"]] == [
        ("OWN", "csv", "folder"), ("FETCHED", "yahoo", "store"), ("AAPL", "bundled", "sample"),
    ]  # fmt: skip
    assert (exit_code, codes(document["errors"])) == (3, ["PRICES_UNREADABLE"])
    assert "line 3: close is not a number" in document["errors"][0]["detail"]
    days = np.datetime64("today") + np.arange(-400, 1).astype("timedelta64[D]")
    days = [str(day) for day in days[np.is_busday(days)]]
    prices = closes()[: len(days)]
    write(files, "NEW.csv", {"open": prices, "close": prices, "adj_close": prices}, days)
    assert run(capsys, "import", files / "NEW.csv")[0] == 0
    exit_code, document, _ = run(capsys, "check", "NEW")
    assert (exit_code, document["checked"][0]["findings"], document["checked"][0]["opens"]) == (0, [], True)
    assert main(["check", "NEW"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  Nothing looks wrong."
    prices[50] *= 4
    write(files, "NEW.csv", {"close": prices}, days)
    assert run(capsys, "import", files / "NEW.csv")[0] == 0
    assert main(["check", "NEW"]) == 1
    assert f"on {days[50]} (+" in capsys.readouterr().out


def test_a_misspelt_symbol_is_asked_about_wherever_its_neighbour_is(capsys, files, cache, csv_folder):
    fill_store(cache, "ZEBRA")
    plain(csv_folder, "GIRAFFE.csv")
    assert run(capsys, "import", plain(files, "WALRUS.csv"))[0] == 0
    for asked, meant in {"ZEBRRA": "ZEBRA", "GIRAFE": "GIRAFFE", "WALRUSS": "WALRUS", "APPL": "AAPL"}.items():
        with pytest.raises(DataError, match=f"Did you mean '{meant}'") as raised:
            backtest("MSFT", asked)
        (problem,) = raised.value.problems
        assert (problem.pointer, problem.suggestion) == ("/holdings/1/symbol", meant)
        exit_code, document, _ = run(capsys, "check", asked)
        assert (exit_code, codes(document["errors"])) == (3, ["SYMBOL_NOT_FOUND"])
        assert f"Did you mean '{meant}'" in document["errors"][0]["detail"]
    with pytest.raises(DataError, match="Did you mean 'GIRAFFE'"):
        backtest("GIRAFE", data={"source": "csv"})
    with pytest.raises(DataError) as raised:
        backtest("QQQQQ")
    assert raised.value.problems[0].suggestion is None


def test_what_is_removed_is_gone_and_what_was_not_there_is_told(capsys, files, cache):
    assert run(capsys, "remove", "OWN")[1]["errors"][0]["detail"] == "OWN is not in the price store."
    assert not cache.exists()
    assert run(capsys, "import", plain(files))[0] == 0
    exit_code, document, _ = run(capsys, "remove", "OWNN", "own", "../x")
    assert (exit_code, document["removed"]) == (3, [{"symbol": "OWN", "source": "csv"}])
    assert codes(document["errors"]) == ["VALIDATION_FAILED", "SYMBOL_NOT_FOUND"]
    with PriceStore(str(cache)) as store:
        assert store.stored_keys() == []


# The command line -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["import", "list", "remove", "check", "fetch"])
def test_each_subcommand_has_its_help(capsys, name):
    assert main([name, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_each_command_of_the_page_and_of_the_help_is_one():
    text = (ROOT / "docs/prices.md").read_text() + command_line.EPILOGUE
    lines = re.findall(r"^ *\.venv/bin/python -m backtester prices (.+)$", text, re.MULTILINE)
    assert len(lines) >= 10
    for line in lines:
        assert command_line._parser().parse_args(shlex.split(line, comments=True)).run


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["imprt"], ["import"], ["remove"], ["check"], ["import", "x.csv", "--sym", "X"], ["list", "X"],
        ["fetch", "SPY", "--start", "yesterday"],
    ],
)  # fmt: skip
def test_a_wrong_argument_is_told_in_two_lines(capsys, arguments):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("prices: ")


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        (["import", "a.csv", "b.csv", "--symbol", "SPY"], "--symbol goes with one file."),
        (["import", "a.csv", "--symbol", "../SPY"], "../SPY is no symbol."),
        (["fetch", "A", "--start", "2020-02-01", "--end", "2019-01-01"], "--start 2020-02-01 is after --end"),
        (["fetch", "SPY", "--source", "yaho"], "--source must be one of yahoo, tiingo, stooq. Did you mean 'yahoo'?"),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(capsys, arguments, detail):
    exit_code, document, _ = run(capsys, *arguments)
    assert (exit_code, document["success"]) == (2, False)
    assert document["errors"][0]["detail"].startswith(detail)


def test_a_fetch_where_the_network_is_switched_off_says_so_once(capsys):
    exit_code, document, err = run(capsys, "fetch", "SPY", "QQQ")
    assert (exit_code, codes(document["errors"]), err) == (3, ["DATA_SOURCE_UNAVAILABLE"], "")
    assert document["errors"][0]["remedy"] == "Unset BACKTEST_OFFLINE, or import files: `prices import`."


def test_wrong_settings_are_told(capsys, monkeypatch, files):
    monkeypatch.setenv("BACKTEST_TIMEOUT_SECONDS", "soon")
    exit_code, document, err = run(capsys, "import", plain(files))
    assert (exit_code, codes(document["errors"]), err) == (1, ["INTERNAL"], "")
    assert "BACKTEST_TIMEOUT_SECONDS must be a number" in document["errors"][0]["detail"]
