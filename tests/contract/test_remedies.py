"""What an error recommends can be done: each remedy is followed, in the environment in which it was given."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document
from tests.support.paths import ROOT
from tests.support.runner import Run, run_runner
from tests.support.sample_requests import inline, one_holding, request

SOURCES = ("auto", "bundled", "csv", "yahoo", "inline")
WITHOUT_YFINANCE = (
    "-c",
    "import sys; sys.modules['yfinance'] = sys.modules['pandas'] = None; "
    f"sys.path.insert(0, {str(ROOT)!r}); from backtester.__main__ import main; main()",
)
UNREACHABLE = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
LIMITS = {"start_date": "2020-03-02", "end_date": "2020-03-31"}
# by the first letter of what is held: A of the sample, F of the folder, N of neither
HELD = {"A": "AAPL", "F": "FILED", "N": "NOWHERE"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A CSV folder with a file that can be read and one that cannot."""
    (tmp_path / "csv").mkdir()
    rows = [f"2020-03-{day:02d},{10 + day}" for day in range(1, 32)]
    (tmp_path / "csv/FILED.csv").write_text("\n".join(["date,close", *rows, ""]))
    (tmp_path / "csv/KO.csv").write_text("date,close\n2020-03-02,ten\n")
    return tmp_path / "csv"


def held(letters: str, source: str, **changes: Any) -> dict[str, Any]:
    symbols = [HELD.get(letter, letter) for letter in letters.split("+")]
    holdings = [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols]
    return request(**{**LIMITS, "holdings": holdings, "data": {"source": source}, **changes})


def named_sources(document: dict[str, Any]) -> set[str]:
    """Return the values of `data.source` that a remedy recommends."""
    recommended = re.search(r"se `data\.source` (.*?)(?: in `data|\.(?: |$))", document["remedy"])
    return set(re.findall(r"`(\w+)`", recommended[1])) if recommended else set()


ENVIRONMENTS = ["offline", "unreachable", "without yfinance"]
CASES = [
    (letters, source, environment, has_folder)
    for letters, source, environment, has_folder in itertools.product(
        ["N", "A+N", "A", "F", "A+F", "KO"], ["auto", "bundled", "csv", "yahoo"], ENVIRONMENTS, [True, False]
    )
    if not (source == "csv" and not has_folder)  # the request itself is invalid
]


@pytest.mark.parametrize(("letters", "source", "environment", "has_folder"), CASES)
def test_each_source_that_a_remedy_names_has_the_prices(
    letters: str, source: str, environment: str, has_folder: bool, folder: Path, tmp_path: Path
) -> None:
    env: dict[str, str | None] = {"BACKTEST_OFFLINE": "1" if environment == "offline" else "0", **UNREACHABLE}
    env |= {"BACKTEST_CACHE_DIR": str(tmp_path / "cache"), "BACKTEST_CSV_DIR": str(folder) if has_folder else None}
    entry = {"entry": WITHOUT_YFINANCE} if environment == "without yfinance" else {}

    def ask(named: str) -> Run:
        return run_runner(held(letters, named), env=env, **entry)

    run = ask(source)
    document = assert_one_document(run, code="OK" if run.exit == 0 else None)
    if document["success"]:
        return

    sources = named_sources(document)
    assert sources <= {*SOURCES} - {source}, document
    assert "inline" in sources or document["code"] == "NO_DATA_IN_RANGE", document
    waiting_helps = environment == "unreachable" and document["code"] in ("DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")
    assert document["retryable"] is waiting_helps, document
    for named in sources - {"inline"}:
        found = ask(named).document
        # a network that cannot be reached now is the one thing that the remedy cannot know
        assert found["success"] or (found["retryable"] and environment == "unreachable"), (document, named, found)


