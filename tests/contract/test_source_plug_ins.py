"""A source of somebody else's: installed as a distribution, found by its name, and never believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.documents import assert_one_document
from tests.support.own_sources import GOOD, ask, distribution, installed
from tests.support.processes import assert_nobody_left
from tests.support.runner import run_runner
from tests.support.sample_requests import one_holding, request
from tests.support.stored import fill_store


@pytest.mark.parametrize("sandbox", ["on", "off"])
def test_a_source_is_asked_by_its_name_and_kept_under_it(tmp_path: Path, sandbox: str) -> None:
    env = {**installed(tmp_path, own=GOOD), "BACKTEST_SANDBOX": sandbox}
    document = assert_one_document(ask(env), code="OK")
    assert {entry["source"] for entry in document["data"]["symbols"].values()} == {"own"}
    assert document["warnings"] == []
    again = ask({**env, "BACKTEST_OFFLINE": "1"})
    assert again.document | {"timing_ms": 0} == document | {"timing_ms": 0}, "the store has it"
    other = assert_one_document(ask({**env, "BACKTEST_OFFLINE": "1"}, "yahoo"), code="DATA_SOURCE_UNAVAILABLE")
    assert "Yahoo Finance is switched off" in other["detail"], "what one source sent is no answer of another"


def test_auto_ends_with_the_source_that_the_operator_chose(tmp_path: Path) -> None:
    env = {**installed(tmp_path, own=GOOD), "BACKTEST_SOURCE": "own"}
    document = assert_one_document(ask(env, "auto"), code="OK")
    assert document["data"]["symbols"]["ZZZ"]["source"] == "own"
    bundled = assert_one_document(ask(env, "auto", "AAPL"), code="OK")
    assert bundled["data"]["symbols"]["AAPL"]["source"] == "bundled"
    wrong = assert_one_document(ask({**env, "BACKTEST_SOURCE": "owm"}, "auto"), code="INTERNAL")
    assert "BACKTEST_SOURCE must be one of yahoo, tiingo, stooq, own. Did you mean 'own'?" in wrong["detail"]


def test_an_unknown_name_is_told_with_the_known_ones(tmp_path: Path) -> None:
    env = installed(tmp_path, own=GOOD)
    document = assert_one_document(ask(env, "onw"), code="VALIDATION_FAILED")
    (problem,) = document["errors"]
    assert (problem["pointer"], problem["code"], problem["suggestion"]) == ("/data/source", "INVALID_CHOICE", "own")
    known = "The value must be one of auto, bundled, yahoo, tiingo, stooq, csv, inline, own. Did you mean 'own'?"
    assert problem["detail"] == known


def test_a_plug_in_takes_no_name_that_is_built_in(tmp_path: Path) -> None:
    env = installed(tmp_path, bundled=GOOD, tiingo=GOOD)
    assert assert_one_document(ask(env, "bundled", "AAPL"))["data"]["symbols"]["AAPL"]["source"] == "bundled"
    assert "BACKTEST_TIINGO_KEY" in ask(env, "tiingo").document["remedy"]


@pytest.mark.parametrize("name", ["auto", "bundled", "csv", "inline", "yahoo"])
def test_a_plug_in_takes_no_name_of_data_source(tmp_path: Path, name: str) -> None:
    env = {**installed(tmp_path, **{name: GOOD}, own=GOOD), "HTTPS_PROXY": "http://127.0.0.1:9"}
    run = ask({**env, "BACKTEST_SOURCE": name}, "auto")
    if name != "yahoo":
        document = assert_one_document(run, code="INTERNAL")
        assert "BACKTEST_SOURCE must be one of yahoo, tiingo, stooq, own" in document["detail"]
    assert run.exit != 0
    fetched = run_runner(b"", "prices", "fetch", "ZZZ", "--source", name, "--json", env=env, entry=("-m", "backtester"))
    assert (fetched.exit, fetched.document["fetched"]) == (3 if name == "yahoo" else 2, [])
    unknown = ask(env, "zzzzz").document["errors"][0]["detail"]
    assert unknown == "The value must be one of auto, bundled, yahoo, tiingo, stooq, csv, inline, own."


@pytest.mark.parametrize("price", [5e-324, 1e-100, 1e306])
def test_a_price_out_of_bounds_is_an_error_of_the_prices(tmp_path: Path, price: float) -> None:
    days = "weekdays(start, end)"
    body = f"return quotes(start, end, close=[100.0] * 9 + [{price!r}] + [100.0] * (len({days}) - 10))"
    document = assert_one_document(ask(installed(tmp_path, own=body)), code="PRICES_UNREADABLE")
    assert "The close of ZZZ on " in document["detail"]
    assert document["retryable"] is False


def test_a_batch_asks_it_too(tmp_path: Path) -> None:
    env = installed(tmp_path, own=GOOD)
    asked = [request(holdings=one_holding(name), data={"source": "own"}, request_id=name) for name in ("AAA", "BBB")]
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in asked)
    run = run_runner(lines, "--batch", env=env)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert sorted((one["request_id"], one["success"]) for one in found) == [("AAA", True), ("BBB", True)]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("raise SourceFailure(NOT_FOUND)", "SYMBOL_NOT_FOUND", "own has no prices for ZZZ"),
        ("raise SourceFailure(RATE_LIMITED)", "RATE_LIMITED", "own refused to send ZZZ"),
        ("raise SourceFailure(UNAVAILABLE, 'it is asleep')", "DATA_SOURCE_UNAVAILABLE", "for ZZZ: it is asleep."),
        ("raise OSError('secret')", "DATA_SOURCE_UNAVAILABLE", "there is no connection to it"),
        ("raise TimeoutError", "DATA_SOURCE_UNAVAILABLE", "it did not answer in time"),
        ("return Quotes(days=[], close=[int('x')])", "DATA_SOURCE_UNAVAILABLE", "its answer could not be read"),
        ("return Quotes(days=[], close=[])", "NO_DATA_IN_RANGE", "ZZZ"),
    ],
)  # fmt: skip
def test_what_it_says_it_lacks_has_its_code(tmp_path: Path, body: str, code: str, words: str) -> None:
    document = assert_one_document(ask(installed(tmp_path, own=body)), code=code)
    assert words in document["detail"]
    assert "secret" not in document["detail"]


@pytest.mark.parametrize("kind", ["NOT_FOUND", "RATE_LIMITED", "UNAVAILABLE", "NOT_SET_UP"])
@pytest.mark.parametrize(
    "text", ["'/home/secret/prices.py ' * 100", "chr(27) + 'secret' * 20000", "['secret']", "'secret\\nsecret'",
             r"'C:\\Users\\secret\\key'", "'it read /etc/secret/key'", "b'secret'"],
)  # fmt: skip
def test_a_text_of_a_source_that_no_caller_may_read_is_left_out(tmp_path: Path, kind: str, text: str) -> None:
    env = installed(tmp_path, own=f"raise SourceFailure({kind}, {text}, remedy={text})")
    run = ask(env)
    assert_one_document(run, quiet=False)
    assert run.exit == 3
    assert b"secret" not in run.stdout
    assert len(run.stdout) < 2000


def test_an_address_in_a_remedy_of_a_source_is_no_path(tmp_path: Path) -> None:
    remedy = "Ask for a key at https://example.com/keys/new or set input/output."
    env = installed(tmp_path, own=f"raise SourceFailure(NOT_SET_UP, 'it needs a key', remedy={remedy!r})")
    assert ask(env).document["remedy"].startswith(remedy)


def test_a_key_that_is_missing_is_not_to_be_had_by_a_retry(tmp_path: Path) -> None:
    run = ask(installed(tmp_path, own="raise SourceFailure(NOT_SET_UP, 'it needs a key')"))
    assert (run.exit, run.document["code"], run.document["retryable"]) == (3, "DATA_SOURCE_UNAVAILABLE", False)
    assert run.document["detail"] == "own cannot be asked for ZZZ: it needs a key."


FAULTS = {  # more of the quotes: tests/unit/prices/sources/test_quotes.py
    "raise KeyError('secret')": "The source own failed for ZZZ: KeyError.",
    "sys.exit(0)": "The source own failed for ZZZ: SystemExit.",
    "return None": "The source own sent quotes of ZZZ that cannot be used: they are NoneType, not Quotes.",
    "return Quotes(days=['2020-01-02'], close=['1'])": "close is no list of numbers",
    "return Quotes(days=['2020-01-02'] * 2, close=[1, 2])": "2020-01-02 stands twice, with different values",
}


@pytest.mark.parametrize("body", FAULTS)
def test_a_fault_of_its_code_is_one_document_and_the_log_has_the_rest(tmp_path: Path, body: str) -> None:
    run = ask(installed(tmp_path, own=body))
    document = assert_one_document(run, code="INTERNAL", quiet=False)
    assert FAULTS[body] in document["detail"]
    assert "secret" not in document["detail"]
    assert run.stderr.count("Traceback") == 1, "it is told once, and not asked again"
    assert (
        list((tmp_path / "cache").glob("prices*")) == []
        or b"ZZZ" not in (tmp_path / "cache/prices.sqlite3").read_bytes()
    )


@pytest.mark.parametrize(
    ("code", "points"),
    [
        ("raise RuntimeError('secret')", {"own": "own_sources"}), ("import sys; sys.exit(3)", {"own": "own_sources"}),
        ("fetch = 7", {"own": "own_sources"}), ("", {"own": "own_sources"}), ("", {"own": "own_sources:gone"}),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_one_document(tmp_path: Path, code: str, points: dict[str, str]) -> None:
    run = ask(distribution(tmp_path, code, points))
    document = assert_one_document(run, code="INTERNAL", quiet=False)
    assert document["detail"].startswith("The source own cannot be loaded: ")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("time.sleep(600)", "TIMEOUT"), ("os._exit(0)", "WORKER_CRASHED"), ("ctypes.string_at(0)", "WORKER_CRASHED"),
        ("return [bytearray(1 << 24) for _ in range(1 << 20)]", "MEMORY_LIMIT"),
    ],
)  # fmt: skip
def test_an_end_of_its_process_is_one_document(tmp_path: Path, body: str, code: str) -> None:
    limits = {"timeout_seconds": 2} if code == "TIMEOUT" else {"memory_mb": 512}
    run = ask(installed(tmp_path, own=body), limits=limits)
    assert_one_document(run, code=code, quiet=False)


def test_a_process_that_it_leaves_behind_is_ended(tmp_path: Path) -> None:
    env = installed(tmp_path, own=f"os.fork() == 0 and (os.setsid(), time.sleep(600)); {GOOD}")
    run = ask({**env, "BACKTEST_SANDBOX": "off"})
    assert_one_document(run, code="OK", quiet=False)
    assert_nobody_left(run.mark)


def test_what_it_prints_is_not_in_the_document(tmp_path: Path) -> None:
    body = f"print('spoken'); os.write(1, b'written'); {GOOD}"
    run = ask(installed(tmp_path, own=body))
    assert assert_one_document(run, code="OK", quiet=False)["success"] is True
    assert "spoken" in run.stderr
    assert "written" in run.stderr


def test_the_order_of_rows_and_rows_that_repeat_themselves_do_not_matter(tmp_path: Path) -> None:
    turned = (
        "days = weekdays(start, end)[::-1]; days = days + days[:5]; "
        "return Quotes(days=days, close=[100.0 + day.toordinal() % 17 for day in days], dividends=[0] * len(days))"
    )
    env = installed(tmp_path, own=GOOD, turned=turned)
    plain, mixed = (assert_one_document(ask(env, name), code="OK") for name in ("own", "turned"))
    assert mixed["series"] == plain["series"]
    assert mixed["data"]["symbols"]["ZZZ"]["digest"] == plain["data"]["symbols"]["ZZZ"]["digest"]


@pytest.mark.parametrize("value", ["None", "0", "10**400"])
def test_a_session_without_a_usable_price_is_left_out_with_a_warning(tmp_path: Path, value: str) -> None:
    body = (
        f"days = weekdays(start, end); close = [{value} if str(day) == '2020-03-02' else 100.0 for day in days]; "
        "return Quotes(days=days, close=close, dividends=[None] * len(days))"
    )
    run = ask(installed(tmp_path, own=body))
    if value == "10**400":  # no number that JSON or a double can hold
        assert_one_document(run, code="INTERNAL", quiet=False)
        return
    document = assert_one_document(run, code="OK")
    (warning,) = [one for one in document["warnings"] if one["code"] == "PRICES_DROPPED"]
    assert warning["detail"].startswith("own sent 1 session on 2020-03-02 without a usable price of ZZZ.")


def test_closes_without_dividends_are_warned_of_from_the_store_too(tmp_path: Path) -> None:
    env = installed(tmp_path, own="return quotes(start, end)")
    first = assert_one_document(ask(env, execution={"shares": "whole"}), code="OK")
    assert {warning["code"] for warning in first["warnings"]} == {"UNADJUSTED_PRICES", "ADJUSTED_SHARE_COUNTS"}
    stored = assert_one_document(ask({**env, "BACKTEST_OFFLINE": "1"}, execution={"shares": "whole"}), code="OK")
    assert stored | {"timing_ms": 0} == first | {"timing_ms": 0}


def test_where_the_operators_source_fails_auto_takes_what_another_has_sent_and_says_so(tmp_path: Path) -> None:
    env = {**installed(tmp_path, own="raise OSError"), "BACKTEST_SOURCE": "own"}
    fill_store(tmp_path / "cache", "ZZZ")
    document = assert_one_document(ask(env, "auto"), code="OK")
    assert document["data"]["symbols"]["ZZZ"]["source"] == "yahoo"
    (warning,) = [one for one in document["warnings"] if one["code"] == "STALE_PRICES"]
    assert "The stored history of Yahoo Finance was used for ZZZ." in warning["detail"]
