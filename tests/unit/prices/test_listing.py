"""The symbols at hand: each once, the stored before the bundled, as in a run."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backtester.commands import run
from backtester.prices import bundled, csv_files, listing_cache
from backtester.prices.listing import listing
from backtester.prices.listing_cache import FILE_NAME
from backtester.prices.store.price_store import PriceStore
from backtester.settings import read_settings
from tests.support.stored import SESSIONS, fill_store


def listed(folder, csv_dir=None):
    settings = {"BACKTEST_CACHE_DIR": str(folder)} | ({} if csv_dir is None else {"BACKTEST_CSV_DIR": str(csv_dir)})
    return listing(read_settings(settings))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two readable files and one that is not."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "OWN.csv").write_text("date,close,adj_close\n2024-01-02,10,9\n2024-01-03,11,10\n")
    (folder / "MSFT.csv.gz").write_bytes(gzip.compress(b"date,close\n2024-01-02,10\n"))
    (folder / "BAD.csv").write_text("no prices")
    return folder


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files of the folder that are read, in order, and store for each stored history."""
    found: list[str] = []
    read, stored = csv_files._read, PriceStore.stored
    monkeypatch.setattr(csv_files, "_read", lambda path: found.append(os.path.basename(path)) or read(path))
    monkeypatch.setattr(PriceStore, "stored", lambda self, *key: found.append("store") or stored(self, *key))
    return found


def test_without_a_store_it_is_the_sample_sorted(tmp_path):
    found = listed(tmp_path)
    assert [entry["symbol"] for entry in found] == sorted(bundled.symbols())
    assert {entry["source"] for entry in found} == {"bundled"}
    assert all(entry["description"] and entry["first"] < entry["last"] for entry in found)
    assert not (tmp_path / "prices.sqlite3").exists(), "asking makes no store"


def test_what_is_stored_takes_the_place_of_what_is_bundled_and_keeps_its_description(tmp_path):
    fill_store(tmp_path, "AAPL", "ZZZA")
    found = {entry["symbol"]: entry for entry in listed(tmp_path)}
    first, last = map(str, SESSIONS[[0, -1]])
    assert len(found) == len(bundled.symbols()) + 1
    assert found["AAPL"] == {
        "symbol": "AAPL", "description": "Apple Inc.", "currency": "USD", "first": first, "last": last,
        "source": "yahoo", "place": "store", "sessions": len(SESSIONS), "returns": "total",
        "updated": found["AAPL"]["updated"], "also": [{"source": "bundled", "place": "sample"}],
    }  # fmt: skip
    assert found["ZZZA"]["description"] == ""
    assert found["ZZZA"]["currency"] is None


def test_a_damaged_sample_is_one_error_document(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "SAMPLE_FILE", str(tmp_path / "gone.bin"))
    bundled._sample.cache_clear()
    try:
        answer = run.list_symbols(pretty=False)
    finally:
        bundled._sample.cache_clear()
    document = json.loads(answer.document)
    assert (answer.exit_code, document["success"], document["code"]) == (1, False, "INTERNAL")


def test_each_symbol_says_how_long_it_is_of_what_kind_and_what_it_hides(tmp_path, files):
    fill_store(tmp_path, "MSFT")
    found = {entry["symbol"]: entry for entry in listed(tmp_path, files)}
    assert "BAD" not in found
    own, msft, index = (found[symbol] for symbol in ("OWN", "MSFT", "^GSPC"))
    assert (own["sessions"], own["returns"], own["also"], own["currency"]) == (2, "total", [], None)
    changed = (files / "OWN.csv").stat().st_mtime
    assert own["updated"] == datetime.datetime.fromtimestamp(changed, datetime.UTC).isoformat(timespec="seconds")
    hidden = [{"source": "csv", "place": "folder"}, {"source": "bundled", "place": "sample"}]
    assert (msft["place"], msft["returns"], msft["also"]) == ("store", "total", hidden)
    assert (index["returns"], index["updated"]) == ("price", None)
    (without_store,) = [entry for entry in listed(tmp_path / "none", files) if entry["symbol"] == "MSFT"]
    assert (without_store["place"], without_store["returns"]) == ("folder", "price"), "closes alone leave dividends out"