def test_the_operators_switch_is_named(tmp_path: Path) -> None:
    run = run_runner(held("N", "yahoo"), env={"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(tmp_path)})
    document = assert_one_document(run, code="DATA_SOURCE_UNAVAILABLE")
    assert "switched off" in document["detail"]
    assert "BACKTEST_OFFLINE" in document["remedy"]


def test_a_symbol_that_the_sample_lacks_gets_the_near_one_or_all_that_there_are() -> None:
    near = assert_one_document(run_runner(held("APPL", "bundled")), code="SYMBOL_NOT_FOUND")
    assert near["errors"][0]["suggestion"] == "AAPL"
    none = assert_one_document(run_runner(held("QZWX", "bundled")), code="SYMBOL_NOT_FOUND")
    assert "AAPL, " in none["remedy"]


@pytest.mark.parametrize("environment", ["offline", "unreachable"])
@pytest.mark.parametrize("has_folder", [True, False])
@pytest.mark.parametrize("has_store", [True, False])
@pytest.mark.parametrize("changes", [{}, {"execution": {"dividends": "cash"}}])
def test_auto_names_the_places_that_it_searched_and_where_the_symbols_at_hand_are(
    environment: str, has_folder: bool, has_store: bool, changes: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    stored = imported(tmp_path / "cache", "OWN", "NVDA") if has_store else {}
    env = {"BACKTEST_CACHE_DIR": str(tmp_path / "cache"), **stored, **UNREACHABLE}
    env |= {"BACKTEST_OFFLINE": "1" if environment == "offline" else "0"}
    env |= {"BACKTEST_CSV_DIR": str(folder) if has_folder else None}
    document = assert_one_document(run_runner(held("N+N2", "auto", **changes), env=env), code="DATA_SOURCE_UNAVAILABLE")
    middle = ", the CSV folder" if has_folder else ""
    dividends = " with its dividends" if changes else ""
    for problem, symbol in zip(document["errors"], ["NOWHERE", "N2"], strict=True):
        searched = f"{symbol} is not in the price store{middle} or the bundled sample{dividends} for this period. "
        assert problem["detail"].startswith(searched)
    assert "`prices list`, or `GET /symbols` over HTTP, shows the symbols at hand." in document["remedy"]


def test_the_canonical_request_without_a_network_says_what_was_searched(tmp_path: Path) -> None:
    asked = json.loads((ROOT / "examples/requests/canonical.json").read_text())
    env = {"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(tmp_path)}
    document = assert_one_document(run_runner(asked, env=env), code="DATA_SOURCE_UNAVAILABLE")
    assert "SPY is not in the price store or the bundled sample for this period." in document["detail"]
    assert "symbols at hand" in document["remedy"]


def test_a_symbol_that_the_folder_lacks_gets_the_near_one_and_where_those_at_hand_are(folder: Path) -> None:
    env: dict[str, str | None] = {"BACKTEST_CSV_DIR": str(folder)}
    near = assert_one_document(run_runner(held("FILLED", "csv"), env=env), code="SYMBOL_NOT_FOUND")
    assert near["errors"][0]["suggestion"] == "FILED"
    none = assert_one_document(run_runner(held("QZWX", "csv"), env=env), code="SYMBOL_NOT_FOUND")
    assert "`prices list`, or `GET /symbols` over HTTP, shows the symbols at hand." in none["remedy"]


@pytest.mark.parametrize("environment", ["offline", "unreachable"])
def test_a_misspelt_symbol_gets_the_near_one_whether_the_network_is_off_or_down(
    environment: str, tmp_path: Path
) -> None:
    env = {"BACKTEST_OFFLINE": "1" if environment == "offline" else "0", "BACKTEST_CACHE_DIR": str(tmp_path)}
    document = assert_one_document(run_runner(held("APPL+QZWX", "auto"), env={**UNREACHABLE, **env}))
    assert document["code"] == "DATA_SOURCE_UNAVAILABLE"
    assert [problem.get("suggestion") for problem in document["errors"]] == ["AAPL", None]
    assert "Did you mean 'AAPL'?" in document["detail"]


def imported(cache: Path, *symbols: str, columns: str = "date,close") -> dict[str, str | None]:
    """Import March 2020 of the symbols; return the environment of a run without a network."""
    env: dict[str, str | None] = {"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": str(cache)}
    for symbol in symbols:
        path = cache.parent / f"{symbol}.csv"
        path.write_text("\n".join([columns, *(f"2020-03-{day:02d},{10 + day}" for day in range(1, 32)), ""]))
        run = run_runner(b"", "prices", "import", str(path), env=env, entry=("-m", "backtester"))
        assert run.exit == 0, run.stderr
    return env


@pytest.mark.parametrize("source", ["yahoo", "bundled", "csv"])
@pytest.mark.parametrize("file", [None, "date,close\n2020-03-02,ten\n"])
def test_auto_is_named_where_it_takes_an_import(source: str, file: str | None, tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    if file is not None:
        (tmp_path / "csv/OWN.csv").write_text(file)
    env = {**imported(tmp_path / "cache", "OWN"), "BACKTEST_CSV_DIR": str(tmp_path / "csv")}
    document = assert_one_document(run_runner(held("OWN", source), env=env))
    if source == "yahoo":
        assert named_sources(document) == {"auto", "inline"}, document
    else:  # such a run does not read the store
        assert "use `data.source` `auto` if the symbols were imported" in document["remedy"]
        open_run = run_runner(held("OWN", source), env={**env, "BACKTEST_SANDBOX": "off"})
        assert assert_one_document(open_run) == document
    assert assert_one_document(run_runner(held("OWN", "auto"), env=env), code="OK")["success"]


def test_auto_is_not_named_where_it_takes_an_import_that_lacks_opens(tmp_path: Path) -> None:
    env = imported(tmp_path / "cache", "AMZN")
    asked = held("AMZN", "yahoo", execution={"timing": "next_open"})
    document = assert_one_document(run_runner(asked, env=env), code="DATA_SOURCE_UNAVAILABLE")
    named = named_sources(document)
    assert "auto" not in named
    for source in named - {"inline"}:
        assert_one_document(run_runner({**asked, "data": {"source": source}}, env=env), code="OK")
    assert run_runner({**asked, "data": {"source": "auto"}}, env=env).document["code"] == "NO_DATA_IN_RANGE"


@pytest.mark.parametrize("source", ["auto", "yahoo"])
def test_reinvesting_is_named_with_the_source_that_it_takes(source: str, tmp_path: Path) -> None:
    env = imported(tmp_path / "cache", "OWN")
    asked = held("MSFT", source, execution={"dividends": "cash"})
    document = assert_one_document(run_runner(asked, env=env), code="DATA_SOURCE_UNAVAILABLE")
    assert "to `reinvest`" in document["remedy"]
    assert ("`data.source` to `bundled`" in document["remedy"]) is (source == "yahoo")
    data = {"source": "bundled" if source == "yahoo" else source}
    assert_one_document(run_runner({**asked, "execution": {}, "data": data}, env=env), code="OK")
    assert [problem.get("suggestion") for problem in document["errors"]] == [None], "it does not suggest itself"


def test_a_suggestion_is_no_symbol_that_is_held(tmp_path: Path) -> None:
    env = imported(tmp_path / "cache", "OWN")
    document = assert_one_document(run_runner(held("AMZN+AMZ", "auto"), env=env), code="DATA_SOURCE_UNAVAILABLE")
    assert "AMZN" not in {problem.get("suggestion") for problem in document["errors"]}


def test_two_symbols_do_not_get_the_same_suggestion(tmp_path: Path) -> None:
    env = imported(tmp_path / "cache", "AAA")
    document = assert_one_document(run_runner(held("AAAX+AAAY", "auto"), env=env), code="DATA_SOURCE_UNAVAILABLE")
    found = [problem.get("suggestion") for problem in document["errors"]]
    assert found[0] == "AAA"
    assert found[1] != "AAA"


IMPORT = "`prices import FILE`"


@pytest.mark.parametrize("source", ["auto", "bundled", "yahoo"])
@pytest.mark.parametrize("environment", ["offline", "unreachable"])
@pytest.mark.parametrize("flags", [(), ("run",)])
def test_who_lacks_prices_is_told_of_the_import_in_every_way_alike(
    source: str, environment: str, flags: tuple[str, ...], tmp_path: Path
) -> None:
    env = {"BACKTEST_OFFLINE": "1" if environment == "offline" else "0", **UNREACHABLE}
    env |= {"BACKTEST_CACHE_DIR": str(tmp_path)}
    asked = held("N", source)
    (tmp_path / "request.json").write_text(json.dumps(asked))
    arguments = (*flags, str(tmp_path / "request.json")) if flags else ()
    alone = assert_one_document(run_runner(asked, *arguments, env=env))
    assert IMPORT in alone["remedy"]
    assert ("with `data.source` `auto`" in alone["remedy"]) is (source != "auto"), "an import is read by auto alone"
    worker = run_runner((json.dumps(asked) + "\n").encode(), "--worker", env=env)
    assert json.loads(worker.stdout) == alone


def test_an_unknown_strategy_gets_the_near_one_and_the_list() -> None:
    document = assert_one_document(run_runner(request(strategy="momentun")), code="UNKNOWN_STRATEGY")
    assert document["errors"][0]["suggestion"] == "momentum"
    assert "buy_hold" in document["detail"]


# ---- each remedy that names a key and a value is followed


HOLE = [100.0, None, None, None, 104.0, 105.0, 106.0, 107.0, 108.0, 109.0]
ENDS = [100.0, 101.0, 102.0, *[None] * 7]
LEAPS = [100.0, 101.0, 10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7]
STEADY = [100.0 + at for at in range(10)]


@pytest.mark.parametrize(
    ("asked", "code", "changes"),
    [
        (inline({"X": HOLE, "Y": STEADY}, data={"max_gap_sessions": 1}), "DATA_GAP", {"data.max_gap_sessions": None}),
        (inline({"X": ENDS, "Y": STEADY}, data={"ended_history": "error"}), "NO_DATA_IN_RANGE", {"end_date": None}),
        (inline({"X": ENDS, "Y": STEADY}, data={"ended_history": "error"}), "NO_DATA_IN_RANGE",
         {"data.ended_history": "stop"}),
        (inline({"X": LEAPS}, data={"implausible": "error"}), "VALIDATION_FAILED", {"data.implausible": "warn"}),
        (held("A", "bundled", execution={"dividends": "cash"}), "NO_DATA_IN_RANGE",
         {"execution.dividends": "reinvest"}),
        (held("^GSPC", "bundled", execution={"timing": "next_open"}), "NO_DATA_IN_RANGE",
         {"execution.timing": "next_close"}),
        (held("A", "bundled", start_date="2020-01-04", end_date="2020-01-05"), "NO_DATA_IN_RANGE",
         {"start_date": None}),
        (held("A", "bundled", start_date="2020-01-04", end_date="2020-01-05"), "NO_DATA_IN_RANGE",
         {"end_date": None}),
        (held("A", "yahoo", execution={"dividends": "cash"}), "DATA_SOURCE_UNAVAILABLE",
         {"execution.dividends": "reinvest", "data.source": "bundled"}),
    ],
)  # fmt: skip
def test_a_remedy_that_names_a_key_mends_the_request(asked: dict[str, Any], code: str, changes: dict[str, Any]) -> None:
    document = assert_one_document(run_runner(asked), code=code)
    for key, value in changes.items():
        if key != "data.source":
            assert f"`{key}`" in document["remedy"], document
        if value is None:
            found = re.search(rf"`{re.escape(key)}` to ([\w-]+)", document["remedy"])
            assert found is not None, document
            value = int(found[1]) if found[1].isdigit() else found[1]
        elif key != "data.source":
            assert f"`{value}`" in document["remedy"], document
        *way, last = key.split(".")
        node = asked = {**asked, **{part: {**asked[part]} for part in way}}
        for part in way:
            node = node[part]
        node[last] = value
    assert_one_document(run_runner(asked), code="OK")


@pytest.mark.parametrize(("asked", "raises"), [({"limits": {"timeout_seconds": 0.001}}, True), ({}, False)])
def test_a_deadline_is_to_be_raised_only_below_the_cap(asked: dict[str, Any], raises: bool) -> None:
    env: dict[str, str | None] = {} if raises else {"BACKTEST_MAX_TIMEOUT_SECONDS": "0.001"}
    document = assert_one_document(run_runner(request(**asked), env=env), code="TIMEOUT")
    assert ("`limits.timeout_seconds`" in document["remedy"]) is raises or "could not be checked" in document["detail"]
    assert ("300 seconds" in document["remedy"]) is raises or "could not be checked" in document["detail"]


@pytest.mark.parametrize(("asked", "raises"), [({"limits": {"memory_mb": 64}}, True), ({}, False)])
@pytest.mark.parametrize("flags", [(), ("--worker",)])
def test_a_memory_limit_is_to_be_raised_only_below_the_cap(
    asked: dict[str, Any], raises: bool, flags: tuple[str, ...]
) -> None:
    env: dict[str, str | None] = {} if raises else {"BACKTEST_MEMORY_MB": "64"}
    run = run_runner(request(strategy="allocate", **asked), *flags, env=env, plug_ins=True)
    document = run.document
    assert document["code"] == "MEMORY_LIMIT", document
    assert "64 MiB" in document["detail"]
    assert ("`limits.memory_mb`" in document["remedy"]) is raises
    assert ("BACKTEST_MEMORY_MB" in document["remedy"]) is not raises


@pytest.mark.parametrize("symbol", ["KO", "FILED"])
def test_a_folder_that_cannot_be_read_is_the_operators_to_mend(symbol: str, tmp_path: Path) -> None:
    env: dict[str, str | None] = {"BACKTEST_CSV_DIR": str(tmp_path / "absent")}
    asked = held(symbol, "csv")
    document = assert_one_document(run_runner(asked, env=env), code="DATA_SOURCE_UNAVAILABLE")
    assert document["retryable"] is False
    assert "BACKTEST_CSV_DIR" in document["remedy"]
    assert named_sources(document) == ({"bundled", "auto", "inline"} if symbol == "KO" else {"inline"})


def test_wrong_settings_are_the_operators_to_mend() -> None:
    env: dict[str, str | None] = {"BACKTEST_MEMORY_MB": "much"}
    document = assert_one_document(run_runner(request(holdings=one_holding()), env=env), code="INTERNAL")
    assert "maintainers" not in document["remedy"]
    assert "operator" in document["remedy"]
