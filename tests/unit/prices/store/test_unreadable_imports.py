"""An import that cannot be read: a run that would use it takes no other prices for it without a word."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backtester
from backtester.commands.prices.command_line import main
from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.prices.store import database
from backtester.prices.store.price_store import PriceStore
from tests.support.sample_requests import one_holding, request
from tests.support.stored import SESSIONS, fill_store

MARCH = {"start_date": "2020-03-02", "end_date": "2020-03-31"}
SYMBOL = "AAPL"  # which the bundled sample has, too


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The file of a store with an import of AAPL and one of OTHER."""
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BACKTEST_OFFLINE", "1")
    monkeypatch.delenv("BACKTEST_CSV_DIR", raising=False)
    files = [import_file(tmp_path, symbol) for symbol in (SYMBOL, "OTHER")]
    assert main(["import", *files]) == 0
    capsys.readouterr()
    assert sources(backtest()) == {"csv"}
    return tmp_path / "cache/prices.sqlite3"


def import_file(folder: Path, symbol: str) -> str:
    path = folder / f"{symbol}.csv"
    path.write_text("".join(["date,close\n", *(f"{day},{20 + at % 7}\n" for at, day in enumerate(SESSIONS))]))
    return str(path)


def asked(source: str = "auto", symbol: str = SYMBOL) -> dict[str, Any]:
    return request(**MARCH, holdings=one_holding(symbol), data={"source": source})


def backtest(source: str = "auto", symbol: str = SYMBOL) -> dict[str, Any]:
    return backtester.run(asked(source, symbol))


def sources(result: dict[str, Any]) -> set[str]:
    return {entry["source"] for entry in result["data"]["symbols"].values()}


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("column", ["close", "days", "imported", "digest"])
def test_a_damaged_import_is_an_error_until_it_is_imported_again(store: Path, column: str, tmp_path, capsys) -> None:
    change(store, f"UPDATE histories SET {column} = x'00' || substr({column}, 2) WHERE symbol = '{SYMBOL}'")
    for _ in range(2):  # the first run deletes nothing
        with pytest.raises(DataError, match="was imported") as raised:
            backtest()
        assert (raised.value.code, raised.value.exit_code) == ("PRICES_UNREADABLE", 3)
        assert "prices import" in raised.value.remedy
    assert sources(backtest("bundled")) == {"bundled"}
    assert sources(backtest(symbol="OTHER")) == {"csv"}
    assert main(["list"]) == 0
    assert f"{SYMBOL} was imported" in capsys.readouterr().err
    assert main(["check", SYMBOL]) == 3
    assert "[PRICES_UNREADABLE]" in capsys.readouterr().err
    assert main(["import", str(tmp_path / f"{SYMBOL}.csv")]) == 0
    assert sources(backtest()) == {"csv"}


@pytest.mark.parametrize("price", [5e-324, 1e-155, 1e-100, 1e100, 1e306])
def test_a_stored_price_out_of_bounds_is_an_error_of_its_day(store: Path, price: float, capsys) -> None:
    with PriceStore(str(store.parent)) as opened:
        found = opened.stored(SYMBOL, "csv")
        assert found is not None
        opened.put_imported(
            [replace(found, close=np.where(np.arange(len(found.days)) == 99, price, 20.0))], check=lambda *_: None
        )
    with pytest.raises(DataError, match=re.escape(f"The close of {SYMBOL} on {SESSIONS[99]} is {price:.6g}")) as raised:
        backtest()
    assert raised.value.code == "PRICES_UNREADABLE"
    assert main(["check", SYMBOL]) == 3
    assert "RuntimeWarning" not in capsys.readouterr().err


def test_a_damaged_import_can_be_removed(store: Path) -> None:
    change(store, f"UPDATE histories SET close = x'00' WHERE symbol = '{SYMBOL}'")
    assert main(["remove", SYMBOL, "--source", "csv"]) == 0
    assert sources(backtest()) == {"bundled"}


