"""The rules and the dashboard, asked of a real Prometheus that scrapes a real service in trouble.

API, live updates and a worker stand on a Redis of their own. Jobs run and fail, keys are refused; then every selector
finds something, but for those that are named below. Then the worker is killed while jobs wait, then Redis, then the API
is stopped, and the alerts that belong to it fire and end again. The tests go on from one another, in this order.
"""

import shutil
import signal
import subprocess
import sys
from collections import Counter

import httpx
import pytest
import yaml

from tests.deploy.monitoring.files import ANNOTATION, EXPRESSIONS, FOLDER, QUERIES, RULE_TESTS, selectors
from tests.deploy.monitoring.watch import Watch
from tests.service.faults import Faulty, fatal, gated
from tests.support.paths import ROOT
from tests.support.processes import eventually
from tests.support.redis_server import RedisServer
from tests.support.sample_requests import request
from tests.support.service_stack import stack

PATIENCE = 45.0
# the plug-in that kills its process notes so in a folder, which the sandbox would not let it
QUICK = {"BACKTEST_RETRY_SECONDS": "0.1", "BACKTEST_SANDBOX": "off"}
# Of a service that is well but for its jobs nothing is found by these: (the beginning of) a selector, and why.
KNOWN_EMPTY = {'backtest_http_requests_total{status=~"5..",route!~': "no route of the API itself answered a 5xx"}
PROVOKED = {  # by the trouble that the first test makes
    "BacktestAuthFailures", "BacktestCallersLimited", "BacktestJobsCrashing", "BacktestPriceSourceUnavailable",
    "BacktestRetries", "BacktestJobsOverLimits", "BacktestPriceStoreRebuilt", "BacktestWorkersLost",
}  # fmt: skip


def promtool(*arguments, folder=FOLDER):
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should_and_not_before():
    promtool("test", "rules", RULE_TESTS)


def test_promtool_reads_the_configuration_and_every_query_of_the_dashboard(tmp_path):
    for name in ("prometheus-rules.yaml", "prometheus.yaml"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "backtest-metrics.key").write_text("btk_x")
    promtool("check", "config", "prometheus.yaml", folder=tmp_path)
    asked = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate([*QUERIES.values(), ANNOTATION])]
    (tmp_path / "dashboard.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    promtool("check", "rules", "dashboard.yaml", folder=tmp_path)


def make_key(service, scopes):
    make = [sys.executable, "-m", "backtester", "keys", "create", "--owner", "check", "--scopes", scopes]
    done = subprocess.run(make, env=service.environ, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"), "--maxmemory", "256mb", keep=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory, redis):
    folder = tmp_path_factory.mktemp("service")
    keys = {"BACKTEST_API_KEYS_FILE": str(folder / "keys.json"), "BACKTEST_AUTH": "on"}
    with stack(folder, kind="queue", redis=redis, of=Faulty, **keys, **QUICK) as service:
        service.http.headers["Authorization"] = f"Bearer {make_key(service, 'run,read')}"
        yield service


@pytest.fixture(scope="module")
def watch(service, redis):
    (service.folder / "backtest-metrics.key").write_text(make_key(service, "metrics"))
    watch = Watch(service.folder, service, redis)
    with watch.running():
        assert eventually(lambda: watch.ask('up{job="backtest-api"} == 1'), within=PATIENCE)
        yield watch


def fires(watch, *names):
    """Wait until all of these alerts fire."""
    return eventually(lambda: set(names) <= watch.alerts(), within=PATIENCE)


def is_over(watch, *names):
    return eventually(lambda: not set(names) & watch.alerts("pending", "firing"), within=PATIENCE)


def test_trouble_is_counted(watch, service):
    fine = [request(initial_capital=1000 + n) for n in range(10)]
    away = {"holdings": [{"symbol": "NOSUCH", "allocation": 1}], "data": {"source": "yahoo"}}
    bad = [request(**away, initial_capital=1000 + n) for n in range(8)]
    bad += [gated(1, limits={"timeout_seconds": 0.3}, initial_capital=5000 + n) for n in range(8)]  # it never opens
    bad += [fatal("deadly", 20 + n) for n in range(2)]
    store = service.folder / "cache" / "prices.sqlite3"
    store.parent.mkdir(exist_ok=True)
    store.write_bytes(b"no database" * 1000)
    ids = [service.submit(document) for document in (request(data={"source": "auto"}), *fine, *fine, *bad)]
    for _ in range(60):  # beyond 20 a minute they are refused with 429
        httpx.get(f"{service.url}/backtests", headers={"Authorization": "Bearer nonsense"}, timeout=PATIENCE)
    service.post("/backtest", fine[0])
    ended = [service.ended(job_id)["result"] for job_id in ids]
    counted = Counter(document.get("code", "OK") for document in ended)
    assert counted == {"OK": 21, "DATA_SOURCE_UNAVAILABLE": 8, "TIMEOUT": 8, "WORKER_CRASHED": 2}


def test_every_selector_finds_something(watch):
    wanted = {one for expression in EXPRESSIONS for one in selectors(expression)}
    wanted = {one for one in wanted if not one.startswith(tuple(KNOWN_EMPTY))}
    eventually(lambda: all(map(watch.ask, wanted)), within=PATIENCE)
    assert [one for one in sorted(wanted) if not watch.ask(one)] == []


def test_no_panel_is_empty_and_no_expression_is_wrong(watch):
    for expression in (*EXPRESSIONS, ANNOTATION):
        watch.ask(expression)
    assert [about for about, query in QUERIES.items() if not watch.ask(query) and "5xx" not in about] == []


def test_no_alert_fires_that_was_not_provoked(watch):
    assert watch.alerts() <= PROVOKED


def test_a_queue_without_workers_is_told_and_is_over_with_another_worker(watch, service):
    service.signal("worker", signal.SIGKILL)
    service.processes.pop("worker").wait()
    ids = [service.submit(request(initial_capital=9000 + n)) for n in range(20)]
    assert eventually(lambda: "BacktestNoWorkers" in watch.alerts("pending", "firing"), within=PATIENCE)
    assert fires(watch, "BacktestNoWorkers")
    service.start_worker("another")
    assert is_over(watch, "BacktestNoWorkers")
    assert all(service.ended(job_id)["result"]["success"] for job_id in ids), "jobs that waited are run"


def test_a_redis_that_is_away_is_told_and_is_over_when_it_is_back(watch, redis):
    redis.stop()
    assert fires(watch, "BacktestStoreUnreachable", "BacktestNotReady")
    redis.start()
    assert is_over(watch, "BacktestStoreUnreachable", "BacktestNotReady")


def test_an_api_that_is_stopped_is_told(watch, service):
    service.stop("api")
    assert fires(watch, "BacktestApiDown")
