"""A whole run on Tiingo's and Stooq's prices: the real runner, the store, the sandbox, stand-ins on loopback."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.https_standin import refused_proxy
from tests.e2e.vendor_standins import KEY, StooqStandin, TiingoStandin, VendorStandin, made_up_prices
from tests.support.runner import Run, run_runner
from tests.support.stored import fill_store

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are for systems with fork"),
]

YEARS = made_up_prices(datetime.date(2019, 1, 1), datetime.date(2021, 6, 30))
PAID = datetime.date(2020, 6, 1)
TITLES = {"tiingo": "Tiingo", "stooq": "Stooq"}
EXPECTED = {"tiingo": set(), "stooq": {"UNADJUSTED_PRICES"}}  # warnings of every run


@pytest.fixture(params=["tiingo", "stooq"])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def standin(source: str) -> Iterator[VendorStandin]:
    with (TiingoStandin if source == "tiingo" else StooqStandin)() as made:
        for name in ("AAA", "BBB"):
            made.serve(name_of(name, source), YEARS)
        yield made


def name_of(symbol: str, source: str) -> str:
    return symbol if source == "tiingo" else f"{symbol.lower()}.us"


def environment(standin: VendorStandin, cache: Path, **settings: str) -> dict[str, str | None]:
    given = {"BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(cache), "BACKTEST_TIINGO_KEY": KEY}
    return {**standin.environment(), **given, **settings}


def run(source: str, env: dict[str, str | None], *symbols: str, **changes: Any) -> Run:
    symbols = symbols or ("AAA", "BBB")
    asked = {
        "strategy": "momentum", "parameters": {"lookback_period": 60, "top_n": 1},
        "holdings": [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols],
        "start_date": "2020-01-01", "end_date": "2020-12-31", "data": {"source": source},
    }  # fmt: skip
    done = run_runner({**asked, **changes}, env=env)
    assert KEY not in done.stdout.decode() + done.stderr
    assert done.stderr == ""
    return done


def codes(done: Run) -> set[str]:
    return {warning["code"] for warning in done.document["warnings"]}


def test_a_run_fetches_once_and_is_served_from_the_store_after(standin, source, tmp_path) -> None:
    env = environment(standin, tmp_path)
    first = run(source, env)
    assert (first.exit, codes(first)) == (0, EXPECTED[source])
    assert first.document["period"]["effective"]["start"] == "2020-01-01"
    assert first.document["data"]["symbols"]["AAA"]["first"] < "2019-10-15", "the warm-up history is loaded too"
    assert {entry["source"] for entry in first.document["data"]["symbols"].values()} == {source}
    asked = len(standin.requests)
    assert asked == 2
    for env_now in (env, {**env, "BACKTEST_OFFLINE": "1"}, {**env, "BACKTEST_TIINGO_KEY": None}):
        again = run(source, env_now)
        assert again.document | {"timing_ms": 0} == first.document | {"timing_ms": 0}
    assert len(standin.requests) == asked, "nothing was asked again"
    assert not any(KEY.encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_what_yahoo_sent_is_no_answer_of_another_and_stays(standin, source, tmp_path) -> None:
    fill_store(tmp_path, "AAA")
    env = environment(standin, tmp_path)
    offline = run(source, {**env, "BACKTEST_OFFLINE": "1"}, "AAA")
    assert (offline.exit, offline.document["code"]) == (3, "DATA_SOURCE_UNAVAILABLE")
    assert f"{TITLES[source]} is switched off." in offline.document["detail"]
    mine = run(source, env, "AAA", parameters={"lookback_period": 60})
    assert mine.document["data"]["symbols"]["AAA"]["source"] == source
    yahoos = run("yahoo", {**env, "BACKTEST_OFFLINE": "1"}, "AAA", end_date="2020-12-30")
    assert yahoos.document["data"]["symbols"]["AAA"]["source"] == "yahoo"
    assert yahoos.document["data"]["symbols"]["AAA"]["digest"] != mine.document["data"]["symbols"]["AAA"]["digest"]


def test_auto_ends_with_the_operators_source_and_takes_its_history_from_the_store(standin, source, tmp_path) -> None:
    fill_store(tmp_path, "AAA")
    env = environment(standin, tmp_path, BACKTEST_SOURCE=source)
    for _ in range(2):
        done = run("auto", env, "AAA")
        assert done.document["data"]["symbols"]["AAA"]["source"] == source
    assert len(standin.requests) == 1


def test_a_source_that_is_gone_leaves_what_it_has_sent(standin, source, tmp_path) -> None:
    env = environment(standin, tmp_path)
    assert run(source, env).exit == 0
    with refused_proxy() as unreachable:
        longer = run(source, {**env, **unreachable}, end_date="2021-03-31")
        assert codes(longer) == {"STALE_PRICES", "END_CLIPPED"} | EXPECTED[source]
    details = [one["detail"] for one in longer.document["warnings"] if one["code"] == "STALE_PRICES"]
    assert all(f"{TITLES[source]} could not be reached." in detail for detail in details)
    assert details


def test_many_symbols_do_not_each_wait_for_a_source_that_is_down(standin, source, tmp_path) -> None:
    names = [f"S{number}" for number in range(9)]
    for name in names:
        standin.behave(name_of(name, source), "server_error")
    done = run(source, environment(standin, tmp_path), *names)
    assert (done.exit, done.document["code"], done.document["retryable"]) == (3, "DATA_SOURCE_UNAVAILABLE", True)
    assert len(done.document["errors"]) == 9
    assert f"{TITLES[source]} could not be asked for S0: it answered with status 50" in done.document["detail"]
    assert len(standin.requests) <= 4 + 8, "four for the first, one each for those that were under way"


def test_an_unknown_symbol_is_named_at_its_place(standin, source, tmp_path) -> None:
    done = run(source, environment(standin, tmp_path), "AAA", "NOPE")
    assert (done.exit, done.document["code"]) == (3, "SYMBOL_NOT_FOUND")
    assert [problem["pointer"] for problem in done.document["errors"]] == ["/holdings/1/symbol"]
    assert done.document["detail"].startswith(f"{TITLES[source]} has no prices for NOPE")


def test_a_source_that_never_answers_ends_at_the_deadline_of_the_run(standin, source, tmp_path) -> None:
    standin.behave(name_of("AAA", source), "hang")
    done = run(source, environment(standin, tmp_path), limits={"timeout_seconds": 3})
    assert (done.exit, done.document["code"]) == (4, "TIMEOUT")


def test_a_close_that_was_corrected_is_heard_of_under_the_name_of_the_source(standin, source, tmp_path) -> None:
    env = environment(standin, tmp_path)
    before = run(source, env, "AAA")
    changed = {day: (opens, close * (2 if day == PAID else 1)) for day, (opens, close) in YEARS.items()}
    standin.serve(name_of("AAA", source), changed)
    after = run(source, {**env, "BACKTEST_STORE_CHECK_DAYS": "0"}, "AAA")
    (told,) = [one["detail"] for one in after.document["warnings"] if one["code"] == "STORE_REFRESHED"]
    assert told.startswith(f"{TITLES[source]} has corrected AAA: the return of 2020-06-01")
    assert after.document["result_id"] != before.document["result_id"]


def test_dividends_of_tiingo_are_paid_and_stooq_has_none(standin, source, tmp_path) -> None:
    prices = {day: (100.0, 100.0 if day < PAID else 98.0) for day in YEARS}
    standin.serve(name_of("PAYS", source), prices, dividends={PAID: 2.0})
    request = {"strategy": "buy_hold", "parameters": {}, "execution": {"dividends": "cash"}}
    for _ in range(2):  # from the source, then from the store
        done = run(source, environment(standin, tmp_path), "PAYS", **request)
        if source == "stooq":
            assert (done.exit, done.document["success"]) != (0, True)
            continue
        assert done.document["metrics"]["final_value"] == pytest.approx(10000, rel=1e-9)
        assert [held["value"] for held in done.document["final_holdings"]] == pytest.approx([9800], rel=1e-9)
    reinvested = run(source, environment(standin, tmp_path), "PAYS", strategy="buy_hold", parameters={})
    expected = {"tiingo": 10000, "stooq": 9800}[source]
    assert reinvested.document["metrics"]["final_value"] == pytest.approx(expected, rel=1e-9)


def test_shares_of_tiingo_are_counted_as_they_were_traded(standin, source, tmp_path) -> None:
    prices = {day: (700.0, 700.0) if day < PAID else (100.0, 100.0) for day in YEARS}
    standin.serve(name_of("SPLIT", source), prices, splits={PAID: 7.0})
    request = {"strategy": "buy_hold", "parameters": {}, "execution": {"shares": "whole"}, "initial_capital": 1500}
    done = run(source, environment(standin, tmp_path), "SPLIT", **request)
    if source == "tiingo":
        assert [(one["units"], one["price"]) for one in done.document["trades"]] == [(2, pytest.approx(700))]
        assert [one["units"] for one in done.document["final_holdings"]] == [14]
        assert codes(done) == set()
    else:
        assert "ADJUSTED_SHARE_COUNTS" in codes(done)


def test_without_a_key_tiingo_says_who_can_help(standin, source, tmp_path) -> None:
    done = run("tiingo", environment(standin, tmp_path, BACKTEST_TIINGO_KEY=""))
    assert (done.exit, done.document["code"], done.document["retryable"]) == (3, "DATA_SOURCE_UNAVAILABLE", False)
    assert done.document["detail"].startswith("Tiingo cannot be asked for AAA: it needs a key.")
    assert "The operator sets BACKTEST_TIINGO_KEY." in done.document["remedy"]
    assert standin.requests == []
