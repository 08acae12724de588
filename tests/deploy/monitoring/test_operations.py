"""What the operator is given names what there is: metrics, alerts, settings, targets; and the backup is one."""

import functools
import json
import os
import re
import subprocess
import sys
import threading
from itertools import pairwise

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from backtester.adapters.rest.api import create_app
from backtester.model.codes import ERROR_CODES
from backtester.service.jobs.stores.job_store import OF_THE_MOMENT
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import SERVICE_SETTINGS, read_service_settings
from backtester.service.telemetry.metrics import HttpMetrics, JobsCollector, ProcessMetrics, render_metrics
from backtester.settings import SETTINGS
from tests.deploy.monitoring.files import ALERTS, DASHBOARD, EXPRESSIONS, FOLDER, PANELS, RULE_TESTS, RULES
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/how-to/operations.md").read_text()
# Those of exporters: `make test-deploy PART=monitoring` holds that these exist.
FOREIGN = {
    "up", "probe_success", "redis_memory_used_bytes", "redis_memory_max_bytes", "redis_evicted_keys_total",
    "redis_aof_last_write_status", "redis_rdb_last_bgsave_status",
}  # fmt: skip


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The names of every metric that the API tells."""
    folder = tmp_path_factory.mktemp("store")
    store = open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(folder)}))
    http = HttpMetrics()
    http.begin()
    http.end(method="GET", route="/x", status=200, seconds=0.1)
    jobs = JobsCollector(lambda: {**store.statistics(), "queue_limit": 1}, warnings=OF_THE_MOMENT)
    text, _ = render_metrics((http, jobs, ProcessMetrics()))
    store.close()
    return {sample.name for family in text_string_to_metric_families(text.decode()) for sample in family.samples}


def metrics_of(expression):
    bare = re.sub(r'"[^"]*"', '""', expression)
    return set(re.findall(r"\b(?:(?:backtest|process|probe|redis)[a-z0-9_:]*|up)\b", bare))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_asked_for_exists(expression, exported):
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    asked = metrics_of(expression)
    assert asked
    assert asked <= exported | recorded | FOREIGN, asked - exported - recorded - FOREIGN


def test_every_metric_of_the_service_is_looked_at_by_a_rule_or_a_panel(exported):
    asked = {name for expression in EXPRESSIONS for name in metrics_of(expression)}
    unseen = {name for name in exported if name.startswith("backtest_")} - asked
    assert unseen <= {"backtest_http_request_seconds_count", "backtest_http_request_seconds_sum"}


def test_the_codes_and_routes_that_are_asked_for_exist(tmp_path):
    asked = {text for one in EXPRESSIONS for text in re.findall(r'code=~?"([A-Z_|]+)"', one)}
    codes = {code for text in asked for code in text.split("|")}
    assert codes <= {*ERROR_CODES, *OF_THE_MOMENT}
    schema = create_app(read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path)})).openapi()
    left_out = {text for one in EXPRESSIONS for text in re.findall(r'route!~"([^"]+)"', one)}
    for pattern in left_out:
        assert [path for path in schema["paths"] if re.fullmatch(pattern, path)], pattern
    found = {path for path in schema["paths"] if any(re.fullmatch(pattern, path) for pattern in left_out)}
    assert {"/backtest", "/backtests/{job_id}/result", "/backtests/{job_id}/events"} <= found


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_says_what_it_is_and_where_its_entry_stands(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/how-to/operations.md#{name.lower()}"
    assert all(text.endswith(".") for key, text in rule["annotations"].items() if key != "runbook_url")


def test_each_alert_has_an_entry_and_each_entry_its_alert():
    assert re.findall(r"^### (Backtest\w+)$", PAGE, re.MULTILINE) == list(ALERTS)
    mentioned = set(re.findall(r"\bBacktest[A-Z]\w+", PAGE)) | {
        name for panel in PANELS for name in re.findall(r"\bBacktest[A-Z]\w+", panel["description"])
    }
    assert mentioned == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_each_entry_says_what_it_means_why_what_to_type_and_what_to_do(name):
    entry = PAGE.split(f"### {name}\n", 1)[1].split("\n### ")[0]
    assert re.findall(r"^- \*\*(\w+)\*\*: ", entry, re.MULTILINE) == ["Means", "Causes", "First", "Remedy"]


@functools.cache
def rule_tests():
    return yaml.safe_load(RULE_TESTS.read_text())["tests"]


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_is_tested_both_ways(name):
    looks = [look for test in rule_tests() for look in test["promql_expr_test"] if f'"{name}"' in look["expr"]]
    assert {bool(look["exp_samples"]) for look in looks} == {True, False}


def test_the_jobs_that_rules_and_panels_ask_for_are_scraped():
    scraped = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    jobs = {name for one in EXPRESSIONS for text in re.findall(r'job=~?"([^"]+)"', one) for name in text.split("|")}
    assert jobs == {config["job_name"] for config in scraped}


def test_each_panel_has_a_unit_a_description_and_a_legend():
    for panel in PANELS:
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_an_import_of_the_dashboard_chooses_the_datasource():
    assert [one["type"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    asked = re.findall(r'"uid": "([^"]+)"', (FOLDER / "dashboard.json").read_text())
    assert set(asked) == {"${datasource}", "backtest-runner"}


def test_the_panels_do_not_lie_upon_each_other():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    tops = [panel["gridPos"]["y"] for panel in DASHBOARD["panels"]]
    assert all(above <= below for above, below in pairwise(tops))


def test_grafanas_own_model_knows_everything_in_the_dashboard():
    register_default_plugins()
    assert lost(DASHBOARD, json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))) == []


def lost(ours, theirs, at=""):
    """Return where a document says something that is not in what was read of it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [one for key in ours for one in lost(ours[key], theirs.get(key), f"{at}/{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [one for number, (mine, its) in pairs for one in lost(mine, its, f"{at}/{number}")]
    return [] if ours == theirs else [at]


def test_the_settings_and_targets_that_the_page_names_exist():
    assert set(re.findall(r"\bBACKTEST_[A-Z_]+\b", PAGE)) <= {*SETTINGS, *SERVICE_SETTINGS}
    rules = "".join(f"{rule['annotations']}" for rule in ALERTS.values())
    assert set(re.findall(r"\bBACKTEST_[A-Z_]+\b", rules)) <= {*SETTINGS, *SERVICE_SETTINGS}
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z0-9-]+)", PAGE)) <= targets