def test_what_has_not_changed_is_not_read_again_and_what_has_is(tmp_path, files, reads):
    fill_store(tmp_path, "ZZZA", "ZZZB")
    reads.clear()
    first = listed(tmp_path, files)
    assert sorted(reads) == ["BAD.csv", "MSFT.csv.gz", "OWN.csv", "store", "store"]
    reads.clear()
    assert listed(tmp_path, files) == first
    assert reads == []
    (files / "OWN.csv").write_text("date,close,adj_close\n2024-01-02,10,9\n2024-01-04,11,10\n")
    os.utime(files / "OWN.csv", (1, 1))
    assert {entry["symbol"]: entry["last"] for entry in listed(tmp_path, files)}["OWN"] == "2024-01-04"
    assert reads == ["OWN.csv"]
    reads.clear()
    fill_store(tmp_path, "ZZZC")
    reads.clear()
    assert "ZZZC" in {entry["symbol"] for entry in listed(tmp_path, files)}
    assert reads == ["store"] * 3
    reads.clear()
    (files / "BAD.csv").unlink()
    (files / "OWN.csv").unlink()
    assert "OWN" not in {entry["symbol"] for entry in listed(tmp_path, files)}
    assert reads == []
    assert sorted(json.loads((tmp_path / FILE_NAME).read_text())["files"]) == [str(files / "MSFT.csv.gz"), "store"]


def test_a_history_that_is_damaged_after_it_was_listed_is_no_longer_listed(tmp_path):
    fill_store(tmp_path, "ZZZA", "ZZZB")
    assert {"ZZZA", "ZZZB"} <= {entry["symbol"] for entry in listed(tmp_path)}
    with closing(sqlite3.connect(tmp_path / "prices.sqlite3")) as connection, connection:
        connection.execute("UPDATE histories SET close = zeroblob(length(close)) WHERE symbol = 'ZZZA'")
    assert {"ZZZA", "ZZZB"} & {entry["symbol"] for entry in listed(tmp_path)} == {"ZZZB"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"engine": "0.0.0", "files": {}}', b'{"files": 1}', b"\xff", b"[" * 100_000]
)
def test_a_cache_that_is_none_is_written_anew(tmp_path, files, content):
    expected = listed(tmp_path, files)
    (tmp_path / FILE_NAME).write_bytes(content)
    assert listed(tmp_path, files) == expected
    assert json.loads((tmp_path / FILE_NAME).read_text())["files"]
    assert [path.name for path in tmp_path.iterdir() if path.name != FILE_NAME] == ["files"]


def test_without_a_folder_to_write_to_the_files_are_read(tmp_path, files):
    (tmp_path / "file").write_text("")
    assert "OWN" in {entry["symbol"] for entry in listed(tmp_path / "file" / "cache", files)}


def test_a_long_list_that_is_ended_goes_on_where_it_was(tmp_path, files, reads, monkeypatch):
    for number in range(5):
        (files / f"T{number}.csv").write_text("date,close\n2024-01-02,10\n")
    monkeypatch.setattr(listing_cache, "_SAVED_EVERY", 2)
    read = csv_files._read

    def read_until(path: str) -> bytes:
        if path.endswith("T3.csv"):
            raise KeyboardInterrupt
        return read(path)

    with monkeypatch.context() as ended:
        ended.setattr(csv_files, "_read", read_until)
        with pytest.raises(KeyboardInterrupt):
            listed(tmp_path, files)
    assert sorted(reads) == ["BAD.csv", "MSFT.csv.gz", "OWN.csv", "T0.csv", "T1.csv", "T2.csv"]
    reads.clear()
    assert {"OWN", *(f"T{number}" for number in range(5))} <= {entry["symbol"] for entry in listed(tmp_path, files)}
    assert sorted(reads) == ["T3.csv", "T4.csv"]
