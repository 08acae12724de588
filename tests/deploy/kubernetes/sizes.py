"""Runs the pods of overlays/local on this machine as their manifests say, without a cluster, and measures them.

    sudo .venv-k8s/bin/python tests/deploy/kubernetes/sizes.py [--jobs 2000] [--nextjs examples/web/.next/standalone]

Each container's own arguments and settings, as its user, without capabilities, on a root that cannot be written, with
its volumes and nothing else to write to, in a network of their own; its probes tell when it is ready. Only the images
are missing: the files are this checkout's. Printed is the memory of each pod's processes (PSS: what is shared counts
once), their processor time, what KEDA would see of the queue, and how they end on SIGTERM. Linux, as root; run by hand,
not in CI.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from check import KUSTOMIZE, PYTHON, ROOT, copy_with_secrets, other_kustomize, read, rendered
from rendering import Document, Rendering

IMAGE = {  # what deploy/Dockerfile sets
    "PATH": f"{Path(PYTHON).parent}:/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp",
    "PYTHONUNBUFFERED": "1", "PORT": "3000", "HOSTNAME": "0.0.0.0", "NODE_ENV": "production",
}  # fmt: skip
KEDAS = """local type = redis.call('type', KEYS[1]).ok
return redis.call(({zset = 'zcard', set = 'scard', list = 'llen', hash = 'hlen', none = 'llen'})[type], KEYS[1])"""
STOCKS = ["AAPL", "MSFT", "JNJ", "KO", "PG", "WMT", "XOM", "JPM", "GE", "HD"]
TEN_YEARS: Document = {
    "strategy": "momentum", "holdings": [{"symbol": symbol, "allocation": 0.1} for symbol in STOCKS],
    "start_date": "2012-01-01", "end_date": "2021-12-31",
    "parameters": {"lookback_period": 126, "top_n": 3, "rebalance_frequency": "monthly"},
}  # fmt: skip
BATCH = 500


class Pod:
    """One container of the overlay, running here."""

    def __init__(self, name: str, of: Rendering, folder: Path, app: Path | None) -> None:
        """Lay out its root and its volumes."""
        self.name, self.spec = name, of.pods[name]["spec"]
        self.container = self.spec["containers"][0]
        self.root, self.log = folder / name / "root", folder / f"{name}.log"
        self.settings = of.settings(self.container)
        self.peak = 0.0
        for part in ("root", "upper", "work", "volumes"):
            (folder / name / part).mkdir(parents=True)
        (folder / name).chmod(0o755)
        layers = f"lowerdir=/,upperdir={folder / name / 'upper'},workdir={folder / name / 'work'}"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        (self.root / "root").chmod(0o755)  # the interpreter may be there
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost redis api sockets nextjs\n")
        if app is not None:
            shutil.copytree(app, self.root / "app", symlinks=True)
        for mount in self.container["volumeMounts"]:
            (self.root / mount["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)
        _run("mount", "-o", "remount,ro", str(self.root))
        for other in ("proc", "dev", "sys"):
            _run("mount", "--rbind", f"/{other}", str(self.root / other))
        volumes = {volume["name"]: volume for volume in self.spec["volumes"]}
        for mount in self.container["volumeMounts"]:
            source = folder / name / "volumes" / mount["name"]
            source.mkdir()
            self._fill(source, volumes.get(mount["name"], {}), of)
            _run("mount", "--bind", str(source), str(self.root / mount["mountPath"].lstrip("/")))

    def _fill(self, folder: Path, volume: Document, of: Rendering) -> None:
        secret = volume.get("secret")
        if secret:
            import base64

            data = (of.one("Secret", secret["secretName"]) or {})["data"]
            for item in secret.get("items", [{"key": key, "path": key} for key in data]):
                file = folder / item["path"]
                file.write_bytes(base64.b64decode(data[item["key"]]))
                os.chown(file, 0, self.spec["securityContext"]["fsGroup"])
                file.chmod(secret["defaultMode"])
        os.chown(folder, 0, self.spec["securityContext"]["fsGroup"])
        folder.chmod(0o750 if secret else 0o2775)

    def confined(self, command: list[str]) -> list[str]:
        """Return a command as the pod's user runs it."""
        who = self.spec["securityContext"]
        as_user = ["--reuid", str(who["runAsUser"]), "--regid", str(who["runAsGroup"]), "--clear-groups"]
        nothing = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--pdeathsig", "KILL"]
        where = "/app" if self.name == "nextjs" else str(ROOT)
        begin = ["sh", "-c", f'cd {where} && exec "$@"', "-", *command]
        return ["/usr/sbin/chroot", str(self.root), "/usr/bin/setpriv", *as_user, *nothing, *begin]

    def start(self) -> None:
        """Start it, and wait until its probes say that it is ready."""
        command = [*self.container.get("command", []), *self.container.get("args", [])] or ["node", "server.js"]
        environ = {**IMAGE, **self.settings}
        self.process = subprocess.Popen(self.confined(command), env=environ, stdin=subprocess.DEVNULL,
                                        stdout=self.log.open("ab"), stderr=subprocess.STDOUT)  # fmt: skip
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if not eventually(lambda probe=probe: self.probe(probe), 90):  # type: ignore[misc]
                raise SystemExit(f"{self.name}: {probe} fails\n{self.log.read_text()[-3000:]}")

    def probe(self, name: str) -> bool:
        """Ask as the kubelet does."""
        asked = self.container[name]
        if "exec" in asked:
            command = self.confined(asked["exec"]["command"])
            return subprocess.run(command, env=IMAGE, capture_output=True).returncode == 0
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        kind = "httpGet" if "httpGet" in asked else "tcpSocket"
        url = f"http://127.0.0.1:{ports[asked[kind]['port']]}{asked[kind].get('path', '')}"
        if kind == "tcpSocket":
            return _run("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{ports[asked[kind]['port']]}", check=False) == 0
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(url, timeout=asked.get("timeoutSeconds", 1)).status == 200)
        return False

    def family(self) -> list[int]:
        """Return its processes."""
        found, at = [self.process.pid], 0
        while at < len(found):
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{found[at]}/task").iterdir():
                    found += [int(child) for child in (task / "children").read_text().split()]
            at += 1
        return found

    def memory(self) -> float:
        """Return what they have, MiB; remember the most."""
        total = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                total += int(re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])  # type: ignore[index]
        self.peak = max(self.peak, total / 1024)
        return total / 1024

    def seconds(self) -> float:
        """Return the processor time that they have taken, also those of them that have ended."""
        ticks = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run it all; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--jobs", type=int, default=2000, help="ten years of ten holdings each (%(default)s)")
    parser.add_argument("--nextjs", type=Path, help="the folder that BUILD_STANDALONE=1 makes")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        again = [sys.executable, __file__, "--inside", *sys.argv[1:]]
        return subprocess.call(["unshare", "--mount", "--net", "--propagation", "private", *again])
    _run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="k8s-sizes-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", name)
        try:
            measure(folder, options)
        finally:
            _run("umount", "--lazy", name)
    return 0


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Start the pods, load them, stop them."""
    tree = folder / "k8s"
    copy_with_secrets(tree)
    of = Rendering(read(rendered(other_kustomize() or KUSTOMIZE, tree / "overlays" / "local")), "local")
    names = ["redis", "api", "sockets", "worker", *(["nextjs"] if options.nextjs else [])]
    pods = {name: Pod(name, of, folder, options.nextjs if name == "nextjs" else None) for name in names}
    key = made_key(tree / "overlays/local/secrets/keys.json", pods["api"])
    try:
        for name in names:
            pods[name].start()
        users = {Path(f"/proc/{pid}").stat().st_uid for pod in pods.values() for pid in pod.family()}
        print(f"{', '.join(names)}: ready, as their probes say; users {users}")
        time.sleep(3)
        idle = {name: pod.memory() for name, pod in pods.items()}
        pods["worker"].process.send_signal(signal.SIGTERM)
        print(f"worker without work: ends with {pods['worker'].process.wait(60)} on SIGTERM")
        job = submit(key, options.jobs)
        password = (tree / "overlays/local/secrets/redis-password").read_text()
        for name in ("pending", "running"):
            asked = ["redis-cli", "--no-auth-warning", "-a", password, "eval", KEDAS, "1", f"backtest:{name}"]
            told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
            print(f"KEDA's script says of backtest:{name}: {told}")
        pods["worker"].start()
        began, before = time.monotonic(), {name: pod.seconds() for name, pod in pods.items()}
        with pollers(key):
            while ask(f"/backtests/{job}?wait=1", key)["status"] not in ("completed", "failed", "cancelled"):
                for pod in pods.values():
                    pod.memory()
        took = time.monotonic() - began
        print(f"{options.jobs} runs in {took:.0f} s: {ask(f'/backtests/{job}', key)['counts']}")
        print(f"{'':8} {'idle MiB':>9} {'most MiB':>9} {'ms a run':>9}   limits")
        for name, pod in pods.items():
            each = (pod.seconds() - before[name]) * 1e3 / options.jobs
            limits = pod.container["resources"]["limits"]
            print(f"{name:8} {idle[name]:9.0f} {pod.peak:9.0f} {each:9.1f}   {limits['cpu']}, {limits['memory']}")
            if re.search("EROFS|EACCES|Read-only|Permission denied", text := pod.log.read_text("utf-8", "replace")):
                print(f"{name}: something could not be written:\n{text[-1500:]}")
        submit(key, BATCH)
        time.sleep(1)
        for name in reversed(names):
            began = time.monotonic()
            pods[name].process.send_signal(signal.SIGTERM)
            status = pods[name].process.wait(330)
            print(f"{name}: ends with {status} after {time.monotonic() - began:.1f} s")
    finally:
        for pod in pods.values():
            if hasattr(pod, "process") and pod.process.poll() is None:
                pod.process.kill()
                pod.process.wait()


def made_key(file: Path, api: Pod) -> str:
    """Return a key of its own, in the file that the API reads: also shows that a new one needs no restart."""
    command = [PYTHON, "-m", "backtester", "keys", "create", "--owner", "sizes", "--scopes", "run,read"]
    environ = {**os.environ, "BACKTEST_API_KEYS_FILE": str(file)}
    key = subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    mounted = api.root / "etc/backtest/keys/keys.json"
    mounted.chmod(0o640)
    mounted.write_bytes(file.read_bytes())
    mounted.chmod(0o440)
    return key


def ask(path: str, key: str, body: Any = None) -> Document:
    """Ask the API."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:8000{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{path}: {error.read()[:500]!r}") from None


def submit(key: str, count: int) -> str:
    """Queue so many runs, no two alike; return the id of the last batch."""
    for start in range(0, count, BATCH):
        numbers, some = range(min(BATCH, count - start)), time.time_ns() % 10**6
        runs = [{**TEN_YEARS, "initial_capital": 10_000 + some + n} for n in numbers]
        job = ask("/backtests/batch?priority=low", key, {"requests": runs})["id"]
    return str(job)


@contextlib.contextmanager
def pollers(key: str) -> Iterator[None]:
    """Read jobs and results all the while, as clients do."""
    over = threading.Event()

    def read_on() -> None:
        while not over.wait(0.3):  # the limit is 600 a minute
            for job in ask("/backtests?limit=50&status=completed", key)["jobs"][:1]:
                ask(f"/backtests/{job['id']}", key)

    reading = threading.Thread(target=read_on)
    reading.start()
    try:
        yield
    finally:
        over.set()
        reading.join()


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until it holds."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.2)
    return False


def _run(*command: str, check: bool = True) -> int:
    return subprocess.run(command, check=check, stderr=None if check else subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
