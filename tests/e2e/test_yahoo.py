"""The real yfinance against a stand-in for Yahoo on loopback: what comes out, and what goes wrong how."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.https_standin import refused_proxy
from tests.e2e.yahoo_standin import Bar, YahooStandin, made_up_bars

ROOT = Path(__file__).resolve().parents[2]
START, END = date(2020, 1, 1), date(2020, 3, 31)

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform == "win32", reason="pass_fds is for systems with fork"),
]

# Answers travel on a descriptor of their own, so that anything on stdout or stderr is seen.
CHILD = """
import concurrent.futures, datetime, json, os, sys, time
answers = os.fdopen(int(sys.argv[1]), "w")
from backtester.model.errors import BacktestError
from backtester.prices.sources.asking import fetch_history

def fetch(symbol, start, end, options):
    retries = []
    try:
        history = fetch_history(
            "yahoo", symbol, datetime.date.fromisoformat(start), datetime.date.fromisoformat(end),
            on_retry=lambda **details: retries.append(details), **options,
        )
        answer = {
            "sessions": [str(day) for day in history.sessions], "close": history.close.tolist(),
            "open": None if history.open is None else history.open.tolist(), "source": history.source,
            "dividend": history.dividend.tolist(),
            "warnings": [[w.code, w.symbol, w.detail] for w in history.warnings],
            "dtype": str(history.sessions.dtype),
        }
    except BacktestError as error:
        answer = {"code": error.code, "detail": error.detail}
    return {**answer, "retries": retries}

for line in sys.stdin:
    jobs = json.loads(line)
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        found = list(pool.map(lambda job: fetch(*job), jobs))
    print(json.dumps(found), file=answers, flush=True)
answers.close()
"""


class Fetcher:
    """A child process that fetches on command, whose stdout and stderr must stay empty."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        self.outputs = [folder / "stdout", folder / "stderr"]
        reading, writing = os.pipe()
        with open(self.outputs[0], "wb") as stdout, open(self.outputs[1], "wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "default", "-c", CHILD, str(writing)],
                cwd=ROOT,
                text=True,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                pass_fds=(writing,),
                env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **environment},
            )
        os.close(writing)
        self.answers = os.fdopen(reading)

    def fetch(self, symbol: str, start: date = START, end: date = END, **options: Any) -> dict[str, Any]:
        return self.fetch_all([symbol], start, end, **options)[0]

    def fetch_all(
        self, symbols: list[str], start: date = START, end: date = END, **options: Any
    ) -> list[dict[str, Any]]:
        """Fetch, all at once in threads; fail if anything was printed."""
        options = {"backoff_seconds": 0.02, "timeout_seconds": 5.0, **options}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([[s, str(start), str(end), options] for s in symbols]) + "\n")
        self.process.stdin.flush()
        line = self.answers.readline()
        assert [path.read_text() for path in self.outputs] == ["", ""]
        found: list[dict[str, Any]] = json.loads(line)
        for answer in found:
            detail = answer.get("detail", "")
            assert not any(word in detail for word in ("http", "Traceback", "/", "curl", "JSON")), detail
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0
        self.answers.close()
        assert [path.read_text() for path in self.outputs] == ["", ""]


@pytest.fixture(scope="module")
def yahoo() -> Iterator[YahooStandin]:
    with YahooStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def fetcher(yahoo: YahooStandin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetcher]:
    child = Fetcher(tmp_path_factory.mktemp("fetcher"), yahoo.environment())
    yield child
    child.close()


@pytest.fixture
def symbol(yahoo: YahooStandin, request: pytest.FixtureRequest) -> str:
    """Return a symbol of the test's own, with a year of prices on either side of the period."""
    name = f"T{zlib.crc32(request.node.nodeid.encode())}"
    yahoo.serve(name, made_up_bars(date(2019, 1, 1), date(2020, 12, 31)))
    return name


