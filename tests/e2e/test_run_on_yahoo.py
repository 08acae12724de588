"""A whole run on Yahoo's prices: the real runner, the real yfinance, the store, a stand-in for Yahoo on loopback."""

from __future__ import annotations

import datetime
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.e2e.https_standin import refused_proxy
from tests.e2e.yahoo_standin import Bar, YahooStandin, made_up_bars
from tests.support.runner import run_runner

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is for systems with fork"),
]

FIRST, LAST = datetime.date(2019, 1, 1), datetime.date(2021, 6, 30)
REQUEST = {
    "strategy": "momentum",
    "holdings": [{"symbol": "AAA", "allocation": 0.5}, {"symbol": "BBB", "allocation": 0.5}],
    "start_date": "2020-01-01",
    "end_date": "2020-12-31",
    "parameters": {"lookback_period": 60, "top_n": 1},
}


@pytest.fixture
def yahoo() -> Iterator[YahooStandin]:
    with YahooStandin() as standin:
        for name in ("AAA", "BBB"):
            standin.serve(name, made_up_bars(FIRST, LAST))
        yield standin


def environment(yahoo: YahooStandin, cache) -> dict[str, str]:
    return {**yahoo.environment(), "BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(cache)}


def test_a_run_fetches_once_and_is_served_from_the_store_after(yahoo, tmp_path):
    env = environment(yahoo, tmp_path)
    first = run_runner(REQUEST, env=env)
    assert (first.exit, first.stderr) == (0, "")
    assert first.document["warnings"] == []
    assert first.document["period"]["effective"]["start"] == "2020-01-01"
    assert first.document["data"]["symbols"]["AAA"]["first"] < "2019-10-15", "the warm-up history is loaded too"
    assert {entry["source"] for entry in first.document["data"]["symbols"].values()} == {"yahoo"}
    asked = len(yahoo.charts("AAA"))
    again = run_runner(REQUEST, env=env)
    assert len(yahoo.charts("AAA")) == asked, "nothing was asked again"
    assert again.document | {"timing_ms": 0} == first.document | {"timing_ms": 0}


def test_auto_finds_what_the_store_has_when_yahoo_is_gone(yahoo, tmp_path):
    env = environment(yahoo, tmp_path)
    assert run_runner(REQUEST, env=env).exit == 0
    with refused_proxy() as unreachable:
        served = run_runner(REQUEST, env=env | unreachable)
        assert (served.exit, served.document["warnings"]) == (0, [])
        longer = run_runner(REQUEST | {"end_date": "2021-03-31"}, env=env | unreachable)
    assert longer.exit == 0
    assert {warning["code"] for warning in longer.document["warnings"]} == {"STALE_PRICES", "END_CLIPPED"}


def test_a_symbol_that_yahoo_does_not_know_is_named_and_not_dropped(yahoo, tmp_path):
    holdings = [{"symbol": "AAA", "allocation": 0.5}, {"symbol": "NOPE", "allocation": 0.5}]
    run = run_runner(REQUEST | {"holdings": holdings}, env=environment(yahoo, tmp_path))
    assert (run.exit, run.document["code"], run.stderr) == (3, "SYMBOL_NOT_FOUND", "")
    assert [problem["pointer"] for problem in run.document["errors"]] == ["/holdings/1/symbol"]


def test_a_rate_limit_that_stays_is_told_as_retryable(yahoo, tmp_path):
    yahoo.behave("AAA", "rate_limited")
    run = run_runner(REQUEST, env=environment(yahoo, tmp_path))
    assert (run.exit, run.document["code"], run.document["retryable"], run.stderr) == (3, "RATE_LIMITED", True, "")


def test_a_source_that_never_answers_ends_at_the_deadline_of_the_run(yahoo, tmp_path):
    yahoo.behave("AAA", "hang")
    run = run_runner(REQUEST | {"limits": {"timeout_seconds": 3}}, env=environment(yahoo, tmp_path))
    assert (run.exit, run.document["code"], run.stderr) == (4, "TIMEOUT", "")


def test_a_dividend_is_part_of_the_return(yahoo, tmp_path):
    days = [bar.day for bar in made_up_bars(datetime.date(2020, 3, 2), datetime.date(2020, 3, 31))]
    bars = [Bar(day, 100.0 if day < days[10] else 98.0, 100.0) for day in days]
    yahoo.serve("PAYS", bars, dividends={days[10]: 2.0})
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "PAYS", "allocation": 1}], "start_date": str(days[0]),
        "end_date": str(days[-1]), "data": {"source": "yahoo"},
    }  # fmt: skip
    run = run_runner(request, env=environment(yahoo, tmp_path))
    assert run.document["metrics"]["final_value"] == pytest.approx(10000, rel=1e-9)


