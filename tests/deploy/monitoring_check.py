"""Check deploy/monitoring with real tools: promtool, then a real Prometheus that scrapes a real service in trouble.

    python tests/deploy/monitoring_check.py            everything, in less than two minutes: `make monitoring-check`
    python tests/deploy/monitoring_check.py --static   promtool alone

Live, API, sockets and a worker stand on a Redis of their own, Prometheus and both exporters watch them, and time is
shortened: every `for` and every range of the rules is a thirtieth. Jobs run and fail, keys are refused; then each
expression of the rules and of the dashboard is asked of Prometheus, and what finds nothing is an error unless it is
named below. Then the worker is killed while jobs wait, then Redis, then the API is stopped, and the alerts that belong
to it must fire and be over again.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.service.faults import Faulty, fatal, gated  # noqa: E402
from tests.support.redis_server import RedisServer, free_port, is_listening  # noqa: E402
from tests.support.runs import request  # noqa: E402
from tests.support.service_stack import stack  # noqa: E402

FOLDER = ROOT / "deploy" / "monitoring"
RATE_INTERVAL = "$__rate_interval"
SHORTER = 30
UNITS = {"s": 1, "m": 60, "h": 3600}
PATIENCE = 45.0
# the plug-in that kills its process notes so in a folder, which the sandbox would not let it
QUICK = {"BACKTEST_RETRY_SECONDS": "0.1", "BACKTEST_SANDBOX": "off"}
# Of a service that is well but for its jobs nothing is found by these: (the beginning of) a selector, and why.
KNOWN_EMPTY = {'backtest_http_requests_total{status=~"5..",route!~': "no route of the API itself answered a 5xx"}
EXPECTED_ALERTS = {  # what the check itself provokes before it begins to break things
    "BacktestAuthFailures", "BacktestCallersLimited", "BacktestJobsCrashing", "BacktestPriceSourceUnavailable",
    "BacktestRetries", "BacktestJobsOverLimits", "BacktestPriceStoreRebuilt", "BacktestWorkersLost",
}  # fmt: skip
_SELECTOR = re.compile(r"\b((?:backtest|process|probe|redis)[a-z0-9_:]*|up)(\{(?:[^\"}]|\"[^\"]*\")*\})?")


def say(text: str) -> None:
    print(text, flush=True)


def run(*command: str, folder: Path = FOLDER) -> None:
    """Run a tool; its words are shown when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    say(f"ok    {' '.join(command)}")


