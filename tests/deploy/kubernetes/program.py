"""Whether the manifests fit the program: its routes, commands and settings, how long it takes to stop, its memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rendering import Document, Facts, Rendering, mebibytes, option, sources

SERVERS = ("api", "sockets")
READERS = (*SERVERS, "nextjs")  # of the secret that signs tokens
PYTHONS = (*SERVERS, "worker")
# MiB: what a worker's processes have beside its runs: 179 at most in 2,000 runs, and what yfinance adds
WORKER_OWN_MIB = 320
SPARE_SECONDS = 10  # of the time to stop, for what is not a wait


def program_problems(of: Rendering, facts: Facts) -> Iterator[str]:
    """Yield where the program would not do as the manifests say."""
    yield from _probes(of, facts)
    for name, container in of.containers:
        found = of.settings(container)
        for source in sources(container, "configMapRef"):
            if of.one("ConfigMap", source["configMapRef"]["name"]) is None:
                yield f"{name}: there is no ConfigMap {source['configMapRef']['name']}"
        yield from (f"{name}: {problem}" for problem in _names(found, facts, app=name == "nextjs"))
        yield from (f"{name}: {problem}" for problem in _files(found, container, keys=name in SERVERS))
        if name in PYTHONS:
            yield from (f"{name}: {problem}" for problem in _values(found, container, facts))
        if name in SERVERS:
            yield from (f"{name}: {problem}" for problem in _command(container, facts))
        folder, _, image = container["image"].rpartition("/")
        if folder.endswith("backtest-runner") and image.partition(":")[2] != facts.version:
            yield f"{name}: the image's tag is not the version, {facts.version}"
        if name not in READERS and "/etc/backtest/token" in [one["mountPath"] for one in container["volumeMounts"]]:
            yield f"{name}: it has the secret that signs tokens, and no use for it"
        if name != "redis":
            yield from (f"{name}: {problem}" for problem in _times(of, name, container, facts))
    yield from _memory(of)


def _probes(of: Rendering, facts: Facts) -> Iterator[str]:
    for name, container in of.containers:
        ports = {port.get("name") for port in container.get("ports", ())}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(probe, {})
            get, command = asked.get("httpGet"), " ".join(asked.get("exec", {}).get("command", ()))
            if get and get["port"] not in ports:
                yield f"{name}: {probe} asks the port {get['port']}, which is not there"
            if get and get["path"] not in facts.routes.get(name, ()):
                yield f"{name}: {probe} asks {get['path']}, which is no route of it"
            if get and probe == "livenessProbe" and get["path"] in ("/health/ready", "/api/health"):
                yield f"{name}: livenessProbe asks {get['path']}, so a Redis that is away would restart it"
            if command and (file := option(container, "--alive-file")) and file not in command:
                yield f"{name}: {probe} does not look at --alive-file {file}"
            if command and name == "worker" and not option(container, "--alive-file"):
                yield f"{name}: {probe} looks at a file that nobody touches; there is no --alive-file"


def _names(found: dict[str, str], facts: Facts, *, app: bool) -> Iterator[str]:
    known = facts.settings | facts.web_settings if app else facts.settings
    for unknown in sorted(key for key in found if key.startswith("BACKTEST_") and key not in known):
        yield f"{unknown} is no setting"
    for key in ("BACKTEST_SECRET", "BACKTEST_REDIS_URL"):
        if key in found:
            yield f"{key} stands in the environment; {key}_FILE names a file"


def _files(found: dict[str, str], container: Document, *, keys: bool) -> Iterator[str]:
    mounts = {mount["mountPath"] for mount in container.get("volumeMounts", ())}
    for key, value in found.items():
        read = keys or key != "BACKTEST_API_KEYS_FILE"  # workers ask nobody who they are
        named = key.startswith("BACKTEST_") and key.endswith("_FILE") and read and value
        if named and value.rpartition("/")[0] not in mounts:
            yield f"nothing is mounted where {key} points, {value}"


def _values(found: dict[str, str], container: Document, facts: Facts) -> Iterator[str]:
    mounts = {mount["mountPath"] for mount in container.get("volumeMounts", ())}
    refused = facts.refused({key: value for key, value in found.items() if not key.endswith("_FILE")})
    if refused:
        yield f"the program refuses its settings: {refused}"
    if not {found.get("BACKTEST_CACHE_DIR"), "/tmp"} <= mounts:
        yield "BACKTEST_CACHE_DIR or /tmp cannot be written, for the root is read-only"
    if found.get("BACKTEST_AUTH") != "on":
        yield "BACKTEST_AUTH is not on"


def _command(container: Document, facts: Facts) -> Iterator[str]:
    command = container.get("args", [])
    if command[:3] != ["python", "-m", "backtester"] or command[3] not in facts.subcommands:
        yield f"{' '.join(command)} is no command of the program"
    port = option(container, "--port")
    if port not in [str(one["containerPort"]) for one in container["ports"]]:
        yield f"it listens on {port}, which is no containerPort"


def _times(of: Rendering, name: str, container: Document, facts: Facts) -> Iterator[str]:
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    grace = of.pods[name]["spec"].get("terminationGracePeriodSeconds", 30)
    if name == "worker":
        needed = float(of.settings(container).get("BACKTEST_MAX_TIMEOUT_SECONDS", 300)) + facts.turn_seconds
    else:
        needed = float(of.settings(of.pods["api"]["spec"]["containers"][0]).get("BACKTEST_SYNC_SECONDS", 30))
    if grace < pause + needed + SPARE_SECONDS:
        yield f"terminationGracePeriodSeconds {grace} is less than {pause + needed + SPARE_SECONDS:g}"
    if container.get("ports") and pause < 3:
        yield "no preStop sleep, so proxies still send to a pod that has stopped listening"


def _memory(of: Rendering) -> Iterator[str]:
    for name, container in of.containers:
        limit = mebibytes(container.get("resources", {}).get("limits", {}).get("memory", 0))
        if name == "worker":
            runs = int(option(container, "--concurrency") or 0)
            least = runs * int(of.settings(container).get("BACKTEST_MEMORY_MB", 2048)) + WORKER_OWN_MIB
            if limit < least:
                yield f"{name}: its limit of {limit:g} MiB is less than {runs} runs may take, {least} MiB"
        if name == "redis":
            most = re.search(r"--maxmemory (\d+)mb", container["args"][0])
            if most is None or limit < 1.5 * int(most[1]):
                yield f"{name}: its limit of {limit:g} MiB leaves no room to write its file anew beside --maxmemory"
