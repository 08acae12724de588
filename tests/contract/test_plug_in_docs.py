"""The plug-ins of docs/how-to/plug-ins.md and sources.md work as they stand there."""

import datetime
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.https_standin import HttpsStandin, Page
from tests.support.runner import run_runner
from tests.support.sample_requests import one_holding, request

GUIDES = Path(__file__).resolve().parents[2] / "docs/how-to"


def installed(folder, page, module, kind):
    """Install the module that a page shows, as the entry points that it shows; return its name and the environment."""
    text = (GUIDES / page).read_text()
    code = re.search(rf"```python\n# {module}\.py\n(.*?)```", text, re.DOTALL)[1]
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    group, name = re.search(rf'entry-points\."([\w.]+)"\]\n(\w+) = "{module}"', text).groups()
    assert group == f"backtester.{kind}"
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    return name, code, {"PYTHONPATH": str(folder)}


def test_the_strategy_in_the_docs_runs(tmp_path):
    name, _, env = installed(tmp_path, "plug-ins.md", "my_strategies", "strategies")
    run = run_runner(request(strategy=name), env=env)
    assert (run.exit, run.stderr) == (0, "")
    assert run.document["request"]["parameters"] == {"lookback_period": 100, "rebalance_frequency": "monthly"}
    wrong = run_runner(request(strategy=name, parameters={"lookback_period": 0, "top": 1}), env=env)
    assert (wrong.exit, wrong.document["code"]) == (2, "VALIDATION_FAILED")
    pointers = [problem["pointer"] for problem in wrong.document["errors"]]
    assert pointers == ["/parameters/lookback_period", "/parameters/top"]
    listed = json.loads(run_runner(b"", "--list-strategies", env=env).stdout)
    assert name in [entry["name"] for entry in listed]


class OurPrices(HttpsStandin):
    """The service that the page's source asks."""

    hosts = ("prices.example.com",)
    behaviours = {"busy": Page(429, b""), "broken": Page(500, b""), "html": Page(200, b"<html>")}  # noqa: RUF012

    def page(self, host, target, head):
        query = parse_qs(urlsplit(target).query)
        if "Authorization: Bearer made-up\r\n" not in head or query["symbol"] != ["ZZZ"]:
            return Page(404, b"")
        begins, ends = (datetime.date.fromisoformat(query[name][0]) for name in ("from", "to"))
        days = [begins + datetime.timedelta(days=at) for at in range((ends - begins).days + 1)]
        rows = [{"date": str(day), "close": 98 if day >= PAID else 100, "dividend": 2 if day == PAID else 0, "split": 1}
                for day in days if day.weekday() < 5]  # fmt: skip
        return Page(200, json.dumps(rows).encode())


PAID = datetime.date(2020, 6, 1)


@pytest.mark.full
def test_the_source_in_the_docs_runs(tmp_path):
    name, code, env = installed(tmp_path, "sources.md", "our_prices", "sources")
    assert len(code.splitlines()) <= 30
    asked = request(holdings=one_holding("ZZZ"), data={"source": name})
    with OurPrices() as service:
        env |= service.environment() | {"BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(tmp_path)}
        without = run_runner(asked, env=env)
        assert (without.document["code"], without.document["retryable"]) == ("DATA_SOURCE_UNAVAILABLE", False)
        assert without.document["detail"].endswith("it needs a key.")
        assert "The operator sets OUR_PRICES_KEY." in without.document["remedy"]
        env |= {"OUR_PRICES_KEY": "made-up"}
        gone = "DATA_SOURCE_UNAVAILABLE"
        for behaviour, expected in {"busy": "RATE_LIMITED", "broken": gone, "html": gone}.items():
            service.behave("/daily", behaviour)
            assert run_runner(asked, env=env).document["code"] == expected
        service.forgive()
        unknown = run_runner({**asked, "holdings": one_holding("NOPE")}, env=env)
        assert unknown.document["code"] == "SYMBOL_NOT_FOUND"
        for source, settings in ((name, {}), ("auto", {"BACKTEST_SOURCE": name})):
            run = run_runner({**asked, "data": {"source": source}}, env=env | settings)
            assert (run.exit, run.stderr) == (0, "")
            assert run.document["data"]["symbols"]["ZZZ"]["source"] == name
            assert run.document["metrics"]["total_return"] == pytest.approx(0, abs=1e-9), "the dividend is reinvested"