def test_the_store_of_a_newer_version_is_left_alone_and_named(store: Path) -> None:
    version = database.SCHEMA_VERSION
    change(store, f"PRAGMA user_version = {version + 1}")
    for _ in range(2):
        with pytest.raises(DataError, match=f"format {version + 1}; this version reads up to {version}") as raised:
            backtest()
        assert (raised.value.code, raised.value.exit_code) == ("STORE_UNAVAILABLE", 3)
        assert "`bundled`" in raised.value.remedy
    assert main(["check", SYMBOL]) == 3
    assert main(["remove", SYMBOL]) == 3
    assert [path.name for path in store.parent.glob("*.corrupt-*")] == []
    change(store, f"PRAGMA user_version = {version}")
    assert sources(backtest()) == {"csv"}


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\0" + b"x" * 5000, b"not a database" * 1000])
def test_every_run_tells_of_a_store_that_was_set_aside(store: Path, damage: bytes, tmp_path: Path, capsys) -> None:
    if not damage:
        damage = store.read_bytes()[:4096]
    for name in store.parent.glob("*-*"):
        name.unlink()
    store.write_bytes(damage)
    for _ in range(2):
        result = backtest()
        told = [warning for warning in result["warnings"] if warning["code"] == "STORE_REBUILT"]
        assert (sources(result), len(told)) == ({"bundled"}, 1)
        assert "imported again (`prices import`)" in told[0]["detail"]
    (aside,) = store.parent.glob("*.corrupt-*Z")
    assert aside.name in told[0]["detail"]
    assert str(store.parent) not in told[0]["detail"]
    for command in (["list"], ["check", SYMBOL]):
        main(command)
        err = capsys.readouterr().err
        assert (aside.name in err, "prices import" in err) == (True, True)
    assert main(["import", str(tmp_path / f"{SYMBOL}.csv")]) == 0
    assert "STORE_REBUILT" not in {warning["code"] for warning in backtest()["warnings"]}, "it was imported again"
    aside.unlink()
    assert "STORE_REBUILT" not in {warning["code"] for warning in backtest(symbol="KO")["warnings"]}


def a_folder(store: Path) -> None:
    store.mkdir()


def a_pipe(store: Path) -> None:
    os.mkfifo(store)


def a_link_to_nothing(store: Path) -> None:
    store.symlink_to(store.parent / "elsewhere" / "prices.sqlite3")


@pytest.mark.parametrize("put", [a_folder, a_pipe, a_link_to_nothing])
def test_what_is_no_file_is_an_error_that_says_so(store: Path, put: Callable[[Path], None]) -> None:
    for path in store.parent.iterdir():
        path.unlink()
    put(store)
    with pytest.raises(DataError, match="a folder, a pipe or a link to nothing") as raised:
        backtest()
    assert raised.value.code == "STORE_UNAVAILABLE"
    assert raised.value.remedy.startswith("Remove prices.sqlite3 from BACKTEST_CACHE_DIR")
    assert main(["check", SYMBOL]) == 3


@contextmanager
def locked(store: Path) -> Iterator[None]:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE histories SET checked_at = checked_at")
        yield


def test_a_busy_store_is_an_error_that_can_be_tried_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with locked(store), pytest.raises(DataError, match="other processes keep it busy") as raised:
        backtest()
    assert (raised.value.code, raised.value.retryable) == ("STORE_UNAVAILABLE", True)
    assert sources(backtest()) == {"csv"}


@pytest.fixture
def shared(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The store in a folder that other users reach, as they do not reach those of pytest."""
    with tempfile.TemporaryDirectory() as apart:
        os.chmod(apart, 0o755)
        shutil.copytree(store.parent, Path(apart) / "cache")
        monkeypatch.setenv("BACKTEST_CACHE_DIR", f"{apart}/cache")
        yield Path(apart) / "cache/prices.sqlite3"


@contextmanager
def unable_to_write(folder: Path) -> Iterator[None]:
    """Let this process read the folder alone; root becomes nobody, since it may write everywhere."""
    for path in folder.iterdir():
        path.chmod(0o444)
    is_root = os.geteuid() == 0
    folder.chmod(0o555)
    try:
        if is_root:
            os.seteuid(65534)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_an_import_in_a_folder_that_cannot_be_written_is_read(shared: Path) -> None:
    fill_store(shared.parent, "FETCHED")
    before = backtest()
    with unable_to_write(shared.parent):
        own, fetched = backtest(), backtest("yahoo", "FETCHED")
        removed = main(["remove", SYMBOL])
    assert own | {"timing_ms": 0} == before | {"timing_ms": 0}, "no warning, either"
    assert sources(fetched) == {"yahoo"}
    assert removed == 3
    assert sources(backtest()) == {"csv"}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_log_that_cannot_be_applied_is_not_left_out(shared: Path) -> None:
    """What was written last stands in the log alone: the file without it would give older prices."""
    with closing(sqlite3.connect(shared)) as connection:
        connection.execute(f"DELETE FROM histories WHERE symbol = '{SYMBOL}'")
        connection.commit()
        (shared.parent / "log").write_bytes((shared.parent / "prices.sqlite3-wal").read_bytes())
        (shared.parent / "main").write_bytes(shared.read_bytes())
    shared.write_bytes((shared.parent / "main").read_bytes())
    (shared.parent / "prices.sqlite3-wal").write_bytes((shared.parent / "log").read_bytes())
    (shared.parent / "prices.sqlite3-shm").unlink(missing_ok=True)
    with unable_to_write(shared.parent), pytest.raises(DataError, match="its folder cannot be written"):
        backtest()