def rules(text: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def dashboard_expressions() -> dict[str, str]:
    """Return what the dashboard asks, by panel and legend, with Grafana's variables filled in."""
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    asked = {
        f"{panel['title']}: {target['legendFormat']}": target["expr"].replace(RATE_INTERVAL, "5m")
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    }
    return {**asked, "annotation": dashboard["annotations"]["list"][0]["expr"]}


def shortened(text: str) -> str:
    """Divide every `for` and every range; not below what a few scrapes, one a second, take."""

    def divide(match: re.Match[str]) -> str:
        seconds = int(match[2]) * UNITS[match[3]]
        return f"{match[1]}{max(seconds // SHORTER, 2 if 'for' in match[1] else 8)}s{match[4]}"

    text = re.sub(r"(for: )(\d+)([smh])($)", divide, text, flags=re.MULTILINE)
    return re.sub(r"(\[)(\d+)([smh])(\])", divide, text)


def check_static() -> None:
    """Have promtool read the files, and run the rules' unit tests."""
    run("promtool", "check", "rules", "prometheus-rules.yaml")
    run("promtool", "test", "rules", "prometheus-rules.test.yaml")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(FOLDER / "prometheus-rules.yaml", folder)
        shutil.copy(FOLDER / "prometheus.yaml", folder)
        (folder / "backtest-metrics.key").write_text("btk_x")
        run("promtool", "check", "config", "prometheus.yaml", folder=folder)
        asked = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(dashboard_expressions().values())]
        (folder / "dashboard.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
        run("promtool", "check", "rules", "dashboard.yaml", folder=folder)


class Watch:
    """A Prometheus and its exporters around a service, and what it says."""

    def __init__(self, folder: Path, service: Faulty, redis: RedisServer) -> None:
        self.folder = folder
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self._ports(service, redis)}", timeout=10)

    def _ports(self, service: Faulty, redis: RedisServer) -> int:
        self.port, self.redis_exporter, self.prober = free_port(), free_port(), free_port()
        config = (FOLDER / "prometheus.yaml").read_text("utf-8").replace("15s", "1s")
        for example, real in {
            "api:8000": f"127.0.0.1:{service.port}", "sockets:8001": f"127.0.0.1:{service.sockets_port}",
            "blackbox-exporter:9115": f"127.0.0.1:{self.prober}",
            "redis-exporter:9121": f"127.0.0.1:{self.redis_exporter}",
        }.items():  # fmt: skip
            assert example in config, example
            config = config.replace(example, real)
        (self.folder / "prometheus.yaml").write_text(config)
        short = shortened((FOLDER / "prometheus-rules.yaml").read_text("utf-8"))
        (self.folder / "prometheus-rules.yaml").write_text(short)
        module = {"prober": "http", "timeout": "3s", "http": {"preferred_ip_protocol": "ip4"}}
        modules = {"modules": {"http_2xx": module}}
        (self.folder / "blackbox.yaml").write_text(yaml.safe_dump(modules))
        here = "web.listen-address=127.0.0.1"
        self.commands = [
            ["prometheus-redis-exporter", f"-redis.addr={redis.url}", f"-{here}:{self.redis_exporter}"],
            ["prometheus-blackbox-exporter", "--config.file=blackbox.yaml", f"--{here}:{self.prober}"],
            ["prometheus", "--config.file=prometheus.yaml", "--storage.tsdb.path=tsdb", f"--{here}:{self.port}"],
        ]
        return self.port

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run Prometheus and the exporters for as long as the block."""
        with contextlib.ExitStack() as ending:
            for command, port in zip(self.commands, (self.redis_exporter, self.prober, self.port), strict=True):
                log = ending.enter_context((self.folder / f"{command[0]}.log").open("wb"))
                process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                ending.callback(process.wait)
                ending.callback(process.terminate)
                until(f"{command[0]} listens", lambda port=port: is_listening(port))
            yield

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression at this moment. SystemExit where it is none."""
        answer = self.http.get("/api/v1/query", params={"query": expression}).json()
        if answer["status"] != "success":
            raise SystemExit(f"{expression}: {answer['error']}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def alerts(self, *states: str) -> set[str]:
        """Return the names of the alerts that are in one of these states; SystemExit where a text is broken."""
        found = self.http.get("/api/v1/alerts").json()["data"]["alerts"]
        for alert in found:
            if any("error" in text.lower() and "template" in text for text in alert["annotations"].values()):
                raise SystemExit(f"{alert['labels']['alertname']}: {alert['annotations']}")
        return {alert["labels"]["alertname"] for alert in found if alert["state"] in (states or ("firing",))}


def until(what: str, holds: Callable[[], Any], *, within: float = PATIENCE) -> None:
    """Wait for something, and say how long it took. SystemExit when it does not come."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            raise SystemExit(f"after {within:.0f} seconds still not so: {what}")
        time.sleep(0.25)
    say(f"ok    {what} ({time.monotonic() - began:.1f} s)")


def selectors() -> set[str]:
    """Return every metric that the rules and the dashboard ask for: alone, and with its labels."""
    asked = [rule["expr"] for rule in rules((FOLDER / "prometheus-rules.yaml").read_text("utf-8"))]
    asked += dashboard_expressions().values()
    return {part for text in asked for match in _SELECTOR.finditer(text) for part in (match[1], match[0])} - {"ALERTS"}


def missing(watch: Watch, wanted: set[str]) -> list[str]:
    """Return what finds nothing, but for what is known to."""
    empty = sorted(one for one in wanted if not watch.ask(one))
    return [one for one in empty if not any(one.startswith(known) for known in KNOWN_EMPTY)]


def trouble(service: Faulty) -> None:
    """Have jobs done, answered with a known result, failed for several reasons, and callers refused."""
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
        httpx.get(f"{service.url}/backtests", headers={"Authorization": "Bearer nonsense"})
    service.post("/backtest", fine[0])
    ended = [service.ended(job_id)["result"] for job_id in ids]
    counted = Counter(document.get("code", "completed") for document in ended)
    assert counted == {"completed": 21, "DATA_SOURCE_UNAVAILABLE": 8, "TIMEOUT": 8, "WORKER_CRASHED": 2}, counted
    say(f"ok    jobs ended as they should: {dict(counted)}")


def check_healthy(watch: Watch) -> None:
    """Check that all is found, and that nothing fires but what was provoked."""
    wanted = selectors()
    say(f"      {len(wanted)} selectors of rules and dashboard")
    assert missing(watch, {"backtest_jobs_totl"}) == ["backtest_jobs_totl"], "a wrong name is not noticed"
    try:
        until("each finds something, but for what is known to be empty", lambda: not missing(watch, wanted))
    except SystemExit as error:
        raise SystemExit(f"{error}\nnothing is found by: " + "\n  ".join(missing(watch, wanted))) from None
    for about, expression in dashboard_expressions().items():
        if not watch.ask(expression) and "5xx" not in about and about != "annotation":
            raise SystemExit(f"an empty panel: {about}\n  {expression}")
    for rule in rules((watch.folder / "prometheus-rules.yaml").read_text("utf-8")):
        watch.ask(rule["expr"])
    say(f"ok    no panel is empty; firing: {', '.join(sorted(watch.alerts())) or 'nothing'}")
    unexpected = watch.alerts() - EXPECTED_ALERTS
    assert not unexpected, unexpected


def check_alerts(watch: Watch, service: Faulty, redis: RedisServer) -> None:
    """Kill the worker while jobs wait, then Redis, and see that it is told and that it is over."""
    service.signal("worker", signal.SIGKILL)
    service.processes.pop("worker").wait()
    ids = [service.submit(request(initial_capital=9000 + n)) for n in range(20)]
    until("BacktestNoWorkers is pending", lambda: "BacktestNoWorkers" in watch.alerts("pending", "firing"))
    until("BacktestNoWorkers fires", lambda: "BacktestNoWorkers" in watch.alerts())
    service.start_worker("another")
    until("it is over with another worker", lambda: "BacktestNoWorkers" not in watch.alerts("pending", "firing"))
    assert all(service.ended(job_id)["status"] == "completed" for job_id in ids), "jobs that waited are done"
    redis.stop()
    fired = {"BacktestStoreUnreachable", "BacktestNotReady"}
    until(f"without Redis {' and '.join(sorted(fired))} fire", lambda: fired <= watch.alerts())
    redis.start()
    until("and are over when it is back", lambda: not fired & watch.alerts("pending", "firing"))
    service.stop("api")
    until("BacktestApiDown fires without the API", lambda: "BacktestApiDown" in watch.alerts())


def make_key(service: Faulty, scopes: str) -> str:
    make = [sys.executable, "-m", "backtester", "keys", "create", "--owner", "check", "--scopes", scopes]
    done = subprocess.run(make, env=service.environ, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def check_live() -> None:
    """Run a service, watch it, break it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = {"BACKTEST_API_KEYS_FILE": str(folder / "keys.json"), "BACKTEST_AUTH": "on"}
        server = RedisServer(folder, "--maxmemory", "256mb", keep=True)
        server.start()
        try:
            with stack(folder, kind="queue", redis=server, of=Faulty, **keys, **QUICK) as service:
                (folder / "backtest-metrics.key").write_text(make_key(service, "metrics"))
                service.http.headers["Authorization"] = f"Bearer {make_key(service, 'run,read')}"
                watch = Watch(folder, service, server)
                with watch.running():
                    until("Prometheus' key is taken", lambda: watch.ask('up{job="backtest-api"} == 1'))
                    trouble(service)
                    check_healthy(watch)
                    check_alerts(watch, service, server)
        finally:
            server.stop()


def main() -> None:
    began = time.monotonic()
    check_static()
    if "--static" not in sys.argv:
        check_live()
    say(f"deploy/monitoring is as it should be ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
