"""`prices fetch`: the real command, the real yfinance, a stand-in for Yahoo on loopback."""

from __future__ import annotations

import datetime
import sys

import pytest

from tests.e2e.https_standin import refused_proxy
from tests.e2e.yahoo_standin import YahooStandin, made_up_bars
from tests.support.runner import run_runner

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is for systems with fork"),
]
FIRST, LAST = datetime.date(2019, 1, 1), datetime.date(2021, 6, 30)


def prices(*arguments: str, **env: str):
    return run_runner(b"", "prices", *arguments, env=env, entry=("-m", "backtester"))


def test_what_is_fetched_is_stored_and_then_found_offline(tmp_path):
    cache = {"BACKTEST_CACHE_DIR": str(tmp_path)}
    period = ("--start", str(FIRST), "--end", "2021-06-30")
    with YahooStandin() as yahoo:
        for name in ("AAA", "BBB"):
            yahoo.serve(name, made_up_bars(FIRST, LAST))
        env = {**yahoo.environment(), **cache, "BACKTEST_OFFLINE": "0"}
        run = prices("fetch", "AAA", "BBB", "NOPE", *period, "--json", **env)
        asked = len(yahoo.charts("AAA"))
        again = prices("fetch", "AAA", *period, "--json", **env)
        assert len(yahoo.charts("AAA")) == asked, "nothing was asked again"
    assert run.exit == 3
    assert [(error["symbol"], error["code"]) for error in run.document["errors"]] == [("NOPE", "SYMBOL_NOT_FOUND")]
    entry = {"source": "yahoo", "first": "2019-01-01", "last": "2021-06-30", "sessions": 652}
    assert run.document["fetched"] == [{"symbol": "AAA", **entry}, {"symbol": "BBB", **entry}]
    said = run.stderr.splitlines()
    assert said[0] == "prices: Fetching 3 symbols from Yahoo Finance, 2019-01-01 to 2021-06-30."
    assert said[-1] == "prices: 3 of 3 done"
    assert (again.exit, again.document["fetched"]) == (0, [{"symbol": "AAA", **entry}])
    asked_for = {
        "strategy": "buy_hold", "holdings": [{"symbol": "AAA", "allocation": 1}],
        "start_date": "2020-01-01", "end_date": "2020-12-31",
    }  # fmt: skip
    offline = run_runner(asked_for, env={**cache, "BACKTEST_OFFLINE": "1"})
    assert (offline.exit, offline.document["data"]["symbols"]["AAA"]["source"]) == (0, "yahoo")


def test_a_source_that_is_gone_and_an_import_beside_what_is_fetched_are_told(tmp_path):
    (tmp_path / "AAA.csv").write_text("date,close,adj_close\n2020-01-02,1,1\n2020-01-03,2,2\n")
    cache = {"BACKTEST_CACHE_DIR": str(tmp_path / "cache")}
    assert prices("import", str(tmp_path / "AAA.csv"), **cache).exit == 0
    with YahooStandin() as yahoo:
        yahoo.serve("AAA", made_up_bars(FIRST, LAST))
        env = {**yahoo.environment(), **cache, "BACKTEST_OFFLINE": "0"}
        run = prices("fetch", "AAA", "--start", "2019-01-01", "--end", "2021-06-30", **env)
        assert run.exit == 0
        assert "AAA was imported, too. `auto` goes on using the import until it is removed." in run.stderr
        with refused_proxy() as unreachable:
            run = prices("fetch", "AAA", "--start", "2018-01-01", "--json", **{**env, **unreachable})
    assert (run.exit, [error["code"] for error in run.document["errors"]]) == (3, ["DATA_SOURCE_UNAVAILABLE"])
    assert run.document["fetched"] == [], "what was stored before is not fetched"
