"""The real code of Tiingo and Stooq against stand-ins on loopback: what comes out, and what goes wrong how."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from datetime import date

import pytest

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory
from backtester.prices.sources.asking import fetch_history
from tests.e2e.https_standin import refused_proxy
from tests.e2e.vendor_standins import KEY, StooqStandin, TiingoStandin, made_up_prices

pytestmark = pytest.mark.full

START, END = date(2020, 1, 1), date(2020, 3, 31)
YEARS = made_up_prices(date(2019, 1, 1), date(2020, 12, 31))
UNREADABLE = "its answer could not be read"


@pytest.fixture(scope="module")
def tiingo_itself() -> Iterator[TiingoStandin]:
    with TiingoStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def stooq_itself() -> Iterator[StooqStandin]:
    with StooqStandin() as standin:
        yield standin


@pytest.fixture
def tiingo(tiingo_itself: TiingoStandin, monkeypatch: pytest.MonkeyPatch) -> TiingoStandin:
    return prepared(tiingo_itself, "SPY", monkeypatch, BACKTEST_TIINGO_KEY=KEY)


@pytest.fixture
def stooq(stooq_itself: StooqStandin, monkeypatch: pytest.MonkeyPatch) -> StooqStandin:
    stooq_itself.wants_key = False
    return prepared(stooq_itself, "spy.us", monkeypatch)


def prepared(standin, symbol: str, monkeypatch: pytest.MonkeyPatch, **settings: str):
    standin.forgive()
    standin.requests.clear()
    standin.heads.clear()
    standin.serve(symbol, YEARS)
    for name, value in {**standin.environment(), **settings}.items():
        monkeypatch.setenv(name, value)
    return standin


def fetch(source: str, symbol: str = "SPY", start: date = START, end: date = END, **options) -> SymbolHistory:
    options = {"attempts": 1, "backoff_seconds": 0.01, "timeout_seconds": 5.0, **options}
    return fetch_history(source, symbol, start, end, **options)


def failure(source: str, symbol: str = "SPY", **options) -> DataError:
    with pytest.raises(DataError) as raised:
        fetch(source, symbol, **options)
    for text in (raised.value.detail, raised.value.remedy):
        assert KEY not in text
        assert not any(word in text for word in ("http", "Traceback", "/", "urlopen", "Errno")), text
    return raised.value


# What comes out ----------------------------------------------------------------------------------------------------


def test_tiingo_sends_the_sessions_of_the_period_with_both_ends(tiingo: TiingoStandin) -> None:
    found = fetch("tiingo")
    inside = {day: prices for day, prices in YEARS.items() if START <= day <= END}
    assert found.sessions.tolist() == [*inside]
    assert found.close.tolist() == pytest.approx([close for _, close in inside.values()], rel=1e-12)
    assert found.open is not None
    assert found.open.tolist() == pytest.approx([opens for opens, _ in inside.values()], rel=1e-12)
    assert (found.source, found.warnings, found.counts_adjusted_shares) == ("tiingo", (), False)
    assert len(tiingo.asked("SPY")) == 1
    assert not any(column.flags.writeable for column in (found.close, found.open, found.dividend, found.traded))


def test_the_key_of_tiingo_travels_in_a_header_alone(tiingo: TiingoStandin) -> None:
    fetch("tiingo")
    assert f"Authorization: Token {KEY}" in tiingo.heads[0]
    assert KEY not in tiingo.requests[0][1]


@pytest.mark.parametrize("symbol", ["BRK-B", "M&M.NS", "^GSPC", "EURUSD=X"])
def test_a_symbol_is_quoted_in_the_address_of_tiingo(tiingo: TiingoStandin, symbol: str) -> None:
    tiingo.serve(symbol, YEARS)
    assert fetch("tiingo", symbol).sessions.size == 65
    (target,) = tiingo.asked(symbol)
    assert not set("&^=") & set(target.split("?")[0])


def test_dividends_and_splits_of_tiingo_are_told_and_shares_are_counted_as_traded(tiingo: TiingoStandin) -> None:
    days = [day for day in YEARS if date(2020, 2, 3) <= day <= date(2020, 2, 14)]
    closes = [100, 100, 98, 98, 49, 49, 49, 49, 49, 49]  # a dividend of 2, then two shares for one
    prices = {day: (close + 1.0, float(close)) for day, close in zip(days, closes, strict=True)}
    tiingo.serve("BOTH", prices, dividends={days[2]: 2.0}, splits={days[4]: 2.0})
    found = fetch("tiingo", "BOTH")
    assert found.close.tolist() == pytest.approx([49.0] * 10, rel=1e-12), "nothing was lost over the ex-date"
    assert found.traded is not None
    assert found.traded.tolist() == closes
    assert found.dividend is not None
    assert found.dividend.tolist() == pytest.approx([0, 0, 0.02, 0, 0, 0, 0, 0, 0, 0])
    assert found.split is not None
    assert found.split.tolist() == [1, 1, 1, 1, 2, 1, 1, 1, 1, 1]
    assert found.open is not None
    assert (found.open / found.close).tolist() == pytest.approx([(close + 1) / close for close in closes])
    assert found.warnings == ()


def test_a_dividend_on_the_first_session_of_the_period_has_its_close_before(tiingo: TiingoStandin) -> None:
    tiingo.serve("FIRST", YEARS, dividends={date(2020, 1, 2): 2.0})
    found = fetch("tiingo", "FIRST", start=date(2020, 1, 2))
    assert found.dividend is not None
    assert found.dividend[0] == pytest.approx(2.0 / YEARS[date(2020, 1, 1)][1])


@pytest.mark.parametrize(("source", "symbol"), [("tiingo", "SPY"), ("stooq", "spy.us")])
def test_the_session_of_today_has_not_ended(source: str, symbol: str, tiingo, stooq, monkeypatch) -> None:
    standin = {"tiingo": tiingo, "stooq": stooq}[source]
    for name, value in standin.environment().items():
        monkeypatch.setenv(name, value)
    today = datetime.datetime.now(datetime.UTC).date()
    days = [today - datetime.timedelta(days=back) for back in range(4, -1, -1)]
    standin.serve(symbol, dict.fromkeys(days, (10.0, 10.0)))
    found = fetch(source, start=days[0], end=today)
    assert found.sessions.tolist() in (days[:4], days), "all but today, unless midnight has passed meanwhile"


def test_a_symbol_without_prices_in_the_period_gives_no_sessions(
    tiingo: TiingoStandin, stooq: StooqStandin, monkeypatch
) -> None:
    assert fetch("stooq", start=date(2010, 1, 1), end=date(2010, 12, 31)).sessions.size == 0
    assert [("d1=" in target) for target in stooq.asked("spy.us")] == [True, False], (
        "the second tells why there are none"
    )
    for name, value in tiingo.environment().items():
        monkeypatch.setenv(name, value)
    assert fetch("tiingo", start=date(2010, 1, 1), end=date(2010, 12, 31)).sessions.size == 0


def test_stooq_sends_closes_that_are_taken_as_they_are_and_says_so(stooq: StooqStandin) -> None:
    found = fetch("stooq")
    inside = {day: prices for day, prices in YEARS.items() if START <= day <= END}
    assert (found.sessions.tolist(), found.close.tolist()) == ([*inside], [close for _, close in inside.values()])
    assert (found.dividend, found.traded, found.split, found.counts_adjusted_shares) == (None, None, None, True)
    (warning,) = found.warnings
    assert (warning.code, warning.symbol) == ("UNADJUSTED_PRICES", "SPY")
    assert "Stooq sends neither adjusted closes nor dividends of SPY." in warning.detail


@pytest.mark.parametrize(
    ("symbol", "name"), [("AAPL", "aapl.us"), ("BRK-B", "brk-b.us"), ("^SPX", "^spx"), ("BMW.DE", "bmw.de")]
)
def test_a_symbol_has_the_name_that_stooq_gives_it(stooq: StooqStandin, symbol: str, name: str) -> None:
    stooq.serve(name, YEARS)
    assert fetch("stooq", symbol).sessions.size == 65


def test_stooq_is_asked_with_a_key_where_the_operator_has_one(stooq: StooqStandin, monkeypatch) -> None:
    fetch("stooq")
    assert "apikey" not in stooq.requests[0][1]
    stooq.wants_key = True
    refused = failure("stooq")
    assert (refused.code, refused.retryable) == ("DATA_SOURCE_UNAVAILABLE", False)
    assert "BACKTEST_STOOQ_KEY" in refused.remedy
    monkeypatch.setenv("BACKTEST_STOOQ_KEY", KEY)
    assert fetch("stooq").sessions.size == 65
    monkeypatch.setenv("BACKTEST_STOOQ_KEY", "wrong-key")
    assert "wrong-key" not in failure("stooq").detail


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_tiingo_without_a_key_is_not_asked(tiingo: TiingoStandin, monkeypatch: pytest.MonkeyPatch) -> None:
    for unset in ("", "  "):
        monkeypatch.setenv("BACKTEST_TIINGO_KEY", unset)
        error = failure("tiingo", attempts=4)
        assert (error.code, error.retryable) == ("DATA_SOURCE_UNAVAILABLE", False)
        assert error.detail == "Tiingo cannot be asked for SPY: it needs a key."
        assert error.remedy == "The operator sets BACKTEST_TIINGO_KEY."
    assert tiingo.requests == []


@pytest.mark.parametrize("key", ["wrong", "with a\nline", "kéy"])
def test_a_key_that_is_refused_is_not_retried_and_never_shown(tiingo: TiingoStandin, monkeypatch, key: str) -> None:
    monkeypatch.setenv("BACKTEST_TIINGO_KEY", key)
    error = failure("tiingo", attempts=4)
    assert (error.code, error.retryable) == ("DATA_SOURCE_UNAVAILABLE", False)
    assert "BACKTEST_TIINGO_KEY" in error.detail
    assert key not in error.detail
    assert len(tiingo.requests) <= 1


@pytest.mark.parametrize(
    ("behaviour", "code", "retryable", "words"),
    [
        ("rate_limited", "RATE_LIMITED", True, "too many requests"),
        ("month_used_up", "RATE_LIMITED", True, "too many requests"),
        ("forbidden", "DATA_SOURCE_UNAVAILABLE", False, "refuses the key"),
        ("server_error", "DATA_SOURCE_UNAVAILABLE", True, "status 500"),
        ("portal_404", "DATA_SOURCE_UNAVAILABLE", True, "status 404"),
        ("to_http", "DATA_SOURCE_UNAVAILABLE", True, "not HTTPS"),
        ("in_circles", "DATA_SOURCE_UNAVAILABLE", True, "status 302"),
        *[(name, "DATA_SOURCE_UNAVAILABLE", True, UNREADABLE)
          for name in ("html", "empty_body", "malformed", "no_rows", "words", "no_date", "deep", "not_text")],
    ],
)  # fmt: skip
def test_a_fault_of_tiingo_has_its_code(tiingo: TiingoStandin, behaviour, code, retryable, words) -> None:
    tiingo.behave("SPY", behaviour)
    tiingo.behave("LOOP", behaviour)
    error = failure("tiingo")
    assert (error.code, error.retryable) == (code, retryable)
    assert words in error.detail


def test_an_unknown_symbol_is_not_found_and_asked_for_once(
    tiingo: TiingoStandin, stooq: StooqStandin, monkeypatch
) -> None:
    assert failure("stooq", "NOPE", attempts=4).code == "SYMBOL_NOT_FOUND"
    assert len(stooq.asked("nope.us")) == 2
    for name, value in tiingo.environment().items():
        monkeypatch.setenv(name, value)
    error = failure("tiingo", "NOPE", attempts=4)
    assert (error.code, len(tiingo.asked("NOPE"))) == ("SYMBOL_NOT_FOUND", 1)


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        ("limit", "RATE_LIMITED", "try again tomorrow"),
        ("server_error", "DATA_SOURCE_UNAVAILABLE", "status 502"),
        ("to_http", "DATA_SOURCE_UNAVAILABLE", "not HTTPS"),
        *[(name, "DATA_SOURCE_UNAVAILABLE", UNREADABLE)
          for name in ("html", "empty_body", "no_figures", "no_dates", "short_row", "not_text")],
    ],
)  # fmt: skip
def test_a_fault_of_stooq_has_its_code(stooq: StooqStandin, behaviour: str, code: str, words: str) -> None:
    stooq.behave("spy.us", behaviour)
    error = failure("stooq")
    assert (error.code, error.retryable) == (code, True)
    assert words in f"{error.detail} {error.remedy}"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("hang", "did not answer in time"), ("drip", "did not answer in time"),
        ("drip_headers", "did not answer in time"), ("closed", "no connection to it"),
        ("cut_short", "cut short"), ("huge", "larger than 32 MiB"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["tiingo", "stooq"])
def test_a_fault_of_the_wire_has_its_sentence(
    source: str, behaviour: str, words: str, tiingo, stooq, monkeypatch
) -> None:
    standin, symbol = {"tiingo": (tiingo, "SPY"), "stooq": (stooq, "spy.us")}[source]
    for name, value in standin.environment().items():
        monkeypatch.setenv(name, value)
    standin.behave(symbol, behaviour)
    error = failure(source, timeout_seconds=1.0 if "time" in words else 10.0)
    assert (error.code, error.retryable) == ("DATA_SOURCE_UNAVAILABLE", True)
    assert words in error.detail


def test_a_network_that_cannot_be_reached_or_trusted_is_told(tiingo: TiingoStandin, monkeypatch) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name)
    assert "its certificate is not trusted here" in failure("tiingo").detail
    with refused_proxy() as unreachable:
        for name, value in unreachable.items():
            monkeypatch.setenv(name, value)
        assert "there is no connection to it" in failure("tiingo").detail


def test_the_key_is_not_sent_to_where_tiingo_redirects(tiingo: TiingoStandin) -> None:
    tiingo.serve("FAR", YEARS)
    tiingo.behave("SPY", "to_another_host")
    assert fetch("tiingo").sessions.size == 65
    assert [host for host, _ in tiingo.requests] == ["api.tiingo.com", "elsewhere.example"]
    assert [KEY in head for head in tiingo.heads] == [True, False]


@pytest.mark.parametrize(("source", "behaviour"), [("tiingo", "rate_limited"), ("stooq", "limit")])
def test_a_limit_of_an_hour_or_a_day_is_not_run_into_again(source, behaviour, tiingo, stooq, monkeypatch) -> None:
    standin, symbol = {"tiingo": (tiingo, "SPY"), "stooq": (stooq, "spy.us")}[source]
    for name, value in standin.environment().items():
        monkeypatch.setenv(name, value)
    standin.behave(symbol, behaviour)
    assert failure(source, attempts=4).retryable is True
    assert len(standin.asked(symbol)) == 1


def test_what_passes_is_tried_again(tiingo: TiingoStandin) -> None:
    retries: list[dict] = []
    tiingo.behave("SPY", "server_error", times=2)
    found = fetch("tiingo", attempts=4, on_retry=lambda **details: retries.append(details))
    assert found.sessions.size == 65
    assert [(retry["attempt"], retry["code"]) for retry in retries] == [
        (1, "DATA_SOURCE_UNAVAILABLE"), (2, "DATA_SOURCE_UNAVAILABLE"),
    ]  # fmt: skip