def test_a_dividend_is_paid_to_cash_where_it_is_asked_for(yahoo, tmp_path):
    days = [bar.day for bar in made_up_bars(datetime.date(2020, 3, 2), datetime.date(2020, 3, 31))]
    bars = [Bar(day, 100.0 if day < days[10] else 98.0, 100.0) for day in days]
    yahoo.serve("PAYS", bars, dividends={days[10]: 2.0})
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "PAYS", "allocation": 1}], "start_date": str(days[0]),
        "end_date": str(days[-1]), "data": {"source": "yahoo"}, "execution": {"dividends": "cash"},
    }  # fmt: skip
    env = environment(yahoo, tmp_path)
    for _ in range(2):  # from Yahoo, then from the store
        run = run_runner(request, env=env)
        assert run.document["metrics"]["final_value"] == pytest.approx(10000, rel=1e-9)
        assert [held["value"] for held in run.document["final_holdings"]] == pytest.approx([9800], rel=1e-9)
    assert len(yahoo.charts("PAYS")) == 1


def serve_splits(yahoo: YahooStandin, **details) -> list[datetime.date]:
    """Serve 700, after a dividend of 14 and a split 7 for 1 it is 98, and after 4 for 1 it is 24.5: all adjusted."""
    days = [bar.day for bar in made_up_bars(datetime.date(2020, 3, 2), datetime.date(2020, 4, 30))]
    bars = [Bar(day, 25.0 if day < days[5] else 24.5, 25.0 if day < days[5] else 24.5) for day in days]
    yahoo.serve("SPLIT", bars, dividends={days[5]: 0.5}, splits={days[10]: (7, 1), days[30]: (4, 1)}, **details)
    return days


@pytest.mark.parametrize("last", [8, 20, 40])
def test_shares_are_counted_as_they_were_traded_wherever_the_period_ends(yahoo, tmp_path, last):
    days = serve_splits(yahoo)
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "SPLIT", "allocation": 1}], "start_date": str(days[0]),
        "end_date": str(days[last]), "data": {"source": "yahoo"}, "initial_capital": 1500,
        "costs": {"commission_per_share": 10}, "execution": {"shares": "whole", "dividends": "cash"},
    }  # fmt: skip
    for _ in range(2):  # from Yahoo, then from the store
        result = run_runner(request, env=environment(yahoo, tmp_path)).document
        (bought,) = result["trades"]
        assert (bought["units"], bought["price"], bought["commission"]) == (2, pytest.approx(700), 20)
        assert result["final_cash"]["value"] == pytest.approx(80 + 28, rel=1e-6)  # the dividend was 14 a share then
        (held,) = result["final_holdings"]
        grown = {8: 1, 20: 7, 40: 28}[last]
        assert (held["units"], held["price"]) == (2 * grown, pytest.approx(24.5 * 28 / grown))
        assert result["warnings"] == []
    assert len(yahoo.charts("SPLIT")) == 1


def test_a_split_that_yahoo_did_not_apply_is_applied_with_a_warning_from_the_store_too(yahoo, tmp_path):
    days = [bar.day for bar in made_up_bars(datetime.date(2020, 3, 2), datetime.date(2020, 4, 30))]
    bars = [Bar(day, 0.5 if day < days[10] else 50.0, 0.5) for day in days]
    yahoo.serve("BCAN", bars, splits={days[10]: (1, 100)})
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "BCAN", "allocation": 1}], "start_date": str(days[0]),
        "end_date": str(days[-1]), "data": {"source": "yahoo"},
    }  # fmt: skip
    for _ in range(2):
        result = run_runner(request, env=environment(yahoo, tmp_path)).document
        assert result["metrics"]["total_return"] == pytest.approx(0, abs=1e-9)
        assert [warning["code"] for warning in result["warnings"]] == ["PRICES_REPAIRED"]
        assert result["trades"][0]["price"] == pytest.approx(0.5)
        assert result["final_holdings"][0]["units"] == pytest.approx(200)


def test_a_dividend_that_yahoo_forgot_to_adjust_for_is_added_with_a_warning(yahoo, tmp_path):
    days = serve_splits(yahoo, unadjusted=frozenset([datetime.date(2020, 3, 9)]))
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "SPLIT", "allocation": 1}], "start_date": str(days[0]),
        "end_date": str(days[-1]), "data": {"source": "yahoo"},
    }  # fmt: skip
    result = run_runner(request, env=environment(yahoo, tmp_path)).document
    assert result["metrics"]["total_return"] == pytest.approx(0, abs=1e-9)
    assert [warning["code"] for warning in result["warnings"]] == ["PRICES_REPAIRED"]


HELD = {
    "strategy": "buy_hold", "holdings": [{"symbol": "LATE", "allocation": 1}], "start_date": "2019-01-02",
    "end_date": "2020-12-31", "data": {"source": "yahoo"},
}  # fmt: skip
PAID = datetime.date(2019, 7, 1)
AT_EVERY_USE = {"BACKTEST_STORE_CHECK_DAYS": "0"}


def serve_late(yahoo: YahooStandin) -> None:
    """Serve closes of 100, and 105 from 2020-07-01 on: 5 %, and 10.25 % where a day of another 5 % is added."""
    days = [bar.day for bar in made_up_bars(FIRST, LAST)]
    yahoo.serve("LATE", [Bar(day, 105.0 if day >= datetime.date(2020, 7, 1) else 100.0, 100.0) for day in days])


