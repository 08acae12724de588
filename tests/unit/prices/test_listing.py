"""The symbols at hand: each once, the stored before the bundled, as in a run."""

from __future__ import annotations

import json

from backtester.commands import run
from backtester.prices import bundled
from backtester.prices.listing import listing
from backtester.settings import read_settings
from tests.support.stored import SESSIONS, fill_store


def listed(folder):
    return listing(read_settings({"BACKTEST_CACHE_DIR": str(folder)}))


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
        "source": "yahoo", "place": "store",
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
