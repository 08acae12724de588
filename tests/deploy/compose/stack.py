"""The stack of deploy/compose.yaml, brought up by podman-compose, and what must hold of it while nothing goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import socketio
from build import COMPOSE, DEPLOY
from jobs import Service, long_request, request, right_results, without_times
from podman import Podman
from report import Report, eventually

SERVICES = ("redis", "python", "sockets", "worker", "nextjs")
PATIENCE = 90.0


class Stack:
    """One project of podman-compose, on free ports, with secrets of its own."""

    def __init__(self, podman: Podman, programs: Path, secrets: Path) -> None:
        self.podman = podman
        self.project = f"backtest-{uuid.uuid4().hex[:8]}"
        self.secrets = secrets
        web, api, sockets = _free_ports(3)
        self.environ = {
            **podman.environ, "SECRETS_DIR": str(self.secrets), "BACKTEST_OFFLINE": "1",
            "WEB_PORT": str(web), "API_PORT": str(api), "SOCKETS_PORT": str(sockets),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        self.web, self.api, self.sockets = (f"http://localhost:{port}" for port in (web, api, sockets))
        self.service = Service(self.web, self.api)

    def compose(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        """Run podman-compose; return what it wrote on stdout."""
        command = ["podman-compose", "--file", str(COMPOSE), "--project-name", self.project, *options, *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stdout + done.stderr)[-4000:]
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
        return done.stdout

    def name(self, service: str, number: int = 1) -> str:
        """Return a container's name."""
        return f"{self.project}_{service}_{number}"

    def state(self, service: str, number: int = 1) -> dict[str, Any]:
        """Return the state of a container."""
        state: dict[str, Any] = self.podman.inspect(self.name(service, number))["State"]
        return state

    def healthy(self, service: str, number: int = 1) -> bool:
        """Run a container's health check."""
        return self.podman.run("healthcheck", "run", self.name(service, number), check=False).returncode == 0

    def all_healthy(self, *services: str) -> bool:
        """Wait until the health check of every service, or of these, passes."""
        return eventually(lambda: all(map(self.healthy, services or SERVICES)), within=PATIENCE, every=0.5)

    def inside(self, service: str, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a container."""
        return self.podman.run("exec", self.name(service), *command, check=False)


@contextlib.contextmanager
def made_secrets(folder: Path) -> Iterator[Path]:
    """Make the secrets of a first start, for as long as the block."""
    secrets = folder / "secrets"
    shutil.rmtree(secrets, ignore_errors=True)  # of a run that was killed
    subprocess.run([str(DEPLOY / "make_secrets.sh"), str(secrets)], check=True, capture_output=True)
    try:
        yield secrets
    finally:
        shutil.rmtree(secrets, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def check_start(report: Report, stack: Stack) -> None:
    """Start everything, Redis last of all."""
    stack.compose("up", "--detach", "--no-deps", "python", "sockets", "worker", "nextjs")
    live = eventually(lambda: _status(f"{stack.api}/health/live") == 200, within=PATIENCE)
    report.check("without Redis the API lives, and says that it is not ready",
                 live and _status(f"{stack.api}/health/ready") == 503)  # fmt: skip
    waits = eventually(lambda: "Cannot connect" in stack.podman.logs(stack.name("worker")), within=PATIENCE)
    report.check("without Redis a worker waits for it, and is not healthy", waits and not stack.healthy("worker"))
    stack.compose("up", "--detach", "redis")
    report.check("everything is healthy once Redis has started, last of all", stack.all_healthy())
    again = {name: stack.podman.inspect(stack.name(name))["RestartCount"] for name in SERVICES}
    report.check("nothing had to be started a second time", not any(again.values()), again)


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return 0


def check_limits(report: Report, stack: Stack) -> None:
    """See that what the Compose file says has reached the containers."""
    for service in SERVICES:
        found = stack.podman.inspect(stack.name(service))
        host = found["HostConfig"]
        limits = {name: host[name] for name in ("Memory", "NanoCpus", "PidsLimit")}
        report.check(f"{service}: limits of memory, processors and processes", all(limits.values()), limits)
        status = stack.inside(service, "cat", "/proc/1/status").stdout.decode()
        rights = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
        kept = (rights["CapBnd"], rights["CapEff"], rights["NoNewPrivs"], rights["Seccomp"], rights["Uid"].split()[0])
        good = kept[:4] == ("0" * 16, "0" * 16, "1", "2") and kept[4] != "0"
        report.check(f"{service}: not root, no capability, no new privilege, a filter of system calls", good, kept)
        wrote = stack.inside(service, "sh", "-c", "touch /new || touch /etc/new || touch /var/new").returncode == 0
        report.check(f"{service}: a root that cannot be written to", host["ReadonlyRootfs"] and not wrote)
        places = [place for some in (host["PortBindings"] or {}).values() for place in some or ()]
        good = all(place["HostIp"] == "127.0.0.1" for place in places)
        report.check(f"{service}: published on this machine alone, or not at all", good, places)
    secrets = [(stack.secrets / name).read_text() for name in ("redis_password", "token_secret")]
    everything = json.dumps([stack.podman.inspect(stack.name(service)) for service in SERVICES])
    shown = stack.podman.text("top", stack.name("redis"), "args")
    seen = sum(secret in everything or secret in shown for secret in secrets)
    report.check("no secret is in a container's settings, environment or command line", seen == 0, seen)


def check_walls(report: Report, stack: Stack) -> None:
    """Try the ways that must be closed."""
    reach = "net.connect({}).on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
    for service, port, status in (("redis", 6379, 1), ("python", 8000, 0)):  # the second shows that the first can tell
        reached = stack.inside("nextjs", "node", "-e", reach.format(f"{port}, '{service}'")).returncode
        report.check(f"the web app can{'not' * status} reach {service}", reached == status, reached)
    report.check("Redis is asked for a password", b"NOAUTH" in stack.inside("redis", "redis-cli", "dbsize").stdout)
    password = (stack.secrets / "redis_password").read_text()
    for command in (["config", "get", "dir"], ["flushall"], ["shutdown", "nosave"], ["acl", "list"]):
        asked = ["env", f"REDISCLI_AUTH={password}", "redis-cli", *command]
        said = stack.inside("redis", *asked).stdout
        report.check(f"Redis: who has the password may not `{' '.join(command)}`", b"NOPERM" in said, said)
    asked = ["env", f"REDISCLI_AUTH={password}", "redis-cli", "info", "everything"]
    told = stack.inside("redis", *asked).stdout.decode()
    wanted = ("aof_enabled:1", "maxmemory_policy:noeviction", "maxmemory:536870912")
    missing = [line for line in wanted if line not in told]
    report.check("Redis: keeps a file, and refuses rather than forgets when it is full", not missing, missing)
    routes = stack.inside("redis", "cat", "/proc/net/route").stdout.decode().split("\n")[1:]
    outward = [route for route in routes if route.split()[1:2] == ["00000000"]]
    report.check("Redis: has no way out of its network", bool(routes) and not outward, outward)
    report.check("the API knows nobody without key or token", _status(f"{stack.api}/backtests") == 401)


def check_work(report: Report, stack: Stack) -> None:
    """Run backtests every way that there is: through the web app, as jobs, live, with a key."""
    asked = request(1)
    right = right_results([asked])[asked["request_id"]]
    service = stack.service
    page = service.web.get("/")
    policy = page.headers.get("Content-Security-Policy", "")
    allowed = stack.api in policy and stack.sockets.replace("http", "ws") in policy
    good = page.is_success and allowed
    report.check("the web app has its page, which may ask the API and the live updates", good, policy)
    answer = service.web.post("/api/python-backtest", json=asked)
    report.check("a backtest through the web app's route has the right result",
                 answer.is_success and without_times(answer.content) == right, answer.text[:300])  # fmt: skip
    answer = service.web.post("/api/python-backtest", json={"strategy": "momentum"})
    good = answer.status_code == 422 and "errors" in answer.json()
    report.check("a wrong one has its error document", good, answer.text)
    told = service.web.post("/api/python-backtest/stream", json=request(2)).text
    report.check("its stream tells of progress and ends with the result",
                 "event: progress" in told and told.count("event: result") == 1, told[:300])  # fmt: skip
    job = service.ended(_submitted(service))
    report.check("a job with the web app's token is done", job["status"] == "completed", job)
    report.check("live updates tell of a job's progress, and its right result", *_live(stack))
    making = ("run", "--rm", "-T", "--no-deps", "keys", "create", "--owner", "alice")
    key = stack.compose(*making, options=("--profile", "tools"))
    bearer = {"Authorization": f"Bearer {key.strip()}"}
    known = eventually(lambda: httpx.get(f"{stack.api}/backtests", headers=bearer).status_code == 200, within=10)
    report.check("a key that `keys create` makes is known at once", known, len(key))
    mine = httpx.get(f"{stack.api}/backtests/{job['id']}", headers=bearer).status_code
    report.check("whose owner does not see another's job", mine == 404, mine)


def _submitted(service: Service) -> str:
    service.log_in()
    return service.submit(request(3))


def _live(stack: Stack) -> tuple[bool, object]:
    asked = long_request(1)
    right = right_results([asked])[asked["request_id"]]
    heard: dict[str, list[Any]] = {"backtest_progress": [], "backtest_complete": [], "backtest_failed": []}
    client = socketio.Client(reconnection=False, websocket_extra_options={"origin": stack.web})
    for event, told in heard.items():
        client.on(event, told.append)
    client.connect(stack.sockets, transports=["websocket"], auth={"token": stack.service.log_in()}, wait_timeout=20)
    try:
        client.emit("start_backtest", asked)
        eventually(lambda: heard["backtest_complete"] or heard["backtest_failed"], within=PATIENCE)
    finally:
        client.disconnect()
    ended = heard["backtest_complete"]
    good = len(ended) == 1 and without_times(ended[0]["results"]) == right and bool(heard["backtest_progress"])
    return good, str(heard)[:600]
