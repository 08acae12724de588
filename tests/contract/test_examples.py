"""The requests in examples/ run as they are; the canonical request runs verbatim wherever its prices are to be had."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backtester.contract.schemas import built_in_strategies, resolved_schema, strategy_schema
from tests.support.runner import run_runner

pytestmark = pytest.mark.full

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples/requests").glob("*.json"))
OFFLINE = [path for path in EXAMPLES if path.stem != "canonical"]


def made_up(sessions: int, seed: int) -> list[float]:
    steps = np.random.default_rng(seed).normal(0.0004, 0.01, sessions)
    return [round(float(price), 4) for price in 100 * np.cumprod(1 + steps)]


def weekdays(first: str, last: str) -> list[str]:
    days = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "D"))
    return [str(day) for day in days[np.is_busday(days)]]


DATES = weekdays("2021-06-01", "2024-01-31")
PRICES = {"SPY": made_up(len(DATES), 1), "QQQ": made_up(len(DATES), 2)}


@pytest.mark.promise
@pytest.mark.parametrize("path", OFFLINE, ids=lambda path: path.stem)
def test_each_example_runs(path):
    run = run_runner(path.read_bytes())
    assert (run.exit, run.stderr) == (0, "")
    assert run.document["success"] is True


STRATEGIES = built_in_strategies()
SETS = [(name, example) for name in STRATEGIES for example in strategy_schema(name)["examples"]]


@pytest.mark.promise
@pytest.mark.parametrize(("strategy", "parameters"), SETS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(SETS)])
def test_each_example_of_a_schema_is_a_whole_parameter_set_that_runs(strategy, parameters):
    holdings = [{"symbol": symbol, "allocation": 0.25} for symbol in ("AAPL", "JNJ", "JPM", "XOM")]
    period = {"start_date": "2008-01-02", "end_date": "2012-12-31"}
    request = {"strategy": strategy, "holdings": holdings, **period, "parameters": parameters}
    run = run_runner({**request, "data": {"source": "bundled"}})
    assert (run.exit, run.stderr) == (0, "")
    ran = run.document["request"]["parameters"]
    assert {name: ran[name] for name in parameters} == parameters
    assert not {"NO_EFFECT"} & {warning["code"] for warning in run.document["warnings"]}


def test_every_strategy_has_an_example():
    assert {name for name, _ in SETS} == set(STRATEGIES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_parameter_has_an_example_of_its_own(strategy):
    """Its meaning hangs on other parameters: 12 is a year in months and half a month in sessions."""

    def with_examples(schema):
        inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        return [one for part in inner for one in (*([part] if "examples" in part else []), *with_examples(part))]

    assert with_examples(strategy_schema(strategy)) == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_examples_fit_any_holdings(strategy):
    properties = strategy_schema(strategy)["properties"]
    marks = {name: one.get("x-symbol", one.get("items", {}).get("x-symbol")) for name, one in properties.items()}
    of_holdings = {name for name, mark in marks.items() if mark == "holding"}
    assert not [example for example in strategy_schema(strategy)["examples"] if of_holdings & example.keys()]


def test_the_example_of_the_requests_schema_is_the_canonical_request():
    (example,) = resolved_schema("request")["examples"]
    assert example == json.loads((ROOT / "examples/requests/canonical.json").read_text())


def write_csv_files(folder: Path) -> None:
    for symbol, column in PRICES.items():
        lines = [f"{date},{price!r},{price!r}" for date, price in zip(DATES, column, strict=True)]
        (folder / f"{symbol}.csv").write_text("\n".join(["date,close,adj_close", *lines]))


def test_the_canonical_request_runs_on_csv_files(tmp_path):
    write_csv_files(tmp_path)
    request = json.loads((ROOT / "examples/requests/canonical.json").read_text()) | {"data": {"source": "csv"}}
    assert_canonical(run_runner(request, env={"BACKTEST_CSV_DIR": str(tmp_path)}))


def test_the_canonical_request_runs_on_inline_prices():
    data = {"source": "inline", "prices": {"dates": DATES, "close": PRICES}}
    request = json.loads((ROOT / "examples/requests/canonical.json").read_text()) | {"data": data}
    assert_canonical(run_runner(request))


def assert_canonical(run):
    assert (run.exit, run.stderr) == (0, "")
    assert [warning["code"] for warning in run.document["warnings"]] == ["TOP_N_EXCEEDS_HOLDINGS"]
    assert run.document["period"]["effective"] == {"start": "2022-01-03", "end": "2023-12-29"}
    assert run.document["period"]["limited_by"] is None


@pytest.mark.promise
def test_csv_and_inline_give_the_same_numbers(tmp_path):
    write_csv_files(tmp_path)
    request = json.loads((ROOT / "examples/requests/canonical.json").read_text())
    csv = run_runner(request | {"data": {"source": "csv"}}, env={"BACKTEST_CSV_DIR": str(tmp_path)}).document
    inline = run_runner(request | {"data": {"source": "inline", "prices": {"dates": DATES, "close": PRICES}}}).document
    for block in ("metrics", "series", "weights", "trades", "final_holdings"):
        assert csv[block] == inline[block]
    digests = [{s: d["data"]["symbols"][s]["digest"] for s in PRICES} for d in (csv, inline)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("offline", ["1", None])
def test_the_canonical_request_says_when_yahoo_cannot_be_reached(offline, tmp_path):
    env = {"BACKTEST_OFFLINE": offline, "BACKTEST_CACHE_DIR": str(tmp_path)}
    unreachable = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    run = run_runner((ROOT / "examples/requests/canonical.json").read_bytes(), env=env | unreachable)
    document = run.document
    assert (run.exit, run.stderr, document["code"]) == (3, "", "DATA_SOURCE_UNAVAILABLE")
    assert document["retryable"] is (offline is None)
    assert "bundled" not in document["remedy"]  # it has neither SPY nor QQQ
    assert "`inline`" in document["remedy"]
    assert [problem["pointer"] for problem in document["errors"]] == ["/holdings/0/symbol", "/holdings/1/symbol"]


def test_the_report_of_its_example_is_made(tmp_path):
    result, page = tmp_path / "result.json", tmp_path / "report.html"
    result.write_bytes(run_runner((ROOT / "examples/report/request.json").read_bytes()).stdout)
    command = [sys.executable, "-m", "backtester", "report", str(result), "-o", str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert page.read_text("utf-8").lower().startswith("<!doctype html>")
    assert "Target weights at each rebalance" not in page.read_text("utf-8"), "it has the weights that were held"


def test_the_example_for_next_js_is_under_a_hundred_lines():
    app = ROOT / "examples/nextjs/app"
    files = [path for path in app.rglob("*") if path.suffix in {".ts", ".tsx", ".css"}]
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    code = [line for line in lines if re.match(r" *(?!//|/\*)\S", line)]
    assert {path.relative_to(app).as_posix() for path in files} == {
        "api/backtest/route.ts", "page.tsx", "page.css", "layout.tsx",
    }  # fmt: skip
    assert len(code) < 100


def test_the_example_for_next_js_finds_the_runner_beside_it():
    folder = ROOT / "examples/nextjs"
    settings = dict(re.findall(r"^(\w+)=(.+)$", (folder / ".env").read_text("utf-8"), re.MULTILINE))
    assert os.path.normpath(folder / settings.pop("BACKTEST_RUNNER")) == str(ROOT / "backtest_runner.py")
    assert os.path.normpath(folder / settings.pop("PYTHON_PATH")) == str(ROOT / ".venv/bin/python")
    assert settings == {}


@pytest.mark.parametrize("folder", ["clients/typescript", "examples/nextjs", "examples/web"])
def test_no_lock_of_npm_names_a_registry(folder):
    packages = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))["packages"]
    resolved = {package["resolved"] for package in packages.values() if "resolved" in package}
    assert resolved <= {"file:../../clients/typescript"}


def test_both_apps_pin_the_same_packages():
    web, nextjs = (
        json.loads((ROOT / "examples" / name / "package.json").read_text("utf-8")) for name in ("web", "nextjs")
    )
    for block in ("dependencies", "devDependencies"):
        assert nextjs[block].items() <= web[block].items()
