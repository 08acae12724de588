"""`prices import --dry-run`, `-` and `--new`: what is said before anything is stored, and what is never replaced."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from backtester.commands.prices import import_files
from backtester.commands.prices.command_line import main
from backtester.prices.store.price_store import PriceStore
from tests.support.stored import fill_store

FILE = """Date,Open,High,Close,Adj Close,Volume
2024-01-02,10,11,10,9.5,100
2024-01-03,10,11,10.5,9.9,100
2024-01-03,10,11,10.5,9.9,100
2024-01-04,10,11,,9.9,100

2024-01-05,40,41,40,39,100
2024-01-08,40,41,41,40,100
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BACKTEST_OFFLINE", "1")
    monkeypatch.delenv("BACKTEST_CSV_DIR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def send(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Import from stdin with --json; return the exit status and the document."""

    def run(*arguments: str, content: str | bytes = FILE) -> tuple[int, dict]:
        body = content.encode() if isinstance(content, str) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
        exit_code = main(["import", "-", *arguments, "--json"])
        out, err = capsys.readouterr()
        assert (out.isascii(), err) == (True, "")
        return exit_code, json.loads(out)

    return run


def test_a_dry_run_says_what_was_read_and_stores_nothing(send, cache):
    exit_code, document = send("--name=own.csv", "--dry-run", "--points=100")
    assert (exit_code, document["success"], document["errors"]) == (0, True, [])
    (entry,) = document["read"]
    assert [entry[key] for key in ("symbol", "file", "first", "last", "sessions", "replaces")] == [
        "OWN", "own.csv", "2024-01-02", "2024-01-08", 4, None,
    ]  # fmt: skip
    roles = ["date", "open", None, "close", "adj_close", None]
    assert [column["role"] for column in entry["columns"]] == roles
    assert [column["name"] for column in entry["columns"]] == FILE.partition("\n")[0].split(",")
    assert entry["closes"] == {
        "dates": ["2024-01-02", "2024-01-03", "2024-01-05", "2024-01-08"], "close": [9.5, 9.9, 39.0, 40.0],
    }  # fmt: skip
    assert not cache.exists()


def test_rows_that_are_left_out_and_findings_have_the_line_of_the_file(send):
    (entry,) = send("--name=own.csv", "--dry-run")[1]["read"]
    assert entry["left_out"] == {
        "count": 2,
        "rows": [
            {"line": 4, "day": "2024-01-03", "reason": "REPEATED"},
            {"line": 5, "day": "2024-01-04", "reason": "NO_PRICE"},
        ],
    }
    lines = {finding["code"]: (finding["day"], finding["line"]) for finding in entry["findings"]}
    assert lines["IMPLAUSIBLE_PRICE"] == ("2024-01-05", 7)
    assert lines["PRICES_DROPPED"] == (None, None)
    assert "closes" not in entry


def test_newest_first_the_lines_are_those_of_the_file_too(send):
    head, *rows = FILE.replace("\n\n", "\n").splitlines()
    (entry,) = send("--name=own.csv", "--dry-run", content="\n".join([head, *rows[::-1]]))[1]["read"]
    assert [(row["line"], row["day"]) for row in entry["left_out"]["rows"]] == [(4, "2024-01-04"), (5, "2024-01-03")]
    lines = {finding["code"]: finding["line"] for finding in entry["findings"]}
    assert lines["IMPLAUSIBLE_PRICE"] == 3


def test_of_many_rows_left_out_the_first_ten_are_told(send):
    rows = [f"2024-{month:02d}-{day:02d},{'' if day % 2 else 10}" for month in (1, 2, 3) for day in range(1, 29)]
    (entry,) = send("--symbol=OWN", "--dry-run", content="\n".join(["date,close", *rows]))[1]["read"]
    assert (entry["left_out"]["count"], len(entry["left_out"]["rows"])) == (42, 10)


def test_a_dry_run_says_what_the_file_would_go_before(send, cache):
    assert send("--name=own.csv", "--new")[0] == 0
    shorter = "\n".join(FILE.splitlines()[:3])
    (entry,) = send("--name=own.csv", "--dry-run", content=shorter)[1]["read"]
    assert entry["replaces"] == {
        "source": "csv", "place": "store", "first": "2024-01-02", "last": "2024-01-08", "sessions": 4, "lost": 2,
        "unreadable": None,
    }  # fmt: skip
    (entry,) = send("--symbol=MSFT", "--dry-run")[1]["read"]
    assert (entry["replaces"]["place"], entry["replaces"]["source"]) == ("sample", "bundled")


def test_a_dry_run_of_a_symbol_whose_import_is_damaged_says_so(send, cache):
    assert send("--name=own.csv")[0] == 0
    with PriceStore(str(cache)) as store:
        store._use(lambda connection: connection.execute("UPDATE histories SET close = zeroblob(length(close))"))
    (entry,) = send("--name=own.csv", "--dry-run")[1]["read"]
    assert entry["replaces"]["place"] is None
    assert "damaged" in entry["replaces"]["unreadable"]
    assert send("--name=own.csv", "--new")[1]["errors"][0]["code"] == "PRICES_UNREADABLE"
    assert send("--name=own.csv", "--replace")[0] == 0


@pytest.mark.parametrize("symbol", ["OWN", "FETCHED", "MSFT"])
def test_new_refuses_a_symbol_that_is_at_hand_in_any_place(send, cache, symbol):
    assert send("--symbol=OWN", "--new")[0] == 0
    fill_store(cache, "FETCHED")
    exit_code, document = send(f"--symbol={symbol}", "--new")
    assert (exit_code, document["imported"]) == (2, [])
    (error,) = document["errors"]
    assert error["code"] == "VALIDATION_FAILED"
    assert error["detail"].startswith(f"{symbol} is at hand already, in the ")
    with PriceStore(str(cache)) as store:
        assert store.stored_keys() == [("FETCHED", "yahoo"), ("OWN", "csv")]


def test_new_refuses_what_another_process_has_imported_since_it_looked(send, cache, tmp_path, capsys, monkeypatch):
    look = import_files.check_is_new
    (tmp_path / "OWN.csv").write_text(FILE)

    def look_and_lose_the_race(symbol, settings):
        look(symbol, settings)
        monkeypatch.setattr(import_files, "check_is_new", look)
        assert main(["import", str(tmp_path / "OWN.csv"), "--json"]) == 0
        capsys.readouterr()

    monkeypatch.setattr(import_files, "check_is_new", look_and_lose_the_race)
    exit_code, document = send("--symbol=OWN", "--new", content=FILE.replace("41,40,", "41,39,"))
    assert (exit_code, document["errors"][0]["code"]) == (2, "VALIDATION_FAILED")
    with PriceStore(str(cache)) as store:
        assert store.stored("OWN", "csv").close[-1] == 40


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x1f\x8brest", "gzip"),
        (bytes(range(256)) * 8, "it is not text"),
        (b"<!doctype html><p>Sign in", "a web page"),
        (b"a,b\n1,2\n", "there is no column"),
        (b"date,close\n2024-01-02,1\n2024-01-03,-1\n", "line 3: close is not above zero"),
        (b"date,close\n2024-01-02,1\n2024-01-32,1\n", "line 3"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_its_line(send, cache, content, said):
    for arguments in (["--dry-run"], ["--new"]):
        exit_code, document = send("--name=own.csv", *arguments, content=content)
        assert (exit_code, document["success"], [error["code"] for error in document["errors"]]) == (
            3, False, ["PRICES_UNREADABLE"],
        )  # fmt: skip
        assert said in document["errors"][0]["detail"]
        assert document["errors"][0]["file"] == "own.csv"
    assert not (cache / "prices.sqlite3").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_usual_encodings_are_read(send, encoding):
    content = "Datum;Schlusskurs (€)\n02.01.2024;10,5\n03.01.2024;10,6\n".encode(encoding)
    (entry,) = send("--symbol=OWN", "--dry-run", content=content)[1]["read"]
    assert (entry["sessions"], entry["columns"][0]) == (2, {"name": "Datum", "role": "date"})


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("../../etc/own.csv", "OWN"), ("spy_us_d.csv", "SPY"), ("/abs/vod_uk_d.csv", "VOD.UK"), ("--own.csv", None),
        ("a b.csv", None), ("\x1b[31m.csv", None), ("x" * 300 + ".csv", None), ("..", None), (".csv", None),
    ],
)  # fmt: skip
def test_the_name_is_a_name_and_no_path(send, cache, name, symbol):
    exit_code, document = send(f"--name={name}", "--dry-run")
    if symbol is None:
        assert exit_code == 2 or document["read"][0]["symbol"].startswith("-")
    else:
        assert [entry["symbol"] for entry in document["read"]] == [symbol]


@pytest.mark.parametrize(
    "arguments", [["-"], ["-", "x.csv", "--symbol=OWN"], ["--new", "--replace", "-"], ["-", "--points=1"]]
)
def test_stdin_is_one_file_whose_symbol_is_told(capsys, arguments):
    assert main(["import", *arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "VALIDATION_FAILED"


def test_a_check_gives_the_closes_for_a_chart_thinned_with_its_extremes(capsys):
    assert main(["check", "AAPL", "--json", "--points", "60"]) in (0, 1)
    (entry,) = json.loads(capsys.readouterr().out)["checked"]
    dates, closes = entry["closes"]["dates"], entry["closes"]["close"]
    assert (dates[0], dates[-1]) == (entry["first"], entry["last"])
    assert len(dates) == len(closes) <= 60
    assert main(["check", "AAPL", "--json", "--points", "10000"]) in (0, 1)
    (whole,) = json.loads(capsys.readouterr().out)["checked"]
    assert len(whole["closes"]["close"]) == entry["sessions"]
    assert (min(closes), max(closes)) == (min(whole["closes"]["close"]), max(whole["closes"]["close"]))
    assert {finding["day"] for finding in entry["findings"]} >= {entry["last"]}, "it is stale"
