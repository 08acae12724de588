"""A real Prometheus and its exporters around a service, with time shortened to a thirtieth, and what it says."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.deploy.monitoring.files import FOLDER, RULES_TEXT
from tests.service.faults import Faulty
from tests.support.processes import eventually
from tests.support.redis_server import RedisServer, free_port, is_listening

SHORTER = 30
UNITS = {"s": 1, "m": 60, "h": 3600}


def shortened(text: str) -> str:
    """Divide every `for` and every range; not below what a few scrapes, one a second, take."""

    def divide(match: re.Match[str]) -> str:
        seconds = int(match[2]) * UNITS[match[3]]
        return f"{match[1]}{max(seconds // SHORTER, 2 if 'for' in match[1] else 8)}s{match[4]}"

    text = re.sub(r"(for: )(\d+)([smh])($)", divide, text, flags=re.MULTILINE)
    return re.sub(r"(\[)(\d+)([smh])(\])", divide, text)


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
        short = shortened(RULES_TEXT)
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
            ending.callback(self.http.close)
            for command, port in zip(self.commands, (self.redis_exporter, self.prober, self.port), strict=True):
                log = ending.enter_context((self.folder / f"{command[0]}.log").open("wb"))
                process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                ending.callback(process.wait)
                ending.callback(process.terminate)
                assert eventually(lambda port=port: is_listening(port), within=30), command
            assert eventually(lambda: self.http.get("/-/ready").is_success, within=30), "Prometheus reads its files"
            yield

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression at this moment."""
        answer = self.http.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", f"{expression}: {answer['error']}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def alerts(self, *states: str) -> set[str]:
        """Return the names of the alerts that are in one of these states: those that fire, where none is named."""
        found = self.http.get("/api/v1/alerts").json()["data"]["alerts"]
        broken = [one for one in found if "error expanding template" in str(one["annotations"]).lower()]
        assert not broken, broken
        return {alert["labels"]["alertname"] for alert in found if alert["state"] in (states or ("firing",))}
