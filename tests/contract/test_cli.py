"""The command line: flags, the same bytes whichever way in, and the same bytes every time."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support.documents import assert_one_document, assert_schema, untimed, warning_codes
from tests.support.paths import ROOT, RUNNER
from tests.support.runner import environment, run_runner
from tests.support.sample_requests import CANONICAL, inline, request

MODULE = ("-m", "backtester")
ALL_KEYS = request(
    schema_version="1", request_id="r-1", strategy="momentum", parameters={"lookback_period": 20, "top_n": 1},
    initial_capital=25_000, benchmark="^gspc", risk_free_rate=0.01, cash={"allocation": 0.2, "annual_rate": 0.01},
    holdings=[{"symbol": "aapl", "allocation": 0.4}, {"symbol": "MSFT", "allocation": 0.4}],
    execution={"timing": "next_close", "shares": "whole"}, costs={"commission_bps": 5, "slippage_bps": 2},
    output={"max_points": 50, "precision": 8}, limits={"timeout_seconds": 20, "memory_mb": 256},
)  # fmt: skip


def test_pretty_indents_the_same_document() -> None:
    plain, pretty = run_runner(request()), run_runner(request(), "--pretty")

    assert_one_document(pretty, code="OK")

    assert pretty.stdout.count(b"\n") > 100 > plain.stdout.count(b"\n") == 1
    assert {**pretty.document, "timing_ms": {}} == {**plain.document, "timing_ms": {}}


@pytest.mark.parametrize("asked", [b"", b"{}", request(holdings=[{"symbol": "NOPE", "allocation": 1}])])
def test_pretty_indents_errors_too(asked: Any) -> None:
    run = run_runner(asked, "--pretty")

    document = assert_one_document(run)

    assert document["success"] is False
    assert run.stdout.startswith(b'{\n  "success": false,\n')


@pytest.mark.parametrize("asked", [request(), b"", {}, request(start_date="2031-01-01", end_date="2032-01-01")])
def test_exit_zero_changes_the_exit_status_and_nothing_else(asked: Any) -> None:
    plain, zero = run_runner(asked), run_runner(asked, "--exit-zero")

    assert (zero.exit, zero.stderr) == (0, "")
    if zero.document["success"]:
        assert untimed(zero.stdout) == untimed(plain.stdout)
    else:
        assert zero.stdout == plain.stdout


@pytest.mark.parametrize("asked", [request(), b"", {}, request(holdings=[{"symbol": "NOPE", "allocation": 1}])])
def test_a_summary_is_told_on_stderr_and_leaves_the_document_alone(asked: Any) -> None:
    plain, told = run_runner(asked), run_runner(asked, "--summary", env={"PYTHONIOENCODING": "utf-8"})

    assert told.exit == plain.exit
    assert untimed(told.stdout) == untimed(plain.stdout) if plain.document["success"] else told.stdout == plain.stdout
    assert plain.stderr == ""
    first = "Buy and hold: AAPL, MSFT" if plain.document["success"] else plain.document["code"]
    assert told.stderr.startswith(first)
    assert 3 <= told.stderr.count("\n") <= 14
    assert "\x1b" not in told.stderr


def test_a_summary_is_ascii_where_stderr_is_no_unicode() -> None:
    told = run_runner(request(), "--summary", env={"PYTHONIOENCODING": "latin-1"})

    assert told.stderr.isascii()
    assert "Maximum drawdown" in told.stderr


def test_a_summary_without_stderr_is_no_reason_to_fail() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" "$1" --summary 2>&-', sys.executable, RUNNER],
        input=json.dumps(request()).encode(), capture_output=True, env=environment(), timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout[:15]) == (0, b'{"success":true')


def _seen_on(terminal: int) -> str:
    """Return all that was written to a terminal whose other end is closed, and close it."""
    seen = b""
    with contextlib.suppress(OSError):  # how Linux tells that nobody has the other end open
        while piece := os.read(terminal, 1 << 16):
            seen += piece
    os.close(terminal)
    return seen.decode()


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_summary_has_colour_on_a_terminal_alone(env: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    started = {key: value for key, value in environment().items() if key != "NO_COLOR"}
    subprocess.run(
        [sys.executable, RUNNER, "--summary"], input=json.dumps(request()).encode(), stdout=subprocess.DEVNULL,
        stderr=theirs, env={**started, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **env}, timeout=60, check=True,
    )  # fmt: skip
    os.close(theirs)
    told = _seen_on(ours)

    assert "Maximum drawdown" in told
    assert ("\x1b[" in told) is coloured


SWEEP = request() | {"analysis": {"sweep": {"over": {"/costs/commission_bps": [0, 5, 10]}}}}


@pytest.mark.parametrize(("flags", "drawn"), [(["--summary"], True), (["--summary", "--progress"], False), ([], False)])
def test_a_terminal_shows_how_far_a_run_is_while_the_summary_is_awaited(flags: list[str], drawn: bool) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, RUNNER, *flags], input=json.dumps(SWEEP).encode(), stdout=subprocess.PIPE, stderr=theirs,
        env=environment() | {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}, timeout=60, check=True,
    )  # fmt: skip
    os.close(theirs)
    seen = _seen_on(ours)

    assert json.loads(done.stdout)["success"]
    assert ("[     " in seen) is drawn
    assert ("validating" in seen) is bool(flags)
    if drawn:
        *_, last, text = re.split(r"\r(?!\n)", seen)
        assert (last.strip(), text[:9]) == ("", "Buy and h"), "the bar has gone when the summary comes"


def test_version_is_printed() -> None:
    run = run_runner(b"", "--version")

    assert (run.exit, run.stderr) == (0, "")
    assert run.stdout.decode().split()[-1] == run_runner(request()).document["engine"]["version"]


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_flag(flag: str) -> None:
    run = run_runner(b"", flag)

    assert (run.exit, run.stderr) == (0, "")
    for name in ("--progress", "--pretty", "--summary", "--exit-zero", "--list-strategies", "--version", "--help"):
        assert name in run.stdout.decode()


def test_list_strategies_names_each_with_a_line_and_a_schema() -> None:
    run = run_runner(b"", "--list-strategies")

    listed = {entry["name"]: entry for entry in run.document}

    assert (run.exit, run.stderr) == (0, "")
    assert run.stdout.isascii()
    assert run.stdout.endswith(b"\n")
    assert {"buy_hold", "momentum"} <= listed.keys()
    assert sorted(path.name.split(".")[0] for path in (ROOT / "schemas" / "strategies").iterdir()) == sorted(listed)
    for entry in run.document:
        assert entry.keys() == {"name", "description", "parameters"}
        assert entry["description"]
        assert "\n" not in entry["description"]
        assert entry["parameters"]["type"] == "object"
        references = {*re.findall(r'"\$ref": "([^"]*)"', json.dumps(entry["parameters"]))}
        assert references <= {f"#/$defs/{name}" for name in entry["parameters"].get("$defs", {})}
        assert "rebalance_frequency" in entry["parameters"]["properties"]


def test_list_strategies_lists_plug_ins_and_survives_broken_ones() -> None:
    run = run_runner(b"", "--list-strategies", plug_ins=True)

    assert run.exit == 0, run.stderr[-500:]
    listed = {entry["name"]: entry for entry in run.document}
    assert listed["honest"]["description"] == "Misbehaves on purpose."
    assert "momentum" in listed
    assert "broken" not in listed


@pytest.mark.parametrize("asked", [b"", request()])
def test_list_strategies_reads_no_request(asked: Any) -> None:
    assert isinstance(run_runner(asked, "--list-strategies", "--pretty").document, list)


@pytest.mark.parametrize(
    ("flag", "meant"),
    [("--prety", "--pretty"), ("--exitzero", "--exit-zero"), ("--list_strategies", "--list-strategies")],
)
def test_an_unknown_flag_is_one_document_with_the_nearest_name(flag: str, meant: str) -> None:
    document = assert_one_document(run_runner(request(), flag), code="VALIDATION_FAILED")

    assert flag in document["detail"]
    assert f"Did you mean '{meant}'" in document["detail"]


@pytest.mark.parametrize("flag", ["x" * 5000, "--\udcff", "--café", "", "-", "request.json", "--pretty=1"])
def test_an_odd_argument_is_one_document(flag: str) -> None:
    run = run_runner(request(), flag)
    document = assert_one_document(run, code="VALIDATION_FAILED", asked=flag.encode("utf-8", "replace"))

    assert len(document["detail"]) < 300


@pytest.mark.parametrize("asked", [request(), ALL_KEYS, {}, b"{", request(holdings=[])])
def test_the_module_gives_the_same_bytes_as_the_script(asked: Any) -> None:
    script, module = run_runner(asked), run_runner(asked, entry=MODULE)

    assert (module.exit, module.stderr) == (script.exit, script.stderr)
    if script.document["success"]:
        assert untimed(module.stdout) == untimed(script.stdout)
    else:
        assert module.stdout == script.stdout


@pytest.mark.parametrize("asked", [request(), ALL_KEYS, inline({"X": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]})])
def test_the_same_request_gives_the_same_bytes_whatever_the_hash_seed(asked: Any) -> None:
    seen = {untimed(run_runner(asked, env={"PYTHONHASHSEED": seed}).stdout) for seed in ("0", "1", "4242")}

    assert len(seen) == 1


def test_the_same_faults_give_the_same_bytes_whatever_the_hash_seed() -> None:
    faulty = {**request(start_date=7, benchmark=7), "foo": 1, "costs": {"a": 1, "commission_bps": "x"}, "bar": 2}

    seen = {run_runner(faulty, env={"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "4242")}

    assert len(seen) == 1


def test_locale_and_time_zone_change_nothing() -> None:
    plain = run_runner(request())
    abroad = run_runner(request(), env={"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONUTF8": "0"})

    assert untimed(abroad.stdout) == untimed(plain.stdout)


def test_the_folder_that_it_is_started_in_changes_nothing(tmp_path: Any) -> None:
    (tmp_path / "backtester").mkdir()
    (tmp_path / "numpy.py").write_text("raise ImportError('the wrong one')")
    code = "import os, sys; os.chdir(sys.argv[1]); os.execv(sys.executable, [sys.executable, sys.argv[2]])"
    elsewhere = run_runner(request(), str(tmp_path), RUNNER, entry=("-c", code))

    assert untimed(elsewhere.stdout) == untimed(run_runner(request()).stdout)


def test_result_id_ignores_request_id() -> None:
    one, other, none = (run_runner(request(**change)) for change in ({"request_id": "a"}, {"request_id": "b"}, {}))

    assert one.document["request_id"] == "a"
    assert "request_id" not in none.document
    assert one.document["result_id"] == other.document["result_id"] == none.document["result_id"]
    assert untimed(one.stdout).replace(b'"request_id":"a",', b"") == untimed(none.stdout)


def test_result_id_changes_with_what_was_asked() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"initial_capital": 20_000}, {"risk_free_rate": 0.01}, {"end_date": "2020-12-30"},
        {"costs": {"slippage_bps": 1}},
    ]  # fmt: skip

    assert len({run_runner(request(**change)).document["result_id"] for change in changes}) == len(changes)


@pytest.mark.parametrize(
    "same",
    [
        request(initial_capital=10_000), request(initial_capital=10000.0), request(parameters={}), request(costs={}),
        request(holdings=[{"symbol": "aapl", "allocation": 0.5}, {"allocation": 0.5, "symbol": "Msft"}]),
        dict(reversed(request().items())),
    ],
)  # fmt: skip
def test_two_ways_to_write_one_request_have_one_result_id(same: Any) -> None:
    assert run_runner(same).document["result_id"] == run_runner(request()).document["result_id"]


@pytest.mark.parametrize("asked", [request(), ALL_KEYS, request(holdings=[{"symbol": "AAPL", "allocation": 0.999}])])
@pytest.mark.parametrize("cap", ["300", "10"], ids=["roomy", "tight cap"])
def test_the_request_echoed_in_the_result_can_be_sent_again(asked: Any, cap: str) -> None:
    env = {"BACKTEST_MAX_TIMEOUT_SECONDS": cap}
    first = run_runner({key: value for key, value in asked.items() if key != "request_id"}, env=env)
    again = run_runner(assert_one_document(first, code="OK")["request"], env=env)

    assert_schema(first.document["request"], "request")
    assert untimed(again.stdout) == untimed(first.stdout)


def test_the_canonical_request_runs_or_says_which_prices_it_lacks() -> None:
    run = run_runner(CANONICAL)

    document = assert_one_document(run)

    assert document["success"] or document["code"] in ("DATA_SOURCE_UNAVAILABLE", "SYMBOL_NOT_FOUND")
    if not document["success"]:
        assert [error["pointer"] for error in document["errors"]] == ["/holdings/0/symbol", "/holdings/1/symbol"]


def test_top_n_above_the_number_of_holdings_is_clamped_with_a_warning() -> None:
    asked = {**CANONICAL, "holdings": request()["holdings"], "end_date": "2022-12-28"}

    document = assert_one_document(run_runner(asked), code="OK")

    assert "TOP_N_EXCEEDS_HOLDINGS" in warning_codes(document)


def test_the_default_result_of_ten_years_and_ten_holdings_stays_under_a_mebibyte() -> None:
    symbols = ["AAPL", "AMD", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "MSFT"]
    asked = request(
        strategy="momentum", start_date="2012-01-01", end_date="2021-12-31",
        holdings=[{"symbol": symbol, "allocation": 0.1} for symbol in symbols],
    )  # fmt: skip

    run = run_runner(asked)

    assert_one_document(run, code="OK")
    assert len(run.stdout) < 1 << 20


def test_output_include_chooses_the_blocks() -> None:
    document = assert_one_document(run_runner(request(output={"include": ["metrics"]})), code="OK")

    assert "metrics" in document
    assert not {"series", "trades", "weights", "final_holdings"} & document.keys()


def test_output_max_points_keeps_first_and_last() -> None:
    whole = run_runner(request()).document["series"]
    thin = assert_one_document(run_runner(request(output={"max_points": 3})), code="OK")["series"]

    assert 2 <= len(thin["dates"]) <= 3
    assert thin.pop("cash_flows") is None
    for name, column in thin.items():
        assert (column[0], column[-1]) == (whole[name][0], whole[name][-1])


@pytest.mark.parametrize("strategy", ["momentum", "rotation", "relative_strength", "dual_momentum"])
def test_a_default_number_of_holdings_that_nobody_asked_for_is_no_warning_and_echoed_as_it_ran(strategy: str) -> None:
    asked = request(strategy=strategy, holdings=[{"symbol": "AAPL", "allocation": 1.0}])

    first = assert_one_document(run_runner(asked), code="OK")
    again = assert_one_document(run_runner(first["request"]), code="OK")

    count = "number_of_sectors" if strategy == "rotation" else "top_n"
    assert first["request"]["parameters"][count] == 1
    assert "TOP_N_EXCEEDS_HOLDINGS" not in warning_codes(first)
    assert {**again, "timing_ms": 0} == {**first, "timing_ms": 0}
    explicit = assert_one_document(run_runner({**asked, "parameters": {count: 3}}), code="OK")
    assert "TOP_N_EXCEEDS_HOLDINGS" in warning_codes(explicit)