def grown(run) -> float:
    assert run.exit == 0, run.document
    return run.document["metrics"]["total_return"]


@pytest.mark.parametrize("how", ["by the check", "by an extension"])
def test_a_dividend_that_yahoo_recorded_late_is_heard_of(yahoo, tmp_path, how):
    serve_late(yahoo)
    env = environment(yahoo, tmp_path)
    assert grown(run_runner(HELD, env=env)) == pytest.approx(0.05, rel=1e-9)
    yahoo.symbols["LATE"].dividends[PAID] = 100 * (1 - 1.05 / 1.1025)
    again = run_runner(HELD, env=env)
    assert (grown(again), again.document["warnings"]) == (pytest.approx(0.05, rel=1e-9), [])
    assert len(yahoo.charts("LATE")) == 1, "no network where none is needed"
    if how == "by the check":
        found = run_runner(HELD, env=env | AT_EVERY_USE)
    else:
        found = run_runner(HELD | {"end_date": "2021-01-29"}, env=env)
    assert grown(found) == pytest.approx(0.1025, rel=1e-9)
    (warning,) = found.document["warnings"]
    assert (warning["code"], warning["severity"], warning["symbol"]) == ("STORE_REFRESHED", "info", "LATE")
    assert "the return of 2019-07-01 was 0.0000% and is 5.0000%" in warning["detail"]
    assert len(yahoo.charts("LATE")) == 2, "with one request"
    after = run_runner(HELD, env=env)
    fresh = run_runner(HELD, env=environment(yahoo, tmp_path / "fresh"))
    assert after.document["warnings"] == fresh.document["warnings"] == []
    assert after.document["result_id"] == fresh.document["result_id"]
    assert grown(after) == pytest.approx(0.1025, rel=1e-9)


@pytest.mark.parametrize("correction", ["a split", "a close", "a beginning"])
def test_other_corrections_are_heard_of_too(yahoo, tmp_path, correction):
    serve_late(yahoo)
    env = environment(yahoo, tmp_path)
    before = run_runner(HELD, env=env)
    symbol = yahoo.symbols["LATE"]
    if correction == "a split":  # recorded late, and the closes before it adjusted
        symbol.splits[PAID] = (2, 1)
        symbol.bars = [Bar(b.day, b.close / 2 if b.day < PAID else b.close, 100.0) for b in symbol.bars]
    elif correction == "a close":
        symbol.bars = [Bar(b.day, 107.0 if b.day == datetime.date(2019, 1, 2) else b.close, 100.0) for b in symbol.bars]
    else:
        symbol.bars = [bar for bar in symbol.bars if bar.day >= PAID]
    found = run_runner(HELD, env=env | AT_EVERY_USE)
    fresh = run_runner(HELD, env=environment(yahoo, tmp_path / "fresh"))
    assert "STORE_REFRESHED" in {warning["code"] for warning in found.document["warnings"]}
    assert found.document["result_id"] == fresh.document["result_id"] != before.document["result_id"]
    assert grown(found) == grown(fresh)


def test_a_check_that_is_due_does_no_harm_without_corrections_or_without_yahoo(yahoo, tmp_path):
    env = environment(yahoo, tmp_path)
    first = run_runner(REQUEST, env=env).document | {"timing_ms": 0}
    assert run_runner(REQUEST, env=env | AT_EVERY_USE).document | {"timing_ms": 0} == first
    assert [len(yahoo.charts(name)) for name in ("AAA", "BBB")] == [2, 2], "it was compared"
    with refused_proxy() as unreachable:
        assert run_runner(REQUEST, env=env | unreachable | AT_EVERY_USE).document | {"timing_ms": 0} == first
    yahoo.behave("AAA", "hang")
    slow = run_runner(REQUEST, env=env | AT_EVERY_USE)
    assert slow.document | {"timing_ms": 0} == first, "a source that hangs costs three seconds, not the run"
    asked = len(yahoo.requests)
    assert run_runner(REQUEST, env=env | AT_EVERY_USE | {"BACKTEST_OFFLINE": "1"}).document["warnings"] == []
    assert len(yahoo.requests) == asked, "switched off, it is not asked"


def test_a_damaged_store_is_rebuilt_with_a_warning(yahoo, tmp_path):
    (tmp_path / "prices.sqlite3").write_bytes(os.urandom(8192))
    run = run_runner(REQUEST, env=environment(yahoo, tmp_path))
    assert run.exit == 0
    assert "STORE_REBUILT" in {warning["code"] for warning in run.document["warnings"]}
    assert list(tmp_path.glob("prices.sqlite3.corrupt-*"))


def test_ten_runs_at_once_share_one_store(yahoo, tmp_path):
    env = environment(yahoo, tmp_path)
    runs: list = []
    threads = [threading.Thread(target=lambda: runs.append(run_runner(REQUEST, env=env))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.exit for run in runs] == [0] * 10
    assert len({str(run.document | {"timing_ms": 0}) for run in runs}) == 1
    with sqlite3.connect(tmp_path / "prices.sqlite3") as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("SELECT count(*) FROM histories").fetchone() == (2,)
    store.close()