def test_the_metrics_that_the_page_names_exist(exported):
    named = set(re.findall(r"\bbacktest_[a-z_]+\b", PAGE))
    assert named
    assert named <= exported


def test_the_page_links_to_the_tables_of_settings_and_to_headings_that_exist():
    for path, heading in re.findall(r"\]\(([^)#]*)#([a-z0-9-]+)\)", PAGE):
        text = (ROOT / "docs/how-to" / path).read_text() if path else PAGE
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, heading
    assert "reference/settings.md#the-runner" in PAGE
    assert "reference/settings.md#the-service" in PAGE


def test_the_backup_of_the_page_is_one_while_somebody_writes(tmp_path):
    """The very command, on the file of jobs while it is written."""
    script = PAGE.split("<!-- backup -->", 1)[1].split("<<'END'\n", 1)[1].split("\nEND", 1)[0]
    settings = read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path / "service")})
    ending, begun = threading.Event(), threading.Event()

    def write():
        store = open_store(settings)
        number = 0
        while not ending.is_set():
            store.reap(by=f"worker {number}")
            begun.set()
            number += 1
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(20)
        restored = tmp_path / "restored"
        restored.mkdir()
        source, copy = str(tmp_path / "service/jobs.sqlite"), str(restored / "jobs.sqlite")
        done = subprocess.run(
            [sys.executable, "-", source, copy], input=script, capture_output=True, text=True, check=False
        )
    finally:
        ending.set()
        writer.join()
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
    store = open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(restored)}))
    assert store.statistics()["workers"] >= 1
    store.close()
    assert os.listdir(restored)
