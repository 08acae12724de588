"""Whether the manifests fit the program: its routes, settings and ports, how long it takes to stop, its memory."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from backtester._version import __version__
from backtester.adapters.rest.api import create_app as create_rest
from backtester.adapters.socketio.asgi import create_app as create_sockets
from backtester.service.jobs.celery_app import WAKE_UP_SECONDS
from backtester.service.service_settings import SERVICE_SETTINGS, read_service_settings
from backtester.settings import SETTINGS, SettingsError
from tests.deploy.kubernetes.rendering import Document, Rendering, mebibytes, option
from tests.support.paths import ROOT

SERVERS = ("api", "sockets")
TOKEN_READERS = (*SERVERS, "nextjs")
# MiB: what a worker's processes have beside its runs: 179 at most in 2,000 runs, and what yfinance adds
WORKER_OWN_MIB = 320
SPARE_SECONDS = 10  # of the time to stop, for what is not a wait
WEB = ROOT / "examples" / "web"
REDIS = {"BACKTEST_REDIS_URL": "redis://localhost"}


def program_problems(of: Rendering) -> Iterator[str]:
    """Yield where the program would not do as the manifests say."""
    for name, container in of.containers:
        checks = [_probes, _files, _image, _memory, _disk]
        if name != "redis":
            checks += [_names, _times]
        if name in SERVERS:
            checks += [_command]
        if name in (*SERVERS, "worker"):
            checks += [_values]
        for check in checks:
            yield from (f"{name}: {problem}" for problem in check(of, name, container))


@functools.cache
def _routes(name: str) -> set[str]:
    """Return the paths that answer GET in a container."""
    if name == "nextjs":
        app = WEB / "app"
        pages = {f"/{page.parent.relative_to(app).as_posix()}" for page in app.rglob("route.ts")}
        return pages | {f"/{icon.name}" for icon in app.glob("icon.*")}
    settings = read_service_settings(REDIS)
    if name == "sockets":
        return {route.path for route in create_sockets(settings).routes}
    return {path for path, methods in create_rest(settings).openapi()["paths"].items() if "get" in methods}


def _probes(of: Rendering, name: str, container: Document) -> Iterator[str]:
    ports = {port.get("name") for port in container.get("ports", ())}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container.get(probe)
        if asked is None:
            yield f"no {probe}"
        elif "httpGet" in asked:
            path, port = asked["httpGet"]["path"], asked["httpGet"]["port"]
            if port not in ports:
                yield f"{probe} asks the port {port}, which is not there"
            if path not in _routes(name):
                yield f"{probe} asks {path}, which is no route of it"
            if probe == "livenessProbe" and path in ("/health/ready", "/api/health"):
                yield f"livenessProbe asks {path}, so a Redis that is away would restart it"
        elif name == "worker" and (option(container, "--alive-file") or "?") not in asked["exec"]["command"][-1]:
            yield f"{probe} does not look at --alive-file {option(container, '--alive-file')}"


def _names(of: Rendering, name: str, container: Document) -> Iterator[str]:
    known = {*SETTINGS, *SERVICE_SETTINGS}
    if name == "nextjs":
        known |= set(re.findall(r"BACKTEST_\w+", (WEB / "lib/server/settings.ts").read_text("utf-8")))
    found = of.settings(container)
    for unknown in sorted(key for key in found if key.startswith("BACKTEST_") and key not in known):
        yield f"{unknown} is no setting"
    for key in sorted({"BACKTEST_SECRET", "BACKTEST_REDIS_URL"} & set(found)):
        yield f"{key} stands in the environment; {key}_FILE names a file"


def _mounted(container: Document) -> set[str]:
    return {mount["mountPath"] for mount in container.get("volumeMounts", ())}


def _files(of: Rendering, name: str, container: Document) -> Iterator[str]:
    if name not in TOKEN_READERS and "/etc/backtest/token" in _mounted(container):
        yield "it has the secret that signs tokens, and no use for it"
    for key, value in of.settings(container).items():
        read = name in SERVERS or key != "BACKTEST_API_KEYS_FILE"  # workers ask nobody who they are
        if key.endswith("_FILE") and read and value and value.rpartition("/")[0] not in _mounted(container):
            yield f"nothing is mounted where {key} points, {value}"


def _values(of: Rendering, name: str, container: Document) -> Iterator[str]:
    found = of.settings(container)
    try:
        read_service_settings({key: value for key, value in found.items() if not key.endswith("_FILE")} | REDIS)
    except SettingsError as error:
        yield f"the program refuses its settings: {error}"
    if not {found.get("BACKTEST_CACHE_DIR"), "/tmp"} <= _mounted(container):
        yield "BACKTEST_CACHE_DIR or /tmp cannot be written, for the root is read-only"
    if found.get("BACKTEST_AUTH") != "on":
        yield "BACKTEST_AUTH is not on"


def _command(of: Rendering, name: str, container: Document) -> Iterator[str]:
    if container["args"][:4] != ["python", "-m", "backtester", name]:
        yield f"{' '.join(container['args'])} is not the command {name}"
    if option(container, "--port") not in [str(one["containerPort"]) for one in container["ports"]]:
        yield f"it listens on {option(container, '--port')}, which is no containerPort"


def _image(of: Rendering, name: str, container: Document) -> Iterator[str]:
    image, _, tag = container["image"].rpartition("/")[2].partition(":")
    if name != "redis" and (image != ("worker" if name == "worker" else "nextjs" if name == "nextjs" else "api")
                            or tag != __version__):  # fmt: skip
        yield f"the image {container['image']} is not the program's, {__version__}"


def _times(of: Rendering, name: str, container: Document) -> Iterator[str]:
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    grace = of.pods[name]["spec"].get("terminationGracePeriodSeconds", 30)
    if name == "worker":
        needed = float(of.settings(container).get("BACKTEST_MAX_TIMEOUT_SECONDS", 300)) + WAKE_UP_SECONDS
    else:
        needed = float(of.settings(of.pods["api"]["spec"]["containers"][0]).get("BACKTEST_SYNC_SECONDS", 30))
    if grace < pause + needed + SPARE_SECONDS:
        yield f"terminationGracePeriodSeconds {grace} is less than {pause + needed + SPARE_SECONDS:g}"
    if container.get("ports") and pause < 3:
        yield "no preStop sleep, so proxies still send to a pod that has stopped listening"


def _memory(of: Rendering, name: str, container: Document) -> Iterator[str]:
    limit = mebibytes(container["resources"]["limits"]["memory"])
    if name == "worker":
        runs = int(option(container, "--concurrency") or 0)
        least = runs * int(of.settings(container).get("BACKTEST_MEMORY_MB", 2048)) + WORKER_OWN_MIB
        if limit < least:
            yield f"its limit of {limit:g} MiB is less than {runs} runs may take, {least} MiB"
    if name == "redis":
        most = re.search(r"--maxmemory (\d+)mb", container["args"][0])
        if most is None or limit < 1.5 * int(most[1]):
            yield f"its limit of {limit:g} MiB leaves no room to write its file anew beside --maxmemory"


def _disk(of: Rendering, name: str, container: Document) -> Iterator[str]:
    volumes = [volume["emptyDir"] for volume in of.pods[name]["spec"]["volumes"] if "emptyDir" in volume]
    most = sum(mebibytes(volume["sizeLimit"]) if "sizeLimit" in volume else float("inf") for volume in volumes)
    if mebibytes(container["resources"]["limits"]["ephemeral-storage"]) < most:
        yield "its emptyDirs may grow beyond its limit of ephemeral-storage, which evicts it"