def test_the_sessions_of_the_period_come_with_both_ends(yahoo: YahooStandin, fetcher: Fetcher, symbol: str) -> None:
    bars = made_up_bars(START, END)
    found = fetcher.fetch(symbol)
    assert found["sessions"] == [str(bar.day) for bar in bars]
    assert found["close"] == pytest.approx([bar.close for bar in bars], rel=1e-12)
    assert found["open"] == pytest.approx([bar.open for bar in bars], rel=1e-12)
    assert (found["source"], found["warnings"], found["dtype"]) == ("yahoo", [], "datetime64[D]")
    assert found["retries"] == []
    assert len(yahoo.charts(symbol)) == 1


@pytest.mark.parametrize("name", ["M&M.NS", "L&TFH.NS", "^GSPC", "EURUSD=X"])
def test_a_symbol_is_quoted_in_the_address(yahoo: YahooStandin, fetcher: Fetcher, name: str) -> None:
    yahoo.serve(name, made_up_bars(date(2019, 1, 1), date(2020, 12, 31)))
    assert fetcher.fetch(name)["close"] == pytest.approx([bar.close for bar in made_up_bars(START, END)], rel=1e-12)
    (path,) = yahoo.charts(name)
    assert not set("&^=") & set(path.split("?")[0])


def test_the_return_over_an_ex_date_includes_the_dividend(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    days = [bar.day for bar in made_up_bars(date(2020, 3, 2), date(2020, 3, 6))]
    closes, opens = [100.0, 102.0, 99.96, 101.0, 100.0], [99.0, 101.0, 100.0, 100.0, 100.5]
    bars = [Bar(day, close, open_) for day, close, open_ in zip(days, closes, opens, strict=True)]
    yahoo.serve("PAYS", bars, dividends={days[2]: 2.04})
    found = fetcher.fetch("PAYS")
    # 102 before; 99.96 and 2.04 in cash after: nothing was lost.
    assert found["close"][2] / found["close"][1] - 1 == pytest.approx(0, abs=1e-12)
    assert found["close"][1] / found["close"][0] - 1 == pytest.approx(0.02, abs=1e-12)
    assert found["close"][2:] == closes[2:]
    assert found["open"][0] / found["close"][0] == pytest.approx(99 / 100, rel=1e-12)  # adjusted as its close is
    assert found["open"][2:] == opens[2:]


def test_a_dividend_comes_as_a_share_of_the_traded_close_before(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    bars = made_up_bars(date(2019, 1, 1), date(2020, 12, 31))
    at = {bar.day: row for row, bar in enumerate(bars)}
    days = [date(2019, 12, 16), date(2020, 2, 3), date(2020, 3, 16), date(2020, 6, 15)]
    yahoo.serve("QUARTERLY", bars, dividends=dict.fromkeys(days, 1.25))
    found = fetcher.fetch("QUARTERLY")
    paid = {day: share for day, share in zip(found["sessions"], found["dividend"], strict=True) if share}
    assert paid == {str(day): 1.25 / bars[at[day] - 1].close for day in days[1:3]}
    # What is left of the total return without the dividends is the traded price.
    total, share = found["close"], found["dividend"]
    traded = [total[row] / total[row - 1] * (1 - share[row]) for row in range(1, len(total))]
    inside = [bar.close for bar in bars if START <= bar.day <= END]
    assert traded == pytest.approx([after / before for before, after in itertools.pairwise(inside)])


@pytest.mark.parametrize("start", [date(2020, 2, 3), date(2020, 2, 1)], ids=["on the first day", "after a weekend"])
def test_a_dividend_on_the_first_session_of_the_period_has_its_close_before(
    yahoo: YahooStandin, fetcher: Fetcher, start: date
) -> None:
    bars = [bar for bar in made_up_bars(date(2019, 1, 1), END) if not date(2020, 1, 23) < bar.day < date(2020, 2, 3)]
    before = next(bar.close for bar in bars if bar.day == date(2020, 1, 23))  # the New Year of Shanghai in 2020
    yahoo.serve("FIRST", bars, dividends={date(2020, 2, 3): 2.0})
    found = fetcher.fetch("FIRST", start)
    assert (found["sessions"][0], found["dividend"][0]) == ("2020-02-03", 2.0 / before)
    assert found["warnings"] == []


def test_capital_gains_of_a_fund_are_paid_too(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    bars = [Bar(bar.day, 100.0, 100.0) for bar in made_up_bars(START, END)]
    yahoo.serve("FUND", bars, dividends={date(2020, 2, 3): 1.0}, gains={date(2020, 2, 3): 3.0, date(2020, 3, 2): 2.0})
    found = fetcher.fetch("FUND")
    paid = {day: share for day, share in zip(found["sessions"], found["dividend"], strict=True) if share}
    assert paid == pytest.approx({"2020-02-03": 0.04, "2020-03-02": 0.02})


def test_a_dividend_on_a_session_without_a_price_is_paid_on_the_next(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    bars = [Bar(bar.day, 100.0, 100.0) for bar in made_up_bars(START, END)]
    at = next(row for row, bar in enumerate(bars) if bar.day == date(2020, 2, 3))
    bars[at] = Bar(date(2020, 2, 3), None)
    yahoo.serve("LATE", bars, dividends={date(2020, 2, 3): 1.0})
    found = fetcher.fetch("LATE")
    paid = {day: share for day, share in zip(found["sessions"], found["dividend"], strict=True) if share}
    assert paid == pytest.approx({"2020-02-04": 0.01})


def test_the_adjustment_does_not_depend_on_the_period_asked_for(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    yahoo.serve("EARLY", made_up_bars(START, END), dividends={date(2020, 3, 16): 3.0})
    whole = fetcher.fetch("EARLY")
    part = fetcher.fetch("EARLY", START, date(2020, 1, 31))
    assert part["close"] == whole["close"][: len(part["close"])]


def test_a_split_is_no_return(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    yahoo.serve("SPLITS", made_up_bars(START, END), splits={date(2020, 2, 3): (4, 1)})  # Yahoo's prices know of it
    found = fetcher.fetch("SPLITS")
    assert found["close"] == pytest.approx([bar.close for bar in made_up_bars(START, END)], rel=1e-12)


def test_sessions_without_a_usable_close_are_dropped_and_told_of(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    days = [bar.day for bar in made_up_bars(date(2020, 3, 2), date(2020, 3, 11))]
    closes = [100.0, None, 0.0, -5.0, 101.0, 102.0, None, 103.0]
    bars = [Bar(day, close, close, None if close is None else 10) for day, close in zip(days, closes, strict=True)]
    yahoo.serve("HOLES", bars)
    found = fetcher.fetch("HOLES")
    assert found["close"] == [100.0, 101.0, 102.0, 103.0]
    [(code, symbol, detail)] = found["warnings"]
    assert (code, symbol) == ("PRICES_DROPPED", "HOLES")
    assert "4 sessions between 2020-03-03 and 2020-03-10" in detail


def test_a_missing_open_is_nan_and_no_opens_at_all_is_none(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    days = [bar.day for bar in made_up_bars(date(2020, 3, 2), date(2020, 3, 4))]
    yahoo.serve("SOME", [Bar(day, 100.0, open_) for day, open_ in zip(days, (99.0, None, 0.0), strict=True)])
    yahoo.serve("NONE", [Bar(day, 100.0, None) for day in days])
    some, none = fetcher.fetch("SOME"), fetcher.fetch("NONE")
    assert some["open"][0] == 99.0
    assert [value != value for value in some["open"]] == [False, True, True]
    assert (none["open"], len(none["close"])) == (None, 3)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Auckland", "America/Sao_Paulo", "Europe/London"])
def test_sessions_carry_the_dates_of_their_exchange(yahoo: YahooStandin, fetcher: Fetcher, zone: str) -> None:
    name = zone.rsplit("/", 1)[1].upper()
    yahoo.serve(name, made_up_bars(START, END), zone=zone)
    assert fetcher.fetch(name)["sessions"] == [str(bar.day) for bar in made_up_bars(START, END)]


# Today ----------------------------------------------------------------------------------------------------------------


def noon_zone() -> tuple[str, float, date]:
    """Return a zone where it is about noon now, the present in epoch seconds, and the date there."""
    now = datetime.datetime.now(datetime.UTC)
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT", now.timestamp(), (now + timedelta(hours=ahead)).date()


@pytest.mark.parametrize(
    ("opened_hours_ago", "closed_hours_ago", "is_there"),
    [(6.5, 1.0, True), (6.5, 0.1, False), (3.0, -3.5, False), (12.0, -11.9, False)],
    ids=["closed an hour ago", "closed a moment ago", "still open", "open round the clock"],
)
def test_todays_bar_is_left_out_until_it_is_final(
    yahoo: YahooStandin, fetcher: Fetcher, opened_hours_ago: float, closed_hours_ago: float, is_there: bool
) -> None:
    zone, now, today = noon_zone()
    name = f"TODAY{opened_hours_ago}{closed_hours_ago}"
    bars = made_up_bars(today - timedelta(days=9), today, weekends=True)
    regular = (now - opened_hours_ago * 3600, now - closed_hours_ago * 3600)
    yahoo.serve(name, bars, zone=zone, regular=regular)
    found = fetcher.fetch(name, today - timedelta(days=9), today + timedelta(days=1))
    assert found["sessions"][-1] == str(today if is_there else today - timedelta(days=1))
    assert found["warnings"] == []


def test_a_bar_of_today_without_a_price_yet_is_no_dropped_session(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    zone, now, today = noon_zone()
    bars = [*made_up_bars(today - timedelta(days=9), today - timedelta(days=1), weekends=True), Bar(today, None)]
    yahoo.serve("PREMARKET", bars, zone=zone, regular=(now + 3600, now + 7200))
    found = fetcher.fetch("PREMARKET", today - timedelta(days=9), today)
    assert (len(found["sessions"]), found["warnings"]) == (9, [])


# What goes wrong ------------------------------------------------------------------------------------------------------


def test_an_unknown_symbol_is_not_found(fetcher: Fetcher) -> None:
    for _ in range(3):  # yfinance takes another way after the second
        found = fetcher.fetch("NOSUCH")
        assert (found["code"], found["retries"]) == ("SYMBOL_NOT_FOUND", [])
        assert "NOSUCH" in found["detail"]


def test_a_delisted_symbol_is_not_found(yahoo: YahooStandin, fetcher: Fetcher, symbol: str) -> None:
    yahoo.behave(symbol, "not_found")
    assert fetcher.fetch(symbol)["code"] == "SYMBOL_NOT_FOUND"


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2010, 1, 1), date(2010, 12, 31)), (date(2020, 3, 7), date(2020, 3, 8)), (date(2020, 3, 2), START)],
    ids=["before it began", "a weekend", "an end before its start"],
)
def test_a_symbol_without_prices_in_the_period_has_no_sessions(
    fetcher: Fetcher, symbol: str, start: date, end: date
) -> None:
    found = fetcher.fetch(symbol, start, end)
    assert (found["sessions"], found["warnings"]) == ([], [])


def test_a_rate_limit_that_passes_is_waited_for(yahoo: YahooStandin, fetcher: Fetcher, symbol: str) -> None:
    yahoo.behave(symbol, "rate_limited", times=3)
    found = fetcher.fetch(symbol)
    assert len(found["close"]) == 65
    assert [retry["code"] for retry in found["retries"]] == ["RATE_LIMITED"]
    assert found["retries"][0]["symbol"] == symbol
    assert 0.01 <= found["retries"][0]["wait_seconds"] <= 0.02


def test_a_rate_limit_that_stays_is_told_after_four_attempts(
    yahoo: YahooStandin, fetcher: Fetcher, symbol: str
) -> None:
    yahoo.behave(symbol, "rate_limited")
    found = fetcher.fetch(symbol)
    assert found["code"] == "RATE_LIMITED"
    assert symbol in found["detail"]
    assert [retry["attempt"] for retry in found["retries"]] == [1, 2, 3]


def test_a_crumb_that_is_refused_does_not_matter(yahoo: YahooStandin, symbol: str, tmp_path: Path) -> None:
    yahoo.behave("/v1/test/getcrumb", "rate_limited")
    own = Fetcher(tmp_path, yahoo.environment())
    found = own.fetch(symbol)
    yahoo.forgive()
    own.close()
    assert len(found["close"]) == 65


@pytest.mark.parametrize(
    "behaviour", ["server_error", "server_error_json", "malformed", "empty_body", "no_result", "html", "closed"]
)
def test_a_broken_answer_makes_the_source_unavailable_not_the_symbol_unknown(
    yahoo: YahooStandin, fetcher: Fetcher, symbol: str, behaviour: str
) -> None:
    yahoo.behave(symbol, behaviour)
    found = fetcher.fetch(symbol)
    assert found["code"] == "DATA_SOURCE_UNAVAILABLE"
    assert symbol in found["detail"]
    assert len(found["retries"]) == 3


@pytest.mark.parametrize("behaviour", ["server_error", "malformed", "closed"])
def test_a_broken_answer_is_not_remembered_when_the_next_one_is_whole(
    yahoo: YahooStandin, fetcher: Fetcher, symbol: str, behaviour: str
) -> None:
    yahoo.behave(symbol, behaviour, times=3)
    found = fetcher.fetch(symbol)
    assert len(found["close"]) == 65
    assert found["retries"]


def test_a_source_that_hangs_is_unavailable_within_the_budget(
    yahoo: YahooStandin, fetcher: Fetcher, symbol: str
) -> None:
    fetcher.fetch("WARM", attempts=1)  # imports yfinance, for which the budget is not
    yahoo.behave(symbol, "hang")
    found = fetcher.fetch(symbol, timeout_seconds=2.0, budget_seconds=5.0)
    assert found["code"] == "DATA_SOURCE_UNAVAILABLE"
    assert "in time" in found["detail"]
    assert 1 <= len(found["retries"]) <= 2  # two seconds each, and no third in what is left of the five


def test_a_cookie_page_that_hangs_is_done_without(yahoo: YahooStandin, symbol: str, tmp_path: Path) -> None:
    hanging, before = ("fc.yahoo.com", "guce.yahoo.com"), len(yahoo.requests)
    for host in hanging:
        yahoo.behave(host, "hang")
    own = Fetcher(tmp_path, yahoo.environment())
    found = own.fetch_all([symbol] * 8, timeout_seconds=4.0)
    yahoo.forgive()
    own.close()
    assert [len(answer["close"]) for answer in found] == [65] * 8
    assert [answer["retries"] for answer in found] == [[]] * 8
    waited_for = [host for host, _ in yahoo.requests[before:] if host in hanging]
    assert len(waited_for) <= 2, "not four seconds for each of the eight, in a row"


def test_an_unreachable_network_is_unavailable_at_once(tmp_path: Path) -> None:
    with refused_proxy() as environment:
        own = Fetcher(tmp_path, environment)
        own.fetch("WARM", attempts=1)  # imports yfinance, which is not what is measured
        found = own.fetch("SPY", backoff_seconds=1.0, timeout_seconds=10.0)
        own.close()
    assert found["code"] == "DATA_SOURCE_UNAVAILABLE"
    assert "no connection" in found["detail"]
    assert sum(retry["wait_seconds"] for retry in found["retries"]) <= 2


# Its surroundings -----------------------------------------------------------------------------------------------------


def test_many_threads_fetch_at_once(yahoo: YahooStandin, fetcher: Fetcher) -> None:
    names = [f"MANY{i}" for i in range(8)]
    for i, name in enumerate(names):
        yahoo.serve(name, made_up_bars(START, END, base=100.0 + i))
    yahoo.behave("MANY3", "server_error")
    yahoo.behave("MANY5", "not_found")
    found = fetcher.fetch_all(names)
    for i, answer in enumerate(found):
        if i == 3:
            assert answer["code"] == "DATA_SOURCE_UNAVAILABLE"
        elif i == 5:
            assert answer["code"] == "SYMBOL_NOT_FOUND"
        else:
            assert answer["close"][0] == made_up_bars(START, END, base=100.0 + i)[0].close


def test_nothing_is_written_and_no_home_is_needed(yahoo: YahooStandin, symbol: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    own = Fetcher(tmp_path / "own", {**yahoo.environment(), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    asked = len(yahoo.requests)
    assert len(own.fetch(symbol)["close"]) == 65
    assert len(own.fetch(symbol)["close"]) == 65
    own.close()
    assert list(home.iterdir()) == []
    hosts = [host for host, _ in yahoo.requests[asked:]]
    assert hosts.count("fc.yahoo.com") == 1  # the cookie page: once for each process
    no_home = Fetcher(tmp_path / "own", {**yahoo.environment(), "HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none"})
    assert len(no_home.fetch(symbol)["close"]) == 65
    no_home.close()


def test_importing_the_module_imports_neither_pandas_nor_yfinance() -> None:
    code = "import sys, backtester.prices.yahoo; print([m for m in ('pandas', 'yfinance') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


STORED = """
import datetime, sys
from backtester.prices.store.read_through import load_stored_or_fetch
from backtester.prices.store.price_store import PriceStore
from backtester.prices.sources.network_source import network_source
with PriceStore(sys.argv[1]) as store:
    history = load_stored_or_fetch(
        store, sys.argv[2], datetime.date(2020, 1, 1), datetime.date.fromisoformat(sys.argv[3]),
        source=network_source("yahoo"), check_days=30, today=datetime.date.today(),
    )
paid = {str(day): share for day, share in zip(history.sessions, history.dividend.tolist()) if share}
print(paid, file=open(sys.argv[4], "w"))
print(len(history.sessions), repr(float(history.close[0])), [warning.code for warning in history.warnings])
"""


def test_the_store_extends_what_it_has_and_serves_it_when_the_network_is_gone(
    yahoo: YahooStandin, symbol: str, tmp_path: Path
) -> None:
    def load(end: str, environment: dict[str, str]) -> str:
        run = subprocess.run(
            [sys.executable, "-c", STORED, str(tmp_path), symbol, end, str(tmp_path / "paid")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        assert run.stderr == ""
        return run.stdout.strip()

    assert load("2020-03-31", yahoo.environment()) == "65 104.0 []"
    assert load("2020-06-30", yahoo.environment()) == "130 104.0 []"
    assert len(yahoo.charts(symbol)) == 2
    with refused_proxy() as nowhere:
        assert load("2020-06-30", nowhere) == "130 104.0 []"
        assert load("2020-09-30", nowhere) == "130 104.0 ['STALE_PRICES']"
    yahoo.symbols[symbol].dividends[date(2020, 8, 3)] = 1.0
    before = next(bar.close for bar in yahoo.symbols[symbol].bars if bar.day == date(2020, 7, 31))
    assert before is not None
    assert (tmp_path / "paid").read_text() == "{}\n"
    found = load("2020-09-30", yahoo.environment())
    assert (tmp_path / "paid").read_text() == f"{{'2020-08-03': {1.0 / before!r}}}\n"
    assert found == f"196 {104.0 * (1 - 1.0 / before)!r} []"
    assert len(yahoo.charts(symbol)) == 3  # an extension asks for the whole, so that its moved adjustment comes at once
